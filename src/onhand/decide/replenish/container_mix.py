"""Which containers should be shipped, of which kinds, and which packs go into them?

Every item offers its next packs with their expected worth, falling pack by pack
(`onhand.decide.replenish.marginal`). With x_i packs of item i and n_t containers of kind t,

    worth(x, n)  =  Σ_i worth of the first x_i packs of i  -  Σ_t freight_t n_t

    Σ_i v_i x_i  <=  Σ_t V_t n_t          volume
    Σ_i w_i x_i  <=  Σ_t W_t n_t          weight
    x_i = 0  or  least_i <= x_i <= most_i   what the supplier and the shelf allow of each item
    Σ_i v_i x_i >= f Σ_t V_t n_t   or   Σ_i w_i x_i >= f Σ_t W_t n_t      full enough by one of the two

and, where anything is shipped, the limits of the order as a whole (a minimum value, a budget) and the
cost of the order. Containers tie all items together: whether the next pack pays depends on what else fills the box.
Three answers, from plain to proven: `ranked_mix` buys down the ranked list for every set of containers;
`search_mix` lets any search method go on from there; `exact_mix` solves it as a mixed-integer program.
Packs are small beside a container, so that how they are stacked inside is not asked.
"""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from onhand.decide.replenish.budget import buy_list, spend
from onhand.decide.replenish.marginal import Worth
from onhand.decide.replenish.whole_order import Limit
from onhand.errors import ConfigError, ShapeError
from onhand.optimize.effort import Solve
from onhand.optimize.linear import LinearProgram, Rows, solve
from onhand.optimize.minimize import Method, Minimum, minimize
from onhand.optimize.stop import Stop

__all__ = [
    "ContainerKind",
    "Mix",
    "MixProblem",
    "exact_mix",
    "mix_of",
    "ranked_mix",
    "relaxed_bound",
    "search_mix",
]

Array = NDArray[np.float64]

_MOST_NUMBERS = 2000  # whole numbers that HiGHS decides in a second or few


@dataclass(frozen=True)
class ContainerKind:
    """A kind of container: what it holds, what its freight costs, and how many there may be."""

    name: str
    volume: float
    weight: float
    freight: float
    most: int = 4

    def __post_init__(self) -> None:
        if not (self.volume > 0 and self.weight > 0 and self.freight >= 0 and self.most >= 0):
            raise ConfigError(
                f"container {self.name!r}: volume {self.volume:g} and weight {self.weight:g} must be "
                f"above 0, freight {self.freight:g} and most {self.most} at least 0"
            )


@dataclass(frozen=True)
class Mix:
    """A shipment: units of each item (N,), containers of each kind (T,), and what it is worth.

    worth : expected money earned, freight paid
    bound : worth that no shipment can exceed; None where none is known
    """

    quantity: Array
    containers: NDArray[np.int64]
    worth: float
    bound: float | None = None

    @property
    def gap(self) -> float | None:
        """(bound - worth) / bound: at most this share is left to gain. None without a bound."""
        if self.bound is None or self.bound <= 0:
            return None
        return (self.bound - self.worth) / self.bound


@dataclass(frozen=True)
class MixProblem:
    """A supplier's offer and its containers. Satisfies `onhand.optimize.problem.Problem`.

    The decision of a search is one number per item, packs; it is rounded when judged, and the cheapest
    containers that hold it are taken. Cost is the negative worth.

    offer : the packs on offer at each item, (N, K), worth falling along the second axis
    volume, weight : (N,) of one unit, >= 0
    kinds : of containers
    least : (N,) packs; an item ships none or at least so many
    most : (N,) packs; no item ships more. None: all on offer
    full : share 0..1 of the containers that must be filled, by volume or by weight. Above 0, packs
        that are worth less than nothing may be taken to fill them
    limits : of the shipment as a whole; a `least` holds if anything is shipped
    order_cost : money for shipping anything at all

    Only `exact_mix` knows `most`, `full`, `limits` and `order_cost`.
    """

    offer: Worth
    volume: Array
    weight: Array
    kinds: tuple[ContainerKind, ...]
    least: NDArray[np.int64]
    most: NDArray[np.int64] | None = None
    full: float = 0.0
    limits: tuple[Limit, ...] = ()
    order_cost: float = 0.0

    def __post_init__(self) -> None:
        n = self.offer.worth.shape[:1]
        for name in ("volume", "weight", "least"):
            if getattr(self, name).shape != n:
                raise ShapeError(f"{name} has shape {getattr(self, name).shape}; the offer has {n}")
        if not self.kinds:
            raise ConfigError("no kind of container; give at least one")
        if (np.diff(self.offer.worth, axis=1) > 1e-9).any():
            raise ShapeError("the worth of an item's packs must fall from one to the next")

    @property
    def lower(self) -> Array:
        """No packs, (N,)."""
        return np.zeros(len(self.least))

    @property
    def upper(self) -> Array:
        """All packs on offer that are worth having by themselves, (N,); the minimum at least."""
        most = (self.offer.worth > 0).sum(axis=1)
        return np.where(self.blocks_worth > 0, np.maximum(most, self.least), 0).astype(np.float64)

    @property
    def blocks_worth(self) -> Array:
        """Worth of each item's least order, (N,); minus infinity where too few packs are offered."""
        k = self.offer.worth.shape[1]
        inside = np.arange(k) < np.maximum(self.least, 1)[:, None]
        total = (self.offer.worth * inside).sum(axis=1)
        return np.asarray(np.where(self.least > k, -np.inf, total))

    def costs(self, candidates: Array) -> Array:
        """Negative worth of each candidate, (P, N) -> (P,); what no containers hold costs more than
        anything that they do, the more the fuller."""
        packs = self.packs(candidates)
        worth = self.worth_of(packs)
        dear = np.abs(self.offer.worth).sum() + sum(k.freight * k.most for k in self.kinds)
        return np.where(np.isfinite(worth), -worth, dear * (1.0 + packs.sum(axis=1)))

    def packs(self, candidates: Array) -> NDArray[np.int64]:
        """Whole packs (P, N): less than half of the least order is none, more of it all of it."""
        packs = np.rint(candidates).astype(np.int64)
        short = packs < self.least
        return np.where(short, np.where(2 * packs >= self.least, self.least, 0), packs)

    def worth_of(self, packs: NDArray[np.int64]) -> Array:
        """Worth of each row of packs (P, N), with the cheapest containers; -infinity: none hold it."""
        n, k = self.offer.worth.shape
        total = np.concatenate([np.zeros((n, 1)), np.cumsum(self.offer.worth, axis=1)], axis=1)
        earned = total[np.arange(n), np.minimum(packs, k)].sum(axis=1)
        _, freight = self.cheapest(packs)
        return np.asarray(earned - freight)

    def cheapest(self, packs: NDArray[np.int64]) -> tuple[NDArray[np.int64], Array]:
        """The cheapest containers that hold each row of packs: counts (P, T) and freight (P,)."""
        sets, freight = self.sets()
        units = packs * self.offer.step
        holds = sets @ np.array([[k.volume, k.weight] for k in self.kinds])  # (C, 2)
        asked = np.stack([units @ self.volume, units @ self.weight], axis=1)  # (P, 2)
        fits = (asked[:, None, :] <= holds[None] * (1 + 1e-9)).all(axis=2)  # (P, C)
        first = fits.argmax(axis=1)
        return sets[first], np.where(fits.any(axis=1), freight[first], np.inf)

    def sets(self) -> tuple[NDArray[np.int64], Array]:
        """Every set of containers (C, T) with its freight (C,), the cheapest first."""
        counts = itertools.product(*(range(kind.most + 1) for kind in self.kinds))
        sets = np.array(list(counts), dtype=np.int64)
        freight = sets @ np.array([kind.freight for kind in self.kinds])
        order = np.argsort(freight, kind="stable")
        return sets[order], freight[order]


def ranked_mix(problem: MixProblem) -> Mix:
    """The best shipment that buying down the ranked list finds, over all sets of containers.

    For each set the packs are ranked by worth per share of the set that they take, by the measure that
    fills it first, and taken until nothing fits.

    >>> import numpy as np
    >>> offer = Worth(np.ones(2), np.array([[9.0, 4.0, 1.0], [8.0, 3.0, 1.0]]))
    >>> box = ContainerKind("box", volume=2.0, weight=9.0, freight=6.0)
    >>> mix = ranked_mix(MixProblem(offer, np.ones(2), np.ones(2), (box,), np.zeros(2, int)))
    >>> mix.quantity.tolist(), mix.containers.tolist(), mix.worth     # 17 - 6, then 7 - 6
    ([2.0, 2.0], [2], 12.0)
    """
    sets, _ = problem.sets()
    best = np.zeros(len(problem.least), dtype=np.int64)
    worth = 0.0
    minimum = np.maximum(problem.least, 1) * problem.offer.step
    for counts in sets[1:]:
        volume, weight = (
            float(counts @ np.array([getattr(k, name) for k in problem.kinds]))
            for name in ("volume", "weight")
        )
        share = np.maximum(problem.volume / volume, problem.weight / weight)  # of the set, per unit
        chosen = spend(buy_list(problem.offer, unit_size=share, minimum_order=minimum), limit=1.0)
        packs = np.rint(chosen / problem.offer.step).astype(np.int64)
        found = float(problem.worth_of(packs[None])[0])
        if found > worth:
            best, worth = packs, found
    return _mix(problem, best, None)


def search_mix(
    problem: MixProblem, method: Method, stop: Stop, *, rng: np.random.Generator
) -> Minimum:
    """The best shipment that `method` finds from the ranked one; `mix_of` reads the result."""
    start = ranked_mix(problem)
    packs = np.clip(start.quantity / problem.offer.step, problem.lower, problem.upper)
    return minimize(problem, method, stop, rng=rng, start=packs)


def mix_of(problem: MixProblem, found: Minimum) -> Mix:
    """A search's best candidate as a shipment."""
    return _mix(problem, problem.packs(found.candidate[None])[0], None)


def exact_mix(
    problem: MixProblem, *, seconds: float = 30.0, gap: float = 1e-4, ask: Solve = solve
) -> Mix:
    """The best shipment, proven to within `gap` where it has few enough packs, by HiGHS.

    One number per pack: each item's least order is all or nothing, every later pack another; and a
    whole number of containers of each kind. Worth falls, so packs are taken in their order.

    Beyond 2,000 numbers every set of containers is first filled with parts of packs, which is quick and
    bounds what whole ones can reach. The most promising sets are then filled with whole packs, those
    far from the edge of the partial answer being left as they are in it; the bound stays that of all.

    ask : who solves the programs; for example what is left of a plan's `onhand.optimize.effort`

    Raises
    ------
    ConfigError
        When the time was too short to find any shipment.
    """
    program, row, n_packs = _program(problem)
    if len(row) <= _MOST_NUMBERS:
        answer = ask(program, seconds=seconds, gap=gap)
        return _read(problem, answer.value, row, n_packs, -answer.bound)
    return _core_mix(problem, program, row, n_packs, seconds, gap, ask)


def _core_mix(
    problem: MixProblem,
    program: LinearProgram,
    row: NDArray[np.int64],
    n_packs: NDArray[np.int64],
    seconds: float,
    gap: float,
    ask: Solve,
) -> Mix:
    """The best shipment over all sets of containers, near the answer in parts of packs."""
    until = time.monotonic() + seconds
    best = Mix(np.zeros(len(problem.least)), np.zeros(len(problem.kinds), dtype=np.int64), 0.0)
    bounds = [0.0]
    partial = []
    for counts in problem.sets()[0][1:]:
        fixed = _with_containers(program, len(row), counts)
        try:
            found = ask(fixed.relaxed(), seconds=max(0.1, until - time.monotonic()))
        except ConfigError:  # so many containers cannot be filled
            continue
        partial.append((-found.bound, fixed, found.value))
    for bound, fixed, value in sorted(partial, key=lambda each: -each[0]):
        bounds.append(bound)
        if bound <= best.worth * (1 + gap):
            break
        near = _near(fixed, value, row, len(problem.least))
        answer = ask(near, seconds=max(0.1, until - time.monotonic()), gap=gap)
        if -answer.cost > best.worth:
            best = _read(problem, answer.value, row, n_packs, None)
    return replace(best, bound=max(best.worth, *bounds))


def _with_containers(
    program: LinearProgram, n_blocks: int, counts: NDArray[np.int64]
) -> LinearProgram:
    lower, upper = program.lower.copy(), program.upper.copy()
    boxes = slice(n_blocks, n_blocks + len(counts))
    lower[boxes] = upper[boxes] = counts
    return replace(program, lower=lower, upper=upper)


def _near(
    program: LinearProgram, value: Array, row: NDArray[np.int64], n_items: int
) -> LinearProgram:
    """The program with all blocks fixed but those near the edge of what is taken in `value`."""
    b = len(row)
    width = max(2, _MOST_NUMBERS // max(1, 2 * n_items))
    taken = np.bincount(row, weights=value[:b], minlength=n_items)
    order = np.argsort(row, kind="stable")  # heads come first, and so they do within their item
    start = np.searchsorted(row[order], np.arange(n_items))
    rank = np.empty(b)
    rank[order] = np.arange(b) - start[row[order]]
    lower, upper = program.lower.copy(), program.upper.copy()
    lower[:b] = np.where(rank < np.floor(taken[row]) - width, 1.0, lower[:b])
    upper[:b] = np.where(rank >= np.ceil(taken[row]) + width, 0.0, upper[:b])
    return replace(program, lower=lower, upper=upper)


def _read(
    problem: MixProblem,
    value: Array,
    row: NDArray[np.int64],
    n_packs: NDArray[np.int64],
    bound: float | None,
) -> Mix:
    """The solver's numbers as a shipment."""
    b = len(row)
    packs = np.bincount(
        row, weights=np.where(value[:b] > 0.5, n_packs, 0), minlength=len(problem.least)
    ).astype(np.int64)
    counts = np.rint(value[b : b + len(problem.kinds)]).astype(np.int64)
    k = np.arange(problem.offer.worth.shape[1])
    worth = float((problem.offer.worth * (k < packs[:, None])).sum())
    worth -= float(counts @ np.array([kind.freight for kind in problem.kinds]))
    worth -= problem.order_cost * bool(packs.any())
    return Mix(
        packs * problem.offer.step, counts, worth, None if bound is None else max(bound, worth)
    )


def relaxed_bound(problem: MixProblem, *, seconds: float = 30.0, ask: Solve = solve) -> float:
    """Worth that no shipment can exceed, even in parts of packs and containers: quick, but loose.

    Raises
    ------
    ConfigError
        When the time was too short.
    """
    program, _, _ = _program(problem)
    return -ask(program.relaxed(), seconds=seconds).bound


def _program(
    problem: MixProblem,
) -> tuple[LinearProgram, NDArray[np.int64], NDArray[np.int64]]:
    """The mixed-integer program, and the item (B,) and packs (B,) of each block on offer.

    Its numbers: a block taken or not (B), containers of each kind (T), whether anything is shipped,
    and whether weight rather than volume has to be full.
    """
    row, n_packs, worth, needs = _blocks(problem)
    b, t = len(row), len(problem.kinds)
    units = n_packs * problem.offer.step[row]
    most = np.array([kind.most for kind in problem.kinds], dtype=np.float64)
    rows = Rows(b + t + 2)
    ships, by_weight = b + t, b + t + 1
    boxes = range(b, b + t)
    for name, is_other in (("volume", 0.0), ("weight", 1.0)):
        used = units * getattr(problem, name)[row]
        held = np.array([getattr(kind, name) for kind in problem.kinds])
        rows.add([*range(b), *boxes], [*used, *-held], high=0.0)
        if problem.full > 0:
            slack = problem.full * float(held @ most)  # lets the measure go that need not be full
            sign = 1.0 if is_other == 0.0 else -1.0
            rows.add(
                [*range(b), *boxes, by_weight],
                [*used, *(-problem.full * held), sign * slack],
                low=-slack * is_other,
            )
    for box, n in zip(boxes, most.tolist(), strict=True):
        rows.add([box, ships], [1.0, -max(n, 1.0)], high=0.0)
    for limit in problem.limits:
        size = units * limit.unit_size[row]
        if limit.least > 0:
            rows.add([*range(b), ships], [*size, -limit.least], low=0.0)
        if np.isfinite(limit.most):
            rows.add(list(range(b)), size.tolist(), high=limit.most)
    for head, later in needs:
        rows.add([*later, head], [*[1.0] * len(later), -float(len(later))], high=0.0)
    freight = [kind.freight for kind in problem.kinds]
    d = rows.n_columns
    program = LinearProgram(
        cost=np.concatenate([-worth, freight, [problem.order_cost, 0.0]]),
        rows=rows.matrix(),
        row_lower=np.array(rows.low),
        row_upper=np.array(rows.high),
        lower=np.zeros(d),
        upper=np.concatenate([np.ones(b), most, np.ones(2)]),
        is_whole=np.ones(d, dtype=np.bool_),
    )
    return program, row, n_packs


def _blocks(
    problem: MixProblem,
) -> tuple[NDArray[np.int64], NDArray[np.int64], Array, list[tuple[int, list[int]]]]:
    """Item, packs and worth of each block on offer; and for each item with a least order the number
    of the block that holds it, with those of the packs that need it."""
    n, k = problem.offer.worth.shape
    head = np.maximum(problem.least, 1)
    most = np.full(n, k) if problem.most is None else np.minimum(problem.most, k)
    # Packs that lose money are of use only where containers or a minimum have to be filled.
    must_fill = problem.full > 0 or any(limit.least > 0 for limit in problem.limits)
    is_offered = np.isfinite(problem.blocks_worth) & (head <= most)
    if not must_fill:
        is_offered &= problem.blocks_worth > 0
    heads = np.flatnonzero(is_offered)
    packs = np.arange(k)
    later = (packs >= head[:, None]) & (packs < most[:, None]) & is_offered[:, None]
    if not must_fill:
        later &= problem.offer.worth > 0
    item = np.nonzero(later)[0]
    row = np.concatenate([heads, item])
    n_packs = np.concatenate([head[heads], np.ones(len(item), dtype=np.int64)])
    worth = np.concatenate([problem.blocks_worth[heads], problem.offer.worth[later]])
    start = np.searchsorted(item, heads) + len(heads)
    stop = np.searchsorted(item, heads, side="right") + len(heads)
    needs = [
        (place, list(range(first, last)))
        for place, (first, last) in enumerate(zip(start.tolist(), stop.tolist(), strict=True))
        if last > first and head[heads[place]] > 1  # of single packs the first is worth most anyway
    ]
    return row, n_packs, worth, needs


def _mix(problem: MixProblem, packs: NDArray[np.int64], bound: float | None) -> Mix:
    containers, _ = problem.cheapest(packs[None])
    worth = float(problem.worth_of(packs[None])[0])
    return Mix(packs * problem.offer.step, containers[0], worth, bound)
