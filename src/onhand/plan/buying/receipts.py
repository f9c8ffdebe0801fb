"""What do the shop's own receipts say of its suppliers, and when will open orders come?

A promise is the lead time stated for the item; where nobody stated one, the middle of those seen.
Its record of lateness and of shares delivered is learned per supplier
(`onhand.inventory.lead_times`): for orders still to be placed, lateness is counted from the promise;
for open ones, from their due date. `onhand.plan.buying.worlds` draws from it, world by world; where one
number has to do, it is the lateness that a stated share of deliveries does not exceed
(`supply.lead_time_quantile`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from onhand.data.tables import Tables
from onhand.inventory.lead_times import Delivered, Lateness, fit_delivered, fit_lateness
from onhand.plan.plan import Assumption

__all__ = [
    "Deliveries",
    "expected_dates",
    "learn_deliveries",
    "notes_on",
    "with_planned_lead_times",
]

NOBODY = ""  # the one supplier there is, where no table names any


@dataclass(frozen=True)
class Deliveries:
    """How suppliers kept their promises.

    late : supplier -> its lateness; suppliers without a receipt are judged by the others'
    anyone : the lateness of all receipts together; None: nothing was received
    seen : supplier -> receipts, a table (supplier, n, ordered, received)
    behind : supplier -> its lateness against due dates, where it had any
    delivered : supplier -> the share of its orders that came
    """

    late: Mapping[str, Lateness]
    anyone: Lateness | None
    seen: pl.DataFrame
    behind: Mapping[str, Lateness]
    delivered: Mapping[str, Delivered]

    def of(self, supplier: str | None) -> Lateness | None:
        """The lateness to expect of a supplier; None: nothing was ever received from anyone."""
        return self.late.get(supplier or NOBODY, self.anyone)

    def after_due(self, supplier: str | None) -> Lateness | None:
        """The lateness to expect of an open order with a due date."""
        return self.behind.get(supplier or NOBODY, self.of(supplier))

    def share_of(self, supplier: str | None) -> Delivered | None:
        """The share to expect of an order; None: nothing was ever received from this supplier."""
        return self.delivered.get(supplier or NOBODY)

    @property
    def is_sure(self) -> bool:
        """Whether everything ever received came on its day and in full, or nothing was."""
        records = [*self.late.values(), *self.behind.values()]
        return all((r.days == 0).all() for r in records) and all(
            (d.share == 1).all() for d in self.delivered.values()
        )


def learn_deliveries(offers: pl.DataFrame, tables: Tables) -> Deliveries:
    """How late the suppliers of `offers` (see `offers_of`) have been."""
    promised = _with_promise(offers, tables)
    receipts = _receipts(promised, tables)
    days = pl.concat([receipts, _listed(promised)], how="diagonal").filter(
        pl.col("late").is_not_null()
    )
    came = receipts.filter((pl.col("quantity") > 0) & pl.col("received_quantity").is_not_null())
    came = came.with_columns(share=pl.col("received_quantity") / pl.col("quantity"))
    usual = promised.with_columns(pl.col("supplier").fill_null(NOBODY)).group_by("supplier")
    late, behind, delivered = {}, {}, {}
    for supplier, promise in usual.agg(pl.col("promised").median()).sort("supplier").iter_rows():
        is_own = pl.col("supplier") == supplier
        if len(days):
            own, others = days.filter(is_own)["late"], _scaled(days.filter(~is_own), promise)
            late[supplier] = fit_lateness(own.to_numpy(), others)
        due = days.filter(is_own)["behind"].drop_nulls()
        if len(due):
            others = _scaled(days.filter(~is_own), promise)
            behind[supplier] = fit_lateness(due.to_numpy(), others)
        if len(share := came.filter(is_own)["share"]):
            delivered[supplier] = fit_delivered(share.to_numpy())
    anyone = fit_lateness([], days["late"].to_numpy()) if len(days) else None
    return Deliveries(late, anyone, _seen(receipts), behind, delivered)


def _listed(promised: pl.DataFrame) -> pl.DataFrame:
    """Lead times listed in the supply table as days beyond the promise; a row for each of them."""
    once = promised.filter(pl.col("observed_lead_times").is_not_null()).unique(
        ["item", "supplier", "observed_lead_times"], maintain_order=True
    )
    took = pl.col("observed_lead_times").str.split(";")
    days = pl.col("took").str.strip_chars().cast(pl.Float64, strict=False)
    return (
        once.with_columns(took=took)
        .explode("took")
        .select(pl.col("supplier").fill_null(NOBODY), "promised", late=days - pl.col("promised"))
    )


def _scaled(receipts: pl.DataFrame, promise: float | None) -> NDArray[np.float64]:
    """Days late of other suppliers as a share of their promise, for one that promises so many days.

    Four days late on four weeks say little of who promises tomorrow; nobody is taken to be later
    than those four days.
    """
    late = receipts["late"].to_numpy()
    if promise is None:
        return late
    theirs = receipts["promised"].fill_null(promise).to_numpy()
    return np.asarray(late * np.minimum(1.0, max(promise, 0.0) / np.maximum(theirs, 1.0)))


def with_planned_lead_times(
    offers: pl.DataFrame, tables: Tables, deliveries: Deliveries, share: float
) -> pl.DataFrame:
    """`offers` with `lead_time` set to the days within which `share` of deliveries come.

    The promise is kept as `promised`; both stay null where neither a table nor a receipt tells.
    """
    promised = _with_promise(offers, tables)
    suppliers = promised["supplier"].unique().to_list()
    late = {s: 0.0 if (x := deliveries.of(s)) is None else x.quantile(share) for s in suppliers}
    lookup = pl.DataFrame(
        {"supplier": list(late), "late": list(late.values())},
        schema={"supplier": pl.String, "late": pl.Float64},
    )
    joined = promised.join(
        lookup, on="supplier", how="left", nulls_equal=True, maintain_order="left"
    )
    planned = pl.max_horizontal(pl.lit(0.0), pl.col("promised") + pl.col("late"))
    return joined.with_columns(
        lead_time=pl.when(pl.col("promised").is_not_null()).then(planned)
    ).drop("late")


def notes_on(deliveries: Deliveries, share: float) -> tuple[Assumption, ...]:
    """What the receipts taught, said for the plan: one line for each supplier that strays."""
    notes = []
    for supplier, n, ordered, received in deliveries.seen.iter_rows():
        late = deliveries.of(supplier)
        days = 0.0 if late is None else late.quantile(share)
        who = supplier or "the supplier"
        if days != 0 and n:
            why = f"{who}: {share:.0%} of deliveries are at most so late, by {n} receipts"
            notes.append(Assumption("supply.lateness", f"{days:.3g}", "days", "file", why))
        if ordered > 0 and received < 0.995 * ordered:
            why = f"{who} delivered this share of what was ordered; the plan counts on it"
            kept = f"{received / ordered:.3f}"
            notes.append(Assumption("supply.delivered", kept, "share", "file", why))
    return tuple(notes)


def expected_dates(
    due: NDArray[np.datetime64],
    supplier: list[str | None],
    today: np.datetime64,
    deliveries: Deliveries,
) -> NDArray[np.datetime64]:
    """When open orders will come, (n,): as due; where overdue, after what is usual from there on.

    An order later than any delivery ever seen is expected today.
    """
    when = np.maximum(due, today)
    for i in np.flatnonzero(due < today):
        record = deliveries.of(supplier[i])
        days_late = float((today - due[i]) / np.timedelta64(1, "D"))
        rest = None if record is None else record.remaining(days_late)
        when[i] = today + np.timedelta64(int(np.ceil(rest or 0.0)), "D")
    return when


def _with_promise(offers: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    """`offers` with the lead time stated, else the middle of those listed, else of those received."""
    listed = (
        pl.col("observed_lead_times")
        .str.split(";")
        .list.eval(pl.element().str.strip_chars().cast(pl.Float64, strict=False))
        .list.median()
    )
    first = offers.with_columns(promised=pl.coalesce(pl.col("lead_time"), listed))
    inbound = tables.inbound
    if inbound is None or not {"order_date", "received_date"} <= set(inbound.columns):
        return first
    days = (pl.col("received_date") - pl.col("order_date")).dt.total_days().cast(pl.Float64)
    seen = inbound.group_by("item").agg(days.filter(days >= 0).median().alias("seen"))
    joined = first.join(seen, on="item", how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce("promised", "seen").alias("promised")).drop("seen")


def _receipts(offers: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    """What was received: supplier, days late (null: nobody can say), units ordered and received."""
    kinds = {"supplier": pl.String(), "late": pl.Float64(), "promised": pl.Float64()}
    kinds |= {"behind": pl.Float64()}
    kinds |= {"quantity": pl.Float64(), "received_quantity": pl.Float64()}
    inbound = tables.inbound
    if inbound is None or "received_date" not in inbound.columns:
        return pl.DataFrame(schema=kinds)
    empty = {
        "supplier": pl.String(),
        "order_date": pl.Date(),
        "due_date": pl.Date(),
        "received_quantity": pl.Float64(),
    }
    rows = inbound.filter(pl.col("received_date").is_not_null()).with_columns(
        pl.lit(None, dtype=kind).alias(n) for n, kind in empty.items() if n not in inbound.columns
    )
    primary = offers.filter(pl.col("choice") == 0).select("item", "location", usual="supplier")
    rows = rows.join(primary, on=["item", "location"], how="left").with_columns(
        pl.coalesce("supplier", "usual").alias("supplier")
    )
    promise = offers.select("item", "location", "supplier", "promised")
    rows = rows.join(promise, on=["item", "location", "supplier"], how="left", nulls_equal=True)
    took = (pl.col("received_date") - pl.col("order_date")).dt.total_days().cast(pl.Float64)
    against_due = (pl.col("received_date") - pl.col("due_date")).dt.total_days().cast(pl.Float64)
    late = pl.coalesce(pl.when(took >= 0).then(took - pl.col("promised")), against_due)
    return rows.select(
        pl.col("supplier").fill_null(NOBODY),
        late=late,
        promised="promised",
        behind=against_due,
        quantity="quantity",
        received_quantity=pl.coalesce("received_quantity", "quantity"),
    )


def _seen(receipts: pl.DataFrame) -> pl.DataFrame:
    return (
        receipts.group_by("supplier")
        .agg(
            n=pl.len(),
            ordered=pl.col("quantity").sum(),
            received=pl.col("received_quantity").sum(),
        )
        .sort("supplier")
    )
