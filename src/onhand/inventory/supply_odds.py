"""How probable is each lead time of an order, and what may become of the orders that are open?

Suppliers keep their promises as their receipts show. Counted in whole periods, that is a probability for
each lead time; for an order that has been open for some periods, for each one that is still possible.
Worlds are drawn from it by kind of order: a shop of 50,000 stock points has a few hundred of these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onhand.errors import ShapeError
from onhand.inventory.lead_times import Delivered
from onhand.inventory.receipts import SupplyPaths

__all__ = ["OrderWorlds", "SupplyOdds", "draw_worlds"]

Array = NDArray[np.float64]
Periods = NDArray[np.int64]

_LATER_ORDERS = 8  # later reviews that are asked which order comes to the relief


@dataclass(frozen=True)
class SupplyOdds:
    """What an order of N stock points may do, kept for K kinds of order.

    kind : (N,) which kind a stock point's orders are
    lead_time : (K, W) probability that an order takes 0 .. W - 1 periods; each row sums to 1
    delivered : K records of the share that comes; None: all of it
    review_period : (K,) periods from one order to the next, >= 1

    Raises
    ------
    ShapeError
        When the parts do not fit, or the probabilities do not sum to 1.
    """

    kind: Periods
    lead_time: Array
    delivered: Sequence[Delivered | None]
    review_period: Periods

    def __post_init__(self) -> None:
        n_kinds = len(self.lead_time)
        if len(self.delivered) != n_kinds or self.review_period.shape != (n_kinds,):
            raise ShapeError(
                f"lead_time has {n_kinds} kinds of order; delivered has {len(self.delivered)} and "
                f"review_period {len(self.review_period)}"
            )
        if not np.allclose(self.lead_time.sum(axis=1), 1.0):
            raise ShapeError("the probabilities of the lead times of a kind must sum to 1")

    @property
    def longest(self) -> int:
        """The longest lead time that anybody has, periods."""
        return int(self.lead_time.shape[1]) - 1

    def rows(self, index: slice | NDArray[Any]) -> SupplyOdds:
        """The odds of some stock points."""
        return replace(self, kind=self.kind[index])

    def drawn(self, late: Array, short: Array) -> tuple[Periods, Array]:
        """Lead time and share delivered at uniform numbers 0..1, of any shape (N, ...).

        >>> odds = SupplyOdds(np.array([0]), np.array([[0.5, 0.0, 0.5]]), [None], np.array([1]))
        >>> lead_time, share = odds.drawn(np.array([[0.2, 0.9]]), np.array([[0.2, 0.9]]))
        >>> lead_time.tolist(), share.tolist()
        ([[0, 2]], [[1.0, 1.0]])
        """
        lead_time = np.zeros(late.shape, dtype=np.int64)
        share = np.ones(short.shape)
        for kind in np.unique(self.kind):
            rows = np.flatnonzero(self.kind == kind)
            lead_time[rows] = _taken(np.cumsum(self.lead_time[kind]), late[rows])
            record = self.delivered[kind]
            if record is not None:
                share[rows] = record.draw(short[rows])
        return lead_time, share


@dataclass(frozen=True)
class OrderWorlds:
    """What orders do in S worlds, by kind of order.

    lead_time, relief, share : (K, S) of an order placed now
    open_lead, open_share : (K, A, S) of one placed a + 1 reviews of one period ago and still open: its
        whole lead time, above a
    """

    lead_time: Periods
    relief: Periods
    share: NDArray[np.float32]
    open_lead: Periods
    open_share: NDArray[np.float32]

    def reach(self, share: float = 0.95) -> int:
        """Periods until relief has come in at least a share of the worlds, for all kinds."""
        return int(np.quantile(self.relief, share, axis=1, method="higher").max(initial=1))

    def paths(self, kind: Periods, open_orders: Array, known: Array, horizon: int) -> SupplyPaths:
        """Supply as a policy may foresee it.

        Parameters
        ----------
        kind : (N,)
        open_orders : (N, A) units ordered 1 .. A periods ago and not arrived, as ordered
        known : (N, V) units that come at the start of each period for certain

        >>> odds = SupplyOdds(np.array([0]), np.array([[0.5, 0.0, 0.5]]), [None], np.array([1]))
        >>> worlds = draw_worlds(odds, 2, np.random.default_rng(0))
        >>> ahead = worlds.paths(odds.kind, np.array([[0.0, 0.0]]), np.array([[4.0]]), 3)
        >>> ahead.arrivals.tolist(), sorted(ahead.lead_time[0].tolist())
        ([[[4.0, 0.0, 0.0], [4.0, 0.0, 0.0]]], [0, 2])
        >>> worlds.paths(odds.kind, np.array([[6.0, 0.0]]), np.zeros((1, 1)), 3).arrivals[0].tolist()
        [[0.0, 6.0, 0.0], [0.0, 6.0, 0.0]]
        """
        n, n_samples = len(kind), self.lead_time.shape[1]
        # Policies read one period of all worlds at a time: laid out so, they take half the time.
        arrivals = np.zeros((horizon, n, n_samples), dtype=np.float32)
        width = min(horizon, known.shape[1])
        arrivals[:width] = known.T[:width, :, None]
        row, age = np.nonzero(open_orders)
        slot = self.open_lead[kind[row], age] - age[:, None] - 1  # (B, S)
        units = open_orders[row, age, None] * self.open_share[kind[row], age]
        cell = (slot * n + row[:, None]) * n_samples + np.arange(n_samples)
        is_seen = slot < horizon
        np.add.at(arrivals.reshape(-1), cell[is_seen], units[is_seen].astype(np.float32))
        own = np.minimum(self.lead_time, horizon)
        relief = np.minimum(np.maximum(self.relief, own + 1), horizon)
        ahead = np.moveaxis(arrivals, 0, 2)
        return SupplyPaths(ahead, own[kind], relief[kind], self.share[kind])


def draw_worlds(odds: SupplyOdds, n_samples: int, rng: np.random.Generator) -> OrderWorlds:
    """`n_samples` worlds of every kind of order, from equal slices of 0..1 in random order.

    The order that comes to the relief is the first one of a later review that arrives after this one.
    """
    n_kinds, width = odds.lead_time.shape
    n_ages = max(1, width - 1)
    reached = np.cumsum(odds.lead_time, axis=1)

    def uniform(*size: int) -> Array:
        places = np.broadcast_to(np.arange(n_samples), (*size, n_samples))
        return np.asarray((rng.permuted(places, axis=-1) + 0.5) / n_samples)

    def orders() -> Periods:
        u = uniform(n_kinds)
        return np.stack([_taken(reached[k], u[k]) for k in range(n_kinds)])

    def shares(*size: int) -> NDArray[np.float32]:
        u = uniform(n_kinds, *size)
        drawn = [
            np.ones_like(u[k]) if r is None else r.draw(u[k]) for k, r in enumerate(odds.delivered)
        ]
        return np.stack(drawn).astype(np.float32)

    own = orders()
    never = np.iinfo(np.int64).max
    relief, slot = np.full(own.shape, never), own
    for later in range(1, _LATER_ORDERS + 1):
        slot = later * odds.review_period[:, None] + orders()
        relief = np.where(slot > own, np.minimum(relief, slot), relief)
    relief = np.where(relief == never, np.maximum(own + 1, slot), relief)
    u, ages = uniform(n_kinds, n_ages), np.arange(n_ages)[:, None]
    open_lead = np.zeros(u.shape, dtype=np.int64)
    for k in range(n_kinds):
        over = reached[k][:n_ages, None]  # the lead times that have passed at each age
        left = _taken(reached[k], over + u[k] * (1 - over))
        open_lead[k] = np.maximum(left, ages + 1)
    return OrderWorlds(own, relief, shares(), open_lead, shares(n_ages))


def _taken(reached: Array, uniform: Array) -> Periods:
    """The lead time at each uniform number, by the inverse of the cumulated probabilities (W,)."""
    place = np.searchsorted(reached, uniform - 1e-12)
    return np.minimum(place, len(reached) - 1).astype(np.int64)
