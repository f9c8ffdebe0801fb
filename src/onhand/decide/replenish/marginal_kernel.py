"""The compiled loop behind `onhand.decide.replenish.marginal`: the worth of each step of an order."""

from __future__ import annotations

from typing import Any

import numpy as np

from onhand.compiled import njit

__all__ = ["step_worths", "step_worths_in_worlds"]


@njit(cache=True)
def step_worths(
    paths: Any,
    net_inventory: Any,
    pipeline: Any,
    lead_time: Any,
    review_period: Any,
    gain: Any,
    hold: Any,
    step: Any,
    look_ahead: int,
    n_steps: int,
    is_backordered: bool,
    until_sold: float,
) -> Any:
    """Expected worth (N, n_steps) of successive steps; widens `step` (N,) in place where needed.

    A world with shortfall x fills the first x / step steps. `full[m]` collects what is earned where
    m steps are filled whole, `part[m]` what the step after them earns in part, so every world
    costs one addition per period and the steps are summed up once at the end. What is owed already is
    delivered first; new demand is owed too where `is_backordered`.
    """
    n, n_samples, horizon = paths.shape
    width = pipeline.shape[1]
    worth = np.zeros((n, n_steps))
    worst = np.empty((horizon, n_samples))
    stock = np.empty(n_samples)
    full = np.empty(n_steps + 1)
    part = np.empty(n_steps + 1)
    for i in range(n):
        lead = lead_time[i]
        periods = max(review_period[i], min(look_ahead, horizon - lead))
        for s in range(n_samples):
            stock[s] = net_inventory[i]
        for k in range(lead):
            due = pipeline[i, k] if k < width else 0.0
            for s in range(n_samples):
                there = stock[s] + due
                stock[s] = there - paths[i, s, k]
                if not is_backordered:
                    stock[s] = max(min(there, 0.0), stock[s])
        most = 0.0
        for s in range(n_samples):
            used = -stock[s]
            high = -np.inf
            for j in range(periods):
                due = pipeline[i, lead + j] if lead + j < width else 0.0
                used += paths[i, s, lead + j] - due
                high = max(high, used)
                worst[j, s] = high
            most = max(most, worst[review_period[i] - 1, s])
        # Steps beyond the largest shortfall that the next review cannot meet never earn anything.
        step[i] *= max(1.0, np.ceil(most / step[i] / n_steps))
        full[:] = 0.0
        part[:] = 0.0
        for j in range(periods):
            earned = hold[i] if j < look_ahead else 0.0
            if j == review_period[i] - 1:
                earned += gain[i]
            earned /= n_samples
            for s in range(n_samples):
                x = worst[j, s]
                if x <= 0.0:
                    continue
                filled = min(n_steps, int(x / step[i]))
                full[filled] += earned * step[i]
                part[filled] += earned * (x - filled * step[i])
        if until_sold > 0:
            seen = min(periods, look_ahead)
            rate = paths[i, :, lead:].mean()
            _until_sold(worth[i], worst[seen - 1], hold[i] / n_samples, rate, step[i], until_sold)
        charged = hold[i] * step[i] * min(periods, look_ahead)
        above = 0.0
        for k in range(n_steps - 1, -1, -1):
            above += full[k + 1]
            worth[i, k] += above + part[k] - charged
    return worth


@njit(cache=True)
def _until_sold(
    worth: Any, needed: Any, hold: float, rate: float, step: float, longest: float
) -> None:
    """Takes off `worth` (n_steps,) what holding units left after the look ahead costs until they sell.

    In a world that needed x units by then, the u-th unit waits min((u - x) / rate, longest) periods
    more, and nothing if u <= x; below 0, x is stock that sells before it. Over all worlds that is a sum of ramps, which starts and stops with
    the counts and places of x; between steps it is taken as straight.
    """
    n_steps = len(worth)
    wide = longest * rate / step  # steps that sell within the longest time
    slope = np.zeros(n_steps + 2)  # ramps that start, less those that stop, at or before each step
    offset = np.zeros(n_steps + 2)
    for x in needed:
        start = x / step
        for place, sign in ((start, 1.0), (start + wide, -1.0)):
            if place <= n_steps:
                at = max(0, int(np.ceil(place)))
                slope[at] += sign
                offset[at] += sign * place
    n_ramps, place = 0.0, 0.0
    before = 0.0
    for k in range(n_steps + 1):
        n_ramps += slope[k]
        place += offset[k]
        waited = 0.0
        if rate > 0:
            waited = (n_ramps * k - place) * step / rate
        else:
            for x in needed:
                waited += longest if k * step > x else 0.0
        if k > 0:
            worth[k - 1] -= hold * step * (before + waited) / 2
        before = waited


@njit(cache=True)
def step_worths_in_worlds(
    paths: Any,
    net_inventory: Any,
    arrivals: Any,
    lead_time: Any,
    relief: Any,
    share: Any,
    gain: Any,
    hold: Any,
    step: Any,
    look_ahead: int,
    n_steps: int,
    is_backordered: bool,
    until_sold: float,
) -> Any:
    """`step_worths` where every world has its own arrivals, lead time, relief and share delivered.

    The last four are (N, S, H), (N, S), (N, S), (N, S). Of a step only the share f comes, and is
    paid for, held and sold: a world with shortfall x fills x / f steps, each earning f of a unit's.
    """
    n, n_samples, horizon = paths.shape
    worth = np.zeros((n, n_steps))
    worst = np.empty((n_samples, horizon))
    last = np.empty(n_samples)
    full = np.empty(n_steps + 1)
    part = np.empty(n_steps + 1)
    for i in range(n):
        most = 0.0
        for s in range(n_samples):
            own = lead_time[i, s]
            if own >= horizon:
                continue
            shelf = net_inventory[i]
            for k in range(own):
                there = shelf + arrivals[i, s, k]
                shelf = there - paths[i, s, k]
                if not is_backordered:
                    shelf = max(min(there, 0.0), shelf)
            high = -np.inf
            for k in range(own, horizon):
                shelf += arrivals[i, s, k] - paths[i, s, k]
                high = max(high, -shelf)
                worst[s, k - own] = high
            most = max(most, worst[s, relief[i, s] - own - 1] / share[i, s])
        step[i] *= max(1.0, np.ceil(most / step[i] / n_steps))
        full[:] = 0.0
        part[:] = 0.0
        charged = 0.0
        n_reached = 0
        for s in range(n_samples):
            own = lead_time[i, s]
            if own >= horizon:
                continue
            decisive = relief[i, s] - own - 1
            periods = max(decisive + 1, min(look_ahead, horizon - own))
            last[n_reached] = worst[s, min(periods, look_ahead) - 1] / share[i, s]
            n_reached += 1
            charged += hold[i] * share[i, s] * min(periods, look_ahead)
            for j in range(periods):
                x = worst[s, j] / share[i, s]
                if x <= 0.0:
                    continue
                earned = hold[i] if j < look_ahead else 0.0
                if j == decisive:
                    earned += gain[i]
                earned *= share[i, s] / n_samples
                filled = min(n_steps, int(x / step[i]))
                full[filled] += earned * step[i]
                part[filled] += earned * (x - filled * step[i])
        if until_sold > 0 and n_reached > 0:
            each = hold[i] / n_samples * share[i].mean()
            _until_sold(worth[i], last[:n_reached], each, paths[i].mean(), step[i], until_sold)
        charged *= step[i] / n_samples
        above = 0.0
        for k in range(n_steps - 1, -1, -1):
            above += full[k + 1]
            worth[i, k] += above + part[k] - charged
    return worth
