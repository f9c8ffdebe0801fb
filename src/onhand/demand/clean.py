"""Was the shelf empty, though nobody wrote it down? Long silences of busy items say so.

A stock point that sells nearly every day and then nothing for two weeks was hardly unwanted: it was
probably out of stock. Only *whether* it sold counts and not how much, so a few large orders do not
make a shop look dry. With a selling and b silent periods in its recent past, the share of selling
periods is as uncertain as Beta(a + 1, b + 1) says, and a run of k silent ones has the chance

    P(k) = B(a + 1, b + 1 + k) / B(a + 1, b + 1)

(the beta-binomial law). A run less likely than `LIKELY` by what came before it is taken for a stock-out,
if what came after it makes it odd, too (`LIKELY` ** 0.5): an item that has become rare is not empty.

Share of the days of items that never ran out which are marked all the same, over a year of days, and share
of the days of true stock-outs of two weeks that are found (`tests/demand/test_clean.py` holds it to this):

=============================== ===== ===== ===== =====
units a day                     0.05  0.2   1     5
=============================== ===== ===== ===== =====
Poisson: marked wrongly         1.1 % 0.5 % 0.2 % 0 %
found                           3 %   5 %   100 % 100 %
bursts (variance 6 x mean):     1.3 % 0.8 % 0.4 % 0.1 %
found                           2 %   2 %   17 %  100 %
a year from 0.1 to 1.9 times:   5.5 % 5.5 % 2.4 % 0.5 %
found                           10 %  21 %  72 %  100 %
=============================== ===== ===== ===== =====

So it is safe for steady sellers, says nothing of slow ones, and takes the dead season of a seasonal item for
an empty shelf now and then. It is off unless asked for (`forecast.infer_stock_outs`).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln

from onhand.data.panel import Floats, Panel
from onhand.demand.believe import EMPTY

__all__ = ["LIKELY", "infer_in_stock", "silences"]

LIKELY = 1e-3
MEMORY = 26  # periods: how far back the selling share looks, roughly


def infer_in_stock(panel: Panel, *, likely: float = LIKELY) -> Panel:
    """The panel with improbable silences marked as out of stock; `believe` does not do this itself.

    What was recorded stays: only periods fully in stock are changed. A silence that lasts to the
    end of the panel is left alone, since the item may have ended. Like any correction looking back,
    it knows the whole silence: for a replay, call it on `panel.until(t)`.

    Parameters
    ----------
    panel : Panel
    likely : chance of a run of zeros below which it is taken for a stock-out, 0..1

    >>> panel = Panel.of([[5] * 20 + [0] * 4 + [5] * 3])
    >>> np.flatnonzero(infer_in_stock(panel).in_stock[0] == 0).tolist()
    [20, 21, 22, 23]
    """
    guess = silences(panel, likely=likely) & (panel.in_stock > EMPTY)
    return replace(panel, in_stock=np.where(guess, np.float32(0.0), panel.in_stock))


def silences(panel: Panel, *, likely: float = LIKELY) -> NDArray[np.bool_]:
    """Periods in a run of zeros too long for the stock point's own demand, (N, T).

    A run needs sales before it (to know the rate) and after it (to know that it ended). Periods
    in which the shop was closed neither lengthen a run nor end it.
    """
    is_open = panel.is_open > 0
    sales = panel.sales[:, is_open]
    start, length, is_ended = _runs(sales)
    before = _chance(sales, np.maximum(start, 0), length)
    last = sales.shape[1] - np.maximum(start, 0) - length  # the run's start, seen from the end
    after = _chance(sales[:, ::-1], np.minimum(last, sales.shape[1] - 1), length)
    found = np.zeros(panel.sales.shape, dtype=bool)
    is_odd = (before < likely) & (after < np.sqrt(likely))
    found[:, is_open] = (start >= 0) & is_ended & is_odd
    return found


def _chance(
    sales: Floats, start: NDArray[np.int64], length: NDArray[np.int64]
) -> NDArray[np.float64]:
    """P(k) of the run of zeros from `start`, given the periods before it, (N, T)."""
    selling, silent = (np.take_along_axis(c, start, axis=1) for c in _recent_counts(sales))
    told = betaln(selling + 1, silent + 1 + length) - betaln(selling + 1, silent + 1)
    return np.asarray(np.exp(told))


def _runs(sales: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Start of the run of zeros each cell lies in (-1: none), its length, whether a sale ends it."""
    n, t = sales.shape
    is_zero = sales == 0
    at = np.broadcast_to(np.arange(t), (n, t))
    before = np.maximum.accumulate(np.where(is_zero, -1, at), axis=1)  # last cell that is no zero
    flipped = np.where(is_zero, t, at)[:, ::-1]
    after = np.minimum.accumulate(flipped, axis=1)[:, ::-1]  # next cell that is no zero
    start = np.where(is_zero, before + 1, -1)
    length = np.where(is_zero, after - before - 1, 0)
    return start, length, after < t


def _recent_counts(sales: Floats) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Selling and silent periods before each one, the older the less they count, both (N, T).

    The first sale is left out: the history begins there because it sold, which says nothing of
    how often it does.
    """
    n, t = sales.shape
    selling, silent = np.zeros((n, t)), np.zeros((n, t))
    a, b = np.zeros(n), np.zeros(n)
    has_begun = np.zeros(n, dtype=bool)
    keep = 1 - 1 / MEMORY
    for period in range(t):
        selling[:, period], silent[:, period] = a, b
        now = sales[:, period]
        known = ~np.isnan(now) & has_begun
        a = np.where(known, keep * a + (now > 0), a)
        b = np.where(known, keep * b + (now <= 0), b)
        has_begun |= now > 0
    return selling, silent
