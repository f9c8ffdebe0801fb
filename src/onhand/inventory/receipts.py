"""What is really on its way, when all we see is what arrives?

A supplier promises a lead time; some keep it, some do not, and some orders never come. The stock
room sees quantities only: so many units today. This file keeps book of the open orders, matches
what arrives to the orders that it can have been, writes off what is long overdue, and turns the
record into a belief over lead times and into sampled arrivals, world by world.

Time is that of `onhand.inventory.moves`: an order placed at a review with lead time l arrives at
the start of the (l + 1)-th period from then, so one placed at the last review arrives in the period
just over if its lead time is 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

from onhand.errors import ConfigError, ShapeError
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms

__all__ = [
    "LeadTimePrior",
    "SupplyPaths",
    "SupplyRecord",
    "after_period",
    "known_supply",
    "lead_time_belief",
    "match_receipts",
    "sample_supply",
]

Array = NDArray[np.float64]

_MOST_CANDIDATES = 10  # open orders tried in one match: 2^10 combinations
_ROWS_AT_ONCE = 4096


@dataclass(frozen=True)
class LeadTimePrior:
    """What we believe of a supplier before the first order, beside the promise.

    Parameters
    ----------
    keeps : share 0..1, exclusive
        Probability that the supplier keeps the promise to the period, always.
    lost : share 0..1
        If not: probability that an order never comes.
    firmness : > 0, orders
        If not: how many orders this prior is worth against those seen. A lead time one period
        farther from the promise is believed half as probable.

    Raises
    ------
    ConfigError
        When a number lies outside its range.
    """

    keeps: float = 0.5
    lost: float = 0.2
    firmness: float = 4.0

    def __post_init__(self) -> None:
        if not 0 < self.keeps < 1:
            raise ConfigError(f"keeps is {self.keeps}; it must lie between 0 and 1, exclusive")
        if not 0 <= self.lost < 1:
            raise ConfigError(f"lost is {self.lost}; it must be at least 0 and below 1")
        if not (self.firmness > 0 and math.isfinite(self.firmness)):
            raise ConfigError(f"firmness is {self.firmness} orders; it must be above 0")


@dataclass(frozen=True)
class SupplyRecord:
    """What is known of the orders at N stock points, at a review, before the new order.

    promised : (N,) lead time promised, periods
    open_orders : (N, W) units; column a: of the order placed a + 1 reviews ago, what has not come
    seen : (N, W + 1) how many orders came with lead time 0 .. W - 1; last column: written off
    has_strayed : (N,) True once an order came early or late, or is overdue
    patience : periods after the promise at which an open order is written off

    W is the longest lead time still believed in, plus one.

    >>> record = SupplyRecord.new([1], patience=2)
    >>> record.open_orders.shape, record.on_order.tolist()
    ((1, 4), [0.0])
    """

    promised: NDArray[np.int64]
    open_orders: Array
    seen: Array
    has_strayed: NDArray[np.bool_]
    patience: int

    def __post_init__(self) -> None:
        n, width = self.open_orders.shape
        if self.promised.shape != (n,) or self.has_strayed.shape != (n,):
            raise ShapeError(f"open_orders has {n} rows; promised and has_strayed need as many")
        if self.seen.shape != (n, width + 1):
            raise ShapeError(f"seen has shape {self.seen.shape}; it needs ({n}, {width + 1})")
        if (self.promised < 0).any() or (self.promised + self.patience >= width).any():
            raise ShapeError(
                f"promised lead times must lie between 0 and {width - 1 - self.patience}"
            )

    @classmethod
    def new(cls, promised: ArrayLike, *, patience: int = 3) -> SupplyRecord:
        """The record before the first order. `promised` (N,) periods >= 0."""
        if patience < 0:
            raise ConfigError(f"patience is {patience} periods; it must be 0 or above")
        lead = np.atleast_1d(np.asarray(promised, dtype=np.int64))
        n, width = len(lead), int(lead.max(initial=0)) + patience + 1
        return cls(
            lead, np.zeros((n, width)), np.zeros((n, width + 1)), np.zeros(n, bool), patience
        )

    @property
    def on_order(self) -> Array:
        """Units ordered, not arrived and not written off, (N,)."""
        return np.asarray(self.open_orders.sum(axis=1))


def after_period(
    record: SupplyRecord,
    ordered: ArrayLike,
    received: ArrayLike,
    prior: LeadTimePrior | None = None,
) -> SupplyRecord:
    """The record one period later.

    Parameters
    ----------
    ordered : (N,) units ordered at the last review, >= 0
    received : (N,) units that arrived in the period since, >= 0; from which order is not told

    >>> record = after_period(SupplyRecord.new([1]), [5.0], [0.0])
    >>> record = after_period(record, [7.0], [5.0])              # on time
    >>> record.open_orders[0, :2].tolist(), record.seen[0].tolist()
    ([7.0, 0.0], [0.0, 1.0, 0.0, 0.0, 0.0, 0.0])
    """
    n, width = record.open_orders.shape
    newest = np.broadcast_to(np.asarray(ordered, dtype=np.float64), n)
    arrived = np.broadcast_to(np.asarray(received, dtype=np.float64), n)
    waiting = np.column_stack([newest, record.open_orders[:, :-1]])  # (N, W)
    came = match_receipts(waiting, arrived, _odds_now(lead_time_belief(record, prior)))
    left = np.where(waiting - came > 1e-9, waiting - came, 0.0)
    is_complete = (came > 0) & (left == 0)
    ages = np.arange(width)
    is_overdue = (left > 0) & (ages >= record.promised[:, None])
    is_given_up = (left > 0) & (ages >= record.promised[:, None] + record.patience)
    seen = record.seen.copy()
    seen[:, :width] += is_complete
    seen[:, width] += is_given_up.sum(axis=1)
    strayed = is_overdue | (is_complete & (ages != record.promised[:, None]))
    return replace(
        record,
        open_orders=np.where(is_given_up, 0.0, left),
        seen=seen,
        has_strayed=record.has_strayed | strayed.any(axis=1),
    )


def match_receipts(waiting: Array, received: Array, odds: Array) -> Array:
    """Units of each open order that arrived, (N, W), summing to `received` as far as they can.

    Of all sets of orders whose quantities add up to what came, the most probable one, given the
    `odds` p / (1 - p) (N, W) that each arrives in this period. Where no set adds up (part of an
    order came, or goods that were written off), the oldest orders are served first.

    >>> waiting = np.array([[30.0, 20.0, 50.0]])
    >>> match_receipts(waiting, np.array([50.0]), np.array([[0.1, 0.1, 0.3]])).tolist()
    [[0.0, 0.0, 50.0]]
    >>> match_receipts(waiting, np.array([50.0]), np.array([[2.0, 2.0, 0.3]])).tolist()
    [[30.0, 20.0, 0.0]]
    >>> match_receipts(waiting, np.array([10.0]), np.ones((1, 3))).tolist()
    [[0.0, 0.0, 10.0]]
    """
    came = np.zeros_like(waiting)
    rows = np.flatnonzero(received > 0)
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        block = rows[start : start + _ROWS_AT_ONCE]
        came[block] = _match(waiting[block], received[block], odds[block])
    return came


def _match(waiting: Array, received: Array, odds: Array) -> Array:
    """`match_receipts` for rows that received something."""
    n, width = waiting.shape
    n_tried = min(width, _MOST_CANDIDATES)
    likely = np.where(waiting > 0, np.log(np.clip(odds, 1e-12, 1e12)), -1e6)  # (n, W)
    tried = np.argsort(-likely, axis=1, kind="stable")[:, :n_tried]
    subsets = (np.arange(2**n_tried)[:, None] >> np.arange(n_tried) & 1).astype(np.float64)
    total = np.take_along_axis(waiting, tried, axis=1) @ subsets.T  # (n, 2^k)
    score = np.take_along_axis(likely, tried, axis=1) @ subsets.T
    off = np.abs(total - received[:, None])
    fits = off <= 1e-6 * np.maximum(1.0, received[:, None])
    best = np.where(fits, score, -np.inf).argmax(axis=1)
    chosen = np.zeros((n, width))
    np.put_along_axis(chosen, tried, subsets[best], axis=1)
    older_first = waiting[:, ::-1]
    before = np.cumsum(older_first, axis=1) - older_first
    in_turn = np.clip(received[:, None] - before, 0, older_first)[:, ::-1]
    adds_up = np.any(fits, axis=1, keepdims=True)
    return np.where(adds_up, chosen * waiting, in_turn)


def lead_time_belief(record: SupplyRecord, prior: LeadTimePrior | None = None) -> Array:
    """Probability that the next order has lead time 0 .. W - 1, or never comes, (N, W + 1).

    Two hypotheses. Either the supplier keeps the promise: dead once an order strays, and stronger
    with each one on time. Or lead times vary: a Dirichlet prior around the promise, learned from
    the orders that came, those written off, and the open ones, which say only what their lead
    time is *not* (their share is filled in by the belief itself, three rounds of EM).

    >>> record = SupplyRecord.new([1])
    >>> lead_time_belief(record).round(2).tolist()
    [[0.08, 0.67, 0.08, 0.04, 0.02, 0.1]]
    """
    prior = prior or LeadTimePrior()
    width = record.open_orders.shape[1]
    pseudo = _prior_orders(record, prior)  # (N, W + 1)
    counts = pseudo + record.seen
    varied = counts / counts.sum(axis=1, keepdims=True)
    for _ in range(3):
        filled = counts.copy()
        for age in range(width):
            filled += (record.open_orders[:, age] > 0)[:, None] * _still_to_come(varied, age)
        varied = filled / filled.sum(axis=1, keepdims=True)
    promise = np.arange(width + 1) == record.promised[:, None]
    n_kept = (record.seen * promise).sum(axis=1)
    a, total = (pseudo * promise).sum(axis=1), pseudo.sum(axis=1)
    # P(n orders on time | lead times vary) = B(a + n, total - a) / B(a, total - a)
    log_varied = gammaln(a + n_kept) - gammaln(a) - gammaln(total + n_kept) + gammaln(total)
    keeps = prior.keeps / (prior.keeps + (1 - prior.keeps) * np.exp(log_varied))
    keeps = np.where(record.has_strayed, 0.0, keeps)[:, None]
    return np.asarray(keeps * promise + (1 - keeps) * varied)


def _prior_orders(record: SupplyRecord, prior: LeadTimePrior) -> Array:
    distance = np.abs(np.arange(record.open_orders.shape[1]) - record.promised[:, None])
    is_possible = np.arange(distance.shape[1]) <= record.promised[:, None] + record.patience
    near = np.where(is_possible, 0.5**distance, 0.0)
    near *= (1 - prior.lost) / near.sum(axis=1, keepdims=True)
    lost = np.full((len(near), 1), prior.lost)
    return prior.firmness * np.concatenate([near, lost], axis=1)


def _still_to_come(belief: Array, age: int) -> Array:
    """The belief about an order that was placed `age` + 1 reviews ago and has not come, (N, W + 1)."""
    rest = belief.copy()
    rest[:, : age + 1] = 0.0
    total = rest.sum(axis=1, keepdims=True)
    never = np.zeros_like(rest)
    never[:, -1] = 1.0
    return np.where(total > 1e-12, rest / np.maximum(total, 1e-12), never)


def _odds_now(belief: Array) -> Array:
    """Odds that an order open for `a` reviews arrives in this period, (N, W)."""
    now = belief[:, :-1]
    later = belief[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]
    return np.asarray(now / np.maximum(later, 1e-12))


@dataclass(frozen=True)
class SupplyPaths:
    """When goods may come, in S possible worlds of N stock points, over the next H periods.

    arrivals : (N, S, H) float32, units of the open orders that arrive at the start of each period
    lead_time : (N, S) of an order placed now; H or more: not within the horizon, or never
    relief : (N, S) the first period, after the order's own arrival, in which an order of a later
        review can arrive; at most H
    delivered : (N, S) share above 0 of an order placed now that is delivered; None: all of it

    Raises
    ------
    ShapeError
        When the arrays do not fit, or relief does not come after the arrival.
    """

    arrivals: NDArray[np.float32]
    lead_time: NDArray[np.int64]
    relief: NDArray[np.int64]
    delivered: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        n, s, h = self.arrivals.shape
        if self.lead_time.shape != (n, s) or self.relief.shape != (n, s):
            raise ShapeError(
                f"arrivals {self.arrivals.shape} ask for lead_time and relief ({n}, {s}); they are "
                f"{self.lead_time.shape} and {self.relief.shape}"
            )
        if ((self.relief <= self.lead_time) & (self.lead_time < h)).any():
            raise ShapeError("relief must come after the order's own arrival")
        if self.delivered is not None and (
            self.delivered.shape != (n, s) or not (self.delivered > 0).all()
        ):
            raise ShapeError(f"delivered must be ({n}, {s}), each share above 0")

    @property
    def share(self) -> NDArray[np.float32]:
        """Share of an order placed now that is delivered, (N, S)."""
        if self.delivered is not None:
            return self.delivered
        return np.ones(self.lead_time.shape, dtype=np.float32)

    def rows(self, index: slice | NDArray[Any]) -> SupplyPaths:
        """The supply of some stock points."""
        delivered = None if self.delivered is None else self.delivered[index]
        return SupplyPaths(
            self.arrivals[index], self.lead_time[index], self.relief[index], delivered
        )

    def until_later(self, extra: int) -> SupplyPaths:
        """The same worlds, if every relief came `extra` periods later; at most at the horizon."""
        latest = np.minimum(self.relief + extra, self.arrivals.shape[2])
        return replace(self, relief=latest)


def sample_supply(
    record: SupplyRecord,
    belief: Array,
    *,
    n_samples: int,
    horizon: int,
    rng: np.random.Generator,
    n_later: int = 6,
) -> SupplyPaths:
    """Supply in `n_samples` worlds: what the open orders, this one and later ones may do.

    Parameters
    ----------
    belief : (N, W + 1) from `lead_time_belief`
    n_later : later reviews considered when asking which order comes to the relief

    >>> record = after_period(SupplyRecord.new([1]), [5.0], [0.0])
    >>> sure = np.array([[0, 1.0, 0, 0, 0, 0]])
    >>> supply = sample_supply(record, sure, n_samples=2, horizon=3, rng=np.random.default_rng(0))
    >>> supply.arrivals.tolist(), supply.lead_time.tolist(), supply.relief.tolist()
    ([[[5.0, 0.0, 0.0], [5.0, 0.0, 0.0]]], [[1, 1]], [[2, 2]])
    """
    n, width = record.open_orders.shape
    arrivals = np.zeros((n, n_samples, horizon), dtype=np.float32)
    for age in range(width):
        if not (record.open_orders[:, age] > 0).any():
            continue
        lead = _draw(_still_to_come(belief, age), n_samples, rng)
        for slot in range(min(width - 1 - age, horizon)):
            is_due = lead == age + 1 + slot
            arrivals[:, :, slot] += is_due * record.open_orders[:, age, None]
    own = _draw(belief, n_samples, rng)
    own = np.where(own == width, horizon, own)
    relief = np.full((n, n_samples), horizon)
    for later in range(1, n_later + 1):
        its_lead = _draw(belief, n_samples, rng)
        its_slot = np.where(its_lead == width, horizon, its_lead + later)
        relief = np.where(its_slot > own, np.minimum(relief, its_slot), relief)
    return SupplyPaths(arrivals, own, relief)


def _draw(belief: Array, n_samples: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Outcomes (N, S) drawn from the rows of `belief`; the last column means never."""
    reached = np.cumsum(belief, axis=1)[:, :-1]  # (N, W)
    u = rng.random((len(belief), n_samples))
    outcome = np.zeros(u.shape, dtype=np.int64)
    for k in range(reached.shape[1]):
        outcome += u >= reached[:, k, None]
    return outcome


def known_supply(stock: Stock, terms: SupplyTerms, *, n_samples: int, horizon: int) -> SupplyPaths:
    """Supply as the pipeline and the terms have it, the same in every world.

    >>> stock = Stock.of([4.0], [[0.0, 1.0, 0.0]])
    >>> terms = SupplyTerms.of(lead_time=2, n_series=1)
    >>> known_supply(stock, terms, n_samples=1, horizon=4).arrivals.tolist()
    [[[0.0, 1.0, 0.0, 0.0]]]
    """
    n = len(stock.on_hand)
    due = np.zeros((n, horizon), dtype=np.float32)
    width = min(horizon, stock.pipeline.shape[1])
    due[:, :width] = stock.pipeline[:, :width]
    relief = np.minimum(horizon, terms.protection_interval)
    return SupplyPaths(
        np.repeat(due[:, None, :], n_samples, axis=1),
        np.repeat(terms.lead_time[:, None], n_samples, axis=1),
        np.repeat(relief[:, None], n_samples, axis=1),
    )
