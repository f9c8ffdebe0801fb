"""What do two suppliers cost, one slow and cheap, one fast and dear, and what is the best possible?

Backorders, average cost per period. State before ordering: net inventory x after today's receipt,
regular orders q1 .. q(L-1) due in the coming periods. Order `fast` (here at once) and `slow` (here
L periods later), then demand d:

    cost c_e fast + c_r slow + h (y - d)+ + b (d - y)+,  y = x + fast;  next x = y - d + q1.

Gijsbrechts, J., Boute, R., Van Mieghem, J., Zhang, D. (2022), Can deep reinforcement learning
improve inventory management? Manufacturing & Service Operations Management 24(3), section 6.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]
Orders = NDArray[np.int64]

_JIT: dict[str, Any] = {"cache": True, "nogil": True}


@dataclass(frozen=True)
class DualSourcingChain:
    """One instance, cut to x in [lowest, highest], slow orders up to `largest`, fast up to 2x it."""

    probabilities: Array
    lead_time: int
    slow_cost: float
    fast_cost: float
    holding_cost: float
    backlog_cost: float
    lowest: int
    highest: int
    largest: int

    @classmethod
    def of(
        cls,
        probabilities: Array,
        lead_time: int,
        slow_cost: float,
        fast_cost: float,
        holding_cost: float,
        backlog_cost: float,
    ) -> DualSourcingChain:
        """Bounds from the largest demand D: x from -D to (L + 1) D, orders up to D + 2."""
        most = len(probabilities) - 1
        bounds = (-most, (lead_time + 1) * most, most + 2)
        costs = (slow_cost, fast_cost, holding_cost, backlog_cost)
        return cls(probabilities, lead_time, *costs, *bounds)

    @property
    def inventory(self) -> Orders:
        """x of every state, (x,)."""
        return np.arange(self.lowest, self.highest + 1)

    @property
    def n_pipelines(self) -> int:
        """Number of pipelines (q1, ..., q(L-1))."""
        return int((self.largest + 1) ** (self.lead_time - 1))

    @property
    def positions(self) -> Orders:
        """Inventory position of every state, (pipelines, x)."""
        digits = np.indices((self.largest + 1,) * (self.lead_time - 1))
        return digits.sum(axis=0).reshape(-1, 1) + self.inventory

    def numbers(self) -> tuple[float, ...]:
        """What the kernels take."""
        return (
            self.lead_time,
            self.slow_cost,
            self.fast_cost,
            self.holding_cost,
            self.backlog_cost,
            self.lowest,
            self.largest,
        )


def optimal(chain: DualSourcingChain, tolerance: float = 1e-6) -> float:
    """The least possible cost per period."""
    values = np.zeros((chain.n_pipelines, len(chain.inventory)))
    none = np.full(values.shape, -1, dtype=np.int64)
    return _settle(chain, values, none, none, tolerance)


def evaluate(
    chain: DualSourcingChain, fast: Orders, slow: Orders, tolerance: float = 1e-5
) -> float:
    """The cost per period of a policy, orders (pipelines, x)."""
    values = np.zeros((chain.n_pipelines, len(chain.inventory)))
    slow = np.clip(slow, 0, chain.largest)
    return _settle(chain, values, np.maximum(fast, 0), slow, tolerance)


def dual_index(
    chain: DualSourcingChain, fast_level: int, slow_level: int, cap: int
) -> tuple[Orders, Orders]:
    """Fast up to a level of what is here, then slow up to a level of the position, at most `cap`.

    A cap out of reach is the dual index (Veeraraghavan & Scheller-Wolf 2008), with one the capped
    dual index (Sun & Van Mieghem 2019).
    """
    fast = np.maximum(fast_level - chain.inventory, 0) + np.zeros_like(chain.positions)
    return fast, np.clip(slow_level - chain.positions - fast, 0, cap)


def single_index(
    chain: DualSourcingChain, fast_level: int, slow_level: int
) -> tuple[Orders, Orders]:
    """Both up to levels of the inventory position (Scheller-Wolf, Veeraraghavan, van Houtum)."""
    fast = np.maximum(fast_level - chain.positions, 0)
    return fast, np.maximum(slow_level - chain.positions - fast, 0)


def best_policies(chain: DualSourcingChain) -> dict[str, tuple[float, str]]:
    """Cost and numbers of the best of each family, by trying them all."""
    most = len(chain.probabilities) - 1
    fast_levels = range(most + 3)
    slow_levels = range(most, (chain.lead_time + 1) * most + 1)
    found: dict[str, tuple[float, str]] = {}
    for fast, slow, cap in product(fast_levels, slow_levels, range(1, chain.largest + 1)):
        cost = evaluate(chain, *dual_index(chain, fast, slow, cap))
        name = "dual_index" if cap == chain.largest else "capped_dual_index"
        _keep(found, name, cost, f"fast {fast}, slow {slow}, cap {cap}")
    for fast, slow in product(range(slow_levels[-1]), slow_levels):
        cost = evaluate(chain, *single_index(chain, fast, slow))
        _keep(found, "single_index", cost, f"fast {fast}, slow {slow}")
    if found["dual_index"][0] < found["capped_dual_index"][0]:  # a cap out of reach is a cap
        found["capped_dual_index"] = found["dual_index"]
    return found


def _keep(found: dict[str, tuple[float, str]], name: str, cost: float, numbers: str) -> None:
    if cost < found.get(name, (np.inf, ""))[0]:
        found[name] = (cost, numbers)


def _settle(
    chain: DualSourcingChain, values: Array, fast: Orders, slow: Orders, tolerance: float
) -> float:
    numbers = chain.numbers()
    for _ in range(20_000):
        after = _sweep(values, fast, slow, chain.probabilities, *numbers)
        change = after - values
        low, high = float(change.min()), float(change.max())
        values = after - after[0, 0]
        if high - low < tolerance:
            return (low + high) / 2
    raise RuntimeError(f"no convergence: cost between {low} and {high}")


@njit(**_JIT)
def _sweep(
    values: Array,
    fast: Orders,
    slow: Orders,
    odds: Array,
    lead_time: int,
    slow_cost: float,
    fast_cost: float,
    holding_cost: float,
    backlog_cost: float,
    lowest: int,
    largest: int,
) -> Array:
    """One step of value iteration; a negative `fast` stands for the best orders."""
    n_pipelines, n_x = values.shape
    base = largest + 1
    later = base ** max(lead_time - 2, 0)
    after = np.empty_like(values)
    best_from = np.empty(n_x + 1)
    for p in range(n_pipelines):
        due = p // later
        for x in range(n_x):
            after[p, x] = np.inf
        for z in range(base):
            row = (p % later) * base + z
            best_from[n_x] = np.inf
            for i in range(n_x - 1, -1, -1):
                y = i + lowest
                cost = slow_cost * z + fast_cost * y
                for d in range(odds.shape[0]):
                    left = y - d
                    charge = holding_cost * left if left > 0 else -backlog_cost * left
                    to = min(max(left + due - lowest, 0), n_x - 1)
                    cost += odds[d] * (charge + values[row, to])
                best_from[i] = cost
                if fast[p, i] < 0:  # the best fast order: any higher y
                    best_from[i] = min(cost, best_from[i + 1])
            for x in range(n_x):
                if fast[p, x] < 0 or slow[p, x] == z:
                    reach = x if fast[p, x] < 0 else min(x + fast[p, x], n_x - 1)
                    value = best_from[reach] - fast_cost * (x + lowest)
                    after[p, x] = min(after[p, x], value)
    return after
