"""Was the shelf empty, though nobody wrote it down? Long silences of busy items say so.

A stock point that sells nearly every day and then nothing for two weeks was hardly unwanted: it was
probably out of stock. Where s is the running share of its earlier open periods with a sale, a run
of k periods without one has the chance

    P(k zeros) = (1 - s)^k

Only *whether* it sold counts and not how much, so a few large orders do not make a shop look dry.
A run less likely than `LIKELY` is taken for a stock-out. Real demand also pauses (seasons, the end
of a promotion), so some true silences are hit: `tests/demand` measures how many.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from onhand.data.panel import Floats, Panel
from onhand.demand.believe import EMPTY, full_shelf_rate

__all__ = ["LIKELY", "infer_in_stock", "silences"]

LIKELY = 1e-3


def infer_in_stock(panel: Panel, *, likely: float = LIKELY) -> Panel:
    """The panel with improbable silences marked as out of stock; `believe` does not do this itself.

    What was recorded stays: only periods fully in stock are changed. A silence that lasts to the
    end of the panel is left alone, since the item may have ended. Like any correction looking back,
    it knows the whole silence: for a replay, call it on `panel.until(t)`.

    Parameters
    ----------
    panel : Panel
    likely : chance of a run of zeros below which it is taken for a stock-out, 0..1

    >>> panel = Panel.of([[5, 4, 6, 5, 0, 0, 0, 5, 4]])
    >>> infer_in_stock(panel).in_stock.tolist()
    [[1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0]]
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
    share = np.take_along_axis(_selling_share(sales), np.maximum(start, 0), axis=1)
    chance = (1.0 - np.nan_to_num(share)) ** length
    found = np.zeros(panel.sales.shape, dtype=bool)
    found[:, is_open] = (start >= 0) & is_ended & (chance < likely)
    return found


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


def _selling_share(sales: Floats) -> Floats:
    """Running share of the earlier periods with a sale, (N, T), at most 0.95; NaN at first.

    The cap keeps one or two lucky weeks from making every pause a miracle.
    """
    sold = np.where(np.isnan(sales), np.float32(np.nan), (sales > 0).astype(np.float32))
    return np.minimum(full_shelf_rate(sold, memory=26), np.float32(0.95))
