"""From whom is each item bought, where several suppliers offer it?

Every offer is asked for its own order (its packs, minima, price breaks and lead time, the same policy),
and all are judged by their landed cost on the same sample paths (`onhand.decide.replenish.sourcing`).
The cheapest is taken; of equal ones, the one listed first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from onhand.data.panel import Panel
from onhand.data.tables import Tables
from onhand.decide.replenish.rounding import round_order
from onhand.decide.replenish.sourcing import LandedCost, landed_cost
from onhand.forecast.forecaster import FittedForecaster
from onhand.inventory.policy import Situation
from onhand.inventory.stock import Stock
from onhand.plan.buying.offers import offers_of
from onhand.plan.buying.proposals import propose
from onhand.plan.buying.rules import Rules, rules_of
from onhand.plan.config import Config
from onhand.plan.economics import Economics, economics
from onhand.plan.outlook import Lookahead, blocks
from onhand.plan.plan import OfferCompared

__all__ = ["Choice", "choose_offers"]

Array = NDArray[np.float64]

_STEPS = 32  # of an order's worth, which the comparison itself does not use


@dataclass(frozen=True)
class Choice:
    """The offer taken at every stock point, and what the offers were judged by.

    terms : with the chosen offers
    compared : row -> its offers as judged; rows with one offer are not in it
    """

    terms: Economics
    compared: Mapping[int, tuple[OfferCompared, ...]]


def choose_offers(
    tables: Tables,
    panel: Panel,
    config: Config,
    first: Economics,
    fitted: FittedForecaster,
    stock: Stock,
    ahead: Lookahead,
) -> Choice:
    """The offers to take now; `first` are the terms with each stock point's first offer."""
    keys = pl.DataFrame({"item": panel.items, "location": panel.locations}).with_row_index("row")
    n_offers = offers_of(keys, tables).group_by("row").agg(n=pl.len()).sort("row")["n"].to_numpy()
    if n_offers.max(initial=1) == 1:
        return Choice(first, {})
    others = [np.full(panel.n_series, m) for m in range(1, int(n_offers.max()))]
    all_terms = [first, *(economics(tables, panel, config, m) for m in others)]
    candidates = [(terms, rules_of(tables, panel, terms, config)) for terms in all_terms]
    choice = np.zeros(panel.n_series, dtype=np.int64)
    compared: dict[int, tuple[OfferCompared, ...]] = {}
    reach = max(
        int(rules.timing.terms.protection_interval.max(initial=1)) for _, rules in candidates
    )
    ahead = replace(ahead, horizon=max(ahead.horizon, reach))
    for rows in blocks(panel.n_series, ahead.n_samples * ahead.horizon):
        several = rows.start + np.flatnonzero(n_offers[rows] > 1)
        if not len(several):
            continue
        rng = np.random.default_rng(ahead.seed)
        paths = fitted.paths(ahead.horizon, ahead.n_samples, rng=rng, rows=rows).values
        judged = _judge(
            several, n_offers[several], paths[several - rows.start], candidates, stock, ahead
        )
        for row, offers in zip(several.tolist(), judged, strict=True):
            choice[row] = int(np.argmin([offer.cost for offer in offers]))
            compared[row] = offers
    if not choice.any():
        return Choice(first, compared)
    return Choice(economics(tables, panel, config, choice), compared)


@dataclass(frozen=True)
class _Asked:
    """One offer's answer for the stock points that have it: what it would deliver, and at what price."""

    rows: NDArray[np.int64]
    terms: Economics
    situation: Situation
    quantity: Array
    unit_cost: Array


def _judge(
    rows: NDArray[np.int64],
    n_offers: NDArray[np.int64],
    paths: NDArray[np.float32],
    candidates: list[tuple[Economics, Rules]],
    stock: Stock,
    ahead: Lookahead,
) -> list[tuple[OfferCompared, ...]]:
    """The offers of some stock points, each with its own order on the same paths."""
    asked = [
        _ask(rows[n_offers > m], paths[n_offers > m], candidate, stock, ahead)
        for m, candidate in enumerate(candidates)
    ]
    least, margin, longest = (np.zeros(len(stock.on_hand)) for _ in range(3))
    least[:] = np.inf
    for a in asked:
        least[a.rows] = np.minimum(least[a.rows], a.unit_cost)
        margin[a.rows] = np.maximum(margin[a.rows], a.situation.costs.shortage_cost)
        longest[a.rows] = np.maximum(longest[a.rows], a.situation.terms.review_period)
    judged: dict[int, list[OfferCompared]] = {int(row): [] for row in rows}
    for a in asked:
        found = landed_cost(
            a.situation,
            a.quantity,
            unit_cost=a.unit_cost,
            least_unit_cost=least[a.rows],
            shortage_cost=margin[a.rows],
        )
        scale = longest[a.rows] / a.situation.terms.review_period
        for i, row in enumerate(a.rows.tolist()):
            judged[row].append(_compared(a, i, found, float(scale[i])))
    return [tuple(judged[int(row)]) for row in rows]


def _ask(
    rows: NDArray[np.int64],
    paths: NDArray[np.float32],
    candidate: tuple[Economics, Rules],
    stock: Stock,
    ahead: Lookahead,
) -> _Asked:
    terms, rules = candidate
    now = rules.timing.terms.rows(rows)
    situation = Situation(stock.rows(rows), paths, now, terms.costs.rows(rows))
    own = round_order(ahead.policy.order(situation), now, ahead.rounding)
    line = propose(situation, own, rules, rows, _STEPS)
    return _Asked(rows, terms, situation, line.quantity, line.unit_cost)


def _compared(asked: _Asked, i: int, found: LandedCost, scale: float) -> OfferCompared:
    part = {
        name: round(float(getattr(found, name)[i]) * scale, 2)
        for name in ("premium", "order", "transit", "shelf", "shortage")
    }
    row = int(asked.rows[i])
    return OfferCompared(
        supplier=str(asked.terms.supplier[row]),
        quantity=round(float(asked.quantity[i]), 4),
        unit_cost=round(float(asked.unit_cost[i]), 4),
        lead_time_days=round(float(asked.terms.lead_time_days[row]), 1),
        cost=round(sum(part.values()), 2),
        **part,
    )
