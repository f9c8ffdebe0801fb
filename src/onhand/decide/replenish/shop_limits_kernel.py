"""The compiled loop behind `onhand.decide.replenish.shop_limits`: buying down a list."""

from __future__ import annotations

from typing import Any

import numpy as np

from onhand.compiled import njit

__all__ = ["buy_down"]


@njit(cache=True)
def buy_down(
    items: Any,
    owner: Any,
    row: Any,
    place: Any,
    packs: Any,
    size: Any,
    worth: Any,
    first: Any,
    head: Any,
    order_cost: Any,
    role: Any,
    most: Any,
    n_rows: int,
) -> tuple[float, Any, Any]:
    """What is earned, which share of each block is taken (B,), and what that takes of each limit (limits,).

    items : what to try, best first: o < O is the head of order o, O + b is block b
    owner, row, place, packs, worth, size : of each block: its order, its stock point, its number in its
        order, of how many packs as many as fit can be taken, money, (limits, B)
    first, head : (O,) of each order: its first block, and how many blocks its head has
    role : (O,) 1: its head is bought before anything else; 0: in its turn; -1: not at all

    Earns -inf where the heads to be bought first do not fit.
    """
    n_orders, n_limits = len(first), len(most)
    taken = np.zeros(len(owner))
    ended = np.zeros(n_rows, dtype=np.bool_)
    started = np.zeros(n_orders, dtype=np.bool_)
    used = np.zeros(n_limits)
    earned = 0.0
    for o in range(n_orders):
        if role[o] == 1:
            started[o] = True
            earned -= order_cost[o]
            for b in range(first[o], first[o] + head[o]):
                taken[b] = 1.0
                earned += worth[b]
                for m in range(n_limits):
                    used[m] += size[m, b]
    for m in range(n_limits):
        if used[m] > most[m]:
            return -np.inf, taken, used
    for item in items:
        if item < n_orders:
            o = item
            if role[o] != 0:
                continue
            start, stop = first[o], first[o] + head[o]
        else:
            start, stop = item - n_orders, item - n_orders + 1
            o = owner[start]
            if not started[o] or place[start] < head[o] or ended[row[start]]:
                continue
        fits = True
        for m in range(n_limits):
            more = 0.0
            for b in range(start, stop):
                more += size[m, b]
            fits = fits and used[m] + more <= most[m]
        if not fits:
            if item >= n_orders:
                ended[row[start]] = True
                n_fit = packs[start]
                for m in range(n_limits):
                    if size[m, start] > 0.0:
                        room = (most[m] - used[m]) / size[m, start] * packs[start]
                        n_fit = min(n_fit, int(np.floor(room)))
                if n_fit > 0:
                    part = n_fit / packs[start]
                    taken[start] = part
                    earned += worth[start] * part
                    for m in range(n_limits):
                        used[m] += size[m, start] * part
            continue
        if item < n_orders:
            started[o] = True
            earned -= order_cost[o]
        for b in range(start, stop):
            taken[b] = 1.0
            earned += worth[b]
            for m in range(n_limits):
                used[m] += size[m, b]
    return earned, taken, used
