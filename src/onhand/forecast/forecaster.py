"""The seam between histories and futures.

A `Forecaster` is a frozen value with its settings. Fitting returns a `FittedForecaster`; it
changes nothing on the forecaster it was called on. Neither ever sees a cost.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from onhand.demand.history import DemandHistory
from onhand.errors import HistoryError
from onhand.forecast.paths import DemandPaths

__all__ = ["FittedForecaster", "Forecaster", "Learner", "Refitter", "refuse_hindsight", "taught"]


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


class Refitter(Protocol):
    """Something that can look at a history, whether it learns from it or only reads it."""

    def fit(self, history: DemandHistory) -> FittedForecaster:
        """What it says at the end of `history`."""
        ...


@runtime_checkable
class Learner(Protocol):
    """A forecaster too dear to train at every origin: it learns once and looks again later."""

    def learn(self, history: DemandHistory) -> Refitter:
        """What was learned from `history`, for origins at its end or later.

        Its `fit` raises HistoryError on a shorter history than it learned from: that would be
        looking ahead.
        """
        ...


def taught(forecaster: Forecaster, history: DemandHistory) -> Refitter:
    """What a forecaster learned once from `history`, for later origins; itself where teaching is cheap."""
    return forecaster.learn(history) if isinstance(forecaster, Learner) else forecaster


def refuse_hindsight(what: str, n_learned: int, history: DemandHistory) -> None:
    """Raises HistoryError when `what` learned from more periods than `history` has.

    >>> from onhand.data.panel import Panel
    >>> from onhand.demand.believe import believe
    >>> refuse_hindsight("the network", 3, believe(Panel.of([[1, 2, 3, 4]])))    # 4 are enough
    """
    if history.n_periods < n_learned:
        raise HistoryError(
            f"{what} learned from {n_learned} periods and is asked for a forecast after "
            f"{history.n_periods}: it would know what comes; learn from a shorter history"
        )
