"""Which (s, S) follows from mean and deviation alone, without a search?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from onhand.decide.replenish.cover import protection_horizon
from onhand.decide.replenish.interval_demand import interval_demand
from onhand.errors import ConfigError
from onhand.inventory.policy import Situation
from onhand.inventory.terms import SupplyTerms

__all__ = ["PowerApproximation"]


@dataclass(frozen=True)
class PowerApproximation:
    """(R, s, S) with both numbers from fitted powers of the costs and of demand's two moments.

    μ, σ   mean demand and its deviation over R periods;  μ_L, σ_L  over L + R
    h = holding_weight · holding cost · R,  p = shortage cost,  K = order cost

    Q = 1.30 μ^0.494 (K/h)^0.506 (1 + σ_L²/μ²)^0.116
    z = √(Q h / (σ_L p))
    s = 0.973 μ_L + σ_L (0.183/z + 1.063 - 2.192 z),   S = s + Q
    S0 = μ_L + σ_L Φ⁻¹(p / (p + h));   where Q <= 1.5 μ:  s = min(s, S0),  S = min(S, S0)

    order = S - inventory position  where  inventory position <= s,  else 0

    Where orders cost nothing, or demand does not vary, both numbers are S0, and this is base stock.

    Parameters
    ----------
    holding_weight : float, > 0
        Factor on the holding cost. Tune it.

    References
    ----------
    Ehrhardt & Mosier (1984), *A revision of the power approximation for computing (s, S) policies*,
    Management Science 30(5), 618-622; Snyder & Shen (2019), (4.77)-(4.80). The formula alone is
    `onhand.inventory.formulas.min_max.power_approximation`.

    >>> from onhand.decide.replenish.examples import two_worlds
    >>> PowerApproximation().order(two_worlds()).round(1).tolist()   # 9 + z(1/1.2) · 6 - 5
    [9.8]
    """

    holding_weight: float = 1.0

    def __post_init__(self) -> None:
        if not (self.holding_weight > 0 and math.isfinite(self.holding_weight)):
            raise ConfigError(f"holding_weight is {self.holding_weight}; it must be above 0")

    @property
    def name(self) -> str:
        """A short name for tables and charts."""
        return f"(R, s, S) by power approximation, holding cost x {self.holding_weight:g}"

    def horizon(self, terms: SupplyTerms) -> int:
        """How many future periods of paths it must be given."""
        return protection_horizon(terms)

    def order(self, situation: Situation) -> NDArray[np.float64]:
        """Units to order now, (N,), finite and >= 0."""
        reorder_point, up_to = self.levels(situation)
        position = situation.stock.inventory_position
        missing = np.maximum(0.0, up_to - position)
        return np.where(position <= reorder_point, missing, 0.0)

    def levels(self, situation: Situation) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """s and S of each stock point, (N,)."""
        terms, costs = situation.terms, situation.costs
        interval = terms.protection_interval
        wanted = interval_demand(situation)  # (N, S)
        mean_over, sd_over = wanted.mean(axis=1), wanted.std(axis=1)
        mean = mean_over * terms.review_period / interval
        h = self.holding_weight * costs.holding_cost * terms.review_period
        p = costs.shortage_cost
        # Where holding costs nothing the ratio is 1 and z infinite; 0.999 is as sure as we get.
        ratio = np.divide(p, p + h, out=np.ones_like(p), where=p + h > 0)
        base = np.maximum(0.0, mean_over + sd_over * ndtri(np.clip(ratio, 0.001, 0.999)))
        has_powers = (costs.order_cost > 0) & (h > 0) & (p > 0) & (mean > 0) & (sd_over > 0)
        safe = [np.where(has_powers, x, 1.0) for x in (costs.order_cost, h, p, mean, sd_over)]
        order_cost, h, p, mean, sd = safe
        lot = 1.30 * mean**0.494 * (order_cost / h) ** 0.506 * (1 + (sd / mean) ** 2) ** 0.116
        z = np.sqrt(lot * h / (sd * p))
        low = 0.973 * mean_over + sd * (0.183 / z + 1.063 - 2.192 * z)
        is_small = lot <= 1.5 * mean
        reorder_point = np.where(is_small, np.minimum(low, base), low)
        up_to = np.where(is_small, np.minimum(low + lot, base), low + lot)
        return (
            np.where(has_powers, np.maximum(reorder_point, 0.0), base),
            np.where(has_powers, np.maximum(up_to, 0.0), base),
        )
