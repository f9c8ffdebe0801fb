"""How does a forecaster that learned once look at histories that are shown to it in another way?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from onhand.demand.history import DemandHistory
from onhand.forecast.forecaster import FittedForecaster, Refitter

__all__ = ["Shown"]


@dataclass(frozen=True)
class Shown:
    """What a forecaster learned, asked at each origin about the history that `way` makes of it."""

    inner: Refitter
    way: Callable[[DemandHistory], DemandHistory]

    def fit(self, history: DemandHistory) -> FittedForecaster:
        """What it says at the end of `history`, shown in that way."""
        return self.inner.fit(self.way(history))
