"""How much demand is expected above, or below, a level?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from onhand.errors import InputError

__all__ = ["WholeDemand", "lognormal_loss", "normal_loss", "normal_second_loss"]

Array = NDArray[np.float64]


def normal_loss(level: float, mean: float, sd: float) -> float:
    """n(y) = E[(D - y)+] = σ(φ(z) - z(1 - Φ(z))), z = (y - μ)/σ, (C.31).

    >>> round(normal_loss(100.0, 100.0, 10.0), 4)
    3.9894
    """
    z = (level - mean) / sd
    return float(sd * (stats.norm.pdf(z) - z * stats.norm.sf(z)))


def normal_second_loss(level: float, mean: float, sd: float) -> float:
    """n₂(y) = ½ E[((D - y)+)²] = ½σ²((z² + 1)(1 - Φ(z)) - zφ(z)).

    >>> round(normal_second_loss(0.0, 0.0, 1.0), 4)
    0.25
    """
    z = (level - mean) / sd
    return float(sd**2 / 2 * ((z * z + 1) * stats.norm.sf(z) - z * stats.norm.pdf(z)))


def lognormal_loss(level: float, mu: float, sigma: float) -> float:
    """E[(D - y)+] when ln D has mean μ and deviation σ, (4.102).

    >>> round(lognormal_loss(1e-9, 0.0, 1.0), 4) == round(float(np.exp(0.5)), 4)
    True
    """
    z = (math.log(level) - mu) / sigma
    mean = math.exp(mu + sigma**2 / 2)
    return float(mean * stats.norm.cdf(sigma - z) - level * stats.norm.sf(z))


@dataclass(frozen=True)
class WholeDemand:
    """Demand in whole units: `probabilities[d]` = P(D = d), d = 0, 1, ...; they sum to 1.

    >>> WholeDemand.of({0: 0.5, 2: 0.5}).mean
    1.0
    """

    probabilities: Array

    def __post_init__(self) -> None:
        if (self.probabilities < 0).any() or abs(self.probabilities.sum() - 1) > 1e-9:
            raise InputError(
                f"probabilities sum to {self.probabilities.sum()}; they must be >= 0 and sum to 1"
            )

    @classmethod
    def of(cls, probabilities: dict[int, float]) -> WholeDemand:
        """Demand from {units: probability}."""
        dense = np.zeros(max(probabilities) + 1)
        for units, probability in probabilities.items():
            dense[units] = probability
        return cls(dense)

    @classmethod
    def poisson(cls, mean: float, tail: float = 1e-15) -> WholeDemand:
        """Poisson demand, cut where less than `tail` is left (and scaled to sum to 1)."""
        most = int(stats.poisson.isf(tail, mean)) + 1
        dense = stats.poisson.pmf(np.arange(most + 1), mean)
        return cls(dense / dense.sum())

    @cached_property
    def mean(self) -> float:
        """Expected units."""
        return float(self.probabilities @ np.arange(len(self.probabilities)))

    @cached_property
    def distribution(self) -> Array:
        """P(D <= d), d = 0, 1, ..."""
        return np.cumsum(self.probabilities)

    def quantile(self, probability: float) -> int:
        """The least d with P(D <= d) >= probability."""
        reached = self.distribution >= probability - 1e-12
        return int(np.argmax(reached)) if reached.any() else len(self.probabilities) - 1

    def loss(self, levels: ArrayLike) -> Array:
        """E[(D - y)+] at whole levels y of any shape, negative ones included, (C.36)."""
        y = np.asarray(levels, dtype=np.int64)
        tails = 1.0 - self.distribution  # P(D > d)
        # E[(D - y)+] = Σ_{d >= y} P(D > d)
        above = np.concatenate([np.cumsum(tails[::-1])[::-1], [0.0]])
        inside = above[np.clip(y, 0, len(above) - 1)]
        return np.where(y < 0, self.mean - y, inside)

    def cost(self, levels: ArrayLike, holding_cost: float, shortage_cost: float) -> Array:
        """G(y) = h E[(y - D)+] + p E[(D - y)+] at whole levels y, (4.6)."""
        y = np.asarray(levels, dtype=np.int64)
        short = self.loss(y)
        return holding_cost * (y - self.mean + short) + shortage_cost * short
