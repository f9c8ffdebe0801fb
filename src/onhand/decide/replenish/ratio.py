"""What do the field's tutorials minimise, and what does it cost?

Many articles teach: minimise  Σ alpha * I + beta * (1 - D / I) + gamma * Σ E  with a genetic
algorithm. Read literally it is unbounded below: as I -> 0 the ratio D / I grows without end, so
the best stock is none. The bounded reading offered here takes the ratio as the *unmet share* of
demand and E as the expected shortfall, both in expectation over the sampled demand:

    Σ_i  alpha * I_i  +  beta * E[(D_i - I_i)+] / E[D_i]  +  gamma * E[(D_i - I_i)+]

It is a newsvendor: the best level leaves P(D_i > I_i) = alpha / (beta / E[D_i] + gamma).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onhand.decide.replenish.levels import LevelProblem
from onhand.errors import ShapeError

__all__ = [
    "RatioObjective",
    "implied_no_stockout_probability",
    "literal_objective",
    "ratio_problem",
]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class RatioObjective:
    """The three weights of the tutorials.

    alpha : money per unit of stock, > 0
    beta : money for missing all of an item's demand, >= 0
    gamma : money per unit short, >= 0
    """

    alpha: float
    beta: float
    gamma: float

    def __post_init__(self) -> None:
        if self.alpha <= 0 or self.beta < 0 or self.gamma < 0:
            raise ShapeError(
                f"alpha = {self.alpha}, beta = {self.beta}, gamma = {self.gamma}: "
                "alpha must be above 0, beta and gamma at least 0"
            )


def ratio_problem(samples: ArrayLike, objective: RatioObjective) -> LevelProblem:
    """The bounded reading as a problem of levels; items without any demand get no gain.

    samples : (N, S) units, in any order

    >>> import numpy as np
    >>> from onhand.decide.replenish.levels import exact_levels
    >>> demand = np.tile(np.arange(1.0, 101.0), (1, 1))          # 1..100, mean 50.5
    >>> exact_levels(ratio_problem(demand, RatioObjective(1.0, 50.5, 9.0))).tolist()  # P(D > I) = 0.1
    [90.0]
    """
    demand = np.sort(np.asarray(samples, dtype=np.float64), axis=1)
    mean = demand.mean(axis=1)
    gain = np.where(mean > 0, _gain(mean, objective), 0.0)
    hold = np.full(len(mean), objective.alpha)
    return LevelProblem(demand, hold, gain, constant=float(gain @ mean))


def implied_no_stockout_probability(mean_demand: ArrayLike, objective: RatioObjective) -> Array:
    """The no-stock-out probability that the weights ask for, (N,), from mean demand (N,) in units.

    0: the weights say that this item is not worth stocking.

    >>> implied_no_stockout_probability([50.5], RatioObjective(1.0, 50.5, 9.0)).tolist()
    [0.9]
    """
    mean = np.asarray(mean_demand, dtype=np.float64)
    gain = np.where(mean > 0, _gain(mean, objective), 0.0)
    return np.where(gain > objective.alpha, 1 - objective.alpha / np.maximum(gain, 1e-300), 0.0)


def literal_objective(level: ArrayLike, demand: ArrayLike, objective: RatioObjective) -> Array:
    """The tutorials' formula read literally, with E the shortfall (D - I)+; for showing what it does.

    Falls without end as the level goes to 0: never optimise it.
    """
    i, d = np.asarray(level, dtype=np.float64), np.asarray(demand, dtype=np.float64)
    short = np.maximum(d - i, 0)
    return objective.alpha * i + objective.beta * (1 - d / i) + objective.gamma * short


def _gain(mean: Array, objective: RatioObjective) -> Array:
    return objective.beta / np.maximum(mean, 1e-12) + objective.gamma
