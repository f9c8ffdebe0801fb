"""A replay of the past meets the deliveries that the plan foresees, and only where receipts tell of any."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from onhand.data import Tables, build_panel
from onhand.decide.replenish import ProjectedInventory
from onhand.demand import believe
from onhand.evaluate.replay import replay
from onhand.forecast import MovingAverage
from onhand.plan.buying.order_days import order_days_of
from onhand.plan.buying.worlds import supply_worlds
from onhand.plan.config import Config
from onhand.plan.draw import Draw
from onhand.plan.economics import economics
from onhand.plan.past import Stretch
from onhand.plan.past_deliveries import deliveries_of, supply_odds
from onhand.plan.progress import silent
from onhand.plan.replay_shop import replay_shop
from onhand.plan.shelf import stock_now
from onhand.plan.stage import Stage, set_stage

Shop = Callable[..., Tables]
FIRST = dt.date(2024, 1, 1)
CUT = (Stretch(14, 15, 20), Stretch(18, 19, 24))


def received(late: list[int], share: list[float]) -> pl.DataFrame:
    """Receipts of item-0, of which supplier 0 promises a week, and nothing that is open."""
    n = len(late)
    ordered = [FIRST + dt.timedelta(days=7 * i) for i in range(n)]
    came = [day + dt.timedelta(days=7 + d) for day, d in zip(ordered, late, strict=True)]
    return pl.DataFrame(
        {
            "item": ["item-0"] * n,
            "location": ["shop"] * n,
            "quantity": [10.0] * n,
            "order_date": ordered,
            "received_date": came,
            "received_quantity": [10.0 * part for part in share],
        }
    )


LATE = received([0, 7, 0, 14, 0, 7, 14, 7], [1, 1, 0.5, 1, 0.5, 1, 1, 1])


def stage_of(tables: Tables, config: Config) -> Stage:
    """The past of the whole shop, seen by a moving average."""
    panel = build_panel(tables)
    history, terms = believe(panel), economics(tables, panel, config)
    n = panel.n_series
    drawn = Draw(np.arange(n), np.ones(n), np.arange(0), n)
    return set_stage(history, {"mean": MovingAverage(4)}, terms, config, drawn, CUT, 3, 0, silent)


def test_orders_of_the_past_are_as_late_as_those_of_the_plan(shop: Shop, quick: Config) -> None:
    """The plan's worlds and the odds in the replay: the same lead times, the same shares."""
    tables = shop(inbound=LATE)
    panel = build_panel(tables)
    terms = economics(tables, panel, quick)
    stock, _ = stock_now(tables, believe(panel), terms, quick)
    worlds = supply_worlds(panel, terms, order_days_of(tables), stock, None, n_samples=1000, seed=0)
    odds = supply_odds(panel, terms, np.arange(panel.n_series), quick)
    assert worlds is not None
    assert odds is not None
    for row in range(panel.n_series):
        lead_time, share = worlds.order_of(row)
        planned = np.bincount(lead_time, minlength=odds.lead_time.shape[1]) / 1000
        np.testing.assert_allclose(odds.lead_time[odds.kind[row]], planned, atol=0.002)
        record = odds.delivered[odds.kind[row]]
        assert (1.0 if record is None else record.mean) == pytest.approx(share.mean(), abs=0.002)


@pytest.mark.parametrize(
    "inbound", [None, received([0] * 6, [1.0] * 6)], ids=["no receipts", "punctual"]
)
def test_without_late_or_short_receipts_all_is_as_planned(
    shop: Shop, quick: Config, inbound: pl.DataFrame | None
) -> None:
    """No deliveries in the windows, no longer paths, and to the cent the replay of planned lead times."""
    tables = shop(inbound=inbound)
    stage = stage_of(tables, quick)
    assert stage.supply is None
    assert stage.horizon == 3
    assert stage.window(CUT[0], slice(None), "mean").supply is None
    planned = Config.from_dict(
        quick.model_dump() | {"supply": {**quick.supply.model_dump(), "deliveries": "planned"}}
    )
    assert replay_shop(tables, quick) == replay_shop(tables, planned)


def test_planned_deliveries_are_planned_in_the_past_too(shop: Shop, quick: Config) -> None:
    """`supply.deliveries = "planned"` is one belief for the plan and for its replay."""
    tables, panel = shop(inbound=LATE), build_panel(shop())
    told = quick.with_settings({"supply.deliveries": "planned"})
    terms = economics(tables, panel, told)
    assert supply_odds(panel, terms, np.arange(6), told) is None


def test_stretches_that_overlap_share_the_luck_of_their_orders(shop: Shop, quick: Config) -> None:
    """An order before period 19 takes as long in both; so it does where stock points are few at a time."""
    stage = stage_of(shop(inbound=LATE), quick)
    early, late = (stage.window(stretch, slice(0, 6), "mean").supply for stretch in CUT)
    some = stage.window(CUT[0], slice(2, 4), "mean").supply
    assert early is not None
    assert late is not None
    assert some is not None
    np.testing.assert_array_equal(early.lead_time[:, 4:], late.lead_time[:, :2])
    np.testing.assert_array_equal(some.share, early.share[2:4])
    assert stage.horizon > 3  # far enough for the next order to come in nearly every world


def test_many_orders_are_as_late_as_the_odds_say(shop: Shop, quick: Config) -> None:
    """Over 3,000 orders the lead times drawn have the frequencies they were drawn from."""
    stage = stage_of(shop(inbound=LATE), quick)
    assert stage.supply is not None
    odds, worlds = stage.supply
    drawn = deliveries_of(odds, worlds, 0, 1000, seed=4)
    unsure = np.flatnonzero(odds.kind == odds.kind[0])
    seen = np.bincount(drawn.lead_time[unsure].ravel(), minlength=odds.lead_time.shape[1])
    share = seen / seen.sum()
    np.testing.assert_allclose(share, odds.lead_time[odds.kind[0]], atol=0.04)


def test_a_replay_with_late_deliveries_serves_less(shop: Shop, quick: Config) -> None:
    """The contest is played with them: it differs from one in which all goods come as planned."""
    tables = shop(inbound=LATE)
    planned = quick.with_settings({"supply.deliveries": "planned"})
    late, sure = (replay_shop(tables, config) for config in (quick, planned))
    assert late.contenders["default"] != sure.contenders["default"]
    assert "receipts" in late.note
    assert "receipts" not in sure.note


def test_orders_of_the_past_wait_for_their_suppliers_closure_as_those_of_the_plan_do(
    shop: Shop, quick: Config
) -> None:
    """Every supplier closed in the 17th and 18th week: nothing ordered then comes before they open again."""
    shut = FIRST + dt.timedelta(weeks=16)
    closures = pl.DataFrame(
        {
            "supplier": [None],
            "closed_from": [shut],
            "closed_to": [shut + dt.timedelta(days=13)],
        },
        schema_overrides={"supplier": pl.String},
    )
    plain, closed = stage_of(shop(), quick), stage_of(replace(shop(), closures=closures), quick)
    assert plain.timing == {}
    for origin, terms in closed.timing.items():
        usual = closed.terms.lead_time
        meets = (origin < 18) & (origin + usual > 16) | (16 <= origin < 18)
        first = np.where(meets, np.maximum(origin, 16) + 2 - origin, 0)  # the first open week
        assert (terms.lead_time >= usual).all()
        assert (terms.lead_time[meets] > usual[meets]).all()
        assert (terms.lead_time[meets] >= np.minimum(first, 18 - origin)[meets]).all()
    assert any((t.lead_time > closed.terms.lead_time).any() for t in closed.timing.values())
    rows = slice(0, closed.panel.n_series)
    seen = closed.window(CUT[0], rows, "mean")
    assert seen.forecasts[0] is not None
    reach = max(int(t.protection_interval.max()) for t in closed.timing.values())
    assert seen.forecasts[0].shape[2] >= reach  # paths reach beyond the closure
    played = replay(ProjectedInventory(0.8), seen)
    lead = np.stack([seen.terms_at(p).lead_time for p in range(seen.n_periods)], axis=1)
    late = np.zeros_like(played.orders)
    for p in range(seen.n_periods):
        for row in np.flatnonzero(p + lead[:, p] < seen.n_periods):
            late[row, p + lead[row, p]] += played.orders[row, p]
    on_the_way = closed.openings[CUT[0]].pipeline[:, : seen.n_periods]
    late[:, : on_the_way.shape[1]] += on_the_way
    np.testing.assert_allclose(played.arrivals, late)
