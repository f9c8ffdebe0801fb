"""An item that the catalogue announces is planned by what items like it sold, and the plan says so."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from onhand.data import Tables, build_panel
from onhand.plan.announced import starts_of, with_announced
from onhand.plan.config import Config
from onhand.plan.explain import explain
from onhand.plan.make_plan import make_plan
from onhand.plan.plan import Plan, PointOutlook

N, WEEKS = 24, 14
MONDAY = date(2024, 1, 1)
LAST = MONDAY + timedelta(days=7 * (WEEKS - 1))


def mug_shop(*launched: date | None, stock: Any = None, **changes: Any) -> Tables:
    """Twelve mugs that sell 20 a week, twelve candles that sell 2, and a mug for each launch date."""
    rng = np.random.default_rng(0)
    items = [f"{kind}-{k}" for kind in ("mug", "candle") for k in range(N // 2)]
    rows = [
        (
            item,
            "shop",
            MONDAY + timedelta(days=7 * week),
            float(rng.poisson(20 if "mug" in item else 2)),
        )
        for item in items
        for week in range(WEEKS)
    ]
    keys = {"item": pl.String, "location": pl.String, "date": pl.Date, "quantity": pl.Float64}
    new = [f"new-{k}" for k in range(len(launched))]
    titles = [f"{i.split('-')[0]} number {k}" for k, i in enumerate(items)]
    catalogue = {
        "item": items + new,
        "title": titles + [f"mug number 9{k}" for k in range(len(new))],
        "category": [i.split("-")[0] for i in items] + ["mug"] * len(new),
        "price": [8.0] * (N + len(new)),
        "unit_cost": [3.0] * (N + len(new)),
        "launched": [None] * N + list(launched),
    }
    tables = {
        "sales": pl.DataFrame(rows, schema=keys, orient="row"),
        "items": pl.DataFrame(catalogue, schema_overrides={"launched": pl.Date}),
        "stock": pl.DataFrame({"item": items, "location": ["shop"] * N, "on_hand": [30.0] * N}),
    }
    if stock is not None:
        tables["stock"] = pl.concat([tables["stock"], stock])
    return Tables(**(tables | changes))


@pytest.fixture(scope="module")
def plan(quick: Config) -> Plan:
    """One mug is launched next week, another four weeks later."""
    return make_plan(mug_shop(LAST + timedelta(days=7), LAST + timedelta(days=35)), quick)


def point(plan: Plan, item: str) -> PointOutlook:
    return next(p for p in plan.stock_points if p.item == item)


def test_an_announced_mug_is_ordered_like_a_mug(plan: Plan) -> None:
    """Nobody has bought it yet; mugs sell twenty a week, candles two."""
    new = point(plan, "new-0")
    assert 12 < new.mean_demand < 28
    assert new.likes
    assert all("mug" in like for like in new.likes)
    line = next(x for x in plan.orders if x.item == "new-0")
    assert line.quantity > 10
    note = next(a for a in plan.assumptions if a.key == "demand.announced")
    assert note.value == "2"
    assert "It is new; the items most like it are mug" in explain(plan, "new-0")


def test_before_its_launch_nothing_is_expected(plan: Plan) -> None:
    """A launch in five of eight weeks leaves half of the sales, and nothing to order yet."""
    now, then = (point(plan, f"new-{k}").mean_demand for k in (0, 1))
    assert then == pytest.approx(now / 2, rel=0.25)
    assert "new-1" not in {line.item for line in plan.orders}


def test_whoever_does_not_want_it_turns_it_off() -> None:
    """The plan is then that of the shop without the catalogue's promise."""
    off = Config().with_settings({"demand.announced": "false"})
    tables = mug_shop(LAST + timedelta(days=7))
    assert with_announced(tables, off) is tables
    panel = build_panel(with_announced(tables, Config()))
    assert (starts_of(tables, panel, Config()) >= 0).sum() == 1
    assert (starts_of(tables, panel, off) < 0).all()


def test_only_launches_near_at_hand_are_announced() -> None:
    """Neither what should have come a year ago nor what comes in two, nor what is given up already."""
    far = (LAST - timedelta(days=300), LAST + timedelta(days=600))
    tables = mug_shop(*far)
    assert with_announced(tables, Config()) is tables
    given_up = mug_shop(LAST + timedelta(days=7))
    items = given_up.items
    assert items is not None
    ended = items.with_columns(discontinued=pl.lit(LAST - timedelta(days=1)))
    ended = mug_shop(LAST + timedelta(days=7), items=ended)
    assert with_announced(ended, Config()) is ended


def test_it_gets_a_row_where_its_goods_are_and_everywhere_else_where_none_are() -> None:
    """Two shops: the stock of one item is at one of them, the other is only in the catalogue."""
    day = LAST + timedelta(days=7)
    tables = mug_shop(day, day)
    sales = tables.sales
    assert sales is not None
    two = pl.concat([sales, sales.with_columns(location=pl.lit("town"))])
    on_way = pl.DataFrame({"item": ["new-0"], "location": ["town"], "quantity": [5.0]})
    made = with_announced(mug_shop(day, day, sales=two, inbound=on_way), Config())
    assert made.sales is not None
    new = made.sales.filter(pl.col("item").str.starts_with("new")).select("item", "location")
    assert sorted(new.rows()) == [("new-0", "town"), ("new-1", "shop"), ("new-1", "town")]


def test_a_late_launch_without_goods_has_not_begun_and_with_goods_it_has() -> None:
    """Announced for three weeks ago: with stock on the shelf its silence counts, without it does not."""
    late = LAST - timedelta(days=21)
    shelf = pl.DataFrame({"item": ["new-1"], "location": ["shop"], "on_hand": [9.0]})
    given = mug_shop(late, late, stock=shelf)
    panel = build_panel(with_announced(given, Config()), frequency="week")
    age = {
        item: int(np.isfinite(row).sum())
        for item, row in zip(panel.items, panel.sales, strict=True)
    }
    assert age["new-0"] == 0
    assert 2 <= age["new-1"] <= 4
    starts = dict(zip(panel.items, starts_of(given, panel, Config()), strict=True))
    assert (starts["new-0"], starts["new-1"], starts["mug-0"]) == (0, -1, -1)
