"""Does an agent that learns by trying order as well as a policy with two numbers?

One standard agent, PPO (Schulman, Wolski, Dhariwal, Radford & Klimov 2017, arXiv 1707.06347), as
Stable-Baselines3 ships it, with its default settings on eight environments side by side and with
observations and rewards normalised, learns Zipkin's lost-sales instances in the environment of
`onhand.inventory.environment`. Its orders, and those of two policies of ours with
numbers tuned on other paths, are then paid on the same new demand; the optimum is exact.

    python benchmarks/reinforcement.py --data DIR [--steps 100000] [--seeds 2]

`--data` is the folder with `reference.csv` of the lost-sales instances.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import polars as pl
from numpy.typing import NDArray

from onhand.inventory.costs import Costs
from onhand.inventory.environment import Replenishment
from onhand.inventory.level_rule import LevelRule
from onhand.inventory.simulate import simulate
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms

MEAN = 5
WARM_UP, N_PERIODS, N_PATHS = 50, 550, 40
INSTANCES = (("poisson", 2, 4), ("poisson", 4, 9), ("geometric", 2, 9))


def main() -> None:
    """Teach, pay, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--steps", type=int, default=100_000, help="periods of experience")
    parser.add_argument("--seeds", type=int, default=2)
    args = parser.parse_args()
    reference = pl.read_csv(args.data / "reference.csv")
    rows = []
    for demand, lead, penalty in INSTANCES:
        known = reference.filter(
            (pl.col("demand") == demand)
            & (pl.col("lead_time") == lead)
            & (pl.col("lost_sale_penalty") == penalty)
        )
        if known.is_empty():
            continue
        row = judge(demand, lead, penalty, args.steps, args.seeds)
        row["optimal"] = float(known["optimal_cost"][0])
        rows.append(row)
        print(line(row), flush=True)
    print(json.dumps({"benchmark": "reinforcement", "steps": args.steps, "instances": rows}))


def draw(kind: str, shape: tuple[int, int], seed: int) -> NDArray[np.int64]:
    """Demand with mean 5."""
    rng = np.random.default_rng(seed)
    return rng.poisson(MEAN, shape) if kind == "poisson" else rng.geometric(1 / 6, shape) - 1


def judge(kind: str, lead: int, penalty: int, steps: int, n_seeds: int) -> dict[str, Any]:
    """Cost per period of each contender on the same fresh paths."""
    terms = SupplyTerms.of(lead_time=lead, n_series=1)
    costs = Costs.of(1.0, penalty, n_series=1)
    practice = draw(kind, (400, 200), seed=1)
    fresh = draw(kind, (N_PATHS, N_PERIODS), seed=2)
    row: dict[str, Any] = {"demand": kind, "lead_time": lead, "penalty": penalty}
    for name, caps in (("base_stock", [np.inf]), ("capped_base_stock", list(range(4, 12)))):
        row[name] = tuned(terms, costs, practice, fresh, caps)
    start = time.process_time()
    row["ppo"] = [taught(terms, costs, practice, fresh, steps, seed) for seed in range(n_seeds)]
    row["ppo_cpu_s"] = round((time.process_time() - start) / n_seeds, 1)
    return row


def tuned(
    terms: SupplyTerms,
    costs: Costs,
    practice: NDArray[np.int64],
    fresh: NDArray[np.int64],
    caps: list[float],
) -> float:
    """The best level and cap on the practice paths, paid on the fresh ones."""
    levels = np.arange(MEAN, MEAN * (int(terms.lead_time[0]) + 4), dtype=float)
    pairs = np.array([(s, r) for s in levels for r in caps])

    def paid(demand: NDArray[np.int64], which: NDArray[np.float64]) -> NDArray[np.float64]:
        rule = LevelRule.alternatives(which[None, :, 0], largest_order=which[None, :, 1])
        opening = Stock.of([0.0], np.zeros((1, int(terms.lead_time[0]) + 1)))
        whole = simulate(demand.T[None], opening, rule, terms)
        before = simulate(demand.T[None, :WARM_UP], opening, rule, terms)
        h, p = costs.holding_cost[0], costs.shortage_cost[0]
        n = demand.shape[1] - WARM_UP
        total = h * (whole.holding - before.holding) + p * (whole.short - before.short)
        return np.asarray(total[0]) / (n * len(demand))

    best = pairs[[int(paid(practice, pairs).argmin())]]
    return float(paid(fresh, best)[0])


def taught(
    terms: SupplyTerms,
    costs: Costs,
    practice: NDArray[np.int64],
    fresh: NDArray[np.int64],
    steps: int,
    seed: int,
) -> float:
    """What a PPO agent costs on the fresh paths after `steps` periods of practice."""
    import torch
    from stable_baselines3 import PPO
    from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

    torch.set_num_threads(1)
    one = partial(Replenishment, practice, terms, costs, most_packs=3 * MEAN)
    env = VecNormalize(DummyVecEnv([one] * 8))
    agent = PPO("MlpPolicy", env, n_steps=256, seed=seed, device="cpu", verbose=0)
    agent.learn(steps)
    # Every trial knows all paths: the expected demand that an agent sees must not be its own future.
    trials = [Replenishment(fresh, terms, costs, most_packs=3 * MEAN) for _ in fresh]
    started = [trial.reset(seed=0, options={"path": k}) for k, trial in enumerate(trials)]
    seen = np.stack([first for first, _ in started])
    paid = []
    for period in range(fresh.shape[1]):
        actions, _ = agent.predict(env.normalize_obs(seen), deterministic=True)
        steps_taken = [trial.step(action) for trial, action in zip(trials, actions, strict=True)]
        seen = np.stack([step[0] for step in steps_taken])
        if period >= WARM_UP:
            paid.append(-np.mean([step[1] for step in steps_taken]))
    return float(np.mean(paid))


def line(row: dict[str, Any]) -> str:
    """Gaps to the optimum as text."""

    def gap(cost: float) -> str:
        return f"{100 * (cost / row['optimal'] - 1):+.1f} %"

    agents = ", ".join(gap(c) for c in row["ppo"])
    return (
        f"{row['demand']:9} L {row['lead_time']} p {row['penalty']:2}: optimal {row['optimal']:.2f}  "
        f"base stock {gap(row['base_stock'])}  capped {gap(row['capped_base_stock'])}  "
        f"ppo {agents}  ({row['ppo_cpu_s']:.0f} CPU-s each)"
    )


if __name__ == "__main__":
    main()
