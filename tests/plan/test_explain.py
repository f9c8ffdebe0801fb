"""An explanation holds the forecast against what was sold, and says why nothing is ordered."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from onhand.plan.explain import explain
from onhand.plan.made_of import said_parts
from onhand.plan.plan import Part, Plan, PointOutlook, Sold


def with_point(plan: Plan, **changes: object) -> tuple[Plan, PointOutlook]:
    """The plan with its first stock point changed and without its order."""
    point = replace(plan.stock_points[0], **changes)  # type: ignore[arg-type]
    orders = tuple(line for line in plan.orders if line.item != point.item)
    return replace(plan, stock_points=(point, *plan.stock_points[1:]), orders=orders), point


def test_what_was_sold_stands_beside_what_is_expected(plan: Plan) -> None:
    """The means are those of the shop's sales, stretch by stretch."""
    sold = plan.stock_points[-1].sold
    assert sold is not None
    assert sold.year_ago is None  # half a year of history
    assert sold.year is not None
    assert sold.year == pytest.approx(11, rel=0.2)  # the last item sells 11 a week
    told = explain(plan, plan.stock_points[-1].item)
    assert "sold " in told
    assert "in the last 28 days" in told
    assert "a year before" not in told


def test_unknown_periods_are_told(plan: Plan) -> None:
    """Three weeks with an empty shelf say nothing; an item never sold has no past at all."""
    changed, point = with_point(plan, sold=Sold(4.0, 5.0, 6.0, 7.0, 3))
    told = explain(changed, point.item)
    assert "7 a year before what is planned now; 3 weeks of the quarter say nothing" in told
    changed, point = with_point(plan, sold=Sold(None, None, None, None, 0))
    assert "nothing yet" in explain(changed, point.item)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"cover": 8.0, "status": "ok"}, "covers 8 weeks; in 90% of worlds it lasts until"),
        (
            {"cover": 90.0, "status": "excess", "money": 120.0},
            "€120 of it at cost is more than 182 days",
        ),
        ({"cover": 90.0, "status": "dying", "money": 75.0}, "€75.00 at cost are tied up"),
        ({"cover": None, "status": "ok"}, "Nothing is expected to sell."),
        ({"not_ordered": "5 are needed and not ordered"}, "why nothing     5 are needed"),
    ],
)
def test_why_nothing_is_ordered(plan: Plan, changes: dict[str, object], said: str) -> None:
    """Enough, too much, over, or held back."""
    changed, point = with_point(plan, stockout_probability=0.1, **changes)
    assert said in explain(changed, point.item)


def test_a_place_in_life_is_named() -> None:
    """Over, new, or of an age: the same part means different things."""
    parts = (Part("level", 9.0), Part("life cycle", -6.0))
    for about, said in (
        ({"alive": 0.3}, "a chance of 70% that it is over takes off 6"),
        ({"likes": ("mug",)}, "what items like it sold when they were new takes off 6"),
        ({}, "its age takes off 6"),
    ):
        assert said in said_parts(parts, "week", **about)  # type: ignore[arg-type]


def test_the_printed_steps_add_up_to_the_hundredth(plan: Plan) -> None:
    """target - projected + besides = need, need + increments = order, as a buyer adds them up by hand."""
    for line in plan.orders:
        rows = explain(plan, line.item).split("\n\n")[0].splitlines()[1:]
        first, last = (
            next(k for k, row in enumerate(rows) if re.match(rf"\s*{name}\s{{2}}", row))
            for name in ("target", "order")
        )
        total = needed = 0.0
        for row in rows[first:last]:
            found = re.search(r"\s{2}([+-]?[\d,.]+)( |$)", row)
            assert found, row
            value = float(found[1].replace(",", ""))
            if row.strip().startswith("need"):
                assert value == pytest.approx(max(0.0, total), abs=0.031)
                needed = value
            else:
                total += -value if row.strip().startswith("minus") else value
                needed += value if found[1][0] in "+-" else 0.0
        assert needed == pytest.approx(line.quantity, abs=0.011)
