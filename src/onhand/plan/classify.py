"""Which stock points matter, and how regular is their demand?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onhand.demand.history import DemandHistory

__all__ = ["abc_classes", "demand_classes", "revenues", "xyz_classes"]

Array = NDArray[np.float64]
Names = NDArray[np.str_]


def revenues(history: DemandHistory, price: Array) -> Array:
    """Money taken in the last year, or the whole history if shorter, (N,); returns taken off."""
    year = round(history.panel.frequency.per_year)
    sold = np.nan_to_num(history.panel.sales[:, -year:]).sum(axis=1, dtype=np.float64)
    return np.maximum(0.0, sold * price)


def abc_classes(revenue: Array) -> Names:
    """A for the stock points that make the first 80 % of revenue, B for the next 15 %, C for the rest.

    The one that crosses a border belongs to the better class; what sells nothing is C.

    >>> abc_classes(np.array([5.0, 80.0, 15.0, 0.0])).tolist()
    ['C', 'A', 'B', 'C']
    """
    order = np.argsort(-revenue, kind="stable")
    total = revenue.sum()
    before = np.cumsum(revenue[order]) - revenue[order]  # revenue of the better ones
    share = before / total if total > 0 else np.ones_like(before)
    classes = np.select([share < 0.8 - 1e-12, share < 0.95 - 1e-12], ["A", "B"], "C")
    out = np.empty(len(revenue), dtype="<U1")
    out[order] = np.where(revenue[order] > 0, classes, "C")
    return out


def xyz_classes(history: DemandHistory) -> Names:
    """X where demand per period varies by at most half of its mean, Y up to its mean, Z beyond."""
    mean, deviation, _ = _recent(history)
    variation = np.divide(deviation, mean, out=np.full(len(mean), np.inf), where=mean > 0)
    return np.select([variation <= 0.5, variation <= 1.0], ["X", "Y"], "Z").astype("<U1")


def demand_classes(history: DemandHistory) -> Names:
    """`smooth`, `erratic`, `intermittent` or `lumpy` by interval and size; `none`: no demand known.

    ADI is the mean number of periods per period with demand, CV² the squared variation of the sizes;
    the borders are 1.32 and 0.49.

    Source: Syntetos, Boylan & Croston (2005), *On the categorization of demand patterns*, Journal of
    the Operational Research Society 56, doi:10.1057/palgrave.jors.2601841.
    """
    values = _last_year(history)
    known = np.isfinite(values)
    sold = known & (values > 0)
    n_sold = sold.sum(axis=1)
    interval = np.divide(
        known.sum(axis=1), n_sold, out=np.full(len(values), np.inf), where=n_sold > 0
    )
    size = np.where(sold, values, 0.0)
    mean = np.divide(size.sum(axis=1), n_sold, out=np.zeros(len(values)), where=n_sold > 0)
    spread = np.where(sold, (values - mean[:, None]) ** 2, 0.0).sum(axis=1)
    variance = np.divide(spread, n_sold - 1, out=np.zeros(len(values)), where=n_sold > 1)
    squared = np.divide(variance, mean**2, out=np.zeros(len(values)), where=mean > 0)
    is_rare, is_varied = interval >= 1.32, squared >= 0.49
    return np.select(
        [n_sold == 0, is_rare & is_varied, is_rare, is_varied],
        ["none", "lumpy", "intermittent", "erratic"],
        "smooth",
    ).astype("<U12")


def _last_year(history: DemandHistory) -> NDArray[np.float32]:
    return history.values[:, -round(history.panel.frequency.per_year) :]


def _recent(history: DemandHistory) -> tuple[Array, Array, NDArray[np.int64]]:
    """Mean, standard deviation and number of known periods of the last year, each (N,)."""
    values = _last_year(history)
    known = np.isfinite(values)
    count = known.sum(axis=1)
    at_least_one = np.maximum(count, 1)
    filled = np.where(known, values, 0.0).astype(np.float64)
    mean = filled.sum(axis=1) / at_least_one
    variance = np.where(known, (filled - mean[:, None]) ** 2, 0.0).sum(axis=1) / at_least_one
    return mean, np.sqrt(variance), count
