"""Do searches beat the analytic heuristic where items share containers or suppliers? And the proof?

Random shipments of 20 and 60 items into two kinds of container, and random choices for 20 and 60 items
among five suppliers with their calendars, minimum values and surcharges. Every search starts from the
analytic answer and has the same number of evaluations; gaps are to the proven bound of the mixed-integer
program, which is solved to within 0.01 % or 15 seconds. For suppliers the share is of the cost above
the cheapest price of all goods, which no choice can save.

    python benchmarks/joint_choices.py [--problems 10] [--evaluations 5000]
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from onhand.decide.replenish.container_mix import (
    ContainerKind,
    MixProblem,
    exact_mix,
    ranked_mix,
    search_mix,
)
from onhand.decide.replenish.marginal import Worth
from onhand.decide.replenish.supplier_calendars import (
    SupplierProblem,
    exact_suppliers,
    item_by_item,
    search_suppliers,
)
from onhand.optimize.methods import (
    CMAES,
    DifferentialEvolution,
    GeneticAlgorithm,
    ParticleSwarm,
    SimulatedAnnealing,
)
from onhand.optimize.stop import Evaluations

METHODS = (
    GeneticAlgorithm(), ParticleSwarm(), DifferentialEvolution(), SimulatedAnnealing(), CMAES()
)  # fmt: skip


def shipment(seed: int, n: int) -> MixProblem:
    """Items whose packs fall in worth, some heavy and some bulky, and two kinds of container."""
    rng = np.random.default_rng(seed)
    k = 20
    margin, reach = rng.lognormal(3.5, 0.8, n), rng.integers(2, k, n)
    worth = margin[:, None] * (1 - (np.arange(k) + 0.5) / reach[:, None])
    volume, weight = rng.lognormal(-1.0, 0.6, n), rng.lognormal(4.0, 0.8, n)
    held = float((volume * reach).sum()), float((weight * reach).sum())
    kinds = (
        ContainerKind("20 ft", held[0] / 5, held[1] / 3.5, float(margin.sum()) * 0.9, most=4),
        ContainerKind("40 ft", held[0] / 2.5, held[1] / 3.0, float(margin.sum()) * 1.5, most=3),
    )
    return MixProblem(Worth(np.ones(n), worth), volume, weight, kinds, rng.integers(0, 6, n))


def trade(seed: int, n: int, s: int = 5) -> SupplierProblem:
    """Items that most of five suppliers sell at prices within some percent of each other."""
    rng = np.random.default_rng(seed)
    price = rng.lognormal(1.5, 0.8, (n, 1)) * rng.uniform(0.95, 1.08, (n, s))
    sells = rng.random((n, s)) > 0.3
    sells[:, 0] = True  # the wholesaler has everything
    price[~sells] = np.nan
    demand = rng.lognormal(2.0, 1.2, n)
    value = float((demand * price[:, 0]).sum())
    return SupplierProblem(
        price=price,
        demand=demand,
        spread=demand * rng.uniform(0.2, 1.0, n),
        line_cost=rng.uniform(0.5, 4, s),
        order_cost=rng.uniform(0.005, 0.04, s) * value,
        minimum_value=rng.uniform(0.0, 0.8, s) * value,
        surcharge=rng.uniform(0.0, 0.03, s) * value,
        lead_time=rng.integers(1, 8, s).astype(np.float64),
        holding_rate=0.005,
    )


def containers(problem: MixProblem, evaluations: int) -> dict[str, tuple[float, float]]:
    """Worth and CPU seconds of every answer; and the bound."""
    runs: dict[str, Callable[[], float]] = {"analytic": lambda: ranked_mix(problem).worth}
    for method in METHODS:
        runs[method.name] = lambda method=method: (
            -search_mix(
                problem, method, Evaluations(evaluations), rng=np.random.default_rng(1)
            ).cost
        )
    found = {name: _timed(run) for name, run in runs.items()}
    started = time.process_time()
    exact = exact_mix(problem, seconds=15)
    found["mixed-integer program"] = (exact.worth, time.process_time() - started)
    found["bound"] = (float(exact.bound or 0.0), 0.0)
    return found


def suppliers(problem: SupplierProblem, evaluations: int) -> dict[str, tuple[float, float]]:
    """Cost above that of the goods (negative, as above) and CPU seconds of every answer; and the bound."""
    goods = float(problem.demand @ np.nanmin(problem.price, axis=1))  # no choice can save these
    runs: dict[str, Callable[[], float]] = {"analytic": lambda: goods - item_by_item(problem).cost}
    for method in METHODS:
        runs[method.name] = lambda method=method: (
            goods
            - search_suppliers(
                problem, method, Evaluations(evaluations), rng=np.random.default_rng(1)
            ).cost
        )
    found = {name: _timed(run) for name, run in runs.items()}
    started = time.process_time()
    exact = exact_suppliers(problem, seconds=15)
    found["mixed-integer program"] = (goods - exact.cost, time.process_time() - started)
    found["bound"] = (goods - float(exact.bound or 0.0), 0.0)
    return found


def _timed(run: Callable[[], float]) -> tuple[float, float]:
    started = time.process_time()
    value = run()
    return value, time.process_time() - started


def main() -> None:
    """Solve, compare, print, and end with one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--problems", type=int, default=10)
    parser.add_argument("--evaluations", type=int, default=5000)
    parser.add_argument("--items", type=int, nargs="+", default=[20, 60])
    args = parser.parse_args()
    table = Table(title=f"{args.problems} problems each, {args.evaluations:,} evaluations")
    for column in ("choice", "items", "method", "mean gap", "worst gap", "better in", "CPU s each"):
        table.add_column(column, justify="left" if column in ("choice", "method") else "right")
    results: dict[str, dict[str, float]] = {}
    for choice, build, judge in (
        ("containers", shipment, containers),
        ("suppliers and calendars", trade, suppliers),
    ):
        for n in args.items:
            problems = track(
                [build(seed, n) for seed in range(args.problems)],
                f"{choice}, {n} items",
                console=Console(stderr=True),
            )
            found = [judge(problem, args.evaluations) for problem in problems]
            for name in list(found[0])[:-1]:
                gap = np.array([(f["bound"][0] - f[name][0]) / abs(f["bound"][0]) for f in found])
                better = sum(
                    f[name][0] > f["analytic"][0] + 1e-9 * abs(f["bound"][0]) for f in found
                )
                cpu = float(np.mean([f[name][1] for f in found]))
                of = "" if name == "analytic" else f"{better} of {len(found)}"
                table.add_row(
                    choice, str(n), name, f"{gap.mean():.3%}", f"{gap.max():.3%}", of, f"{cpu:.2f}"
                )
                results[f"{choice}/{n}/{name}"] = {
                    "mean_gap": float(gap.mean()), "worst_gap": float(gap.max()), "cpu_s": cpu
                }  # fmt: skip
    Console(width=120).print(table)
    print(json.dumps({"benchmark": "joint_choices", "results": results}))


if __name__ == "__main__":
    main()
