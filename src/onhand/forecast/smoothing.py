"""How fast should old periods be forgotten? Exponential smoothing, chosen series by series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from onhand.demand.history import DemandHistory
from onhand.forecast.spread import CountForecast, Flat, Seasonal, Trend

__all__ = ["DampedTrend", "ExponentialSmoothing", "SeasonalExponentialSmoothing"]


@dataclass(frozen=True)
class ExponentialSmoothing:
    """A level that moves towards each known period by a share alpha of the one-step error.

    Parameters
    ----------
    alphas : shares 0..1
        Each series takes the one with the least squared one-step error in its own history.

    Source: R. G. Brown (1959); the forecast is flat.
    """

    alphas: tuple[float, ...] = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5)

    @property
    def name(self) -> str:
        """`exponential smoothing`."""
        return "exponential smoothing"

    def fit(self, history: DemandHistory) -> CountForecast:
        """The smoothed level of each series; 0 where nothing is known."""
        from onhand.forecast.kernels import simple_smoothing

        level, _, mse = simple_smoothing(history.values, np.asarray(self.alphas))
        return CountForecast.around(history, Flat(level), level, mse)


@dataclass(frozen=True)
class DampedTrend:
    """A level and a trend that fades, each moving by a share of the one-step error.

    Parameters
    ----------
    alphas, betas : shares 0..1
        Smoothing constants of level and trend; each series takes the pair with the least squared
        one-step error.
    phi : share 0..1
        What remains of the trend after each period.

    Source: E. S. Gardner and E. McKenzie (1985), Management Science 31(10).
    """

    alphas: tuple[float, ...] = (0.05, 0.1, 0.2, 0.4)
    betas: tuple[float, ...] = (0.05, 0.1, 0.2)
    phi: float = 0.9

    @property
    def name(self) -> str:
        """`damped trend`."""
        return "damped trend"

    def fit(self, history: DemandHistory) -> CountForecast:
        """Level and trend of each series."""
        from onhand.forecast.kernels import trend_smoothing

        level, trend, mse = trend_smoothing(
            history.values, np.asarray(self.alphas), np.asarray(self.betas), self.phi
        )
        return CountForecast.around(history, Trend(level, trend, self.phi), level, mse)


@dataclass(frozen=True)
class SeasonalExponentialSmoothing:
    """A level plus a seasonal deviation for each position in the season, both smoothed.

    Parameters
    ----------
    alphas, gammas : shares 0..1
        Smoothing constants of level and season; each series takes the pair with the least squared
        one-step error. A gamma of 0 still averages the deviations seen.
    season : int or None, periods
        None: the one of the panel's frequency (7 days, 52 weeks, 12 months).

    Source: P. R. Winters (1960), Management Science 6(3), additive form without trend.
    """

    alphas: tuple[float, ...] = (0.02, 0.05, 0.1, 0.2, 0.4)
    gammas: tuple[float, ...] = (0.0, 0.05, 0.15)
    season: int | None = None

    @property
    def name(self) -> str:
        """`seasonal smoothing`."""
        return "seasonal smoothing"

    def fit(self, history: DemandHistory) -> CountForecast:
        """Level and seasonal states of each series."""
        from onhand.forecast.kernels import seasonal_smoothing

        season = self.season or history.panel.frequency.season
        level, states, mse = seasonal_smoothing(
            history.values, season, np.asarray(self.alphas), np.asarray(self.gammas)
        )
        cycle = np.maximum(
            level[:, None] + np.roll(states, -(history.n_periods % season), axis=1), 0
        )
        return CountForecast.around(history, Seasonal(cycle), level, mse)
