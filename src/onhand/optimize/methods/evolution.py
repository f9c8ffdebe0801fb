"""CMA-ES, by pycma (Hansen & Ostermeier 2001)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onhand.optimize.minimize import Search
from onhand.optimize.problem import Problem

__all__ = ["CMAES"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class CMAES:
    """Covariance matrix adaptation: a Gaussian cloud that learns the shape of the valley.

    population : candidates per generation
    step : first spread of the cloud, as a share of the box
    is_diagonal : True learns one scale per number only; needed above some hundred numbers
    """

    population: int = 50
    step: float = 0.2
    is_diagonal: bool = False
    name: str = "CMA-ES"

    def begin(self, problem: Problem, *, rng: np.random.Generator, start: Array | None) -> Search:
        """A CMA-ES search of `problem`, in coordinates where the box is the unit cube."""
        import cma

        width = np.where(problem.upper > problem.lower, problem.upper - problem.lower, 1.0)
        middle = np.full(len(width), 0.5) if start is None else (start - problem.lower) / width
        options = {
            "bounds": [0.0, 1.0],
            "popsize": self.population,
            "seed": int(rng.integers(1, 2**31)),
            "CMA_diagonal": self.is_diagonal,
            "verbose": -9,
        }
        return _CmaSearch(cma.CMAEvolutionStrategy(middle, self.step, options), problem, width)


class _CmaSearch:
    def __init__(self, inner: Any, problem: Problem, width: Array) -> None:
        self._inner, self._width = inner, width
        self._lower, self._upper = problem.lower, problem.upper
        self._asked: Any = None

    def ask(self) -> Array:
        """The next generation, (P, D); none once the cloud has collapsed."""
        if self._inner.stop():
            return np.empty((0, len(self._lower)))
        self._asked = self._inner.ask()
        asked = self._lower + np.asarray(self._asked) * self._width
        return np.clip(asked, self._lower, self._upper)  # a number that cannot move, rounding

    def tell(self, candidates: Array, costs: Array) -> None:  # noqa: ARG002  pycma keeps its own
        """Hands the costs of the last generation to pycma."""
        self._inner.tell(self._asked, costs.tolist())
