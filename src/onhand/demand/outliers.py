"""Was that one sale ever to come again? Peaks that stand alone, and the history without them.

A typing error and an order of a lifetime look alike: one period far beyond all others of its stock
point. Neither says what the next one will ask. A peak is taken for one that stands alone when it is

- the only one of its size: `NEXT` times the second largest period or more,
- `BEYOND` times what 95 of 100 of the stock point's periods with demand stay below, or more,
- `FEWEST` units or more, of a stock point with at least `ENOUGH` periods with demand.

The rule is that of the finding `unusual-quantity`, asked of periods. A promotion, a season or a new
level passes it: they come with neighbours, or are not that large. What is far beyond even this is not
believed at all (`onhand.demand.believe.absurd`).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from onhand.data.panel import Floats
from onhand.demand.history import DemandHistory

__all__ = ["BEYOND", "ENOUGH", "FEWEST", "NEXT", "lone_peaks", "without_lone_peaks"]

BEYOND = 10.0  # times the 95th percentile of the periods with demand
NEXT = 5.0  # times the second largest
FEWEST = 20.0  # units
ENOUGH = 10  # periods with demand


def lone_peaks(values: Floats) -> dict[int, int]:
    """row -> period of its peak that stands alone, of demand (N, T); a row has one at most.

    >>> usual = [4.0, 6.0, 5.0] * 5
    >>> lone_peaks(np.array([[*usual, 300.0], [*usual, 30.0]], dtype=np.float32))
    {0: 15}
    """
    known = np.nan_to_num(values)
    if known.shape[1] < ENOUGH:
        return {}
    top = np.partition(known, -2, axis=1)[:, -2:]
    rows = np.flatnonzero((top[:, 1] >= FEWEST) & (top[:, 1] >= NEXT * top[:, 0]))
    peaks: dict[int, int] = {}
    for row in rows:
        asked = known[row][known[row] > 0]
        if len(asked) < ENOUGH:
            continue
        usual = float(np.quantile(asked, 0.95, method="lower"))
        if top[row, 1] >= BEYOND * usual:
            peaks[int(row)] = int(known[row].argmax())
    return peaks


def without_lone_peaks(history: DemandHistory) -> DemandHistory:
    """The history with each peak that stands alone lowered to the second largest period.

    The same object where there is none. What was sold stays in the panel.

    >>> from onhand.data.panel import Panel
    >>> from onhand.demand.believe import believe
    >>> history = believe(Panel.of([[4, 6, 5] * 5 + [300]]))
    >>> without_lone_peaks(history).values[0, -3:].tolist()
    [6.0, 5.0, 6.0]
    """
    peaks = lone_peaks(history.values)
    if not peaks:
        return history
    values: NDArray[np.float32] = history.values.copy()
    for row, period in peaks.items():
        others = np.delete(history.values[row], period)
        values[row, period] = np.nanmax(others)
    return replace(history, values=values)
