"""Which orders fit into the limits best, proven? And how much more could anything earn at most?

`onhand.decide.replenish.shop_limits` buys down ranked lists: quick, but where few suppliers ask for large minima
or fees, what fits best is a puzzle. Here the same choice is a mixed-integer program. With x_b packs of block
b (a step of a line, or the least that is to be had of it), y_o whether order o is placed, z_w whether an
order that only comes whole is filled in way w,

    maximise   Σ worth_b x_b  +  Σ worth_w z_w  -  Σ order cost_o y_o

    Σ size_bl x_b + Σ size_wl z_w <= most_l         every limit l of the shop
    Σ size_bo x_b >= least_o y_o                    every minimum of every supplier
    x_b <= n_b y_o,  or n_b x_h after a least order h of the line
    Σ z_w of an order <= 1

Worth falls along a line, so its packs are bought in their order without being told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onhand.decide.replenish.marginal import Worth
from onhand.decide.replenish.shop_limits import Lines, SupplierOrder, weights_of
from onhand.decide.replenish.whole_order import Blocks, Limit, ranked_blocks, whole_packs
from onhand.errors import ConfigError
from onhand.optimize.effort import Solve
from onhand.optimize.linear import LinearProgram, Rows, solve

__all__ = ["Shared", "Way", "best_share"]

Array = NDArray[np.float64]
Whole = NDArray[np.int64]

_MOST_NUMBERS = 1500  # whole numbers that HiGHS decides in a second or few
_FEW_NUMBERS = 300  # that it decides to the last cent
_NEAR = 1e-4


@dataclass(frozen=True)
class Way:
    """One way in which an order that only comes whole can be filled.

    quantity : (M,) units of the order's lines;  order_cost : money for placing it so, freight included
    """

    quantity: Array
    order_cost: float


@dataclass(frozen=True)
class Shared:
    """The best quantities, (N,), and money that no others can earn more than.

    quantity : None: the solver did not finish
    ways : order -> number of the way in which it is filled, of whole orders that are placed
    worth : money that they are expected to earn
    """

    quantity: Array | None
    ways: Mapping[int, int]
    worth: float
    bound: float


def best_share(
    quantity: ArrayLike,
    offer: Worth,
    limits: tuple[Limit, ...],
    orders: tuple[SupplierOrder, ...],
    *,
    line_least: ArrayLike = 0.0,
    pack: ArrayLike | None = None,
    ways: Mapping[int, tuple[Way, ...]] | None = None,
    seconds: float = 10.0,
    gap: float = 1e-6,
    ask: Solve = solve,
) -> Shared:
    """The quantities that keep every limit's most and earn most, by HiGHS.

    Parameters are those of `shop_limits.share_out`, and

    ways : order -> the ways in which it can be filled, of which one is chosen or none; an order that
        `is_whole` and has none here comes as wanted
    seconds : in which the solver may look; a bound is given also where they were too few. 0: only that
    gap : share of the best that may be missed; a ten-thousandth at least where there are more than 300 numbers
    ask : who solves the program; for example what is left of a plan's `onhand.optimize.effort`

    >>> offer = Worth(np.ones(2), np.array([[9.0, 4.0], [6.0, 5.0]]))
    >>> budget = Limit("budget", np.ones(2), most=3.0)
    >>> one, two = (SupplierOrder(np.array([i])) for i in (0, 1))
    >>> found = best_share([2.0, 2.0], offer, (budget,), (one, two))
    >>> found.quantity.tolist(), found.worth, found.bound
    ([1.0, 2.0], 20.0, 20.0)
    """
    wanted = np.asarray(quantity, dtype=np.float64)
    one = offer.step if pack is None else np.asarray(pack, dtype=np.float64)
    least = np.broadcast_to(whole_packs(line_least, one, up=True), wanted.shape)
    lines = Lines(wanted, least, np.broadcast_to(one, wanted.shape), offer)
    asked = _asked(lines, orders, ways or {})
    if not len(asked.worth):
        return Shared(np.zeros_like(wanted), {}, 0.0, 0.0)
    bound = _bound(asked, limits, orders)
    if seconds <= 0 or len(asked.worth) > _MOST_NUMBERS:
        return Shared(None, {}, 0.0, bound)
    near = gap if len(asked.worth) <= _FEW_NUMBERS else max(gap, _NEAR)
    try:
        answer = ask(_program(asked, limits, orders), seconds=seconds, gap=near)
    except ConfigError:
        return Shared(None, {}, 0.0, bound)
    if answer.gap > 2 * near:
        return Shared(None, {}, 0.0, bound)
    return _read(asked, lines, answer.value, min(bound, -answer.bound))


def _bound(asked: _Asked, limits: tuple[Limit, ...], orders: tuple[SupplierOrder, ...]) -> float:
    """Money that nothing that keeps the limits can earn more than (Everett 1963).

    At a price for what is scarce every order takes what is worth its price and what a minimum makes it
    take, in parts of packs if need be, or nothing; that and the price of all there is, is a bound at any
    price. The best price is searched for.
    """
    x, y = asked.n_blocks, len(asked.opens)
    n_orders = int(asked.order.max()) + 1
    worth = asked.worth * np.concatenate([asked.most, np.ones(len(asked.worth) - x)])
    size = np.zeros((len(limits), len(worth)))
    for each, limit in zip(size, limits, strict=True):
        each[:x] = limit.unit_size[asked.row] * asked.units * asked.most
        each[x + y :] = asked.filled @ limit.unit_size
        each /= max(limit.most, 1e-9)
    minima = []
    for number in asked.opens.tolist():
        mine = np.flatnonzero(asked.order[:x] == number)
        units = asked.units[mine] * asked.most[mine]
        minima += [
            (number, mine, limit.unit_size[asked.row[mine]] * units, limit.least)
            for limit in orders[number].least
            if limit.least > 0
        ]

    def at(price: float, share: Array) -> float:
        left = worth - price * share
        total = np.zeros(n_orders)
        np.add.at(total, asked.order[:x], np.maximum(left[:x], 0.0))
        forced = np.zeros(n_orders)
        for number, mine, counts, least in minima:
            forced[number] = min(forced[number], -_to_reach(left[mine], counts, least))
        total = total + forced
        total[asked.opens] += left[x : x + y]
        np.maximum.at(total, asked.order[x + y :], left[x + y :])
        return price + float(np.maximum(total, 0.0).sum())

    most = float(np.maximum(worth, 0.0).sum())
    shares = [weight @ size for weight in weights_of(len(limits))]
    return min(_least(partial(at, share=share), most) for share in shares)


def _to_reach(left: Array, counts: Array, least: float) -> float:
    """What it costs at least, in parts of packs, to take so much that loses that a minimum is reached."""
    is_taken = left > 0
    missing = least - float(counts[is_taken].sum())
    if missing <= 0:
        return 0.0
    loses, counted = -left[~is_taken], counts[~is_taken]
    order = np.argsort(loses / np.maximum(counted, 1e-12))
    reached = np.concatenate([[0.0], np.cumsum(counted[order])])
    if reached[-1] < missing * (1 - 1e-9):
        return np.inf
    return float(np.interp(missing, reached, np.concatenate([[0.0], np.cumsum(loses[order])])))


def _least(value: Callable[[float], float], most: float) -> float:
    """The least of a convex function between 0 and `most`, by golden section (Kiefer 1953)."""
    low, high = 0.0, most
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = value(left), value(right)
    best = min(value(0.0), at_left, at_right)
    for _ in range(35):
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = value(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = value(right)
        best = min(best, at_left, at_right)
    return best


_GOLDEN = (5**0.5 - 1) / 2


@dataclass(frozen=True)
class _Asked:
    """The columns of the program: X blocks, Y orders placed, W ways of whole orders.

    row, units, most : (X,) of each block: stock point, units of a pack, packs
    needs : (X,) column without which a block is not to be had; -1: none
    order, worth : (X + Y + W,) of each column: its order; money, of blocks for a pack
    opens : (Y,) numbers of the orders
    way : (W,) number within its order;  filled : (W, N) units
    """

    row: Whole
    units: Array
    most: Array
    needs: Whole
    order: Whole
    worth: Array
    opens: Whole
    way: Whole
    filled: Array

    @property
    def n_blocks(self) -> int:
        """X."""
        return len(self.row)


def _asked(
    lines: Lines, orders: tuple[SupplierOrder, ...], ways: Mapping[int, tuple[Way, ...]]
) -> _Asked:
    is_tied = [not o.is_whole and (o.order_cost > 0 or _must_fill(o)) for o in orders]
    blocks, owner = [], []
    whole, of_way, earns, filled = [], [], [], []
    for number, order in enumerate(orders):
        if not order.is_whole:
            found = _worthwhile(lines, order)
            blocks.append(found)
            owner.append(np.full(len(found.row), number))
            continue
        usual = (Way(lines.wanted[order.rows], order.order_cost),)
        for w, way in enumerate(ways.get(number, usual)):
            units = np.zeros_like(lines.wanted)
            units[order.rows] = way.quantity
            money = _earned(lines.offer, units) - way.order_cost
            if money > 0:
                whole.append(number)
                of_way.append(w)
                earns.append(money)
                filled.append(units)
    joined = _joined(blocks)
    row = joined.row
    block_order = np.concatenate(owner).astype(np.int64) if owner else np.zeros(0, dtype=np.int64)
    opens = np.flatnonzero(is_tied)
    units = lines.offer.step[row] * joined.steps
    packs = np.where(joined.is_head, 1.0, np.rint(units / lines.pack[row]))
    return _Asked(
        row=row,
        units=units / packs,
        most=packs,
        needs=_needs(joined, block_order, opens, len(lines.wanted), len(orders)),
        order=np.concatenate([block_order, opens, np.array(whole, dtype=np.int64)]),
        worth=np.concatenate(
            [joined.worth / packs, [-orders[o].order_cost for o in opens.tolist()], earns]
        ),
        opens=opens,
        way=np.array(of_way, dtype=np.int64),
        filled=np.array(filled).reshape(-1, len(lines.wanted)),
    )


def _must_fill(order: SupplierOrder) -> bool:
    return any(limit.least > 0 for limit in order.least)


def _worthwhile(lines: Lines, order: SupplierOrder) -> Blocks:
    """The blocks of an order's lines that can be of use: packs that lose only where a minimum asks."""
    rows = order.rows[lines.wanted[order.rows] > 0]
    step = lines.offer.step[rows]
    found = ranked_blocks(
        0.0,
        lines.wanted[rows] / step,
        np.where(lines.least[rows] > lines.pack[rows] * (1 + 1e-9), lines.least[rows] / step, 0.0),
        Worth(step, lines.offer.worth[rows]),
        np.ones(len(rows)),
    )
    if not _must_fill(order):
        found = found.at(np.flatnonzero(found.worth > 0))
    return replace(found, row=rows[found.row])


def _joined(blocks: list[Blocks]) -> Blocks:
    if not blocks:
        nothing = np.zeros(0)
        row, is_head = nothing.astype(np.int64), nothing.astype(np.bool_)
        return Blocks(row, nothing, nothing, nothing, nothing, is_head)
    return Blocks(*(np.concatenate([getattr(b, f.name) for b in blocks]) for f in fields(Blocks)))


def _needs(blocks: Blocks, order: Whole, opens: Whole, n_lines: int, n_orders: int) -> Whole:
    """The column that each block needs: its line's least order, else its order if that is tied."""
    heads = np.flatnonzero(blocks.is_head)
    head_of = np.full(n_lines, -1)
    head_of[blocks.row[heads]] = heads
    open_of = np.full(n_orders, -1)
    open_of[opens] = len(order) + np.arange(len(opens))
    own = np.where(blocks.is_head, -1, head_of[blocks.row])
    return np.asarray(np.where(own >= 0, own, open_of[order]))


def _earned(offer: Worth, units: Array) -> float:
    inside = np.clip((units / offer.step)[:, None] - np.arange(offer.worth.shape[1]), 0.0, 1.0)
    return float((offer.worth * inside).sum())


def _program(
    asked: _Asked, limits: tuple[Limit, ...], orders: tuple[SupplierOrder, ...]
) -> LinearProgram:
    x, y = asked.n_blocks, len(asked.opens)
    d = len(asked.worth)
    rows = Rows(d)
    ways = np.arange(x + y, d)
    for limit in limits:
        size = np.concatenate(
            [limit.unit_size[asked.row] * asked.units, asked.filled @ limit.unit_size]
        )
        scale = max(limit.most, 1e-9)  # rows of like size: the solver's tolerance is absolute
        rows.add([*range(x), *ways.tolist()], (size / scale).tolist(), high=limit.most / scale)
    for column, number in enumerate(asked.opens.tolist(), start=x):
        mine = np.flatnonzero(asked.order[:x] == number)
        for limit in orders[number].least:
            if limit.least > 0:
                size = limit.unit_size[asked.row[mine]] * asked.units[mine] / limit.least
                rows.add([*mine.tolist(), column], [*size.tolist(), -1.0], low=0.0)
    for b in np.flatnonzero(asked.needs >= 0).tolist():
        rows.add([b, int(asked.needs[b])], [1.0 / float(asked.most[b]), -1.0], high=0.0)
    for number in np.unique(asked.order[ways]).tolist():
        same = ways[asked.order[ways] == number].tolist()
        rows.add(same, [1.0] * len(same), high=1.0)
    return LinearProgram(
        cost=-asked.worth,
        rows=rows.matrix(),
        row_lower=np.array(rows.low),
        row_upper=np.array(rows.high),
        lower=np.zeros(d),
        upper=np.concatenate([asked.most, np.ones(d - x)]),
        is_whole=np.ones(d, dtype=np.bool_),
    )


def _read(asked: _Asked, lines: Lines, value: Array, bound: float) -> Shared:
    """The solver's numbers as quantities."""
    x, y = asked.n_blocks, len(asked.opens)
    packs = np.rint(value[:x])
    units = np.bincount(asked.row, weights=asked.units * packs, minlength=len(lines.wanted))
    chosen = np.flatnonzero(value[x + y :] > 0.5)
    units = units + asked.filled[chosen].sum(axis=0)
    taken = asked.order[x + y :][chosen].tolist(), asked.way[chosen].tolist()
    worth = float(asked.worth @ np.rint(value))
    return Shared(
        quantity=np.asarray(np.rint(units / lines.pack) * lines.pack),
        ways=dict(zip(*taken, strict=True)),
        worth=worth,
        bound=max(bound, worth),
    )
