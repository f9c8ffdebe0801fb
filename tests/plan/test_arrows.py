"""Tiny worlds in which an arrow between forecast and decision obviously matters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from onhand.data import Tables, build_panel
from onhand.data.panel import Frequency, Panel
from onhand.demand import believe
from onhand.errors import ConfigError
from onhand.forecast import TSB, Blend, Calibrated, MovingAverage
from onhand.forecast.boosted import Boosted
from onhand.forecast.own_spread import OwnSpread
from onhand.forecast.shared import Shared
from onhand.forecast.steered import Steered
from onhand.inventory.costs import Costs
from onhand.inventory.terms import SupplyTerms
from onhand.plan.arrows import arrowed, uncalibrated
from onhand.plan.config import ArrowSettings, Config
from onhand.plan.economics import economics
from onhand.plan.make_plan import make_plan
from onhand.plan.members import found_in
from onhand.plan.replay_shop import replay_shop
from onhand.plan.weigh import Weighed, omega_of, weight_notes

Shop = Callable[..., Tables]


def panel_of(n_periods: int = 40) -> Panel:
    """Five units every week, and every other week an empty shelf that shows none."""
    in_stock = np.ones((1, n_periods), dtype=np.float32)
    in_stock[:, ::2] = 0
    return Panel.of(5 * in_stock, in_stock=in_stock, frequency=Frequency.WEEK)


def test_without_unmask_an_empty_shelf_reads_as_no_demand() -> None:
    """Half of the weeks were empty: who takes sales for demand forecasts half of it."""
    history = believe(panel_of())
    config = Config()
    terms = economics(Tables(), history.panel, config)
    seen = {
        unmask: arrowed(
            {"mean": MovingAverage(40)}, ArrowSettings(unmask=unmask), history.panel, terms
        )["mean"]
        .fit(history)
        .mean(1)
        .item()
        for unmask in (True, False)
    }
    assert seen == {True: 5.0, False: 2.5}


def test_without_paths_only_mean_and_sigma_are_left() -> None:
    """Demand of 0 or 10, the same for both weeks of a path, becomes bell-shaped and forgetful."""
    rng = np.random.default_rng(0)
    values = 10.0 * rng.integers(0, 2, (30, 60))
    history = believe(Panel.of(values, frequency=Frequency.WEEK))
    terms = economics(Tables(), history.panel, Config())
    joint = Calibrated(MovingAverage(52))
    normal = arrowed({"": joint}, ArrowSettings(paths=False), history.panel, terms)[""]
    told = [
        f.fit(history).paths(2, 400, rng=np.random.default_rng(1)).values for f in (joint, normal)
    ]
    assert told[1].mean() == pytest.approx(told[0].mean(), rel=0.05)
    assert told[1].std() == pytest.approx(told[0].std(), rel=0.05)
    between = [((v > 3) & (v < 7)).mean() for v in told]
    assert between[0] < 0.02
    assert between[1] > 0.2


def test_without_calibrate_no_error_library_is_left_and_what_was_shared_stays_shared() -> None:
    """Wherever calibration stands within a forecaster, its point forecaster takes its place."""
    shared = Shared(Calibrated(Blend([TSB(), MovingAverage(8)])))
    both = {
        "steered": Steered(shared, Boosted(n_error_origins=0)),
        "own": OwnSpread(shared),
        "trees": Boosted(n_error_origins=4),
    }
    history = believe(panel_of())
    terms = economics(Tables(), history.panel, Config())
    bare = arrowed(both, ArrowSettings(calibrate=False), history.panel, terms)
    members = [member for forecaster in bare.values() for member in found_in(forecaster)]
    assert not any(isinstance(member, Calibrated) for member in members)
    assert not any(getattr(member, "n_error_origins", 0) for member in members)
    assert isinstance(bare["steered"], Steered)
    assert isinstance(bare["own"], OwnSpread)
    assert bare["steered"].calibrated is bare["own"].point
    assert uncalibrated(TSB()) == TSB()


def test_weights_follow_the_money_and_not_the_units() -> None:
    """The same demand at ten times the stakes weighs ten times as much; a dead item hardly."""
    values = np.tile(np.random.default_rng(1).poisson(4.0, 60).astype(float), (3, 1))
    values[2] = 0
    history = believe(Panel.of(values, frequency=Frequency.WEEK))
    costs = Costs.of(holding_cost=[0.1, 1.0, 0.1], shortage_cost=[0.5, 5.0, 0.5], n_series=3)
    omega = omega_of(history, costs, SupplyTerms.of(1, n_series=3))
    assert omega[1] == pytest.approx(10 * omega[0], rel=1e-5)
    assert omega[2] < omega[0]
    assert omega.mean() == pytest.approx(1.0, rel=1e-6)


def test_weights_know_nothing_that_comes_later() -> None:
    """The weights at an origin are those of the periods before it, and follow the stock points."""
    rng = np.random.default_rng(2)
    panel = Panel.of(rng.poisson(3.0, (4, 50)), frequency=Frequency.WEEK)
    costs = Costs.of(holding_cost=0.2, shortage_cost=[1.0, 2.0, 3.0, 4.0], n_series=4)
    supply = SupplyTerms.of(1, n_series=4)
    weighed = Weighed(Boosted(), panel.items, panel.locations, costs, supply)
    wild = replace(panel, sales=np.where(np.arange(50) < 30, panel.sales, 99).astype(np.float32))
    before = [believe(p.until(30)) for p in (panel, wild)]
    taught = [weighed._taught(history) for history in before]
    assert np.array_equal(taught[0].omega, taught[1].omega)  # type: ignore[attr-defined]
    few = before[0].rows(np.array([3, 1]))
    asked = weighed._taught(few).omega  # type: ignore[attr-defined]
    expected = omega_of(few, costs.rows(np.array([3, 1])), supply.rows(np.array([3, 1])))
    assert np.array_equal(asked, expected)


def test_what_stands_on_the_same_trees_is_taught_once() -> None:
    """With weights too, a member that two forecasters share stays one member."""
    panel = panel_of()
    trees = Shared(Boosted(n_error_origins=0))
    both = {"a": Steered(TSB(), trees), "b": OwnSpread(trees)}
    terms = economics(Tables(), panel, Config())
    made = arrowed(both, ArrowSettings(weigh=True), panel, terms)
    history = believe(panel)
    taught = [made[name]._taught(history) for name in both]  # type: ignore[attr-defined]
    assert taught[0].other is taught[1].point
    assert taught[0].other is not trees


def test_weights_by_hand_come_from_a_column_of_the_items(shop: Shop) -> None:
    """The column is named in the settings; a wrong name says which there are."""
    tables = shop()
    assert tables.items is not None
    stakes = pl.Series("stakes", [1.0, 1.0, 1.0, 1.0, 1.0, 7.0])
    tables = shop(items=tables.items.with_columns(stakes))
    panel = build_panel(tables)
    terms = economics(tables, panel, Config())
    trees = {"trees": Boosted()}
    by_hand = arrowed(trees, ArrowSettings(weigh=True, omega="stakes"), panel, terms)["trees"]
    assert isinstance(by_hand, Weighed)
    omega = by_hand._taught(believe(panel)).omega  # type: ignore[attr-defined]
    assert omega.tolist() == pytest.approx([0.5] * 5 + [3.5])
    with pytest.raises(ConfigError, match="no such column"):
        arrowed(trees, ArrowSettings(weigh=True, omega="steaks"), panel, terms)
    with pytest.raises(ConfigError, match="text"):
        arrowed(trees, ArrowSettings(weigh=True, omega="title"), panel, terms)


def test_without_choose_the_textbook_decides(shop: Shop, quick: Config) -> None:
    """No number is tuned; without paths either, it is the classical safety stock."""
    tables = shop()
    silent = quick.with_settings({"arrows.choose": "false"})
    made = make_plan(tables, silent)
    note = next(a for a in made.assumptions if a.key == "policy.level")
    assert "holding cost x 1" in note.value
    assert "arrows.choose is off" in note.why
    classical = silent.with_settings({"arrows.paths": "false"})
    contest = replay_shop(tables, classical)
    assert "at the critical ratio" in contest.contenders["default"].label
    assert made.replay is not None
    assert made.replay.contenders["default"].label != contest.contenders["default"].label


def test_a_stated_number_stays_without_choose(shop: Shop, quick: Config) -> None:
    """What the planner wrote down is not replaced by the textbook's."""
    stated = quick.with_settings({"arrows.choose": "false", "policy.level": "0.8"})
    contest = replay_shop(shop(), stated)
    assert "0.8" in contest.contenders["default"].label


@pytest.mark.parametrize(
    ("arrows", "forecaster", "note"),
    [
        ({"omega": "stakes"}, "tsb", "arrows.weigh is off"),
        ({"omega": "stakes", "weigh": True}, "tsb", "does not learn from weights"),
        ({"weigh": True}, "tsb", "does not learn from weights"),
        ({}, "tsb", None),
    ],
)
def test_weights_that_change_nothing_are_told(
    shop: Shop, arrows: dict[str, object], forecaster: str, note: str | None
) -> None:
    """A column to weigh by is never set aside in silence."""
    tables = shop(n_items=2, n_weeks=12)
    config = Config.from_dict({"arrows": arrows, "forecast": {"forecaster": forecaster}})
    if arrows.get("omega"):
        items = tables.items.with_columns(stakes=pl.lit(2.0))  # type: ignore[union-attr]
        tables = replace(tables, items=items)
    told = [a.why for a in make_plan(tables, config).assumptions if a.key.startswith("arrows.")]
    assert [note in why for why in told] == [True] * (note is not None)  # type: ignore[operator]


def test_where_trees_learn_from_weights_nothing_has_to_be_told() -> None:
    """The note is about weights without effect only."""
    assert weight_notes(ArrowSettings(weigh=True, omega="stakes"), Boosted()) == ()
