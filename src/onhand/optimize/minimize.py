"""The search itself: ask a method for candidates, judge them, tell it, until it is enough."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from onhand.errors import ShapeError
from onhand.optimize.problem import Problem
from onhand.optimize.stop import Status, Stop

__all__ = ["Method", "Minimum", "Search", "minimize"]

Array = NDArray[np.float64]


class Search(Protocol):
    """A search under way."""

    def ask(self) -> Array:
        """Candidates to judge next, (P, D); P = 0 when there is nothing left to try."""
        ...

    def tell(self, candidates: Array, costs: Array) -> None:
        """Learns what those candidates cost."""
        ...


class Method(Protocol):
    """A way of searching, with its settings."""

    @property
    def name(self) -> str:
        """A short name for tables."""
        ...

    def begin(self, problem: Problem, *, rng: np.random.Generator, start: Array | None) -> Search:
        """A search of `problem`, near `start` (D,) if one is known."""
        ...


@dataclass(frozen=True, repr=False)
class Minimum:
    """The best candidate found, and how good it can be at most.

    candidate : (D,)
    cost : what it costs
    n_evaluations : candidates judged
    bound : a cost that nothing can beat, or None where no bound is known

    >>> Minimum("grid", np.array([3.0]), 10.2, 50, bound=10.0)
    <Minimum: grid, 10.2 after 50 candidates, gap 2.00%>
    >>> Minimum("grid", np.array([3.0]), 10.2, 50, bound=None)
    <Minimum: grid, 10.2 after 50 candidates, no bound known>
    """

    method: str
    candidate: Array
    cost: float
    n_evaluations: int
    bound: float | None

    @property
    def gap(self) -> float | None:
        """(cost - bound) / |bound|: at most this share is left to gain. None without a bound."""
        if self.bound is None or self.bound == 0:
            return None
        return (self.cost - self.bound) / abs(self.bound)

    def __repr__(self) -> str:
        if self.bound is None:
            left = "no bound known"
        elif self.gap is None:
            left = "bound 0"
        else:
            left = f"gap {self.gap:.2%}"
        said = f"{self.method}, {self.cost:,.6g} after {self.n_evaluations:,} candidates, {left}"
        return f"<Minimum: {said}>"


def minimize(
    problem: Problem,
    method: Method,
    stop: Stop,
    *,
    rng: np.random.Generator,
    start: Array | None = None,
    bound: float | None = None,
    progress: Callable[[Status], None] | None = None,
) -> Minimum:
    """The best candidate that `method` finds before `stop` says it is enough.

    Parameters
    ----------
    start : (D,) an answer to begin from, usually the analytic one; it is always judged first, so
        the result is never worse. None: begin anywhere.
    bound : a cost that nothing can beat; only used to report the gap.
    progress : called after every batch.

    Raises
    ------
    ShapeError
        When `start` lies outside the box.

    >>> import numpy as np
    >>> from onhand.optimize.methods import SimulatedAnnealing
    >>> from onhand.optimize.problem import Box
    >>> from onhand.optimize.stop import Evaluations
    >>> bowl = Box(np.zeros(2), np.ones(2), lambda x: ((x - 0.5) ** 2).sum(axis=1))
    >>> found = minimize(bowl, SimulatedAnnealing(), Evaluations(2000), rng=np.random.default_rng(1))
    >>> bool(found.cost < 1e-2)
    True
    """
    best, best_cost, n, n_better = problem.lower, np.inf, 0, 0
    if start is not None:
        _must_be_inside(start, problem)
        best, best_cost, n = start, float(problem.costs(start[None])[0]), 1
    search = method.begin(problem, rng=rng, start=start)
    status = Status(n, best_cost, 0)
    while not stop(status):
        candidates = search.ask()
        if len(candidates) == 0:
            break
        costs = problem.costs(candidates)
        search.tell(candidates, costs)
        n += len(candidates)
        first = int(np.argmin(costs))
        if costs[first] < best_cost:
            best, best_cost, n_better = candidates[first].copy(), float(costs[first]), n
        status = Status(n, best_cost, n - n_better)
        if progress is not None:
            progress(status)
    return Minimum(method.name, best, best_cost, n, bound)


def _must_be_inside(start: Array, problem: Problem) -> None:
    if start.shape != problem.lower.shape:
        raise ShapeError(f"start has shape {start.shape}; the problem has {problem.lower.shape}")
    outside = (start < problem.lower) | (start > problem.upper)
    if outside.any():
        d = int(np.argmax(outside))
        raise ShapeError(
            f"start[{d}] = {start[d]} lies outside {problem.lower[d]}..{problem.upper[d]}; clip it first"
        )
