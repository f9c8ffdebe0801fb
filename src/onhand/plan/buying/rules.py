"""What do suppliers and the shop ask of this plan's orders, beyond packs and minimum orders?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from onhand.data.panel import Panel
from onhand.data.tables import Tables
from onhand.decide.replenish.price_breaks import PriceLadder
from onhand.inventory.stock import Stock
from onhand.plan.buying.order_days import Timing, order_days_of, timing_of
from onhand.plan.config import Config
from onhand.plan.economics import Economics, whole_periods
from onhand.plan.plan import OrderLine, Plan

__all__ = [
    "Rules",
    "SupplierRule",
    "frozen_window",
    "item_facts",
    "rules_by_supplier",
    "rules_of",
    "space_of",
    "taken_room",
    "unplaced",
]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class SupplierRule:
    """What a supplier asks of an order as a whole; 0: nothing.

    capacity : units that it delivers per order at most, all items together
    """

    order_cost: float = 0.0
    minimum_value: float = 0.0
    minimum_weight: float = 0.0
    minimum_volume: float = 0.0
    container_volume: float = 0.0
    container_weight: float = 0.0
    container_cost: float = 0.0
    capacity: float = np.inf

    @property
    def has_container(self) -> bool:
        """Whether it ships whole containers."""
        return self.container_volume > 0 or self.container_weight > 0


@dataclass(frozen=True)
class Rules:
    """What must hold of the orders of N stock points.

    ladder : unit cost by quantity
    capacity : (N,) units that the supplier still delivers of it in this order; inf: as many as wanted
    weight, volume : (N,) of one unit
    suppliers : supplier -> what it asks; those that ask something
    timing : when orders are placed and come
    shelf_life : (N,) periods after arrival that a unit can be sold; inf: for ever
    ends : (N,) periods from now until the item is no longer sold; inf: no end
    budget : money left for this plan;  space : volume that is neither full nor promised to open orders;
        inf: no limit
    previous : (N,) units ordered by the previous plan from the same supplier and not yet placed; 0: none
    keep_within : share of change below which the previous quantity stays
    is_frozen : (N,) whether the previous quantity stays in any case
    is_over : (N,) whether the item is more likely over than not, so that nothing is bought of it
    rooms : volume left in each location that has a limit of its own, by its code
    place : (N,) the location of each stock point; None where no location has a limit
    """

    ladder: PriceLadder
    capacity: Array
    weight: Array
    volume: Array
    suppliers: Mapping[str, SupplierRule]
    timing: Timing
    shelf_life: Array
    ends: Array
    budget: float
    space: float
    previous: Array
    keep_within: float
    is_frozen: NDArray[np.bool_]
    is_over: NDArray[np.bool_]
    rooms: Mapping[str, float] = field(default_factory=dict)
    place: NDArray[np.str_] | None = None

    @property
    def has_limits(self) -> bool:
        """Whether all orders together may take only so much money or room."""
        return bool(np.isfinite([self.budget, self.space]).any()) or bool(self.rooms)

    @property
    def room_sizes(self) -> dict[str, Array]:
        """What a unit of each stock point takes of the room of each location with a limit, (N,)."""
        if self.place is None:
            return {}
        return {name: np.where(self.place == name, self.volume, 0.0) for name in self.rooms}

    def has_room(self, quantity: Array) -> bool:
        """Whether what is ordered, (N,), fits into the space of the shop and of each location."""
        if float(self.volume @ quantity) > self.space * (1 + 1e-9):
            return False
        sizes = self.room_sizes
        return all(
            float(sizes[name] @ quantity) <= left * (1 + 1e-9) for name, left in self.rooms.items()
        )

    def less_room(self, quantity: Array) -> Rules:
        """The rules once these units, (N,), have taken their room."""
        sizes = self.room_sizes
        return replace(
            self,
            space=max(0.0, self.space - float(self.volume @ quantity)),
            rooms={
                name: max(0.0, left - float(sizes[name] @ quantity))
                for name, left in self.rooms.items()
            },
        )

    def without_limits(self) -> Rules:
        """The rules as if money and room were endless."""
        return replace(self, budget=np.inf, space=np.inf, rooms={}, place=None)

    @property
    def is_plain(self) -> bool:
        """Whether nothing is asked, so that every line can be decided for itself."""
        return not (
            self.suppliers
            or self.ladder.start.shape[1] > 1
            or self.has_limits
            or np.isfinite(self.capacity).any()
            or np.isfinite(self.shelf_life).any()
            or np.isfinite(self.ends).any()
            or self.previous.any()
            or self.is_over.any()
        )


def rules_of(
    tables: Tables,
    panel: Panel,
    terms: Economics,
    config: Config,
    previous: Plan | None = None,
    is_over: NDArray[np.bool_] | None = None,
    *,
    stock: Stock | None = None,
) -> Rules:
    """The rules for the offers chosen in `terms`; `is_over` (N,) marks items that no longer sell.

    stock : what takes room already, on the shelf and on order; None: only what was ordered today
    """
    start = panel.future_dates(1)[0]
    items = item_facts(panel, tables)
    volume = items["volume"].fill_null(0.0).to_numpy()
    spent, filled = _placed_today(panel, tables, terms, volume)
    if stock is not None:
        filled = taken_room(stock, volume)
    of_item, of_supplier = _ordered_today(panel, tables, terms)
    capacity = terms.offer["capacity"].fill_null(np.inf).to_numpy()
    limits, room_of = config.limits, space_of(tables, panel)
    there = np.zeros(panel.n_series) if stock is None else stock.on_hand + stock.on_order
    life = pl.Series(terms.offer["shelf_life"]).fill_null(items["shelf_life"])
    days_left = (items["discontinued"].cast(pl.Int64) - int(start.astype(np.int64))).cast(
        pl.Float64
    )
    before, is_frozen = _previous(tables, panel, terms, previous, config.plan.frozen_days)
    return Rules(
        ladder=_ladder(tables, terms),
        capacity=np.maximum(0.0, capacity - of_item),
        weight=items["weight"].fill_null(0.0).to_numpy(),
        volume=volume,
        suppliers=_supplier_rules(tables, terms, of_supplier),
        timing=timing_of(panel, terms, order_days_of(tables), tables.today),
        shelf_life=_periods(panel, life, round_up=False),
        ends=_periods(panel, days_left, round_up=True),
        budget=max(0.0, limits.budget - spent) if limits.budget > 0 else np.inf,
        space=max(0.0, limits.space - filled) if limits.space > 0 else np.inf,
        previous=before,
        keep_within=config.plan.keep_within,
        is_frozen=is_frozen,
        is_over=np.zeros(panel.n_series, dtype=bool) if is_over is None else is_over,
        rooms={
            name: max(0.0, most - float((there * volume) @ (panel.locations == name)))
            for name, most in room_of.items()
        },
        place=panel.locations if room_of else None,
    )


def space_of(tables: Tables, panel: Panel) -> dict[str, float]:
    """The room of each location of the panel that has a limit of its own, in volume."""
    known = tables.locations
    if known is None or "space" not in known.columns:
        return {}
    stated = known.filter(pl.col("space").is_not_null()).select("location", "space")
    used = set(panel.locations.tolist())
    return {name: float(most) for name, most in sorted(stated.iter_rows()) if name in used}


def taken_room(stock: Stock, volume: Array) -> float:
    """Volume of all that is on the shelf and on order."""
    return float((stock.on_hand + stock.on_order) @ volume)


def item_facts(panel: Panel, tables: Tables) -> pl.DataFrame:
    """Weight, volume, shelf life and end of each stock point's item, null where unknown."""
    kinds = {
        "weight": pl.Float64(),
        "volume": pl.Float64(),
        "shelf_life": pl.Float64(),
        "discontinued": pl.Date(),
    }
    keys = pl.DataFrame({"item": panel.items})
    items = tables.items if tables.items is not None else pl.DataFrame({"item": []})
    items = items.with_columns(
        pl.lit(None, dtype=kind).alias(name)
        for name, kind in kinds.items()
        if name not in items.columns
    )
    known = items.select(pl.col("item").cast(pl.String), *kinds).unique(
        "item", keep="first", maintain_order=True
    )
    return keys.join(known, on="item", how="left", maintain_order="left")


def _periods(panel: Panel, days: pl.Series, *, round_up: bool) -> Array:
    """Days as periods, inf where null; never below 0."""
    known = days.cast(pl.Float64).fill_null(np.inf).to_numpy().copy()
    finite = np.isfinite(known)
    if not finite.any():
        return np.asarray(known)
    if round_up:
        known[finite] = whole_periods(panel, np.maximum(known[finite], 0.0))
    else:
        known[finite] *= panel.frequency.per_year / 365.25
    return np.asarray(np.maximum(known, 0.0))


def rules_by_supplier(tables: Tables) -> dict[str, SupplierRule]:
    """What every supplier asks of an order as a whole, as the table states it."""
    if tables.suppliers is None:
        return {}
    names = [f for f in SupplierRule.__dataclass_fields__ if f in tables.suppliers.columns]
    return {
        row["supplier"]: SupplierRule(
            **{name: float(row[name]) for name in names if row[name] is not None}
        )
        for row in tables.suppliers.select("supplier", *names).iter_rows(named=True)
    }


def _supplier_rules(
    tables: Tables, terms: Economics, ordered: Mapping[str, float]
) -> Mapping[str, SupplierRule]:
    """What the suppliers in use ask; their capacity less what was `ordered` of them today."""
    used = set(terms.supplier.tolist())
    rules = {
        name: replace(rule, capacity=max(0.0, rule.capacity - ordered.get(name, 0.0)))
        for name, rule in rules_by_supplier(tables).items()
        if name in used
    }
    return {name: rule for name, rule in rules.items() if rule != SupplierRule()}


def _ladder(tables: Tables, terms: Economics) -> PriceLadder:
    """The price breaks of each stock point's offer; its supplier's own before those of all."""
    breaks = tables.price_breaks
    if breaks is None or not len(breaks):
        return PriceLadder.flat(terms.unit_cost)
    if "supplier" not in breaks.columns:
        breaks = breaks.with_columns(supplier=pl.lit(None, dtype=pl.String))
    steps: dict[tuple[str, str | None], list[tuple[float, float]]] = {}
    for row in breaks.iter_rows(named=True):
        steps.setdefault((row["item"], row["supplier"]), []).append(
            (float(row["quantity"]), float(row["unit_cost"]))
        )
    offers = terms.offer.select("item", "supplier").iter_rows()
    found = [sorted(steps.get((i, s)) or steps.get((i, None)) or []) for i, s in offers]
    width = 1 + max((len(each) for each in found), default=0)
    start = np.full((len(found), width), np.inf)
    cost = np.repeat(terms.unit_cost[:, None], width, axis=1)
    start[:, 0] = 0.0
    for n, each in enumerate(found):
        for k, (quantity, price) in enumerate(each, start=1):
            start[n, k], cost[n, k:] = quantity, price
    return PriceLadder(start, cost)


def _placed_today(
    panel: Panel, tables: Tables, terms: Economics, volume: Array
) -> tuple[float, float]:
    """Money and volume of open orders placed on the day of the plan: they count for its limits."""
    inbound = tables.inbound
    if inbound is None or "order_date" not in inbound.columns:
        return 0.0, 0.0
    keys = pl.DataFrame(
        {
            "item": panel.items,
            "location": panel.locations,
            "unit_cost": terms.unit_cost,
            "volume": volume,
        }
    )
    today = inbound.filter(pl.col("order_date") >= panel.future_dates(1)[0].item())
    placed = today.join(keys, on=["item", "location"], how="inner")
    money = (placed["quantity"] * placed["unit_cost"]).sum()
    return float(money), float((placed["quantity"] * placed["volume"]).sum())


def _ordered_today(
    panel: Panel, tables: Tables, terms: Economics
) -> tuple[Array, Mapping[str, float]]:
    """Units ordered on the day of the plan from the supplier of each offer, (N,), and from each supplier.

    They count against what it can deliver, so that planning again after ordering asks for no more.
    """
    nothing = np.zeros(panel.n_series)
    inbound = tables.inbound
    if inbound is None or not {"order_date", "supplier"} <= set(inbound.columns):
        return nothing, {}
    today = inbound.filter(pl.col("order_date") >= panel.future_dates(1)[0].item())
    each = today.group_by("item", "location", "supplier").agg(pl.col("quantity").sum())
    offers = terms.offer.select("item", "location", "supplier")
    units = offers.join(
        each, on=["item", "location", "supplier"], how="left", maintain_order="left"
    )
    whole = today.group_by("supplier").agg(pl.col("quantity").sum())
    return (
        units["quantity"].fill_null(0.0).to_numpy(),
        {name: float(sum_of) for name, sum_of in whole.iter_rows() if name is not None},
    )


def _previous(
    tables: Tables, panel: Panel, terms: Economics, previous: Plan | None, frozen_days: float
) -> tuple[Array, NDArray[np.bool_]]:
    """Units that the previous plan ordered and nobody has placed yet, and which of them are frozen.

    Only those of the supplier in `terms`: from another they would be another order.

    """
    quantity = np.zeros(panel.n_series)
    is_frozen = np.zeros(panel.n_series, dtype=bool)
    is_inside = frozen_window(panel, frozen_days)
    for row, line in unplaced(tables, panel, previous):
        if line.kind == "order" and line.supplier == str(terms.supplier[row]):
            quantity[row] = line.quantity
            is_frozen[row] = is_inside(line.order_date)
    return quantity, is_frozen


def frozen_window(panel: Panel, frozen_days: float) -> Callable[[str], bool]:
    """Whether an order of that date is frozen. One that should have been placed before today would be late."""
    today = panel.future_dates(1)[0].item()
    end = today + timedelta(days=frozen_days)
    return lambda when: today <= date.fromisoformat(when) < end


def unplaced(
    tables: Tables, panel: Panel, previous: Plan | None
) -> Iterator[tuple[int, OrderLine]]:
    """The stock point and line of each of the previous plan's orders that nobody has placed yet.

    An order counts as placed once an open or received order of its stock point, from its supplier or from one
    that is not named, was ordered on the day of that plan or later.
    """
    if previous is None:
        return
    placed: set[tuple[str, str, str | None]] = set()
    inbound = tables.inbound
    if inbound is not None and "order_date" in inbound.columns:
        since = inbound.filter(pl.col("order_date") >= date.fromisoformat(previous.made_for))
        if "supplier" not in since.columns:
            since = since.with_columns(supplier=pl.lit(None, dtype=pl.String))
        placed = set(since.select("item", "location", "supplier").iter_rows())
    keys = zip(panel.items.tolist(), panel.locations.tolist(), strict=True)
    row_of = {key: row for row, key in enumerate(keys)}
    for line in previous.orders:
        key = line.item, line.location
        if key in row_of and not {(*key, None), (*key, line.supplier)} & placed:
            yield row_of[key], line
