"""How often should each item of a supplier be ordered, when they share deliveries?

A supplier's deliveries come every T periods. Item i is in every m_i-th of them, starting with
delivery φ_i, and each delivery is packed into containers:

    cost per period =  K / T                                     a delivery, whatever is in it
                    +  Σ_i k_i / (m_i T)                         a line on it
                    +  Σ_i h_i d_i m_i T / 2                     cycle stock
                    +  Σ_i h_i z_i σ_i √(L_i + m_i T)            safety stock for the longer cover
                    +  Σ_i c_i d_i (1 - life_i / (m_i T))⁺       what perishes before it is sold
                    +  C · (mean over deliveries of ⌈load / capacity⌉) / T

Without containers the problem falls apart into one small one per item once T is fixed. Containers
tie all items together: which deliveries they meet in decides how many are sent half empty. That is
where a search earns its place; it starts from the analytic answer and prints its gap to a bound.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onhand.errors import ShapeError
from onhand.optimize.minimize import Method, Minimum, minimize
from onhand.optimize.stop import Stop

__all__ = [
    "CycleProblem",
    "JointCycles",
    "analytic_cycles",
    "cycles_of",
    "fixed_cycles",
    "search_cycles",
    "steady_cycles",
]

Array = NDArray[np.float64]
MOST_MULTIPLE = 8
"""An item is in at least every eighth delivery; longer cycles belong to slower suppliers."""


@dataclass(frozen=True)
class JointCycles:
    """When each item is ordered.

    base : periods between deliveries, T
    multiples : (N,) whole numbers >= 1; item i is in every m_i-th delivery
    phases : (N,) whole numbers 0..m_i-1; the first delivery it is in
    cost : money per period
    """

    base: int
    multiples: NDArray[np.int64]
    phases: NDArray[np.int64]
    cost: float


@dataclass(frozen=True)
class CycleProblem:
    """A supplier's items and what deliveries cost. Satisfies `onhand.optimize.problem.Problem`.

    The decision is one vector: T, then m_1..m_N, then φ_i / m_i in 0..1; it is rounded when judged.

    demand : (N,) units per period
    line_cost : (N,) money per line, k
    holding_cost : (N,) money per unit and period, h
    volume : (N,) volume per unit
    delivery_cost : money per delivery, K
    container_cost, container_volume : money per container and what it holds; cost 0: no containers
    safety : (N,) units of safety stock per √period, z · σ
    lead_time : (N,) periods
    least_base, most_base : shortest and longest time between deliveries that is tried, periods; a
        supplier's minimum order sets the least
    base_step : the time between deliveries is a multiple of it: 7 where orders are taken on Mondays only
    shelf_life : (N,) periods after which what is left is thrown away; infinity: never
    unit_cost : (N,) money lost with each unit thrown away, c
    """

    demand: Array
    line_cost: Array
    holding_cost: Array
    volume: Array
    delivery_cost: float
    container_cost: float = 0.0
    container_volume: float = 1.0
    safety: ArrayLike = 0.0
    lead_time: ArrayLike = 0.0
    most_base: int = 26
    shelf_life: ArrayLike = np.inf
    unit_cost: ArrayLike = 0.0
    least_base: int = 1
    base_step: int = 1

    def __post_init__(self) -> None:
        n = self.demand.shape
        for name in ("line_cost", "holding_cost", "volume"):
            if getattr(self, name).shape != n:
                raise ShapeError(f"{name} has shape {getattr(self, name).shape}; demand has {n}")
        if not (self.container_volume > 0 and self.base_step >= 1 and len(self.bases)):
            raise ShapeError(
                "container_volume must be above 0, base_step at least 1, and some multiple of it must lie "
                f"between least_base, {self.least_base}, and most_base, {self.most_base}"
            )

    @property
    def n_items(self) -> int:
        """Number of items, N."""
        return len(self.demand)

    @property
    def bases(self) -> range:
        """The times between deliveries that are tried, periods, rising."""
        step = self.base_step
        first = step * max(1, math.ceil(self.least_base / step))
        return range(first, self.most_base + 1, step)

    @property
    def lower(self) -> Array:
        """The shortest T, every m = 1, every phase 0; (1 + 2N,)."""
        n = self.n_items
        return np.concatenate([[float(self.bases[0])], np.ones(n), np.zeros(n)])

    @property
    def upper(self) -> Array:
        """The longest T and multiples; phases just below a whole turn; (1 + 2N,)."""
        n = self.n_items
        return np.concatenate(
            [[float(self.most_base)], np.full(n, float(MOST_MULTIPLE)), np.full(n, 0.999)]
        )

    def costs(self, candidates: Array) -> Array:
        """Money per period of each candidate, (P, 1 + 2N) -> (P,)."""
        base, multiples, phases = _decoded(self, candidates)
        return self._without_containers(base, multiples) + self._containers(base, multiples, phases)

    def bound(self) -> float:
        """Money per period that no cycles can beat: each item alone, containers never half empty."""
        best = np.inf
        full = self.container_cost * float(self.demand @ self.volume) / self.container_volume
        for base in self.bases:
            apart = self.item_costs(base, np.arange(1, MOST_MULTIPLE + 1)).min(axis=1).sum()
            # Whatever is in a delivery needs a container, and no item skips more than seven.
            sent = max(full, self.container_cost / (base * MOST_MULTIPLE))
            best = min(best, self.delivery_cost / base + apart + sent)
        return float(best)

    def item_costs(self, base: int, multiples: NDArray[np.int64]) -> Array:
        """Line, cycle-stock and safety-stock cost per period of each item and multiple, (N, M)."""
        return self._each((base * multiples[:, None]).astype(np.float64)).T

    def _without_containers(self, base: NDArray[np.int64], multiples: NDArray[np.int64]) -> Array:
        return self.delivery_cost / base + self._each(
            (base[:, None] * multiples).astype(np.float64)
        ).sum(axis=1)

    def _each(self, cover: Array) -> Array:
        """Line, stock and waste cost per period of each item, (P, N), for covers (P, 1) or (P, N)."""
        safety, lead, life, lost = (
            np.broadcast_to(np.asarray(x, dtype=np.float64), self.demand.shape)
            for x in (self.safety, self.lead_time, self.shelf_life, self.unit_cost)
        )
        stock = self.demand * cover / 2 + safety * np.sqrt(lead + cover)
        waste = lost * self.demand * np.maximum(0.0, 1 - life / cover)
        return np.asarray(self.line_cost / cover + self.holding_cost * stock + waste)

    def _containers(
        self, base: NDArray[np.int64], multiples: NDArray[np.int64], phases: NDArray[np.int64]
    ) -> Array:
        if self.container_cost == 0:
            return np.zeros(len(base))
        load = self.demand * self.volume * base[:, None] * multiples  # (P, N) per delivery it is in
        turns = math.lcm(*range(1, MOST_MULTIPLE + 1))
        sent = np.zeros(len(base))
        # 840 deliveries are one full turn of all multiples up to 8; every one of them is packed.
        for p in range(len(base)):
            turn = math.lcm(*np.unique(multiples[p]).tolist())
            when = np.arange(min(turn, turns))[:, None]  # (D, 1)
            is_in = when % multiples[p] == phases[p]
            sent[p] = np.ceil((is_in @ load[p]) / self.container_volume - 1e-9).mean()
        return self.container_cost * sent / base


def analytic_cycles(problem: CycleProblem) -> JointCycles:
    """The best cycles found item by item: for every T each item's own best multiple, then phases.

    Given T, the multiples are exact without containers (Goyal 1974). Phases are set one item after
    the other, the bulkiest first, into the deliveries with the most room.

    >>> import numpy as np
    >>> items = CycleProblem(
    ...     demand=np.array([100.0, 1.0]), line_cost=np.array([1.0, 1.0]),
    ...     holding_cost=np.array([0.1, 0.1]), volume=np.ones(2), delivery_cost=20.0)
    >>> analytic_cycles(items).multiples.tolist()       # the slow item need not be on every delivery
    [1, 2]
    """
    best: JointCycles | None = None
    for base in problem.bases:
        choices = problem.item_costs(base, np.arange(1, MOST_MULTIPLE + 1))
        multiples = choices.argmin(axis=1) + 1
        phases = _spread(problem.demand * problem.volume * multiples, multiples)
        cost = float(problem.costs(_encoded(base, multiples, phases)[None])[0])
        if best is None or cost < best.cost:
            best = JointCycles(base, multiples.astype(np.int64), phases, cost)
    assert best is not None  # most_base >= 1
    return best


def steady_cycles(problem: CycleProblem, base: int) -> JointCycles:
    """Every item on every delivery, every `base` periods: how most shops order.

    >>> import numpy as np
    >>> items = CycleProblem(
    ...     demand=np.array([10.0]), line_cost=np.array([2.0]), holding_cost=np.array([0.1]),
    ...     volume=np.ones(1), delivery_cost=8.0)
    >>> steady_cycles(items, 4).cost                     # (8 + 2) / 4 and 0.1 · 10 · 4 / 2
    4.5
    """
    ones, none = np.ones(problem.n_items, dtype=np.int64), np.zeros(problem.n_items, dtype=np.int64)
    cost = float(problem.costs(_encoded(base, ones, none)[None])[0])
    return JointCycles(base, ones, none, cost)


def fixed_cycles(problem: CycleProblem, base: int) -> JointCycles:
    """Every item in every delivery, one every `base` periods: how most shops order.

    >>> import numpy as np
    >>> items = CycleProblem(
    ...     demand=np.array([10.0]), line_cost=np.array([2.0]), holding_cost=np.array([0.1]),
    ...     volume=np.ones(1), delivery_cost=8.0)
    >>> fixed_cycles(items, 4).cost                     # (8 + 2) / 4 and 0.1 · 10 · 4 / 2
    4.5
    """
    every = np.ones(problem.n_items, dtype=np.int64)
    phases = np.zeros(problem.n_items, dtype=np.int64)
    cost = float(problem.costs(_encoded(base, every, phases)[None])[0])
    return JointCycles(base, every, phases, cost)


def search_cycles(
    problem: CycleProblem, method: Method, stop: Stop, *, rng: np.random.Generator
) -> Minimum:
    """The best cycles that `method` finds from the analytic ones; `cycles_of` reads the result."""
    start = analytic_cycles(problem)
    vector = _encoded(start.base, start.multiples, start.phases)
    return minimize(problem, method, stop, rng=rng, start=vector, bound=problem.bound())


def cycles_of(problem: CycleProblem, found: Minimum) -> JointCycles:
    """A search's best candidate as cycles."""
    base, multiples, phases = _decoded(problem, found.candidate[None])
    return JointCycles(int(base[0]), multiples[0], phases[0], found.cost)


def _decoded(
    problem: CycleProblem, candidates: Array
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    n, bases = problem.n_items, np.asarray(problem.bases)
    nearest = np.abs(candidates[:, :1] - bases).argmin(axis=1)
    base = bases[nearest].astype(np.int64)
    multiples = np.rint(candidates[:, 1 : 1 + n]).astype(np.int64)
    phases = np.floor(candidates[:, 1 + n :] * multiples + 1e-9).astype(np.int64)
    return base, multiples, phases


def _encoded(base: int, multiples: NDArray[np.int64], phases: NDArray[np.int64]) -> Array:
    return np.concatenate([[float(base)], multiples.astype(np.float64), phases / multiples])


def _spread(load: Array, multiples: NDArray[np.int64]) -> NDArray[np.int64]:
    """A phase for each item, so that deliveries are about equally full; the bulkiest first."""
    turn = math.lcm(*np.unique(multiples).tolist())
    filled = np.zeros(turn)
    phases = np.zeros(len(load), dtype=np.int64)
    for i in np.argsort(-load, kind="stable"):
        m = int(multiples[i])
        per_phase = filled.reshape(turn // m, m).max(axis=0)
        phases[i] = int(np.argmin(per_phase))
        filled[phases[i] :: m] += load[i]
    return phases
