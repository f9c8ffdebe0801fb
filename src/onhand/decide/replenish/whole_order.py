"""What must be true of a supplier's order as a whole, and which packs are added or left out for it?

A supplier may ask for a minimum value, weight or volume, and a container or a budget may set a most.
Both are met where it hurts least: packs are pulled forward, or left for later, in the order of their
expected worth per unit of what is limited (`onhand.decide.replenish.marginal`). What each rule added
or took is kept, so that a planner sees the pure need first.

The worth of a very large order is known for steps of several packs, all packs of a step alike. What is ordered
is whole packs all the same: a line may end inside a step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onhand.decide.replenish.marginal import Worth
from onhand.errors import ConfigError, ShapeError

__all__ = ["Blocks", "Limit", "WholeOrder", "fit_whole_order", "ranked_blocks", "whole_packs"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Limit:
    """A least or a most for the sum over an order's lines.

    name : what it is called in reasons: "minimum_value", "container_volume", "budget"
    unit_size : (N,) what one unit counts: its cost, weight or volume, >= 0
    least : 0: none
    most : infinity: none

    Raises
    ------
    ConfigError
        When the most is below the least.
    """

    name: str
    unit_size: Array
    least: float = 0.0
    most: float = np.inf

    def __post_init__(self) -> None:
        if self.most < self.least:
            raise ConfigError(
                f"{self.name}: at most {self.most:g} but at least {self.least:g}; no order can be both"
            )

    def size(self, quantity: Array) -> float:
        """What an order of `quantity` (N,) counts."""
        return float(self.unit_size @ quantity)


@dataclass(frozen=True)
class WholeOrder:
    """An order that its supplier accepts, and how it came about.

    quantity : (N,) units; all 0 when it is better to wait
    increments : rule -> (N,) units added (above 0) or left out (below 0), in the order applied
    worth : expected money earned by placing this order now, compared with not ordering
    is_deferred : True when the limits make ordering now worse than waiting for the next review
    is_short_of : the minima that even every pack on offer cannot reach; the order is then deferred
    """

    quantity: Array
    increments: Mapping[str, Array]
    worth: float
    is_deferred: bool
    is_short_of: tuple[str, ...]


def fit_whole_order(
    quantity: ArrayLike,
    offer: Worth,
    limits: tuple[Limit, ...] = (),
    *,
    order_cost: float = 0.0,
    line_least: ArrayLike = 0.0,
    line_most: ArrayLike = np.inf,
    pack: ArrayLike | None = None,
) -> WholeOrder:
    """The order closest to `quantity` in expected money that keeps every limit.

    Parameters
    ----------
    quantity : (N,) units, in whole packs
        What each stock point of this supplier should get, limits aside.
    offer : the steps on offer at each stock point, (N, K); nothing beyond them is ever added
    limits : applied in turn: every `least` first, then every `most`
    order_cost : money for placing the order at all
    line_least : (N,) units; a line is left out or added only whole up to here (minimum order)
    line_most : (N,) units; no line is raised above it (shelf life, phase-out)
    pack : (N,) units, of which a step holds a whole number. None: a step is one pack

    Raises
    ------
    ShapeError
        When a quantity is not a whole number of packs.

    >>> import numpy as np
    >>> offer = Worth(np.array([1.0, 1.0]), np.array([[9.0, -0.1, -0.4], [8.0, -0.2, -0.5]]))
    >>> value = Limit("minimum_value", np.array([10.0, 10.0]), least=40.0)
    >>> order = fit_whole_order([1.0, 1.0], offer, (value,))
    >>> order.quantity.tolist(), round(order.worth, 2)      # two more, where it costs least
    ([2.0, 2.0], 16.7)
    """
    wanted = np.asarray(quantity, dtype=np.float64)
    each = offer.step if pack is None else np.asarray(pack, dtype=np.float64)
    per_step = np.rint(offer.step / each)  # packs
    steps = _in_packs(wanted, each) / per_step
    least = np.broadcast_to(whole_packs(line_least, each, up=True) / offer.step, len(steps))
    most = whole_packs(line_most, each, up=False) / offer.step
    most = np.maximum(np.minimum(most, offer.worth.shape[1]), steps)
    increments: dict[str, Array] = {}
    short_of = []
    if steps.any():
        for limit in limits:
            if limit.least > 0:
                steps, added = _add(steps, most, least, offer, limit, per_step)
                increments[limit.name] = added
                if limit.size(steps * offer.step) < limit.least * (1 - 1e-9):
                    short_of.append(limit.name)
        for limit in limits:
            if np.isfinite(limit.most):
                steps, taken = _leave_out(steps, least, offer, limit, per_step)
                increments[limit.name] = increments.get(limit.name, 0.0) + taken
    worth = _worth_of(steps, offer) - order_cost * bool(steps.any())
    broken = _still_short(steps, offer, limits)
    if broken or worth < 0:
        deferred = -(wanted + sum(increments.values(), np.zeros_like(wanted)))
        increments["deferred"] = deferred
        reasons = tuple(dict.fromkeys([*short_of, *broken]))
        nothing = np.zeros_like(wanted)
        return WholeOrder(nothing, MappingProxyType(increments), 0.0, bool(wanted.any()), reasons)
    return WholeOrder(steps * offer.step, MappingProxyType(increments), worth, False, ())


def whole_packs(units: ArrayLike, pack: Array, *, up: bool) -> Array:
    """Units (N,) as whole packs, rounded up or down; a billionth of a pack is no reason for another one.

    >>> whole_packs([7.0, np.inf], np.array([3.0, 3.0]), up=True).tolist()
    [9.0, inf]
    """
    ratio = np.asarray(units, dtype=np.float64) / pack
    return np.asarray((np.ceil(ratio - 1e-9) if up else np.floor(ratio + 1e-9)) * pack)


def _in_packs(quantity: Array, pack: Array) -> Array:
    ratio = quantity / pack
    packs = np.rint(ratio)
    off = np.abs(ratio - packs) > 1e-6
    if off.any():
        i = int(np.argmax(off))
        raise ShapeError(
            f"stock point {i}: {quantity[i]:g} units are not a whole number of packs of "
            f"{pack[i]:g}; round the order to packs first"
        )
    return packs


@dataclass(frozen=True)
class Blocks:
    """Steps of several stock points that are bought or left out one after the other, each (B,).

    row : stock point;  steps : how many of its steps, a part of one where a line begins or ends inside it
    worth : expected money;  size : of what is limited
    rate : worth per size, never rising along a stock point, also where rounding of floats says it does
    is_head : whether it is a least order, of which no part is to be had
    """

    row: NDArray[np.int64]
    steps: Array
    worth: Array
    size: Array
    rate: Array
    is_head: NDArray[np.bool_]

    def at(self, index: NDArray[np.int64]) -> Blocks:
        """Some of them, in this order."""
        return Blocks(
            self.row[index],
            self.steps[index],
            self.worth[index],
            self.size[index],
            self.rate[index],
            self.is_head[index],
        )


def ranked_blocks(
    first: ArrayLike, last: ArrayLike, least: ArrayLike, offer: Worth, unit_size: Array
) -> Blocks:
    """The steps from `first` to `last` (N,) of every stock point in blocks, best worth per size first.

    The steps below `least` (N,) make one block, every other step is one of its own. Worth falls along a
    stock point's steps, so its blocks appear in the order in which they can be bought.
    """
    k = np.arange(offer.worth.shape[1])
    n = len(unit_size)
    start = np.broadcast_to(np.asarray(first, dtype=np.float64), (n,))
    end = np.where(unit_size > 0, np.asarray(last, dtype=np.float64), start)
    edge = np.clip(np.asarray(least, dtype=np.float64), start, np.maximum(start, end))
    in_head = _overlap(k, start, edge)
    singles = _overlap(k, edge, end)
    heads = np.flatnonzero(edge > start + _SPECK)
    row, step = np.nonzero(singles > _SPECK)
    part = singles[row, step]
    row = np.concatenate([heads, row])
    steps = np.concatenate([in_head[heads].sum(axis=1), part])
    worth = np.concatenate(
        [(offer.worth * in_head)[heads].sum(axis=1), offer.worth[singles > _SPECK] * part]
    )
    size = unit_size[row] * offer.step[row] * steps
    # Where all packs of a line are worth the same, its least order must not come after one of them.
    rate = worth / np.maximum(size, 1e-300)
    head_rate = np.full(n, np.inf)
    head_rate[heads] = rate[: len(heads)]
    falling = np.minimum.accumulate(offer.worth, axis=1) / offer.step[:, None]
    each = falling[singles > _SPECK] / np.maximum(unit_size[row[len(heads) :]], 1e-300)
    rate[len(heads) :] = np.minimum(each, head_rate[row[len(heads) :]])
    order = np.argsort(-rate, kind="stable")
    return Blocks(row, steps, worth, size, rate, np.arange(len(row)) < len(heads)).at(order)


_SPECK = 1e-9  # of a step


def _overlap(k: NDArray[np.int64], start: Array, end: Array) -> Array:
    """How much of each step k .. k + 1 lies between `start` and `end` (N,), (N, K)."""
    return np.clip(np.minimum(k + 1, end[:, None]) - np.maximum(k, start[:, None]), 0.0, 1.0)


def _add(
    steps: Array, most: Array, least: Array, offer: Worth, limit: Limit, per_step: Array
) -> tuple[Array, Array]:
    """Pulls the next best packs forward until the least is reached."""
    missing = limit.least - limit.size(steps * offer.step)
    if missing <= limit.least * 1e-9:
        return steps, np.zeros(len(steps))
    last = np.where(most >= least - _SPECK, most, steps)
    blocks = ranked_blocks(steps, last, least, offer, limit.unit_size)
    more = _until(blocks, missing, per_step)
    return steps + more, more * offer.step


def _leave_out(
    steps: Array, least: Array, offer: Worth, limit: Limit, per_step: Array
) -> tuple[Array, Array]:
    """Leaves out the packs worth least until the most is kept."""
    excess = limit.size(steps * offer.step) - limit.most
    if excess <= 1e-9 * max(limit.most, 1.0):
        return steps, np.zeros(len(steps))
    blocks = ranked_blocks(0.0, steps, least, offer, limit.unit_size)
    backwards = blocks.at(np.arange(len(blocks.row))[::-1])
    fewer = _until(backwards, excess, per_step)
    return steps - fewer, -(fewer * offer.step)


def _until(blocks: Blocks, size: float, per_step: Array) -> Array:
    """Steps of each stock point, (N,), until so much is reached, in whole packs; all where it is not."""
    sizes = np.cumsum(blocks.size)
    n = int(np.searchsorted(sizes, size * (1 - 1e-9))) + 1
    taken = blocks.steps[:n].copy()
    if n <= len(sizes) and not blocks.is_head[n - 1]:
        packs = np.rint(taken[-1] * per_step[blocks.row[n - 1]])
        rest = size - (sizes[n - 2] if n > 1 else 0.0)
        needed = np.ceil(rest * (1 - 1e-9) / blocks.size[n - 1] * packs - 1e-6)
        taken[-1] *= min(1.0, max(needed, 1.0) / max(packs, 1.0))
    found = np.bincount(blocks.row[:n], weights=taken, minlength=len(per_step))
    return np.asarray(np.rint(found * per_step) / per_step)


def _still_short(steps: Array, offer: Worth, limits: tuple[Limit, ...]) -> tuple[str, ...]:
    if not steps.any():
        return ()
    size = steps * offer.step
    return tuple(x.name for x in limits if x.least > 0 and x.size(size) < x.least * (1 - 1e-9))


def _worth_of(steps: Array, offer: Worth) -> float:
    """Expected money of the steps taken; steps beyond the offer count like its last one."""
    k = offer.worth.shape[1]
    inside = _overlap(np.arange(k), np.zeros(len(steps)), steps) * offer.worth
    beyond = np.maximum(steps - k, 0) * offer.worth[:, -1]
    return float(inside.sum() + beyond.sum())
