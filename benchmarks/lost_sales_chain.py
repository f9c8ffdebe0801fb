"""What does a policy cost exactly, and what is the best possible, when unmet demand is lost?

One item, lead time L >= 1, holding h, penalty p, average cost per period. State before an order:
x0 on hand after today's receipt, and the pipeline x1 .. x(L-1); order z; demand d;

    cost h (x0 - d)+ + p (d - x0)+,   next state ((x0 - d)+ + x1, x2, ..., z).

The chain is held in one array of values, (pipelines, x0): pipelines are numbered x1 first, orders
are below `n_orders`, x0 below `n_stock` (demand of the last state is clipped, which the bounds of
Zipkin 2008 make harmless). Costs of policies come from value iteration on that array, with bounds.

Source of the problem: Zipkin, P. (2008), Old and new methods for lost-sales inventory systems,
Operations Research 56(5), 1256-1263.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]
Orders = NDArray[np.int64]

_JIT: dict[str, Any] = {"cache": True, "nogil": True, "fastmath": {"reassoc", "nsz", "contract"}}


@dataclass(frozen=True)
class LostSalesChain:
    """One instance, cut to `n_orders` order sizes and `n_stock` stock levels."""

    probabilities: Array  # P(D = d)
    lead_time: int
    holding_cost: float
    penalty: float
    n_orders: int
    n_stock: int
    order_cost: float = 0.0

    @classmethod
    def of(
        cls,
        demand: str,
        mean: float,
        lead_time: int,
        holding_cost: float,
        penalty: float,
        order_cost: float = 0.0,
    ) -> LostSalesChain:
        """An instance of Zipkin's test bed; bounds from the newsvendor, with slack.

        Without a fixed cost no order need be above the newsvendor level of one period, no
        position above the base-stock level under backorders; with one, add the lot of the EOQ.
        """
        if demand == "poisson":
            odds = stats.poisson.pmf(np.arange(int(stats.poisson.isf(1e-13, mean)) + 2), mean)
        elif demand == "geometric":  # number of failures: P(D = k) = q (1 - q)^k, k = 0, 1, ...
            q = 1.0 / (1.0 + mean)
            odds = q * (1 - q) ** np.arange(int(np.log(1e-13) / np.log(1 - q)) + 2)
        else:
            raise ValueError(f'demand is "{demand}"; known are "poisson" and "geometric"')
        odds = odds / odds.sum()
        ratio = penalty / (penalty + holding_cost)
        largest = int(np.searchsorted(np.cumsum(odds), ratio))
        total = odds
        for _ in range(lead_time):
            total = np.convolve(total, odds)
        highest = int(np.searchsorted(np.cumsum(total), ratio))
        lot = int(np.ceil(np.sqrt(2 * order_cost * mean / holding_cost)))
        bounds = (largest + 5 + lot, highest + 12 + 2 * lot)
        return cls(odds, lead_time, holding_cost, penalty, *bounds, order_cost)

    @cached_property
    def leftover(self) -> Array:
        """P((x - D)+ = k), (x, k)."""
        odds = np.zeros((self.n_stock, self.n_stock))
        padded = np.concatenate([self.probabilities, np.zeros(self.n_stock)])
        for x in range(self.n_stock):
            odds[x, 1 : x + 1] = padded[:x][::-1]
            odds[x, 0] = 1.0 - odds[x, 1:].sum()
        return odds

    @cached_property
    def period_cost(self) -> Array:
        """E[h (x - D)+ + p (D - x)+], (x,), for stock after the receipt."""
        x = np.arange(self.n_stock + self.n_orders)[:, None]
        d = np.arange(len(self.probabilities))
        cost = self.holding_cost * np.maximum(x - d, 0) + self.penalty * np.maximum(d - x, 0)
        return cost @ self.probabilities

    @property
    def n_pipelines(self) -> int:
        """Number of pipelines (x1, ..., x(L-1))."""
        return self.n_orders ** (self.lead_time - 1)

    @cached_property
    def pipeline_units(self) -> NDArray[np.int64]:
        """Units in each pipeline, (pipelines,)."""
        digits = np.indices((self.n_orders,) * (self.lead_time - 1)) if self.lead_time > 1 else 0
        return np.asarray(digits).sum(axis=0).reshape(self.n_pipelines).astype(np.int64)

    def positions(self) -> NDArray[np.int64]:
        """Inventory position of every state, (pipelines, x0)."""
        return self.pipeline_units[:, None] + np.arange(self.n_stock)


@dataclass(frozen=True)
class Evaluated:
    """Average cost per period, known to within `slack`, and the relative values of the states."""

    cost: float
    slack: float
    values: Array


def evaluate(
    chain: LostSalesChain,
    orders: Orders,
    more: Array | None = None,
    start: Array | None = None,
    tolerance: float = 1e-5,
) -> Evaluated:
    """The long-run cost of ordering `orders` (pipelines, x0), one unit more with probability `more`.

    Relative value iteration until the bounds on the cost are `tolerance` apart.
    """
    values = np.zeros((chain.n_pipelines, chain.n_stock)) if start is None else start.copy()
    share = np.zeros(orders.shape) if more is None else more
    for _ in range(20_000):
        after = _sweep(
            values,
            orders,
            share,
            chain.leftover,
            chain.period_cost,
            chain.order_cost,
            chain.n_orders,
            chain.lead_time,
        )
        # Bounds over the states that this policy keeps visiting are enough and tighter, but all
        # states are simpler and always right.
        change = after - values
        low, high = float(change.min()), float(change.max())
        values = after - after[0, 0]
        if high - low < tolerance:
            return Evaluated((low + high) / 2, (high - low) / 2, values)
    raise RuntimeError(f"no convergence: cost between {low} and {high}")


def improve(chain: LostSalesChain, values: Array, extra: Array | None = None) -> Orders:
    """The orders that are best for one period when `values` stand for all later ones.

    `extra` (pipelines, orders, x0) is added to the cost of each order, if given.
    """
    none = np.zeros((0, 0, 0)) if extra is None else extra
    return _greedy(values, none, chain.leftover, chain.order_cost, chain.n_orders, chain.lead_time)


def optimal(chain: LostSalesChain, tolerance: float = 1e-5) -> tuple[Evaluated, Orders]:
    """The least possible cost, by modified policy iteration, and orders that reach it."""
    orders = np.zeros((chain.n_pipelines, chain.n_stock), dtype=np.int64)
    values = np.zeros(orders.shape)
    share = np.zeros(orders.shape)
    for _ in range(2_000):
        orders = improve(chain, values)
        for k in range(12):
            after = _sweep(
                values,
                orders,
                share,
                chain.leftover,
                chain.period_cost,
                chain.order_cost,
                chain.n_orders,
                chain.lead_time,
            )
            change = after - values
            values = after - after[0, 0]
            if k == 0 and change.max() - change.min() < tolerance:  # bounds hold for the optimum
                low, high = float(change.min()), float(change.max())
                return Evaluated((low + high) / 2, (high - low) / 2, values), orders
    raise RuntimeError("no convergence")


# Policies: orders (pipelines, x0) -----------------------------------------------------------------


def vector_base_stock(chain: LostSalesChain) -> Orders:
    """The standard vector base-stock policy: a bound for every part of the pipeline, from no search.

    z = max(0, min over l = 0..L of s_l - (x_l + ... + x_{L-1})), where s_l is the least s with
    P(D_l + ... + D_L > s) <= h / (p + h): Karlin & Scarf (1958), Morton (1971), as in Zipkin (2008).
    """
    ratio = chain.penalty / (chain.penalty + chain.holding_cost)
    lead, size = chain.lead_time, chain.n_orders
    digits = np.indices((size,) * (lead - 1)).reshape(lead - 1, chain.n_pipelines)  # x1 .. x(L-1)
    total = np.ones(1)
    orders = np.full((chain.n_pipelines, chain.n_stock), size - 1, dtype=np.int64)
    for first in range(lead, -1, -1):
        total = np.convolve(total, chain.probabilities)
        level = int(np.searchsorted(np.cumsum(total), ratio - 1e-12))
        # digits[k] is x_{k+1}; from x_first on, and x0 only where first is 0.
        on_way = (
            digits[max(first - 1, 0) :].sum(axis=0) if lead > 1 else np.zeros(1, dtype=np.int64)
        )
        held = on_way[:, None] + (np.arange(chain.n_stock) if first == 0 else 0)
        orders = np.minimum(orders, level - held)
    return np.maximum(orders, 0)


def base_stock(
    chain: LostSalesChain,
    level: int,
    largest: int | None = None,
    reorder_point: int | None = None,
) -> Orders:
    """Order up to `level`, at most `largest` (capped base stock, Xin 2021).

    With a `reorder_point`, only at or below it: (s, S), or modified (s, S, q) with a cap.
    """
    cap = chain.n_orders - 1 if largest is None else min(largest, chain.n_orders - 1)
    orders = np.clip(level - chain.positions(), 0, cap)
    return orders if reorder_point is None else orders * (chain.positions() <= reorder_point)


def fixed_lots(chain: LostSalesChain, reorder_point: int, lot: int) -> Orders:
    """(s, nQ): as few lots as bring the position above the reorder point."""
    short = np.maximum(reorder_point + 1 - chain.positions(), 0)
    most = (chain.n_orders - 1) // lot
    return np.minimum(-(-short // lot), most) * lot


def expected_leftover(chain: LostSalesChain) -> Array:
    """E[on hand just before the order placed now arrives], (pipelines, x0)."""
    table = (chain.leftover @ np.arange(chain.n_stock))[None, :]  # (1, x)
    for _ in range(chain.lead_time - 1):
        table = _prepend(table, chain.leftover, chain.n_orders)
    return table


def projected_inventory(chain: LostSalesChain, level: float) -> tuple[Orders, Array]:
    """Order so that the expected stock at arrival is `level`; fractions by chance.

    Source: van Jaarsveld, W., Arts, J. (2024), Projected inventory-level policies for lost sales
    inventory systems: asymptotic optimality in two regimes, Operations Research 72(5).
    """
    want = np.clip(level - expected_leftover(chain), 0.0, chain.n_orders - 1.000001)
    orders = np.floor(want)
    return orders.astype(np.int64), want - orders


def myopic_costs(chain: LostSalesChain) -> Array:
    """E[cost of the period in which the order arrives], (pipelines, orders, x0)."""
    z = np.arange(chain.n_orders)
    k = np.arange(chain.n_stock)
    table = chain.period_cost[z[:, None] + k] @ chain.leftover.T  # (z, x)
    for _ in range(chain.lead_time - 1):
        table = _prepend(table, chain.leftover, chain.n_orders)
    return table.reshape(chain.n_pipelines, chain.n_orders, chain.n_stock)


def myopic(chain: LostSalesChain) -> Orders:
    """Order to the least expected cost of the period of arrival (Morton 1971)."""
    return myopic_costs(chain).argmin(axis=1)


def myopic_2(chain: LostSalesChain) -> Orders:
    """Look one period further: this order's period and the next one's (Morton 1971)."""
    costs = myopic_costs(chain)
    return improve(chain, np.ascontiguousarray(costs.min(axis=1)), costs)


# Kernels ------------------------------------------------------------------------------------------


@njit(**_JIT)
def _next(pipeline: int, order: int, n_orders: int, lead_time: int) -> tuple[int, int]:
    """What arrives in the next period, and the pipeline then."""
    if lead_time == 1:
        return order, 0
    later = n_orders ** (lead_time - 2)
    return pipeline // later, (pipeline % later) * n_orders + order


@njit(**_JIT)
def _expect(row: Any, odds: Any, x: int, arrives: int) -> float:
    """E[value of the stock left of x, plus what arrives]; beyond the last state, the last."""
    last = row.shape[0] - 1
    inside = min(x, last - arrives)
    total = 0.0
    for k in range(inside + 1):
        total += odds[k] * row[k + arrives]
    for k in range(inside + 1, x + 1):
        total += odds[k] * row[last]
    return total


@njit(**_JIT)
def _sweep(
    values: Array,
    orders: Orders,
    more: Array,
    leftover: Array,
    period_cost: Array,
    order_cost: float,
    n_orders: int,
    lead_time: int,
) -> Array:
    """One step of value iteration under a policy."""
    after = np.empty_like(values)
    for p in range(values.shape[0]):
        for x in range(values.shape[1]):
            arrives, row = _next(p, orders[p, x], n_orders, lead_time)
            value = _expect(values[row], leftover[x], x, arrives)
            if more[p, x] > 0.0:
                arrives, row = _next(p, orders[p, x] + 1, n_orders, lead_time)
                value += more[p, x] * (_expect(values[row], leftover[x], x, arrives) - value)
            fixed = order_cost if orders[p, x] > 0 else order_cost * more[p, x]
            after[p, x] = period_cost[x] + fixed + value
    return after


@njit(**_JIT)
def _greedy(
    values: Array,
    extra: NDArray[Any],
    leftover: Array,
    order_cost: float,
    n_orders: int,
    lead_time: int,
) -> Orders:
    """argmin over orders of extra + fixed cost + E[values]; the smallest of equals."""
    best = np.full(values.shape, np.inf)
    orders = np.zeros(values.shape, np.int64)
    for p in range(values.shape[0]):
        for z in range(n_orders):
            arrives, row = _next(p, z, n_orders, lead_time)
            for x in range(values.shape[1]):
                value = _expect(values[row], leftover[x], x, arrives)
                value += order_cost if z > 0 else 0.0
                if extra.shape[0]:
                    value += extra[p, z, x]
                if value < best[p, x] - 1e-11:
                    best[p, x] = value
                    orders[p, x] = z
    return orders


@njit(**_JIT)
def _prepend(table: Array, leftover: Array, n_orders: int) -> Array:
    """One more period before: (a, rest, x) = E[table[rest, (x - D)+ + a]]."""
    rest, n_stock = table.shape
    out = np.empty((n_orders * rest, n_stock))
    for a in range(n_orders):
        for r in range(rest):
            for x in range(n_stock):
                out[a * rest + r, x] = _expect(table[r], leftover[x], x, a)
    return out
