"""The compiled loop behind `onhand.decide.replenish.look_ahead`: what each size of order leads to."""

from __future__ import annotations

from typing import Any

import numpy as np

from onhand.compiled import njit

__all__ = ["costs_of_orders"]


@njit(cache=True)
def costs_of_orders(
    paths: Any,
    on_hand: Any,
    owed: Any,
    pipeline: Any,
    lead_time: Any,
    review_period: Any,
    hold: Any,
    gain: Any,
    order_cost: Any,
    levels: Any,
    step: Any,
    n_orders: int,
    look_ahead: int,
    is_lost: bool,
) -> Any:
    """Expected cost (N, n_orders) of ordering 0, 1, 2, ... steps now and up to `levels` afterwards.

    `levels` (N, V) are the order-up-to levels of the reviews after this one. Costs count from the
    order's arrival on, for `look_ahead` periods: before it nothing depends on the order.
    """
    n, n_samples, _ = paths.shape
    width = pipeline.shape[1]
    cost = np.zeros((n, n_orders))
    for i in range(n):
        lead, review = lead_time[i], review_period[i]
        end = lead + look_ahead
        due = np.zeros(end + 1)
        for k in range(n_orders):
            total = 0.0
            for s in range(n_samples):
                for t in range(end + 1):
                    due[t] = pipeline[i, t] if t < width else 0.0
                due[lead] += k * step[i]
                shelf, waits = on_hand[i], owed[i]
                position = shelf - waits + k * step[i]
                for t in range(width):
                    position += pipeline[i, t]
                if k > 0:
                    total += order_cost[i]
                for t in range(end):
                    shelf += due[t]
                    given = min(shelf, waits)
                    shelf -= given
                    waits -= given
                    wanted = paths[i, s, t]
                    served = min(shelf, wanted)
                    shelf -= served
                    position -= served
                    short = wanted - served
                    if not is_lost:
                        waits += short
                        position -= short
                        short = waits
                    if t >= lead:
                        total += hold[i] * shelf + gain[i] * short
                    if (t + 1) % review == 0:
                        turn = min((t + 1) // review - 1, levels.shape[1] - 1)
                        more = levels[i, turn] - position
                        if more > 0.0 and t + 1 + lead < end:
                            due[t + 1 + lead] += more
                            position += more
                            total += order_cost[i]
            cost[i, k] = total / n_samples
    return cost
