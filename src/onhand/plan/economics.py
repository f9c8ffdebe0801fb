"""On what terms does the shop buy and sell each stock point?

Each term is taken from the most telling place: the supply table, the items table, the sales
themselves, and last the settings. Where the settings had to stand in, an `Assumption` says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

import numpy as np
import polars as pl
from numpy.typing import NDArray

from onhand.data.order_checks import still_to_come
from onhand.data.panel import Panel
from onhand.data.tables import Tables
from onhand.inventory.costs import Costs
from onhand.inventory.terms import SupplyTerms
from onhand.plan.buying.offers import chosen_offers, offers_of
from onhand.plan.buying.receipts import (
    Deliveries,
    learn_deliveries,
    notes_on,
    with_planned_lead_times,
)
from onhand.plan.buying.supplier_days import OrderDays, order_days_of
from onhand.plan.config import Config
from onhand.plan.plan import Assumption

__all__ = ["Economics", "economics", "whole_periods"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Economics:
    """What N stock points cost, earn, and are supplied on; each (N,).

    title, supplier : names for people
    offer : the chosen offer of each stock point, as in `onhand.plan.buying.offers`
    deliveries : how suppliers kept their promises
    order_days : when suppliers take orders and work; under None those of all that are not named
    price, unit_cost : money per unit
    lead_time_days : days from order to sale;  review_days : from one order to the next
    costs : Costs per period;  terms : SupplyTerms in periods
    assumptions : what nobody said, and what stands in for it
    """

    title: NDArray[np.str_]
    supplier: NDArray[np.str_]
    price: Array
    unit_cost: Array
    lead_time_days: Array
    review_days: Array
    costs: Costs
    terms: SupplyTerms
    assumptions: tuple[Assumption, ...]
    offer: pl.DataFrame
    deliveries: Deliveries
    order_days: Mapping[str | None, OrderDays] = field(default_factory=dict)

    @property
    def promised_days(self) -> NDArray[np.int64]:
        """Days from order to sale as the supplier promises them, (N,); as planned where it does not."""
        planned = pl.Series(self.lead_time_days)
        days = self.offer["promised"].cast(pl.Float64).fill_null(planned)
        return days.ceil().cast(pl.Int64).to_numpy()


def economics(
    tables: Tables, panel: Panel, config: Config, choice: NDArray[np.int64] | None = None
) -> Economics:
    """The terms of every stock point of `panel`, from `tables` and, where they are silent, `config`.

    `choice` (N,) is the number of the offer taken at each stock point, in the order of the supply
    table; the first unless given.
    """
    keys = pl.DataFrame({"item": panel.items, "location": panel.locations}).with_row_index("row")
    offers = offers_of(keys, tables)
    tables = still_to_come(tables)  # a receipt of a day to come teaches nothing
    deliveries = learn_deliveries(offers, tables)
    share = config.supply.lead_time_quantile
    offers = with_planned_lead_times(offers, tables, deliveries, share)
    taken = np.zeros(len(keys), dtype=np.int64) if choice is None else choice
    supply = chosen_offers(offers, pl.Series(taken))
    items = _by_item(keys, tables.items)
    seen = _Seen(len(keys))
    price, unit_cost = _money(supply, items, _sold_at(keys, tables.sales), config, seen)
    days = seen.fill(
        "supply.lead_time_days",
        [supply["lead_time"]],
        config.supply.lead_time_days,
        "days",
        "no lead time in the supply table",
    )
    review_days = seen.fill(
        "supply.review_days",
        [supply["review_days"]],
        config.supply.review_days,
        "days",
        "no review days in the supply table",
    )
    moq = seen.fill(
        "supply.minimum_order",
        [supply["moq"]],
        config.supply.minimum_order,
        "units",
        "no minimum order in the supply table",
    )
    pack = seen.fill(
        "supply.pack_size",
        [supply["pack_size"]],
        config.supply.pack_size,
        "units",
        "no pack size in the supply table",
    )
    order_cost = seen.fill(
        "costs.order_cost",
        [supply["order_cost"]],
        config.costs.order_cost,
        config.shop.currency,
        "no order cost in the supply table",
    )
    n = len(keys)
    return Economics(
        title=_text(items["title"], panel.items),
        supplier=_text(supply["supplier"], np.full(n, config.supply.supplier)),
        price=price,
        unit_cost=unit_cost,
        lead_time_days=days,
        review_days=review_days,
        costs=_costs(price, unit_cost, order_cost, panel, config, seen),
        terms=SupplyTerms.of(
            lead_time=whole_periods(panel, days),
            review_period=np.maximum(1, whole_periods(panel, review_days)),
            minimum_order=moq,
            pack_size=pack,
            n_series=n,
        ),
        assumptions=(*seen.assumptions, *notes_on(deliveries, share)),
        offer=supply,
        order_days=order_days_of(tables),
        deliveries=deliveries,
    )


def whole_periods(panel: Panel, days: Array) -> NDArray[np.int64]:
    """Full periods that pass before goods due in so many days can be sold, each (N,).

    Goods count from the start of the first period that begins on or after the day they are due:
    due on a Wednesday, they are counted from next Monday in a weekly plan.

    >>> from onhand.data.panel import Frequency
    >>> weekly = Panel.of([[1.0]], frequency=Frequency.WEEK)
    >>> whole_periods(weekly, np.array([0.0, 7.0, 8.0])).tolist()
    [0, 1, 2]
    """
    longest = int(np.ceil(days.max(initial=0)))
    starts = panel.future_dates(longest + 2)
    due = starts[0] + np.ceil(days).astype("timedelta64[D]")
    return np.searchsorted(starts, due).astype(np.int64)


def _costs(
    price: Array, unit_cost: Array, order_cost: Array, panel: Panel, config: Config, seen: _Seen
) -> Costs:
    """Holding is interest on the unit cost; a lost sale loses its margin, never less than nothing."""
    costs = config.costs
    margin = np.maximum(0.0, price - unit_cost)
    seen.say(
        "costs.holding_rate",
        costs.holding_rate,
        "of unit cost per year",
        "what a unit on the shelf costs: money tied up, space, spoilage",
    )
    seen.say(
        "costs.shortage_share",
        costs.shortage_share,
        "of margin",
        "what a lost sale costs, price minus unit cost being the margin",
    )
    if (price < unit_cost).any():
        seen.note(
            "margin",
            "0",
            config.shop.currency,
            f"{int((price < unit_cost).sum())} stock points sell below cost; losing such a sale is "
            "counted as costing nothing",
        )
    return Costs.of(
        holding_cost=unit_cost * costs.holding_rate / panel.frequency.per_year,
        shortage_cost=margin * costs.shortage_share,
        order_cost=order_cost,
        n_series=len(price),
    )


def _money(
    supply: pl.DataFrame, items: pl.DataFrame, sold_at: pl.Series, config: Config, seen: _Seen
) -> tuple[Array, Array]:
    """Price and unit cost; where only one of them is known, the other follows from its share."""
    share = config.costs.unit_cost_share
    price = _first_known([items["price"], sold_at])
    cost = _first_known([supply["unit_cost"], items["unit_cost"]])
    is_guess = np.isnan(price) & np.isnan(cost)
    if is_guess.any():
        seen.tell("costs.unit_price", config.costs.unit_price, config.shop.currency, is_guess)
    price = np.where(is_guess, config.costs.unit_price, price)
    if np.isnan(cost).any():
        seen.tell("costs.unit_cost_share", share, "of price", np.isnan(cost))
    price = np.where(np.isnan(price), cost / share, price)
    return price, np.where(np.isnan(cost), price * share, cost)


_WHY = {
    "costs.unit_price": "no table gives a price or a cost",
    "costs.unit_cost_share": "no table gives a unit cost",
}


class _Seen:
    """Collects what had to be assumed while terms are looked up."""

    def __init__(self, n_series: int) -> None:
        self.n_series = n_series
        self.assumptions: list[Assumption] = []

    def fill(
        self, key: str, sources: Sequence[pl.Series], default: float, unit: str, why: str
    ) -> Array:
        """The first known value of each stock point, or the setting, which is then noted."""
        values = _first_known(sources)
        missing = np.isnan(values)
        if missing.any():
            self.tell(key, default, unit, missing, why)
        return np.where(missing, default, values)

    def tell(
        self, key: str, value: float, unit: str, missing: NDArray[np.bool_], why: str = ""
    ) -> None:
        n = int(missing.sum())
        of = "all stock points" if n == self.n_series else f"{n} of {self.n_series} stock points"
        self.say(key, value, unit, f"{why or _WHY[key]}: {of}")

    def say(self, key: str, value: float, unit: str, why: str) -> None:
        section, name = key.split(".")
        default = type(getattr(Config(), section)).model_fields[name].default
        source = "assumed" if value == default else "config"
        self.assumptions.append(Assumption(key, f"{value:g}", unit, source, why))

    def note(self, key: str, value: str, unit: str, why: str) -> None:
        self.assumptions.append(Assumption(key, value, unit, "file", why))


def _by_item(keys: pl.DataFrame, items: pl.DataFrame | None) -> pl.DataFrame:
    names = {"title": pl.String(), "price": pl.Float64(), "unit_cost": pl.Float64()}
    if items is None:
        items = pl.DataFrame(schema={"item": pl.String()})
    items = items.with_columns(
        pl.lit(None, dtype=kind).alias(name)
        for name, kind in names.items()
        if name not in items.columns
    )
    known = items.select("item", *names).unique("item", keep="first", maintain_order=True)
    return keys.join(known, on="item", how="left").sort("row")


def _sold_at(keys: pl.DataFrame, sales: pl.DataFrame | None) -> pl.Series:
    """Mean price paid per unit over the item's sales of the last year, (N,), null where unknown."""
    if sales is None or "price" not in sales.columns:
        return pl.Series([None] * len(keys), dtype=pl.Float64)
    paid = (
        sales.lazy()
        .filter(pl.col("date") > pl.col("date").max() - pl.duration(days=365))
        .filter((pl.col("quantity") > 0) & (pl.col("price") > 0))
        .group_by("item")
        .agg((pl.col("price") * pl.col("quantity")).sum() / pl.col("quantity").sum())
        .collect()
    )
    return keys.join(paid, on="item", how="left").sort("row")["price"]


def _first_known(sources: Sequence[pl.Series]) -> Array:
    """The first value that is not null, (N,) float64; NaN where none is."""
    values = reduce(lambda a, b: a.fill_null(b), [s.cast(pl.Float64) for s in sources])
    return values.fill_null(float("nan")).to_numpy().copy()


def _text(values: pl.Series, default: NDArray[np.str_]) -> NDArray[np.str_]:
    return values.fill_null(pl.Series(default)).to_numpy().astype(np.str_)
