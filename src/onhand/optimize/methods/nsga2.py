"""NSGA-II, by pymoo: a genetic algorithm for several costs at once (Deb, Pratap, Agarwal & Meyarivan 2002)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onhand.optimize.methods.population import PymooSearch, scattered
from onhand.optimize.minimize import Search
from onhand.optimize.trade_off import TradeOff

__all__ = ["NSGA2"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class NSGA2:
    """Ranks candidates by domination, then by how lonely they are on their front.

    population : candidates per generation, and so about the number of points on the front
    """

    population: int = 50
    name: str = "NSGA-II"

    def begin(self, problem: TradeOff, *, rng: np.random.Generator, start: Array | None) -> Search:
        """A search of `problem`; its first generation holds the candidates `start` (K, D)."""
        from pymoo.algorithms.moo import nsga2

        first = scattered(problem.lower, problem.upper, self.population, rng)
        if start is not None:
            chosen = np.linspace(0, len(start) - 1, min(len(start), self.population)).astype(int)
            first[: len(chosen)] = start[chosen]
        return PymooSearch(
            nsga2.NSGA2, first, problem.lower, problem.upper, n_costs=problem.n_costs, rng=rng
        )
