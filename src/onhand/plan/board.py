"""How does the shop stand as a whole? Sums of the plan's own rows, as printed."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from onhand.plan.plan import Board, OrderLine, PointOutlook
from onhand.plan.workings import Workings

__all__ = ["board_of"]


def board_of(
    work: Workings, orders: tuple[OrderLine, ...], points: tuple[PointOutlook, ...]
) -> Board:
    """The totals of `orders` and `points`, and what to expect of the next protection interval."""
    out = work.outlook
    count = dict.fromkeys(("stocked_out", "at_risk", "excess", "new", "dying", "ok"), 0)
    for point in points:
        count[point.status] += 1
    return Board(
        stock_value=_sum(p.stock_value for p in points),
        stock_units=_sum(p.on_hand for p in points),
        on_order_value=_sum(round(p.on_order * p.unit_cost, 2) for p in points),
        on_order_units=_sum(p.on_order for p in points),
        order_value=_sum(line.cost for line in orders),
        order_units=_sum(line.quantity for line in orders),
        n_order_lines=len(orders),
        expected_fill_rate=_fill_rate(work, out.lost_with),
        expected_fill_rate_without=_fill_rate(work, out.lost),
        money_at_risk=_margin(work, out.lost),
        money_at_risk_with=_margin(work, out.lost_with),
        n_stocked_out=count["stocked_out"],
        n_at_risk=count["at_risk"],
        n_excess=count["excess"],
        n_new=count["new"],
        n_dying=count["dying"],
        n_ok=count["ok"],
        excess_value=_sum(p.money for p in points if p.status == "excess"),
        perishing_value=round(float(out.expired @ work.economics.unit_cost), 2),
        perishing_value_with=round(float(out.expired_with @ work.economics.unit_cost), 2),
        is_stock_assumed=work.is_stock_assumed,
    )


def _fill_rate(work: Workings, lost: NDArray[np.float64]) -> float:
    wanted = float(work.outlook.interval_mean.sum())
    return round(1 - float(lost.sum()) / wanted, 4) if wanted > 0 else 1.0


def _margin(work: Workings, lost: NDArray[np.float64]) -> float:
    """Margin of the units lost (N,), of all stock points: what nobody orders is at risk, too."""
    return _sum(np.round(np.maximum(lost, 0.0) * work.margin, 2))


def _sum(values: Iterable[float]) -> float:
    return round(math.fsum(values), 2)
