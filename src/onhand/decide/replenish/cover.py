"""Which demand does an order placed now have to cover, and what will be on the shelf by then?

An order placed at this review arrives at the start of the period after `lead_time` full periods,
and has to last until the next review's order arrives, `review_period` periods later:

    review now |  0 .. L-1: the order is on its way  |  L .. L+R-1: the order covers these  |

Where supply is uncertain (`Situation.supply`), every world has its own L, its own next arrival, its
own arrivals of open orders, and its own share of the order that is delivered.

Everything here works on stock points in blocks, so that 50,000 of them with 200 worlds each need
a few megabytes at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onhand.decide.replenish.told import mean_of_worlds
from onhand.errors import ShapeError
from onhand.inventory.policy import Situation
from onhand.inventory.terms import SupplyTerms

__all__ = [
    "Shortage",
    "demand_in_cover",
    "demand_quantile",
    "mean_demand",
    "protection_horizon",
    "row_quantile",
    "shortfall_quantile",
    "shortfalls",
]

Array = NDArray[np.float64]
Shortage = Literal["lost_sales", "backorder"]

_CELLS = 1 << 20  # (rows x samples) per block: about 4 MiB per temporary in float32


def protection_horizon(terms: SupplyTerms) -> int:
    """Periods of paths that reach to the end of every stock point's cover, at least 1."""
    return int(terms.protection_interval.max(initial=1))


def mean_demand(situation: Situation, start: ArrayLike, stop: ArrayLike) -> Array:
    """Expected demand from time `start` to time `stop`, (N,), in periods from now.

    Both may be fractions: half of a period has half of its demand.

    >>> from onhand.decide.replenish.examples import two_worlds
    >>> mean_demand(two_worlds(), 0, 1.5).tolist()      # periods of 3, 3, 3 on average
    [4.5]
    """
    mean = mean_of_worlds(situation.paths)  # (N, H)
    _reaches(situation, float(np.max(stop, initial=0)))
    periods = np.arange(mean.shape[1])
    last, first = (np.broadcast_to(x, len(mean))[:, None] for x in (stop, start))
    share = np.clip(last - periods, 0, 1) - np.clip(first - periods, 0, 1)  # (N, H)
    return np.asarray((mean * share).sum(axis=1))


def demand_quantile(situation: Situation, quantile: ArrayLike) -> Array:
    """The `quantile` of demand over each stock point's protection interval, (N,)."""
    levels = np.broadcast_to(np.asarray(quantile, dtype=np.float64), len(situation.paths))
    result = np.zeros(len(situation.paths))
    for rows, lead_time, review_period in _blocks(situation):
        if situation.supply is None:
            total = situation.paths[rows, :, : lead_time + review_period].sum(axis=2)
        else:
            total = _until(situation.paths[rows], situation.supply.relief[rows])
        result[rows] = row_quantile(total, levels[rows])
    return result


def shortfall_quantile(situation: Situation, quantile: ArrayLike, shortage: Shortage) -> Array:
    """The `quantile` over worlds of what an order would have to be worth, (N,), may be negative.

    Ordering it, at least a share `quantile` of the worlds sees no stock-out in the periods that
    the order covers.
    """
    levels = np.broadcast_to(np.asarray(quantile, dtype=np.float64), len(situation.paths))
    result = np.zeros(len(situation.paths))
    for rows, lead_time, review_period in _blocks(situation):
        missing = shortfalls(situation, rows, lead_time, review_period, shortage)
        result[rows] = row_quantile(missing, levels[rows])
    return result


def shortfalls(
    situation: Situation,
    rows: NDArray[np.intp],
    lead_time: int,
    review_period: int,
    shortage: Shortage,
) -> NDArray[np.float32]:
    """The smallest order that avoids every stock-out of the cover, in each world, (len(rows), S).

    With x_k the stock at the end of period k (x_{-1}: on hand now), a_k the goods already on order
    and due at the start of period k, d_k the demand of period k, L and R the two intervals:

        x_k = max(0, x_{k-1} + a_k - d_k),   k = 0 .. L-1        (lost sales; backorder: no max)
        shortfall = max_{j < R} sum_{i <= j} (d_{L+i} - a_{L+i}) - x_{L-1}

    Backorders that stand are delivered first, so that x may begin below 0; it then falls no further.
    The maximum matters only when open orders arrive inside the cover. Negative: so many units more
    than needed. With uncertain supply L, R and a are the world's own, a shortfall is divided by the
    share of the order that is delivered, and a world that the order does not reach needs nothing.

    >>> from onhand.decide.replenish.examples import two_worlds
    >>> rows = np.array([0])                            # 4 on hand, 1 due after the first period
    >>> shortfalls(two_worlds(), rows, 2, 1, "lost_sales").tolist()     # demand 1,1,1 and 5,5,5
    [[-2.0, 5.0]]
    >>> shortfalls(two_worlds(), rows, 2, 1, "backorder").tolist()
    [[-2.0, 10.0]]
    """
    if situation.supply is not None:
        return _shortfalls_in_worlds(situation, rows, shortage)
    where = _view(rows)
    due = _arrivals(situation, rows, lead_time + review_period)  # (n, L+R)
    stock = np.empty((len(rows), situation.paths.shape[1]), dtype=np.float32)
    stock[:] = situation.stock.net_inventory[rows, None]
    is_owed = bool((stock < 0).any())
    for k in range(lead_time):
        stock += due[:, k, None]
        # What is already owed stays owed, also where new demand is lost.
        least = np.minimum(stock, 0) if is_owed else 0
        stock -= situation.paths[where, :, k]
        if shortage == "lost_sales":
            np.maximum(stock, least, out=stock)
    used = situation.paths[where, :, lead_time].copy()
    used -= due[:, lead_time, None]
    worst = used.copy()
    for k in range(lead_time + 1, lead_time + review_period):
        used += situation.paths[where, :, k]
        used -= due[:, k, None]
        np.maximum(worst, used, out=worst)
    return worst - stock


def _shortfalls_in_worlds(
    situation: Situation, rows: NDArray[np.intp], shortage: Shortage
) -> NDArray[np.float32]:
    """`shortfalls` where every world has its own supply, (len(rows), S)."""
    assert situation.supply is not None  # asked by `shortfalls` alone
    where = _view(rows)
    supply = situation.supply.rows(where)
    own, relief = supply.lead_time.astype(np.int32), supply.relief.astype(np.int32)
    n, n_samples, horizon = supply.arrivals.shape
    shelf = np.empty((n, n_samples), dtype=np.float32)
    shelf[:] = situation.stock.net_inventory[rows, None]
    never = np.float32(-np.inf)
    worst = np.full_like(shelf, never)
    for k in range(min(horizon, int(relief.max(initial=0)))):
        shelf += supply.arrivals[:, :, k]
        least = np.minimum(shelf, 0)
        shelf -= situation.paths[where, :, k]
        # Masks on the maxima themselves would be slower.
        is_before = k < own
        if shortage == "lost_sales":
            np.maximum(shelf, np.where(is_before, least, never), out=shelf)
        np.maximum(worst, np.where(is_before | (k >= relief), never, -shelf), out=worst)
    missing = np.where(worst > 0, worst / supply.share, worst)
    found = np.asarray(np.where(own < horizon, missing, 0), dtype=np.float32)
    return found + np.float32(0)  # no -0, which would be printed


def _until(paths: NDArray[np.float32], stop: NDArray[np.int64]) -> NDArray[np.float32]:
    """Demand of the periods before each world's own `stop` (n, S), (n, S)."""
    is_before = np.arange(paths.shape[2]) < stop[:, :, None]
    return np.asarray((paths * is_before).sum(axis=2))


def demand_in_cover(situation: Situation) -> Array:
    """Expected demand of the periods that an order placed now covers, (N,)."""
    terms = situation.terms
    return mean_demand(situation, terms.lead_time, terms.protection_interval)


def row_quantile(values: NDArray[Any], quantile: Array) -> Array:
    """The smallest value in each row that at least a share `quantile` of the row does not exceed.

    The inverse of the empirical distribution, without interpolation: a quantity that is enough
    in that share of the worlds is itself the need of one of them. `quantile` is (N,), 0..1.

    >>> row_quantile(np.array([[4.0, 1.0, 3.0, 2.0]]), np.array([0.75])).tolist()
    [3.0]
    """
    n_samples = values.shape[1]
    # 0.7 * 10 is 7.000000000000001 in floating point; it means the seventh value, not the eighth.
    place = np.ceil(np.round(quantile * n_samples, 9)).astype(np.int64) - 1
    place = np.clip(place, 0, n_samples - 1)
    if place.size and (place == place[0]).all():
        return np.partition(values, place[0], axis=1)[:, place[0]].astype(np.float64)
    ordered = np.sort(values, axis=1)
    return np.take_along_axis(ordered, place[:, None], axis=1)[:, 0].astype(np.float64)


def _view(rows: NDArray[np.intp]) -> slice | NDArray[np.intp]:
    """Sorted row numbers as a slice where they follow each other: it copies nothing."""
    if len(rows) and rows[-1] - rows[0] + 1 == len(rows):
        return slice(int(rows[0]), int(rows[-1]) + 1)
    return rows


def _arrivals(situation: Situation, rows: NDArray[np.intp], n_periods: int) -> NDArray[np.float32]:
    pipeline = situation.stock.pipeline[rows, :n_periods]
    due = np.zeros((len(rows), n_periods), dtype=np.float32)
    due[:, : pipeline.shape[1]] = pipeline
    return due


def _blocks(situation: Situation) -> Iterator[tuple[NDArray[np.intp], int, int]]:
    """Row numbers that share a lead time and a review period, a block at a time."""
    _reaches(situation, float(protection_horizon(situation.terms)))
    step = max(1, _CELLS // situation.paths.shape[1])
    lead_times, reviews = situation.terms.lead_time, situation.terms.review_period
    base = int(reviews.max(initial=0)) + 1
    for kind in np.unique(lead_times * base + reviews):  # NumPy sorts pairs slowly
        lead_time, review_period = divmod(int(kind), base)
        rows = np.flatnonzero((lead_times == lead_time) & (reviews == review_period))
        for start in range(0, len(rows), step):
            yield rows[start : start + step], lead_time, review_period


def _reaches(situation: Situation, until: float) -> None:
    horizon = situation.paths.shape[2]
    if until > horizon:
        raise ShapeError(
            f"paths reach {horizon} periods ahead; this decision looks {until:g} periods ahead: "
            "forecast at least `policy.horizon(terms)` periods"
        )
