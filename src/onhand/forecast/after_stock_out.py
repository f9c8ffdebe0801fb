"""How much sells when it is back? A correction of forecasts for shelves that are empty now.

Shelves empty after a run on them, so what is known last is more than usual; and goods come back in
the middle of a period, or when customers have gone elsewhere. A forecaster that only leaves empty
periods out therefore expects too much of the first periods after. How much too much, it has shown
before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from onhand.data.panel import Frequency
from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError
from onhand.forecast.forecaster import FittedForecaster, Forecaster, Refitter, taught
from onhand.forecast.paths import DemandPaths

__all__ = ["AfterStockOut", "FittedAfterStockOut"]

Floats = NDArray[np.float32]
Array = NDArray[np.float64]

_REACH = {Frequency.DAY: 7, Frequency.WEEK: 4, Frequency.MONTH: 2}  # periods that are corrected
_SOON = 2  # periods: where many a return falls
_LONG = 3  # periods without stock
_FEWEST = 30  # returns seen; fewer teach nothing
_LEAST = 0.05  # units: smaller forecasts and levels count as this
_APART = 1.5  # a forecast's distance from the usual level, as a logarithm, is cut here
_MOST = 2.0  # times by which a forecast is raised or lowered, at most


@dataclass(frozen=True)
class AfterStockOut:
    """A forecaster, stretched where the shelf is empty now by what returns were like before.

    At earlier origins the stock points that were out are forecast, and compared with what sold in
    the periods to come in which they were in stock all the time. The forecast is multiplied by

    exp(a · soon + b · long + c · log(forecast / usual level))

    soon: 1 for the next two periods; long: 1 after at least three periods without stock; the level
    is the mean of the last year, so c < 0 draws a forecast made in the heat of the run back to it.
    a, b and c are those of greatest Poisson likelihood with a penalty that draws them to 0.

    Parameters
    ----------
    point : Forecaster
        Its mean and paths are stretched. A `Learner` learns once, before the first of the origins.
    scout : Forecaster or None
        Makes the forecasts of the earlier origins in its place, where `point` is dear. Any that
        leaves empty periods out will do: they all expect too much of the same returns.
    n_origins : int
        Earlier origins, one a period; no more than half of the history. On VN2 half a year of
        returns told more than a whole one.
    penalty : float, units
        Demand that has to come back before a coefficient of 1 is half believed.

    >>> from onhand.data.panel import Panel
    >>> from onhand.demand import believe
    >>> from onhand.forecast import MovingAverage
    >>> out = np.arange(60) % 6 >= 4                               # two weeks in six without stock
    >>> back = np.arange(60) % 6 == 0                              # and then half a week of sales
    >>> sales = np.where(out, 0, np.where(back, 4, 8))
    >>> panel = Panel.of([sales] * 9, in_stock=[~out] * 9, frequency=Frequency.WEEK)
    >>> plain, fitted = MovingAverage(8), AfterStockOut(MovingAverage(8))
    >>> float(plain.fit(believe(panel)).mean(1)[0, 0])
    7.0
    >>> bool(fitted.fit(believe(panel)).mean(1)[0, 0] < 6)
    True
    """

    point: Forecaster
    scout: Forecaster | None = None
    n_origins: int = 26
    penalty: float = 10.0

    def __post_init__(self) -> None:
        if self.n_origins < 1:
            raise ConfigError(f"n_origins is {self.n_origins}; it must be at least 1")
        if not 0 < self.penalty < np.inf:
            raise ConfigError(f"penalty is {self.penalty}; it must be above 0")

    @property
    def name(self) -> str:
        """`boosted after stock-outs`."""
        return f"{self.point.name} after stock-outs"

    def fit(self, history: DemandHistory) -> FittedForecaster:
        """The forecaster, and its stretch if anything is out of stock and enough has been before."""
        fitted = self.point.fit(history)
        n_out = periods_out(history)
        if not n_out.any():
            return fitted
        reach = _REACH[history.panel.frequency]
        seen = returns(self._scout(history), history, reach, self._first(history))
        if len(seen.demand) < _FEWEST:
            return fitted
        slope = poisson_slope(seen.terms, seen.forecast, seen.demand, self.penalty)
        out = np.flatnonzero(n_out)
        terms = terms_of(fitted.mean(reach)[out], usual_level(history)[out], n_out[out])
        stretch = np.ones((history.n_series, reach), np.float32)
        stretch[out] = np.clip(np.exp(terms @ slope), 1 / _MOST, _MOST)
        return FittedAfterStockOut(fitted, stretch, slope)

    def _first(self, history: DemandHistory) -> int:
        """The first of the earlier origins."""
        return max(1, history.n_periods // 2, history.n_periods - self.n_origins)

    def _scout(self, history: DemandHistory) -> Refitter:
        """Who forecasts at the earlier origins, having learned nothing from what came after them."""
        return taught(self.scout or self.point, history.until(self._first(history)))


@dataclass(frozen=True)
class Returns:
    """Periods in stock after an origin without: (R, 3) terms, (R,) units forecast, (R,) that sold."""

    terms: Array
    forecast: Array
    demand: Array


def returns(scout: Refitter, history: DemandHistory, reach: int, first: int) -> Returns:
    """What `scout` said of stock points that were out at the origins `first`.., and what came."""
    parts = []
    is_full = in_stock_all_period(history)
    for origin in range(first, history.n_periods):
        before = history.until(origin)
        n_out = periods_out(before)
        steps = slice(origin, min(origin + reach, history.n_periods))
        demand = np.where(is_full[:, steps], history.values[:, steps], np.nan)
        rows = np.flatnonzero((n_out > 0) & np.isfinite(demand).any(axis=1))
        if not len(rows):
            continue
        forecast = scout.fit(before).mean(reach)[rows, : demand.shape[1]].astype(np.float64)
        terms = terms_of(forecast, usual_level(before)[rows], n_out[rows])
        is_known = np.isfinite(demand[rows])
        parts.append((terms[is_known], forecast[is_known], demand[rows][is_known]))
    if not parts:
        return Returns(np.zeros((0, 3)), np.zeros(0), np.zeros(0))
    return Returns(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def in_stock_all_period(history: DemandHistory) -> NDArray[np.bool_]:
    """Periods that tell demand, (N, T)."""
    return np.isfinite(history.values) & ~history.is_censored


def periods_out(history: DemandHistory) -> NDArray[np.int64]:
    """Periods without any stock up to now, (N,); 0 where there is stock, or never was any."""
    is_out = history.panel.in_stock <= 0.02
    has_stock = ~is_out
    since = np.where(has_stock.any(axis=1), has_stock[:, ::-1].argmax(axis=1), 0)
    return np.where(np.isfinite(history.values).any(axis=1), since, 0).astype(np.int64)


def usual_level(history: DemandHistory) -> Array:
    """Mean known demand of the last year, (N,) units; 0 where none is known."""
    recent = history.values[:, -round(history.panel.frequency.per_year) :]
    n_known = np.isfinite(recent).sum(axis=1)
    return np.asarray(np.nansum(recent, axis=1, dtype=np.float64) / np.maximum(n_known, 1))


def terms_of(forecast: NDArray[np.floating], level: Array, n_out: NDArray[np.int64]) -> Array:
    """What the stretch depends on, (n, H, 3): soon, long, and log(forecast / usual level)."""
    ratio = np.maximum(forecast, _LEAST) / np.maximum(level, _LEAST)[:, None]
    terms = np.zeros((*forecast.shape, 3))
    terms[:, :_SOON, 0] = 1
    terms[..., 1] = (n_out >= _LONG)[:, None]
    terms[..., 2] = np.clip(np.log(ratio), -_APART, _APART)
    return terms


def poisson_slope(terms: Array, forecast: Array, demand: Array, penalty: float) -> Array:
    """The slope (F,) of most likely demand ~ Poisson(forecast · exp(terms · slope)), penalised.

    Newton's method; the penalty is penalty / 2 · |slope|².

    >>> slope = poisson_slope(np.ones((200, 1)), np.full(200, 4.0), np.full(200, 2.0), 1e-6)
    >>> round(float(np.exp(slope[0])), 3)
    0.5
    """
    slope = np.zeros(terms.shape[1])
    base = np.maximum(forecast, _LEAST)
    for _ in range(25):
        expected = base * np.exp(np.clip(terms @ slope, -3, 3))
        gradient = terms.T @ (demand - expected) - penalty * slope
        curvature = (terms * expected[:, None]).T @ terms + penalty * np.eye(len(slope))
        step = np.linalg.solve(curvature, gradient)
        slope += np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-8:
            break
    return slope


@dataclass(frozen=True)
class FittedAfterStockOut:
    """A fitted forecaster, what its first periods are multiplied by, (N, R), and why, (3,)."""

    point: FittedForecaster
    stretch: Floats
    slope: Array

    def mean(self, horizon: int) -> Floats:
        """Expected demand, (N, H)."""
        return self.point.mean(horizon) * self._over(horizon)

    def paths(
        self, horizon: int, n_samples: int, *, rng: np.random.Generator, rows: slice = slice(None)
    ) -> DemandPaths:
        """The paths of the forecaster, each stretched, (len(rows), S, H)."""
        told = self.point.paths(horizon, n_samples, rng=rng, rows=rows)
        return replace(told, values=told.values * self._over(horizon)[rows, None, :])

    def _over(self, horizon: int) -> Floats:
        beyond = max(0, horizon - self.stretch.shape[1])
        return np.pad(self.stretch[:, :horizon], ((0, 0), (0, beyond)), constant_values=1.0)
