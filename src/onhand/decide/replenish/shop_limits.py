"""Which of all suppliers' orders fit into one budget or one stock room?

The packs of every order are ranked by expected worth per share of the limits and bought from the top,
as in `onhand.decide.replenish.budget`. What a supplier only accepts as a whole is one block of that
list: its minimum with the order cost, or a container. So no order is cut below what its supplier
accepts, and a pack that no longer fits is passed over together with those that come after it in its
line; the rest of the list may still fit.

What a supplier only accepts as a whole may be too big for what is left when its turn comes. So the list
is also bought down with each such order in front, and the best of these is taken.

Buying down a list that falls in worth per limit never earns less with a larger limit: up to the first
pack that fits only the larger one, both buy the same; what the smaller can still add after that fits
into less room than that pack, and earns less per room. That holds with any order in front, and so
for the best of all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onhand.decide.replenish.marginal import Worth
from onhand.decide.replenish.whole_order import Limit, ranked_blocks

__all__ = ["SupplierOrder", "share_out"]

Array = NDArray[np.float64]
Whole = NDArray[np.int64]


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
class _Block:
    """Steps of one supplier's stock points that are bought together."""

    rows: Whole
    steps: Whole
    worth: float
    size: Array  # (limits,)


def share_out(
    quantity: ArrayLike,
    offer: Worth,
    limits: tuple[Limit, ...],
    orders: tuple[SupplierOrder, ...],
    *,
    line_least: ArrayLike = 0.0,
) -> Array:
    """The quantities, (N,), that keep every limit's most; unchanged where they already do.

    Parameters
    ----------
    quantity : (N,) units in whole steps of the offer, as the suppliers accept them
    limits : of the shop as a whole; only their `most` counts
    orders : every stock point with a quantity belongs to one
    line_least : (N,) units; a line is bought at least to here, or not at all

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
    least = np.broadcast_to(np.ceil(np.asarray(line_least) / offer.step - 1e-9), len(wanted))
    steps = np.rint(wanted / offer.step).astype(np.int64)
    blocks: list[_Block] = []
    owner: list[int] = []
    for o, order in enumerate(orders):
        mine = _blocks_of(order, steps, least, offer, each, most)
        blocks += mine
        owner += [o] * len(mine)
    bought = np.zeros_like(steps)
    for i in _best_that_fit(blocks, owner, most):
        np.add.at(bought, blocks[i].rows, blocks[i].steps)
    return bought * offer.step


def _best_that_fit(blocks: list[_Block], owner: list[int], most: Array) -> list[int]:
    """Numbers of the blocks bought: from the top of the list, or with one supplier's order in front."""
    order = np.argsort(-np.array([_rate(block, most) for block in blocks]), kind="stable").tolist()
    heads: dict[int, int] = {}
    for i, o in enumerate(owner):
        heads.setdefault(o, i)  # an order's first block is what its supplier accepts at least

    def worth(taken: list[int]) -> float:
        return sum(max(blocks[i].worth, 0.0) for i in taken)

    best = _that_fit(blocks, owner, most, order)
    for head in heads.values():
        if head not in best and (blocks[head].size <= most).all():
            in_front = [head, *(i for i in order if i != head)]
            other = _that_fit(blocks, owner, most, in_front)
            best = other if worth(other) > worth(best) + 1e-9 else best
    return best


def _that_fit(blocks: list[_Block], owner: list[int], most: Array, order: list[int]) -> list[int]:
    """Numbers of the blocks bought when they are tried in this order."""
    left = most * (1 + 1e-9)
    ended_order: set[int] = set()
    started: set[int] = set()
    ended_row: set[int] = set()
    taken = []
    for i in order:
        block, o = blocks[i], owner[i]
        if o in ended_order or (len(block.rows) == 1 and int(block.rows[0]) in ended_row):
            continue
        if (block.size <= left).all():
            left = left - block.size
            started.add(o)
            taken.append(i)
        elif o not in started:
            ended_order.add(o)  # without its first block a supplier accepts nothing
        else:
            ended_row.update(block.rows.tolist())
    return taken


def _rate(block: _Block, most: Array) -> float:
    """Expected money per share of the limits taken."""
    share = float((block.size / np.maximum(most, 1e-12)).sum())
    return max(block.worth, 0.0) / max(share, 1e-15)


def _blocks_of(
    order: SupplierOrder, steps: Whole, least: Array, offer: Worth, each: Array, most: Array
) -> list[_Block]:
    """A supplier's order as blocks that fall in worth per limit; the first is what it must hold."""
    rows = order.rows[steps[order.rows] > 0]
    if not len(rows):
        return []
    mine = Worth(offer.step[rows], offer.worth[rows])
    unit = (each[:, rows] / np.maximum(most, 1e-12)[:, None]).sum(axis=0)
    unit = np.maximum(unit, 1e-15)  # what takes nothing of the limits is bought first
    nothing = np.zeros(len(rows), dtype=np.int64)
    at, n_steps, worth, _ = ranked_blocks(nothing, steps[rows], least[rows], mine, unit)
    sizes = each[:, rows[at]] * (mine.step[at] * n_steps)  # (limits, B)
    n_head = _head(order, rows[at], mine.step[at] * n_steps)
    head_worth = float(worth[:n_head].sum()) - order.order_cost
    # A better next block belongs to the first: nobody would stop before it.
    share = unit[at] * mine.step[at] * n_steps
    while n_head < len(at) and max(worth[n_head], 0.0) / share[n_head] > max(head_worth, 0.0) / max(
        float(share[:n_head].sum()), 1e-15
    ):
        head_worth += float(worth[n_head])
        n_head += 1
    head = _Block(rows[at[:n_head]], n_steps[:n_head], head_worth, sizes[:, :n_head].sum(axis=1))
    rest = [
        _Block(rows[at[i : i + 1]], n_steps[i : i + 1], float(worth[i]), sizes[:, i])
        for i in range(n_head, len(at))
    ]
    return [head, *rest]


def _head(order: SupplierOrder, rows: Whole, units: Array) -> int:
    """How many of the ranked blocks the supplier accepts as the least order."""
    if order.is_whole:
        return len(rows)
    n = 1
    for limit in order.least:
        reached = np.cumsum(limit.unit_size[rows] * units)
        n = max(n, int(np.searchsorted(reached, limit.least * (1 - 1e-9))) + 1)
    return min(n, len(rows))
