"""What do the field's tutorials minimise, and what does it cost?

Many articles teach: minimise  Σ alpha * I + beta * (1 - D / I) + gamma * Σ E  with a genetic
algorithm. Read literally it is unbounded below: as I -> 0 the ratio D / I grows without end, so
the best stock is none. The bounded reading offered here takes the ratio as the *unmet share* of
demand and E as the expected shortfall, both in expectation over the sampled demand:

    Σ_i  alpha * I_i  +  beta * E[(D_i - I_i)+] / E[D_i]  +  gamma * E[(D_i - I_i)+]

It is a newsvendor: the best level leaves P(D_i > I_i) = alpha / (beta / E[D_i] + gamma). So two weights
of three are a service target in disguise, and one that falls where more is sold: `beta / E[D_i]`
weighs an item that sells one unit like one that sells a thousand.

Source: the critical ratio is Snyder & Shen (2019), *Fundamentals of Supply Chain Theory*, 2nd ed., equation
(4.27), with overage cost alpha and underage cost beta / E[D_i] + gamma - alpha.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onhand.decide.replenish.cover import demand_quantile, protection_horizon
from onhand.decide.replenish.interval_demand import interval_demand
from onhand.decide.replenish.levels import LevelProblem, exact_levels
from onhand.errors import ConfigError
from onhand.inventory.policy import Situation
from onhand.inventory.terms import SupplyTerms
from onhand.optimize.minimize import Method, Minimum, minimize
from onhand.optimize.stop import Stop

__all__ = [
    "RatioLevels",
    "RatioObjective",
    "exact_ratio",
    "implied_no_stockout_probability",
    "literal_objective",
    "ratio_problem",
    "search_ratio",
    "weights_for",
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
        is_finite = np.isfinite([self.alpha, self.beta, self.gamma]).all()
        if not is_finite or self.alpha <= 0 or self.beta < 0 or self.gamma < 0:
            raise ConfigError(
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


def exact_ratio(samples: ArrayLike, objective: RatioObjective) -> Minimum:
    """The best levels and what they cost, by the quantile that solves each item.

    >>> import numpy as np
    >>> exact_ratio(np.arange(1.0, 101.0)[None], RatioObjective(1.0, 50.5, 9.0)).candidate.tolist()
    [90.0]
    """
    problem = ratio_problem(samples, objective)
    levels = exact_levels(problem)
    cost = float(problem.costs(levels[None])[0])
    return Minimum("exact quantile", levels, cost, 1, cost)


def search_ratio(
    samples: ArrayLike,
    objective: RatioObjective,
    method: Method,
    stop: Stop,
    *,
    rng: np.random.Generator,
    start: Array | None = None,
) -> Minimum:
    """The levels that a search finds, with its gap to the exact answer as `gap`."""
    exact = exact_ratio(samples, objective)
    problem = ratio_problem(samples, objective)
    return minimize(problem, method, stop, rng=rng, start=start, bound=exact.cost)


def weights_for(
    no_stockout_probability: float, *, share_of_beta: float = 0.5, mean_demand: float = 1.0
) -> RatioObjective:
    """The weights, with alpha = 1, that ask for this probability where mean demand is `mean_demand`.

    share_of_beta : 0..1, how much of the pull towards stock comes from beta rather than gamma

    >>> weights_for(0.95, mean_demand=20.0)
    RatioObjective(alpha=1.0, beta=200.0, gamma=10.0)
    """
    if not 0 < no_stockout_probability < 1 or not 0 <= share_of_beta <= 1:
        raise ConfigError(
            f"no_stockout_probability = {no_stockout_probability} must lie between 0 and 1, "
            f"share_of_beta = {share_of_beta} within 0..1"
        )
    pull = round(1.0 / (1.0 - no_stockout_probability), 9)
    beta, gamma = pull * share_of_beta * mean_demand, pull * (1 - share_of_beta)
    return RatioObjective(1.0, beta, gamma)


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


@dataclass(frozen=True)
class RatioLevels:
    """Orders up to the level that is best for the bounded reading of the tutorials' objective.

    order = max(0, I* - inventory position),   P(D > I*) = alpha / (beta / E[D] + gamma)

    D is demand over the protection interval. As the objective is convex and the inventory position
    a floor below each level, this is also its best answer for stock that cannot be sent back. It
    knows no money: two items with the same demand get the same stock, whatever they cost and earn.

    Parameters
    ----------
    alpha, beta, gamma : the weights, as in `RatioObjective`

    >>> from onhand.decide.replenish.examples import two_worlds
    >>> RatioLevels(alpha=1.0, beta=0.0, gamma=4.0).order(two_worlds()).tolist()  # fast: 15, 5 there
    [10.0]
    """

    alpha: float
    beta: float
    gamma: float

    def __post_init__(self) -> None:
        RatioObjective(self.alpha, self.beta, self.gamma)

    @property
    def objective(self) -> RatioObjective:
        """The three weights."""
        return RatioObjective(self.alpha, self.beta, self.gamma)

    @property
    def name(self) -> str:
        """A short name for tables and charts."""
        return f"ratio objective, α = {self.alpha:g}, β = {self.beta:g}, γ = {self.gamma:g}"

    def horizon(self, terms: SupplyTerms) -> int:
        """How many future periods of paths it must be given."""
        return protection_horizon(terms)

    def quantiles(self, situation: Situation) -> Array:
        """The no-stock-out probability that the weights ask of each stock point, (N,)."""
        mean = interval_demand(situation).mean(axis=1)
        return implied_no_stockout_probability(mean, self.objective)

    def order(self, situation: Situation) -> Array:
        """Units to order now, (N,), finite and >= 0."""
        asked = self.quantiles(situation)
        level = np.where(asked > 0, demand_quantile(situation, asked), 0.0)
        return np.maximum(0.0, level - situation.stock.inventory_position)


def _gain(mean: Array, objective: RatioObjective) -> Array:
    return objective.beta / np.maximum(mean, 1e-12) + objective.gamma
