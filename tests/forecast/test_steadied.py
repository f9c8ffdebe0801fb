"""Does what a shop does together stay apart from what one of its items does?"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from onhand.data.panel import Frequency, Panel
from onhand.demand.believe import believe
from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError
from onhand.forecast import MovingAverage
from onhand.forecast.boosted import Boosted, Trees
from onhand.forecast.parts import parts_of
from onhand.forecast.short import short_history_points
from onhand.forecast.steadied import Steadied, movement_of
from onhand.forecast.typical import OrdinaryLevel

WEEKS = 13
CHRISTMAS = np.array([1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 3, 1, 1.0])


def shop(
    n: int = 60,
    season: np.ndarray = CHRISTMAS,
    seed: int = 0,
    frequency: Frequency = Frequency.WEEK,
) -> DemandHistory:
    """Items of steady demand of their own, all of which follow the season of the shop."""
    rng = np.random.default_rng(seed)
    level = rng.gamma(2, 10, size=(n, 1))
    return believe(Panel.of(rng.poisson(level * season), frequency=frequency))


def bias(forecast: np.ndarray, ordinary: float) -> float:
    return float(forecast.sum(axis=0).mean() / ordinary - 1)


def test_a_peak_that_is_over_is_not_in_the_level() -> None:
    history = shop()
    ordinary = history.values[:, :9].sum(axis=0).mean()
    assert bias(MovingAverage(8).fit(history).mean(4), ordinary) > 0.3
    assert abs(bias(Steadied(MovingAverage(8)).fit(history).mean(4), ordinary)) < 0.05


def test_a_climb_that_goes_on_is_believed() -> None:
    climb = np.r_[np.ones(9), 2, 2, 2, 2.0]
    assert OrdinaryLevel().level(believe(Panel.of(10 * climb[None])))[0] > 15


def test_the_growth_of_one_item_is_its_own() -> None:
    history = shop(season=np.ones(WEEKS))
    values = history.values.copy()
    values[0, -3:] *= 4
    grown = DemandHistory(history.panel, values, history.is_censored)
    before, after = (Steadied(MovingAverage(3)).fit(h).mean(1)[0, 0] for h in (history, grown))
    assert after > 3 * before


def test_who_joins_late_moves_nothing() -> None:
    values = np.full((20, WEEKS), 5.0)
    values[10:, :8] = np.nan
    movement = movement_of(believe(Panel.of(values, frequency=Frequency.WEEK)), np.zeros(20, int))
    np.testing.assert_allclose(movement, 1.0, rtol=1e-6)


def test_each_group_has_its_own_movement() -> None:
    values = np.full((4, WEEKS), 6.0)
    values[:2, 10] = 12.0
    panel = Panel.of(
        values, frequency=Frequency.WEEK, static={"vendor": np.array(["a", "a", "b", "b"])}
    )
    steady = Steadied(MovingAverage(3), by="vendor").steady(believe(panel)).values
    np.testing.assert_allclose(steady, 6.0, rtol=1e-6)


@pytest.mark.parametrize(
    ("frequency", "n_periods"), [(Frequency.DAY, 40), (Frequency.WEEK, 60), (Frequency.MONTH, 14)]
)
def test_days_and_histories_with_a_season_are_shown_as_they_are(
    frequency: Frequency, n_periods: int
) -> None:
    history = shop(n=5, season=1 + np.arange(n_periods) % 3, frequency=frequency)
    assert Steadied(MovingAverage(3)).steady(history) is history


def test_trees_that_learned_look_at_steady_weeks_again() -> None:
    history = shop()
    trees = Boosted(horizon=2, n_rows=2_000, n_error_origins=0, trees=Trees(n_trees=10))
    learned = Steadied(trees).learn(history.until(11))
    later = learned.fit(history).mean(2)
    assert abs(bias(later, float(history.values[:, :9].sum(axis=0).mean()))) < 0.15


@dataclass(frozen=True)
class Seen:
    """Remembers the demand that it was shown."""

    values: list[np.ndarray] = field(default_factory=list)
    name: str = "seen"

    def fit(self, history: DemandHistory):  # type: ignore[no-untyped-def]
        self.values.append(history.values)
        return MovingAverage(3).fit(history)


def test_unknown_demand_stays_unknown() -> None:
    history = shop(n=6)
    values = history.values.copy()
    values[2, 4] = np.nan
    seen = Seen()
    Steadied(seen).fit(DemandHistory(history.panel, values, history.is_censored))
    assert np.array_equal(np.isnan(seen.values[0]), np.isnan(values))


def test_points_add_up_to_the_ordinary_level_of_their_group() -> None:
    history = shop(n=200)
    points = short_history_points(n_rows=3_000).fit(history).mean(13)
    level = OrdinaryLevel().level(believe(Panel.of(history.values.sum(axis=0, keepdims=True))))
    np.testing.assert_allclose(points.sum(axis=0), np.full(13, level[0]), rtol=1e-4)


def test_what_was_never_seen_takes_no_part_in_the_sum() -> None:
    history = shop(n=200)
    values = history.values.copy()
    values[150:] = np.nan
    points = short_history_points(n_rows=3_000).fit(
        DemandHistory(history.panel, values, history.is_censored)
    )
    level = OrdinaryLevel().level(believe(Panel.of(values[:150].sum(axis=0, keepdims=True))))
    assert points.mean(2)[:150].sum(axis=0) == pytest.approx(np.full(2, level[0]), rel=1e-4)


def test_numbers_out_of_range_are_refused() -> None:
    with pytest.raises(ConfigError, match="n_seasons is 0"):
        Steadied(MovingAverage(3), n_seasons=0)
    with pytest.raises(ConfigError, match=r"peak is 1\.0"):
        OrdinaryLevel(peak=1.0)
    with pytest.raises(ConfigError, match="alpha is 0"):
        OrdinaryLevel(alpha=0)


def test_the_parts_of_steady_trees_add_up_to_what_they_say() -> None:
    history = shop()
    trees = Boosted(horizon=2, n_rows=2_000, n_error_origins=0, trees=Trees(n_trees=10))
    fitted = Steadied(trees).fit(history)
    rows = np.array([0, 3])
    parts = parts_of(fitted, history, 2, rows)
    assert "other signals" not in parts  # what trees were shown is what they are asked about
    np.testing.assert_allclose(sum(parts.values()), fitted.mean(2)[rows], rtol=1e-4)
