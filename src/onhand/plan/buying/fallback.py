"""Are the offers chosen within the shop's limits the better ones in the end?

They were chosen line by line; what was then really ordered, bridges and all, is judged here beside the plan with
the offers chosen as if there were no limits: on the same worlds, until the later of both plans' next orders can
help, at one margin and with dearer prices paid.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from onhand.plan.outlook import views
from onhand.plan.workings import Workings

__all__ = ["better_of"]

Array = NDArray[np.float64]


def better_of(within: Workings, free: Workings) -> Workings:
    """`within`, planned with the offers chosen within the limits, unless `free` is expected to earn more."""
    until = np.ceil(np.maximum(within.outlook.interval, free.outlook.interval) - 1e-9)  # (N,)
    horizon = int(max(within.ahead.horizon, free.ahead.horizon))
    margin = np.maximum(within.margin, free.margin)
    least = np.minimum(within.economics.unit_cost, free.economics.unit_cost)
    gains = [
        _gain(work, np.minimum(until, horizon), horizon, margin, least) for work in (within, free)
    ]
    return within if gains[0] > gains[1] else free


def _gain(work: Workings, until: Array, horizon: int, margin: Array, least: Array) -> float:
    """Margin that a plan's orders save in the first `until` periods (N,), less what they cost beyond `least`."""
    saved = np.zeros(len(until))
    ahead = replace(work.ahead, horizon=horizon)
    terms = work.economics
    for rows, view in views(work.fitted, work.stock, terms.terms, terms.costs, ahead):
        fewer = view.without().short - view.with_orders(work.bought.quantity[rows]).short
        inside = np.arange(horizon) < until[rows, None]
        saved[rows] = (fewer.mean(axis=1, dtype=np.float64) * inside).sum(axis=1)
    dearer = float((work.bought.unit_cost - least) @ work.bought.quantity)
    for beside in (work.bridges, work.splits):
        if beside is not None:
            dearer += float((beside.unit_cost - least[beside.row]) @ beside.quantity)
    rules = work.rules.suppliers
    asked = {*terms.supplier[work.bought.quantity > 0].tolist()}
    asked |= {n for b in (work.bridges, work.splits) if b is not None for n in b.supplier.tolist()}
    fees = sum(rule.order_cost for name, rule in rules.items() if name in asked)
    return float(margin @ saved) - dearer - fees
