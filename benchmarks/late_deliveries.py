"""What is it worth to foresee deliveries world by world, and to tune on late and short ones?

A made-up shop whose supplier promises two weeks, keeps it in 60 of 100 orders, is one week late in 20 and
three in 20, and delivers only half of every fourth order. The policy is the default, projected inventory
on sample paths; its quantile is tuned on one history and judged on another. It is told of deliveries

- as promised, each order on its day and in full;
- as planned: the lead time that 80 of 100 deliveries keep, overdue orders after what is usual then;
- at random: every world draws lateness and share from the record, for open orders given their age.

The quantile is tuned in the same world that judges it; or, "tuned as planned", in one where all comes
in full within the planned lead time; or, "tuned in the replay", as `onhand plan` does it: in
`onhand.evaluate.replay` on the demand of the past, with lead times and shares drawn anew from the record for
every order (`onhand.evaluate.deliveries`) and the policy told at random. Costs are per stock point and week; the interval is over stock points, each judged on the same demand and deliveries.

    python benchmarks/late_deliveries.py [--stock-points 200] [--weeks 60]
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from rich.console import Console
from rich.table import Table

from onhand.decide.replenish.projected_cover import ProjectedCover
from onhand.evaluate.deliveries import PastDeliveries
from onhand.evaluate.replay import Window, replay, whole_units
from onhand.inventory.costs import Costs
from onhand.inventory.lead_times import Delivered
from onhand.inventory.policy import Situation
from onhand.inventory.receipts import SupplyPaths
from onhand.inventory.stock import Stock
from onhand.inventory.supply_odds import SupplyOdds, draw_worlds
from onhand.inventory.terms import SupplyTerms

PROMISED, PLANNED = 2, 3
LATE, LATE_WEIGHT = np.array([0, 1, 3]), np.array([0.6, 0.2, 0.2])
SHARE, SHARE_WEIGHT = np.array([0.5, 1.0]), np.array([0.25, 0.75])
QUANTILES = (0.5, 0.6, 0.7, 0.8, 0.87, 0.93, 0.97, 0.99)
HORIZON, WORLDS, WARM_UP = 12, 60, 20
HOLDING, SHORTAGE = 0.05, 2.0


@dataclass(frozen=True)
class Weeks:
    """Demand (N, T), lateness and share of the order placed in each week; and what is forecast."""

    demand: np.ndarray
    late: np.ndarray
    share: np.ndarray
    mean: np.ndarray

    @classmethod
    def drawn(cls, n: int, weeks: int, seed: int, *, punctual: bool = False) -> Weeks:
        """A history. `punctual`: all orders come in full, after the planned lead time."""
        rng = np.random.default_rng(seed)
        mean = np.random.default_rng(0).lognormal(1.5, 0.8, n)  # the same items in every history
        demand = _wanted(rng, mean, weeks)
        late = rng.choice(LATE, (n, weeks), p=LATE_WEIGHT)
        share = rng.choice(SHARE, (n, weeks), p=SHARE_WEIGHT)
        if punctual:
            late, share = np.full_like(late, PLANNED - PROMISED), np.ones_like(share)
        return cls(demand, late, share, mean)


def _wanted(rng: np.random.Generator, mean: np.ndarray, *size: int) -> np.ndarray:
    rate = rng.gamma(3.0, mean.reshape(-1, *[1] * len(size)) / 3.0, (len(mean), *size))
    return rng.poisson(rate).astype(np.float64)


Told = Callable[
    [np.ndarray, np.ndarray, np.random.Generator], tuple[Stock, SupplyTerms, SupplyPaths | None]
]


def as_promised(on_hand: np.ndarray, waiting: np.ndarray, rng: np.random.Generator):  # noqa: ARG001
    """All open orders on their day; overdue ones next week."""
    return _known(on_hand, waiting, PROMISED, np.zeros(waiting.shape[1], dtype=np.int64))


def as_planned(on_hand: np.ndarray, waiting: np.ndarray, rng: np.random.Generator):  # noqa: ARG001
    """Open orders on their day, overdue ones after what is usual then; new ones after the planned time."""
    usual = np.zeros(waiting.shape[1], dtype=np.int64)
    for age in range(PROMISED + 1, waiting.shape[1]):
        later = age - PROMISED <= LATE
        middle = LATE[later][
            np.searchsorted(np.cumsum(LATE_WEIGHT[later]), LATE_WEIGHT[later].sum() / 2)
        ]
        usual[age] = PROMISED + middle - age
    return _known(on_hand, waiting, PLANNED, usual)


def _known(on_hand: np.ndarray, waiting: np.ndarray, lead: int, overdue: np.ndarray):
    n, ages = waiting.shape
    pipeline = np.zeros((n, HORIZON))
    for age in range(1, ages):
        slot = PROMISED - age if age <= PROMISED else int(overdue[age])
        pipeline[:, slot] += waiting[:, age]
    return Stock.of(on_hand, pipeline), SupplyTerms.of(lead, n_series=n), None


def at_random(on_hand: np.ndarray, waiting: np.ndarray, rng: np.random.Generator):
    """Lateness and share of every order world by world, those of open ones given their age."""
    n, ages = waiting.shape
    arrivals = np.zeros((n, WORLDS, HORIZON), dtype=np.float32)
    rows, worlds = np.arange(n)[:, None], np.arange(WORLDS)[None, :]
    for age in range(1, ages):
        left = np.maximum(0, age - PROMISED) <= LATE
        late = rng.choice(LATE[left], (n, WORLDS), p=LATE_WEIGHT[left] / LATE_WEIGHT[left].sum())
        share = rng.choice(SHARE, (n, WORLDS), p=SHARE_WEIGHT)
        arrivals[rows, worlds, PROMISED + late - age] += waiting[:, age, None] * share
    own, *after = (k + PROMISED + rng.choice(LATE, (n, WORLDS), p=LATE_WEIGHT) for k in range(5))
    relief = np.full((n, WORLDS), HORIZON)
    for slot in after:
        relief = np.where(slot > own, np.minimum(relief, slot), relief)
    share = rng.choice(SHARE, (n, WORLDS), p=SHARE_WEIGHT).astype(np.float32)
    supply = SupplyPaths(arrivals, own, np.maximum(relief, own + 1), share)
    stock, terms, _ = as_promised(on_hand, waiting, rng)
    return stock, terms, supply


def cost(weeks: Weeks, quantile: float, told: Told) -> np.ndarray:
    """Money per stock point and week after the warm-up, (N,)."""
    n, n_weeks = weeks.demand.shape
    rng = np.random.default_rng(5)
    policy = ProjectedCover(quantile, 0)
    costs = Costs.of(HOLDING, SHORTAGE, n_series=n)
    on_hand = 4 * weeks.mean
    waiting = np.zeros((n, PROMISED + int(LATE.max()) + 1))  # ordered so many weeks ago, as ordered
    coming = np.zeros((n, n_weeks + HORIZON))
    comes_at = np.zeros((n, waiting.shape[1]), dtype=np.int64)
    total = np.zeros(n)
    for t in range(n_weeks):
        arrived = (comes_at <= t) & (waiting > 0)
        waiting[arrived] = 0.0
        on_hand = on_hand + coming[:, t]
        short = np.maximum(0.0, weeks.demand[:, t] - on_hand)
        on_hand = np.maximum(0.0, on_hand - weeks.demand[:, t])
        if t >= WARM_UP:
            total += HOLDING * on_hand + SHORTAGE * short
        waiting = np.pad(waiting, ((0, 0), (1, 0)))[:, :-1]
        comes_at = np.pad(comes_at, ((0, 0), (1, 0)))[:, :-1]
        # Ages count from the last review: what was ordered then is one week old.
        stock, terms, supply = told(on_hand, waiting, rng)
        paths = _wanted(rng, weeks.mean, WORLDS, HORIZON).astype(np.float32)
        order = np.rint(policy.order(Situation(stock, paths, terms, costs, supply)))
        slot = t + 1 + PROMISED + weeks.late[:, t]
        np.add.at(
            coming,
            (np.arange(n), np.minimum(slot, n_weeks + HORIZON - 1)),
            order * weeks.share[:, t],
        )
        waiting[:, 0], comes_at[:, 0] = order, slot
    return total / (n_weeks - WARM_UP)


def replayed(weeks: Weeks, quantile: float) -> np.ndarray:
    """Money per stock point and week after the warm-up, (N,), in the product's own replay."""
    n, n_weeks = weeks.demand.shape
    odds = SupplyOdds(
        np.zeros(n, dtype=np.int64),
        np.bincount(PROMISED + LATE, weights=LATE_WEIGHT)[None, :],
        [Delivered(SHARE, SHARE_WEIGHT)],
        np.ones(1, dtype=np.int64),
    )
    rng = np.random.default_rng(6)
    lead_time, share = odds.drawn(*rng.random((2, n, n_weeks)))
    window = Window(
        opening=Stock.of(4 * weeks.mean, np.zeros((n, PLANNED + 1))),
        forecasts=[
            _wanted(rng, weeks.mean, WORLDS, HORIZON).astype(np.float32) for _ in range(n_weeks)
        ],
        demand=weeks.demand,
        terms=SupplyTerms.of(PLANNED, n_series=n),
        costs=Costs.of(HOLDING, SHORTAGE, n_series=n),
        first_scored=WARM_UP,
        supply=PastDeliveries(lead_time, share, odds.kind, draw_worlds(odds, WORLDS, rng)),
    )
    past = replay(ProjectedCover(quantile, 0), window, round_to=whole_units)
    return past.cost_by_series / (n_weeks - WARM_UP)


def main() -> None:
    """Tune, judge, compare, print, and end with one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--stock-points", type=int, default=200)
    parser.add_argument("--weeks", type=int, default=60)
    args = parser.parse_args()
    started = time.process_time()
    n, weeks = args.stock_points, args.weeks
    past, calm, future = (
        Weeks.drawn(n, weeks, 1),
        Weeks.drawn(n, weeks, 1, punctual=True),
        Weeks.drawn(n, weeks, 2),
    )
    ways: dict[str, tuple[Told, Weeks]] = {
        "as promised": (as_promised, past),
        "as planned": (as_planned, past),
        "as planned, tuned as planned": (as_planned, calm),
        "at random, tuned as planned": (at_random, calm),
        "at random, tuned in the replay": (at_random, past),
        "at random": (at_random, past),
    }
    found, curves = {}, {}
    for name, (told, tuned_on) in ways.items():
        tuned_told = as_planned if tuned_on is calm else told
        tuning = [
            float(
                replayed(tuned_on, q).mean()
                if name.endswith("in the replay")
                else cost(tuned_on, q, tuned_told).mean()
            )
            for q in QUANTILES
        ]
        best = QUANTILES[int(np.argmin(tuning))]
        found[name] = best, cost(future, best, told)
        curves[name] = [round(c, 3) for c in tuning]
    _, least = found["at random"]
    table = Table(title=f"{n} stock points, {weeks - WARM_UP} weeks judged")
    for column in ("told of deliveries", "quantile", "cost a week", "dearer than at random (95 %)"):
        table.add_column(column, justify="left" if column.startswith("told") else "right")
    results = {}
    for name, (best, each) in found.items():
        gap = each - least
        half = 1.96 * float(gap.std(ddof=1)) / np.sqrt(n)
        share = float(gap.mean() / least.mean())
        room = half / float(least.mean())
        table.add_row(
            name,
            f"{best:g}",
            f"{each.mean():.3f}",
            f"{share:+.1%} ± {room:.1%}" if gap.any() else "the same",
        )
        results[name] = {
            "quantile": best,
            "cost": float(each.mean()),
            "dearer": share,
            "half": room,
            "tuning": curves[name],
        }
    Console(width=110).print(table)
    cpu = time.process_time() - started
    print(json.dumps({"benchmark": "late_deliveries", "cpu_s": round(cpu, 1), "results": results}))


if __name__ == "__main__":
    main()
