"""Which items does a planner want to see, and what is drawn for them?"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onhand.plan.card import Band, Card, Fan, Past, Projection
from onhand.plan.made_of import said_parts
from onhand.plan.outlook import view_of
from onhand.plan.plan import OrderLine
from onhand.plan.points import sentence_about, stockout_date
from onhand.plan.projection import View, with_order
from onhand.plan.workings import Workings

__all__ = ["cards"]

_SHOWN = {"day": 182, "week": 78, "month": 36}  # past periods drawn


def cards(work: Workings, orders: Iterable[OrderLine]) -> tuple[Card, ...]:
    """Cards of the stock points that matter most.

    Taken in turn from the most money at risk without the order, the most money at stake among the
    exceptions, and the most revenue.
    """
    sentences: dict[tuple[str, str], str] = {}
    for line in orders:  # a bridge is told after the line that it stands beside
        key, first = (line.item, line.location), line.kind == "order"
        told = sentences.get(key, "")
        parts = (line.sentence, told) if first else (told, line.sentence)
        sentences[key] = " ".join(part for part in parts if part)
    return tuple(_card(work, row, sentences) for row in _rows_that_matter(work))


def _rows_that_matter(work: Workings) -> list[int]:
    at_risk = work.outlook.lost * work.margin
    rankings = [
        np.argsort(-at_risk, kind="stable"),
        np.argsort(-np.where(work.status == "ok", 0.0, work.at_stake), kind="stable"),
        np.argsort(-work.revenue, kind="stable"),
    ]
    n = work.config.plan.n_cards
    in_turn = chain.from_iterable(zip_longest(*(ranking[:n].tolist() for ranking in rankings)))
    return list(dict.fromkeys(row for row in in_turn if row is not None))[:n]


def _card(work: Workings, row: int, sentences: dict[tuple[str, str], str]) -> Card:
    item, location = str(work.panel.items[row]), str(work.panel.locations[row])
    ahead, terms = work.ahead, work.economics
    one = slice(row, row + 1)
    view = view_of(work.fitted, work.stock, terms.terms, terms.costs, ahead, one)
    dates = tuple(str(d) for d in work.panel.future_dates(ahead.horizon))
    said = [
        sentence_about(work, row),
        said_parts(
            work.parts.get(row, ()),
            work.frequency,
            alive=float(work.life.alive[row]),
            likes=work.likes.get(row, ()),
        ),
        sentences.get((item, location), "Nothing to order now."),
    ]
    return Card(
        item=item,
        location=location,
        title=str(work.economics.title[row]),
        status=str(work.status[row]),
        history=_past(work, row),
        fan=_fan(view.now.paths[0], dates),
        projection=_projection(view, work.outlook.quantity[one], dates),
        stockout_date=stockout_date(work, row),
        stockout_probability=round(float(work.outlook.stockout[row]), 4),
        sentence=" ".join(text for text in said if text),
    )


def _past(work: Workings, row: int) -> Past:
    panel, last = work.panel, slice(-_SHOWN[work.frequency], None)
    promotion = panel.known.get("promotion")
    if promotion is None:
        promoted = np.full(panel.n_periods, np.nan)
    else:
        promoted = promotion[row if len(promotion) > 1 else 0, : panel.n_periods]
    return Past(
        dates=tuple(str(d) for d in panel.dates[last]),
        sales=_gaps(panel.sales[row, last]),
        demand=_gaps(work.history.values[row, last]),
        in_stock=_series(panel.in_stock[row, last]),
        promotion=_gaps(promoted[last]),
    )


def _fan(paths: NDArray[np.float32], dates: tuple[str, ...]) -> Fan:
    """`paths` are (S, H)."""
    p05, p25, p50, p75, p95 = np.quantile(paths, [0.05, 0.25, 0.5, 0.75, 0.95], axis=0)
    return Fan(
        dates=dates,
        mean=_series(paths.mean(axis=0, dtype=np.float64)),
        p05=_series(p05),
        p25=_series(p25),
        p50=_series(p50),
        p75=_series(p75),
        p95=_series(p95),
    )


def _projection(view: View, quantity: NDArray[np.float64], dates: tuple[str, ...]) -> Projection:
    inbound = with_order(view.now, np.zeros(1))
    both = with_order(view.beside or view.shown, quantity)
    expected = _expected(inbound)
    proposed = _expected(both) - expected
    return Projection(
        dates=dates,
        with_order=_band(view.projected(both).on_hand[0]),
        without_order=_band(view.projected(inbound).on_hand[0]),
        inbound=_series(expected),
        proposed=_series(proposed),
    )


def _expected(due: NDArray[Any]) -> NDArray[Any]:
    """Units expected at the start of each period, (H,), of (1, H) or (1, S, H)."""
    return np.asarray(due[0] if due.ndim == 2 else due[0].mean(axis=0, dtype=np.float64))


def _band(on_hand: NDArray[np.float32]) -> Band:
    p10, p50, p90 = np.quantile(on_hand, [0.1, 0.5, 0.9], axis=0)
    return Band(_series(p10), _series(p50), _series(p90))


def _series(values: NDArray[Any]) -> tuple[float, ...]:
    return tuple(round(float(v), 2) for v in values)


def _gaps(values: NDArray[Any]) -> tuple[float | None, ...]:
    return tuple(round(float(v), 2) if np.isfinite(v) else None for v in values)
