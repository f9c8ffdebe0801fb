"""Panels travel to forecasting libraries and back without loss."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from onhand.data import Panel, build_panel
from onhand.data.interop import from_long, ids, to_long
from onhand.errors import SchemaError


def test_there_and_back_is_the_same_panel() -> None:
    """Sales of two stock points with a late launch survive the long frame."""
    panel = Panel.of(
        [[1, 0, 2, 3], [np.nan, np.nan, 4, 0]], items=["a", "b/c"], locations=["s", "t"]
    )
    long = to_long(panel)
    assert long.columns == ["unique_id", "ds", "y"]
    assert long.height == 6
    again = build_panel(from_long(long))
    np.testing.assert_array_equal(again.sales, [[1, 0, 2, 3], [np.nan, np.nan, 4, 0]])
    assert again.dates.tolist() == panel.dates.tolist()


def test_other_values_on_the_grid_travel_too() -> None:
    """Demand instead of sales; unknown periods are left out."""
    panel = Panel.of([[1, 2]])
    long = to_long(panel, np.array([[5, np.nan]], dtype=np.float32))
    assert long["y"].to_list() == [5]


def test_ids_join_item_and_location() -> None:
    """One name per row, and an id without a location is an item in the one shop."""
    assert ids(Panel.of([[1]], items=["a"], locations=["s"])).tolist() == ["a/s"]
    tables = from_long({"unique_id": ["a"], "ds": ["2024-01-01"], "y": [1]})
    assert tables.sales is not None
    assert tables.sales.select("item", "location").rows() == [("a", "shop")]


def test_a_frame_without_its_three_columns_is_refused() -> None:
    """The message names the one that is missing."""
    with pytest.raises(SchemaError, match="y is missing"):
        from_long(pl.DataFrame({"unique_id": ["a"], "ds": ["2024-01-01"]}))
