"""Which of our formulas answers which textbook problem, and is the answer the book's?"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onhand.inventory.formulas import eoq, lot_sizing, min_max, newsvendor, reorder_point
from onhand.inventory.formulas import unreliable_supply as supply
from onhand.inventory.formulas.joint_replenishment import joint_replenishment
from onhand.inventory.formulas.loss import WholeDemand

Numbers = dict[str, Any]

#: Answers without a printed rounding are full floats of iterative codes that stop near 1e-6.
RELATIVE = 1e-6


@dataclass(frozen=True)
class Answer:
    """One problem, its book answer and ours; `error` is the largest relative difference."""

    problem: str
    family: str
    ours: Numbers
    book: Numbers
    error: float
    is_solved: bool


def _lot(found: Any) -> Numbers:
    return {
        "Q": found.order_quantity,
        "cost": found.cost,
        "stockout_fraction": getattr(found, "stockout_fraction", None),
        "region": getattr(found, "region", None),
    }


def _level(found: Any) -> Numbers:
    return {"S": found.level, "cost": getattr(found, "cost", getattr(found, "profit", None))}


def _min_max(found: Any) -> Numbers:
    return {"s": found.reorder_point, "S": found.order_up_to_level, "cost": found.cost}


def _reorder(found: Any) -> Numbers:
    return {"r": found.reorder_point, "Q": found.order_quantity, "cost": found.cost}


def _item(p: Numbers) -> reorder_point.ContinuousReview:
    return reorder_point.ContinuousReview(
        p["fixed_cost"],
        p["holding_cost"],
        p["stockout_cost"],
        p["demand_mean"],
        p["demand_sd"],
        p["lead_time"],
    )


def _joint(p: Numbers) -> Numbers:
    found = joint_replenishment(
        p["shared_fixed_cost"],
        p["individual_fixed_costs"],
        p["holding_costs"],
        p["demand_rates"],
    )
    return {
        "order_quantities": found.order_quantities,
        "base_cycle_time": found.cycle_time,
        "order_multiples": found.order_multiples,
        "cost": found.cost,
    }


def _lots(p: Numbers) -> Numbers:
    prices = p.get("purchase_cost")
    found = lot_sizing.wagner_whitin(p["demand"], p["fixed_cost"], p["holding_cost"], prices)
    return {"order_quantities": found.order_quantities, "cost": found.cost}


def _season(p: Numbers) -> Numbers:
    found = newsvendor.newsvendor_season(
        p["revenue"], p["purchase_cost"], p["salvage_value"], p["demand_mean"], p["demand_sd"]
    )
    return {"S": found.level, "profit": found.profit}


def _pmf(p: Numbers) -> Numbers:
    demand = WholeDemand.of({int(k): v for k, v in p["demand_pmf"].items()})
    return _level(newsvendor.newsvendor_whole(p["holding_cost"], p["stockout_cost"], demand))


def _normal(p: Numbers) -> Numbers:
    return _level(
        newsvendor.newsvendor_normal(
            p["holding_cost"],
            p["stockout_cost"],
            p["demand_mean"],
            p["demand_sd"],
            p.get("lead_time", 0),
        )
    )


def _discount(
    how: Callable[..., eoq.Discounted],
) -> Callable[[Numbers], Numbers]:
    return lambda p: _lot(
        how(
            p["fixed_cost"],
            p["holding_cost_rate"],
            p["demand_rate"],
            p["breakpoints"],
            p["unit_costs"],
        )
    )


def _yield(how: Callable[..., eoq.Lot]) -> Callable[[Numbers], Numbers]:
    return lambda p: _lot(
        how(p["fixed_cost"], p["holding_cost"], p["demand_rate"], p["yield_mean"], p["yield_sd"])
    )


SOLVERS: dict[str, Callable[[Numbers], Numbers]] = {
    "EOQ": lambda p: _lot(
        eoq.economic_order_quantity(p["fixed_cost"], p["holding_cost"], p["demand_rate"])
    ),
    "EOQ with planned backorders": lambda p: _lot(
        eoq.economic_order_quantity_with_backorders(
            p["fixed_cost"], p["holding_cost"], p["stockout_cost"], p["demand_rate"]
        )
    ),
    "EPQ": lambda p: _lot(
        eoq.economic_production_quantity(
            p["fixed_cost"], p["holding_cost"], p["demand_rate"], p["production_rate"]
        )
    ),
    "all-units quantity discount": _discount(eoq.all_units_discount),
    "incremental quantity discount": _discount(eoq.incremental_discount),
    "JRP (Silver heuristic)": _joint,
    "Wagner-Whitin": _lots,
    "newsvendor normal": _normal,
    "newsvendor normal with lead time (base stock)": _normal,
    "newsvendor normal, explicit revenue/cost/salvage (profit)": _season,
    "newsvendor Poisson": lambda p: _level(
        newsvendor.newsvendor_poisson(p["holding_cost"], p["stockout_cost"], p["demand_mean"])
    ),
    "newsvendor discrete pmf": _pmf,
    "newsvendor lognormal": lambda p: _level(
        newsvendor.newsvendor_lognormal(p["holding_cost"], p["stockout_cost"], p["mu"], p["sigma"])
    ),
    "(s,S) Poisson, L=0, exact": lambda p: _min_max(
        min_max.optimal_min_max(
            p["fixed_cost"],
            p["holding_cost"],
            p["stockout_cost"],
            WholeDemand.poisson(p["demand_mean"]),
        )
    ),
    "(s,S) power approximation (Ehrhardt-Mosier)": lambda p: _min_max(
        min_max.power_approximation(
            p["fixed_cost"],
            p["holding_cost"],
            p["stockout_cost"],
            p["demand_mean"],
            p["demand_sd"],
        )
    ),
    "(r,Q) expected-inventory-level approx.": lambda p: _reorder(
        reorder_point.expected_inventory_approximation(_item(p))
    ),
    "(r,Q) EOQB approx.": lambda p: _reorder(
        reorder_point.order_quantity_with_backorders_approximation(_item(p))
    ),
    "(r,Q) EOQ+SS approx.": lambda p: _reorder(
        reorder_point.order_quantity_with_safety_stock(_item(p))
    ),
    "(r,Q) loss-function approx.": lambda p: _reorder(
        reorder_point.loss_function_approximation(_item(p))
    ),
    "(r,Q) Poisson exact (Federgruen-Zheng)": lambda p: _reorder(
        reorder_point.optimal_reorder_point(
            p["fixed_cost"],
            p["holding_cost"],
            p["stockout_cost"],
            p["demand_mean"],
            p["lead_time"],
        )
    ),
    "EOQ with disruptions (exact)": lambda p: _lot(
        supply.order_quantity_with_disruptions(
            p["fixed_cost"],
            p["holding_cost"],
            p["stockout_cost"],
            p["demand_rate"],
            p["disruption_rate"],
            p["recovery_rate"],
        )
    ),
    "base stock with supply disruptions": lambda p: _level(
        supply.base_stock_with_disruptions(
            p["holding_cost"],
            p["stockout_cost"],
            p["demand"],
            p["disruption_prob"],
            p["recovery_prob"],
        )
    ),
    "EOQ additive yield": _yield(supply.order_quantity_with_additive_yield),
    "EOQ multiplicative yield": _yield(supply.order_quantity_with_multiplicative_yield),
}


def solve_all(file: Path) -> list[Answer]:
    """Our answer to every problem of `reference.json`, beside the book's."""
    return [_solve(problem) for problem in json.loads(file.read_text(encoding="utf-8"))]


def _solve(problem: Numbers) -> Answer:
    solver = SOLVERS.get(problem["model"])
    ours = solver(problem["params"]) if solver else {}
    book = problem["reference"]
    pairs = [pair for key in book for pair in _pairs(ours.get(key), book[key])]
    error = max((abs(o - b) / max(abs(b), 1e-12) for o, b in pairs), default=float("inf"))
    is_solved = bool(pairs) and all(_is_same(o, b) for o, b in pairs)
    return Answer(problem["id"], problem["family"], ours, book, error, is_solved)


def _pairs(ours: Any, book: Any) -> list[tuple[float, float]]:
    if not isinstance(book, list):
        return [(float("nan") if ours is None else float(ours), float(book))]
    own = list(ours) if ours is not None else [float("nan")] * len(book)
    return list(zip(own, book, strict=True))


def _is_same(ours: float, book: float) -> bool:
    """Equal to the printed digits: half a unit of the last one, or RELATIVE for full floats."""
    decimals = len(repr(book).partition(".")[2])
    slack = 0.5 * 10.0**-decimals if 1 < decimals <= 4 else RELATIVE * abs(book)
    return abs(ours - book) <= slack
