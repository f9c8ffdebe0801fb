"""The seam between a decision and a search: what may be chosen, and what it costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from onhand.errors import ShapeError

__all__ = ["Box", "DifferentiableProblem", "Problem"]

Array = NDArray[np.float64]


@runtime_checkable
class Problem(Protocol):
    """A box of D numbers and the cost of any point in it.

    Costs are asked for many candidates at once, so that an implementation can judge them all on
    the same sample paths (common random numbers): differences are then differences of the
    candidates and not of luck.
    """

    @property
    def lower(self) -> Array:
        """Least value of each number, (D,)."""
        ...

    @property
    def upper(self) -> Array:
        """Greatest value of each number, (D,)."""
        ...

    def costs(self, candidates: Array) -> Array:
        """The cost of each candidate, (P, D) -> (P,). The same candidates always cost the same."""
        ...


@runtime_checkable
class DifferentiableProblem(Problem, Protocol):
    """A problem that also knows in which direction its costs rise."""

    def gradient(self, candidate: Array) -> Array:
        """A (sub)gradient of the cost at one candidate, (D,) -> (D,)."""
        ...


@dataclass(frozen=True)
class Box:
    """A problem made of two bounds and a batched cost function.

    >>> import numpy as np
    >>> box = Box(np.zeros(2), np.ones(2), lambda x: (x ** 2).sum(axis=1))
    >>> box.costs(np.array([[1.0, 1.0]])).tolist()
    [2.0]
    """

    lower: Array
    upper: Array
    function: Callable[[Array], Array]

    def __post_init__(self) -> None:
        if self.lower.ndim != 1 or self.lower.shape != self.upper.shape:
            raise ShapeError(
                f"bounds have shapes {self.lower.shape} and {self.upper.shape}; both must be (D,)"
            )
        if not (self.lower <= self.upper).all():
            worst = int(np.argmax(self.lower > self.upper))
            raise ShapeError(
                f"number {worst}: lower bound {self.lower[worst]} is above upper bound {self.upper[worst]}"
            )

    def costs(self, candidates: Array) -> Array:
        """The cost of each candidate, (P, D) -> (P,)."""
        return np.asarray(self.function(candidates), dtype=np.float64)
