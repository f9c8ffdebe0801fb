"""Is it worth buying more because more costs less?

A price break lowers the price of *all* units of a line from a quantity on. What counts is what a lot
costs per period that it lasts, not what it saves at once: with a demand of mu per period, lots of q units
at the price c(q) cost

    mu · c(q)  +  K · mu / q  +  h · q / 2        per period

for the goods, the order cost K, and the holding of the stock that lies between two orders. The line is
raised to the break that costs least, if that is less than what the line costs as it is (Silver, Pyke &
Thomas 2017, *Inventory and Production Management in Supply Chains*, 4th ed., section 4.5; the lot that
is needed stands in for the economic one).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onhand.errors import ShapeError
from onhand.inventory.terms import SupplyTerms

__all__ = ["PriceLadder", "raise_to_breaks"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PriceLadder:
    """The unit cost of each stock point by the quantity of its line.

    start : (N, B) units from which a price holds, rising along a row; the first is 0, unused ones inf
    unit_cost : (N, B) money per unit, for all units of the line

    >>> ladder = PriceLadder(np.array([[0.0, 10.0]]), np.array([[2.0, 1.5]]))
    >>> [ladder.at([q]).tolist() for q in (9, 10, 11)]
    [[2.0], [1.5], [1.5]]
    """

    start: Array
    unit_cost: Array

    def __post_init__(self) -> None:
        if self.start.shape != self.unit_cost.shape or self.start.ndim != 2:
            raise ShapeError("a price ladder needs a unit cost for every start, both (N, B)")
        if self.start.size and (self.start[:, 0] != 0).any():
            raise ShapeError("the first price of a ladder must hold from 0 units on")
        if (self.start[:, 1:] < self.start[:, :-1]).any():
            raise ShapeError("the starts of a price ladder must rise")

    @classmethod
    def flat(cls, unit_cost: ArrayLike) -> PriceLadder:
        """One price for every quantity."""
        cost = np.asarray(unit_cost, dtype=np.float64)[:, None]
        return cls(np.zeros_like(cost), cost)

    def step(self, quantity: ArrayLike) -> NDArray[np.int64]:
        """Number of the step that holds at each quantity, (N,)."""
        units = np.asarray(quantity, dtype=np.float64)[:, None]
        return np.asarray((self.start <= units + 1e-9).sum(axis=1) - 1, dtype=np.int64)

    def at(self, quantity: ArrayLike) -> Array:
        """Unit cost at each quantity, (N,)."""
        return self.unit_cost[np.arange(len(self.start)), self.step(quantity)]

    def begin(self, quantity: ArrayLike) -> Array:
        """Least quantity with the same price, (N,)."""
        return self.start[np.arange(len(self.start)), self.step(quantity)]

    def end(self, quantity: ArrayLike) -> Array:
        """Quantity from which another price holds, (N,); inf: none."""
        padded = np.concatenate([self.start, np.full((len(self.start), 1), np.inf)], axis=1)
        return padded[np.arange(len(padded)), self.step(quantity) + 1]


def raise_to_breaks(
    quantity: ArrayLike,
    ladder: PriceLadder,
    terms: SupplyTerms,
    *,
    mean_demand: ArrayLike,
    holding_cost: ArrayLike,
    order_cost: ArrayLike = 0.0,
    most: ArrayLike = np.inf,
) -> Array:
    """The quantities, (N,), with lines raised to a price break where that saves money per period.

    Parameters
    ----------
    quantity : (N,) units, allowed by the terms; a line of 0 stays 0
    mean_demand : (N,) units per period; 0: nothing extra is ever used, nothing is raised
    holding_cost : (N,) money per unit and period
    order_cost : (N,) money for placing the line
    most : (N,) no line is raised above it, units

    >>> ladder = PriceLadder(np.array([[0.0, 20.0, 100.0]]), np.array([[2.0, 1.8, 1.75]]))
    >>> terms = SupplyTerms.of(1, pack_size=6, n_series=1)
    >>> raise_to_breaks([12.0], ladder, terms, mean_demand=4, holding_cost=0.03).tolist()
    [24.0]
    """
    q = np.asarray(quantity, dtype=np.float64)
    rate = np.asarray(mean_demand, dtype=np.float64)
    hold, fee = np.asarray(holding_cost), np.asarray(order_cost)

    def per_period(units: Array) -> Array:
        lot = np.maximum(units, 1e-12)
        return np.asarray(rate * ladder.at(units) + fee * rate / lot + hold * units / 2)

    best, least = q.copy(), per_period(q)
    for b in range(1, ladder.start.shape[1]):
        start = np.maximum(ladder.start[:, b], terms.minimum_order)
        is_real = np.isfinite(start)
        packs = np.ceil(np.round(np.where(is_real, start, 0.0) / terms.pack_size, 9))
        target = packs * terms.pack_size
        cost = per_period(target)
        is_possible = is_real & (q > 0) & (target > q) & (target <= np.asarray(most)) & (rate > 0)
        is_better = is_possible & (cost < least)
        best = np.where(is_better, target, best)
        least = np.where(is_better, cost, least)
    return best
