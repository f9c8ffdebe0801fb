"""Projected gradient descent along sample paths, with Adam's step lengths (Kingma & Ba 2015)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onhand.errors import ShapeError
from onhand.optimize.minimize import Search
from onhand.optimize.problem import DifferentiableProblem, Problem

__all__ = ["Gradient"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Gradient:
    """Steps against the gradient, projected back into the box.

    step : first step length, as a share of the box; it falls as 1 / sqrt(1 + k / 10)
    """

    step: float = 0.1
    name: str = "gradient"

    def begin(self, problem: Problem, *, rng: np.random.Generator, start: Array | None) -> Search:  # noqa: ARG002
        """A descent of `problem` from `start`, or from the middle of the box.

        Raises
        ------
        ShapeError
            When the problem has no `gradient`.
        """
        if not isinstance(problem, DifferentiableProblem):
            raise ShapeError("this problem has no gradient; choose a method that needs only costs")
        first = 0.5 * (problem.lower + problem.upper) if start is None else start
        return _Descent(self, problem, first)


class _Descent:
    def __init__(self, settings: Gradient, problem: DifferentiableProblem, first: Array) -> None:
        self._settings, self._problem, self._at = settings, problem, first
        self._mean, self._square, self._k = np.zeros_like(first), np.zeros_like(first), 0

    def ask(self) -> Array:
        """Where the descent stands, (1, D)."""
        return self._at[None]

    def tell(self, candidates: Array, costs: Array) -> None:  # noqa: ARG002  the gradient says more
        """Takes one step from there."""
        slope = self._problem.gradient(candidates[0])
        self._k += 1
        self._mean = 0.9 * self._mean + 0.1 * slope
        self._square = 0.99 * self._square + 0.01 * slope**2
        mean = self._mean / (1 - 0.9**self._k)
        scale = np.sqrt(self._square / (1 - 0.99**self._k)) + 1e-12
        width = self._problem.upper - self._problem.lower
        length = self._settings.step / np.sqrt(1 + self._k / 10)
        self._at = np.clip(
            self._at - length * width * mean / scale, self._problem.lower, self._problem.upper
        )
