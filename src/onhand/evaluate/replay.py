"""What would a policy have cost on periods that are already over?

At the review before period p the policy sees the stock, the forecast made from what was known
then, and the terms; never the demand of p or later, which only this file holds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from onhand.errors import ShapeError
from onhand.evaluate.deliveries import PastDeliveries
from onhand.inventory.costs import LONGEST_LEFTOVER, Charge, Costs, charge
from onhand.inventory.moves import Flow, place, serve_or_backorder, serve_or_lose
from onhand.inventory.policy import Policy, Situation
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms

__all__ = ["Replay", "RoundTo", "Window", "replay", "until_sold", "whole_units"]

Array = NDArray[np.float64]
RoundTo = Callable[[Array, SupplyTerms], Array]
"""Turns needs (N,) into quantities that can be ordered, (N,)."""


@dataclass(frozen=True)
class Window:
    """A stretch of the past of P periods, with all that a policy may know and what then happened.

    Parameters
    ----------
    opening : Stock, leading shape (N,), at the review before period 0
    forecasts : P arrays (N, S, H) float32, or None
        `forecasts[p]`: sample paths of periods p, p+1, … made from what was known at the review
        just before period p. None: nobody reviews there. A stock point is reviewed at p = 0 and
        then every `review_period` periods. Any sequence will do, also one that makes its paths
        only when asked for them.
    demand : (N, P) units, >= 0
        NaN: not known. It counts as no demand, so that no shortage is charged that nobody saw.
    terms : SupplyTerms, (N,)
    costs : Costs, (N,)
        What we are judged by; the policy may be told others, see `replay`.
    first_scored : int
        Periods before it are played and not counted: no order of this window can change them.
    rate_after : (N,) units per period >= 0, optional
        Demand to expect after the window. Given, what is left at its end, on the shelf and on order,
        is charged what it costs to hold until it is sold at that rate (a year's worth of periods at
        most, see `onhand.inventory.costs.LONGEST_LEFTOVER`), as holding of the last period: otherwise a policy that fills
        the warehouse just before the end looks cheap. None: what is left costs nothing more.
    supply : PastDeliveries, (N, P), optional
        How late and how short the orders of this window come. None: in full, and exactly when the terms
        say.
    timing : P SupplyTerms, (N,), or None each, optional
        The terms of an order placed at the review just before each period, where they are not always the
        same: suppliers that wait for their order day, or close. None: `terms`. Whoever is reviewed, and when,
        is as `terms` say. Not looked at where `supply` tells how orders come.

    Raises
    ------
    ShapeError
        When the parts do not fit each other.
    """

    opening: Stock
    forecasts: Sequence[NDArray[np.float32] | None]
    demand: Array
    terms: SupplyTerms
    costs: Costs
    first_scored: int = 0
    rate_after: Array | None = None
    supply: PastDeliveries | None = None
    timing: Sequence[SupplyTerms | None] | None = None

    def __post_init__(self) -> None:
        n, n_periods = self.demand.shape
        if len(self.forecasts) != n_periods:
            raise ShapeError(
                f"{len(self.forecasts)} forecasts for {n_periods} periods; give one for the review "
                "before each period, or None"
            )
        for name, m in (
            ("opening", self.opening.on_hand.shape[0]),
            ("terms", self.terms.lead_time.shape[0]),
            ("costs", self.costs.holding_cost.shape[0]),
        ):
            if m != n:
                raise ShapeError(f"{name} has {m} stock points; demand has {n}")
        if self.rate_after is not None and self.rate_after.shape != (n,):
            raise ShapeError(
                f"rate_after has shape {self.rate_after.shape}; demand asks for ({n},)"
            )
        if self.supply is not None and self.supply.share.shape != self.demand.shape:
            raise ShapeError(
                f"supply has shape {self.supply.share.shape}; demand asks for {self.demand.shape}"
            )
        if self.timing is not None and len(self.timing) != n_periods:
            raise ShapeError(
                f"{len(self.timing)} timings for {n_periods} periods; give one for each"
            )
        if not 0 <= self.first_scored < n_periods:
            raise ShapeError(f"first_scored is {self.first_scored}; choose 0..{n_periods - 1}")

    def terms_at(self, period: int) -> SupplyTerms:
        """The terms of an order placed at the review just before `period`."""
        now = None if self.timing is None or self.supply is not None else self.timing[period]
        return self.terms if now is None else now

    @property
    def longest(self) -> int:
        """The longest lead time of an order in the window, periods."""
        if self.supply is not None:
            return max(self.supply.longest, int(self.terms.lead_time.max(initial=0)))
        every = (self.terms_at(p).lead_time.max(initial=0) for p in range(self.n_periods))
        return int(max(every))

    @property
    def n_series(self) -> int:
        """Number of stock points, N."""
        return int(self.demand.shape[0])

    @property
    def n_periods(self) -> int:
        """Number of periods, P."""
        return int(self.demand.shape[1])


@dataclass(frozen=True)
class Replay:
    """What happened to a policy in a window, each (N, P); units, and money for the costs.

    orders : placed at the review just before the period; what then comes may be less, see `Window.supply`
    arrivals, demand, served, on_hand : in and at the end of the period
    holding, shortage, ordering : costs of the period
    first_scored : periods before it do not count in the totals and rates below
    closing : stock after the last period, before the review that follows it
    """

    policy: str
    orders: Array
    arrivals: Array
    demand: Array
    served: Array
    on_hand: Array
    holding: Array
    shortage: Array
    ordering: Array
    first_scored: int = 0
    closing: Stock | None = None

    @property
    def cost(self) -> Array:
        """Holding, shortage and ordering together, (N, P)."""
        return self.holding + self.shortage + self.ordering

    @property
    def cost_by_series(self) -> Array:
        """Scored cost of each stock point, (N,)."""
        return np.asarray(self.cost[:, self.first_scored :].sum(axis=1))

    @property
    def total_cost(self) -> float:
        """Scored cost of all stock points."""
        return float(self.cost_by_series.sum())

    @property
    def fill_rate(self) -> float:
        """Share of scored demand met from stock in its own period; 1 where nobody wanted any."""
        wanted = self.demand[:, self.first_scored :].sum()
        return float(self.served[:, self.first_scored :].sum() / wanted) if wanted > 0 else 1.0


def whole_units(need: Array, terms: SupplyTerms) -> Array:  # noqa: ARG001
    """The nearest whole number of units, halves up: the plainest `round_to`.

    >>> whole_units(np.array([0.4, 0.5, 2.6]), SupplyTerms.of(1, n_series=3)).tolist()
    [0.0, 1.0, 3.0]
    """
    return np.floor(need + 0.5)


def replay(
    policy: Policy,
    window: Window,
    *,
    decide_costs: Costs | None = None,
    round_to: RoundTo | None = None,
    shortage: Literal["lost_sales", "backorder"] = "lost_sales",
) -> Replay:
    """What `policy` would have ordered in `window`, and what that would have cost.

    Parameters
    ----------
    policy : Policy
        Ours or anybody's.
    window : Window
    decide_costs : Costs, (N,), optional
        What the policy is told; the window's own costs unless given. The score always uses the
        window's.
    round_to : (need, terms) -> quantity, optional
        Applied to every need; None orders the need itself.
    shortage : "lost_sales" or "backorder"
        What happens to demand that finds an empty shelf.

    >>> from onhand.inventory.policy import Situation
    >>> class OneForOne:
    ...     name = "one for one"
    ...     def horizon(self, terms): return 1
    ...     def order(self, situation): return np.ones(len(situation.paths))
    >>> window = Window(
    ...     opening=Stock.of([1.0], [[0.0, 0.0]]),
    ...     forecasts=[np.ones((1, 1, 1), dtype=np.float32)] * 3,
    ...     demand=np.array([[1.0, 2.0, 0.0]]),
    ...     terms=SupplyTerms.of(lead_time=1, n_series=1),
    ...     costs=Costs.of(holding_cost=0.5, shortage_cost=1.0, n_series=1),
    ... )
    >>> result = replay(OneForOne(), window)
    >>> result.arrivals.tolist(), result.on_hand.tolist(), result.cost.tolist()
    ([[0.0, 1.0, 1.0]], [[0.0, 0.0, 1.0]], [[0.0, 1.0, 0.5]])
    """
    serve = {"lost_sales": serve_or_lose, "backorder": serve_or_backorder}[shortage]
    told = window.costs if decide_costs is None else decide_costs
    stock = _widened(window.opening, window.longest + 1)
    orders: list[Array] = []
    flows, charges = [], []
    for period in range(window.n_periods):
        quantity = _order(policy, window, period, stock, orders, told, round_to)
        stock = _sent(stock, quantity, window, period)
        stock, flow = serve(stock, np.nan_to_num(window.demand[:, period]))
        orders.append(quantity)
        flows.append(flow)
        charges.append(charge(flow, quantity, window.costs))
    if window.rate_after is not None:
        left = until_sold(stock.on_hand + stock.on_order, window.rate_after)
        last = charges[-1]
        held_on = last.holding + window.costs.holding_cost * left
        charges[-1] = Charge(held_on, last.shortage, last.ordering)
    return _collect(policy.name, orders, flows, charges, window.first_scored, stock)


def until_sold(left: Array, rate: Array) -> Array:
    """Unit-periods on the shelf while `left` units sell at `rate` per period, (N,).

    >>> until_sold(np.array([6.0]), np.array([2.0])).tolist()    # 6 at first, 0 three periods later
    [9.0]
    """
    longest = np.full_like(left, LONGEST_LEFTOVER)
    time = np.minimum(np.divide(left, rate, out=longest.copy(), where=rate > 0), longest)
    return np.asarray(left * time - rate * time**2 / 2)


def _order(
    policy: Policy,
    window: Window,
    period: int,
    stock: Stock,
    before: Sequence[Array],
    told: Costs,
    round_to: RoundTo | None,
) -> Array:
    paths = window.forecasts[period]
    is_review = period % window.terms.review_period == 0  # (N,)
    if paths is None or not is_review.any():
        return np.zeros(window.n_series)
    supply = None
    if window.supply is not None:
        stock, supply = window.supply.seen(
            stock, window.opening, before, period, window.terms, paths.shape[2]
        )
    terms = window.terms_at(period)
    situation = Situation(stock, paths, terms, told, supply)
    everybody = bool(is_review.all())
    need = np.zeros(window.n_series)
    rows = np.flatnonzero(is_review)
    need[rows] = policy.order(situation if everybody else situation.rows(rows))
    return need if round_to is None else round_to(need, terms)


def _sent(stock: Stock, quantity: Array, window: Window, period: int) -> Stock:
    """The stock with what will come of an order placed just before `period`."""
    if window.supply is None:
        return place(stock, quantity, window.terms_at(period).lead_time)
    coming = quantity * window.supply.share[:, period]
    return place(stock, coming, window.supply.lead_time[:, period])


def _widened(stock: Stock, width: int) -> Stock:
    """The same stock with a pipeline long enough for an order placed now."""
    missing = max(0, width - stock.pipeline.shape[-1])
    pipeline = np.pad(stock.pipeline, ((0, 0), (0, missing)))
    return Stock(stock.on_hand, pipeline, stock.backorders)


def _collect(
    name: str,
    orders: list[Array],
    flows: list[Flow],
    charges: list[Charge],
    first_scored: int,
    closing: Stock,
) -> Replay:
    def side_by_side(columns: Sequence[Array]) -> Array:
        return np.stack(columns, axis=1)

    return Replay(
        policy=name,
        orders=side_by_side(orders),
        arrivals=side_by_side([f.arrivals for f in flows]),
        demand=side_by_side([f.demand for f in flows]),
        served=side_by_side([f.served for f in flows]),
        on_hand=side_by_side([f.on_hand for f in flows]),
        holding=side_by_side([c.holding for c in charges]),
        shortage=side_by_side([c.shortage for c in charges]),
        ordering=side_by_side([c.ordering for c in charges]),
        first_scored=first_scored,
        closing=closing,
    )
