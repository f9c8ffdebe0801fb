"""Simulated annealing in many chains at once (Kirkpatrick, Gelatt & Vecchi 1983).

SciPy's `dual_annealing` asks for one candidate at a time; ours judges a whole batch on the same
sample paths, which is what costs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onhand.optimize.methods.population import first_generation
from onhand.optimize.minimize import Search
from onhand.optimize.problem import Problem

__all__ = ["SimulatedAnnealing"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class SimulatedAnnealing:
    """Chains that accept a worse step with probability exp(-increase / temperature).

    n_chains : chains, each judged once per batch
    cooling : temperature and step length are multiplied by this after every batch
    step : first step length, as a share of the box
    """

    n_chains: int = 20
    cooling: float = 0.97
    step: float = 0.3
    name: str = "simulated annealing"

    def begin(self, problem: Problem, *, rng: np.random.Generator, start: Array | None) -> Search:
        """An annealing search of `problem`."""
        return _Annealing(self, problem, rng, first_generation(problem, self.n_chains, rng, start))


class _Annealing:
    def __init__(
        self, settings: SimulatedAnnealing, problem: Problem, rng: np.random.Generator, first: Array
    ) -> None:
        self._settings, self._problem, self._rng = settings, problem, rng
        self._at, self._costs = first, np.full(len(first), np.inf)
        self._temperature, self._n_batches = 0.0, 0

    def ask(self) -> Array:
        """A neighbour of every chain, (P, D); the chains themselves at first."""
        if self._n_batches == 0:
            return self._at
        low, high = self._problem.lower, self._problem.upper
        length = self._settings.step * self._settings.cooling**self._n_batches
        n, d = self._at.shape
        # Each step moves a few numbers only: moving all of a thousand at once is never better.
        moves = self._rng.random((n, d)) < max(3.0 / d, length)
        step = length * (high - low) * self._rng.standard_normal((n, d))
        return np.clip(self._at + moves * step, low, high)

    def tell(self, candidates: Array, costs: Array) -> None:
        """Keeps the better ones, and some of the worse ones while it is hot."""
        if self._n_batches == 0:
            self._temperature = max(float(np.std(costs)), 1e-12)
            accepted = np.ones(len(costs), dtype=np.bool_)
        else:
            rise = np.maximum(costs - self._costs, 0.0)
            accepted = self._rng.random(len(costs)) < np.exp(-rise / self._temperature)
            self._temperature *= self._settings.cooling
        self._at = np.where(accepted[:, None], candidates, self._at)
        self._costs = np.where(accepted, costs, self._costs)
        self._n_batches += 1
