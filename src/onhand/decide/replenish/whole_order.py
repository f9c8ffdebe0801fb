"""What must be true of a supplier's order as a whole, and which packs are added or left out for it?

A supplier may ask for a minimum value, weight or volume, and a container or a budget may set a most.
Both are met where it hurts least: packs are pulled forward, or left for later, in the order of their
expected worth per unit of what is limited (`onhand.decide.replenish.marginal`). What each rule added
or took is kept, so that a planner sees the pure need first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onhand.decide.replenish.marginal import Worth
from onhand.errors import ConfigError, ShapeError

__all__ = ["Limit", "WholeOrder", "fit_whole_order", "ranked_blocks"]

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
) -> WholeOrder:
    """The order closest to `quantity` in expected money that keeps every limit.

    Parameters
    ----------
    quantity : (N,) units, in whole steps of the offer
        What each stock point of this supplier should get, limits aside.
    offer : the steps on offer at each stock point, (N, K); nothing beyond them is ever added
    limits : applied in turn: every `least` first, then every `most`
    order_cost : money for placing the order at all
    line_least : (N,) units; a line is left out or added only whole up to here (minimum order)
    line_most : (N,) units; no line is raised above it (shelf life, phase-out)

    Raises
    ------
    ShapeError
        When a quantity is not a whole number of steps.

    >>> import numpy as np
    >>> offer = Worth(np.array([1.0, 1.0]), np.array([[9.0, -0.1, -0.4], [8.0, -0.2, -0.5]]))
    >>> value = Limit("minimum_value", np.array([10.0, 10.0]), least=40.0)
    >>> order = fit_whole_order([1.0, 1.0], offer, (value,))
    >>> order.quantity.tolist(), round(order.worth, 2)      # two more, where it costs least
    ([2.0, 2.0], 16.7)
    """
    wanted = np.asarray(quantity, dtype=np.float64)
    steps = _whole_steps(wanted, offer)
    least = np.broadcast_to(
        np.ceil(np.asarray(line_least, dtype=np.float64) / offer.step - 1e-9), len(steps)
    )
    most = np.floor(np.asarray(line_most, dtype=np.float64) / offer.step + 1e-9)
    most = np.maximum(np.minimum(most, offer.worth.shape[1]), steps).astype(np.int64)
    increments: dict[str, Array] = {}
    short_of = []
    if steps.any():
        for limit in limits:
            if limit.least > 0:
                steps, added = _add(steps, most, least, offer, limit)
                increments[limit.name] = added
                if limit.size(steps * offer.step) < limit.least * (1 - 1e-9):
                    short_of.append(limit.name)
        for limit in limits:
            if np.isfinite(limit.most):
                steps, taken = _leave_out(steps, least, offer, limit)
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


def _whole_steps(quantity: Array, offer: Worth) -> NDArray[np.int64]:
    ratio = quantity / offer.step
    steps = np.rint(ratio).astype(np.int64)
    off = np.abs(ratio - steps) > 1e-6
    if off.any():
        i = int(np.argmax(off))
        raise ShapeError(
            f"stock point {i}: {quantity[i]:g} units are not a whole number of steps of "
            f"{offer.step[i]:g}; round the order to packs first"
        )
    return steps


def ranked_blocks(
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    least: Array,
    offer: Worth,
    unit_size: Array,
) -> tuple[NDArray[np.int64], NDArray[np.int64], Array, Array]:
    """Steps first..last-1 of every stock point in blocks, best worth per size first.

    The steps below `least` (N,) make one block, every other step is one of its own. Gives back the
    stock point, the steps, the worth and the size of each block. Worth falls along a stock point's
    steps, so its blocks appear in the order in which they can be bought.
    """
    k = np.arange(offer.worth.shape[1])
    is_offered = (last > first) & (unit_size > 0)
    chosen = (k >= first[:, None]) & (k < last[:, None]) & is_offered[:, None]
    is_head = chosen & (k < least[:, None])
    heads = np.flatnonzero(is_head.any(axis=1))
    singles = chosen & ~is_head
    row = np.concatenate([heads, np.nonzero(singles)[0]])
    steps = np.concatenate([is_head[heads].sum(axis=1), np.ones(len(row) - len(heads), np.int64)])
    worth = np.concatenate([(offer.worth * is_head)[heads].sum(axis=1), offer.worth[singles]])
    size = unit_size[row] * offer.step[row] * steps
    order = np.argsort(-worth / np.maximum(size, 1e-300), kind="stable")
    return row[order], steps[order], worth[order], size[order]


def _add(
    steps: NDArray[np.int64],
    most: NDArray[np.int64],
    least: Array,
    offer: Worth,
    limit: Limit,
) -> tuple[NDArray[np.int64], Array]:
    """Pulls the next best steps forward until the least is reached."""
    missing = limit.least - limit.size(steps * offer.step)
    if missing <= limit.least * 1e-9:
        return steps, np.zeros(len(steps))
    last = np.where(most >= least, most, steps)
    row, n_steps, _, size = ranked_blocks(steps, last, least, offer, limit.unit_size)
    n = int(np.searchsorted(np.cumsum(size), missing * (1 - 1e-9))) + 1
    more = np.bincount(row[:n], weights=n_steps[:n], minlength=len(steps)).astype(np.int64)
    return steps + more, more * offer.step


def _leave_out(
    steps: NDArray[np.int64], least: Array, offer: Worth, limit: Limit
) -> tuple[NDArray[np.int64], Array]:
    """Leaves out the steps worth least until the most is kept."""
    excess = limit.size(steps * offer.step) - limit.most
    if excess <= 1e-9 * max(limit.most, 1.0):
        return steps, np.zeros(len(steps))
    nothing = np.zeros_like(steps)
    row, n_steps, _, size = ranked_blocks(nothing, steps, least, offer, limit.unit_size)
    n = int(np.searchsorted(np.cumsum(size[::-1]), excess * (1 - 1e-9))) + 1
    last = slice(max(0, len(row) - n), None)
    fewer = np.bincount(row[last], weights=n_steps[last], minlength=len(steps)).astype(np.int64)
    return steps - fewer, -(fewer * offer.step)


def _still_short(
    steps: NDArray[np.int64], offer: Worth, limits: tuple[Limit, ...]
) -> tuple[str, ...]:
    if not steps.any():
        return ()
    size = steps * offer.step
    return tuple(x.name for x in limits if x.least > 0 and x.size(size) < x.least * (1 - 1e-9))


def _worth_of(steps: NDArray[np.int64], offer: Worth) -> float:
    """Expected money of the steps taken; steps beyond the offer count like its last one."""
    k = offer.worth.shape[1]
    inside = (np.arange(k) < steps[:, None]) * offer.worth
    beyond = np.maximum(steps - k, 0) * offer.worth[:, -1]
    return float(inside.sum() + beyond.sum())
