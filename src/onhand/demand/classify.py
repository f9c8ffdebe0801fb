"""Which stock points matter, and how regular is their demand?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onhand.demand.history import DemandHistory

__all__ = [
    "ADI_BORDER",
    "CV2_BORDER",
    "abc_classes",
    "demand_classes",
    "demand_interval",
    "revenues",
    "size_variation",
    "xyz_classes",
]

ADI_BORDER = 1.32  # periods
CV2_BORDER = 0.49

Array = NDArray[np.float64]
Names = NDArray[np.str_]


def revenues(history: DemandHistory, price: Array) -> Array:
    """Money taken in the last year, or the whole history if shorter, (N,); returns taken off.

    Parameters
    ----------
    history : DemandHistory
    price : (N,) money per unit
    """
    year = round(history.panel.frequency.per_year)
    sold = np.nan_to_num(history.panel.sales[:, -year:]).sum(axis=1, dtype=np.float64)
    return np.maximum(0.0, sold * price)


def abc_classes(revenue: Array, borders: tuple[float, float] = (0.8, 0.95)) -> Names:
    """A for the stock points that make the first 80 % of revenue, B for the next 15 %, C for the rest.

    The one that crosses a border belongs to the better class; what sells nothing is C.

    Parameters
    ----------
    revenue : (N,) money, >= 0
    borders : shares of revenue at which A ends and B ends

    >>> abc_classes(np.array([5.0, 80.0, 15.0, 0.0])).tolist()
    ['C', 'A', 'B', 'C']
    """
    order = np.argsort(-revenue, kind="stable")
    total = revenue.sum()
    before = np.cumsum(revenue[order]) - revenue[order]  # revenue of the better ones
    share = before / total if total > 0 else np.ones_like(before)
    a, b = (border - 1e-12 for border in borders)
    classes = np.select([share < a, share < b], ["A", "B"], "C")
    out = np.empty(len(revenue), dtype="<U1")
    out[order] = np.where(revenue[order] > 0, classes, "C")
    return out


def xyz_classes(history: DemandHistory) -> Names:
    """X where demand per period varies by at most half of its mean, Y up to its mean, Z beyond; (N,).

    Over the last year; variation is the standard deviation over the mean of the known periods.

    >>> from onhand.data.panel import Panel
    >>> from onhand.demand.believe import believe
    >>> xyz_classes(believe(Panel.of([[5, 5, 5, 5], [0, 0, 0, 9]]))).tolist()
    ['X', 'Z']
    """
    values, known = _last_year(history)
    mean = _mean(values, known)
    deviation = np.sqrt(_mean((values - mean[:, None]) ** 2, known))
    variation = np.divide(deviation, mean, out=np.full(len(mean), np.inf), where=mean > 0)
    return np.select([variation <= 0.5, variation <= 1.0], ["X", "Y"], "Z").astype("<U1")


def demand_interval(history: DemandHistory) -> Array:
    """ADI: known periods per period with demand in the last year, (N,) >= 1; inf: no demand."""
    values, known = _last_year(history)
    n_sold = (known & (values > 0)).sum(axis=1)
    return np.divide(known.sum(axis=1), n_sold, out=np.full(len(values), np.inf), where=n_sold > 0)


def size_variation(history: DemandHistory) -> Array:
    """CV²: squared variation of the demand sizes above 0 in the last year, (N,); 0: one size."""
    values, known = _last_year(history)
    sold = known & (values > 0)
    n_sold = sold.sum(axis=1)
    mean = _mean(values, sold)
    spread = np.where(sold, (values - mean[:, None]) ** 2, 0.0).sum(axis=1)
    variance = np.divide(spread, n_sold - 1, out=np.zeros(len(values)), where=n_sold > 1)
    return np.divide(variance, mean**2, out=np.zeros(len(values)), where=mean > 0)


def demand_classes(history: DemandHistory) -> Names:
    """`smooth`, `erratic`, `intermittent` or `lumpy` by interval and size, (N,); `none`: no demand.

    ============== ================= ==================
                   CV² < 0.49        CV² >= 0.49
    ADI < 1.32     smooth            erratic
    ADI >= 1.32    intermittent      lumpy
    ============== ================= ==================

    The borders are those at which one of Croston's method and its corrected form becomes the more
    accurate one.

    Source: Syntetos, Boylan & Croston (2005), On the categorization of demand patterns, Journal of
    the Operational Research Society 56(5), 495-503, doi:10.1057/palgrave.jors.2601841.

    >>> from onhand.data.panel import Panel
    >>> from onhand.demand.believe import believe
    >>> rows = [[5, 6, 5, 6], [1, 9, 1, 9], [0, 5, 0, 5], [0, 1, 0, 9], [0, 0, 0, 0]]
    >>> panel = Panel.of(rows, in_stock=[[1, 1, 1, 1]] * 5)
    >>> demand_classes(believe(panel)).tolist()
    ['smooth', 'erratic', 'intermittent', 'lumpy', 'none']
    """
    interval, variation = demand_interval(history), size_variation(history)
    is_rare, is_varied = interval >= ADI_BORDER, variation >= CV2_BORDER
    return np.select(
        [np.isinf(interval), is_rare & is_varied, is_rare, is_varied],
        ["none", "lumpy", "intermittent", "erratic"],
        "smooth",
    ).astype("<U12")


def _last_year(history: DemandHistory) -> tuple[Array, NDArray[np.bool_]]:
    """Demand of the last year with 0 for unknown, and where it is known, both (N, <= year)."""
    values = history.values[:, -round(history.panel.frequency.per_year) :]
    known = ~np.isnan(values)
    return np.where(known, values, 0.0).astype(np.float64), known


def _mean(values: Array, where: NDArray[np.bool_]) -> Array:
    """Mean of each row over the marked cells, (N,); 0 where none is marked."""
    return np.where(where, values, 0.0).sum(axis=1) / np.maximum(where.sum(axis=1), 1)
