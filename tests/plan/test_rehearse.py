"""The replay on the past: stretches that do not overlap, a future that cannot be reached."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import pytest

from onhand.data import Tables
from onhand.data.panel import Panel
from onhand.demand import DemandHistory
from onhand.errors import HistoryError
from onhand.forecast import FittedForecaster, MovingAverage
from onhand.inventory.terms import SupplyTerms
from onhand.plan.config import Config, PolicySettings
from onhand.plan.contenders import families
from onhand.plan.past import Stretch, as_it_stood, fit_origins, stretches
from onhand.plan.replay_shop import replay_shop

Shop = Callable[..., Tables]


TWO = (Stretch(14, 15, 18), Stretch(18, 19, 22))


def terms(lead_time: int = 1, review: int = 1) -> SupplyTerms:
    return SupplyTerms.of(lead_time, review, n_series=1)


@pytest.mark.parametrize("n_periods", range(4, 60, 5))
def test_stretches_follow_each_other(n_periods: int) -> None:
    """Tuned before judged, both inside the history, with something to learn from before them."""
    cut = stretches(n_periods, 13, 13, terms(), season=1)
    if cut is None:
        assert n_periods < 12
        return
    early, late = cut
    assert 0 < early.start <= early.scored < early.stop == late.start < late.stop == n_periods
    assert early.start >= n_periods // 3


def test_more_stretches_to_tune_on_follow_each_other_as_far_as_there_is_room() -> None:
    """The earliest may be shorter, by half at most, and leaves a third of the history before it."""
    cut = stretches(60, 13, 13, terms(), season=1, n_tuning=5)
    assert cut is not None
    assert [stretch.start for stretch in cut] == [20, 32, 46]
    assert [stretch.stop for stretch in cut] == [32, 46, 60]
    assert stretches(60, 13, 13, terms(), season=1, n_tuning=1) == cut[1:]


def test_a_history_shorter_than_two_intervals_is_not_replayed() -> None:
    """There must be room to tune and to judge."""
    assert stretches(20, 13, 13, terms(lead_time=8), season=1) is None


@dataclass(frozen=True)
class Spy:
    """A forecaster that notes how much it was shown."""

    seen: list[int] = field(default_factory=list)
    name: str = "spy"

    def fit(self, history: DemandHistory) -> FittedForecaster:
        self.seen.append(history.n_periods)
        assert history.panel.sales.shape[1] == history.n_periods
        return MovingAverage(4).fit(history)


def test_each_origin_sees_only_its_past(shop: Shop) -> None:
    """Fitted at period t on t periods, once per review."""
    from onhand.data import build_panel

    spy = Spy()
    fits = fit_origins(build_panel(shop()), {"spy": spy}, TWO, every=2)
    assert spy.seen == list(fits["spy"]) == [14, 16, 18, 20]


def test_plans_reached_no_further_ahead_then_than_today() -> None:
    """What the calendar told of the week after next was not known two weeks before."""
    plans = np.arange(12, dtype=np.float32)[None]  # two periods ahead of today
    panel = Panel.of(np.ones((1, 10)), known={"discount": plans})
    assert as_it_stood(panel, 6).known["discount"].tolist() == [list(range(8))]
    assert as_it_stood(panel, 10).known["discount"].tolist() == plans.tolist()


@dataclass(frozen=True)
class DearSpy(Spy):
    """A forecaster that learns once, and notes from how much."""

    learned_from: list[int] = field(default_factory=list)

    def learn(self, history: DemandHistory) -> Spy:
        self.learned_from.append(history.n_periods)
        return self


def test_a_dear_forecaster_learns_once_per_stretch_from_what_came_before_it(shop: Shop) -> None:
    """Taught where each stretch starts, shown more at every review, never less than it was taught."""
    from onhand.data import build_panel

    spy = DearSpy()
    fit_origins(build_panel(shop()), {"spy": spy}, TWO, every=2)
    assert spy.learned_from == [14, 18]
    assert spy.seen == [14, 16, 18, 20]


def test_the_judged_stretch_does_not_tune(shop: Shop, quick: Config) -> None:
    """Whatever happened in the judged quarter, the numbers under judgement stay the same."""
    tables = shop(with_stock=False)
    assert tables.sales is not None
    contest = replay_shop(tables, quick)
    first = np.datetime64(contest.first_date).item()
    wild = tables.sales.with_columns(
        pl.when(pl.col("date") >= first)
        .then(pl.col("quantity") * 3 + 5)
        .otherwise(pl.col("quantity"))
    )
    other = replay_shop(shop(with_stock=False, sales=wild), quick)
    assert {k: v.label for k, v in contest.contenders.items()} == {
        k: v.label for k, v in other.contenders.items()
    }
    assert contest.contenders["default"].total != other.contenders["default"].total


def test_a_big_shop_is_replayed_on_a_draw_and_says_so(shop: Shop) -> None:
    """The note names how many stock points stand for all."""
    config = Config.from_dict({"replay": {"max_stock_points": 2, "n_samples": 20}})
    assert "2 of 6 stock points" in replay_shop(shop(), config).note


def test_too_short_a_history_is_an_error_with_advice(shop: Shop, quick: Config) -> None:
    """`onhand replay` has nothing else to show."""
    with pytest.raises(HistoryError, match="Give more history"):
        replay_shop(shop(n_weeks=3), quick)


@pytest.mark.parametrize(
    "name", ["projected_inventory", "balanced_projection", "order_up_to", "classical", "coverage"]
)
def test_coverage_and_the_formula_always_take_part(name: str) -> None:
    """Whatever decides, the honest rivals are there, and ours comes first."""
    names = [f.name for f in families(PolicySettings(name=name), terms())]  # type: ignore[arg-type]
    assert names[0] == name
    assert {"coverage", "classical"} <= set(names)


def test_one_slow_item_does_not_keep_the_shop_from_being_replayed(
    shop: Shop, quick: Config
) -> None:
    """Its orders take longer than any stretch is long: it is left out, and the note says so."""
    names = [f"item-{i}" for i in range(6)]
    supply = pl.DataFrame({"item": names, "lead_time": [7.0 * 20] + [7.0] * 5})
    assert "the 5 of 6 stock points" in replay_shop(shop(supply=supply), quick).note
    with pytest.raises(HistoryError):
        replay_shop(shop(supply=supply.with_columns(lead_time=pl.lit(140.0))), quick)
