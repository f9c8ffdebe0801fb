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


N_SCOUTS = 20
"""Points judged first, from which the chains choose where to begin and how hot."""


@dataclass(frozen=True)
class SimulatedAnnealing:
    """Chains that accept a worse step with probability exp(-increase / temperature).

    n_chains : chains, each judged once per batch; with a few thousand evaluations one is best
    heat : first temperature, as a share of the spread of costs over the box
    cooling : temperature and step length are multiplied by this after every batch
    step : first step length, as a share of the box
    """

    n_chains: int = 1
    heat: float = 0.005
    cooling: float = 0.999
    step: float = 0.3
    name: str = "simulated annealing"

    def begin(self, problem: Problem, *, rng: np.random.Generator, start: Array | None) -> Search:
        """An annealing search of `problem`."""
        scouts = first_generation(problem, max(N_SCOUTS, self.n_chains), rng, start)
        return _Annealing(self, problem, rng, scouts)


class _Annealing:
    def __init__(
        self,
        settings: SimulatedAnnealing,
        problem: Problem,
        rng: np.random.Generator,
        scouts: Array,
    ) -> None:
        self._settings, self._problem, self._rng = settings, problem, rng
        self._at, self._costs = scouts, np.full(len(scouts), np.inf)
        self._temperature, self._n_batches = 0.0, 0

    def ask(self) -> Array:
        """A neighbour of every chain, (P, D); the scouts at first."""
        if self._n_batches == 0:
            return self._at
        low, high = self._problem.lower, self._problem.upper
        length = self._settings.step * self._settings.cooling**self._n_batches
        n, d = self._at.shape
        # Each step moves a few numbers only: moving all of a thousand at once is never better.
        moves = self._rng.random((n, d)) < 3.0 / d
        step = length * (high - low) * self._rng.standard_normal((n, d))
        return np.clip(self._at + moves * step, low, high)

    def tell(self, candidates: Array, costs: Array) -> None:
        """Keeps the better ones, and some of the worse ones while it is hot."""
        if self._n_batches == 0:
            self._temperature = max(self._settings.heat * float(np.std(costs)), 1e-12)
            best = np.argsort(costs, kind="stable")[: self._settings.n_chains]
            self._at, self._costs = candidates[best], costs[best]
        else:
            rise = np.maximum(costs - self._costs, 0.0)
            accepted = self._rng.random(len(costs)) < np.exp(-rise / self._temperature)
            self._at = np.where(accepted[:, None], candidates, self._at)
            self._costs = np.where(accepted, costs, self._costs)
            self._temperature *= self._settings.cooling
        self._n_batches += 1
