"""What will customers want until the next review's order can arrive, in every world?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onhand.decide.replenish.cover import mean_demand
from onhand.inventory.policy import Situation

__all__ = ["interval_demand"]


def interval_demand(situation: Situation) -> NDArray[np.float64]:
    """Demand over each stock point's protection interval in every world, (N, S).

    With uncertain supply the interval is each world's own: until a later review's order can arrive.

    Raises
    ------
    ShapeError
        When the paths end before the interval does.

    >>> from onhand.decide.replenish.examples import two_worlds
    >>> interval_demand(two_worlds()).tolist()
    [[3.0, 15.0]]
    """
    interval = situation.terms.protection_interval
    mean_demand(situation, 0, interval)  # complains where the paths are too short
    periods = np.arange(situation.paths.shape[2])
    if situation.supply is not None:
        is_before = periods < situation.supply.relief[:, :, None]  # (N, S, H)
        return np.asarray((situation.paths * is_before).sum(axis=2), dtype=np.float64)
    inside = periods < interval[:, None]  # (N, H)
    total = np.einsum("nsh,nh->ns", situation.paths, inside.astype(np.float32))
    return np.asarray(total, dtype=np.float64)
