"""What does each stock point need most: goods, patience, or an end?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onhand.demand.history import DemandHistory
from onhand.inventory.stock import Stock
from onhand.plan.config import Config
from onhand.plan.outlook import Outlook

__all__ = ["STATUSES", "is_young", "status_of"]

PROBABLY_OVER = 0.5  # chance of still selling below which a stock point counts as dying
STATUSES = ("stocked_out", "at_risk", "dying", "excess", "new", "ok")
"""Gravest first: a stock point has the first status that holds."""


def status_of(
    history: DemandHistory,
    stock: Stock,
    outlook: Outlook,
    excess_units: NDArray[np.float64],
    horizon: int,
    config: Config,
    alive: NDArray[np.float64] | None = None,
) -> NDArray[np.str_]:
    """The status of each stock point, (N,).

    stocked_out : nothing on the shelf of something expected to sell at least one unit within the horizon
    at_risk : likely to run out before an order placed now can arrive
    dying : stock of something that used to sell and no longer does, or that is more likely over than not
    excess : more than will sell within the excess limit
    new : launched lately, or announced and not launched yet
    """
    settings = config.plan
    is_over = np.zeros(history.n_series, dtype=bool) if alive is None else alive < PROBABLY_OVER
    # At least one unit within the horizon: an item that sells once in ten years is not missed today.
    wanted = outlook.mean_demand * horizon >= 1
    conditions = {
        "stocked_out": (stock.on_hand <= 0) & wanted,
        "at_risk": wanted & (outlook.stockout_early >= settings.at_risk_probability),
        "dying": (stock.on_hand > 0) & (_has_stopped(history, settings.dying_days) | is_over),
        "excess": excess_units > 0,
        "new": is_young(history, settings.new_days),
    }
    names = [name for name in STATUSES if name != "ok"]
    return np.select([conditions[name] for name in names], names, "ok").astype("<U11")


def _has_stopped(history: DemandHistory, days: float) -> NDArray[np.bool_]:
    """Sold once, and could have sold for the last `days` and did not, (N,)."""
    n = max(1, round(days * history.panel.frequency.per_year / 365.25))
    if n >= history.n_periods:
        return np.zeros(history.n_series, dtype=bool)
    recent, earlier = history.values[:, -n:], history.values[:, :-n]
    is_known = np.isfinite(recent).any(axis=1)
    return np.asarray(is_known & ~(recent > 0).any(axis=1) & (earlier > 0).any(axis=1))


def is_young(history: DemandHistory, days: float) -> NDArray[np.bool_]:
    """Did not exist before the last `days`, in a history that reaches further back, (N,)."""
    n = max(1, round(days * history.panel.frequency.per_year / 365.25))
    if n >= history.n_periods:
        return np.zeros(history.n_series, dtype=bool)
    sales = history.panel.sales
    return np.asarray(np.isnan(sales[:, :-n]).all(axis=1))
