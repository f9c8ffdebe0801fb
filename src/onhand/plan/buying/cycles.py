"""How often should each supplier be ordered from, and which items be on every order?

Where a supplier's orders, lines or containers cost something, ordering seldom saves them and ordering
often saves stock. All items of a supplier are weighed together (`onhand.decide.replenish.joint_cycles`):
exactly without containers, by a search from the analytic answer with them. A supplier's minimum value
sets the shortest cycle, its order days the step, a shelf life the longest that makes sense.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from onhand.data.tables import Tables
from onhand.decide.replenish.joint_cycles import (
    CycleProblem,
    JointCycles,
    analytic_cycles,
    cycles_of,
    fixed_cycles,
    search_cycles,
)
from onhand.demand.history import DemandHistory
from onhand.optimize.methods import SimulatedAnnealing
from onhand.optimize.stop import Evaluations
from onhand.plan.buying.order_days import OrderDays, order_days_of
from onhand.plan.buying.rules import Rules, SupplierRule, rules_of
from onhand.plan.config import Config
from onhand.plan.economics import Economics

__all__ = ["CycleAdvice", "ItemCycle", "advise_cycles", "pace"]

Array = NDArray[np.float64]

_SERVICE = 0.95  # of safety stock, the same for every cycle that is compared
_LONGEST_DAYS = 91.0
_SEARCHED = 60  # items up to which containers are searched, not only packed one after the other
_EVALUATIONS = 1500


@dataclass(frozen=True)
class ItemCycle:
    """One item is on every so many-th order of its supplier, that is every so many days."""

    item: str
    location: str
    every: int
    days: float


@dataclass(frozen=True)
class CycleAdvice:
    """When to order from one supplier; money per year, the goods themselves left out.

    days_now, days : days between orders, as they are and as advised
    cost_now, cost : of orders, lines, containers, and the stock that lies between orders
    bound : cost that no cycles can undercut
    items : every item
    """

    supplier: str
    n_items: int
    days_now: float
    days: float
    cost_now: float
    cost: float
    bound: float
    items: tuple[ItemCycle, ...]

    @property
    def saving(self) -> float:
        """Money saved per year by the advice; 0: the calendar stays as it is."""
        return self.cost_now - self.cost


def advise_cycles(
    tables: Tables, history: DemandHistory, terms: Economics, config: Config, *, seed: int
) -> tuple[CycleAdvice, ...]:
    """Advice for every supplier whose orders, lines or containers cost something; most saving first.

    Demand per period is the mean of the last year, and is taken to stay so.
    """
    rules, days = rules_of(tables, history.panel, terms, config), order_days_of(tables)
    found = []
    for name in sorted(set(terms.supplier.tolist())):
        rows = np.flatnonzero(terms.supplier == name)
        problem = _problem(history, terms, rules, rows, _step(name, days, history))
        if problem is not None:
            found.append(_advice(name, problem, history, terms, rows, seed))
    return tuple(sorted(found, key=lambda advice: (-advice.saving, advice.supplier)))


def _step(name: str, days: Mapping[str | None, OrderDays], history: DemandHistory) -> int:
    """Periods between two order days of a supplier, at least 1."""
    weekdays = days.get(name, days.get(None, OrderDays())).weekdays
    if not weekdays:
        return 1
    a_week = 7 * history.panel.frequency.per_year / 365.25
    return max(1, round(a_week / len(weekdays)))


def _problem(
    history: DemandHistory,
    terms: Economics,
    rules: Rules,
    rows: NDArray[np.intp],
    step: int,
) -> CycleProblem | None:
    """One supplier's items as a problem of cycles; None where nothing speaks for fewer orders."""
    rule = rules.suppliers.get(str(terms.supplier[rows[0]]), SupplierRule())
    line_cost = terms.costs.order_cost[rows]
    by_volume = rule.container_volume > 0
    has_box = rule.has_container and rule.container_cost > 0
    if rule.order_cost == 0 and not line_cost.any() and not has_box:
        return None
    mean, spread = pace(history, rows)
    a_period = float(mean @ terms.unit_cost[rows])  # money sold, at cost
    if a_period <= 0:
        return None
    now = int(np.median(terms.terms.review_period[rows]))
    longest = round(_LONGEST_DAYS * history.panel.frequency.per_year / 365.25)
    longest = max(step, now, longest)
    least = math.ceil(rule.minimum_value / a_period - 1e-9)
    holds = rule.container_volume if by_volume else rule.container_weight
    return CycleProblem(
        demand=mean,
        line_cost=line_cost,
        holding_cost=terms.costs.holding_cost[rows],
        volume=(rules.volume if by_volume else rules.weight)[rows],
        delivery_cost=rule.order_cost,
        container_cost=rule.container_cost if has_box else 0.0,
        container_volume=holds if has_box else 1.0,
        safety=NormalDist().inv_cdf(_SERVICE) * spread,
        lead_time=terms.terms.lead_time[rows].astype(np.float64),
        least_base=max(1, min(least, longest - step + 1)),
        base_step=step,
        most_base=longest,
        shelf_life=rules.shelf_life[rows],
        unit_cost=terms.unit_cost[rows],
    )


def pace(history: DemandHistory, rows: NDArray[np.intp]) -> tuple[Array, Array]:
    """Mean and standard deviation of demand per period over the last year, each (n,)."""
    year = round(history.panel.frequency.per_year)
    values = history.values[rows, -year:].astype(np.float64)
    n_known = np.maximum(np.isfinite(values).sum(axis=1), 1)
    mean = np.nansum(values, axis=1) / n_known
    return mean, np.sqrt(np.nansum((values - mean[:, None]) ** 2, axis=1) / n_known)


def _advice(
    name: str,
    problem: CycleProblem,
    history: DemandHistory,
    terms: Economics,
    rows: NDArray[np.intp],
    seed: int,
) -> CycleAdvice:
    per_year = history.panel.frequency.per_year
    days = 365.25 / per_year
    now = fixed_cycles(
        problem, _nearest(problem, float(np.median(terms.terms.review_period[rows])))
    )
    best = _cheapest(problem, np.random.default_rng([seed, int(rows[0])]))
    if best.cost >= now.cost:
        best = now
    panel = history.panel
    items = [
        ItemCycle(
            str(panel.items[row]), str(panel.locations[row]), int(m), round(m * best.base * days, 2)
        )
        for row, m in zip(rows.tolist(), best.multiples.tolist(), strict=True)
    ]
    return CycleAdvice(
        supplier=name,
        n_items=len(rows),
        days_now=round(now.base * days, 2),
        days=round(best.base * days, 2),
        cost_now=round(now.cost * per_year, 2),
        cost=round(best.cost * per_year, 2),
        bound=round(problem.bound() * per_year, 2),
        items=tuple(items),
    )


def _nearest(problem: CycleProblem, periods: float) -> int:
    """The possible cycle nearest to so many periods: a minimum or order days may rule those out."""
    return min(problem.bases, key=lambda base: (abs(base - periods), base))


def _cheapest(problem: CycleProblem, rng: np.random.Generator) -> JointCycles:
    """The analytic cycles; where containers tie the items, the best of a search that starts there."""
    if problem.container_cost == 0 or problem.n_items > _SEARCHED:
        return analytic_cycles(problem)
    stop = Evaluations(_EVALUATIONS)
    return cycles_of(problem, search_cycles(problem, SimulatedAnnealing(), stop, rng=rng))
