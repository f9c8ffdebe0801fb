"""How much does the textbook formula z·σ·√(L+R) ask for?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from onhand.decide.replenish.cover import mean_demand, protection_horizon
from onhand.decide.replenish.fractions import between_0_and_1
from onhand.decide.replenish.told import spread_of_next_period
from onhand.inventory.policy import Situation
from onhand.inventory.terms import SupplyTerms

__all__ = ["ClassicalSafetyStock"]


@dataclass(frozen=True)
class ClassicalSafetyStock:
    """Orders up to expected demand plus z standard deviations, as if demand were normal.

    safety stock = z · σ · √(L + R),   z = Φ⁻¹(cycle_service_level)
    order        = max(0, mean demand of L + R periods + safety stock - inventory position)

    σ is the standard deviation, over worlds, of the demand of the next period. Where deliveries are
    uncertain, L + R is the time until the next order can help, T, with its mean and variance over worlds:

    safety stock = z · √(E[T] σ² + E[d]² Var[T]),   d: mean demand per period

    What comes short is not in the formula. It supposes normal and independent errors, backorders, and demand on nearly every day; it is here
    to be compared with, not as advice.

    Parameters
    ----------
    cycle_service_level : float, 0..1, exclusive
        Share of cycles that shall end without a stock-out.

    References
    ----------
    Silver, Pyke & Thomas (2017), *Inventory and Production Management in Supply Chains*, 4th ed.,
    section 6.9: (R, S) systems; section 6.10: variable lead times.

    >>> from onhand.decide.replenish.examples import two_worlds
    >>> ClassicalSafetyStock(0.5).order(two_worlds()).tolist()       # z = 0: the mean, 9 - 5
    [4.0]
    """

    cycle_service_level: float

    def __post_init__(self) -> None:
        between_0_and_1("cycle_service_level", self.cycle_service_level)

    @property
    def name(self) -> str:
        """A short name for tables and charts."""
        return f"classical z·σ·√(L+R) at {self.cycle_service_level:g}"

    def horizon(self, terms: SupplyTerms) -> int:
        """How many future periods of paths it must be given."""
        return protection_horizon(terms)

    def order(self, situation: Situation) -> NDArray[np.float64]:
        """Units to order now, (N,), finite and >= 0."""
        interval, variance = _interval(situation)
        sigma = spread_of_next_period(situation.paths)
        expected = mean_demand(situation, 0, interval)
        per_period = expected / np.maximum(interval, 1e-12)
        spread = np.sqrt(interval * sigma**2 + per_period**2 * variance)
        target = expected + ndtri(self.cycle_service_level) * spread
        return np.asarray(np.maximum(0.0, target - situation.stock.inventory_position))


def _interval(situation: Situation) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and variance over worlds of the time until the next order can help, both (N,)."""
    if situation.supply is None:
        known = situation.terms.protection_interval.astype(np.float64)
        return known, np.zeros(len(known))
    relief = situation.supply.relief
    return relief.mean(axis=1, dtype=np.float64), relief.var(axis=1, dtype=np.float64)
