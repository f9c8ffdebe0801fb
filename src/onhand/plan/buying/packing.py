"""What goes into a supplier's containers, and how far is that from the best?

The rule (`onhand.decide.replenish.containers`) cuts the wanted order to fewer full containers or fills it up to
the next one. The solver asks for the best contents of all (`onhand.decide.replenish.container_mix`): which packs
of which items, in no more containers than the wanted order begins. Its answer is taken where it earns more
than the rule's; where it does not finish in time, the rule's stands. Either way a bound says how much more
anybody could earn at most.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from onhand.decide.replenish.container_mix import (
    ContainerKind,
    Mix,
    MixProblem,
    exact_mix,
    relaxed_bound,
)
from onhand.decide.replenish.containers import FULL, Container
from onhand.decide.replenish.marginal import Worth
from onhand.decide.replenish.whole_order import Limit, WholeOrder, fit_whole_order
from onhand.errors import ConfigError
from onhand.optimize.effort import Effort

__all__ = ["Asked", "Packed", "Solver", "as_before", "other_packings", "pack"]

Array = NDArray[np.float64]

_CENT = 0.005
_MOST_CUT = 12  # containers
_PRICES = (0.5, 0.9)  # quantiles of worth per limit among the packs at which packings are made


@dataclass(frozen=True)
class Solver:
    """How much the solver may do for a plan, in seconds of work, and how near the best is near enough.

    All questions that are asked with one of these share its seconds (`onhand.optimize.effort`).
    """

    seconds: float = 10.0
    gap: float = 1e-3

    @cached_property
    def effort(self) -> Effort:
        """What is left of the seconds."""
        return Effort(self.seconds)


@dataclass(frozen=True)
class Packed:
    """How one supplier's containers were filled.

    method : `solver`; `rule`: the plain rule was as good, or the solver did not finish; `last plan`: what
        the last plan packed is kept
    n_containers : 0: the order waits
    worth, worth_by_rule : expected money earned, freight and order paid
    bound : money that no contents of so many containers could exceed; None: unknown
    finished : whether the solver proved its answer in the time it was given
    """

    supplier: str
    method: str
    n_containers: int
    worth: float
    worth_by_rule: float
    bound: float | None
    finished: bool


@dataclass(frozen=True)
class Asked:
    """One supplier's lines, its container, and what else it asks.

    wanted : (n,) units, the lines by themselves;  offer : their further packs
    limits : of the order as a whole, containers apart
    line_least, line_most : (n,) units
    """

    supplier: str
    wanted: Array
    offer: Worth
    container: Container
    limits: tuple[Limit, ...]
    order_cost: float
    line_least: Array
    line_most: Array

    @property
    def most_containers(self) -> int:
        """Containers that the wanted order begins."""
        return max(1, math.ceil(self.container.needed(self.wanted) - 1e-9))

    def n_containers(self, quantity: Array) -> int:
        """Containers that an order needs."""
        return math.ceil(self.container.needed(quantity) - 1e-9)

    def problem(self, price: Array | float = 0.0, most: int | None = None) -> MixProblem:
        """The contents as a problem; `price` (n,) is what a unit costs beyond its own worth."""
        n, k = self.offer.worth.shape
        step = self.offer.step
        priced = np.broadcast_to(np.asarray(price, dtype=np.float64), n) * step
        worth = np.minimum.accumulate(self.offer.worth, axis=1) - priced[:, None]
        steps = np.floor(self.wanted / step + 1e-9)
        packs = np.floor(np.minimum(self.line_most / step, k) + 1e-9)
        packs = np.maximum(packs, np.minimum(steps, k)).astype(np.int64)
        measures = {name: (each, held) for name, each, held in self.container.holds}
        size, held = [], []
        for name in ("container_volume", "container_weight"):
            each, one = measures.get(name, (np.zeros(n), 1.0))
            size.append(each)
            held.append(one)
        count = self.most_containers if most is None else most
        return MixProblem(
            offer=Worth(step, worth),
            volume=size[0],
            weight=size[1],
            kinds=(ContainerKind("container", held[0], held[1], self.container.cost, count),),
            least=np.ceil(self.line_least / step - 1e-9).astype(np.int64),
            most=packs,
            full=FULL,
            limits=self.limits,
            order_cost=self.order_cost,
        )


def pack(
    asked: Asked, by_rule: WholeOrder, solver: Solver, *, keep: bool = False
) -> tuple[WholeOrder, Packed]:
    """The order in containers that earns most, and how it was found; `by_rule` is the plain rule's.

    keep : True: `wanted` is the last plan's order; it stays where the supplier accepts it
    """
    if keep and not by_rule.is_deferred and (by_rule.quantity == asked.wanted).all():
        return by_rule, as_before(asked, by_rule)
    plain = replace(as_before(asked, by_rule), method="rule")
    mix, bound, finished = _solved(asked.problem(), solver)
    bound = None if bound is None else max(bound, by_rule.worth)
    plain = replace(plain, bound=bound, finished=finished)
    if mix is None or mix.worth <= by_rule.worth + _CENT or not mix.quantity.any():
        return by_rule, plain
    order = WholeOrder(
        quantity=mix.quantity,
        increments={_fullest(asked, mix.quantity): mix.quantity - asked.wanted},
        worth=mix.worth,
        is_deferred=False,
        is_short_of=(),
    )
    count = asked.n_containers(mix.quantity)
    return order, replace(plain, method="solver", n_containers=count, worth=mix.worth)


def as_before(asked: Asked, order: WholeOrder) -> Packed:
    """Containers that stay as the last plan packed them."""
    return Packed(
        supplier=asked.supplier,
        method="last plan",
        n_containers=asked.n_containers(order.quantity),
        worth=order.worth,
        worth_by_rule=order.worth,
        bound=None,
        finished=False,
    )


def other_packings(
    asked: Asked, sizes: tuple[Array, ...], solver: Solver
) -> Iterator[tuple[Array, Packed]]:
    """Packings that take less of what is scarce: for each of `sizes` (n,), what a unit takes of it.

    Each earns most for what it takes: a pack is charged for its size at some price of the scarce thing,
    so nothing that takes no more earns more (Everett 1963). The prices do not depend on how much of it
    there is; and fewer containers are among them. Where the solver does not finish, the rule cuts the
    wanted order to fewer containers, however many.
    """
    gave_up = False
    worth = asked.offer.worth
    fewer = [(0.0, np.zeros(1), n) for n in range(1, min(asked.most_containers, 4))]
    scarce = []
    for size in sizes:
        rates = (worth / np.maximum(size * asked.offer.step, 1e-12)[:, None])[worth > 0]
        if len(rates):
            scarce += [(float(np.quantile(rates, q)), size, None) for q in _PRICES]
    for price, size, most in [*fewer, *scarce]:
        mix, bound, finished = _solved(asked.problem(price * size, most), solver)
        gave_up |= mix is None
        if mix is None or not mix.quantity.any():
            continue
        paid = float(np.sum(price * size * mix.quantity))
        found = Packed(
            supplier=asked.supplier,
            method="solver",
            n_containers=asked.n_containers(mix.quantity),
            worth=mix.worth + paid,
            worth_by_rule=0.0,
            bound=None if bound is None else bound + paid,
            finished=finished,
        )
        yield mix.quantity, found
    if gave_up:
        yield from _cut_by_rule(asked)


def _cut_by_rule(asked: Asked) -> Iterator[tuple[Array, Packed]]:
    """The wanted order in fewer containers, as the rule cuts it."""
    for n in range(1, min(asked.most_containers, _MOST_CUT)):
        limits = (*asked.limits, *asked.container.limits(n, asked.wanted))
        order = fit_whole_order(
            asked.wanted,
            asked.offer,
            limits,
            order_cost=asked.order_cost,
            line_least=asked.line_least,
            line_most=asked.line_most,
        )
        worth = order.worth - n * asked.container.cost
        if order.quantity.any() and worth > 0:
            yield order.quantity, Packed(asked.supplier, "rule", n, worth, 0.0, None, False)


def _solved(problem: MixProblem, solver: Solver) -> tuple[Mix | None, float | None, bool]:
    """The best contents if they were found in time, a bound in any case, and whether it finished."""
    try:
        mix = exact_mix(problem, gap=solver.gap, ask=solver.effort.solve)
    except ConfigError:
        mix = None
    if mix is not None and (mix.gap is None or mix.gap <= 2 * solver.gap):
        return mix, mix.bound, True
    try:
        return None, relaxed_bound(problem, ask=solver.effort.solve), False
    except ConfigError:
        return None, None, False


def _fullest(asked: Asked, quantity: Array) -> str:
    """The measure that fills the containers."""
    return max(asked.container.holds, key=lambda m: float(m[1] @ quantity) / m[2])[0]
