"""Which of all suppliers' orders fit into one budget or one stock room?

The packs of every order are ranked by expected worth per share of the limits and bought from the top,
as in `onhand.decide.replenish.budget`, down to the last that earns anything. What a supplier only
accepts as a whole stands on that list as one head: the least that it accepts and its order cost, with
as many of the packs after it as make the head earn more per share.

What a supplier only accepts as a whole may be too big for what is left when its turn comes, and its
order cost may be worth paying only if nobody else's is paid. So the list is bought down many times: for
few suppliers with every set of them whose least orders are bought first while the others with minima or
order costs get nothing; for many with each alone first, each left out, and the best of them first. The
way that earns most is taken.

A larger limit never earns less. With one limit every one of these lists falls in worth per limit: up to
the first item that fits only the larger limit, both buy the same; what the smaller can still add after
that fits into less room than that item, and earns less per room. With two limits that is not so, since a
pack that more money allows may take the room of better ones; there the answers under smaller limits
are gone through as well, as long as the best so far is below what the relaxed problem allows there, and
with very many lines as far as half a second goes.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onhand.decide.replenish.marginal import Worth
from onhand.decide.replenish.whole_order import Limit, ranked_blocks, whole_packs

__all__ = ["Lines", "SupplierOrder", "share_out", "weights_of"]

Array = NDArray[np.float64]
Whole = NDArray[np.int64]

_MOST_SETS = 64  # sets of suppliers that are all tried
_MOST_VISITS = 50_000_000  # blocks looked at, about half a CPU second


@dataclass(frozen=True)
class SupplierOrder:
    """One supplier's order before the shop's limits.

    rows : (M,) stock points
    least : what the supplier asks of the order as a whole
    order_cost : money for placing it
    is_whole : True: all or nothing (containers)
    """

    rows: Whole
    least: tuple[Limit, ...] = ()
    order_cost: float = 0.0
    is_whole: bool = False


@dataclass(frozen=True)
class _Ranking:
    """All orders' blocks of steps, and the list in which they are tried.

    row, units, packs, owner, place, worth : (B,) of each block;  size : (limits, B)
        packs: of which each can be had by itself; 1: the block comes whole
    first, order_cost : (O,) of each order: its first block, and the money for placing it
    least, head : (O,) blocks of the least that its supplier accepts, and of the head that earns most per share
    items : heads and blocks that earn something, best per share first; o: the head of order o, O + b: block b
    weight : (limits,) what the shares are counted by
    """

    row: Whole
    units: Array
    packs: Whole
    owner: Whole
    place: Whole
    worth: Array
    size: Array
    first: Whole
    order_cost: Array
    least: Whole
    head: Whole
    items: Whole
    weight: Array

    @property
    def is_tied(self) -> NDArray[np.bool_]:
        """Orders of which not every pack can be had by itself, (O,)."""
        return (self.least > 1) | (self.order_cost > 0)

    def bound(self) -> tuple[Array, Array]:
        """Room and the most that can be earned in it if parts of packs could be had, rising."""
        n = len(self.first)
        share = self.weight @ self.size
        is_inside = self.place < self.head[self.owner]
        in_head = np.bincount(self.owner, share * is_inside, n)
        worth = np.bincount(self.owner, self.worth * is_inside, n) - self.order_cost
        sizes, worths = np.concatenate([in_head, share]), np.concatenate([worth, self.worth])
        keep = self.items[(self.items < n) | ~is_inside[np.maximum(self.items - n, 0)]]
        return (
            np.concatenate([[0.0], np.cumsum(sizes[keep])]),
            np.concatenate([[0.0], np.cumsum(worths[keep])]),
        )


@dataclass(frozen=True)
class _Found:
    """The best of all ways under some limits: what it earns, what is bought, and room that any way takes."""

    earned: float
    ranking: _Ranking | None
    taken: Array
    used: Array


def share_out(
    quantity: ArrayLike,
    offer: Worth,
    limits: tuple[Limit, ...],
    orders: tuple[SupplierOrder, ...],
    *,
    line_least: ArrayLike = 0.0,
    pack: ArrayLike | None = None,
) -> Array:
    """The quantities, (N,), that keep every limit's most; unchanged where they already do.

    Where they do not, nothing is bought that is not expected to earn anything, save what a supplier's
    least order needs.

    Parameters
    ----------
    quantity : (N,) units in whole packs, as the suppliers accept them
    limits : of the shop as a whole; only their `most` counts
    orders : every stock point with a quantity belongs to one
    line_least : (N,) units; a line is bought at least to here, or not at all
    pack : (N,) units, of which a step of the offer holds a whole number. None: a step is one pack

    >>> offer = Worth(np.ones(2), np.array([[9.0, 4.0], [6.0, 5.0]]))
    >>> budget = Limit("budget", np.ones(2), most=3.0)
    >>> one, two = (SupplierOrder(np.array([i])) for i in (0, 1))
    >>> share_out([2.0, 2.0], offer, (budget,), (one, two)).tolist()
    [1.0, 2.0]
    """
    wanted = np.asarray(quantity, dtype=np.float64)
    most = np.array([limit.most for limit in limits])
    each = np.array([limit.unit_size for limit in limits])  # (limits, N)
    if (each @ wanted <= most * (1 + 1e-9)).all():
        return wanted
    one = offer.step if pack is None else np.asarray(pack, dtype=np.float64)
    lines = Lines(wanted, whole_packs(line_least, one, up=True), one, offer)
    total = np.maximum(each @ wanted, 1e-12)
    rankings = [
        _ranked(orders, lines, each, weight / total, is_lean=is_lean)
        for weight in weights_of(len(limits))
        for is_lean in ((False, True) if any(order.least for order in orders) else (False,))
    ]
    found = _best(rankings, most * (1 + 1e-9), len(wanted))
    bought = np.zeros_like(wanted)
    if found.ranking is not None:
        np.add.at(bought, found.ranking.row, found.ranking.units * found.taken)
    return np.asarray(np.rint(bought / one) * one)


@dataclass(frozen=True)
class Lines:
    """Every line: units wanted, the least of it and a pack, each (N,) or one for all; worth by steps."""

    wanted: Array
    least: Array
    pack: Array
    offer: Worth


def weights_of(n_limits: int) -> Array:
    """How much each limit counts in a share, way by way, (ways, limits)."""
    if n_limits == 1:
        return np.ones((1, 1))
    even = np.full((1, n_limits), 1 / n_limits)
    single = np.eye(n_limits)
    return np.concatenate([even, single, (even + single) / 2])


def _best(rankings: list[_Ranking], most: Array, n_rows: int) -> _Found:
    """The best under these limits or any smaller ones."""
    visits = _MOST_VISITS // max(1, len(rankings) * len(rankings[0].items))
    ways = [_some(_roles(ranking), visits) for ranking in rankings]
    best = _best_at(rankings, ways, most, n_rows)
    if len(most) == 1:
        return best
    bounds = [ranking.bound() for ranking in rankings]

    def allows(limits: Array) -> float:
        return min(
            float(np.interp(r.weight @ limits, *bound))
            for r, bound in zip(rankings, bounds, strict=True)
        )

    blocks = sum(len(r.items) * len(w) for r, w in zip(rankings, ways, strict=True))
    looks = min(1000, _MOST_VISITS // 10 // max(blocks, 1))
    waiting = [(-allows(most), 0, tuple(most.tolist()), best)]
    seen = {waiting[0][2]}
    while waiting and looks > 0:
        # Below what any way takes of a limit nothing changes: the next smaller limits are just under that.
        bound, _, limits, here = heapq.heappop(waiting)
        if -bound <= best.earned + 1e-9:
            break
        for which, used in enumerate(here.used.tolist()):
            smaller = np.array(limits)
            smaller[which] = used * (1 - 1e-9) - 1e-12
            key = tuple(np.round(smaller, 12).tolist())
            allowed = allows(smaller)
            if smaller[which] <= 0 or key in seen or allowed <= best.earned + 1e-9:
                continue
            seen.add(key)
            other = _best_at(rankings, ways, smaller, n_rows)
            best = other if other.earned > best.earned + 1e-9 else best
            heapq.heappush(waiting, (-allowed, len(seen), tuple(smaller.tolist()), other))
            looks -= 1
    return best


def _best_at(
    rankings: list[_Ranking], ways: list[NDArray[np.int64]], most: Array, n_rows: int
) -> _Found:
    """The best of all ways under exactly these limits."""
    from onhand.decide.replenish.shop_limits_kernel import buy_down

    best = _Found(0.0, None, np.zeros(0), np.zeros(len(most)))
    used = np.zeros(len(most))
    for ranking, roles in zip(rankings, ways, strict=True):
        r = ranking
        for role in roles:
            head = np.where(role == 1, r.least, r.head)
            earned, taken, took = buy_down(
                r.items, r.owner, r.row, r.place, r.packs, r.size, r.worth, r.first, head,
                r.order_cost, role, most, n_rows,
            )  # fmt: skip
            if earned > best.earned + 1e-9:
                best = _Found(earned, r, taken, used)
            if earned > -np.inf:  # heads that do not fit here fit nowhere smaller
                used = np.maximum(used, took)
    return _Found(best.earned, best.ranking, best.taken, used)


def _some(ways: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Every so many-th way, the first among them, where there are more than `most`."""
    return ways[:: max(1, -(-len(ways) // max(1, most)))]


def _roles(ranking: _Ranking) -> NDArray[np.int64]:
    """Which orders' heads are bought first (1), in their turn (0) or not at all (-1), (ways, O).

    Orders whose every pack can be had by itself stay in their turn.
    """
    n = len(ranking.first)
    tied = np.array([i for i in ranking.items.tolist() if i < n and ranking.is_tied[i]], np.int64)
    ways = [np.zeros(n, dtype=np.int64)]
    if 2 ** len(tied) <= _MOST_SETS:
        for way in product((1, -1), repeat=len(tied)):
            ways.append(np.zeros(n, dtype=np.int64))
            ways[-1][tied] = way
        return np.array(ways)
    for o in tied.tolist():
        for chosen in (1, -1):
            ways.append(np.zeros(n, dtype=np.int64))
            ways[-1][o] = chosen
    for k in range(1, len(tied) + 1):
        for others in (0, -1):
            ways.append(np.zeros(n, dtype=np.int64))
            ways[-1][tied] = others
            ways[-1][tied[:k]] = 1
    return np.array(ways)


def _ranked(
    orders: tuple[SupplierOrder, ...],
    lines: Lines,
    each: Array,
    weight: Array,
    *,
    is_lean: bool,
) -> _Ranking:
    """Every order's blocks, and all of them in one list, shares counted by `weight` (limits,).

    Lean: the least of an order goes without the packs that its supplier's minima do not need.
    """
    unit = np.maximum(weight @ each, 1e-15)  # what takes nothing of the limits is bought first
    parts = []
    for order in orders:
        rows = order.rows[lines.wanted[order.rows] > 0]
        if len(rows):
            parts.append(_blocks_of(order, rows, lines, unit, is_lean=is_lean))
    row, units, packs, worth, rate = (
        np.concatenate([getattr(p, name) for p in parts])
        for name in ("row", "units", "packs", "worth", "rate")
    )
    counts = np.array([len(p.row) for p in parts], dtype=np.int64)
    owner = np.repeat(np.arange(len(parts)), counts)
    first = np.cumsum(counts) - counts
    values = np.concatenate([[p.head_worth for p in parts], worth])
    heads = [p.head_worth / max(p.head_share, 1e-15) for p in parts]
    items = np.argsort(-np.concatenate([heads, rate]), kind="stable")
    return _Ranking(
        row=row,
        units=units,
        packs=packs,
        owner=owner,
        place=np.arange(len(row)) - first[owner],
        worth=worth,
        size=each[:, row] * units,
        first=first,
        order_cost=np.array([p.order_cost for p in parts]),
        least=np.array([p.least for p in parts], dtype=np.int64),
        head=np.array([p.head for p in parts], dtype=np.int64),
        items=items[values[items] > 0],
        weight=weight,
    )


@dataclass(frozen=True)
class _Blocks:
    """One order's blocks in the order in which they are bought.

    row, units, packs, worth : (B,) as in `_Ranking`;  rate : worth per share of the limits
    least, head : blocks of the least that the supplier accepts, and of the head that earns most per share
    head_worth, head_share : of that head, the order paid
    """

    row: Whole
    units: Array
    packs: Whole
    worth: Array
    rate: Array
    order_cost: float
    least: int
    head: int
    head_worth: float
    head_share: float


def _blocks_of(
    order: SupplierOrder, rows: Whole, lines: Lines, unit: Array, *, is_lean: bool
) -> _Blocks:
    n = len(lines.wanted)
    step = lines.offer.step[rows]
    least, pack = (np.broadcast_to(x, n)[rows] for x in (lines.least, lines.pack))
    mine = Worth(step, lines.offer.worth[rows])
    found = ranked_blocks(0.0, lines.wanted[rows] / step, least / step, mine, unit[rows])
    units = step[found.row] * found.steps
    n_least = _head(order, rows[found.row], units)
    if is_lean and not order.is_whole:
        kept, left_out = _lean(order, rows[found.row[:n_least]], units[:n_least])
        found = found.at(np.concatenate([kept, left_out, np.arange(n_least, len(units))]))
        units = step[found.row] * found.steps
        n_least = len(kept)
    # Nobody would stop before a block that makes the head earn more per share.
    values, shares = np.cumsum(found.worth) - order.order_cost, np.cumsum(found.size)
    rates = (values / np.maximum(shares, 1e-15))[n_least - 1 :]
    n_head = n_least + int(np.argmax(rates >= rates.max() - 1e-12 * abs(rates.max())))
    return _Blocks(
        row=rows[found.row],
        units=units,
        packs=np.where(found.is_head, 1, np.rint(units / pack[found.row])).astype(np.int64),
        worth=found.worth,
        rate=found.rate,
        order_cost=order.order_cost,
        least=n_least,
        head=n_head,
        head_worth=float(values[n_head - 1]),
        head_share=float(shares[n_head - 1]),
    )


def _head(order: SupplierOrder, rows: Whole, units: Array) -> int:
    """How many of the ranked blocks the supplier accepts as the least order."""
    if order.is_whole:
        return len(rows)
    n = 1
    for limit in order.least:
        reached = np.cumsum(limit.unit_size[rows] * units)
        n = max(n, int(np.searchsorted(reached, limit.least * (1 - 1e-9))) + 1)
    return min(n, len(rows))


def _lean(order: SupplierOrder, rows: Whole, units: Array) -> tuple[Whole, Whole]:
    """The blocks of a least order without which a minimum is missed, and those it can go without.

    Looked at from the worst up; of a stock point only its last blocks can go.
    """
    sizes = np.array([limit.unit_size[rows] * units for limit in order.least]).reshape(
        -1, len(rows)
    )
    spare = sizes.sum(axis=1) - np.array([limit.least * (1 - 1e-9) for limit in order.least])
    goes = np.zeros(len(rows), dtype=np.bool_)
    stays: set[int] = set()
    for b in range(len(rows) - 1, -1, -1):
        is_last = goes.sum() == len(rows) - 1
        if not is_last and int(rows[b]) not in stays and (sizes[:, b] <= spare).all():
            goes[b] = True
            spare -= sizes[:, b]
        else:
            stays.add(int(rows[b]))
    return np.flatnonzero(~goes), np.flatnonzero(goes)
