"""How much should we order when nobody knows when, or whether, it will come?

The last unit of an order is worth, in one world,

    p · [it is sold before a later order could have saved that sale]  -  h · (periods it is held)

and nothing in a world where the order never comes. Sales are lost while we wait, so a world's
shelf at the arrival is projected, not subtracted. Averaged over worlds that differ in demand *and*
in supply, that worth falls with the quantity; the order ends where it reaches zero. With a known
lead time this is `onhand.decide.replenish.marginal.MarginalValue`, unit by unit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from onhand.errors import ConfigError, ShapeError
from onhand.inventory.costs import Costs
from onhand.inventory.receipts import SupplyPaths

__all__ = ["order_on_arrivals"]

_CELLS = 1 << 22  # (rows x samples x periods) per block: about 16 MiB per temporary


def order_on_arrivals(
    on_hand: NDArray[np.float64],
    paths: NDArray[np.float32],
    supply: SupplyPaths,
    costs: Costs,
    *,
    holding_weight: float = 1.0,
) -> NDArray[np.float64]:
    """Units to order now, (N,), >= 0: as many as are each expected to earn more than they cost.

    With x_k the cumulative shortfall from the arrival l of the order to period k, in one world,

        worst_k = max_{l <= j <= k} Σ_{l <= i <= j} (demand_i - arrivals_i) - shelf at l

    the unit after q is sold in the first period in which worst_k > q, so its expected worth is

        p · P(worst_{relief - 1} > q) - h · Σ_k P(worst_k <= q),   k = l .. H - 1

    (worlds in which the order never arrives count as neither), and the order is the smallest q at
    which that is not positive: a weighted quantile of the shortfalls.

    Parameters
    ----------
    on_hand : (N,) units on the shelf at the review
    paths : (N, S, H) possible demand; H should reach well beyond the arrival, for what is left
        over there is charged only as long as the paths last
    supply : what may arrive when, in the same S worlds
    costs : (N,) to decide by; order costs are not looked at
    holding_weight : > 0, factor on the holding cost

    Raises
    ------
    ShapeError
        When demand and supply do not have the same worlds and periods.

    >>> from onhand.decide.replenish.examples import two_worlds
    >>> from onhand.inventory.receipts import known_supply
    >>> now = two_worlds()
    >>> supply = known_supply(now.stock, now.terms, n_samples=2, horizon=4)
    >>> order_on_arrivals(now.stock.on_hand, now.paths, supply, now.costs).tolist()
    [5.0]
    """
    if paths.shape != supply.arrivals.shape:
        raise ShapeError(f"paths have shape {paths.shape}; supply has {supply.arrivals.shape}")
    if on_hand.shape != paths.shape[:1] or costs.holding_cost.shape != on_hand.shape:
        raise ShapeError(f"on_hand and costs must be ({len(paths)},), one per row of the paths")
    if not 0 < holding_weight < np.inf:
        raise ConfigError(f"holding_weight is {holding_weight}; it must be above 0")
    order = np.zeros(len(paths))
    n_rows = max(1, _CELLS // max(1, paths.shape[1] * paths.shape[2]))
    for start in range(0, len(paths), n_rows):
        rows = slice(start, start + n_rows)
        worst = _shortfalls(
            on_hand[rows], paths[rows], supply.arrivals[rows], supply.lead_time[rows]
        )
        order[rows] = _last_that_pays(
            worst,
            _just_before(worst, supply.relief[rows]),
            supply.lead_time[rows],
            costs.shortage_cost[rows],
            holding_weight * costs.holding_cost[rows],
        )
    return order


def _shortfalls(
    on_hand: NDArray[np.float64],
    demand: NDArray[np.float32],
    arrivals: NDArray[np.float32],
    lead_time: NDArray[np.int64],
) -> NDArray[np.float32]:
    """worst_k of the docstring above, (n, S, H); -inf before the order can have arrived."""
    n, n_samples, horizon = demand.shape
    worst = np.full(demand.shape, -np.inf, dtype=np.float32)
    shelf = np.repeat(on_hand.astype(np.float32)[:, None], n_samples, axis=1)
    high = np.full((n, n_samples), -np.inf, dtype=np.float32)
    for k in range(horizon):
        shelf += arrivals[:, :, k]
        shelf -= demand[:, :, k]
        has_arrived = lead_time <= k
        np.maximum(high, -shelf, out=high, where=has_arrived)
        worst[:, :, k] = high
        np.maximum(shelf, 0, out=shelf, where=~has_arrived)
    return worst


def _just_before(worst: NDArray[np.float32], relief: NDArray[np.int64]) -> NDArray[np.float32]:
    """The worst shortfall that no later order could have helped, (n, S)."""
    last = np.clip(relief - 1, 0, worst.shape[2] - 1)
    return np.take_along_axis(worst, last[:, :, None], axis=2)[:, :, 0]


def _last_that_pays(
    worst: NDArray[np.float32],
    decisive: NDArray[np.float32],
    lead_time: NDArray[np.int64],
    gain: NDArray[np.float64],
    hold: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The smallest q >= 0 at which one more unit is not expected to earn anything, (n,)."""
    n, n_samples, horizon = worst.shape
    held_at_most = np.maximum(horizon - lead_time, 0).sum(axis=1)  # periods, over all worlds
    flat = worst.reshape(n, n_samples * horizon)

    def worth(q: Any) -> Any:
        n_sold = (decisive > q[:, None]).sum(axis=1)
        n_free = (flat > q[:, None]).sum(axis=1)  # periods after the unit was sold
        return gain * n_sold - hold * (held_at_most - n_free)

    low, high = np.zeros(n), np.maximum(flat.max(axis=1), 0).astype(np.float64)
    pays_at_all = worth(low) > 0
    for _ in range(int(np.ceil(np.log2(max(2.0, 64 * high.max(initial=0)))))):
        middle = (low + high) / 2
        pays = worth(middle) > 0
        low, high = np.where(pays, middle, low), np.where(pays, high, middle)
    # The worth only changes at the shortfalls themselves: the answer is the next one above `low`.
    next_above = np.where(flat > low[:, None], flat, np.inf).min(axis=1)
    return np.where(pays_at_all & np.isfinite(next_above), next_above, 0.0)
