"""The seam between histories and futures.

A `Forecaster` is a frozen value with its settings. Fitting returns a `FittedForecaster`; it
changes nothing on the forecaster it was called on. Neither ever sees a cost.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from onhand.demand.history import DemandHistory
from onhand.forecast.paths import DemandPaths

__all__ = ["FittedForecaster", "Forecaster"]


@runtime_checkable
class FittedForecaster(Protocol):
    """What a forecaster has learned from one history, up to one origin."""

    def mean(self, horizon: int) -> NDArray[np.float32]:
        """Expected demand of the next `horizon` periods, (N, H), finite and >= 0."""
        ...

    def paths(
        self, horizon: int, n_samples: int, *, rng: np.random.Generator, rows: slice = slice(None)
    ) -> DemandPaths:
        """Joint sample paths (len(rows), n_samples, H) of the stock points in `rows`."""
        ...


@runtime_checkable
class Forecaster(Protocol):
    """Learns from a demand history and forecasts the periods after it."""

    @property
    def name(self) -> str:
        """A short name for tables and charts."""
        ...

    def fit(self, history: DemandHistory) -> FittedForecaster:
        """What this forecaster learns from `history`. Rows that are all NaN or all 0 are allowed."""
        ...
