"""The worked tables of docs/concepts/time-and-stock.md, recomputed from the moves cell by cell."""

from __future__ import annotations

import doctest
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from onhand.inventory.costs import Costs, charge
from onhand.inventory.moves import place, serve_or_backorder, serve_or_lose
from onhand.inventory.stock import Stock

PAGE = Path(__file__).parents[2] / "docs" / "concepts" / "time-and-stock.md"


def table_with(column: str) -> list[dict[str, str]]:
    """The table of the page that has `column`, row by row."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    split = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    start = next(n for n, row in enumerate(split) if row[0] == "period" and column in row)
    rows = split[start + 2 : start + 6]
    return [dict(zip(split[start], row, strict=True)) for row in rows]


@pytest.mark.parametrize(
    ("shortage", "serve"), [("lost", serve_or_lose), ("backorders", serve_or_backorder)]
)
def test_worked_table_is_what_the_moves_do(shortage: str, serve: Callable[..., Any]) -> None:
    costs = Costs.of(0.20, 1.00, n_series=1)
    stock = Stock.of([6.0], [[0.0, 0.0]])
    rows = table_with(shortage)
    assert [row["period"] for row in rows] == ["1", "2", "3", "4"]
    for row in rows:
        position = stock.inventory_position.item()
        order = 10.0 - position
        stock, flow = serve(place(stock, [order], 1), [float(row["demand"])])
        seen = {
            "position before review": position,
            "order": order,
            "arrives": flow.arrivals.item(),
            "served": flow.served.item(),
            "on hand": flow.on_hand.item(),
            "cost": charge(flow, [order], costs).total.item(),
            "lost" if shortage == "lost" else "short": flow.short.item(),
        }
        if shortage == "backorders":
            seen["backorders"] = flow.backorders.item()
        for name, value in seen.items():
            assert float(row[name]) == pytest.approx(value), f"period {row['period']}, {name}"
        pipeline = [float(units) for units in row["pipeline after"].split(",")]
        np.testing.assert_array_equal(pipeline, stock.pipeline[0])


def test_code_on_the_page_runs() -> None:
    seen = doctest.testfile(str(PAGE), module_relative=False)
    assert seen.attempted > 5
    assert seen.failed == 0
