"""What would be forecast if long silences of busy items were empty shelves that nobody wrote down?"""

from __future__ import annotations

from dataclasses import dataclass

from onhand.demand.believe import believe
from onhand.demand.clean import infer_in_stock
from onhand.demand.history import DemandHistory
from onhand.forecast.forecaster import FittedForecaster, Forecaster, Refitter, taught
from onhand.forecast.shared import OncePerHistory
from onhand.forecast.shown import Shown

__all__ = ["Suspicious"]


@dataclass(frozen=True)
class Suspicious:
    """Another forecaster, to which silences that are too long to be luck are shown as unknown demand.

    Guessed anew at each origin, from what was known there; see `onhand.demand.clean` for the rule and
    for how often it is wrong.

    Parameters
    ----------
    inner : Forecaster

    >>> from onhand.data.panel import Panel
    >>> from onhand.forecast.averages import MovingAverage
    >>> history = believe(Panel.of([[5] * 20 + [0] * 4 + [5] * 4]))
    >>> MovingAverage(8).fit(history).mean(1).tolist()
    [[2.5]]
    >>> Suspicious(MovingAverage(8)).fit(history).mean(1).tolist()
    [[5.0]]
    """

    inner: Forecaster

    @property
    def name(self) -> str:
        """The inner forecaster's."""
        return self.inner.name

    def fit(self, history: DemandHistory) -> FittedForecaster:
        """What the inner forecaster makes of the history with its suspicious silences unknown."""
        return self.inner.fit(_suspected(history))

    def learn(self, history: DemandHistory) -> Refitter:
        """What the inner forecaster learned once, where it does; else itself."""
        return Shown(taught(self.inner, _suspected(history)), _suspected)


def _suspect(history: DemandHistory) -> DemandHistory:
    return believe(infer_in_stock(history.panel))


_suspected = OncePerHistory(_suspect)  # several candidates look at the same history in turn
