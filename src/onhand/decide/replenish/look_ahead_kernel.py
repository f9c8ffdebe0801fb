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
    arrivals: Any,
    lead_time: Any,
    share: Any,
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

    `arrivals` (N, A, H) are the open orders, `lead_time` and `share` (N, A) what becomes of an order
    placed now; A is 1, or S where every world has its own supply. `levels` (N, V) are the order-up-to
    levels of the reviews after this one. Costs count from the order's arrival on, for `look_ahead`
    periods: before it nothing depends on the order.
    """
    n, n_samples, horizon = paths.shape
    n_supplies = arrivals.shape[1]
    cost = np.zeros((n, n_orders))
    due = np.zeros(horizon + 1)
    for i in range(n):
        review = review_period[i]
        for k in range(n_orders):
            total = 0.0
            for s in range(n_samples):
                a = s if n_supplies > 1 else 0
                lead = lead_time[i, a]
                if lead >= horizon:
                    continue  # the order does not come while anybody looks
                end = min(horizon, lead + look_ahead)
                shelf, waits = on_hand[i], owed[i]
                position = shelf - waits + k * step[i]
                for t in range(horizon):
                    due[t] = arrivals[i, a, t]
                    position += arrivals[i, a, t]
                due[lead] += k * step[i] * share[i, a]
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
                            due[t + 1 + lead] += more * share[i, a]
                            position += more
                            total += order_cost[i]
            cost[i, k] = total / n_samples
    return cost
