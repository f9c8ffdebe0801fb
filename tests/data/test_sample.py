"""The sample shop is real, credited, and reconciles to its own invoices."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import polars as pl
import pytest

from onhand.data import Tables, build_panel, sample_shop


@pytest.fixture(scope="module")
def shop() -> Tables:
    """Read once: 541,909 lines."""
    return sample_shop()


def test_every_invoice_line_is_accounted_for(shop: Tables) -> None:
    """Lines, units and money of the file are those of the account."""
    raw = pl.read_parquet(str(files("onhand.data.sample") / "online_retail.parquet"))
    money = (raw["quantity"] * raw["unit_price_gbp"].cast(pl.Float64)).sum()
    assert shop.reconciliation is not None
    place, n, units, total = shop.reconciliation.row(-1)
    assert (place, n, units) == ("sum", 541_909, raw["quantity"].sum())
    assert total == pytest.approx(money)


def test_the_two_giant_orders_are_gone(shop: Tables) -> None:
    """74,215 and 80,995 units were cancelled within minutes; the largest real day sale is far less."""
    assert shop.sales is not None
    assert shop.sales["quantity"].max() < 6000
    assert {"23166", "23843"} & set(shop.sales.filter(pl.col("quantity") > 5000)["item"]) == set()
    assert "giant-cancelled-orders" in {f.rule for f in shop.findings}


def test_no_postage_no_fees_no_vouchers(shop: Tables) -> None:
    """Only goods are left."""
    assert shop.sales is not None
    codes = {"POST", "DOT", "M", "BANK CHARGES", "AMAZONFEE", "D", "S", "CRUK", "PADS", "C2", "B"}
    items = set(shop.sales["item"])
    assert not items & codes
    assert not [i for i in items if i.startswith("GIFT_")]


def test_weeks_end_with_the_data_and_saturdays_are_closed(shop: Tables) -> None:
    """53 whole weeks to Friday 2011-12-09; a week is open six days of seven, Christmas week not at all."""
    panel = build_panel(shop)
    assert panel.n_periods == 53
    assert panel.dates[-1] + 7 == np.datetime64("2011-12-10")
    assert np.median(panel.is_open) == pytest.approx(6 / 7)
    assert panel.dates[panel.is_open == 0].astype(str).tolist() == ["2010-12-25"]


def test_days_without_an_invoice_are_closed(shop: Tables) -> None:
    """All 53 Saturdays and 16 holidays."""
    panel = build_panel(shop, frequency="day")
    closed = panel.dates[panel.is_open == 0]
    saturdays = closed.astype("datetime64[D]").astype(int) % 7 == 2
    assert (int(saturdays.sum()), int((~saturdays).sum())) == (53, 16)


def test_the_source_is_credited_in_the_package() -> None:
    """CC BY 4.0 asks for the name."""
    credits = (files("onhand.data.sample") / "CREDITS.txt").read_text()
    assert "Daqing Chen" in credits
    assert "CC BY 4.0" in credits
