"""Which of all orders can the shop afford, and how far is that from the best?

Where the orders do not fit into the shop's budget and stock room, the ranked list is bought down
(`onhand.decide.replenish.shop_limits`), and where there are few enough packs the solver is asked for the best of
all choices (`onhand.decide.replenish.shop_limits_exact`); either way a bound says how much more anybody could
earn at most. A supplier's containers may be filled in other ways that take less of what is scarce.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product

import numpy as np
from numpy.typing import NDArray

from onhand.decide.replenish.shop_limits import SupplierOrder, share_out
from onhand.decide.replenish.shop_limits_exact import Way, best_share
from onhand.decide.replenish.whole_order import Limit
from onhand.optimize.linear import solve
from onhand.plan.buying.asks import container_of, minima_of
from onhand.plan.buying.frozen import is_accepted, left_to_ask, with_frozen
from onhand.plan.buying.packing import Asked, Packed, Solver, other_packings
from onhand.plan.buying.proposals import Proposal, earned, offer_of
from onhand.plan.buying.rules import Rules, SupplierRule

__all__ = ["Afforded", "Group", "Menu", "afford", "limit_name"]

Array = NDArray[np.float64]
Filled = tuple[Array, Packed]
Group = tuple[NDArray[np.int64], SupplierRule]

_MOST_PICKS = 32  # combinations of containers' contents that are tried under a budget


@dataclass(frozen=True)
class Afforded:
    """What the shop's limits left of all orders, in money that they are expected to earn, orders paid.

    limit : `budget`, `space` or `budget_and_space`
    worth, cost : of the orders as they are left, and what their goods cost
    worth_by_list : what buying down the ranked list left
    wanted_worth, wanted_cost : of the orders as they would be without the limits
    bound : money that no choice among these lines that keeps the limits, and what is frozen, can earn more than
    finished : whether the solver proved its answer
    """

    limit: str
    worth: float
    cost: float
    worth_by_list: float
    wanted_worth: float
    wanted_cost: float
    bound: float
    finished: bool


@dataclass(frozen=True)
class Menu:
    """What a supplier's containers may hold: the order made of them, and the rule's."""

    rows: NDArray[np.int64]
    asked: Asked
    solver: Solver
    order: Array
    packed: Packed
    by_rule: Array

    def choices(self, sizes: tuple[Array, ...]) -> list[Filled]:
        """Its own packing, then packings that take less of the shop's limits, the rule's last."""
        mine = tuple(size[self.rows] for size in sizes)
        plain = replace(
            self.packed,
            method="rule",
            n_containers=self.asked.n_containers(self.by_rule),
            worth=self.packed.worth_by_rule,
        )
        others = other_packings(self.asked, mine, self.solver)
        return [(self.order, self.packed), *others, (self.by_rule, plain)]


def afford(
    proposal: Proposal,
    quantity: Array,
    groups: Sequence[Group],
    rules: Rules,
    menus: Sequence[Menu],
    solver: Solver | None,
) -> tuple[Array, tuple[Packed, ...], Afforded | None]:
    """The quantities that the shop's limits leave, how the containers among them are filled, and what all earn.

    groups : each supplier's stock points and rule
    menus : of the suppliers among them that ship containers
    solver : None: only the ranked list is bought down

    Lines that the last plan froze are bought first, as far as they fit among themselves.
    """
    packed = tuple(menu.packed for menu in menus)
    limits = _limits(proposal, rules)
    if not quantity.any() or _fits(quantity, limits):
        return quantity, packed, None
    first = with_frozen(quantity, proposal, groups, rules)
    if first.any():
        return _beside(first, proposal, quantity, groups, rules, menus, solver)
    shop = _Shop(proposal, quantity, groups, rules, limits)
    choices = [menu.choices(tuple(limit.unit_size for limit in limits)) for menu in menus]
    left, by_list, packed = shop.by_list(menus, choices)
    worth = by_list
    orders = shop.orders_of(quantity)
    ways = {
        shop.number_of(menu): shop.ways_of(menu, c) for menu, c in zip(menus, choices, strict=True)
    }
    found = best_share(
        quantity,
        offer_of(proposal),
        limits,
        orders,
        line_least=proposal.least,
        pack=proposal.pack,
        ways=ways,
        seconds=0.0 if solver is None else solver.seconds,
        ask=solve if solver is None else solver.effort.solve,
    )
    if found.quantity is not None and found.worth > worth + 1e-6:
        left, worth = found.quantity, found.worth
        packed = tuple(c[found.ways.get(n, 0)][1] for n, c in zip(ways, choices, strict=True))
    afforded = Afforded(
        limit=limit_name(rules),
        worth=worth,
        cost=float(proposal.unit_cost @ left),
        worth_by_list=by_list,
        wanted_worth=shop.worth_of(quantity, orders),
        wanted_cost=float(proposal.unit_cost @ quantity),
        bound=max(worth, found.bound),
        finished=found.quantity is not None,
    )
    return left, shop.as_left(packed, menus, left), afforded


def _fits(quantity: Array, limits: tuple[Limit, ...]) -> bool:
    return all(x.size(quantity) <= x.most * (1 + 1e-9) for x in limits)


def _beside(
    first: Array,
    proposal: Proposal,
    quantity: Array,
    groups: Sequence[Group],
    rules: Rules,
    menus: Sequence[Menu],
    solver: Solver | None,
) -> tuple[Array, tuple[Packed, ...], Afforded | None]:
    """The same where `first` (N,) comes first, as far as it fits by itself; the others share what it leaves."""
    limits, nothing = _limits(proposal, rules), np.zeros(len(first), dtype=np.bool_)
    base, bare = first, np.where(rules.is_frozen, quantity, 0.0)
    if not _fits(first, limits):
        alone = replace(rules, is_frozen=nothing)
        if _fits(bare, limits) and is_accepted(bare, proposal, groups, rules):
            base = bare
        elif (first == quantity).all():
            return afford(proposal, quantity, groups, alone, menus, solver)
        else:
            base = afford(proposal, first, groups, alone, (), solver)[0]
    rest = replace(
        rules.less_room(base),
        budget=max(0.0, rules.budget - float(proposal.unit_cost @ base)),
        is_frozen=nothing,
    )
    asked = [(rows, left_to_ask(base, rows, rule)) for rows, rule in groups]
    more = quantity - first
    open_ = [menu for menu in menus if more[menu.rows].any()]
    added, packed, found = afford(proposal, more, asked, rest, open_, solver)
    told = {menu.packed.supplier: one for menu, one in zip(open_, packed, strict=True)}
    left = base + added
    shop = _Shop(proposal, quantity, groups, rules, limits)
    own, all_of_it = (shop.worth_of(q, shop.orders_of(q)) for q in (base, left))
    afforded = Afforded(
        limit=limit_name(rules),
        worth=all_of_it,
        cost=float(proposal.unit_cost @ left),
        worth_by_list=all_of_it if found is None else found.worth_by_list + own,
        wanted_worth=shop.worth_of(quantity, shop.orders_of(quantity)),
        wanted_cost=float(proposal.unit_cost @ quantity),
        bound=all_of_it if found is None else max(all_of_it, found.bound + own),
        finished=found is None or found.finished,
    )
    return (
        left,
        tuple(_as_far(told.get(m.packed.supplier, m.packed), m, left) for m in menus),
        afforded,
    )


def _as_far(packed: Packed, menu: Menu, left: Array) -> Packed:
    """How the containers are filled, or that there are none left."""
    return packed if left[menu.rows].any() else replace(packed, n_containers=0, worth=0.0)


@dataclass(frozen=True)
class _Shop:
    """All orders, and what they have to fit into."""

    proposal: Proposal
    quantity: Array
    groups: Sequence[Group]
    rules: Rules
    limits: tuple[Limit, ...]

    def by_list(
        self, menus: Sequence[Menu], choices: list[list[Filled]]
    ) -> tuple[Array, float, tuple[Packed, ...]]:
        """What the ranked list leaves with the containers filled as is best for it, and what that earns."""
        left, worth = self.shared(self.quantity)
        packed = tuple(menu.packed for menu in menus)
        if not menus:
            return left, worth, packed
        for pick in _picks(choices):
            wanted = self.quantity.copy()
            for menu, (contents, _) in zip(menus, pick, strict=True):
                wanted[menu.rows] = contents
            other, earns = self.shared(wanted)
            if earns > worth + 1e-9:
                left, worth, packed = other, earns, tuple(p for _, p in pick)
        return left, worth, packed

    def shared(self, wanted: Array) -> tuple[Array, float]:
        """What the ranked list leaves of these orders, and what it earns."""
        lines, orders = self.proposal, self.orders_of(wanted)
        left = share_out(
            wanted,
            offer_of(lines),
            self.limits,
            orders,
            line_least=lines.least,
            pack=lines.pack,
        )
        return left, self.worth_of(left, orders)

    def worth_of(self, left: Array, orders: tuple[SupplierOrder, ...]) -> float:
        """What the orders that are left earn, themselves paid."""
        spent = sum(o.order_cost for o in orders if left[o.rows].any())
        return float(earned(self.proposal, left).sum()) - spent

    def orders_of(self, wanted: Array) -> tuple[SupplierOrder, ...]:
        """Every supplier's order; containers all or nothing."""
        found = []
        for rows, rule in self.groups:
            minima = minima_of(self.proposal, np.arange(len(wanted)), rule, self.rules)
            cost = rule.order_cost + self._freight(rows, rule, wanted[rows])
            found.append(SupplierOrder(rows, minima, cost, rule.has_container))
        return tuple(found)

    def _freight(self, rows: NDArray[np.int64], rule: SupplierRule, units: Array) -> float:
        container = container_of(self.rules, rows, rule)
        if container is None:
            return 0.0
        return math.ceil(container.needed(units) - 1e-9) * container.cost

    def number_of(self, menu: Menu) -> int:
        """The number of a menu's order."""
        return next(i for i, (rows, _) in enumerate(self.groups) if rows is menu.rows)

    def ways_of(self, menu: Menu, choices: list[Filled]) -> tuple[Way, ...]:
        """The ways in which its containers may be filled."""
        rows, rule = self.groups[self.number_of(menu)]
        return tuple(
            Way(contents, rule.order_cost + self._freight(rows, rule, contents))
            for contents, _ in choices
        )

    def as_left(
        self, packed: tuple[Packed, ...], menus: Sequence[Menu], left: Array
    ) -> tuple[Packed, ...]:
        """The packings beside those that the rule would have had under the same limits."""
        if not menus:
            return packed
        by_rule = self.quantity.copy()
        for menu in menus:
            by_rule[menu.rows] = menu.by_rule
        left_by_rule, _ = self.shared(by_rule)
        found = []
        for one, menu in zip(packed, menus, strict=True):
            worth = menu.packed.worth_by_rule if left_by_rule[menu.rows].any() else 0.0
            told = replace(one, worth_by_rule=worth)
            is_left = bool(left[menu.rows].any())
            found.append(told if is_left else replace(told, n_containers=0, worth=0.0))
        return tuple(found)


def _picks(choices: list[list[Filled]]) -> Iterator[list[Filled]]:
    """One way of filling for each supplier: all combinations, or the first few where there are many."""
    yield from (list(pick) for pick in islice(product(*choices), _MOST_PICKS))


def _limits(proposal: Proposal, rules: Rules) -> tuple[Limit, ...]:
    """The shop's budget and space, and that of each location, where there are any."""
    found = [
        Limit("budget", proposal.unit_cost, most=rules.budget),
        Limit("space", rules.volume, most=rules.space),
    ]
    found += [Limit("space", size, most=rules.rooms[at]) for at, size in rules.room_sizes.items()]
    return tuple(limit for limit in found if np.isfinite(limit.most))


def limit_name(rules: Rules) -> str:
    """What the shop's limits are called in reasons."""
    has_space = rules.space < np.inf or bool(rules.rooms)
    names = [n for n, has in (("budget", rules.budget < np.inf), ("space", has_space)) if has]
    return "_and_".join(names)
