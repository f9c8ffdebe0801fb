"""Every point of a grid: the plain search that few numbers deserve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onhand.errors import ShapeError
from onhand.optimize.minimize import Search
from onhand.optimize.problem import Problem

__all__ = ["Grid"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Grid:
    """All combinations of evenly spaced values, `n` per number.

    Raises
    ------
    ShapeError
        When that would be more than a million points.
    """

    n: int = 11
    name: str = "grid"

    def begin(self, problem: Problem, *, rng: np.random.Generator, start: Array | None) -> Search:  # noqa: ARG002
        """A pass over the grid, in one batch."""
        d = len(problem.lower)
        if self.n**d > 1_000_000:
            raise ShapeError(
                f"a grid of {self.n} values for {d} numbers has {self.n}^{d} points; use fewer"
            )
        axes = [
            np.linspace(lo, hi, self.n) for lo, hi in zip(problem.lower, problem.upper, strict=True)
        ]
        return _Once(np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, d))


class _Once:
    def __init__(self, points: Array) -> None:
        self._left = points

    def ask(self) -> Array:
        """All points at first, none afterwards."""
        asked, self._left = self._left, self._left[:0]
        return asked

    def tell(self, candidates: Array, costs: Array) -> None:
        """Nothing to learn: a grid does not adapt."""
