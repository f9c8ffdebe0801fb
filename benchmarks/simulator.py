"""How many SKU-path-days does the simulator run in a CPU-second, and how many do its peers?

The job: 30,000 stock points x 200 demand paths x 90 days, lost sales, base stock, lead time 3. The
peers run the first stock points of the same job, at the size they can bear, and must give the same
units as we do on those: `stockcast` (lost sales), and `stockpyl`, which knows no lost sales and
runs the same paths with backorders. Every contender has a process of its own; building demand and
loading packages is not timed, and what a run compiles is compiled before.

    python benchmarks/simulator.py [--n-series 30000] [--n-paths 200] [--n-periods 90]

A peer that is not installed (`pip install "onhand[bench]"`) is left out and named.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.stats import poisson

LEAD_TIME = 3
SEED = 20


@dataclass(frozen=True)
class Job:
    """Demand (N, H, S) uint8 and base-stock levels (N,); stock opens at its level."""

    demand: np.ndarray
    levels: np.ndarray


def job(n_series: int, n_paths: int, n_periods: int) -> Job:
    """The first `n_series` stock points of the job: Poisson demand of 0.2 to 12 a day.

    Each stock point has its own stream, so that a smaller job is the beginning of a larger one.
    """
    demand = np.empty((n_series, n_periods, n_paths), dtype=np.uint8)
    levels = np.empty(n_series)
    for n, seed in enumerate(np.random.SeedSequence(SEED).spawn(n_series)):
        rng = np.random.default_rng(seed)
        mean = rng.uniform(0.2, 12.0)
        # 256 quantiles, drawn by a random byte: ten times faster than Poisson draws one by one.
        quantiles = poisson.ppf((np.arange(256) + 0.5) / 256, mean).astype(np.uint8)
        bytes_ = np.frombuffer(rng.bytes(n_periods * n_paths), dtype=np.uint8)
        np.take(quantiles, bytes_.reshape(n_periods, n_paths), out=demand[n])
        levels[n] = np.ceil(mean * (LEAD_TIME + 1) + np.sqrt(mean * (LEAD_TIME + 1)))
    return Job(demand, levels)


def onhand(work: Job, shortage: str = "lost_sales", **settings: Any) -> dict[str, list[float]]:
    """Ours: units per stock point."""
    from onhand.inventory.level_rule import LevelRule
    from onhand.inventory.simulate import simulate
    from onhand.inventory.stock import Stock
    from onhand.inventory.terms import SupplyTerms

    n = len(work.levels)
    result = simulate(
        work.demand,
        Stock.of(work.levels, np.zeros((n, LEAD_TIME + 1))),
        settings.pop("rule", None) or LevelRule.of(work.levels),
        SupplyTerms.of(LEAD_TIME, n_series=n, **settings),
        shortage=shortage,  # type: ignore[arg-type]
    )
    return {
        "served": result.served[:, 0].tolist(),
        "holding": result.holding[:, 0].tolist(),
        "charged": result.charged[:, 0].tolist(),
    }


def stockcast(work: Job) -> dict[str, list[float]]:
    """Each path of each stock point is a SKU of its own in one vectorised run."""
    import pandas as pd
    from stockcast.core import InventoryStateDataFrame, SimulationEngine
    from stockcast.policies import OrderUpToPolicy

    N, H, S = work.demand.shape
    days = pd.date_range("2026-01-01", periods=H, freq="D")
    ids = [f"{n:05d}-{s:04d}" for n in range(N) for s in range(S)]
    level = np.repeat(work.levels, S)
    eve = days[0] - pd.Timedelta(days=1)
    demand = pd.DataFrame(
        {
            "unique_id": np.repeat(ids, H),
            "date": np.tile(days, N * S),
            "y": work.demand.swapaxes(1, 2).ravel(),
        }
    )
    shelf = pd.DataFrame({"unique_id": ids, "date": eve, "on_hand": level})
    policy = OrderUpToPolicy(
        lead_time=LEAD_TIME,
        review_period=1,
        freq="D",
        service_level=0.9,
        allow_backorders=False,
    )
    policy.fit(pd.DataFrame({"unique_id": ids, "S": level}), target_column="S", forecast_origin=eve)
    result = SimulationEngine().run(
        policy=policy,
        demand_source=demand,
        inventory=InventoryStateDataFrame.from_observed(shelf),
    )
    events = result.to_event_frame()
    point = events["unique_id"].str[:5]
    columns = {
        "served": "fulfilled_units",
        "holding": "ending_on_hand",
        "charged": "lost_sales_units",
    }
    return {ours: events.groupby(point)[c].sum().tolist() for ours, c in columns.items()}


def stockpyl(work: Job) -> dict[str, list[float]]:
    """One stage, one path at a time, backorders; its order waits for the day's demand, so that its
    shipment lead time is ours + 1."""
    from stockpyl.sim import simulation
    from stockpyl.supply_chain_network import single_stage_system

    N, H, S = work.demand.shape
    sums = {"holding": [0.0] * N, "charged": [0.0] * N}
    for n in range(N):
        for s in range(S):
            network = single_stage_system(
                holding_cost=1,
                stockout_cost=1,
                demand_type="D",
                demand_list=work.demand[n, :, s].tolist(),
                shipment_lead_time=LEAD_TIME + 1,
                policy_type="BS",
                base_stock_level=float(work.levels[n]),
            )
            simulation(network, H, progress_bar=False, consistency_checks="N")
            levels = [
                next(iter(v.inventory_level.values())) for v in network.nodes[0].state_vars[:H]
            ]
            sums["holding"][n] += sum(max(v, 0) for v in levels)
            sums["charged"][n] += sum(max(-v, 0) for v in levels)
    return sums


def timed(run: Callable[[Job], dict[str, list[float]]], work: Job, repeats: int) -> dict[str, Any]:
    """Median CPU and wall seconds, the process's memory peak, and the units found."""
    cpu, wall, units = [], [], {}
    for _ in range(repeats):
        c, w = time.process_time(), time.perf_counter()
        units = run(work)
        cpu.append(time.process_time() - c)
        wall.append(time.perf_counter() - w)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # KiB on Linux
    return {
        "rate": work.demand.size / median(cpu),
        "cpu_s": median(cpu),
        "wall_s": median(wall),
        "peak_mib": peak,
        "units": {k: v[:20] for k, v in units.items()},
    }


def run_one(name: str, args: argparse.Namespace) -> dict[str, Any]:
    """What one contender does in this process."""
    if name == "stockcast":
        return timed(stockcast, job(20, args.n_paths, args.n_periods), 1)
    if name == "stockpyl":
        return timed(stockpyl, job(3, 20, args.n_periods), 1)
    onhand(job(1, args.n_paths, 2))  # compiles, or loads what was compiled before
    work = job(args.n_series, args.n_paths, args.n_periods)
    variants: dict[str, Callable[[Job], dict[str, list[float]]]] = {
        "onhand": onhand,
        "onhand_backorder": lambda w: onhand(w, "backorder"),
        "onhand_review_moq_packs": lambda w: onhand(
            w, review_period=2, minimum_order=5.0, pack_size=6.0
        ),
    }
    return timed(variants[name], work, args.repeats)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--n-series", type=int, default=30_000)
    parser.add_argument("--n-paths", type=int, default=200)
    parser.add_argument("--n-periods", type=int, default=90)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--data", help="not needed: the demand is drawn")
    parser.add_argument("--only", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.only:
        print(json.dumps(run_one(args.only, args)))
        return

    ours = ("onhand", "onhand_backorder", "onhand_review_moq_packs")
    found = {name: _in_own_process(name, args) for name in (*ours, "stockcast", "stockpyl")}
    console = Console(width=110)
    table = Table(title=f"Simulator, {args.n_series:,} x {args.n_paths} x {args.n_periods}")
    for column in ("contender", "M SKU-path-days / CPU-s", "CPU s", "wall s", "peak MiB", "units"):
        table.add_column(column, justify="left" if column in ("contender", "units") else "right")
    agrees = True
    for name, seen in found.items():
        if seen is None:
            table.add_row(name, "not installed")
            continue
        verdict = _agreement(name, seen, args)
        agrees &= verdict != "DIFFER"
        table.add_row(
            name,
            f"{seen['rate'] / 1e6:,.4g}",
            f"{seen['cpu_s']:.3f}",
            f"{seen['wall_s']:.3f}",
            f"{seen['peak_mib']:,.0f}",
            verdict,
        )
    console.print(table)
    measures = ("rate", "cpu_s", "wall_s", "peak_mib")
    results = {k: {m: v[m] for m in measures} for k, v in found.items() if v is not None}
    print(json.dumps({"benchmark": "simulator", "results": results}))
    if not agrees:
        sys.exit("a peer found other units than we did on the same job")


def _in_own_process(name: str, args: argparse.Namespace) -> dict[str, Any] | None:
    sizes = [f"--{k.replace('_', '-')}={getattr(args, k)}" for k in ("n_series", "n_paths")]
    sizes += [f"--n-periods={args.n_periods}", f"--repeats={args.repeats}"]
    done = subprocess.run(
        [sys.executable, __file__, "--only", name, *sizes], capture_output=True, text=True
    )
    if done.returncode and f"No module named '{name}" in done.stderr:
        return None
    if done.returncode:
        sys.exit(done.stderr)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _agreement(name: str, seen: dict[str, Any], args: argparse.Namespace) -> str:
    """Whether a peer found the units that we find on its part of the job."""
    if name == "stockcast":
        same = onhand(job(20, args.n_paths, args.n_periods))
    elif name == "stockpyl":
        same = onhand(job(3, 20, args.n_periods), "backorder")
    else:
        return ""
    return "same" if all(seen["units"][k] == same[k] for k in seen["units"]) else "DIFFER"


if __name__ == "__main__":
    main()
