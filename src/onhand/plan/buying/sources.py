"""From whom should each item come in the long run, and how often should each supplier be ordered from?

Where several suppliers offer an item and their orders or lines cost something, or must reach a minimum value, the
supplier of each item and the calendar of each supplier are one question
(`onhand.decide.replenish.supplier_calendars`): an item moved to another supplier may save an order, or leave
one below its minimum. The answer of the solver stands beside that of the rule: each item from its own
cheapest supplier, then each supplier's best calendar.

Suppliers that ship containers are left out: `onhand.plan.buying.cycles` weighs those.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from onhand.data.tables import Tables
from onhand.decide.replenish.supplier_calendars import (
    CALENDARS,
    SupplierChoice,
    SupplierProblem,
    exact_suppliers,
    item_by_item,
)
from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError
from onhand.plan.buying.cycles import pace
from onhand.plan.buying.offers import offers_of
from onhand.plan.buying.packing import Solver
from onhand.plan.buying.rules import SupplierRule, item_facts, rules_by_supplier
from onhand.plan.config import Config
from onhand.plan.economics import Economics, economics

__all__ = ["SourceAdvice", "advise_sources"]

Array = NDArray[np.float64]

_MOST_NUMBERS = 20_000  # of item, supplier and calendar together
_FORBIDDEN = (
    10.0  # minimum values: what an order below the minimum is taken to cost, for it is refused
)
_WEEK, _MONTH = 7.0, 365.25 / 12


@dataclass(frozen=True)
class SourceAdvice:
    """Who should deliver what, and how often; money per year beyond the goods at their cheapest price.

    suppliers : those that were chosen among
    items : (item, location, supplier) of every stock point with a choice
    days : (supplier, days between orders); those from whom nothing comes are left out
    cost, cost_by_rule, bound : the bound is None where the solver did not finish
    """

    suppliers: tuple[str, ...]
    items: tuple[tuple[str, str, str], ...]
    days: tuple[tuple[str, float], ...]
    cost: float
    cost_by_rule: float
    bound: float | None


def advise_sources(
    tables: Tables, history: DemandHistory, terms: Economics, config: Config
) -> SourceAdvice | None:
    """The advice for all suppliers that share items; None where there is nothing to choose.

    `terms` are those with each stock point's first offer.
    """
    asked = rules_by_supplier(tables)
    solver = Solver(config.supply.solver_seconds)
    fixed = any(r.order_cost > 0 or r.minimum_value > 0 for r in asked.values())
    if solver.seconds <= 0 or not (fixed or terms.costs.order_cost.any()):
        return None
    panel = history.panel
    keys = pl.DataFrame({"item": panel.items, "location": panel.locations}).with_row_index("row")
    n_offers = offers_of(keys, tables).group_by("row").agg(n=pl.len()).sort("row")["n"].to_numpy()
    if n_offers.max(initial=1) < 2:
        return None
    offers = [terms] + [
        economics(tables, panel, config, np.full(panel.n_series, m))
        for m in range(1, int(n_offers.max()))
    ]
    life = pl.Series(terms.offer["shelf_life"]).fill_null(item_facts(panel, tables)["shelf_life"])
    chosen = _in_play(offers, n_offers, asked, life.is_null().to_numpy())
    if chosen is None:
        return None
    rows, names = chosen
    month = panel.frequency.value == "month"
    unit = _MONTH if month else _WEEK
    problem = _problem(history, offers, n_offers, rows, names, asked, unit)
    if problem is None or problem.price.size * len(CALENDARS) > _MOST_NUMBERS:
        return None
    by_rule = item_by_item(problem)
    try:
        found, bound = _proven(problem, solver)
    except ConfigError:
        found, bound = by_rule, None
    found = found if found.cost <= by_rule.cost else by_rule
    if _is_refused(problem, found):
        return None
    goods = float(problem.demand @ np.nanmin(problem.price, axis=1))
    a_year = 365.25 / unit
    with_choice = np.isfinite(problem.price).sum(axis=1) > 1
    return SourceAdvice(
        suppliers=tuple(names),
        items=tuple(
            (str(panel.items[row]), str(panel.locations[row]), names[who])
            for row, who, several in zip(
                rows.tolist(), found.supplier.tolist(), with_choice.tolist(), strict=True
            )
            if several
        ),
        days=tuple(
            (name, round(every * unit, 2))
            for name, every in zip(names, found.calendar.tolist(), strict=True)
            if every
        ),
        cost=(found.cost - goods) * a_year,
        cost_by_rule=(by_rule.cost - goods) * a_year,
        bound=None if bound is None else (bound - goods) * a_year,
    )


def _proven(problem: SupplierProblem, solver: Solver) -> tuple[SupplierChoice, float | None]:
    """The solver's choice and its bound; None where it did not finish."""
    found = exact_suppliers(problem, gap=1e-4, ask=solver.effort.solve)
    bound = found.bound
    finished = bound is not None and found.cost - bound <= 2e-4 * abs(found.cost)
    return found, bound if finished else None


def _in_play(
    offers: list[Economics],
    n_offers: NDArray[np.int64],
    asked: Mapping[str, SupplierRule],
    keeps: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], list[str]] | None:
    """Stock points whose every supplier is among those that share items, and these suppliers' names.

    Only of items that keep: what perishes is ordered as often as it must be.
    """
    has = [n_offers > m for m in range(len(offers))]
    shared = {
        name
        for offer, mine in zip(offers, has, strict=True)
        for name in offer.supplier[mine & (n_offers > 1)].tolist()
    }
    names = sorted(n for n in shared if not asked.get(n, SupplierRule()).has_container)
    inside = np.ones(len(n_offers), dtype=bool)
    for offer, mine in zip(offers, has, strict=True):
        inside &= ~mine | np.isin(offer.supplier, names)
    rows = np.flatnonzero(inside & keeps)
    return (rows, names) if len(names) > 1 and (n_offers[rows] > 1).any() else None


def _problem(
    history: DemandHistory,
    offers: list[Economics],
    n_offers: NDArray[np.int64],
    rows: NDArray[np.int64],
    names: list[str],
    asked: Mapping[str, SupplierRule],
    unit: float,
) -> SupplierProblem | None:
    """The suppliers and items as a problem in periods of `unit` days; None: nothing is sold."""
    mean, spread = pace(history, rows)
    periods = unit * history.panel.frequency.per_year / 365.25  # of the panel, in one unit
    n, s = len(rows), len(names)
    price, line_cost, lead = (np.full((n, s), np.nan) for _ in range(3))
    for m, offer in enumerate(offers):
        at = np.flatnonzero(n_offers[rows] > m)
        who = np.searchsorted(names, offer.supplier[rows[at]])
        price[at, who] = offer.unit_cost[rows[at]]
        line_cost[at, who] = offer.costs.order_cost[rows[at]]
        lead[at, who] = offer.lead_time_days[rows[at]] / unit
    if not (mean > 0).any() or (price <= 0).any():
        return None
    rule = [asked.get(name, SupplierRule()) for name in names]
    least = np.array([r.minimum_value for r in rule])
    rate = offers[0].costs.holding_cost[rows] / np.maximum(offers[0].unit_cost[rows], 1e-12)
    return SupplierProblem(
        price=price,
        demand=mean * periods,
        spread=spread * np.sqrt(periods),
        line_cost=_mean(line_cost),
        order_cost=np.array([r.order_cost for r in rule]),
        minimum_value=least,
        surcharge=_FORBIDDEN * least,
        lead_time=_mean(lead),
        holding_rate=float(np.median(rate)) * periods,
    )


def _mean(values: Array) -> Array:
    """The mean of each column, NaN passed over; 0 where there is nothing else."""
    known = np.isfinite(values)
    total = np.where(known, values, 0.0).sum(axis=0)
    return np.asarray(total / np.maximum(known.sum(axis=0), 1))


def _is_refused(problem: SupplierProblem, found: SupplierChoice) -> bool:
    """Whether some order would stay below its supplier's minimum."""
    price = problem.price[np.arange(len(found.supplier)), found.supplier]
    value = np.bincount(found.supplier, problem.demand * price, minlength=len(found.calendar))
    return bool(
        (value * found.calendar < problem.minimum_value * (found.calendar > 0) - 1e-6).any()
    )
