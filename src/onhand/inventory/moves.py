"""The physics of stock, as two pure moves: `place` what we decide, `serve` what happens.

Order of events in period t:

    1. goods due at the start of t arrive              (serve)
    2. the demand of t is met from stock               (serve)
    3. the shortage is lost, or backordered            (serve_or_lose, serve_or_backorder)
    4. costs of t are charged on what is left          (costs.charge)
    5. we review and order                             (place)

An order placed at the end of t with `lead_time` L arrives at the start of t + L + 1: L full
periods lie between the review and the arrival. L = 0 arrives at the start of the next period.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onhand.errors import ShapeError
from onhand.inventory.stock import Stock

__all__ = ["Flow", "place", "serve_or_backorder", "serve_or_lose"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Flow:
    """What moved in one period, each (...,) in units.

    `served` is demand of this period met from stock in this period; `short` the rest of it, lost
    or backordered; `on_hand` and `backorders` stand at the end of the period.
    """

    arrivals: Array
    demand: Array
    served: Array
    short: Array
    on_hand: Array
    backorders: Array


def place(stock: Stock, order_quantity: ArrayLike, lead_time: ArrayLike) -> Stock:
    """The stock after ordering `order_quantity` (...,) >= 0 with `lead_time` (...,) periods.

    An order whose lead time does not fit the pipeline raises; one with a negative lead time never
    arrives (the supplier lost it) and leaves no trace.

    >>> place(Stock.of([5.0], [[2.0, 0.0]]), [4.0], 1).pipeline.tolist()
    [[2.0, 4.0]]
    """
    quantity = np.broadcast_to(np.asarray(order_quantity, dtype=np.float64), stock.on_hand.shape)
    slot = np.broadcast_to(np.asarray(lead_time, dtype=np.int64), stock.on_hand.shape)
    width = stock.pipeline.shape[-1]
    if slot.size and slot.max() >= width:
        raise ShapeError(
            f"a lead time of {slot.max()} periods does not fit a pipeline of {width} slots; "
            f"build the stock with at least {slot.max() + 1}"
        )
    arrives = np.arange(width) == slot[..., None]  # (..., W)
    return Stock(stock.on_hand, stock.pipeline + arrives * quantity[..., None], stock.backorders)


def serve_or_lose(stock: Stock, demand: ArrayLike) -> tuple[Stock, Flow]:
    """The stock one period later and what moved, when unmet demand is lost.

    Backorders that stand from before are delivered first; no new ones arise.

    >>> after, flow = serve_or_lose(Stock.of([1.0], [[2.0, 4.0]]), [5.0])
    >>> flow.served.tolist(), flow.short.tolist(), after.pipeline.tolist()
    ([3.0], [2.0], [[4.0, 0.0]])
    """
    wanted, arrivals, later = _next_period(stock, demand)
    delivered_late = np.minimum(stock.on_hand + arrivals, stock.backorders)
    available = stock.on_hand + arrivals - delivered_late
    served = np.minimum(available, wanted)
    on_hand = available - served
    owed = stock.backorders - delivered_late
    flow = Flow(arrivals, wanted, served, wanted - served, on_hand, owed)
    return Stock(on_hand, later, owed), flow


def serve_or_backorder(stock: Stock, demand: ArrayLike) -> tuple[Stock, Flow]:
    """The stock one period later and what moved, when unmet demand waits.

    Old backorders are delivered before new demand.

    >>> after, flow = serve_or_backorder(Stock.of([1.0], [[2.0, 4.0]]), [5.0])
    >>> after.backorders.tolist(), flow.short.tolist()
    ([2.0], [2.0])
    """
    wanted, arrivals, later = _next_period(stock, demand)
    available = stock.on_hand + arrivals
    delivered_late = np.minimum(available, stock.backorders)
    served = np.minimum(available - delivered_late, wanted)
    on_hand = available - delivered_late - served
    backorders = stock.backorders - delivered_late + (wanted - served)
    flow = Flow(arrivals, wanted, served, wanted - served, on_hand, backorders)
    return Stock(on_hand, later, backorders), flow


def _next_period(stock: Stock, demand: ArrayLike) -> tuple[Array, Array, Array]:
    wanted = np.broadcast_to(np.asarray(demand, dtype=np.float64), stock.on_hand.shape)
    later = np.concatenate([stock.pipeline[..., 1:], np.zeros((*stock.on_hand.shape, 1))], axis=-1)
    return wanted, stock.pipeline[..., 0], later
