"""Do searches beat the analytic heuristic where items share containers? And by how much, at what cost?

Random suppliers of 10 and 30 items with delivery, line and container costs. Every search starts from
the analytic answer and has the same number of evaluations; gaps are to a bound that no cycles beat.

    python benchmarks/joint_cycles.py [--suppliers 20] [--evaluations 5000]
"""

from __future__ import annotations

import argparse
import json
import os
import time

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from onhand.decide.replenish.joint_cycles import CycleProblem, analytic_cycles, search_cycles
from onhand.optimize.methods import (
    CMAES,
    DifferentialEvolution,
    GeneticAlgorithm,
    ParticleSwarm,
    SimulatedAnnealing,
)
from onhand.optimize.stop import Evaluations


def supplier(seed: int, n: int) -> CycleProblem:
    """A supplier whose containers hold a few weeks of what is bought from him."""
    rng = np.random.default_rng(seed)
    demand, volume = rng.lognormal(2.0, 1.2, n), rng.uniform(0.01, 0.05, n)
    return CycleProblem(
        demand=demand,
        line_cost=rng.uniform(2, 20, n),
        holding_cost=rng.uniform(0.01, 0.1, n),
        volume=volume,
        delivery_cost=rng.uniform(20, 150),
        container_cost=rng.uniform(50, 400),
        container_volume=float(demand @ volume) * rng.uniform(1, 6),
        safety=rng.uniform(0, 3, n),
        lead_time=4.0,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--suppliers", type=int, default=20)
    parser.add_argument("--evaluations", type=int, default=5000)
    args = parser.parse_args()
    methods = (
        GeneticAlgorithm(), ParticleSwarm(), DifferentialEvolution(), SimulatedAnnealing(), CMAES()
    )  # fmt: skip
    console = Console(width=110)
    table = Table(title=f"{args.suppliers} suppliers, {args.evaluations:,} evaluations each")
    for column in (
        "items",
        "method",
        "gap to bound",
        "saves",
        "least",
        "most",
        "better in",
        "CPU s each",
    ):
        table.add_column(column, justify="left" if column == "method" else "right")
    results = {}
    for n in (10, 30):
        problems = [supplier(seed, n) for seed in range(args.suppliers)]
        started = time.process_time()
        base = np.array([analytic_cycles(p).cost for p in problems])
        cpu = (time.process_time() - started) / len(problems)
        bound = np.array([p.bound() for p in problems])
        gap = float(((base - bound) / bound).mean())
        table.add_row(str(n), "analytic", f"{gap:.2%}", "", "", "", "", f"{cpu:.3f}")
        results[f"{n}/analytic"] = {"mean_gap": gap, "cpu_s": cpu}
        for method in methods:
            started = time.process_time()
            cost = np.array([
                search_cycles(
                    p, method, Evaluations(args.evaluations), rng=np.random.default_rng(1)
                ).cost
                for p in track(problems, f"{method.name}, {n} items", console=Console(stderr=True))
            ])  # fmt: skip
            cpu = (time.process_time() - started) / len(problems)
            gap, saved = float(((cost - bound) / bound).mean()), (base - cost) / base
            better = int((saved > 1e-9).sum())
            table.add_row(
                str(n), method.name, f"{gap:.2%}", f"{saved.mean():.2%}", f"{saved.min():.2%}",
                f"{saved.max():.2%}", f"{better} of {len(problems)}", f"{cpu:.2f}",
            )  # fmt: skip
            results[f"{n}/{method.name}"] = {
                "mean_gap": gap, "mean_saving": float(saved.mean()), "solved": better, "cpu_s": cpu
            }  # fmt: skip
    console.print(table)
    print(json.dumps({"benchmark": "joint_cycles", "results": results}))


if __name__ == "__main__":
    main()
