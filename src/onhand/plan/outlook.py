"""What will happen to stock on every possible path, with this plan's orders and without them?

Stock points go through in blocks, so that memory depends on the block and not on the shop. Within
a block everything is decided and judged on the same sample paths.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from onhand.decide.replenish.classical import ClassicalSafetyStock
from onhand.decide.replenish.cover import row_quantile, shortfall_quantile
from onhand.decide.replenish.cover_by_margin import CoverByMargin
from onhand.decide.replenish.coverage import ProtectionCoverage
from onhand.decide.replenish.order_up_to import OrderUpToQuantile
from onhand.decide.replenish.projected import BalancedProjection, ProjectedInventory
from onhand.decide.replenish.projected_cover import ProjectedCover
from onhand.decide.replenish.rounding import RoundedOrder, RoundingMode, round_order
from onhand.forecast.forecaster import FittedForecaster
from onhand.inventory.costs import Costs
from onhand.inventory.lots import Issue, LotsProjected, ShelfLots
from onhand.inventory.policy import Policy, Situation
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms
from onhand.plan.contenders import quantiles_of
from onhand.plan.progress import Progress, silent
from onhand.plan.projection import (
    OnTheWay,
    Supplies,
    View,
    arrivals,
    projected_stock,
    supply_of,
    with_order,
)

__all__ = [
    "Lookahead",
    "Outlook",
    "arrivals",
    "blocks",
    "look_ahead",
    "own_order",
    "projected_stock",
    "until_the_end",
    "view_of",
    "views",
]

Array = NDArray[np.float64]

_CELLS = 1 << 23  # samples x periods x stock points per block: 32 MiB of float32 paths


@dataclass(frozen=True)
class Lookahead:
    """How the future is looked at: how far, in how many worlds, and who decides.

    horizon : periods;  n_samples : worlds;  seed : of the worlds
    policy : makes the needs;  rounding : makes them orders
    shortage : what becomes of unmet demand
    ends : (N,) periods from now until nobody is sold to any more; None: never
    supply : stock points and a horizon -> when goods may come in each world; None: as planned
    bridges : orders placed before the policy is asked; None: none
    splits : those, and the lines of second suppliers, of which the policy is not told; None: none
    lots : what perishes when; None: nothing does;  issue : which lot is sold first
    """

    policy: Policy
    horizon: int
    n_samples: int
    seed: int
    rounding: RoundingMode = "up"
    shortage: str = "lost_sales"
    ends: Array | None = None
    supply: Supplies | None = None
    bridges: OnTheWay | None = None
    splits: OnTheWay | None = None
    lots: ShelfLots | None = None
    issue: Issue = "fifo"


@dataclass(frozen=True)
class Outlook:
    """What was decided for N stock points and what to expect of it; each (N,), units unless said.

    need, by_minimum, by_pack : the policy's own order;  quantity : what is ordered, their sum unless
        suppliers or the shop ask for another (`onhand.plan.buying`)
    quantile : share of worlds that the target covers; NaN: the policy has none
    target : demand of the periods that the order must cover, at the quantile; for policies that do not
        project, and for those without a quantile, what they order for an empty shelf
    projected : stock that the need is measured against;  owed : units owed to customers when it comes
    by_waste : what the need grows by because goods will perish that are counted as there
    by_chance : what it differs by because demand and what is left of the stock vary together, world by
        world;  need = max(0, target - projected + owed + by_waste + by_chance)
    interval : periods until the next order can help, on average over all worlds
    interval_mean, interval_p50, interval_target : demand over the protection interval
    mean_demand : per period, over the horizon
    lost, lost_with : expected units short in the protection interval
    lost_early : expected units short before this plan's order can arrive, bridges apart
    lost_early_with : likewise where a bridge is ordered
    stockout, stockout_with : share of worlds with a stock-out in the protection interval
    stockout_early : share of worlds with a stock-out before this plan's order can arrive, bridges or not
    expired, expired_with : expected units that perish within the horizon
    cover, cover_with : periods that stock on hand and on order lasts at expected demand; inf: for ever
    stockout_period : first period by whose end at least half of the worlds without the order have
        run out, counted from 0; -1: not within the horizon
    """

    need: Array
    by_minimum: Array
    by_pack: Array
    quantity: Array
    quantile: Array
    projected: Array
    target: Array
    owed: Array
    by_waste: Array
    by_chance: Array
    interval: Array
    interval_mean: Array
    interval_p50: Array
    interval_target: Array
    mean_demand: Array
    lost: Array
    lost_with: Array
    lost_early: Array
    lost_early_with: Array
    stockout: Array
    stockout_with: Array
    stockout_early: Array
    expired: Array
    expired_with: Array
    cover: Array
    cover_with: Array
    stockout_period: NDArray[np.int64]


def look_ahead(
    fitted: FittedForecaster,
    stock: Stock,
    terms: SupplyTerms,
    costs: Costs,
    ahead: Lookahead,
    progress: Progress = silent,
    *,
    quantity: Array | None = None,
    watch: Callable[[slice, View, RoundedOrder], None] | None = None,
) -> Outlook:
    """The order of every stock point and what to expect with and without it.

    Parameters
    ----------
    quantity : (N,) units that are ordered whatever the policy says; its own rounded needs unless given
    watch : told of every block: its rows, its view, and the policy's own order
    """
    n = len(stock.on_hand)
    parts = []
    for rows, view in views(fitted, stock, terms, costs, ahead):
        own = own_order(view, ahead)
        if watch is not None:
            watch(rows, view, own)
        parts.append(_judged(view, own, ahead, None if quantity is None else quantity[rows]))
        progress("Looking ahead", rows.stop / n)
    return _joined(parts)


def own_order(view: View, ahead: Lookahead) -> RoundedOrder:
    """The policy's order for what it is shown, in whole packs."""
    return round_order(ahead.policy.order(view.shown), view.shown.terms, ahead.rounding)


def views(
    fitted: FittedForecaster, stock: Stock, terms: SupplyTerms, costs: Costs, ahead: Lookahead
) -> Iterator[tuple[slice, View]]:
    """What is known at this review, block by block; the same worlds every time it is asked."""
    for rows in blocks(len(stock.on_hand), ahead.n_samples * ahead.horizon):
        yield rows, view_of(fitted, stock, terms, costs, ahead, rows)


def view_of(
    fitted: FittedForecaster,
    stock: Stock,
    terms: SupplyTerms,
    costs: Costs,
    ahead: Lookahead,
    rows: slice,
) -> View:
    """What is known at this review of some stock points."""
    rng = np.random.default_rng(ahead.seed)  # the same worlds in every block
    paths = fitted.paths(ahead.horizon, ahead.n_samples, rng=rng, rows=rows).values
    if ahead.ends is not None:
        paths = until_the_end(paths, ahead.ends[rows])
    supply = None if ahead.supply is None else ahead.supply(rows, ahead.horizon)
    now = Situation(stock.rows(rows), paths, terms.rows(rows), costs.rows(rows), supply)
    return View.of(
        now,
        rows,
        bridges=ahead.bridges,
        splits=ahead.splits,
        lots=ahead.lots,
        shortage=ahead.shortage,
        issue=ahead.issue,
    )


def until_the_end(paths: NDArray[np.float32], ends: Array) -> NDArray[np.float32]:
    """Paths (n, S, H) without the demand from period `ends` (n,) on; inf: no end."""
    if not np.isfinite(ends).any():
        return paths
    is_over = np.arange(paths.shape[2]) >= ends[:, None]
    return np.where(is_over[:, None, :], np.float32(0), paths)


def blocks(n_series: int, cells_each: int) -> Iterator[slice]:
    """Slices of stock points, each small enough for memory.

    >>> [(b.start, b.stop) for b in blocks(5, 1 << 22)]
    [(0, 2), (2, 4), (4, 5)]
    """
    step = max(1, _CELLS // max(1, cells_each))
    for start in range(0, n_series, step):
        yield slice(start, min(n_series, start + step))


def _judged(view: View, order: RoundedOrder, ahead: Lookahead, given: Array | None) -> Outlook:
    """What to expect of one block's orders, the policy's own or the quantities given, on its paths."""
    now, paths = view.now, view.now.paths
    n, horizon = len(paths), paths.shape[2]
    quantity = order.quantity if given is None else given
    _, own, relief = supply_of(now)
    without, chosen = view.without(), view.with_orders(quantity)
    inside = np.arange(horizon) < relief[:, :, None]  # (n, S or 1, H)
    lost, lost_with = (_within(x.short, inside) for x in (without, chosen))  # (n, S)
    is_early = np.arange(horizon) < own[:, :, None]
    lost_early, early_with = (_within(x.short, is_early) for x in (without, chosen))
    wanted = _within(paths, inside)
    quantile = quantiles_of(ahead.policy, view.shown)
    asked = np.where(np.isnan(quantile), 0.5, quantile)
    mean = paths.mean(axis=1, dtype=np.float64)  # (n, H)
    account = need_of(ahead.policy, view, without, quantile, order.need)
    position = now.stock.inventory_position
    return Outlook(
        need=order.need,
        by_minimum=order.increments["minimum_order"],
        by_pack=order.increments["pack_size"],
        quantity=quantity,
        quantile=quantile,
        projected=account.projected,
        target=account.target,
        owed=account.owed,
        by_waste=account.by_waste,
        by_chance=account.by_chance,
        interval=relief.mean(axis=1, dtype=np.float64),
        interval_mean=wanted.mean(axis=1, dtype=np.float64),
        interval_p50=row_quantile(wanted, np.full(n, 0.5)),
        interval_target=row_quantile(wanted, asked),
        mean_demand=mean.mean(axis=1),
        lost=lost.mean(axis=1, dtype=np.float64),
        lost_with=lost_with.mean(axis=1, dtype=np.float64),
        lost_early=lost_early.mean(axis=1, dtype=np.float64),
        lost_early_with=early_with.mean(axis=1, dtype=np.float64),
        stockout=(lost > _SPECK).mean(axis=1),
        stockout_with=(lost_with > _SPECK).mean(axis=1),
        stockout_early=(early_with > _SPECK).mean(axis=1),
        expired=without.expired.sum(axis=2).mean(axis=1, dtype=np.float64),
        expired_with=chosen.expired.sum(axis=2).mean(axis=1, dtype=np.float64),
        cover=periods_of_cover(position, mean),
        cover_with=periods_of_cover(position + quantity, mean),
        stockout_period=_half_run_out(without.short),
    )


_SPECK = 1e-6  # units; less than this short is rounding of floats, not a stock-out


def _within(values: NDArray[np.float32], inside: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Values (n, S, H) summed over the periods inside each world's interval (n, S or 1, H), (n, S)."""
    if inside.shape[1] == 1:
        return np.asarray(np.einsum("nsh,nh->ns", values, inside[:, 0].astype(np.float32)))
    return np.asarray((values * inside).sum(axis=2))


@dataclass(frozen=True)
class _Need:
    """The need as a sum, each (n,), units: see `Outlook`."""

    target: Array
    projected: Array
    owed: Array
    by_waste: Array
    by_chance: Array

    @property
    def total(self) -> Array:
        """What the parts come to; below 0: more is there than is wanted."""
        return self.target - self.projected + self.owed + self.by_waste + self.by_chance


def need_of(
    policy: Policy, view: View, without: LotsProjected, quantile: Array, need: Array
) -> _Need:
    """The need from its own parts, worked out from the worlds and not from the need.

    Only for policies that neither project at a quantile nor order up to a level, `by_chance` is what
    their rule adds to the difference of the two.
    """
    shown = view.shown
    n = len(shown.paths)
    if isinstance(policy, ProjectedInventory | ProjectedCover | CoverByMargin | BalancedProjection):
        return _projected_need(policy, view, without, quantile)
    stock = shown.stock
    nothing = Stock(np.zeros(n), np.zeros_like(stock.pipeline), np.zeros(n))
    wanted = policy.order(replace(shown, stock=nothing))
    target = wanted
    if shown.paths is not view.now.paths:
        target = policy.order(replace(shown, paths=view.now.paths, stock=nothing))
    projected, owed = stock.inventory_position, np.zeros(n)
    if hasattr(policy, "shortage"):
        projected, owed, _ = _there(policy, view, _until_the_order(view, without))
    parts = _Need(target, projected, owed, wanted - target, np.zeros(n))
    is_level = isinstance(policy, OrderUpToQuantile | ProtectionCoverage | ClassicalSafetyStock)
    rest = np.where((need > 0) & (not is_level), need - parts.total, 0.0)
    return replace(parts, by_chance=rest)


def _projected_need(
    policy: ProjectedInventory | ProjectedCover | CoverByMargin | BalancedProjection,
    view: View,
    without: LotsProjected,
    quantile: Array,
) -> _Need:
    """The need of a policy that projects the stock of every world and covers a share of them."""
    shown, paths = view.shown, view.now.paths
    extra = getattr(policy, "extra", 0)
    longer = replace(
        shown,
        terms=replace(shown.terms, review_period=shown.terms.review_period + extra),
        supply=None if shown.supply is None else shown.supply.until_later(extra),
    )
    missing = shortfall_quantile(replace(longer, paths=paths), quantile, policy.shortage)
    with_waste = missing
    if shown.paths is not paths:
        with_waste = shortfall_quantile(longer, quantile, policy.shortage)
    projected, owed, is_cover = _there(policy, view, _until_the_order(view, without))
    target = row_quantile(_within(paths, is_cover), quantile)
    gone = np.zeros(len(paths))  # what has perished before the order comes is not in `projected`
    if view.lots is not None:
        due = with_order(shown, np.zeros(len(paths)))
        kept = projected_stock(shown.stock, due, paths, view.shortage)[0]
        gone = _there(policy, view, kept)[0] - projected
    return _Need(
        target=target,
        projected=projected,
        owed=owed,
        by_waste=with_waste - missing - gone,
        by_chance=missing - (target - projected - gone + owed),
    )


def _until_the_order(view: View, without: LotsProjected) -> NDArray[np.float32]:
    """On hand at the end of each period if nothing more is ordered, bridges counted, (n, S, H)."""
    return without.on_hand if view.shown.supply is view.now.supply else view.as_shown().on_hand


def _there(
    policy: Policy, view: View, on_hand: NDArray[np.float32]
) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Units left when the order arrives and arriving while it must last, units owed by then, each (n,),
    on average over the worlds; and the periods that it must last for, (n, S or 1, H)."""
    shown = view.shown
    due, own, relief = supply_of(shown)
    horizon = on_hand.shape[2]
    end = np.minimum(relief + getattr(policy, "extra", 0), horizon)
    periods = np.arange(horizon)
    coming = due[:, None, :] if due.ndim == 2 else due
    is_cover = (periods >= own[:, :, None]) & (periods < end[:, :, None])  # (n, S or 1, H)
    before = np.broadcast_to(np.clip(own - 1, 0, horizon - 1)[:, :, None], (*on_hand.shape[:2], 1))
    left = np.where(
        own > 0,
        np.take_along_axis(on_hand, before, axis=2)[:, :, 0],
        shown.stock.on_hand[:, None],
    )
    there = left + (coming * is_cover).sum(axis=2)
    # What is owed is delivered from the first goods that come; only backordered demand adds to it.
    is_before = periods < own[:, :, None]
    net = shown.stock.net_inventory[:, None] + (coming * is_before).sum(axis=2)
    if getattr(policy, "shortage", "lost_sales") == "backorder":
        net = net - (shown.paths * is_before).sum(axis=2)
    owed = np.broadcast_to(np.maximum(0.0, -net), there.shape)
    return (
        np.asarray(there.mean(axis=1, dtype=np.float64)),
        np.asarray(owed.mean(axis=1, dtype=np.float64)),
        is_cover,
    )


def periods_of_cover(units: Array, mean: Array) -> Array:
    """Periods that `units` (n,) last at expected demand (n, H); beyond H at its average; inf: for ever.

    >>> periods_of_cover(np.array([3.0, 10.0]), np.array([[2.0, 2.0], [0.0, 0.0]])).tolist()
    [1.5, inf]
    """
    n = len(mean)
    used = np.cumsum(mean, axis=1)
    before = np.concatenate([np.zeros((n, 1)), used[:, :-1]], axis=1)
    rest = np.clip(units[:, None] - before, 0, None)
    inside = np.where(mean > 0, np.clip(rest / np.where(mean > 0, mean, 1), 0, 1), rest > 0)
    average = mean.mean(axis=1)
    beyond = np.clip(units - used[:, -1], 0, None)
    later = np.divide(beyond, average, out=np.full(n, np.inf), where=average > 0)
    lasts = inside.sum(axis=1) + later
    # Nothing in stock and nothing wanted: there is no cover to speak of, but none is missing.
    return np.where(average > 0, lasts, np.inf)


def _half_run_out(short: NDArray[np.float32]) -> NDArray[np.int64]:
    """First period by whose end at least half of the worlds have been short, (n,); -1: none."""
    has_run_out = np.logical_or.accumulate(short > _SPECK, axis=2)
    share = has_run_out.mean(axis=1)  # (n, H), never falls
    is_half = share >= 0.5
    return np.where(is_half.any(axis=1), is_half.argmax(axis=1), -1).astype(np.int64)


def _joined(parts: list[Outlook]) -> Outlook:
    return Outlook(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Outlook)))
