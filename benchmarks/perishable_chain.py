"""What does stock that expires cost under a policy, and what is the best possible?

Lost sales, lead time L, shelf life m, discounted cost. State before ordering: units by remaining
life a1 .. am, then units under way b1 .. b(L-1): a shift register. In a day: order q; demand is met
oldest first (fifo) or newest first (lifo); what is left of a1 expires; everything moves one place
and q joins at the end, so that an order can be sold L days later, with m days of life.

    cost c q + h (left, expired not counted) + p (short) + w (expired)

De Moor, B., Gijsbrechts, J., Boute, R. (2022), Reward shaping to improve the performance of deep
reinforcement learning in perishable inventory management, European Journal of Operational
Research 301(2); Farrington et al. (2025) for the values.
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

_JIT: dict[str, Any] = {"cache": True, "nogil": True}


@dataclass(frozen=True)
class PerishableChain:
    """One instance; `costs` are those of ordering, holding, shortage and waste, per unit."""

    probabilities: Array
    shelf_life: int
    lead_time: int
    is_lifo: bool
    costs: tuple[float, float, float, float]
    largest_order: int
    discount: float

    @property
    def n_places(self) -> int:
        """Places of the shift register, m + L - 1."""
        return self.shelf_life + self.lead_time - 1

    @property
    def n_states(self) -> int:
        """Number of states; no place ever holds more than the largest order."""
        return int((self.largest_order + 1) ** self.n_places)

    @cached_property
    def positions(self) -> Orders:
        """Units on hand and under way in every state, (states,)."""
        states = np.arange(self.n_states)
        units = np.zeros_like(states)
        for _ in range(self.n_places):
            states, digit = np.divmod(states, self.largest_order + 1)
            units += digit
        return units


def rounded_gamma(mean: float, cv: float) -> Array:
    """P(D = d) of gamma demand rounded to the nearest whole number."""
    shape = 1 / cv**2
    gamma = stats.gamma(shape, scale=mean / shape)
    edges = np.arange(int(gamma.isf(1e-9)) + 2) + 0.5
    odds = np.diff(np.concatenate([[0.0], gamma.cdf(edges)]))
    return odds / odds.sum()


def optimal_orders(chain: PerishableChain, tolerance: float = 1e-3) -> Orders:
    """The orders of the best policy, by value iteration until values change alike everywhere."""
    values = np.zeros(chain.n_states)
    orders = np.zeros(chain.n_states, dtype=np.int64)
    for _ in range(2_000):
        after, orders = _sweep(values, chain.probabilities, *_numbers(chain), chain.discount)
        change = after - values
        values = after
        if (change.max() - change.min()) * chain.discount / (1 - chain.discount) < tolerance * abs(
            values[0]
        ):
            return orders
    raise RuntimeError("no convergence")


def base_stock_orders(chain: PerishableChain, level: int) -> Orders:
    """Order up to a level of the position, old units counted like new."""
    return np.clip(level - chain.positions, 0, chain.largest_order)


def mean_return(
    chain: PerishableChain, orders: Orders, n_runs: int = 10_000, seed: int = 3
) -> tuple[float, float]:
    """Mean discounted return of 365 days after 100 days of warm-up, and its standard error."""
    rng = np.random.default_rng(seed)
    demand = rng.choice(len(chain.probabilities), size=(n_runs, 465), p=chain.probabilities)
    returns = _run(orders, demand, *_numbers(chain), chain.discount)
    return float(returns.mean()), float(returns.std() / np.sqrt(n_runs))


def _numbers(chain: PerishableChain) -> tuple[Any, ...]:
    costs = np.array(chain.costs)
    return chain.shelf_life, chain.n_places, chain.is_lifo, costs, chain.largest_order


@njit(**_JIT)
def _day(places: Orders, demand: int, shelf_life: int, is_lifo: bool, costs: Array) -> float:
    """Serve `demand` from `places` in their order; returns the day's cost without the order's."""
    wanted = demand
    left = 0
    for k in range(shelf_life):
        age = shelf_life - 1 - k if is_lifo else k
        taken = min(places[age], wanted)
        places[age] -= taken
        wanted -= taken
    for k in range(1, shelf_life):
        left += places[k]
    return costs[1] * left + costs[2] * wanted + costs[3] * places[0]


@njit(**_JIT)
def _sweep(
    values: Array,
    odds: Array,
    shelf_life: int,
    n_places: int,
    is_lifo: bool,
    costs: Array,
    largest: int,
    discount: float,
) -> tuple[Array, Orders]:
    base = largest + 1
    digits = np.zeros(n_places, np.int64)
    places = np.zeros(n_places, np.int64)
    expected = np.empty(base)
    after = np.empty_like(values)
    orders = np.zeros(values.shape[0], np.int64)
    for state in range(values.shape[0]):
        rest = state
        for k in range(n_places - 1, -1, -1):
            digits[k] = rest % base
            rest //= base
        for q in range(base):
            expected[q] = costs[0] * q
        for d in range(odds.shape[0]):
            places[:] = digits
            day = _day(places, d, shelf_life, is_lifo, costs)
            row = 0
            for k in range(1, n_places):
                row = row * base + places[k]
            for q in range(base):
                expected[q] += odds[d] * (day + discount * values[row * base + q])
        orders[state] = expected.argmin()
        after[state] = expected.min()
    return after, orders


@njit(**_JIT)
def _run(
    orders: Orders,
    demand: Orders,
    shelf_life: int,
    n_places: int,
    is_lifo: bool,
    costs: Array,
    largest: int,
    discount: float,
) -> Array:
    base = largest + 1
    returns = np.zeros(demand.shape[0])
    places = np.zeros(n_places, np.int64)
    for run in range(demand.shape[0]):
        places[:] = 0
        weight = 1.0
        for t in range(demand.shape[1]):
            state = 0
            for k in range(n_places):
                state = state * base + places[k]
            q = orders[state]
            cost = costs[0] * q + _day(places, demand[run, t], shelf_life, is_lifo, costs)
            for k in range(n_places - 1):
                places[k] = places[k + 1]
            places[n_places - 1] = q
            if t >= 100:
                returns[run] -= weight * cost
                weight *= discount
    return returns
