"""Which numbers should each lost-sales policy have on an instance, and what does it then cost?

Every policy's numbers are searched here, from the instance alone (demand, lead time, costs): no
published parameter is read. Costs are exact on the chain, but for plain base stock and constant
orders, whose orders or stock have no useful bound: those are simulated on common random numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lost_sales_chain import (
    Evaluated,
    LostSalesChain,
    base_stock,
    evaluate,
    improve,
    myopic,
    myopic_2,
    optimal,
    projected_inventory,
    vector_base_stock,
)
from onhand.inventory.costs import Costs
from onhand.inventory.level_rule import LevelRule
from onhand.inventory.simulate import simulate
from onhand.inventory.simulated import Simulated
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms

#: How far apart the bounds on a cost may be while numbers are searched.
SEARCH = 1e-4

#: The policies that `default` chooses from, by exact cost.
OURS = ("capped_base_stock", "projected_inventory", "myopic_2", "improved_once")


@dataclass(frozen=True)
class Judged:
    """A policy's cost per period on an instance, and the numbers it was given."""

    cost: float
    numbers: str


def judge(chain: LostSalesChain) -> dict[str, Judged]:
    """Every policy on one instance, `optimal` among them."""
    capped, capped_numbers = _best_capped(chain)
    start = capped.values
    projected, level = _best_projected(chain, start)
    two = evaluate(chain, myopic_2(chain), start=start)
    base = min((capped, projected, two), key=lambda e: e.cost)
    improved = evaluate(chain, improve(chain, base.values), start=base.values)
    exact, _ = optimal(chain)
    return {
        "optimal": Judged(exact.cost, "value iteration"),
        "base_stock": _best_base_stock(chain),
        "constant_order": _best_constant_order(chain),
        "vector_base_stock": Judged(
            evaluate(chain, vector_base_stock(chain), start=start).cost, "from the newsvendor"
        ),
        "myopic_1": Judged(evaluate(chain, myopic(chain), start=start).cost, ""),
        "myopic_2": Judged(two.cost, ""),
        "capped_base_stock": Judged(capped.cost, "S {}, r {}".format(*capped_numbers)),
        "projected_inventory": Judged(projected.cost, f"level {level:.2f}"),
        "improved_once": Judged(improved.cost, "on the best of the three above"),
    }


def _best_capped(chain: LostSalesChain) -> tuple[Evaluated, tuple[int, int]]:
    """Walk to the cheapest (S, r) among neighbours, from a little above mean demand."""
    mean = float(chain.probabilities @ np.arange(len(chain.probabilities)))
    seen: dict[tuple[int, int], Evaluated] = {}

    def at(numbers: tuple[int, int], start: NDArray[np.float64] | None) -> Evaluated:
        if numbers not in seen:
            orders = base_stock(chain, *numbers)
            seen[numbers] = evaluate(chain, orders, start=start, tolerance=SEARCH)
        return seen[numbers]

    here = (chain.n_stock - 12 - 3, int(np.ceil(mean)) + 1)
    best = at(here, None)
    while True:
        steps = [(dS, dr) for dS in (-2, -1, 0, 1, 2) for dr in (-1, 0, 1)]
        around = [(here[0] + dS, here[1] + dr) for dS, dr in steps]
        around = [(S, r) for S, r in around if r >= 1 and 1 <= S < chain.n_stock - 1]
        found = min(around, key=lambda numbers: at(numbers, best.values).cost)
        if seen[found].cost >= best.cost - 1e-9:
            return evaluate(chain, base_stock(chain, *here), start=best.values), here
        here, best = found, seen[found]


def _best_projected(chain: LostSalesChain, start: NDArray[np.float64]) -> tuple[Evaluated, float]:
    """The best projected level to a twentieth of a unit, by golden section."""

    latest = start

    def cost(level: float) -> float:
        nonlocal latest
        found = evaluate(chain, *projected_inventory(chain, level), latest, SEARCH)
        latest = found.values
        return found.cost

    level = _golden(cost, 0.5, chain.n_orders + 1.0, 0.05)
    return evaluate(chain, *projected_inventory(chain, level), latest), level


def _best_base_stock(chain: LostSalesChain) -> Judged:
    top = chain.n_stock
    levels = np.arange(max(1, top - 24), top)[None, :].astype(float)
    costs = _simulated(chain, LevelRule.alternatives(levels))
    k = int(costs.argmin())
    return Judged(float(costs[k]), f"S {int(levels[0, k])}")


def _best_constant_order(chain: LostSalesChain) -> Judged:
    """The same order every period: a base-stock level out of reach, capped."""
    mean = float(chain.probabilities @ np.arange(len(chain.probabilities)))
    sizes = np.arange(1.0, np.ceil(mean))[None, :]  # from the mean on, stock grows without end
    out_of_reach = np.full(sizes.shape, 1e6)
    costs = _simulated(chain, LevelRule.alternatives(out_of_reach, largest_order=sizes))
    k = int(costs.argmin())
    return Judged(float(costs[k]), f"q {int(sizes[0, k])}")


def _simulated(chain: LostSalesChain, rule: LevelRule) -> NDArray[np.float64]:
    """Cost per period of each alternative, the first fifth of the time left out, (K,)."""
    rng = np.random.default_rng(7)
    n_paths, n_periods = 1_000, 10_000
    demand = rng.choice(
        len(chain.probabilities), size=(1, n_periods, n_paths), p=chain.probabilities
    ).astype(np.uint8)
    opening = Stock.of([5.0], np.full((1, chain.lead_time + 1), 4.0))
    terms = SupplyTerms.of(chain.lead_time, n_series=1)
    costs = Costs.of(chain.holding_cost, chain.penalty, n_series=1)
    warm = n_periods // 5
    both: list[Simulated] = [
        simulate(demand[:, :n], opening, rule, terms) for n in (warm, n_periods)
    ]
    early, all_ = (result.cost(costs)[0] for result in both)
    return (all_ - early) / (n_periods - warm)


def _golden(f: Callable[[float], float], low: float, high: float, width: float) -> float:
    """Where a function with one valley is least, to within `width`."""
    golden = (5**0.5 - 1) / 2
    a, b = high - golden * (high - low), low + golden * (high - low)
    fa, fb = f(a), f(b)
    while high - low > width:
        if fa <= fb:
            high, b, fb = b, a, fa
            a = high - golden * (high - low)
            fa = f(a)
        else:
            low, a, fa = a, b, fb
            b = low + golden * (high - low)
            fb = f(b)
    return a if fa <= fb else b
