"""What may customers have asked for while the shelf was empty?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from onhand.demand.history import DemandHistory

__all__ = ["asked_anyway"]

_EACH_SIDE = 4


def asked_anyway(history: DemandHistory, rng: np.random.Generator) -> DemandHistory:
    """The history with something asked in every period in which an item could have sold.

    An unknown period of an open shop gets the demand of one of the eight known periods of the same
    stock point that are nearest to it, four on each side where there are as many. That is for judging
    what is over: a judge who lets nobody ask while the shelf was empty finds that empty shelves cost
    nothing. It looks ahead, so no forecaster may see it.

    >>> from onhand.data.panel import Panel
    >>> from onhand.demand import believe
    >>> panel = Panel.of([[5, 5, 0, 5]], in_stock=[[1, 1, 0, 1]])
    >>> asked_anyway(believe(panel), np.random.default_rng(0)).values.tolist()
    [[5.0, 5.0, 5.0, 5.0]]
    """
    panel = history.panel
    values = history.values.copy()
    known = np.isfinite(values)
    unknown = ~known & np.isfinite(panel.sales) & (panel.is_open > 0)
    for row in np.flatnonzero(unknown.any(axis=1) & known.any(axis=1)):
        values[row, unknown[row]] = _neighbours(values[row], known[row], unknown[row], rng)
    return replace(history, values=values)


def _neighbours(
    values: NDArray[np.float32],
    known: NDArray[np.bool_],
    unknown: NDArray[np.bool_],
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """One of the nearest known values for each unknown period of a row."""
    places, wanted = np.flatnonzero(known), np.flatnonzero(unknown)
    width = min(2 * _EACH_SIDE, len(places))
    first = np.searchsorted(places, wanted) - _EACH_SIDE
    first = np.clip(first, 0, len(places) - width)
    return values[places[first + rng.integers(0, width, len(wanted))]]
