"""What if the future is like the recent past? Naive forecasts and moving averages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError
from onhand.forecast.season import seasonal_factors, seasonal_positions
from onhand.forecast.spread import CountForecast, Curve, Flat, Seasonal

__all__ = ["MovingAverage", "Naive", "SeasonalMovingAverage", "SeasonalNaive"]


@dataclass(frozen=True)
class Naive:
    """The last known period, for ever.

    >>> from onhand.data.panel import Panel
    >>> from onhand.demand.history import DemandHistory
    >>> import numpy as np
    >>> panel = Panel.of([[3, 0, 2]])
    >>> history = DemandHistory(panel, panel.sales, np.zeros((1, 3), bool))
    >>> Naive().fit(history).mean(2).tolist()
    [[2.0, 2.0]]
    """

    @property
    def name(self) -> str:
        """`naive`."""
        return "naive"

    def fit(self, history: DemandHistory) -> CountForecast:
        """The last known value of each series; 0 where nothing is known."""
        filled = _carried_forward(history.values)
        level = np.nan_to_num(filled[:, -1])
        return CountForecast.around(history, Flat(level), level, _mean_square(np.diff(filled)))


@dataclass(frozen=True)
class SeasonalNaive:
    """The same period of the last season.

    Parameters
    ----------
    season : int or None, periods
        Length of the season; None: the one of the panel's frequency (7 days, 52 weeks, 12 months).

    Periods of the last season that are unknown are taken from the season before it, and so on;
    where none is known, and where the history is shorter than a season, from the mean of the
    known part of the last season.
    """

    season: int | None = None

    @property
    def name(self) -> str:
        """`seasonal naive`."""
        return "seasonal naive"

    def fit(self, history: DemandHistory) -> CountForecast:
        """The last known value at each position of the season, (N, season)."""
        season = self.season or history.panel.frequency.season
        n, t = history.values.shape
        n_seasons = -(-t // season)
        padded = np.full((n, n_seasons * season), np.nan, np.float32)
        padded[:, padded.shape[1] - t :] = history.values
        by_season = padded.reshape(n, n_seasons, season)
        cycle = by_season[:, -1].copy()
        for earlier in range(n_seasons - 2, -1, -1):
            cycle = np.where(np.isnan(cycle), by_season[:, earlier], cycle)
        level = _mean_known(cycle)
        cycle = np.where(np.isnan(cycle), level[:, None], cycle)
        lag = min(season, t - 1)
        errors = history.values[:, lag:] - history.values[:, : t - lag]
        return CountForecast.around(history, Seasonal(cycle), level, _mean_square(errors))


@dataclass(frozen=True)
class MovingAverage:
    """The mean of the last `window` periods, leaving out the unknown ones.

    Where less than a quarter of the window is known, as after months without stock, so many of the last
    known periods are taken instead, however old: what nobody can know is not zero.

    Parameters
    ----------
    window : int, periods, default 13
        A series of which nothing is known at all is forecast to sell 0.

    >>> from onhand.data.panel import Panel
    >>> from onhand.demand.history import DemandHistory
    >>> import numpy as np
    >>> panel = Panel.of([[9, 6, 4, 0, 0, 0, 0, 0]], in_stock=[[1, 1, 1, 0, 0, 0, 0, 0]])
    >>> values = np.where(panel.in_stock > 0, panel.sales, np.nan).astype(np.float32)
    >>> MovingAverage(5).fit(DemandHistory(panel, values, np.zeros((1, 8), bool))).mean(1).tolist()
    [[5.0]]
    """

    window: int = 13

    def __post_init__(self) -> None:
        _check_window(self.window)

    @property
    def name(self) -> str:
        """`moving average 13`."""
        return f"moving average {self.window}"

    def fit(self, history: DemandHistory) -> CountForecast:
        """The mean of what is known of the window, or last was."""
        recent = _last_known(history.values, self.window)
        level = _mean_known(recent)
        return _around_window(history, Flat(level), level, recent)


@dataclass(frozen=True)
class SeasonalMovingAverage:
    """A moving average of deseasonalised demand, with seasonal factors shared by all series.

    The benchmark policy of the VN2 competition, to the letter: stock-outs are unknown; factors are
    the mean over series per period, averaged by ISO week (weekday, month), normalised to mean 1;
    demand is divided by its factor, averaged over the last `window` periods leaving out unknown
    ones, and multiplied by the factor of the future period.

    Parameters
    ----------
    window : int, periods, default 13
        A series of which nothing in the window is known is forecast to sell 0.

    Source: N. Vandeput (2025), VN2 Inventory Planning Challenge, benchmark policy.

    >>> from onhand.data.panel import Frequency, Panel
    >>> from onhand.demand.history import DemandHistory
    >>> import numpy as np
    >>> panel = Panel.of([[2, 2, 2, 2, 2, 4, 6] * 3], dates=np.datetime64("2024-01-01") + np.arange(21))
    >>> history = DemandHistory(panel, panel.sales, np.zeros((1, 21), bool))
    >>> SeasonalMovingAverage(14).fit(history).mean(7).round(3).tolist()
    [[2.0, 2.0, 2.0, 2.0, 2.0, 4.0, 6.0]]
    """

    window: int = 13

    def __post_init__(self) -> None:
        _check_window(self.window)

    @property
    def name(self) -> str:
        """`seasonal moving average 13`."""
        return f"seasonal moving average {self.window}"

    def fit(self, history: DemandHistory) -> CountForecast:
        """Shared seasonal factors and the deseasonalised level of each series."""
        panel = history.panel
        positions = seasonal_positions(panel.dates, panel.frequency)
        factors = seasonal_factors(history.values, positions)
        window = slice(-self.window, None)
        with np.errstate(invalid="ignore", divide="ignore"):
            # A position whose factor is 0 never sold anything: it says nothing about the level.
            scaled = np.where(
                factors[positions[window]] > 0,
                history.values[:, window] / factors[positions[window]],
                np.nan,
            ).astype(np.float32)
        level = _mean_known(scaled)
        curve = SharedSeason(level, factors, panel.frequency.value)
        return _around_window(history, curve, level, scaled)


@dataclass(frozen=True)
class SharedSeason:
    """A level (N,) times the factor (53,) of each future period's seasonal position."""

    level: NDArray[np.float32]
    factors: NDArray[np.float64]
    frequency: str

    def over(self, dates: NDArray[np.datetime64]) -> NDArray[np.float32]:
        """Level times factor, (N, H)."""
        from onhand.data.panel import Frequency

        factors = self.factors[seasonal_positions(dates, Frequency(self.frequency))]
        return (self.level[:, None] * factors).astype(np.float32)


def _around_window(
    history: DemandHistory, curve: Curve, level: NDArray[np.float32], recent: NDArray[np.float32]
) -> CountForecast:
    n_known = np.maximum(np.isfinite(recent).sum(axis=1), 1)
    # A new observation varies around the mean of n others with variance sigma^2 (1 + 1/n).
    mse = _mean_square(recent - level[:, None]) * (n_known + 1) / np.maximum(n_known - 1, 1)
    return CountForecast.around(history, curve, level, mse.astype(np.float32))


def _last_known(values: NDArray[np.float32], window: int) -> NDArray[np.float32]:
    """The last `window` periods; rows of which hardly any is known hold their last known ones instead."""
    recent = values[:, -window:]
    enough = -(-recent.shape[1] // 4)
    rows = np.flatnonzero(np.isfinite(recent).sum(axis=1) < enough)
    rows = rows[np.isfinite(values[rows, :-window]).any(axis=1)]  # the young have nothing older
    if not len(rows):
        return recent
    recent = recent.copy()
    for row in rows:
        known = values[row][np.isfinite(values[row])][-enough:]
        recent[row] = np.nan
        recent[row, : len(known)] = known
    return recent


def _mean_known(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean over the known periods, (N,); 0 where none is known."""
    n_known = np.isfinite(values).sum(axis=1)
    return (np.nansum(values, axis=1, dtype=np.float64) / np.maximum(n_known, 1)).astype(np.float32)


def _mean_square(errors: NDArray[np.float32]) -> NDArray[np.float32]:
    return _mean_known(errors**2)


def _carried_forward(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Values with unknown periods filled by the last known one before them."""
    last_known = np.where(np.isnan(values), 0, np.arange(values.shape[1]))
    np.maximum.accumulate(last_known, axis=1, out=last_known)
    return np.take_along_axis(values, last_known, axis=1)


def _check_window(window: int) -> None:
    if window < 1:
        raise ConfigError(f"window is {window} periods; a moving average needs at least 1")
