"""One sale far beyond all others is not a level; a promotion, a season and a new level are."""

from __future__ import annotations

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
    assert bool(lone_peaks(sold[None].astype(np.float32))) is is_peak


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
    assert lone_peaks(sold[None]) == {0: 60}
