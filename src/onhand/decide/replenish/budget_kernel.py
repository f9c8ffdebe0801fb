"""The compiled loops behind `onhand.decide.replenish.budget`: blocks of packs, and taking them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["blocks", "take"]

Array = NDArray[np.float64]


def blocks(
    wanted: Array, gain: Array, waste: Array, pack: Array, least: Array, n_steps: int
) -> tuple[NDArray[np.int64], Array, Array]:
    """Stock point, units and value of every worthwhile block; `wanted` (N, S) sorted, >= 0."""
    n = wanted.shape[0]
    units = np.zeros((n, n_steps))
    value = np.zeros((n, n_steps))
    count = np.zeros(n, dtype=np.int64)
    _fill(wanted, gain, waste, pack, least, units, value, count)
    kept = np.arange(n_steps) < count[:, None]
    return np.nonzero(kept)[0], units[kept], value[kept]


@njit(cache=True)
def _fill(
    wanted: Any, gain: Any, waste: Any, pack: Any, least: Any, units: Any, value: Any, count: Any
) -> None:
    n, s = wanted.shape
    n_steps = units.shape[1]
    for i in range(n):
        most = wanted[i, s - 1]
        if most <= 0.0:
            continue
        step = pack[i] * max(1.0, np.ceil(most / pack[i] / n_steps))
        bought = 0.0
        met = 0.0  # G(bought) * S
        below = 0  # worlds whose shortfall is met in full
        sum_below = 0.0
        for k in range(n_steps):
            size = step
            if k == 0:
                size = max(step, np.ceil(least[i] / pack[i]) * pack[i])
            q = bought + size
            while below < s and wanted[i, below] <= q:
                sum_below += wanted[i, below]
                below += 1
            met_after = sum_below + q * (s - below)
            worth = (gain[i] + waste[i]) * (met_after - met) / s - waste[i] * size
            if worth <= 0.0:
                break
            units[i, k] = size
            value[i, k] = worth
            count[i] = k + 1
            bought, met = q, met_after


@njit(cache=True)
def take(row: Any, cost: Any, n_series: int, budget: float) -> Any:
    """Which blocks of a ranked list fit the budget, (B,) bool; a stock point ends at its first miss."""
    ended = np.zeros(n_series, dtype=np.bool_)
    taken = np.zeros(row.shape[0], dtype=np.bool_)
    left = budget
    for b in range(row.shape[0]):
        if ended[row[b]]:
            continue
        if cost[b] <= left:
            taken[b] = True
            left -= cost[b]
        else:
            ended[row[b]] = True
    return taken
