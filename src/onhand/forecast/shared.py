"""Several forecasters stand on one: who works it out?"""

from __future__ import annotations

from dataclasses import dataclass, field

from onhand.demand.history import DemandHistory
from onhand.forecast.forecaster import FittedForecaster, Forecaster

__all__ = ["Shared"]


@dataclass(frozen=True)
class Shared:
    """A forecaster that is fitted once on a history, however many ask for it in a row.

    The last history and what was learned from it are kept, so that forecasters built on the same one
    do not pay for it again. The answer is the inner forecaster's.

    Parameters
    ----------
    inner : Forecaster

    >>> from onhand.data.panel import Panel
    >>> from onhand.demand.believe import believe
    >>> from onhand.forecast.averages import MovingAverage
    >>> shared, history = Shared(MovingAverage(2)), believe(Panel.of([[4, 4, 8]]))
    >>> shared.fit(history) is shared.fit(history)
    True
    """

    inner: Forecaster
    _kept: list[tuple[DemandHistory, FittedForecaster]] = field(
        default_factory=list, init=False, repr=False, compare=False
    )

    @property
    def name(self) -> str:
        """The inner forecaster's."""
        return self.inner.name

    def fit(self, history: DemandHistory) -> FittedForecaster:
        """What the inner forecaster learns from `history`; histories are told apart by identity."""
        if not (self._kept and self._kept[0][0] is history):
            self._kept[:] = [(history, self.inner.fit(history))]
        return self._kept[0][1]
