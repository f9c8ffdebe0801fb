"""What if a promotion is planned? Another forecaster, that knows what such plans did to demand before."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from onhand.demand.history import DemandHistory
from onhand.forecast.forecaster import FittedForecaster, Forecaster
from onhand.forecast.paths import DemandPaths
from onhand.forecast.recent import Recent
from onhand.forecast.response import Response, response_of
from onhand.forecast.spread import draw_seed, is_count, of_rows

__all__ = ["FittedResponsive", "Responsive", "answering_as"]


@dataclass(frozen=True)
class Responsive:
    """Another forecaster, shown demand without the effects of plans; to its forecast they are added.

    What planned prices, promotions and holidays did is learned from the history, pooled over items (see
    `onhand.forecast.response`), and taken out of it: a promotion that just ended does not make the level.
    What is planned ahead is put in. Without covariates, or where none recurred, the inner forecaster
    speaks alone.

    Parameters
    ----------
    inner : Forecaster
    later : Response or None
        What the same stock points were seen to answer afterwards, for what has not recurred yet.

    >>> from onhand.data.panel import Panel
    >>> from onhand.demand.believe import believe
    >>> from onhand.forecast.averages import MovingAverage
    >>> promotion = (np.arange(62) % 10 == 0).astype(np.float32)[None]      # the last one is ahead
    >>> sales = [np.where(promotion[0, :60] > 0, 30, 10)] * 20
    >>> history = believe(Panel.of(sales, known={"promotion": promotion}))
    >>> MovingAverage(20).fit(history).mean(2)[0].tolist()
    [12.0, 12.0]
    >>> Responsive(MovingAverage(20)).fit(history).mean(2)[0].round().tolist()
    [30.0, 10.0]
    """

    inner: Forecaster
    later: Response | None = None

    @property
    def name(self) -> str:
        """`tsb with responses`."""
        return f"{self.inner.name} with responses"

    def fit(self, history: DemandHistory) -> FittedForecaster:
        """The inner forecaster, fitted on demand without effects, and the effects ahead."""
        response = response_of(history, self.later)
        if response is None:
            return self.inner.fit(history)
        plain = (history.values / response.cleared).astype(np.float32)
        fitted = self.inner.fit(replace(history, values=plain))
        return FittedResponsive(response, fitted, is_count(history.values))


@dataclass(frozen=True)
class FittedResponsive:
    """A fitted forecaster of demand without effects, and what plans do to it."""

    response: Response
    inner: FittedForecaster
    is_count: NDArray[np.bool_]

    def mean(self, horizon: int) -> NDArray[np.float32]:
        """The inner mean times the effects of what is planned, (N, H)."""
        return self.inner.mean(horizon) * self._factor(horizon)

    def paths(
        self, horizon: int, n_samples: int, *, rng: np.random.Generator, rows: slice = slice(None)
    ) -> DemandPaths:
        """The inner paths times the same, whole units kept whole, (len(rows), S, H)."""
        from onhand.forecast.kernels import round_at_random

        told = self.inner.paths(horizon, n_samples, rng=rng, rows=rows)
        moved = (told.values * self._factor(horizon)[rows, None, :]).astype(np.float32)
        index = of_rows(rows, len(self.is_count))
        values = round_at_random(moved, self.is_count[rows], index, draw_seed(rng))
        return replace(told, values=values)

    def _factor(self, horizon: int) -> NDArray[np.float32]:
        return np.exp(sum(self.response.ahead(horizon).values())).astype(np.float32)


def answering_as(forecaster: Forecaster, fitted: FittedForecaster) -> Forecaster:
    """The forecaster for earlier origins: it knows today's answer to plans that were new there.

    Its errors would be those of a forecast that does not answer, while today's does. Other forecasters
    stay as they are.
    """
    if isinstance(forecaster, Recent):
        return replace(forecaster, point=answering_as(forecaster.point, fitted))
    if isinstance(forecaster, Responsive) and isinstance(fitted, FittedResponsive):
        return replace(forecaster, later=fitted.response)
    return forecaster
