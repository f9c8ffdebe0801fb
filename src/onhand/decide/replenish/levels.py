"""How much stock should each item start with, for one period of unknown demand?

The one-period problem behind newsvendors and tutorials alike. With D_i sampled and level I_i,

    cost(I) = constant + sum_i  hold_i * I_i  -  gain_i * E[min(D_i, I_i)]

is convex and separable, and its exact answer is a quantile: raise I_i while P(D_i > I_i) exceeds
hold_i / gain_i. Searches may solve it too (`onhand.optimize`), and then show their gap to it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onhand.errors import ShapeError
from onhand.inventory.costs import Costs

__all__ = ["LevelProblem", "exact_levels", "newsvendor_problem"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class LevelProblem:
    """One level for each of N items, judged on S sampled demands.

    Satisfies `onhand.optimize.problem.DifferentiableProblem`.

    samples : (N, S) units, each row sorted upwards
    hold : (N,) money per unit of level, > 0
    gain : (N,) money per unit of demand met, >= 0
    constant : money that no level can change
    """

    samples: Array
    hold: Array
    gain: Array
    constant: float = 0.0

    def __post_init__(self) -> None:
        n = len(self.samples)
        if self.hold.shape != (n,) or self.gain.shape != (n,):
            raise ShapeError(f"hold and gain must have shape ({n},), one number per item")
        if n and (self.hold.min() <= 0 or self.gain.min() < 0):
            raise ShapeError(
                "hold must be above 0 and gain at least 0: free stock has no best level"
            )
        if (np.diff(self.samples, axis=1) < 0).any():
            raise ShapeError("samples must be sorted upwards along their second axis")

    @property
    def lower(self) -> Array:
        """No stock, (N,)."""
        return np.zeros(len(self.samples))

    @property
    def upper(self) -> Array:
        """Enough for every sample, (N,)."""
        return self.samples[:, -1]

    def costs(self, candidates: Array) -> Array:
        """The cost of each row of levels, (P, N) -> (P,)."""
        from onhand.decide.replenish.levels_kernel import expected_met

        met = expected_met(self.samples, np.ascontiguousarray(candidates))  # (P, N)
        return self.constant + candidates @ self.hold - met @ self.gain

    def gradient(self, candidate: Array) -> Array:
        """hold - gain * P(D > I), (N,) -> (N,)."""
        exceeds = (self.samples > candidate[:, None]).mean(axis=1)
        return self.hold - self.gain * exceeds


def exact_levels(problem: LevelProblem) -> Array:
    """The best levels, (N,): the least I with P(D > I) <= hold / gain; 0 where nothing is worth stocking.

    >>> import numpy as np
    >>> samples = np.array([[1.0, 2.0, 3.0, 4.0, 5.0]])
    >>> exact_levels(LevelProblem(samples, np.array([1.0]), np.array([4.0]))).tolist()
    [4.0]
    """
    n, s = problem.samples.shape
    allowed = np.divide(problem.hold, problem.gain, out=np.ones(n), where=problem.gain > 0)
    # k samples may exceed the level; 1e-9 keeps 0.2 * 5 from becoming 0 samples by rounding.
    k = np.floor(np.minimum(allowed, 1.0) * s + 1e-9).astype(np.int64)
    rank = s - 1 - np.minimum(k, s - 1)
    return np.where(k >= s, 0.0, problem.samples[np.arange(n), rank])


def newsvendor_problem(samples: ArrayLike, costs: Costs) -> LevelProblem:
    """The default objective for one period: h * E[(I - D)+] + p * E[(D - I)+], summed over items.

    samples : (N, S) units, in any order
    """
    demand = np.sort(np.asarray(samples, dtype=np.float64), axis=1)
    h, p = costs.holding_cost, costs.shortage_cost
    return LevelProblem(demand, h, h + p, constant=float(p @ demand.mean(axis=1)))
