"""What if the shop is closed? Another forecaster, with no demand in periods in which nobody can buy."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from onhand.data.calendar import future_open
from onhand.data.panel import Panel
from onhand.demand.history import DemandHistory
from onhand.forecast.forecaster import FittedForecaster, Forecaster, Refitter, taught
from onhand.forecast.paths import DemandPaths

__all__ = ["FittedWhenOpen", "WhenOpen"]


@dataclass(frozen=True)
class WhenOpen:
    """Another forecaster, silent in periods in which the shop will be closed all the time.

    What customers want while a shop is closed nobody can know, so that a closed day is unknown in the
    history and every forecaster speaks of it as of any other. `onhand.data.calendar.future_open` tells
    which coming periods are closed: those that the calendar table closes, and weekdays on which the shop
    never opens. A week that is partly closed is left as it is: customers come on its other days.

    Parameters
    ----------
    inner : Forecaster

    >>> from onhand.demand.believe import believe
    >>> from onhand.forecast.averages import MovingAverage
    >>> monday = np.datetime64("2024-01-01")
    >>> panel = Panel.of(
    ...     [[4, 4, 4, 4, 4, 4, 0] * 3], dates=monday + np.arange(21), is_open=[1, 1, 1, 1, 1, 1, 0] * 3
    ... )
    >>> WhenOpen(MovingAverage(14)).fit(believe(panel)).mean(7).tolist()
    [[4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 0.0]]
    """

    inner: Forecaster

    @property
    def name(self) -> str:
        """The inner forecaster's: it speaks for every day on which somebody can buy."""
        return self.inner.name

    def fit(self, history: DemandHistory) -> FittedForecaster:
        """The inner forecaster, fitted, and the panel whose calendar says when the shop is open."""
        return FittedWhenOpen(history.panel, self.inner.fit(history))

    def learn(self, history: DemandHistory) -> Refitter:
        """What the inner forecaster learns once; the calendar is looked at anew each time."""
        ready = taught(self.inner, history)
        return _Learned(ready)


@dataclass(frozen=True)
class _Learned:
    inner: Refitter

    def fit(self, history: DemandHistory) -> FittedForecaster:
        return FittedWhenOpen(history.panel, self.inner.fit(history))


@dataclass(frozen=True)
class FittedWhenOpen:
    """A fitted forecaster, and when the shop will be open."""

    panel: Panel
    inner: FittedForecaster

    def mean(self, horizon: int) -> NDArray[np.float32]:
        """Expected demand, (N, H); 0 where the shop is closed."""
        told, is_closed = self.inner.mean(horizon), self._closed(horizon)
        return np.where(is_closed, np.float32(0), told) if is_closed.any() else told

    def paths(
        self, horizon: int, n_samples: int, *, rng: np.random.Generator, rows: slice = slice(None)
    ) -> DemandPaths:
        """Sample paths (len(rows), n_samples, H) of the stock points in `rows`."""
        told = self.inner.paths(horizon, n_samples, rng=rng, rows=rows)
        is_closed = self._closed(horizon)
        if not is_closed.any():
            return told
        return replace(told, values=np.where(is_closed, np.float32(0), told.values))

    def _closed(self, horizon: int) -> NDArray[np.bool_]:
        return future_open(self.panel, horizon) <= 0
