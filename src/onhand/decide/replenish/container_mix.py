"""Which containers should be shipped, of which kinds, and which packs go into them?

Every item offers its next packs with their expected worth, falling pack by pack
(`onhand.decide.replenish.marginal`). With x_i packs of item i and n_t containers of kind t,

    worth(x, n)  =  Σ_i worth of the first x_i packs of i  -  Σ_t freight_t n_t

    Σ_i v_i x_i  <=  Σ_t V_t n_t          volume
    Σ_i w_i x_i  <=  Σ_t W_t n_t          weight
    x_i = 0  or  x_i >= least_i           the supplier's minimum per item

Containers tie all items together: whether the next pack pays depends on what else fills the box.
Three answers, from plain to proven: `ranked_mix` buys down the ranked list for every set of containers;
`search_mix` lets any search method go on from there; `exact_mix` solves it as a mixed-integer program.
Packs are small beside a container, so that how they are stacked inside is not asked.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from onhand.decide.replenish.budget import buy_list, spend
from onhand.decide.replenish.marginal import Worth
from onhand.errors import ConfigError, ShapeError
from onhand.optimize.linear import LinearProgram, solve
from onhand.optimize.minimize import Method, Minimum, minimize
from onhand.optimize.stop import Stop

__all__ = ["ContainerKind", "Mix", "MixProblem", "exact_mix", "mix_of", "ranked_mix", "search_mix"]

Array = NDArray[np.float64]


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
    volume, weight : (N,) of one unit, > 0
    kinds : of containers
    least : (N,) packs; an item ships none or at least so many
    """

    offer: Worth
    volume: Array
    weight: Array
    kinds: tuple[ContainerKind, ...]
    least: NDArray[np.int64]

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
        return np.where(self.least > k, -np.inf, total)

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
        return earned - freight

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


def exact_mix(problem: MixProblem, *, seconds: float = 30.0, gap: float = 1e-4) -> Mix:
    """The best shipment, proven to within `gap`, by HiGHS.

    One number per pack: each item's least order is all or nothing, every later pack another; and a
    whole number of containers of each kind. Worth falls, so packs are taken in their order.

    Raises
    ------
    ConfigError
        When the time was too short to find any shipment.
    """
    program, row, n_packs = _program(problem)
    answer = solve(program, seconds=seconds, gap=gap)
    taken = answer.value[: len(row)] > 0.5
    packs = np.bincount(row[taken], weights=n_packs[taken], minlength=len(problem.least))
    return _mix(problem, packs.astype(np.int64), -answer.bound)


def _program(
    problem: MixProblem,
) -> tuple[LinearProgram, NDArray[np.int64], NDArray[np.int64]]:
    """The mixed-integer program, and the item (B,) and packs (B,) of each block on offer."""
    n, k = problem.offer.worth.shape
    head = np.maximum(problem.least, 1)
    heads = np.flatnonzero(problem.blocks_worth > 0)
    later = (np.arange(k) >= head[:, None]) & (problem.offer.worth > 0)
    later &= (problem.blocks_worth > 0)[:, None]
    row = np.concatenate([heads, np.nonzero(later)[0]])
    n_packs = np.concatenate([head[heads], np.ones(int(later.sum()), dtype=np.int64)])
    worth = np.concatenate([problem.blocks_worth[heads], problem.offer.worth[later]])
    b, t = len(row), len(problem.kinds)
    units = n_packs * problem.offer.step[row]
    measures = np.stack([units * problem.volume[row], units * problem.weight[row]])  # (2, B)
    holds = np.array([[kind.volume, kind.weight] for kind in problem.kinds]).T  # (2, T)
    fits = np.concatenate([measures, -holds], axis=1)  # used - held <= 0
    # A later pack needs its item's least order: Σ later <= K · head.
    is_later = np.arange(b) >= len(heads)
    place = np.full(n, -1)
    place[heads] = np.arange(len(heads))
    first = coo_array(
        (
            np.concatenate([np.ones(int(is_later.sum())), np.full(len(heads), -float(k))]),
            (
                np.concatenate([place[row[is_later]], np.arange(len(heads))]),
                np.concatenate([np.flatnonzero(is_later), np.arange(len(heads))]),
            ),
        ),
        shape=(len(heads), b + t),
    )
    rows = csr_array(np.concatenate([fits, first.toarray()]))
    program = LinearProgram(
        cost=np.concatenate([-worth, [kind.freight for kind in problem.kinds]]),
        rows=rows,
        row_lower=np.full(rows.shape[0], -np.inf),
        row_upper=np.zeros(rows.shape[0]),
        lower=np.zeros(b + t),
        upper=np.concatenate([np.ones(b), [float(kind.most) for kind in problem.kinds]]),
        is_whole=np.ones(b + t, dtype=np.bool_),
    )
    return program, row, n_packs


def _mix(problem: MixProblem, packs: NDArray[np.int64], bound: float | None) -> Mix:
    containers, _ = problem.cheapest(packs[None])
    worth = float(problem.worth_of(packs[None])[0])
    return Mix(packs * problem.offer.step, containers[0], worth, bound)
