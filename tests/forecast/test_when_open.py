"""Closed days are unknown in the past and nothing in the future: sums over weeks must not count them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from onhand.data.panel import Frequency, Panel
from onhand.demand import believe
from onhand.forecast import MovingAverage
from onhand.forecast.parts import parts_of
from onhand.forecast.when_open import WhenOpen
from onhand.plan.forecasters import forecasters_for

MONDAY = np.datetime64("2024-01-01")
SIX_DAYS = [1, 1, 1, 1, 1, 1, 0]


def six_day_shop(n_weeks: int = 30, **settings: object) -> Panel:
    """Ten a day from Monday to Saturday, nothing on Sundays; two items."""
    is_open = np.array(SIX_DAYS * n_weeks)
    dates = MONDAY + np.arange(7 * n_weeks)
    return Panel.of([10 * is_open] * 2, dates=dates, is_open=is_open, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["default", "moving_average", "bootstrap"])
def test_two_weeks_of_a_shop_closed_on_sundays_have_twelve_days_of_sales(name: str) -> None:
    history = believe(six_day_shop())
    for forecaster in forecasters_for(name, Frequency.DAY, n_known=500).values():
        fitted = forecaster.fit(history)
        paths = fitted.paths(14, 40, rng=np.random.default_rng(0))
        assert fitted.mean(14).sum(axis=1) == pytest.approx([120, 120], rel=0.02)
        assert paths.values.sum(axis=2).mean(axis=1) == pytest.approx([120, 120], rel=0.02)
        assert not paths.values[:, :, [6, 13]].any()


def test_a_closure_in_the_calendar_is_expected_to_sell_nothing() -> None:
    panel = six_day_shop()
    planned = np.ones((2, panel.n_periods + 14), dtype=np.float32)
    planned[:, panel.n_periods + 7 :] = 0
    closing = replace(panel, known={"is_open": planned})
    mean = WhenOpen(MovingAverage(28)).fit(believe(closing)).mean(14)
    assert (
        mean[0].tolist() == [10.0] * 7 + [0.0] * 7
    )  # the calendar says Sunday opens, and is believed


def test_what_a_closed_day_takes_away_is_told_as_calendar() -> None:
    history = believe(six_day_shop())
    fitted = WhenOpen(MovingAverage(28)).fit(history)
    parts = parts_of(fitted, history, 7, np.array([0]))
    assert parts["calendar"][0].tolist() == [0, 0, 0, 0, 0, 0, -10]
    assert sum(parts.values())[0].tolist() == fitted.mean(7)[0].tolist()  # type: ignore[index]
