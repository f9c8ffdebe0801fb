"""Service against investment: NSGA-II beside the exact frontier of the ranked buy list.

N stock points offer their next packs; what is bought costs money now and earns expected margin. The
ranked list gives the whole frontier at once. NSGA-II gets 50 x 400 evaluations, once from nowhere
and once from 25 points of the frontier. Told are the share of the frontier's area that is missed, and
how much margin is missed on average at nine budgets.

    python benchmarks/frontier.py [--items 10 50 200] [--evaluations 20000]
"""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import dataclass

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
from rich.console import Console
from rich.table import Table

from onhand.decide.replenish.budget import buy_list, frontier, spend
from onhand.decide.replenish.marginal import Worth, worth_of_steps
from onhand.inventory.costs import Costs
from onhand.inventory.policy import Situation
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms
from onhand.optimize.methods.nsga2 import NSGA2
from onhand.optimize.stop import Evaluations
from onhand.optimize.trade_off import Front, area, trade_off


@dataclass(frozen=True)
class BuyTradeOff:
    """Packs of each stock point (N,), rounded: money spent, and expected margin earned, negative."""

    worth: Worth
    unit_cost: np.ndarray

    n_costs = 2

    @property
    def lower(self) -> np.ndarray:
        """Nothing bought."""
        return np.zeros(len(self.unit_cost))

    @property
    def upper(self) -> np.ndarray:
        """Every pack that earns anything."""
        return (self.worth.worth > 0).sum(axis=1).astype(np.float64)

    def costs(self, candidates: np.ndarray) -> np.ndarray:
        """(P, N) -> (P, 2)."""
        packs = np.rint(candidates).astype(np.int64)
        n, _ = self.worth.worth.shape
        earned = np.concatenate([np.zeros((n, 1)), np.cumsum(self.worth.worth, axis=1)], axis=1)
        money = (packs * self.worth.step) @ self.unit_cost
        return np.stack([money, -earned[np.arange(n), packs].sum(axis=1)], axis=1)


def offers(n: int) -> BuyTradeOff:
    """What N stock points of very different demand, packs and prices could buy next."""
    rng = np.random.default_rng(n)
    mean = rng.lognormal(0.5, 1.0, n)
    unit_cost = rng.lognormal(1.0, 0.8, n)
    situation = Situation(
        stock=Stock.of(rng.poisson(mean * 2), np.zeros((n, 4))),
        paths=rng.poisson(mean[:, None, None], (n, 200, 13)).astype(np.float32),
        terms=SupplyTerms.of(3, pack_size=rng.choice([1.0, 2.0, 6.0], n), n_series=n),
        costs=Costs.of(0.02 * unit_cost, 0.5 * unit_cost, n_series=n),
    )
    return BuyTradeOff(worth_of_steps(situation), unit_cost)


def main() -> None:
    """Search, compare, print, and end with one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--items", type=int, nargs="+", default=[10, 50, 200])
    parser.add_argument("--evaluations", type=int, default=20_000)
    args = parser.parse_args()
    table = Table(title=f"NSGA-II, {args.evaluations:,} evaluations, beside the exact frontier")
    for column in ("stock points", "from", "points", "area missed", "margin missed", "CPU s"):
        table.add_column(column, justify="left" if column == "from" else "right")
    results: dict[str, dict[str, float]] = {}
    for n in args.items:
        problem = offers(n)
        started = time.process_time()
        plan = buy_list(problem.worth, unit_size=problem.unit_cost)
        spent, earned = frontier(plan)
        cpu = time.process_time() - started
        exact = np.stack([spent, -earned], axis=1)
        bought = np.array(
            [spend(plan, b) / problem.worth.step for b in np.linspace(0, spent[-1], 401)]
        )
        of_list = Front("ranked list", bought, problem.costs(bought), len(bought))
        missed, short = _missed(of_list, exact)
        table.add_row(
            str(n), "ranked list spent", "401", f"{missed:.2%}", f"{short:.2%}", f"{cpu:.3f}"
        )
        known = np.array(
            [spend(plan, b) / problem.worth.step for b in np.linspace(0, spent[-1], 25)]
        )
        for name, start in (("nowhere", None), ("25 exact points", known)):
            started = time.process_time()
            front = trade_off(
                problem, NSGA2(50), Evaluations(args.evaluations),
                rng=np.random.default_rng(1), start=start,
            )  # fmt: skip
            cpu = time.process_time() - started
            missed, short = _missed(front, exact)
            table.add_row(
                str(n), name, f"{len(front.costs):,}", f"{missed:.2%}", f"{short:.2%}", f"{cpu:.1f}"
            )
            results[f"{n}/{name}"] = {"mean_gap": missed, "margin_missed": short, "cpu_s": cpu}
    Console(width=110).print(table)
    print(json.dumps({"benchmark": "frontier", "results": results}))


def _missed(front: Front, exact: np.ndarray) -> tuple[float, float]:
    """Share of the area, and mean share of the margin at nine budgets, that the front misses.

    The frontier is drawn as the line through the list's points, the Lagrangian bound: no whole packs
    can lie above it, and most lie below, the list's own too.
    """
    worst = np.array([exact[-1, 0], 0.0]) * 1.0001 + 1e-9
    dense = np.linspace(0, exact[-1, 0], 4000)
    line = np.interp(dense, exact[:, 0], -exact[:, 1])
    whole = np.trapezoid(line, dense)
    share = 1 - area(front.costs, worst=worst) / whole
    short = []
    for budget in np.linspace(0.1, 0.9, 9) * exact[-1, 0]:
        best = float(np.interp(budget, exact[:, 0], -exact[:, 1]))
        reached = -front.costs[front.costs[:, 0] <= budget, 1]
        short.append(1 - (reached.max() if len(reached) else 0.0) / best)
    return float(share), float(np.mean(short))


if __name__ == "__main__":
    main()
