"""From whom is it cheapest to buy, all things counted?

Suppliers of one item differ in price, in lead time, in packs and minima. An offer is judged by what it
costs until the slowest offer's next order could help, on the same sample paths for all. Before its first
order arrives there is only what is lost; from then on each review period costs

    premium    (unit cost - least unit cost on offer) x the larger of the order and a review's demand
    order      the cost of placing the order
    transit    holding cost of the order for its lead time: it is paid for when it is ordered
    shelf      holding cost of what the order adds to the shelf, in the periods it is for
    shortage   margin lost before the order after this one can arrive

where a lot that no world needs, for a price break or a minimum, is bought, placed and brought once in as
many reviews as it lasts, and held until it is sold: a low price for 500 units comes with the place on the
shelf that 500 units take. So a fast and dear offer pays its premium several times in the time in which a slow one is waited for.

Two offers can also serve together: a small order from the fast one bridges the time until the large order
from the cheap one arrives (`bridge_worth`).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onhand.decide.replenish.cover import shortfalls
from onhand.decide.replenish.marginal import Worth, worth_of_steps
from onhand.inventory.costs import Costs
from onhand.inventory.policy import Situation
from onhand.inventory.receipts import SupplyPaths, known_supply

__all__ = ["LandedCost", "Missing", "bridge_worth", "landed_cost", "missing"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class LandedCost:
    """What an offer costs each stock point over the time that all are compared for, money, each (N,)."""

    premium: Array
    order: Array
    transit: Array
    shelf: Array
    shortage: Array

    @property
    def total(self) -> Array:
        """The sum of all parts, (N,)."""
        return np.asarray(sum(getattr(self, f.name) for f in fields(self)))


@dataclass(frozen=True)
class Missing:
    """What is missing in every world on an offer's terms, whatever is then ordered on them.

    early : (N,) expected units short before the order arrives
    need : (N, S) units to order so that nothing is short until the order after it arrives
    comes : (N, S) share of the order that arrives; 0: not within the paths
    per_review : (N,) expected demand of the periods that the order is for
    review_period, lead_time : (N,) periods, on average over the worlds
    """

    early: Array
    need: NDArray[np.float32]
    comes: NDArray[np.float32]
    per_review: Array
    review_period: Array
    lead_time: Array


def missing(situation: Situation) -> Missing:
    """What `landed_cost` needs to know of the worlds, worked out once for any number of quantities."""
    terms, paths = situation.terms, situation.paths
    n, n_samples, horizon = paths.shape
    supply = situation.supply or known_supply(
        situation.stock, terms, n_samples=n_samples, horizon=horizon
    )
    now = replace(situation, supply=supply)
    own, relief = supply.lead_time, supply.relief
    early = np.zeros(n)
    stock = np.repeat(situation.stock.net_inventory[:, None], n_samples, axis=1)
    for k in range(min(horizon, int(own.max(initial=0)))):
        stock = stock + supply.arrivals[:, :, k] - paths[:, :, k]
        early += (np.maximum(-stock, 0.0) * (k < own)).mean(axis=1)
        stock = np.maximum(stock, 0.0)
    periods = np.arange(horizon)
    is_cover = (periods >= own[:, :, None]) & (periods < relief[:, :, None])
    return Missing(
        early=early,
        need=shortfalls(now, np.arange(n), 0, 1, "lost_sales"),
        comes=np.where(own < horizon, supply.share, np.float32(0)),
        per_review=(paths * is_cover).sum(axis=2).mean(axis=1, dtype=np.float64),
        review_period=np.maximum(1.0, (relief - own).mean(axis=1)),
        lead_time=own.mean(axis=1),
    )


def landed_cost(
    gap: Missing,
    costs: Costs,
    quantity: Array,
    *,
    unit_cost: Array,
    least_unit_cost: Array,
    shortage_cost: Array,
    n_reviews: ArrayLike = 1.0,
) -> LandedCost:
    """The landed cost of ordering `quantity` (N,) where `gap` is missing, at the offer's `costs`.

    Parameters
    ----------
    unit_cost : (N,) money per unit at that quantity
    least_unit_cost : (N,) the least of all offers at their quantities
    shortage_cost : (N,) money per unit short, the same for all offers
    n_reviews : (N,) review periods counted after the first arrival, each like the first

    >>> from onhand.decide.replenish.examples import two_worlds
    >>> one, now = np.ones(1), two_worlds()
    >>> dear = landed_cost(missing(now), now.costs, 5 * one, unit_cost=2 * one, least_unit_cost=one,
    ...                    shortage_cost=one)
    >>> dear.premium.tolist(), dear.shortage.tolist()        # the fast world loses 5 before it comes
    ([5.0], [2.5])
    """
    hold = costs.holding_cost
    times = np.asarray(n_reviews, dtype=np.float64)
    # Of a lot beyond what any world needs, each review bears its part.
    ordinary = np.maximum(gap.per_review, gap.need.max(axis=1))
    lasts = np.maximum(1.0, quantity / np.where(ordinary > 0, ordinary, np.inf))
    placed = times / lasts
    used = np.clip(gap.need, 0.0, quantity[:, None])
    late = (gap.comes * np.maximum(gap.need - quantity[:, None], 0.0)).mean(axis=1)
    beyond = gap.comes * (quantity[:, None] - used)  # (N, S), left for after the cover
    left = beyond.mean(axis=1)
    there = (gap.comes * used).mean(axis=1)
    later = np.where(lasts > 1, _until_sold(beyond, gap.per_review / gap.review_period), 0.0)
    return LandedCost(
        premium=times
        * (unit_cost - least_unit_cost)
        * np.maximum(quantity / lasts, gap.per_review),
        order=placed * np.where(quantity > 0, costs.order_cost, 0.0),
        transit=placed * hold * quantity * gap.lead_time,
        shelf=placed * hold * ((left + there / 2) * gap.review_period + later),
        shortage=shortage_cost * (gap.early + times * late),
    )


_LONGEST = 365.0  # periods for which what is left is charged at most


def _until_sold(left: Array, rate: Array) -> Array:
    """Unit-periods on the shelf while `left` (N, S) sell at `rate` (N,) per period, on average, (N,)."""
    each = np.broadcast_to(rate[:, None], left.shape)
    longest = np.full(left.shape, _LONGEST)
    time = np.minimum(np.divide(left, each, out=longest, where=each > 0), _LONGEST)
    return np.asarray((left * time - each * time**2 / 2).mean(axis=1, dtype=np.float64))


def bridge_worth(
    now: Situation, fast: SupplyPaths, slow: SupplyPaths, step: Array, n_steps: int, *, once: bool
) -> Worth:
    """The worth of steps from a fast supplier until the order from a slow one arrives.

    A unit of the bridge saves the sale that would be lost before the slow order comes; one that is left
    over then is only held. The dearer price is not yet taken off.

    Parameters
    ----------
    once : True: this order bridges all of the wait. False: the next order from the fast supplier can
        go on bridging, so this one only has to last until then

    >>> from onhand.decide.replenish.examples import two_worlds
    >>> now = two_worlds()                                # the fast world sells 5 a period and has 4
    >>> slow = known_supply(now.stock, now.terms, n_samples=2, horizon=4)      # comes after 2
    >>> fast = replace(slow, lead_time=slow.lead_time - 2, relief=slow.relief - 2)
    >>> bridge_worth(now, fast, slow, np.ones(1), 6, once=True).worth.round(2).tolist()
    [[0.3, 0.2, 0.2, 0.2, 0.2, -0.4]]
    >>> bridge_worth(now, fast, slow, np.ones(1), 6, once=False).worth.round(2).tolist()
    [[0.3, -0.3, -0.3, -0.3, -0.3, -0.4]]
    """
    horizon = slow.arrivals.shape[2]
    is_bridge = fast.lead_time < slow.lead_time
    until = slow.lead_time if once else np.minimum(slow.lead_time, fast.relief)
    supply = replace(
        fast,
        lead_time=np.where(is_bridge, fast.lead_time, horizon),
        relief=np.where(is_bridge, until, horizon),
    )
    ahead = int(np.maximum(1, slow.lead_time.max(initial=1)))
    return worth_of_steps(
        replace(now, supply=supply), step=step, look_ahead=min(ahead, horizon), n_steps=n_steps
    )
