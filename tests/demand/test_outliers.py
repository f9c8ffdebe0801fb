"""One sale far beyond all others is not a level; a promotion, a season and a new level are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from onhand.data.panel import Frequency, Panel
from onhand.demand import believe
from onhand.demand.outliers import lone_peaks, without_lone_peaks
from onhand.plan.forecasters import forecasters_for

RNG = np.random.default_rng(3)


def ninety_days(**changes: float) -> np.ndarray:
    """About five a day; `day_60=800` sells 800 on day 60."""
    sold = RNG.poisson(5, 90).astype(np.float32)
    for name, units in changes.items():
        sold[int(name.removeprefix("day_"))] = units
    return sold


@pytest.mark.parametrize(
    ("sold", "is_peak"),
    [
        (ninety_days(day_60=800), True),
        (ninety_days(day_60=50), False),  # ten times the usual mean, not ten times its busy days
        (ninety_days(day_60=800, day_61=300), False),  # two in a row: something is going on
        (np.concatenate([ninety_days()[:60], 40 * ninety_days()[:30]]), False),  # a new level
        (np.concatenate([np.zeros(80), [1, 1, 1, 800]]), False),  # too little to know what is usual
        (np.where(np.arange(90) % 9 == 0, 3, 0) + 15 * (np.arange(90) == 45), False),  # small
    ],
)
def test_only_a_peak_far_beyond_all_others_stands_alone(sold: np.ndarray, is_peak: bool) -> None:
    assert bool(lone_peaks(believe(Panel.of([sold])))) is is_peak


def test_an_untouched_history_is_the_same_object() -> None:
    history = believe(Panel.of([ninety_days()]))
    assert without_lone_peaks(history) is history


def test_a_typing_error_orders_no_pallet() -> None:
    """800 instead of 8 on one of the last days: the forecast stays at five a day."""
    rows = [ninety_days() for _ in range(19)] + [ninety_days(day_85=800)]
    history = believe(Panel.of(rows))
    assert history.values[19, 85] == 800  # what was sold stays what was sold
    for forecaster in forecasters_for("statistical", Frequency.DAY).values():
        mean = forecaster.fit(history).mean(7)
        assert mean[19].mean() == pytest.approx(5, rel=0.3)
        assert mean[:19].mean() == pytest.approx(5, rel=0.1)


def test_what_is_unknown_is_no_peak_and_no_neighbour() -> None:
    sold = ninety_days(day_60=800)
    sold[30:40] = np.nan
    assert lone_peaks(believe(Panel.of([sold]))) == {0: 60}


def a_peak_with(name: str, of_day_60: float, usual: float = 0.0, **more: Any) -> bool:
    """Whether 300 on day 60 stand alone where something known is not as usual there."""
    known = np.full((1, 95), usual, np.float32)
    known[:, [12, 60]] = of_day_60
    panel = Panel.of([ninety_days(day_60=300)], known={name: known}, **more)
    return bool(lone_peaks(believe(panel)))


def test_what_was_planned_does_not_stand_alone() -> None:
    """A promotion of one day, a holiday or a low price explain it; a high or merely paid price does not."""
    assert not a_peak_with("promotion", 1)
    assert not a_peak_with("holiday", 1)
    assert not a_peak_with("price", 5, usual=9)
    assert a_peak_with("price", 12, usual=9)
    assert a_peak_with("price", 5, usual=9, lent={"price": np.ones((1, 95), bool)})
    assert a_peak_with("promotion", 0)


def test_what_is_up_every_other_day_explains_nothing() -> None:
    """Forty promoted days without a peak, and one with it."""
    flag = (np.arange(95) % 2 == 0).astype(np.float32)[None]
    assert lone_peaks(believe(Panel.of([ninety_days(day_60=300)], known={"promotion": flag})))


def test_the_december_of_a_first_year_may_be_christmas() -> None:
    """Months: one or two a month and thirty in December, seen once or twice without another."""
    sold = np.array([1, 2] * 12 + [1], np.float32)
    sold[11] = 30
    seen = [believe(Panel.of([sold[:n]], frequency=Frequency.MONTH)) for n in (12, 24, 25)]
    assert [bool(lone_peaks(history)) for history in seen] == [False, False, True]
