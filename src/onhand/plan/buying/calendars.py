"""What is the plan told of order cycles, and how is it made with the cheaper ones?

The advice itself is that of `onhand.plan.buying.cycles`. It stands in every plan where orders cost something;
`supply.cycles = "proposed"` makes the plan as if the cycles had been stated in the supply table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from onhand.data.panel import Panel
from onhand.data.tables import Tables
from onhand.plan.buying.cycles import CycleAdvice
from onhand.plan.buying.offers import offers_of
from onhand.plan.plan import Calendar
from onhand.plan.wording import money, plural, units

__all__ = ["calendar_of", "with_cycles"]

_KINDS = {
    "item": pl.String,
    "location": pl.String,
    "supplier": pl.String,
    "review_days": pl.Float64,
}
_KEY = ["item", "location", "supplier"]


def calendar_of(advice: CycleAdvice, currency: str, *, is_used: bool) -> Calendar:
    """One supplier's advice as the plan keeps it."""
    slower = tuple((i.item, i.location, i.days) for i in advice.items if i.every > 1)
    return Calendar(
        supplier=advice.supplier,
        n_items=advice.n_items,
        every_days_now=advice.days_now,
        every_days=advice.days,
        cost_now=advice.cost_now,
        cost=advice.cost,
        saved=round(advice.saving, 2),
        bound=advice.bound,
        slower=slower,
        is_used=is_used,
        sentence=_sentence(advice, len(slower), currency),
    )


def _sentence(advice: CycleAdvice, n_slower: int, currency: str) -> str:
    if advice.saving < 0.005:
        return f"Every {units(advice.days_now)} days is as cheap as any other cycle."
    rest = f", {plural(n_slower, 'item')} less often" if n_slower else ""
    return (
        f"Every {units(advice.days)} days{rest}, instead of every {units(advice.days_now)}: "
        f"{money(advice.saving, currency)} a year less for orders, lines, containers and stock."
    )


def with_cycles(tables: Tables, panel: Panel, advice: Sequence[CycleAdvice]) -> Tables:
    """The tables as if the advised cycles had been stated in the supply table, item by item."""
    every = {
        (one.supplier, item.item, item.location): item.days
        for one in advice
        if one.saving > 0
        for item in one.items
    }
    if not every:
        return tables
    keys = pl.DataFrame({"item": panel.items, "location": panel.locations}).with_row_index("row")
    # Every offer is stated, not only the advised ones: a row that names the location would hide the rest.
    offers = offers_of(keys, tables).select(*_KEY).iter_rows()
    stated = [(item, place, who, every.get((who, item, place))) for item, place, who in offers]
    added = pl.DataFrame(stated, schema=_KINDS, orient="row")
    supply = tables.supply if tables.supply is not None else pl.DataFrame(schema=_KINDS)
    supply = supply.with_columns(
        pl.lit(None, dtype=kind).alias(name)
        for name, kind in _KINDS.items()
        if name not in supply.columns
    )
    told = supply.join(added, on=_KEY, how="left", nulls_equal=True, suffix="_told")
    told = told.with_columns(review_days=pl.coalesce("review_days_told", "review_days"))
    fresh = added.join(supply.select(_KEY), on=_KEY, how="anti", nulls_equal=True)
    both = pl.concat([told.select(supply.columns), fresh], how="diagonal_relaxed")
    return replace(tables, supply=both)
