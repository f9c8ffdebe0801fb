"""What if the season is known and only the level is not? A forecaster of deseasonalised demand."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from onhand.data.panel import Frequency, Panel
from onhand.demand.history import DemandHistory
from onhand.forecast.forecaster import FittedForecaster, Forecaster
from onhand.forecast.paths import DemandPaths
from onhand.forecast.season import seasonal_factors, seasonal_positions
from onhand.forecast.season_and_level import season_and_level
from onhand.forecast.spread import draw_seed, is_count, of_rows
from onhand.forecast.steadied import standing_of

__all__ = ["Seasonalised"]

_LEAST_FACTOR = 0.05  # dividing by less would make a season of one sale out of a closed week
_OF_DAYS = 1.5  # weeks that days want: a weekday seen once is one day's chance


@dataclass(frozen=True)
class Seasonalised:
    """Another forecaster, fitted on demand divided by seasonal factors that all series share.

    One series is too noisy to tell its own season from chance; the whole shop is not.

    Parameters
    ----------
    point : Forecaster
        Sees deseasonalised demand; its forecasts are multiplied by the factors of their periods.
    n_seasons : number of seasons, >= 1
        With a shorter history than this, but one of more than a season, the season is told apart from
        the level (`season_and_level`). With not even a season, or a week and a half of days, all
        factors are 1.

    >>> from onhand.forecast.averages import MovingAverage
    >>> panel = Panel.of(
    ...     [[2, 2, 2, 2, 2, 4, 6] * 3], dates=np.datetime64("2024-01-01") + np.arange(21)
    ... )
    >>> history = DemandHistory(panel, panel.sales, np.zeros((1, 21), bool))
    >>> Seasonalised(MovingAverage(5)).fit(history).mean(7).round(3).tolist()
    [[2.0, 2.0, 2.0, 2.0, 2.0, 4.0, 6.0]]
    """

    point: Forecaster
    n_seasons: float = 2.0

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
        return self.told_apart(history)[0]

    def told_apart(self, history: DemandHistory) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The factors, and the shop's level where it had to be told apart from them, (T,), else 1."""
        frequency, n_periods = history.panel.frequency, history.n_periods
        positions = seasonal_positions(history.panel.dates, frequency)
        season, by_days = frequency.season, frequency is Frequency.DAY
        level = np.ones(n_periods)
        if n_periods >= (_OF_DAYS if by_days else self.n_seasons) * season:
            factors = seasonal_factors(history.values, positions)
        elif n_periods <= season or by_days:
            return np.ones(53), level
        else:
            whole = standing_of(history.values, np.zeros(history.n_series, np.int64))[0]
            known = np.isfinite(history.values).any(axis=0)
            factors, level = season_and_level(np.where(known, whole, np.nan), positions, season)
        return np.maximum(factors, _LEAST_FACTOR), level


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
