"""Was that one sale ever to come again? Peaks that stand alone, and the history without them.

A typing error and an order of a lifetime look alike: one period far beyond all others of its stock
point. Neither says what the next one will ask. A peak is taken for one that stands alone when it is

- the only one of its size: `NEXT` times the second largest period or more,
- `UNUSUAL` times what 95 of 100 of the stock point's periods with demand stay below, or more,
- `FEWEST_UNITS` units or more, of a stock point with at least `ENOUGH` periods with demand.

The rule is that of the finding `unusual-quantity`, asked of periods. A promotion, a season or a new
level passes it: they come with neighbours, or are not that large, and what was planned explains
itself: where something known in advance was not as usual, no peak stands alone. Nor does one of a month
before two years are seen: it may be Christmas. What is far beyond even this is not believed at all
(`onhand.demand.believe.absurd`).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from onhand.data.odd_sales import FEWEST_UNITS, NEXT, UNUSUAL
from onhand.data.panel import Frequency, Panel
from onhand.demand.history import DemandHistory

__all__ = ["ENOUGH", "lone_peaks", "without_lone_peaks"]

ENOUGH = 10  # periods with demand
_NEAR = 0.02  # share of the usual value of a price or flag, up to which it is as usual
_SELDOM = 0.2  # share of periods; what is there more often would have shown before


def lone_peaks(history: DemandHistory) -> dict[int, int]:
    """row -> period of its peak that stands alone; a row has one at most.

    >>> from onhand.demand.believe import believe
    >>> usual = [4, 6, 5] * 5
    >>> lone_peaks(believe(Panel.of([[*usual, 300], [*usual, 30]])))
    {0: 15}
    """
    known = np.nan_to_num(history.values)
    fewest = 2 * 12 + 1 if history.panel.frequency is Frequency.MONTH else ENOUGH
    if known.shape[1] < fewest:
        return {}
    top = np.partition(known, -2, axis=1)[:, -2:]
    rows = np.flatnonzero((top[:, 1] >= FEWEST_UNITS) & (top[:, 1] >= NEXT * top[:, 0]))
    peaks: dict[int, int] = {}
    for row in rows:
        asked = known[row][known[row] > 0]
        if len(asked) < ENOUGH:
            continue
        usual = float(np.quantile(asked, 0.95, method="lower"))
        period = int(known[row].argmax())
        if top[row, 1] >= UNUSUAL * usual and not _was_planned(history.panel, int(row), period):
            peaks[int(row)] = period
    return peaks


def _was_planned(panel: Panel, row: int, period: int) -> bool:
    """Whether something known in advance is there what it seldom is; a price, below the usual one."""
    for name, values in panel.known.items():
        at = min(row, len(values) - 1)
        seen = values[at, : panel.n_periods]
        if name == "is_open" or (name in panel.lent and panel.lent[name][at, period]):
            continue
        usual = float(np.nanmedian(seen)) if np.isfinite(seen).any() else 0.0
        apart = seen - usual
        is_other = np.abs(apart) > _NEAR * max(abs(usual), _NEAR)
        is_dear = name == "price" and apart[period] > 0
        if is_other[period] and is_other.mean() <= _SELDOM and not is_dear:
            return True
    return False


def without_lone_peaks(history: DemandHistory) -> DemandHistory:
    """The history with each peak that stands alone lowered to the second largest period.

    The same object where there is none. What was sold stays in the panel.

    >>> from onhand.data.panel import Panel
    >>> from onhand.demand.believe import believe
    >>> history = believe(Panel.of([[4, 6, 5] * 5 + [300]]))
    >>> without_lone_peaks(history).values[0, -3:].tolist()
    [6.0, 5.0, 6.0]
    """
    peaks = lone_peaks(history)
    if not peaks:
        return history
    values: NDArray[np.float32] = history.values.copy()
    for row, period in peaks.items():
        others = np.delete(history.values[row], period)
        values[row, period] = np.nanmax(others)
    return replace(history, values=values)
