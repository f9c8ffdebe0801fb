"""What if the season is known and only the level is not? A forecaster of deseasonalised demand."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from onhand.data.panel import Frequency, Panel
from onhand.demand.history import DemandHistory
from onhand.forecast.forecaster import FittedForecaster, Forecaster
from onhand.forecast.paths import DemandPaths
from onhand.forecast.season import growth_per_season, seasonal_factors, seasonal_positions
from onhand.forecast.spread import draw_seed, is_count, of_rows

__all__ = ["Seasonalised"]

_LEAST_FACTOR = 0.05  # dividing by less would make a season of one sale out of a closed week
_SEEN_ONCE = 0.7  # power of factors that rest on a single season: chance makes them too extreme


@dataclass(frozen=True)
class Seasonalised:
    """Another forecaster, fitted on demand divided by seasonal factors that all series share.

    One series is too noisy to tell its own season from chance; the whole shop is not.

    Parameters
    ----------
    point : Forecaster
        Sees deseasonalised demand; its forecasts are multiplied by the factors of their periods.
    n_seasons : number of seasons, >= 1
        With a shorter history than this, but one of more than a season, growth is first taken out,
        as far as the periods seen twice show it, and the factors are drawn towards 1. With not
        even a season, or less than this of days, all factors are 1.

    >>> from onhand.forecast.averages import MovingAverage
    >>> panel = Panel.of(
    ...     [[2, 2, 2, 2, 2, 4, 6] * 3], dates=np.datetime64("2024-01-01") + np.arange(21)
    ... )
    >>> history = DemandHistory(panel, panel.sales, np.zeros((1, 21), bool))
    >>> Seasonalised(MovingAverage(5)).fit(history).mean(7).round(3).tolist()
    [[2.0, 2.0, 2.0, 2.0, 2.0, 4.0, 6.0]]
    """

    point: Forecaster
    n_seasons: float = 1.5

    @property
    def name(self) -> str:
        """`seasonalised tsb`."""
        return f"seasonalised {self.point.name}"

    def fit(self, history: DemandHistory) -> FittedSeasonalised:
        """The seasonal factors, and the inner forecaster fitted on what remains without them."""
        panel = history.panel
        positions = seasonal_positions(panel.dates, panel.frequency)
        factors = self.factors_of(history)
        flat = (history.values / factors[positions]).astype(np.float32)
        return FittedSeasonalised(
            panel, self.point.fit(replace(history, values=flat)), factors, is_count(history.values)
        )

    def factors_of(self, history: DemandHistory) -> NDArray[np.float64]:
        """The factor of each seasonal position, (53,), as far as the history can tell."""
        positions = seasonal_positions(history.panel.dates, history.panel.frequency)
        season, n_periods = history.panel.frequency.season, history.n_periods
        if n_periods >= self.n_seasons * season:
            return np.maximum(seasonal_factors(history.values, positions), _LEAST_FACTOR)
        # A weekday seen once is one day's chance; a week or a month seen once is many days.
        if n_periods <= season or history.panel.frequency is Frequency.DAY:
            return np.ones(53)
        growth = growth_per_season(history.values, season)
        steady = history.values / growth ** (np.arange(n_periods) / season)
        return np.maximum(seasonal_factors(steady, positions), _LEAST_FACTOR) ** _SEEN_ONCE


@dataclass(frozen=True)
class FittedSeasonalised:
    """A fitted forecaster of deseasonalised demand, and the factors (53,) by seasonal position."""

    panel: Panel
    point: FittedForecaster
    factors: NDArray[np.float64]
    is_count: NDArray[np.bool_]

    def mean(self, horizon: int) -> NDArray[np.float32]:
        """The inner mean times the factor of each period, (N, H)."""
        return self.point.mean(horizon) * self._ahead(horizon)

    def paths(
        self, horizon: int, n_samples: int, *, rng: np.random.Generator, rows: slice = slice(None)
    ) -> DemandPaths:
        """The inner paths times the factor of each period, in whole units where demand is."""
        from onhand.forecast.kernels import round_at_random

        seed = draw_seed(rng)
        told = self.point.paths(horizon, n_samples, rng=rng, rows=rows)
        values = round_at_random(
            told.values * self._ahead(horizon),
            self.is_count[rows],
            of_rows(rows, self.panel.n_series),
            seed,
        )
        return replace(told, values=values)

    def _ahead(self, horizon: int) -> NDArray[np.float32]:
        panel = self.panel
        positions = seasonal_positions(panel.future_dates(horizon), panel.frequency)
        return self.factors[positions].astype(np.float32)
