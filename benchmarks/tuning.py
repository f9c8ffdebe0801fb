"""How long does it take to tune a policy for a whole catalogue, and to rank what a budget buys?

Tuning: every stock point's order-up-to level, 21 candidates each, on the same 200 demand paths of 90
days; the cheapest in holding and lost sales wins. Ranking: the worth of every next pack along 200
paths, one list over all stock points, and what half of the money that all of it costs would buy,
beside the Lagrangian bound. Searches on stock levels have a benchmark of their own, `search.py`.

    python benchmarks/tuning.py [--n-series 30000] [--n-paths 200] [--n-periods 90] [--levels 21]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.stats import poisson

from onhand.decide.replenish.budget import buy_list, frontier, spend
from onhand.decide.replenish.marginal import worth_of_steps
from onhand.inventory.costs import Costs
from onhand.inventory.level_rule import LevelRule
from onhand.inventory.policy import Situation
from onhand.inventory.simulate import simulate_in_blocks
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms

LEAD_TIME = 3
HOLDING_COST, SHORTAGE_COST = 0.02, 1.0


def main() -> None:
    """Tune, rank, print, and end with one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--n-series", type=int, default=30_000)
    parser.add_argument("--n-paths", type=int, default=200)
    parser.add_argument("--n-periods", type=int, default=90)
    parser.add_argument("--levels", type=int, default=21)
    args = parser.parse_args()
    mean = np.random.default_rng(1).choice(np.linspace(0.2, 12.0, 119), args.n_series)
    _tune(mean[:8], 8, 8, 3)  # compiles
    results = {
        "tuning": _tune(mean, args.n_paths, args.n_periods, args.levels),
        "ranking": _rank(mean, args.n_paths),
    }
    table = Table(title=f"{args.n_series:,} stock points")
    for column in ("job", "CPU s", "peak MiB", "what it found"):
        table.add_column(column, justify="right" if column in ("CPU s", "peak MiB") else "left")
    for name, measured in results.items():
        told = ", ".join(
            f"{k} {v:,.4g}" for k, v in measured.items() if k not in ("cpu_s", "peak_mib")
        )
        table.add_row(name, f"{measured['cpu_s']:.2f}", f"{measured['peak_mib']:,.0f}", told)
    Console(width=120).print(table)
    print(json.dumps({"benchmark": "tuning", "results": results}))


def _tune(mean: np.ndarray, n_paths: int, n_periods: int, n_levels: int) -> dict[str, float]:
    """The best of the levels for every stock point, with demand drawn block by block."""
    n = len(mean)
    cover = mean * (LEAD_TIME + 1)
    factors = np.linspace(0.0, 4.0, n_levels)
    levels = np.rint(cover[:, None] + factors * np.sqrt(cover)[:, None])  # (N, K)
    terms = SupplyTerms.of(LEAD_TIME, n_series=n)
    opening = Stock.of(np.rint(cover), np.zeros((n, LEAD_TIME + 1)))
    drawing = 0.0

    def draw(rows: slice) -> np.ndarray:
        nonlocal drawing
        started = time.process_time()
        demand = _demand(mean[rows], n_paths, n_periods, seed=rows.start)
        drawing += time.process_time() - started
        return demand

    started = time.process_time()
    seen = simulate_in_blocks(
        draw, (n, n_periods, n_paths), opening, LevelRule.alternatives(levels), terms
    )
    cost = seen.cost(Costs.of(HOLDING_COST, SHORTAGE_COST, n_series=n))  # (N, K)
    best = cost.argmin(axis=1)
    cpu = time.process_time() - started - drawing  # the paths come from a forecaster, not from here
    steps = n * n_paths * n_periods * n_levels
    rows = np.arange(n)
    return {
        "cpu_s": cpu,
        "drawing_cpu_s": drawing,
        "rate": steps / cpu,
        "peak_mib": _peak(),
        "saving": float(1 - cost[rows, best].sum() / cost[:, n_levels // 2].sum()),
    }


def _demand(mean: np.ndarray, n_paths: int, n_periods: int, seed: int) -> np.ndarray:
    """Poisson demand (n, H, S) uint8, from 256 quantiles by random bytes."""
    rng = np.random.default_rng([7, seed])
    means, kind = np.unique(mean, return_inverse=True)
    quantiles = poisson.ppf((np.arange(256) + 0.5) / 256, means[:, None]).astype(np.uint8)
    bytes_ = np.frombuffer(rng.bytes(len(mean) * n_periods * n_paths), dtype=np.uint8)
    drawn = bytes_.reshape(len(mean), n_periods, n_paths)
    demand = np.empty(drawn.shape, dtype=np.uint8)
    for i in range(len(mean)):
        np.take(quantiles[kind[i]], drawn[i], out=demand[i])
    return demand


def _rank(mean: np.ndarray, n_paths: int) -> dict[str, float]:
    """One list of every worthwhile pack, and half of the money spent from its top."""
    n = len(mean)
    rng = np.random.default_rng(2)
    situation = Situation(
        stock=Stock.of(rng.poisson(mean * 2), np.zeros((n, LEAD_TIME + 1))),
        paths=rng.poisson(mean[:, None, None], (n, n_paths, LEAD_TIME + 10)).astype(np.float32),
        terms=SupplyTerms.of(LEAD_TIME, pack_size=rng.choice([1.0, 6.0, 12.0], n), n_series=n),
        costs=Costs.of(HOLDING_COST, SHORTAGE_COST, n_series=n),
    )
    unit_cost = rng.lognormal(1.0, 0.8, n)
    worth_of_steps(situation.rows(slice(0, 4)))  # compiles
    started = time.process_time()
    plan = buy_list(worth_of_steps(situation), unit_size=unit_cost)
    limit = 0.5 * plan.size.sum()
    quantity = spend(plan, limit)
    cpu = time.process_time() - started
    # `spend` skips what no longer fits; its value is read off the list, block by block.
    worth = worth_of_steps(situation)
    taken = np.arange(worth.worth.shape[1]) < (quantity / worth.step)[:, None]
    bound = float(np.interp(limit, *frontier(plan)))
    return {
        "cpu_s": cpu,
        "peak_mib": _peak(),
        "blocks": float(len(plan.row)),
        "mean_gap": 1 - float((worth.worth * taken).sum()) / bound,
    }


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
