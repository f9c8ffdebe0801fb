"""From whom is it cheapest to buy, all things counted?

Suppliers of one item differ in price, in lead time, in packs and minima. An offer is judged by what one
review period costs with it, on the same sample paths for all:

    premium    (unit cost - least unit cost on offer) x the larger of the order and a review's demand
    order      the cost of placing the order
    transit    holding cost of the order for its lead time: it is paid for when it is ordered
    shelf      holding cost of what the order adds to the shelf, in the periods it is for
    shortage   margin lost until the order after this one can arrive

Offers with different review periods have to be scaled to the same length before they are compared.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from onhand.decide.replenish.cover import shortfalls
from onhand.inventory.policy import Situation

__all__ = ["LandedCost", "landed_cost"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class LandedCost:
    """What an offer costs each stock point per review period, money, each (N,)."""

    premium: Array
    order: Array
    transit: Array
    shelf: Array
    shortage: Array

    @property
    def total(self) -> Array:
        """The sum of all parts, (N,)."""
        return np.asarray(sum(getattr(self, f.name) for f in fields(self)))


def landed_cost(
    situation: Situation,
    quantity: Array,
    *,
    unit_cost: Array,
    least_unit_cost: Array,
    shortage_cost: Array,
) -> LandedCost:
    """The landed cost of ordering `quantity` (N,) on the terms and costs of `situation`.

    Parameters
    ----------
    unit_cost : (N,) money per unit at that quantity
    least_unit_cost : (N,) the least of all offers at their quantities
    shortage_cost : (N,) money per unit short, the same for all offers

    >>> from onhand.decide.replenish.examples import two_worlds
    >>> one = np.ones(1)
    >>> dear = landed_cost(two_worlds(), 5 * one, unit_cost=2 * one, least_unit_cost=one,
    ...                    shortage_cost=one)
    >>> dear.premium.tolist(), dear.shortage.tolist()        # the fast world loses 5 before it comes
    ([5.0], [2.5])
    """
    terms, costs, paths = situation.terms, situation.costs, situation.paths
    horizon = paths.shape[2]
    periods = np.arange(horizon)
    is_cover = (periods >= terms.lead_time[:, None]) & (
        periods < terms.protection_interval[:, None]
    )
    per_review = (paths.mean(axis=1, dtype=np.float64) * is_cover).sum(axis=1)
    early, late, left = _missed(situation, quantity)
    hold = costs.holding_cost
    used = np.minimum(quantity, quantity - left)
    on_shelf = hold * (left + used / 2) * terms.review_period
    return LandedCost(
        premium=(unit_cost - least_unit_cost) * np.maximum(quantity, per_review),
        order=np.where(quantity > 0, costs.order_cost, 0.0),
        transit=hold * quantity * terms.lead_time,
        shelf=on_shelf,
        shortage=shortage_cost * (early + late),
    )


def _missed(situation: Situation, quantity: Array) -> tuple[Array, Array, Array]:
    """Expected units short before the order arrives and in its own periods, and left of it, (N,)."""
    if situation.supply is not None:
        return _missed_in_worlds(situation, quantity)
    terms, paths = situation.terms, situation.paths
    n = len(paths)
    early, late, left = np.zeros(n), np.zeros(n), np.zeros(n)
    kinds = np.stack([terms.lead_time, terms.review_period], axis=1)
    for lead, review in np.unique(kinds, axis=0).tolist():
        rows = np.flatnonzero((kinds == (lead, review)).all(axis=1))
        need = shortfalls(situation, rows, lead, review, "lost_sales")  # (n, S)
        late[rows] = np.maximum(need - quantity[rows, None], 0.0).mean(axis=1)
        used = np.clip(need, 0.0, quantity[rows, None])
        left[rows] = (quantity[rows, None] - used).mean(axis=1)
        stock = np.repeat(situation.stock.net_inventory[rows, None], paths.shape[1], axis=1)
        for k in range(lead):
            due = situation.stock.pipeline[rows, k] if k < situation.stock.pipeline.shape[1] else 0
            stock = stock + np.asarray(due)[..., None] - paths[rows, :, k]
            early[rows] += np.maximum(-stock, 0.0).mean(axis=1)
            stock = np.maximum(stock, 0.0)
    return early, late, left


def _missed_in_worlds(situation: Situation, quantity: Array) -> tuple[Array, Array, Array]:
    """`_missed` where every world has its own supply."""
    assert situation.supply is not None  # asked by `_missed` alone
    supply, paths = situation.supply, situation.paths
    n, n_samples, horizon = paths.shape
    need = shortfalls(situation, np.arange(n), 0, 1, "lost_sales")  # (n, S), of what is ordered
    comes = np.where(supply.lead_time < horizon, supply.share, 0.0)
    late = (comes * np.maximum(need - quantity[:, None], 0.0)).mean(axis=1)
    left = (comes * (quantity[:, None] - np.clip(need, 0.0, quantity[:, None]))).mean(axis=1)
    early = np.zeros(n)
    stock = np.repeat(situation.stock.net_inventory[:, None], n_samples, axis=1)
    for k in range(min(horizon, int(supply.lead_time.max(initial=0)))):
        is_before = k < supply.lead_time
        stock = stock + supply.arrivals[:, :, k] - paths[:, :, k]
        early += (np.maximum(-stock, 0.0) * is_before).mean(axis=1)
        stock = np.maximum(stock, 0.0)
    return early, late, left
