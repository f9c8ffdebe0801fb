"""What do sales say about demand, when the shelf was not always full?

Sales are what was seen, demand is what was wanted. They differ where nobody could buy:

- **Not yet launched, ended, or closed all period** (with no sale): nothing is known. NaN.
- **Out of stock all period** (in-stock share up to `EMPTY`): nothing is known. NaN. A zero here
  would teach every forecaster that customers had gone.
- **Out of stock for a part** (share s below `FULL`): the y units sold are a lower bound. How many
  customers a period brings varies around the stock point's rate λ like a Gamma with variance λ (φ - 1),
  where φ is the variance / mean of its demand (negative binomial demand). What was sold says which
  kind of period it was, and the expectation given that is

      E[D | y, s] = y + (1 - s) (r + y) / (r / λ + s),   r = λ / (φ - 1)

  With φ = 1 (Poisson) it is y + (1 - s) λ: nothing is learned from y. λ and φ are running means of the
  stock point's own earlier periods with a full shelf, φ drawn towards that of all of them, so
  nothing later than the period is used. The period is marked as censored. On VN2, with a tenth of the
  full weeks thinned to a random share of their customers (`benchmarks/censoring.py`), the mean
  absolute error of this estimate is 26 % of demand; with φ = 1 it was 30 %, y / s has 37 % and y 51 %.
  Where shelves empty *because* a day was busy, it is still too low.
- **More came back than went out**: 0.
- **A thousand times the usual**: a typing error, or an order nobody can expect again. NaN: one such
  number would be most of what the whole shop shares, its season and its past errors. The tables'
  findings name it. A number beyond `MOST` is no quantity of anything, however little else was sold.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onhand.data.panel import Floats, Panel
from onhand.demand.history import DemandHistory

__all__ = ["ABSURD", "EMPTY", "FULL", "MOST", "absurd", "believe", "full_shelf_rate"]

EMPTY = 0.02  # in-stock share up to which a period tells nothing
FULL = 0.98  # in-stock share from which a period tells everything
ABSURD = 1000  # times the middle of the selling periods, and as many units: not believed
MOST = 1e12  # units in one period: beyond, a number is no quantity, and sums of it are not finite
MEMORY = 13  # periods: the running mean forgets with weight 1 / MEMORY
DOUBT = 8  # periods


def believe(panel: Panel) -> DemandHistory:
    """Demand history of a panel, with periods that tell nothing as NaN.

    Parameters
    ----------
    panel : Panel
        `in_stock` and `is_open` are read as they stand; where shelves were never recorded,
        `onhand.demand.clean.infer_in_stock` can guess stock-outs from silences first.

    >>> panel = Panel.of([[4, 4, 0, 1, 0]], in_stock=[[1, 1, 0, 0.5, 1]], is_open=[1, 1, 1, 1, 0])
    >>> history = believe(panel)
    >>> history.values.tolist(), history.is_censored.tolist()
    ([[4.0, 4.0, nan, 3.0, nan]], [[False, False, False, True, False]])
    """
    share = panel.in_stock
    sold = np.maximum(panel.sales, 0, dtype=np.float32)  # NaN stays NaN
    says_nothing = (share <= EMPTY) | ((panel.is_open <= 0)[None, :] & ~(sold > 0)) | absurd(sold)
    values = np.where(says_nothing, np.float32(np.nan), sold)
    is_partial = (share < FULL) & ~np.isnan(values)
    if is_partial.any():
        full = np.where(is_partial, np.float32(np.nan), values)
        rate = full_shelf_rate(full)
        # Without a past, the part that was seen stands for the whole.
        rate = np.where(np.isnan(rate), sold / np.maximum(share, 0.25), rate)
        missing = (1 - share) * _rate_given(sold, share, rate, _variance_ratio(full, rate))
        values = np.where(is_partial, sold + missing, values).astype(np.float32)
    return DemandHistory(panel, values, is_partial)


def _rate_given(sold: Floats, share: Floats, rate: Floats, ratio: Floats) -> Floats:
    """Expected customers of the period, had the shelf been full, given those of its first part, (N, T)."""
    shape = rate / np.maximum(ratio - 1, 1e-6)
    told = (shape + sold) / np.maximum(shape / np.maximum(rate, 1e-6) + share, 1e-6)
    return np.where(ratio > 1 + 1e-6, told, rate).astype(np.float32)


def _variance_ratio(values: Floats, rate: Floats) -> Floats:
    """Variance / mean of each stock point's demand before each period, (N, T) >= 1.

    Half the mean square of what changed from one period to the next, over the rate; as if `DOUBT` periods
    had been seen of a stock point that varies like all of them together.
    """
    change = np.full(values.shape, np.nan, dtype=np.float32)
    change[:, 1:] = np.diff(values, axis=1) ** 2 / 2
    seen = full_shelf_rate(change, memory=52)
    known = np.isfinite(seen) & (rate > 0)
    n_before = np.cumsum(np.isfinite(change), axis=1) - np.isfinite(change)
    total = np.where(known, rate, 0).sum(axis=0)
    pooled = np.where(known, seen, 0).sum(axis=0) / np.maximum(total, 1e-6)
    own = np.divide(seen, rate, out=np.ones_like(rate), where=known)
    mixed = (n_before * own + DOUBT * pooled) / (n_before + DOUBT)
    return np.where(np.isfinite(mixed), np.maximum(mixed, 1), 1).astype(np.float32)


def absurd(sales: Floats) -> NDArray[np.bool_]:
    """Sales too far beyond the stock point's usual ones to be believed, (N, T).

    At least `ABSURD` units and `ABSURD` times the median of its periods with sales. With fewer than
    three of those nothing is usual, and everything up to `MOST` is believed.

    >>> absurd(np.array([[2, 0, 3, 1_000_000], [0, 0, 3e38, 5000]], dtype=np.float32)).tolist()
    [[False, False, False, True], [False, False, True, False]]
    """
    suspect = sales > MOST
    rows = np.flatnonzero((sales >= ABSURD).any(axis=1))  # few: only these are looked at
    for row in rows:
        selling = sales[row][sales[row] > 0]
        if len(selling) >= 3:
            suspect[row] |= sales[row] >= max(ABSURD, ABSURD * float(np.median(selling)))
    return suspect


def full_shelf_rate(values: Floats, memory: int = MEMORY) -> Floats:
    """Running mean of the earlier known values of each row, (N, T); NaN until there is one.

    The k-th known value weighs 1 / min(k, memory): a plain mean at first, then one that forgets.

    >>> full_shelf_rate(np.array([[2.0, 4.0, np.nan, 6.0]], dtype=np.float32)).tolist()
    [[nan, 2.0, 3.0, 3.0]]
    """
    n, t = values.shape
    rate = np.full((n, t), np.nan, dtype=np.float32)
    mean: NDArray[np.float64] = np.zeros(n)
    seen: NDArray[np.int64] = np.zeros(n, dtype=np.int64)
    for period in range(t):
        rate[:, period] = np.where(seen > 0, mean, np.nan)
        now = values[:, period]
        known = ~np.isnan(now)
        seen += known
        weight = 1.0 / np.clip(seen, 1, memory)
        mean = np.where(known, mean + weight * (np.where(known, now, 0.0) - mean), mean)
    return rate
