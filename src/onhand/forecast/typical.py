"""What does it usually sell, when a few loud periods should not have the say?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError
from onhand.forecast.spread import CountForecast, Flat

__all__ = ["RecentMedian", "RootSmoothing"]


@dataclass(frozen=True)
class RootSmoothing:
    """An exponentially weighted mean of the square roots of demand, squared.

    It lies between the mean and the median: one great week moves it, but does not carry it away. It
    is below the mean, so it wants a level from elsewhere (`onhand.forecast.align`).

    Parameters
    ----------
    alpha : share 0..1
        Weight of the newest period; each older one weighs (1 - alpha) of the next.

    >>> from onhand.data.panel import Panel
    >>> from onhand.demand import believe
    >>> history = believe(Panel.of([[4, 4, 4, 64]]))
    >>> RootSmoothing(0.5).fit(history).mean(1).round(1).tolist()       # the mean is 36
    [[27.0]]
    """

    alpha: float = 0.5

    def __post_init__(self) -> None:
        if not 0 < self.alpha <= 1:
            raise ConfigError(f"alpha is {self.alpha}; choose a share in (0, 1]")

    @property
    def name(self) -> str:
        """`root smoothing`."""
        return "root smoothing"

    def fit(self, history: DemandHistory) -> CountForecast:
        """The level of each series; 0 where nothing is known."""
        ago = np.arange(history.n_periods)[::-1]
        weight = np.isfinite(history.values) * (1 - self.alpha) ** ago
        roots = (weight * np.sqrt(np.nan_to_num(history.values))).sum(axis=1)
        # Weights of periods long ago underflow to 0: a series silent since then is told as unknown.
        level = (roots / np.maximum(weight.sum(axis=1), 1e-300)) ** 2
        return _flat(history, level)


@dataclass(frozen=True)
class RecentMedian:
    """The median of the last known periods, for aggregates that just left a peak.

    Parameters
    ----------
    n_periods : how many known periods
    """

    n_periods: int = 3

    def __post_init__(self) -> None:
        if self.n_periods < 1:
            raise ConfigError(f"n_periods is {self.n_periods}; take at least 1")

    @property
    def name(self) -> str:
        """`recent median 3`."""
        return f"recent median {self.n_periods}"

    def fit(self, history: DemandHistory) -> CountForecast:
        """The median of each series' last known periods; 0 where nothing is known."""
        is_known = np.isfinite(history.values)
        later = is_known[:, ::-1].cumsum(axis=1)[:, ::-1]  # known periods from here to the end
        recent = np.where(is_known & (later <= self.n_periods), history.values, np.nan)
        level = np.zeros(history.n_series)
        has_any = is_known.any(axis=1)
        level[has_any] = np.nanmedian(recent[has_any], axis=1)
        return _flat(history, level)


def _flat(history: DemandHistory, level: NDArray[np.float64]) -> CountForecast:
    """A flat forecast with the spread of all known periods around it."""
    errors = np.nan_to_num(history.values - level[:, None])
    n_known = np.maximum(np.isfinite(history.values).sum(axis=1), 1)
    mse = (errors**2).sum(axis=1) / n_known
    narrow = level.astype(np.float32)
    return CountForecast.around(history, Flat(narrow), narrow, mse.astype(np.float32))
