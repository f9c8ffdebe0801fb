"""What does it usually sell, when a few loud periods should not have the say?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError
from onhand.forecast.spread import CountForecast, Flat

__all__ = ["OrdinaryLevel", "RecentMedian", "RootSmoothing"]


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
        weight = _weights(np.isfinite(history.values), self.alpha)
        return _flat(history, _mean(weight, np.sqrt(np.nan_to_num(history.values))) ** 2)


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


@dataclass(frozen=True)
class OrdinaryLevel:
    """An exponentially weighted mean of demand, without peaks that are over.

    A shop that has just had its Christmas is not going to have it again. A period is a peak when its
    demand is far above the median of the history and a later one was not: a climb that goes on to the
    end is no peak, for nobody knows yet whether it will stay.

    Parameters
    ----------
    alpha : share 0..1
        Weight of the newest period; each older one weighs (1 - alpha) of the next.
    peak : float, > 1
        A peak is above so many times the median.

    >>> from onhand.data.panel import Panel
    >>> from onhand.demand import believe
    >>> history = believe(Panel.of([[10, 10, 30, 10], [10, 10, 10, 30]]))
    >>> [round(level, 1) for level in OrdinaryLevel(0.5).level(history).tolist()]
    [10.0, 20.7]
    """

    alpha: float = 0.25
    peak: float = 1.25

    def __post_init__(self) -> None:
        if not 0 < self.alpha <= 1:
            raise ConfigError(f"alpha is {self.alpha}; choose a share in (0, 1]")
        if not self.peak > 1:
            raise ConfigError(f"peak is {self.peak}; choose a number above 1")

    @property
    def name(self) -> str:
        """`ordinary level`."""
        return "ordinary level"

    def fit(self, history: DemandHistory) -> CountForecast:
        """The level of each series; 0 where nothing is known."""
        return _flat(history, self.level(history))

    def level(self, history: DemandHistory) -> NDArray[np.float64]:
        """Units per ordinary period, (N,)."""
        values = history.values
        is_known = np.isfinite(values)
        usual = np.zeros((history.n_series, 1))
        has_any = is_known.any(axis=1)
        usual[has_any, 0] = np.nanmedian(values[has_any], axis=1)
        is_high = is_known & (np.nan_to_num(values) > self.peak * usual)
        is_low = is_known & ~is_high
        n_low_since = is_low[:, ::-1].cumsum(axis=1)[:, ::-1]
        weight = _weights(is_known & ~(is_high & (n_low_since > 0)), self.alpha)
        return _mean(weight, np.nan_to_num(values).astype(np.float64))


def _weights(is_told: NDArray[np.bool_], alpha: float) -> NDArray[np.float64]:
    """1 for the newest period, (1 - alpha) of the next for each older one, 0 where not told, (N, T)."""
    return is_told * (1 - alpha) ** np.arange(is_told.shape[1])[::-1]


def _mean(weight: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The weighted mean of each row; 0 where nothing weighs anything."""
    # Weights of periods long ago underflow to 0: a series silent since then is told as unknown.
    return (weight * values).sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-300)


def _flat(history: DemandHistory, level: NDArray[np.float64]) -> CountForecast:
    """A flat forecast with the spread of all known periods around it."""
    errors = np.nan_to_num(history.values - level[:, None])
    n_known = np.maximum(np.isfinite(history.values).sum(axis=1), 1)
    mse = (errors**2).sum(axis=1) / n_known
    narrow = level.astype(np.float32)
    return CountForecast.around(history, Flat(narrow), narrow, mse.astype(np.float32))
