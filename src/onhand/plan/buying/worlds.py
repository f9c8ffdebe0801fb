"""When may goods come, world by world?

Every supplier keeps its promises as its record says (`onhand.plan.buying.receipts`). A delivery's
lateness and the share of it that comes are drawn once per world, supplier and day it is promised for:
what a supplier promises for one day arrives together, in the whole shop, and an order that is placed
today and read back as an open order tomorrow is as late in every world as it was when it was planned.
Numbers are drawn from equal slices of 0..1, so that with 200 worlds exactly 30 see what happens to 15
deliveries in 100.

The order that comes to the relief is the first one of a later order day that arrives after this one.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from onhand.data.panel import Panel
from onhand.inventory.lead_times import Lateness
from onhand.inventory.receipts import SupplyPaths
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms
from onhand.plan.buying.order_days import OrderDays
from onhand.plan.buying.receipts import Deliveries
from onhand.plan.economics import Economics, whole_periods

__all__ = ["Worlds", "supply_worlds"]

_LATER_ORDERS = 8  # order days after this one that are asked which of them comes to the relief
_DAY = timedelta(days=1)
_PUNCTUAL = Lateness(np.zeros(1), np.ones(1))

Periods = NDArray[np.int64]


@dataclass(frozen=True)
class Worlds:
    """The supply of N stock points in S worlds, kept by kind of order rather than by stock point.

    kind : (N,) which of the K kinds of order a stock point's is: its supplier, lead time, review period
    lead_time, relief : (K, S) periods, however far;  delivered : (K, S) share of an order that comes
    event : (E,) stock point of each open order
    comes : (E, S) period at whose start it arrives;  units : (E, S) that arrive
    """

    kind: Periods
    lead_time: Periods
    relief: Periods
    delivered: NDArray[np.float32]
    event: Periods
    comes: Periods
    units: NDArray[np.float32]

    @classmethod
    def known(cls, stock: Stock, terms: SupplyTerms, n_samples: int) -> Worlds:
        """Supply as the pipeline and the terms have it, the same in every world.

        >>> worlds = Worlds.known(Stock.of([4.0], [[0.0, 3.0]]), SupplyTerms.of(1, n_series=1), 1)
        >>> worlds.of(slice(None), 3).arrivals.tolist()
        [[[0.0, 3.0, 0.0]]]
        """
        both = np.stack([terms.lead_time, terms.protection_interval], axis=1)
        kinds, kind = np.unique(both, axis=0, return_inverse=True)
        every = (1, n_samples)
        row, slot = np.nonzero(stock.pipeline > 0)
        units = stock.pipeline[row, slot].astype(np.float32)
        return cls(
            kind.ravel(),
            np.tile(kinds[:, :1], every),
            np.tile(kinds[:, 1:], every),
            np.ones((len(kinds), n_samples), dtype=np.float32),
            row,
            np.tile(slot[:, None], every),
            np.tile(units[:, None], every),
        )

    def order_of(self, row: int) -> tuple[Periods, NDArray[np.float32]]:
        """Period of arrival and share delivered of an order placed now, each (S,)."""
        kind = self.kind[row]
        return self.lead_time[kind], self.delivered[kind]

    def with_orders(
        self, row: NDArray[np.int64], comes: Periods, units: NDArray[np.float32]
    ) -> Worlds:
        """The same supply with some more orders on the way: (B,), (B, S), (B, S)."""
        return replace(
            self,
            event=np.concatenate([self.event, row]),
            comes=np.concatenate([self.comes, comes]),
            units=np.concatenate([self.units, units]),
        )

    def reach(self, share: float = 0.95) -> int:
        """Periods within which the next order has come in at least a share of the worlds, for all."""
        if not self.relief.size:
            return 1
        return int(np.quantile(self.relief, share, axis=1, method="higher").max())

    def of(self, rows: slice | NDArray[np.int64], horizon: int) -> SupplyPaths:
        """The supply of some stock points over the next `horizon` periods."""
        at = np.arange(len(self.kind))[rows]
        kind, n_samples = self.kind[at], self.lead_time.shape[1]
        arrivals = np.zeros((len(at), n_samples, horizon), dtype=np.float32)
        place = np.full(len(self.kind), -1)
        place[at] = np.arange(len(at))
        mine = np.flatnonzero(place[self.event] >= 0)
        e, s = np.nonzero(self.comes[mine] < horizon)
        which = mine[e]
        np.add.at(
            arrivals, (place[self.event[which]], s, self.comes[which, s]), self.units[which, s]
        )
        own = np.minimum(self.lead_time[kind], horizon)
        relief = np.minimum(np.maximum(self.relief[kind], own + 1), horizon)
        return SupplyPaths(arrivals, own, relief, self.delivered[kind])


def supply_worlds(
    panel: Panel,
    terms: Economics,
    days: Mapping[str | None, OrderDays],
    stock: Stock,
    open_orders: pl.DataFrame | None,
    *,
    n_samples: int,
    seed: int,
) -> Worlds | None:
    """The supply of all stock points, with the offers chosen in `terms`; None: nothing is uncertain.

    Parameters
    ----------
    open_orders : row, supplier, due_date, has_due, quantity, is_rest, as in `onhand.plan.shelf`; None:
        what is in the pipeline of `stock` comes as it stands there
    """
    if terms.deliveries.is_sure:
        return None
    draw = _Draws(panel, terms.deliveries, days, n_samples, seed)
    offer = terms.offer
    kinds = pl.DataFrame(
        {
            "supplier": offer["supplier"],
            "promised": terms.promised_days,
            "review": np.ceil(terms.review_days).astype(np.int64),
        }
    )
    distinct = kinds.unique(maintain_order=True).with_row_index("kind")
    keys = ["supplier", "promised", "review"]
    of = kinds.join(distinct, on=keys, how="left", nulls_equal=True, maintain_order="left")["kind"]
    drawn = [draw.orders(*row) for row in distinct.select(keys).iter_rows()]
    lead_time, relief, delivered = (np.array(part) for part in zip(*drawn, strict=True))
    event, comes, units = draw.pipeline(stock) if open_orders is None else draw.open(open_orders)
    return Worlds(of.to_numpy().astype(np.int64), lead_time, relief, delivered, event, comes, units)


@dataclass(frozen=True)
class _Draws:
    """Draws arrivals, the same for the same supplier and promised day."""

    panel: Panel
    deliveries: Deliveries
    days: Mapping[str | None, OrderDays]
    n_samples: int
    seed: int

    @property
    def start(self) -> date:
        """The first day not yet seen."""
        day: date = self.panel.future_dates(1)[0].item()
        return day

    def orders(
        self, supplier: str | None, promised: int, review: int
    ) -> tuple[Periods, Periods, NDArray[np.float32]]:
        """Lead time, relief and share delivered of an order placed now, each (S,)."""
        own = self.days.get(supplier, self.days.get(None, OrderDays()))
        ordered = own.first_from(self.start)
        record = self.deliveries.of(supplier) or _PUNCTUAL
        lead_time, share = self._order(supplier, own, ordered, promised, record)
        relief = np.full(self.n_samples, np.iinfo(np.int64).max)
        for _ in range(_LATER_ORDERS):
            ordered = own.first_from(ordered + max(1, review) * _DAY)
            slot, _ = self._order(supplier, own, ordered, promised, record)
            relief = np.where(slot > lead_time, np.minimum(relief, slot), relief)
            if (slot.min() > lead_time.max()) and (relief <= slot.min()).all():
                break
        never = relief == np.iinfo(np.int64).max
        return lead_time, np.where(never, np.maximum(lead_time + 1, slot), relief), share

    def _order(
        self,
        supplier: str | None,
        own: OrderDays,
        ordered: date,
        promised: int,
        record: Lateness,
    ) -> tuple[Periods, NDArray[np.float32]]:
        due = own.arrival(ordered, promised)
        late = record.draw(self._uniform("late", supplier, due))
        earliest = min(due, ordered + _DAY)
        return self._periods(own, due, late, earliest), self._share(supplier, due)

    def open(self, orders: pl.DataFrame) -> tuple[NDArray[np.int64], Periods, NDArray[np.float32]]:
        """Stock point, arrival (E, S) and units (E, S) of the open orders."""
        n = len(orders)
        comes = np.zeros((n, self.n_samples), dtype=np.int64)
        units = np.zeros((n, self.n_samples), dtype=np.float32)
        kinds = orders.with_row_index("order").group_by(
            "supplier", "due_date", "has_due", "is_rest", maintain_order=True
        )
        for (supplier, due, has_due, is_rest), group in kinds:
            own = self.days.get(supplier, self.days.get(None, OrderDays()))
            record = (
                self.deliveries.after_due(supplier) if has_due else self.deliveries.of(supplier)
            ) or _PUNCTUAL
            waited = float((self.start - due).days)
            late = record.draw(self._uniform("late", supplier, due), at_least=waited)
            at = group["order"].to_numpy()
            comes[at] = self._periods(own, due, late, self.start)
            share = 1.0 if is_rest else self._share(supplier, due)
            units[at] = group["quantity"].to_numpy()[:, None] * share
        return orders["row"].to_numpy().astype(np.int64), comes, units

    def pipeline(self, stock: Stock) -> tuple[NDArray[np.int64], Periods, NDArray[np.float32]]:
        """The pipeline as open orders that come when it says."""
        known = Worlds.known(stock, SupplyTerms.of(0, n_series=len(stock.on_hand)), self.n_samples)
        return known.event, known.comes, known.units

    def _periods(
        self, own: OrderDays, due: date, late: NDArray[np.float64], earliest: date
    ) -> Periods:
        """The period from which goods `late` (S,) days late can be sold, (S,)."""
        days, inverse = np.unique(np.ceil(late), return_inverse=True)
        when = [
            own.arrival(due, int(d)) if d > 0 else max(earliest, due + int(d) * _DAY)
            for d in days.tolist()
        ]
        ahead = np.array([max(0, (day - self.start).days) for day in when], dtype=np.float64)
        return whole_periods(self.panel, ahead)[inverse]

    def _share(self, supplier: str | None, due: date) -> NDArray[np.float32]:
        record = self.deliveries.share_of(supplier)
        if record is None:
            return np.ones(self.n_samples, dtype=np.float32)
        return record.draw(self._uniform("share", supplier, due)).astype(np.float32)

    def _uniform(self, what: str, supplier: str | None, due: date) -> NDArray[np.float64]:
        """A number 0..1 for each world, one from each of S equal slices, in random order."""
        key = zlib.crc32(f"{what}/{supplier or ''}/{due}".encode())
        rng = np.random.default_rng([self.seed, key])
        return (rng.permutation(self.n_samples) + 0.5) / self.n_samples
