"""Which orders do the suppliers accept, and which of them can the shop afford?

Every line is first decided for itself (`proposals`). Then each supplier's lines are fitted to what it
asks of an order as a whole, containers filled as is best (`onhand.plan.buying.packing`), and at last all
orders to the shop's budget and stock room. Each step writes down what it added or took away, line by line.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice, product

import numpy as np
from numpy.typing import NDArray

from onhand.decide.replenish.containers import Container, fit_containers
from onhand.decide.replenish.marginal import Worth
from onhand.decide.replenish.shop_limits import SupplierOrder, share_out
from onhand.decide.replenish.whole_order import Limit, WholeOrder, fit_whole_order
from onhand.plan.buying.packing import Asked, Packed, Solver, other_packings, pack
from onhand.plan.buying.proposals import Proposal, earned, offer_of
from onhand.plan.buying.rules import Rules, SupplierRule

__all__ = ["Bought", "Wait", "buy"]

Array = NDArray[np.float64]

_MOST_PICKS = 32  # combinations of containers' contents that are tried under a budget


@dataclass(frozen=True)
class Wait:
    """An order that is not placed now.

    rows : its stock points;  value : money it would have cost
    reasons : the limits in the way; empty: it would cost more than it earns
    """

    supplier: str
    rows: NDArray[np.int64]
    value: float
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Bought:
    """The orders of N stock points, as suppliers and shop accept them.

    proposal : each line for itself
    quantity : (N,) units;  unit_cost : (N,) money per unit at that quantity
    increments : rule -> (N,) units added or taken away after the proposal, in the order applied
    waits : orders left for later
    packed : how each supplier's containers were filled, where the solver was asked
    """

    proposal: Proposal
    quantity: Array
    unit_cost: Array
    increments: dict[str, Array]
    waits: tuple[Wait, ...]
    packed: tuple[Packed, ...] = ()

    @classmethod
    def plain(cls, proposal: Proposal, quantity: Array) -> Bought:
        """The policy's own orders, where nothing else is asked of them."""
        return cls(proposal, quantity, proposal.unit_cost, {}, ())


def buy(
    proposal: Proposal,
    supplier: NDArray[np.str_],
    rules: Rules,
    solver: Solver | None = None,
) -> Bought:
    """The orders to place, from each line's own proposal; `solver` fills containers, None: the rule."""
    quantity = proposal.quantity.copy()
    increments: dict[str, Array] = {}
    waits = []
    menus = []
    for name, rows in _groups(supplier):
        rule = rules.suppliers.get(name)
        if rule is None or not quantity[rows].any():
            continue
        order, menu = _one_order(name, proposal, rows, rule, rules, solver)
        for key, change in order.increments.items():
            increments.setdefault(key, np.zeros(len(quantity)))[rows] += change
        if not order.quantity.any():
            value = float(proposal.unit_cost[rows] @ quantity[rows])
            reasons = order.is_short_of if order.is_deferred else ("capacity",)
            waits.append(Wait(name, rows[quantity[rows] > 0], value, reasons))
        quantity[rows] = order.quantity
        menus += [] if menu is None else [menu]
    after, packed = _afford(proposal, quantity, supplier, rules, menus)
    if (after != quantity).any():
        increments[_limit_name(rules)] = after - quantity
        waits += _pushed_out(proposal, quantity, after, supplier, rules)
    kept = {name: change for name, change in increments.items() if change.any()}
    return Bought(proposal, after, proposal.unit_cost, kept, tuple(waits), packed)


@dataclass(frozen=True)
class _Menu:
    """What a supplier's containers may hold: the order made of them, and the rule's."""

    rows: NDArray[np.int64]
    asked: Asked
    solver: Solver
    order: Array
    packed: Packed
    by_rule: Array

    def others(self, sizes: tuple[Array, ...]) -> Iterator[tuple[Array, Packed]]:
        """Packings that take less of the shop's limits, the rule's own last."""
        mine = tuple(size[self.rows] for size in sizes)
        yield from other_packings(self.asked, mine, self.solver)
        plain = replace(
            self.packed,
            method="rule",
            n_containers=self.asked.n_containers(self.by_rule),
            worth=self.packed.worth_by_rule,
        )
        yield self.by_rule, plain


def _one_order(
    name: str,
    proposal: Proposal,
    rows: NDArray[np.int64],
    rule: SupplierRule,
    rules: Rules,
    solver: Solver | None,
) -> tuple[WholeOrder, _Menu | None]:
    """One supplier's order as it accepts it, and what else its containers could hold."""
    offer = Worth(proposal.step[rows], proposal.worth[rows])
    wanted = proposal.quantity[rows]
    minima = _minima(proposal, rows, rule, rules)

    def fit(limits: tuple[Limit, ...]) -> WholeOrder:
        return fit_whole_order(
            wanted,
            offer,
            (*minima, *limits),
            order_cost=rule.order_cost,
            line_least=proposal.least[rows],
            line_most=proposal.most[rows],
            pack=proposal.pack[rows],
        )

    container = _container(rules, rows, rule)
    if container is None:
        return fit(()), None
    by_rule = fit_containers(wanted, container, fit)
    if solver is None:
        return by_rule, None
    asked = Asked(
        supplier=name,
        wanted=wanted,
        offer=offer,
        container=container,
        limits=minima,
        order_cost=rule.order_cost,
        line_least=proposal.least[rows],
        line_most=proposal.most[rows],
    )
    order, packed = pack(asked, by_rule, solver, keep=bool(rules.previous[rows].any()))
    return order, _Menu(rows, asked, solver, order.quantity, packed, by_rule.quantity)


def _container(rules: Rules, rows: NDArray[np.int64], rule: SupplierRule) -> Container | None:
    """The supplier's container, by the measures that its items have; None: it ships as it likes."""
    measures = (
        ("container_volume", rules.volume[rows], rule.container_volume),
        ("container_weight", rules.weight[rows], rule.container_weight),
    )
    holds = tuple(m for m in measures if m[2] > 0 and m[1].any())
    return Container(holds, rule.container_cost) if holds else None


def _minima(
    proposal: Proposal, rows: NDArray[np.int64], rule: SupplierRule, rules: Rules
) -> tuple[Limit, ...]:
    """What the supplier asks of the order as a whole, and the most that it delivers."""
    measures = (
        ("minimum_value", proposal.unit_cost[rows], rule.minimum_value),
        ("minimum_weight", rules.weight[rows], rule.minimum_weight),
        ("minimum_volume", rules.volume[rows], rule.minimum_volume),
    )
    asked = [Limit(name, each, least) for name, each, least in measures if least > 0]
    if np.isfinite(rule.capacity):
        asked.append(Limit("capacity", np.ones(len(rows)), most=rule.capacity))
    return tuple(asked)


def _afford(
    proposal: Proposal,
    quantity: Array,
    supplier: NDArray[np.str_],
    rules: Rules,
    menus: list[_Menu],
) -> tuple[Array, tuple[Packed, ...]]:
    """The quantities that the shop's limits leave, and how the containers among them are filled.

    Where the orders do not fit, each supplier's containers may be filled in other ways that take less of
    what is scarce; of all the combinations the one is taken that earns most in all.
    """
    packed = tuple(menu.packed for menu in menus)
    limits = shop_limits(proposal, rules)
    if not quantity.any() or all(x.size(quantity) <= x.most * (1 + 1e-9) for x in limits):
        return quantity, packed
    groups = [(rows, rules.suppliers.get(name, SupplierRule())) for name, rows in _groups(supplier)]

    def shared(wanted: Array) -> tuple[float, Array]:
        orders = tuple(_order_of(wanted, rows, rule, proposal, rules) for rows, rule in groups)
        left = share_out(
            wanted,
            offer_of(proposal),
            limits,
            orders,
            line_least=proposal.least,
            pack=proposal.pack,
        )
        spent = sum(o.order_cost for o in orders if left[o.rows].any())
        return float(earned(proposal, left).sum()) - spent, left

    best, left = shared(quantity)
    if not menus:
        return left, packed
    by_rule = quantity.copy()
    for menu in menus:
        by_rule[menu.rows] = menu.by_rule
    _, left_by_rule = shared(by_rule)
    sizes = tuple(limit.unit_size for limit in limits)
    choices = [[(m.order, m.packed), *m.others(sizes)] for m in menus]
    for pick in _picks(choices):
        wanted = quantity.copy()
        for menu, (contents, _) in zip(menus, pick, strict=True):
            wanted[menu.rows] = contents
        worth, other = shared(wanted)
        if worth > best + 1e-9:
            best, left, packed = worth, other, tuple(p for _, p in pick)
    return left, tuple(
        _as_left(one, menu, left, left_by_rule) for one, menu in zip(packed, menus, strict=True)
    )


def _picks(choices: list[list[tuple[Array, Packed]]]) -> Iterator[list[tuple[Array, Packed]]]:
    """One way of filling for each supplier: all combinations, or the first few where there are many."""
    yield from (list(pick) for pick in islice(product(*choices), _MOST_PICKS))


def _order_of(
    wanted: Array,
    rows: NDArray[np.int64],
    rule: SupplierRule,
    proposal: Proposal,
    rules: Rules,
) -> SupplierOrder:
    """One supplier's order for the shop's limits to be shared among; containers all or nothing."""
    minima = _minima(proposal, np.arange(len(wanted)), rule, rules)
    container = _container(rules, rows, rule)
    if container is None:
        return SupplierOrder(rows, minima, rule.order_cost, rule.has_container)
    count = math.ceil(container.needed(wanted[rows]) - 1e-9)
    return SupplierOrder(rows, minima, rule.order_cost + count * rule.container_cost, True)


def _as_left(one: Packed, menu: _Menu, left: Array, left_by_rule: Array) -> Packed:
    """The packing beside the one that the rule would have had under the same limits."""
    rule_order = left_by_rule[menu.rows]
    by_rule = menu.packed.worth_by_rule if rule_order.any() else 0.0
    if not left[menu.rows].any():
        return replace(one, n_containers=0, worth=0.0, worth_by_rule=by_rule)
    return replace(one, worth_by_rule=by_rule)


def shop_limits(proposal: Proposal, rules: Rules) -> tuple[Limit, ...]:
    """The shop's budget and space, where it has them."""
    both = (
        Limit("budget", proposal.unit_cost, most=rules.budget),
        Limit("space", rules.volume, most=rules.space),
    )
    return tuple(limit for limit in both if np.isfinite(limit.most))


def _limit_name(rules: Rules) -> str:
    names = [n for n, most in (("budget", rules.budget), ("space", rules.space)) if most < np.inf]
    return "_and_".join(names)


def _pushed_out(
    proposal: Proposal, before: Array, after: Array, supplier: NDArray[np.str_], rules: Rules
) -> Iterator[Wait]:
    """Suppliers of whose order the shop's limits left nothing."""
    for name, rows in _groups(supplier):
        had = rows[before[rows] > 0]
        if len(had) and not after[had].any():
            value = float(proposal.unit_cost[had] @ before[had])
            yield Wait(name, had, value, (_limit_name(rules),))


def _groups(supplier: NDArray[np.str_]) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """Each supplier and its stock points."""
    names, inverse = np.unique(supplier, return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    bounds = np.searchsorted(inverse[order], np.arange(len(names) + 1))
    for i, name in enumerate(names.tolist()):
        yield name, order[bounds[i] : bounds[i + 1]]
