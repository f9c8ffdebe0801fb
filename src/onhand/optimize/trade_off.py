"""What can be had for what? The best candidates where two or more costs pull against each other.

A candidate is *dominated* when another one is at least as good in every cost and better in one. What
is left is the front: service against investment, say. Searches keep a front of all they judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from onhand.errors import ShapeError
from onhand.optimize.minimize import Search
from onhand.optimize.stop import Status, Stop

__all__ = ["Front", "TradeOff", "TradeOffMethod", "area", "nondominated", "trade_off"]

Array = NDArray[np.float64]


class TradeOff(Protocol):
    """A box of D numbers and M costs of any point in it; each of them is better when lower."""

    @property
    def lower(self) -> Array:
        """Least value of each number, (D,)."""
        ...

    @property
    def upper(self) -> Array:
        """Greatest value of each number, (D,)."""
        ...

    @property
    def n_costs(self) -> int:
        """How many costs there are, M."""
        ...

    def costs(self, candidates: Array) -> Array:
        """The costs of each candidate, (P, D) -> (P, M)."""
        ...


class TradeOffMethod(Protocol):
    """A way of searching for a front."""

    @property
    def name(self) -> str:
        """A short name for tables."""
        ...

    def begin(self, problem: TradeOff, *, rng: np.random.Generator, start: Array | None) -> Search:
        """A search of `problem`, near the candidates `start` (K, D) if some are known."""
        ...


@dataclass(frozen=True)
class Front:
    """Candidates that none of those judged dominates, by rising first cost.

    candidates : (F, D);  costs : (F, M)
    """

    method: str
    candidates: Array
    costs: Array
    n_evaluations: int


def trade_off(
    problem: TradeOff,
    method: TradeOffMethod,
    stop: Stop,
    *,
    rng: np.random.Generator,
    start: Array | None = None,
) -> Front:
    """The front that `method` finds before `stop` says it is enough.

    `start` (K, D) are candidates to begin from, usually the analytic answer at several budgets; they
    are judged first, so that nothing on the front is worse than they are.

    >>> import numpy as np
    >>> from onhand.optimize.methods.nsga2 import NSGA2
    >>> from onhand.optimize.stop import Evaluations
    >>> class Apart:                                    # as near as can be to 0 and to 1
    ...     lower, upper, n_costs = np.zeros(1), np.ones(1), 2
    ...     def costs(self, x):
    ...         return np.stack([x[:, 0] ** 2, (1 - x[:, 0]) ** 2], axis=1)
    >>> front = trade_off(Apart(), NSGA2(20), Evaluations(400), rng=np.random.default_rng(0))
    >>> bool(area(front.costs, worst=np.ones(2)) > 0.8)          # 5/6 is all there is
    True
    """
    if start is None:
        kept, costs, n = (
            np.empty((0, len(problem.lower))),
            np.empty((0, problem.n_costs)),
            0,
        )
    else:
        kept, costs, n = (*_front_of(start, problem.costs(start)), len(start))
    search = method.begin(problem, rng=rng, start=start)
    status = Status(n, np.inf, 0)
    n_better = n
    while not stop(status):
        candidates = search.ask()
        if len(candidates) == 0:
            break
        found = problem.costs(candidates)
        search.tell(candidates, found)
        n += len(candidates)
        before = costs
        kept, costs = _front_of(np.concatenate([kept, candidates]), np.concatenate([costs, found]))
        if before.shape != costs.shape or not np.array_equal(before, costs):
            n_better = n
        status = Status(n, float(costs[:, 0].min()), n - n_better)
    return Front(method.name, kept, costs, n)


def nondominated(costs: Array) -> NDArray[np.bool_]:
    """Which rows of (P, M) no other row dominates; of equal rows the first.

    >>> nondominated(np.array([[1.0, 2.0], [2.0, 1.0], [2.0, 2.0], [1.0, 2.0]])).tolist()
    [True, True, False, False]
    """
    keep = np.zeros(len(costs), dtype=np.bool_)
    order = np.lexsort(costs.T[::-1])  # by the first cost, then by the next
    if costs.shape[1] == 2:  # one pass: after sorting only the second cost can still be better
        best = np.inf
        for i in order.tolist():
            if costs[i, 1] < best:
                keep[i], best = True, float(costs[i, 1])
        return keep
    chosen: list[int] = []
    for i in order.tolist():
        if not any((costs[j] <= costs[i]).all() for j in chosen):
            chosen.append(i)
            keep[i] = True
    return keep


def area(costs: Array, *, worst: Array) -> float:
    """The area that a front of two costs (F, 2) dominates, up to `worst` (2,): more is better.

    The hypervolume of Zitzler & Thiele (1999) in two dimensions.

    Raises
    ------
    ShapeError
        When there are not two costs.

    >>> area(np.array([[0.0, 1.0], [1.0, 0.0]]), worst=np.array([2.0, 2.0]))
    3.0
    """
    if costs.ndim != 2 or costs.shape[1] != 2:
        raise ShapeError(f"costs have shape {costs.shape}; an area needs two of them, (F, 2)")
    inside = costs[(costs < worst).all(axis=1)]
    front = inside[nondominated(inside)]
    front = front[np.argsort(front[:, 0])]
    right = np.append(front[1:, 0], worst[0])
    return float(((right - front[:, 0]) * (worst[1] - front[:, 1])).sum())


def _front_of(candidates: Array, costs: Array) -> tuple[Array, Array]:
    keep = np.flatnonzero(nondominated(costs))
    order = keep[np.argsort(costs[keep, 0], kind="stable")]
    return candidates[order], costs[order]
