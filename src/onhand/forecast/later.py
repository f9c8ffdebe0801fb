"""What if sales end days before today? The forecast of what comes after the periods not yet seen."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from onhand.demand.history import DemandHistory
from onhand.forecast.forecaster import FittedForecaster
from onhand.forecast.paths import DemandPaths

__all__ = ["FittedLater"]


@dataclass(frozen=True)
class FittedLater:
    """A fitted forecaster, asked from `n_unseen` periods after the end of what it knows.

    Parameters
    ----------
    history : DemandHistory
        What `inner` was fitted on.
    inner : FittedForecaster
    n_unseen : int, periods >= 0
        It looks over them: they are as uncertain as what follows.

    >>> from onhand.data.panel import Panel
    >>> from onhand.demand.believe import believe
    >>> from onhand.forecast.averages import SeasonalNaive
    >>> history = believe(Panel.of([[1, 2, 3, 4, 5, 6, 7] * 2]))
    >>> FittedLater(history, SeasonalNaive().fit(history), 2).mean(3).tolist()
    [[3.0, 4.0, 5.0]]
    """

    history: DemandHistory
    inner: FittedForecaster
    n_unseen: int

    def mean(self, horizon: int) -> NDArray[np.float32]:
        """Expected demand of the `horizon` periods after the unseen ones, (N, H)."""
        return self.inner.mean(self.n_unseen + horizon)[:, self.n_unseen :]

    def paths(
        self, horizon: int, n_samples: int, *, rng: np.random.Generator, rows: slice = slice(None)
    ) -> DemandPaths:
        """Sample paths (len(rows), n_samples, H) of the stock points in `rows`."""
        told = self.inner.paths(self.n_unseen + horizon, n_samples, rng=rng, rows=rows)
        values = told.values[:, :, self.n_unseen :]
        return replace(told, values=values, dates=told.dates[self.n_unseen :])
