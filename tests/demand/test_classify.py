"""Stock points are sorted by money and by regularity."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onhand.data.panel import Frequency, Panel
from onhand.demand import (
    abc_classes,
    believe,
    demand_classes,
    revenues,
    size_variation,
    xyz_classes,
)
from onhand.demand.classify import demand_interval


def _history(rows: list[list[float]]) -> object:
    return believe(Panel.of(rows))


@pytest.mark.parametrize(
    ("demand", "wanted"),
    [
        ([4, 5, 6, 5, 4, 6], "smooth"),
        ([1, 9, 1, 9, 1, 9], "erratic"),
        ([5, 0, 5, 0, 5, 0], "intermittent"),
        ([1, 0, 19, 0, 1, 0], "lumpy"),
        ([0, 0, 0, 0, 0, 0], "none"),
    ],
)
def test_the_four_classes_of_demand(demand: list[float], wanted: str) -> None:
    """Syntetos, Boylan & Croston (2005): borders 1.32 periods and 0.49."""
    assert demand_classes(_history([demand])).tolist() == [wanted]  # type: ignore[arg-type]


def test_interval_and_variation_by_hand() -> None:
    """Sizes 2 and 4 in two of six periods: ADI 3, CV² = 2 / 9."""
    history = _history([[2, 0, 0, 4, 0, 0]])
    assert demand_interval(history).tolist() == [3.0]  # type: ignore[arg-type]
    assert size_variation(history) == pytest.approx([2 / 9])  # type: ignore[arg-type]


def test_unknown_periods_count_neither_as_demand_nor_as_its_absence() -> None:
    """A stock-out of half the year does not make an item intermittent."""
    panel = Panel.of([[5, 0] * 20], in_stock=[[1, 0] * 20])
    assert demand_classes(believe(panel)).tolist() == ["smooth"]


def test_only_the_last_year_counts() -> None:
    """An item that was lumpy two years ago and steady since is steady."""
    panel = Panel.of([[0, 30] * 40 + [5] * 53], frequency=Frequency.WEEK)
    assert xyz_classes(believe(panel)).tolist() == ["X"]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=30))
def test_a_classes_hold_the_first_eighty_per_cent(revenue: list[float]) -> None:
    """All A together reach 80 % of revenue, and without the smallest A they would not."""
    money = np.asarray(revenue)
    classes = abc_classes(money)
    a = money[classes == "A"]
    if money.sum() > 0:
        assert a.sum() >= 0.8 * money.sum() * (1 - 1e-9)
        assert a.sum() - a.min() < 0.8 * money.sum() * (1 + 1e-9)
    else:
        assert set(classes) == {"C"}


def test_revenue_is_net_of_returns_and_never_negative() -> None:
    """Money follows sales with returns taken off."""
    history = believe(Panel.of([[5, -2], [1, -4]]))
    assert revenues(history, np.array([2.0, 1.0])).tolist() == [6.0, 0.0]
