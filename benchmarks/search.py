"""Do metaheuristics earn their place on stock levels? Every method against the exact answer.

N independent items, one level each, the default objective (holding and shortage) and the tutorials'
objective in its bounded reading, 10-day demand sampled 200 times. Each search gets the tutorials'
budget of 50 x 100 evaluations, once from nowhere ("cold") and once from the exact answer ("warm").
Genetic algorithm, particle swarm and differential evolution also run as pymoo runs them by itself, with
its own first generation and loop, to show that our door costs nothing.

    python benchmarks/search.py [--items 10 200 1000]
"""

from __future__ import annotations

import argparse
import json
import os
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
from rich.console import Console
from rich.table import Table

from onhand.decide.replenish.levels import LevelProblem, exact_levels, newsvendor_problem
from onhand.decide.replenish.ratio import RatioObjective, ratio_problem
from onhand.inventory.costs import Costs
from onhand.optimize.methods import (
    CMAES,
    DifferentialEvolution,
    GeneticAlgorithm,
    Gradient,
    ParticleSwarm,
    SimulatedAnnealing,
)
from onhand.optimize.minimize import Method, minimize
from onhand.optimize.stop import Evaluations


def demand(n_items: int, n_samples: int = 200, n_days: int = 10, seed: int = 7) -> np.ndarray:
    """Ten days of intermittent negative-binomial demand per item, summed, (N, S)."""
    rng = np.random.default_rng(seed)
    rate = rng.lognormal(0.5, 1.0, (n_items, 1, 1))
    daily = rng.negative_binomial(1.5, 1.5 / (1.5 + rate), (n_items, n_samples, n_days))
    return daily.sum(axis=2).astype(np.float64)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--items", type=int, nargs="+", default=[10, 200, 1000])
    parser.add_argument("--evaluations", type=int, default=5000)
    args = parser.parse_args()

    results: dict[str, dict[str, float]] = {}
    console = Console(width=110)
    for n in args.items:
        table = Table(title=f"{n} items, {args.evaluations:,} evaluations: gap to the exact answer")
        for column in ("objective", "method", "cold gap", "CPU s", "warm gap"):
            table.add_column(
                column, justify="left" if column in ("objective", "method") else "right"
            )
        for objective, problem in _problems(n).items():
            started = time.process_time()
            best = exact_levels(problem)
            cpu = time.process_time() - started
            bound = float(problem.costs(best[None])[0])
            results[f"{objective}/{n}/exact"] = {"mean_gap": 0.0, "cpu_s": cpu}
            table.add_row(objective, "exact quantile", "0.0 %", f"{cpu:.3f}", "")
            for method in _methods(n):
                gap, cpu = _gap(problem, method, args.evaluations, bound, None)
                warm, _ = _gap(problem, method, args.evaluations, bound, best)
                table.add_row(objective, method.name, f"{gap:.1%}", f"{cpu:.2f}", f"{warm:.2%}")
                results[f"{objective}/{n}/{method.name}"] = {
                    "mean_gap": gap, "cpu_s": cpu, "warm_gap": warm
                }  # fmt: skip
            for name in ("GA", "PSO", "DE"):
                gap, cpu = _pymoo_alone(problem, name, args.evaluations, bound)
                table.add_row(objective, f"pymoo's {name} alone", f"{gap:.1%}", f"{cpu:.2f}", "")
                results[f"{objective}/{n}/pymoo {name}"] = {"mean_gap": gap, "cpu_s": cpu}
        console.print(table)
    print(json.dumps({"benchmark": "search", "results": results}))


def _problems(n: int) -> dict[str, LevelProblem]:
    rng = np.random.default_rng(11)
    samples = demand(n)
    cost = rng.lognormal(2.0, 0.8, n)
    money = Costs.of(0.02 * cost, 0.4 * cost, n_series=n)
    weights = RatioObjective(alpha=0.5, beta=20.0, gamma=4.0)
    return {"money": newsvendor_problem(samples, money), "ratio": ratio_problem(samples, weights)}


def _methods(n: int) -> list[Method]:
    return [
        GeneticAlgorithm(),
        ParticleSwarm(),
        DifferentialEvolution(),
        SimulatedAnnealing(),
        CMAES(is_diagonal=n > 50),
        Gradient(),
    ]


def _pymoo_alone(
    problem: LevelProblem, name: str, evaluations: int, bound: float
) -> tuple[float, float]:
    """The same problem given to pymoo without Onhand's search."""
    from pymoo.algorithms.soo.nonconvex.de import DE
    from pymoo.algorithms.soo.nonconvex.ga import GA
    from pymoo.algorithms.soo.nonconvex.pso import PSO
    from pymoo.core.problem import Problem
    from pymoo.optimize import minimize as pymoo_minimize

    class Levels(Problem):
        def _evaluate(self, x: np.ndarray, out: dict, *_: object, **__: object) -> None:
            out["F"] = problem.costs(np.ascontiguousarray(x))

    box = Levels(n_var=len(problem.lower), n_obj=1, xl=problem.lower, xu=problem.upper)
    algorithm = {"GA": GA, "PSO": PSO, "DE": DE}[name](pop_size=50)
    started = time.process_time()
    found = pymoo_minimize(box, algorithm, ("n_eval", evaluations), seed=1, verbose=False)
    return (float(found.F[0]) - bound) / abs(bound), time.process_time() - started


def _gap(
    problem: LevelProblem, method: Method, n: int, bound: float, start: np.ndarray | None
) -> tuple[float, float]:
    # The gradient needs 200 steps, not 5,000: each tells it more than a cost does.
    budget = Evaluations(200 if isinstance(method, Gradient) else n)
    started = time.process_time()
    found = minimize(
        problem, method, budget, rng=np.random.default_rng(1), start=start, bound=bound
    )
    return (found.cost - bound) / abs(bound), time.process_time() - started


if __name__ == "__main__":
    main()
