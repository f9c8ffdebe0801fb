"""The compiled loop behind `onhand.inventory.lots`."""

from __future__ import annotations

from typing import Any

import numpy as np

from onhand.compiled import njit

__all__ = ["walk_lots"]


@njit(cache=True)
def walk_lots(
    opening: Any,
    backorders: Any,
    life: Any,
    due: Any,
    demand: Any,
    is_lost: bool,
    oldest_first: bool,
) -> Any:
    """Shelf, shortage and waste (N, S, H) of every world.

    Column e of `opening` (N, H + 1) is the last period of a lot; the last column keeps beyond the end.
    """
    n, n_samples, horizon = demand.shape
    shelf = np.zeros((n, n_samples, horizon), dtype=np.float32)
    short = np.zeros((n, n_samples, horizon), dtype=np.float32)
    expired = np.zeros((n, n_samples, horizon), dtype=np.float32)
    lots = np.empty(horizon + 1)
    for i in range(n):
        for s in range(n_samples):
            total = 0.0
            for e in range(horizon + 1):
                lots[e] = opening[i, e]
                total += opening[i, e]
            owed = backorders[i]
            for h in range(horizon):
                arriving = float(due[i, s, h])
                if arriving > 0.0:
                    lots[min(horizon, h + life[i] - 1)] += arriving
                    total += arriving
                first = min(total, owed)
                served = min(total - first, float(demand[i, s, h]))
                missing = float(demand[i, s, h]) - served
                left = first + served
                owed -= first
                if not is_lost:
                    owed += missing
                if oldest_first:
                    e = h
                    while left > 0.0 and e <= horizon:
                        taken = min(left, lots[e])
                        lots[e] -= taken
                        left -= taken
                        e += 1
                else:
                    e = horizon
                    while left > 0.0 and e >= h:
                        taken = min(left, lots[e])
                        lots[e] -= taken
                        left -= taken
                        e -= 1
                waste = lots[h]
                lots[h] = 0.0
                total = max(0.0, total - first - served - waste)
                shelf[i, s, h] = total
                short[i, s, h] = missing
                expired[i, s, h] = waste
    return shelf, short, expired
