"""What would an ordinary buyer have left on the shelf?

Many shops have sales but no record of their stock. A plan needs an opening stock, and a replay
needs one that favours nobody. Both take the stock of a buyer who, at every review, tops each stock
point up to a fixed number of periods of its recent average sales: some shelves are then full, some
empty, and some have goods on the way, as in a real shop.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

from onhand.decide.replenish.coverage import Coverage
from onhand.decide.replenish.rounding import RoundingMode, round_order
from onhand.demand.history import DemandHistory
from onhand.evaluate.replay import Window, replay
from onhand.inventory.costs import Costs
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms

__all__ = ["cover_stock", "ordinary_stock", "recent_mean"]

_REVIEWS = 12  # how many reviews the buyer has worked for: long enough to forget how it began


def recent_mean(history: DemandHistory, n_periods: int) -> NDArray[np.float64]:
    """Mean of the known demand of the last `n_periods`, (N,) units per period; 0 where none is known."""
    recent = history.values[:, -n_periods:]
    known = np.isfinite(recent)
    total = np.where(known, recent, 0).sum(axis=1, dtype=np.float64)
    return np.divide(total, known.sum(axis=1), out=np.zeros(len(recent)), where=known.any(axis=1))


def cover_stock(history: DemandHistory, terms: SupplyTerms, periods: float) -> Stock:
    """`periods` of recent average demand on every shelf, in whole units, and nothing on order."""
    on_hand = np.ceil(recent_mean(history, history.panel.frequency.quarter) * periods)
    width = int(terms.lead_time.max(initial=0)) + 1
    return Stock.of(on_hand, np.zeros((len(on_hand), width)))


def ordinary_stock(
    history: DemandHistory, terms: SupplyTerms, periods: float, rounding: RoundingMode = "up"
) -> Stock:
    """The stock after the last period of `history`, had an ordinary buyer run the shop until now.

    Parameters
    ----------
    history : DemandHistory
        Only its past is used: at each review the buyer knows the periods before it.
    terms : SupplyTerms, (N,)
    periods : float, periods, > 0
        What the buyer tops up to; at least the protection interval, or shelves would always be empty.
    rounding : how needs become whole packs

    Returns
    -------
    Stock with leading shape (N,), before the review that follows the last period
    """
    cover = max(periods, float(terms.protection_interval.max(initial=1)))
    n_past = history.n_periods
    first = max(1, n_past - _REVIEWS * int(terms.review_period.max(initial=1)))
    if first >= n_past:
        return cover_stock(history, terms, cover)
    so_far = DemandHistory(
        history.panel.until(first), history.values[:, :first], history.is_censored[:, :first]
    )
    n = history.n_series
    window = Window(
        opening=cover_stock(so_far, terms, cover),
        forecasts=_Averages(history, first, math.ceil(cover)),
        demand=history.values[:, first:].astype(np.float64),
        terms=terms,
        costs=Costs.of(0.0, 0.0, n_series=n),
    )
    past = replay(
        Coverage(cover),
        window,
        round_to=lambda need, rules: round_order(need, rules, rounding).quantity,
    )
    return Stock.of(past.on_hand[:, -1], _still_coming(past.orders, terms))


def _still_coming(orders: NDArray[np.float64], terms: SupplyTerms) -> NDArray[np.float64]:
    """Orders (N, P) that have not arrived by the end, as a pipeline (N, L + 1)."""
    n, n_periods = orders.shape
    pipeline = np.zeros((n, int(terms.lead_time.max(initial=0)) + 1))
    for slot in range(pipeline.shape[1]):
        # Ordered before period p, it arrives at the start of p + L, which is slot p + L - P from now.
        placed = n_periods - terms.lead_time + slot
        rows = np.flatnonzero((placed >= 0) & (placed < n_periods))
        pipeline[rows, slot] = orders[rows, placed[rows]]
    return pipeline


@dataclass(frozen=True)
class _Averages(Sequence[NDArray[np.float32]]):
    """At each review the recent average as a flat forecast, (N, 1, H), made when asked for."""

    history: DemandHistory
    first: int
    horizon: int

    def __len__(self) -> int:
        return self.history.n_periods - self.first

    @overload
    def __getitem__(self, period: int) -> NDArray[np.float32]: ...
    @overload
    def __getitem__(self, period: slice) -> Sequence[NDArray[np.float32]]: ...
    def __getitem__(
        self, period: int | slice
    ) -> NDArray[np.float32] | Sequence[NDArray[np.float32]]:
        if isinstance(period, slice):
            return [self[p] for p in range(*period.indices(len(self)))]
        now = self.first + period
        start = max(0, now - self.history.panel.frequency.quarter)
        values = self.history.values[:, start:now]
        known = np.isfinite(values)
        total = np.where(known, values, 0).sum(axis=1)
        mean = np.divide(total, known.sum(axis=1), out=np.zeros_like(total), where=total > 0)
        flat = np.broadcast_to(mean[:, None, None], (len(mean), 1, self.horizon))
        return flat.astype(np.float32)
