"""What would be forecast without the one sale that will hardly come again?"""

from __future__ import annotations

from dataclasses import dataclass

from onhand.demand.history import DemandHistory
from onhand.demand.outliers import without_lone_peaks
from onhand.forecast.forecaster import FittedForecaster, Forecaster, Refitter, taught
from onhand.forecast.shared import OncePerHistory
from onhand.forecast.shown import Shown

__all__ = ["Tempered"]


@dataclass(frozen=True)
class Tempered:
    """Another forecaster, to which a peak that stands alone is shown as the second largest period.

    Judged anew at each origin, by what was known there; `onhand.demand.outliers` has the rule.

    Parameters
    ----------
    inner : Forecaster

    >>> from onhand.data.panel import Panel
    >>> from onhand.demand.believe import believe
    >>> from onhand.forecast.averages import MovingAverage
    >>> history = believe(Panel.of([[4, 6, 5] * 5 + [300]]))
    >>> MovingAverage(8).fit(history).mean(1).tolist()
    [[41.875]]
    >>> Tempered(MovingAverage(8)).fit(history).mean(1).tolist()
    [[5.125]]
    """

    inner: Forecaster

    @property
    def name(self) -> str:
        """The inner forecaster's."""
        return self.inner.name

    def fit(self, history: DemandHistory) -> FittedForecaster:
        """What the inner forecaster makes of the history without its lone peaks."""
        return self.inner.fit(_tempered(history))

    def learn(self, history: DemandHistory) -> Refitter:
        """What the inner forecaster learned once, where it does; else itself."""
        return Shown(taught(self.inner, _tempered(history)), _tempered)


_tempered = OncePerHistory(
    without_lone_peaks
)  # several candidates look at the same history in turn
