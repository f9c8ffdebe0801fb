"""How well did stock serve, and how much of it stood there? From what moved, period by period.

Every function takes arrays whose last axis is time, (..., P), and gives (...,). What cannot be
said (no demand, no cycle, no sales) is NaN, never a perfect score.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onhand.errors import ShapeError

__all__ = [
    "average_inventory",
    "cycle_service_level",
    "fill_rate",
    "periods_of_cover",
    "ready_rate",
    "turns",
]

Array = NDArray[np.float64]


def fill_rate(served: ArrayLike, demand: ArrayLike) -> Array:
    """Share of demand met from stock in its own period, (...,); NaN without demand.

    Units are summed over time before they are divided: a mean of per-period shares would let a
    quiet period count as much as a busy one.

    >>> float(fill_rate([3.0, 1.0], [3.0, 5.0]))
    0.5
    """
    met, wanted = _together(served=served, demand=demand)
    return _ratio(met.sum(axis=-1), wanted.sum(axis=-1))


def cycle_service_level(arrivals: ArrayLike, short: ArrayLike) -> Array:
    """Share of replenishment cycles in which all demand was met, (...,); NaN without a cycle.

    A cycle runs from a period with an arrival to the period before the next one. What comes before
    the first arrival is no whole cycle and does not count; the last one, cut off by the end of
    the data, does.

    >>> float(cycle_service_level([5, 0, 5, 0], [0, 1, 0, 0]))
    0.5
    """
    came, missed = _together(arrivals=arrivals, short=short)
    cycle = np.cumsum(came > 0, axis=-1)  # 0: before the first arrival
    n_cycles = cycle[..., -1]
    # A cycle failed if any of its periods was short: count each cycle at its first short period.
    is_short = (missed > 0) & (cycle > 0)
    short_so_far = np.maximum.accumulate(np.where(is_short, cycle, 0), axis=-1)
    before = np.concatenate([np.zeros_like(cycle[..., :1]), short_so_far[..., :-1]], axis=-1)
    n_failed = (short_so_far > before).sum(axis=-1)
    return _ratio(n_cycles - n_failed, n_cycles)


def ready_rate(on_hand: ArrayLike) -> Array:
    """Share of periods that ended with stock on hand, (...,).

    >>> float(ready_rate([2.0, 0.0, 1.0, 4.0]))
    0.75
    """
    (shelf,) = _together(on_hand=on_hand)
    return np.asarray((shelf > 0).mean(axis=-1))


def average_inventory(on_hand: ArrayLike) -> Array:
    """Mean units on hand at the end of a period, (...,).

    >>> float(average_inventory([2.0, 0.0, 1.0]))
    1.0
    """
    (shelf,) = _together(on_hand=on_hand)
    return np.asarray(shelf.mean(axis=-1))


def turns(served: ArrayLike, on_hand: ArrayLike, periods_per_year: float) -> Array:
    """How many times a year the average inventory is sold, (...,); NaN without inventory.

    >>> float(turns([10.0, 10.0], [5.0, 5.0], periods_per_year=52))
    104.0
    """
    sold, shelf = _together(served=served, on_hand=on_hand)
    return _ratio(sold.mean(axis=-1) * periods_per_year, shelf.mean(axis=-1))


def periods_of_cover(stock: ArrayLike, expected_demand: ArrayLike) -> Array:
    """For how many periods `stock` (...,) lasts under `expected_demand` (..., H), fractions counted.

    Infinity where it outlasts a horizon with demand left over; NaN where no demand is expected.

    >>> periods_of_cover([5.0, 0.0, 99.0], [[2.0, 2.0, 2.0]] * 3).tolist()
    [2.5, 0.0, inf]
    """
    left = np.asarray(stock, dtype=np.float64)
    wanted = np.asarray(expected_demand, dtype=np.float64)
    if wanted.shape[:-1] != left.shape:
        raise ShapeError(
            f"expected_demand has shape {wanted.shape}; stock asks for {left.shape} + (H,)"
        )
    needed = np.cumsum(wanted, axis=-1)
    before = needed - wanted
    whole = (needed <= left[..., None]).sum(axis=-1)  # periods served in full
    last = np.minimum(whole, wanted.shape[-1] - 1)[..., None]
    rest = left - np.take_along_axis(before, last, axis=-1)[..., 0]
    part = _ratio(rest, np.take_along_axis(wanted, last, axis=-1)[..., 0])
    cover = np.where(whole == wanted.shape[-1], np.inf, whole + part)
    return np.where(needed[..., -1] > 0, cover, np.nan)


def _together(**given: ArrayLike) -> list[Array]:
    """The arguments as float arrays of one shape, with a time axis."""
    arrays = {name: np.asarray(values, dtype=np.float64) for name, values in given.items()}
    shapes = {name: values.shape for name, values in arrays.items()}
    if len(set(shapes.values())) > 1:
        raise ShapeError(f"arrays that belong together have shapes {shapes}")
    if not all(shape and shape[-1] for shape in shapes.values()):
        raise ShapeError(f"{shapes} have no period to measure; give at least one")
    return list(arrays.values())


def _ratio(top: ArrayLike, bottom: ArrayLike) -> Array:
    above, below = np.asarray(top, dtype=np.float64), np.asarray(bottom, dtype=np.float64)
    return np.divide(above, below, out=np.full(below.shape, np.nan), where=below > 0)
