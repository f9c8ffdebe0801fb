"""What will be on the shelf in every world, with this plan's orders and without them?

A view keeps two situations of the same stock points apart: `now`, as things stand before this plan,
and `shown`, what the policy is shown. They differ where a bridge is ordered first, which is then on its
way, and where goods perish: what will be thrown away is shown as demand that nobody will pay for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onhand.inventory.lots import Issue, LotsProjected, ShelfLots, project_lots
from onhand.inventory.moves import serve_or_backorder, serve_or_lose
from onhand.inventory.policy import Situation
from onhand.inventory.receipts import SupplyPaths
from onhand.inventory.stock import Stock

__all__ = ["OnTheWay", "Supplies", "View", "arrivals", "projected_stock", "supply_of", "with_order"]

Array = NDArray[np.float64]
Supplies = Callable[[slice | NDArray[np.int64], int], SupplyPaths]


@dataclass(frozen=True)
class OnTheWay:
    """Orders of this plan that are placed before the policy is asked: bridges.

    supply : stock points and a horizon -> when goods may come, those orders included
    pipeline : (N, W) their units as they are planned to come
    """

    supply: Supplies
    pipeline: Array


@dataclass(frozen=True)
class View:
    """Some stock points at this review, before this plan and as the policy is shown them.

    beside : as shown, and with the lines of second suppliers placed as well; None: there are none
    lots : what perishes when; None: nothing does
    shortage : what becomes of unmet demand;  issue : which lot is sold first
    """

    now: Situation
    shown: Situation
    lots: ShelfLots | None
    shortage: str
    issue: Issue
    beside: Situation | None = None

    @classmethod
    def of(
        cls,
        now: Situation,
        rows: slice,
        *,
        bridges: OnTheWay | None,
        lots: ShelfLots | None,
        shortage: str,
        issue: Issue,
        splits: OnTheWay | None = None,
    ) -> View:
        """The view of the stock points `rows`; `lots`, `bridges` and `splits` are those of the whole shop.

        `splits` are the lines of second suppliers, bridges included: the policy is not shown them.
        """
        shown = now if bridges is None else _with(now, bridges, rows)
        beside = None if splits is None else _with(now, splits, rows)
        mine = None if lots is None else lots.rows(rows)
        view = cls(now, shown, mine, shortage, issue, beside)
        if mine is not None and mine.perishes.any():
            waste = view.projected(with_order(shown, np.zeros(len(now.paths)))).expired
            view = replace(view, shown=replace(shown, paths=now.paths + waste))
        return view

    def without(self) -> LotsProjected:
        """What becomes of the stock if nothing is ordered."""
        return self.projected(with_order(self.now, np.zeros(len(self.now.paths))))

    def with_orders(self, quantity: Array) -> LotsProjected:
        """What becomes of it with all lines beside it and `quantity` (n,)."""
        return self.projected(with_order(self.beside or self.shown, quantity))

    def as_shown(self) -> LotsProjected:
        """What becomes of it as the policy is shown it, if nothing more is ordered."""
        return self.projected(with_order(self.shown, np.zeros(len(self.now.paths))))

    def projected(self, due: NDArray[Any]) -> LotsProjected:
        """What becomes of it with `due` arriving, (n, H) or (n, S, H)."""
        stock, demand = self.now.stock, self.now.paths
        on_hand, short = projected_stock(stock, due, demand, self.shortage)
        if self.lots is None:
            nothing = np.broadcast_to(np.float32(0), on_hand.shape)
            return LotsProjected(on_hand, short, nothing)
        expired = np.zeros_like(on_hand)
        rows = np.flatnonzero(self.lots.perishes)
        found = project_lots(
            stock.on_hand[rows],
            stock.backorders[rows],
            self.lots.rows(rows),
            due[rows],
            demand[rows],
            shortage=self.shortage,
            issue=self.issue,
        )
        on_hand[rows], short[rows], expired[rows] = found.on_hand, found.short, found.expired
        return LotsProjected(on_hand, short, expired)


def _with(now: Situation, more: OnTheWay, rows: slice) -> Situation:
    """The situation once some more orders are on the way."""
    stock, extra = now.stock, more.pipeline[rows]
    width = max(extra.shape[1], stock.pipeline.shape[1])
    both = _wide(stock.pipeline, width) + _wide(extra, width)
    return replace(
        now,
        stock=Stock(stock.on_hand, both, stock.backorders),
        supply=more.supply(rows, now.paths.shape[2]),
    )


def _wide(pipeline: Array, width: int) -> Array:
    return np.pad(pipeline, ((0, 0), (0, width - pipeline.shape[1])))


def arrivals(stock: Stock, n_periods: int) -> Array:
    """Open orders arriving at the start of each of the next periods, (N, n_periods)."""
    due = np.zeros((len(stock.on_hand), n_periods))
    width = min(n_periods, stock.pipeline.shape[1])
    due[:, :width] = stock.pipeline[:, :width]
    return due


def projected_stock(
    stock: Stock, due: NDArray[Any], demand: NDArray[np.float32], shortage: str
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """On hand at the end of each period and units short in it, in every world, both (n, S, H).

    `due` are the goods arriving at the start of each period, (n, H) or, world by world, (n, S, H);
    `demand` is (n, S, H). The physics is that of `onhand.inventory.moves`; arrivals are put on the
    shelf here rather than carried through a pipeline per world.
    """
    serve = serve_or_lose if shortage == "lost_sales" else serve_or_backorder
    n, n_samples, horizon = demand.shape
    on_hand = np.empty_like(demand)
    short = np.empty_like(demand)
    nothing_due = np.zeros((n, n_samples, 1))
    shelf = np.broadcast_to(stock.on_hand[:, None], (n, n_samples))
    owed = np.broadcast_to(stock.backorders[:, None], (n, n_samples))
    coming = due[:, None, :] if due.ndim == 2 else due  # (n, 1 or S, H)
    for h in range(horizon):
        opened = Stock(shelf + coming[:, :, h], nothing_due, owed)
        after, flow = serve(opened, demand[:, :, h])
        shelf, owed = after.on_hand, after.backorders
        on_hand[:, :, h] = shelf
        short[:, :, h] = flow.short
    return on_hand, short


def supply_of(
    situation: Situation,
) -> tuple[NDArray[Any], NDArray[np.int64], NDArray[np.int64]]:
    """Arrivals of open orders (n, [S,] H), lead time and relief (n, S), (n, 1) where they are known."""
    if situation.supply is not None:
        supply = situation.supply
        return supply.arrivals, supply.lead_time, supply.relief
    terms = situation.terms
    due = arrivals(situation.stock, situation.paths.shape[2])
    return due, terms.lead_time[:, None], terms.protection_interval[:, None]


def with_order(situation: Situation, quantity: Array) -> NDArray[Any]:
    """What arrives at the start of each period once `quantity` (n,) is ordered, (n, H) or (n, S, H)."""
    due, own, _ = supply_of(situation)
    rows = np.arange(len(quantity))
    if situation.supply is None:
        due[rows, own[:, 0]] += quantity
        return due
    horizon = due.shape[2]
    all_of_them = due.copy()
    i, s = np.nonzero(own < horizon)
    all_of_them[i, s, own[i, s]] += quantity[i] * situation.supply.share[i, s]
    return all_of_them
