"""Which supplier should each item come from, and how often should each supplier be ordered from?

Item i, bought from supplier s who is ordered from every T periods, costs per period

    p_is d_i                                  the goods
    +  k_s / T                                a line on the order
    +  h p_is (d_i T / 2 + d_i L_s)           money in cycle stock and on the way
    +  h p_is z σ_i √(L_s + T)                money in safety stock for the longer cover

and supplier s costs, if anything is bought from him,

    K_s / T                                   an order
    +  F_s / T  where an order is worth less than M_s        his surcharge on small orders

Given the calendars each item would choose for itself; orders and surcharges tie them together.
Three answers, from plain to proven: `item_by_item` lets every item choose alone and then every
supplier his calendar; `search_suppliers` lets any search method go on from there; `exact_suppliers`
solves it as a mixed-integer program.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from onhand.errors import ConfigError, ShapeError
from onhand.optimize.effort import Solve
from onhand.optimize.linear import LinearProgram, solve
from onhand.optimize.minimize import Method, Minimum, minimize
from onhand.optimize.stop import Stop

__all__ = [
    "SupplierChoice",
    "SupplierProblem",
    "exact_suppliers",
    "item_by_item",
    "search_suppliers",
    "suppliers_of",
]

Array = NDArray[np.float64]
CALENDARS = (1, 2, 3, 4, 6, 8, 13)
"""Periods between two orders that are tried."""


@dataclass(frozen=True)
class SupplierChoice:
    """Where each item comes from, and how often each supplier is ordered from.

    supplier : (N,) number of the supplier
    calendar : (S,) periods between orders; 0: nothing is bought there
    cost : money per period, goods included
    bound : cost that no choice can undercut; None where none is known
    """

    supplier: NDArray[np.int64]
    calendar: NDArray[np.int64]
    cost: float
    bound: float | None = None


@dataclass(frozen=True)
class SupplierProblem:
    """Items, suppliers and their terms. Satisfies `onhand.optimize.problem.Problem`.

    The decision of a search is one vector: for each supplier the place of his calendar in `CALENDARS`
    (0: closed, 1: the first, ...), then for each item how many of the suppliers that would be cheaper
    for it are passed over; it is rounded when judged.

    price : (N, S) money per unit; NaN where the supplier does not sell the item
    demand, spread : (N,) units per period, and its standard deviation
    line_cost, order_cost, minimum_value, surcharge, lead_time : (S,) k, K, M, F, L
    holding_rate : h, share of the price per period
    safety : z, standard deviations of safety stock
    """

    price: Array
    demand: Array
    spread: Array
    line_cost: Array
    order_cost: Array
    minimum_value: Array
    surcharge: Array
    lead_time: Array
    holding_rate: float
    safety: float = 1.645

    def __post_init__(self) -> None:
        n, s = self.price.shape
        for name, size in (
            ("demand", n), ("spread", n), ("line_cost", s), ("order_cost", s),
            ("minimum_value", s), ("surcharge", s), ("lead_time", s),
        ):  # fmt: skip
            if getattr(self, name).shape != (size,):
                raise ShapeError(
                    f"{name} has shape {getattr(self, name).shape}; prices ask for ({size},)"
                )
        nowhere = np.isnan(self.price).all(axis=1)
        if nowhere.any():
            raise ConfigError(
                f"item {int(np.argmax(nowhere))} is sold by no supplier; leave it out"
            )

    @property
    def lower(self) -> Array:
        """Every supplier closed, every item at its cheapest, (S + N,)."""
        return np.zeros(self.price.shape[1] + self.price.shape[0])

    @property
    def upper(self) -> Array:
        """The longest calendars; every item at its dearest supplier, (S + N,)."""
        n, s = self.price.shape
        return np.concatenate([np.full(s, float(len(CALENDARS))), np.full(n, s - 1.0)])

    def costs(self, candidates: Array) -> Array:
        """Money per period of each candidate, (P, S + N) -> (P,); far too much where no supplier
        that is open sells an item, but finite, as searches want it."""
        costs = np.array([self.decoded(row)[2] for row in candidates])
        known = np.where(np.isfinite(self.item_costs), self.item_costs, 0.0)
        return np.minimum(costs, 10.0 * float(known.max(axis=(1, 2)).sum()))

    def decoded(self, candidate: Array) -> tuple[NDArray[np.int64], NDArray[np.int64], float]:
        """Supplier of each item, place of each calendar, and cost per period; infinity where an item
        is sold by nobody who is open."""
        n, s = self.price.shape
        place = np.rint(candidate[:s]).astype(np.int64)
        each = np.where(
            place > 0, self.item_costs[:, np.arange(s), np.maximum(place - 1, 0)], np.inf
        )
        ranked = np.argsort(each, axis=1, kind="stable")
        n_sold = np.isfinite(each).sum(axis=1)
        if not n_sold.all():
            return ranked[:, 0], place, np.inf
        passed = np.minimum(np.rint(candidate[s:]).astype(np.int64), n_sold - 1)
        supplier = ranked[np.arange(n), passed]
        return supplier, place, self.cost(supplier, place, each)

    def cost(self, supplier: NDArray[np.int64], place: NDArray[np.int64], each: Array) -> float:
        """Money per period of a choice; `each` (N, S) is `item_costs` at these calendars."""
        n, s = self.price.shape
        value = np.bincount(supplier, self.demand * self.price[np.arange(n), supplier], minlength=s)
        periods = np.array((1, *CALENDARS))[place]
        is_used = value > 0
        is_small = is_used & (value * periods < self.minimum_value * (1 - 1e-9))
        orders = (self.order_cost * is_used + self.surcharge * is_small) / periods
        return float(each[np.arange(n), supplier].sum() + orders.sum())

    @cached_property
    def item_costs(self) -> Array:
        """Money per period of each item at each supplier and calendar, (N, S, C); infinity: not sold."""
        periods = np.array(CALENDARS, dtype=np.float64)  # (C,)
        cover = self.lead_time[:, None] + periods  # (S, C)
        units = self.demand[:, None, None] * (periods / 2 + self.lead_time[:, None])  # (N, S, C)
        units = units + self.safety * self.spread[:, None, None] * np.sqrt(cover)
        goods = self.price[:, :, None] * (self.demand[:, None, None] + self.holding_rate * units)
        return np.nan_to_num(goods + self.line_cost[:, None] / periods, nan=np.inf)


def item_by_item(problem: SupplierProblem) -> SupplierChoice:
    """Every item chooses for itself, as if orders cost nothing; then every supplier his calendar.

    >>> import numpy as np
    >>> two = SupplierProblem(
    ...     price=np.array([[1.00, 1.02], [1.00, 0.99]]), demand=np.array([90.0, 10.0]),
    ...     spread=np.zeros(2), line_cost=np.zeros(2), order_cost=np.array([8.0, 8.0]),
    ...     minimum_value=np.zeros(2), surcharge=np.zeros(2), lead_time=np.zeros(2),
    ...     holding_rate=0.005)
    >>> item_by_item(two).supplier.tolist(), exact_suppliers(two).supplier.tolist()
    ([0, 1], [0, 0])
    """
    costs = problem.item_costs
    s = costs.shape[1]
    supplier = costs.min(axis=2).argmin(axis=1)
    place = np.zeros(s, dtype=np.int64)
    for j in range(s):
        mine = supplier == j
        if not mine.any():
            continue
        value = float((problem.demand * problem.price[:, j])[mine].sum())
        periods = np.array(CALENDARS)
        is_small = value * periods < problem.minimum_value[j]
        orders = (problem.order_cost[j] + problem.surcharge[j] * is_small) / periods
        place[j] = int((costs[mine, j].sum(axis=0) + orders).argmin()) + 1
    each = costs[:, np.arange(s), np.maximum(place - 1, 0)]
    return _choice(supplier, place, problem.cost(supplier, place, each))


def search_suppliers(
    problem: SupplierProblem, method: Method, stop: Stop, *, rng: np.random.Generator
) -> Minimum:
    """The best choice that `method` finds from the item-by-item one; `suppliers_of` reads it."""
    start = item_by_item(problem)
    place = np.array([(0, *CALENDARS).index(int(t)) for t in start.calendar])
    s = problem.price.shape[1]
    each = problem.item_costs[:, np.arange(s), np.maximum(place - 1, 0)]
    each = np.where(place > 0, each, np.inf)
    ranked = np.argsort(each, axis=1, kind="stable")
    passed = (ranked == start.supplier[:, None]).argmax(axis=1)
    vector = np.concatenate([place, passed]).astype(np.float64)
    return minimize(problem, method, stop, rng=rng, start=vector)


def suppliers_of(problem: SupplierProblem, found: Minimum) -> SupplierChoice:
    """A search's best candidate as a choice."""
    return _choice(*problem.decoded(found.candidate))


def exact_suppliers(
    problem: SupplierProblem, *, seconds: float = 30.0, gap: float = 1e-4, ask: Solve = solve
) -> SupplierChoice:
    """The best choice, proven to within `gap`, by HiGHS.

    x_isc: item i comes from supplier s on calendar c. o_sc: s is ordered from on c. u_sc: and pays his
    surcharge. Each item has one x; x_isc <= o_sc; each s at most one o; an order's value and M_s u_sc
    reach M_s o_sc.

    Raises
    ------
    ConfigError
        When the time was too short to find any choice.
    """
    costs = problem.item_costs  # (N, S, C)
    n, s, c = costs.shape
    item, seller, calendar = np.nonzero(np.isfinite(costs))
    x = len(item)
    opening = x + seller * c + calendar  # place of o_sc for each x
    periods = np.array(CALENDARS, dtype=np.float64)
    d = x + 2 * s * c
    value = problem.demand[item] * problem.price[item, seller] * periods[calendar]
    o, u = x + np.arange(s * c), x + s * c + np.arange(s * c)
    least = np.repeat(problem.minimum_value, c)
    once = coo_array((np.ones(x), (item, np.arange(x))), shape=(n, d))
    linked = coo_array(
        (np.r_[np.ones(x), -np.ones(x)], (np.tile(np.arange(x), 2), np.r_[np.arange(x), opening])),
        shape=(x, d),
    )
    one = coo_array((np.ones(s * c), (np.repeat(np.arange(s), c), o)), shape=(s, d))
    enough = coo_array(
        (
            np.r_[value, -least, least],
            (np.r_[opening - x, np.arange(s * c), np.arange(s * c)], np.r_[np.arange(x), o, u]),
        ),
        shape=(s * c, d),
    )
    rows = _stacked(once, linked, one, enough)
    fixed = (problem.order_cost[:, None] / periods).ravel()
    extra = (problem.surcharge[:, None] / periods).ravel()
    answer = ask(
        LinearProgram(
            cost=np.concatenate([costs[item, seller, calendar], fixed, extra]),
            rows=rows,
            row_lower=np.r_[np.ones(n), np.full(x + s, -np.inf), np.zeros(s * c)],
            row_upper=np.r_[np.ones(n), np.zeros(x), np.ones(s), np.full(s * c, np.inf)],
            lower=np.zeros(d),
            upper=np.ones(d),
            is_whole=np.ones(d, dtype=np.bool_),
        ),
        seconds=seconds,
        gap=gap,
    )
    taken = np.flatnonzero(answer.value[:x] > 0.5)
    supplier = np.zeros(n, dtype=np.int64)
    supplier[item[taken]] = seller[taken]
    place = np.zeros(s, dtype=np.int64)
    place[seller[taken]] = calendar[taken] + 1
    each = costs[:, np.arange(s), np.maximum(place - 1, 0)]
    return _choice(supplier, place, problem.cost(supplier, place, each), answer.bound)


def _stacked(*parts: coo_array) -> csr_array:
    from scipy.sparse import vstack

    return csr_array(vstack(parts))


def _choice(
    supplier: NDArray[np.int64],
    place: NDArray[np.int64],
    cost: float,
    bound: float | None = None,
) -> SupplierChoice:
    is_used = np.isin(np.arange(len(place)), supplier)
    calendar = np.where(is_used, np.array((0, *CALENDARS))[place], 0)
    return SupplierChoice(supplier, calendar, cost, bound)
