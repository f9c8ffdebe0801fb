"""Naive forecasts and moving averages say what a hand calculation says."""

from __future__ import annotations

import numpy as np
import pytest

from onhand.data.panel import Frequency, Panel
from onhand.demand import believe
from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError
from onhand.forecast import (
    MovingAverage,
    Naive,
    Seasonalised,
    SeasonalMovingAverage,
    SeasonalNaive,
)
from onhand.forecast.season import seasonal_factors, seasonal_positions

NAN = np.nan


def history_of(
    values: object, frequency: Frequency = Frequency.DAY, dates: object = None
) -> DemandHistory:
    array = np.atleast_2d(np.asarray(values, np.float32))
    panel = Panel.of(array, frequency=frequency, dates=dates)
    return DemandHistory(panel, array, np.zeros(array.shape, bool))


def test_naive_is_the_last_known_period() -> None:
    history = history_of([[1, 2, 3], [1, 2, NAN], [NAN, NAN, NAN]])
    assert Naive().fit(history).mean(2).tolist() == [[3, 3], [2, 2], [0, 0]]


def test_seasonal_naive_repeats_the_last_season_and_looks_further_back_for_gaps() -> None:
    history = history_of([[1, 2, 3, 4, 5, NAN], [NAN, 2, 3, NAN, 5, 6]])
    assert SeasonalNaive(3).fit(history).mean(4).tolist() == [[4, 5, 3, 4], [5.5, 5, 6, 5.5]]


def test_seasonal_naive_of_less_than_a_season_takes_the_mean_for_what_it_never_saw() -> None:
    assert SeasonalNaive(4).fit(history_of([[2, 4]])).mean(4).tolist() == [[3, 3, 2, 4]]


def test_a_moving_average_leaves_unknown_periods_out() -> None:
    history = history_of([[9, 1, NAN, 3], [9, NAN, NAN, NAN]])
    assert MovingAverage(3).fit(history).mean(1).tolist() == [[2], [9]]


def test_a_window_without_periods_is_refused() -> None:
    with pytest.raises(ConfigError, match="window is 0"):
        SeasonalMovingAverage(0)


def the_organisers_rule(
    values: np.ndarray, weeks: np.ndarray, weeks_ahead: np.ndarray
) -> np.ndarray:
    """The VN2 benchmark in plain loops: (N, T) sales with NaN, ISO weeks of past and future."""
    n, t = values.shape
    by_week: dict[int, list[float]] = {}
    for j in range(t):
        known = [values[i, j] for i in range(n) if not np.isnan(values[i, j])]
        by_week.setdefault(int(weeks[j]), []).append(sum(known) / len(known))
    factor = {week: sum(means) / len(means) for week, means in by_week.items()}
    average = sum(factor.values()) / len(factor)
    factor = {week: f / average for week, f in factor.items()}
    out = np.zeros((n, len(weeks_ahead)))
    for i in range(n):
        window = [
            values[i, j] / factor[int(weeks[j])]
            for j in range(t - 13, t)
            if not np.isnan(values[i, j])
        ]
        level = sum(window) / len(window)
        out[i] = [level * factor[int(week)] for week in weeks_ahead]
    return out


def test_the_seasonal_moving_average_is_the_organisers_rule_to_the_letter() -> None:
    rng = np.random.default_rng(0)
    dates = np.datetime64("2021-04-12") + 7 * np.arange(120)  # Mondays
    values = rng.poisson(4, (6, 120)) * (1 + 0.5 * np.sin(np.arange(120) / 8))
    values[rng.random(values.shape) < 0.1] = NAN
    history = history_of(values, Frequency.WEEK, dates)
    weeks = [date.isocalendar().week for date in dates.tolist()]
    ahead = [date.isocalendar().week for date in history.panel.future_dates(9).tolist()]
    expected = the_organisers_rule(history.values, np.array(weeks), np.array(ahead))
    np.testing.assert_allclose(SeasonalMovingAverage().fit(history).mean(9), expected, rtol=1e-5)


def test_seasonal_positions_are_the_weeks_of_the_calendar() -> None:
    dates = np.datetime64("2015-12-28") + np.arange(3000)
    positions = seasonal_positions(dates, Frequency.WEEK)
    assert positions.tolist() == [date.isocalendar().week - 1 for date in dates.tolist()]
    positions = seasonal_positions(dates, Frequency.DAY)
    assert positions.tolist() == [date.weekday() for date in dates.tolist()]
    months = np.arange("2015-01", "2018-01", dtype="datetime64[M]").astype("datetime64[D]")
    assert seasonal_positions(months, Frequency.MONTH).tolist() == list(range(12)) * 3


def test_seasonal_factors_weigh_every_week_of_the_year_equally_not_every_period() -> None:
    # Position 0 was seen twice, position 1 once: the mean over positions is 1 all the same.
    factors = seasonal_factors(np.array([[2.0, 6.0, 4.0]]), np.array([0, 1, 0]))
    np.testing.assert_allclose(factors[:2], [2 / 3, 4 / 3])


def test_a_season_shared_by_the_shop_is_learned_from_series_too_noisy_to_show_it_alone() -> None:
    rng = np.random.default_rng(1)
    weekend = np.where(np.arange(84) % 7 >= 5, 3.0, 1.0)
    monday = np.datetime64("2024-01-01") + np.arange(84)
    history = history_of(rng.poisson(0.4 * weekend, (400, 84)), dates=monday)
    mean = Seasonalised(MovingAverage(28)).fit(history).mean(7)
    ratio = mean[:, 5:].mean() / mean[:, :5].mean()
    assert abs(ratio - 3) < 0.2


def test_a_christmas_seen_once_is_not_expected_to_go_on_in_january() -> None:
    # December sells three times as much as other months; the history ends in its second one.
    weeks = np.datetime64("2022-11-28") + 7 * np.arange(54)
    is_december = weeks.astype("datetime64[M]").astype(int) % 12 == 11
    history = history_of(
        np.where(is_december, 30.0, 10.0) * np.ones((5, 1)), dates=weeks, frequency=Frequency.WEEK
    )
    blind = MovingAverage(4).fit(history).mean(8)[:, 5:]
    mean = Seasonalised(MovingAverage(4)).fit(history).mean(8)[:, 5:]
    assert np.all(blind > 14)
    assert np.all((mean > 8) & (mean < 14))


def test_growth_is_not_taken_for_season_in_a_year_and_a_quarter() -> None:
    # Demand doubles in a year and has no season: next quarter's forecast must not fall back.
    weeks = np.datetime64("2022-01-03") + 7 * np.arange(65)
    rising = 50 * 2.0 ** (np.arange(65) / 52)
    history = history_of([rising], dates=weeks, frequency=Frequency.WEEK)
    mean = Seasonalised(MovingAverage(4)).fit(history).mean(8)
    assert mean.mean() > 0.85 * rising[-1]


def test_a_history_too_short_to_tell_season_from_growth_gets_no_season() -> None:
    history = history_of([[1, 2, 3, 4, 5, 6, 7, 8, 9]])
    mean = Seasonalised(MovingAverage(2)).fit(history).mean(3)
    assert mean.tolist() == [[8.5, 8.5, 8.5]]


def test_months_without_stock_are_unknown_and_not_zero() -> None:
    empty = np.where(np.arange(40) >= 30, 0, 1)
    panel = Panel.of([[6, 4] * 20, [6, 4] * 20], in_stock=[empty, np.ones(40)])
    mean = MovingAverage(8).fit(believe(panel)).mean(3)
    assert mean[0].tolist() == mean[1].tolist() == [5.0, 5.0, 5.0]
