"""How well do we order for items we know nothing about, from suppliers who may not keep their word?

InventoryBench: single items, about 50 periods, five demand values to start from. An order placed
at the start of a period arrives after a promised lead time of 0, 4 or 2 periods; behind the 2 there
is in truth 1, 2, 3 or never. Lost sales, p per unit sold, 1 per unit and period held. The score of
a game is max(0, reward / (p x total demand)), that of a contender the mean over games.

    python benchmarks/inventorybench.py --data DIR [--test FILE] [--bounds]

A contender sees, at each period: demand so far, its own orders, the quantity that arrived in each
period, the promised lead time, p and h. Not the lead times, dates, names, or the number of periods.
`--bounds` adds what the default would score if it were told the lead times, the demand, or both.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from scipy.special import ndtri

from onhand.data.panel import Frequency, Panel
from onhand.decide.replenish.adaptive import order_on_arrivals
from onhand.decide.replenish.projected import BalancedProjection
from onhand.demand.history import DemandHistory
from onhand.forecast.adaptive import Adaptive
from onhand.inventory.costs import Costs
from onhand.inventory.moves import place, serve_or_lose
from onhand.inventory.policy import Situation
from onhand.inventory.receipts import (
    SupplyPaths,
    SupplyRecord,
    after_period,
    lead_time_belief,
    sample_supply,
)
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms

N_SAMPLES = 256
LOOK_AHEAD = 9  # periods after the promised arrival over which leftover stock is charged
LONGEST = 16  # slots of the true pipeline

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Games:
    """N games of at most T periods. NaN demand: the game is over."""

    names: NDArray[np.str_]
    family: NDArray[np.str_]
    setting: NDArray[np.str_]
    source: NDArray[np.str_]
    promised: NDArray[np.int64]
    profit: Array
    holding: Array
    before: Array  # (N, 5) demand before the game
    demand: Array  # (N, T)
    lead_time: NDArray[np.int64]  # (N, T) of an order placed in that period; -1: never arrives

    @property
    def n_periods(self) -> int:
        """The periods of the longest game."""
        return int(self.demand.shape[1])


@dataclass(frozen=True)
class View:
    """All that a contender may know when it orders for period t."""

    history: Array  # (N, 5 + t) demand seen
    orders: Array  # (N, t) its own
    received: Array  # (N, t) what arrived in each period
    on_hand: Array
    promised: NDArray[np.int64]
    costs: Costs


Contender = Callable[[View], Array]


def read_games(folder: Path, test: Path) -> Games:
    """The games whose rows are in `test`."""
    rows = pl.read_parquet(test)
    names = rows["instance"].unique(maintain_order=True).to_list()
    number = {name: i for i, name in enumerate(names)}
    about = pl.read_parquet(folder / "instances.parquet").filter(pl.col("instance").is_in(names))
    about = about.sort(pl.col("instance").replace_strict(number, return_dtype=pl.Int64))
    if about["instance"].to_list() != names:
        raise SystemExit(f"{test}: some games are not in {folder / 'instances.parquet'}")
    start = pl.read_parquet(folder / "train.parquet").filter(pl.col("instance").is_in(names))

    def spread(table: pl.DataFrame, column: str, empty: float) -> Array:
        i = table["instance"].replace_strict(number, return_dtype=pl.Int64).to_numpy()
        t = table["period"].to_numpy().astype(np.int64) - 1
        values = np.full((len(names), int(t.max()) + 1), empty)
        values[i, t] = table[column].to_numpy()
        return values

    return Games(
        names=np.array(names),
        family=about["family"].to_numpy().astype(str),
        setting=about["lead_time_setting"].to_numpy().astype(str),
        source=about["source_id"].to_numpy().astype(str),
        promised=about["promised_lead_time"].to_numpy().astype(np.int64),
        profit=spread(rows, "profit", np.nan)[:, 0],
        holding=spread(rows, "holding_cost", np.nan)[:, 0],
        before=spread(start, "demand", np.nan),
        demand=spread(rows, "demand", np.nan),
        lead_time=spread(rows, "lead_time", -1).astype(np.int64),
    )


def play(games: Games, contender: Contender) -> Array:
    """The score of each game, (N,)."""
    n, n_periods = games.demand.shape
    costs = Costs.of(games.holding, games.profit, n_series=n)
    history = np.concatenate([games.before, np.nan_to_num(games.demand)], axis=1)
    n_before = games.before.shape[1]
    orders, received = np.zeros((n, n_periods)), np.zeros((n, n_periods))
    stock, reward = Stock.of(np.zeros(n), np.zeros((n, LONGEST))), np.zeros(n)
    for t in range(n_periods):
        is_on = ~np.isnan(games.demand[:, t])
        view = View(
            history[:, : n_before + t].copy(),
            orders[:, :t].copy(),
            received[:, :t].copy(),
            stock.on_hand,
            games.promised,
            costs,
        )
        orders[:, t] = np.where(is_on, np.ceil(np.maximum(contender(view), 0.0) - 1e-6), 0.0)
        stock = place(stock, orders[:, t], games.lead_time[:, t])
        stock, flow = serve_or_lose(stock, history[:, n_before + t])
        received[:, t] = flow.arrivals
        earned = games.profit * flow.served - games.holding * flow.on_hand
        reward += np.where(is_on, earned, 0.0)
    return np.maximum(0.0, reward / (games.profit * np.nansum(games.demand, axis=1)))


# --- contenders --------------------------------------------------------------------------------


def or_baseline(view: View) -> Array:
    """The published capped base stock: it believes the promise and never writes an order off."""
    lead, ratio = view.promised, view.costs.critical_ratio
    mean, sd = view.history.mean(axis=1), view.history.std(axis=1, ddof=1)
    expected, buffer = (1 + lead) * mean, ndtri(ratio) * np.sqrt(1 + lead) * sd
    position = view.on_hand + view.orders.sum(axis=1) - view.received.sum(axis=1)
    need = np.maximum(0.0, np.ceil(expected + buffer - position))
    return np.minimum(need, np.ceil(mean + ndtri(0.95) * sd))


def paths_of(view: View, horizon: int) -> NDArray[np.float32]:
    """Demand that may come, (N, S, horizon), as the adaptive forecaster sees it."""
    panel = Panel.of(view.history, frequency=Frequency.WEEK)
    history = DemandHistory(panel, panel.sales, np.zeros(panel.sales.shape, dtype=bool))
    rng = np.random.default_rng([1, view.history.shape[1]])
    return Adaptive().fit(history).paths(horizon, N_SAMPLES, rng=rng).values


class Bookkeeper:
    """Keeps the record of open orders of one contender through its games."""

    def __init__(self) -> None:
        self.record: SupplyRecord | None = None

    def up_to_now(self, view: View) -> SupplyRecord:
        """The record at this review."""
        t = view.orders.shape[1]
        if t == 0 or self.record is None:
            self.record = SupplyRecord.new(view.promised)
        else:
            self.record = after_period(self.record, view.orders[:, -1], view.received[:, -1])
        return self.record


def base_stock() -> Contender:
    """Order up to the critical ratio's quantile of demand over L + 1; late orders written off."""
    books = Bookkeeper()

    def decide(view: View) -> Array:
        record = books.up_to_now(view)
        paths = paths_of(view, int(view.promised.max()) + 1)
        counts = np.arange(paths.shape[2]) <= view.promised[:, None]
        total = (paths * counts[:, None, :]).sum(axis=2)
        level = np.array(
            [np.quantile(row, q) for row, q in zip(total, view.costs.critical_ratio, strict=True)]
        )
        return level - view.on_hand - record.on_order

    return decide


def projected() -> Contender:
    """Projected inventory on the same paths, believing the promise; late orders due next period."""
    books = Bookkeeper()

    def decide(view: View) -> Array:
        record = books.up_to_now(view)
        pipeline = np.zeros_like(record.open_orders)
        for age in range(pipeline.shape[1]):
            slot = np.maximum(view.promised - age - 1, 0)
            pipeline[np.arange(len(slot)), slot] += record.open_orders[:, age]
        terms = SupplyTerms.of(view.promised, n_series=len(view.promised))
        policy = BalancedProjection()
        paths = paths_of(view, policy.horizon(terms))
        stock = Stock.of(view.on_hand, pipeline)
        return policy.order(Situation(stock, paths, terms, view.costs))

    return decide


def default(
    told: Callable[[View, SupplyPaths], SupplyPaths] | None = None,
    demand: Callable[[View, int], NDArray[np.float32]] = paths_of,
) -> Contender:
    """Every unit that is expected to pay, over worlds of demand and of supply."""
    books = Bookkeeper()

    def decide(view: View) -> Array:
        record = books.up_to_now(view)
        horizon = int(view.promised.max()) + 1 + LOOK_AHEAD
        supply = sample_supply(
            record,
            lead_time_belief(record),
            n_samples=N_SAMPLES,
            horizon=horizon,
            rng=np.random.default_rng([2, view.history.shape[1]]),
        )
        if told is not None:
            supply = told(view, supply)
        return order_on_arrivals(view.on_hand, demand(view, horizon), supply, view.costs)

    return decide


CONTENDERS: dict[str, Callable[[], Contender]] = {
    "or_baseline": lambda: or_baseline,
    "base_stock": base_stock,
    "projected": projected,
    "default": default,
}


# --- what it would be worth to know more -------------------------------------------------------


def true_supply(games: Games) -> Callable[[View, SupplyPaths], SupplyPaths]:
    """The lead times of past, present and later orders as they will be."""

    def tell(view: View, guess: SupplyPaths) -> SupplyPaths:
        n, n_samples, horizon = guess.arrivals.shape
        t = view.orders.shape[1]
        lead = np.full((n, games.n_periods + horizon), -1)
        lead[:, : games.n_periods] = games.lead_time
        placed = np.arange(lead.shape[1])
        slot = np.where(lead >= 0, placed + lead - t, -1)  # from now; (N, T + H)
        due = np.zeros((n, horizon), dtype=np.float32)
        for k in range(horizon):
            due[:, k] = (view.orders * (slot[:, :t] == k)).sum(axis=1)
        own = np.where(lead[:, t] < 0, horizon, lead[:, t])
        later = np.where(slot[:, t + 1 :] > own[:, None], slot[:, t + 1 :], horizon)
        relief = np.minimum(horizon, later.min(axis=1))
        return SupplyPaths(
            np.repeat(due[:, None, :], n_samples, axis=1),
            np.repeat(own[:, None], n_samples, axis=1),
            np.repeat(relief[:, None], n_samples, axis=1),
        )

    return tell


def true_demand(games: Games) -> Callable[[View, int], NDArray[np.float32]]:
    """The demand that will come, the same in every world."""

    def tell(view: View, horizon: int) -> NDArray[np.float32]:
        t = view.orders.shape[1]
        future = np.pad(np.nan_to_num(games.demand), ((0, 0), (0, horizon)))[:, t : t + horizon]
        return np.repeat(future[:, None, :], N_SAMPLES, axis=1).astype(np.float32)

    return tell


def bounds(games: Games) -> dict[str, Callable[[], Contender]]:
    """The default, told what nobody may know."""
    supply, demand = true_supply(games), true_demand(games)
    return {
        "told_lead_times": lambda: default(supply),
        "told_demand": lambda: default(demand=demand),
        "told_both": lambda: default(supply, demand),
    }


# --- the report --------------------------------------------------------------------------------


def cells(games: Games, score: Array) -> dict[str, float]:
    """Mean score by family and lead-time setting, and by p."""
    means = {}
    for family in ("synthetic", "real"):
        for setting in ("0", "4", "stochastic"):
            is_in = (games.family == family) & (games.setting == setting)
            if is_in.any():
                means[f"{family} {setting}"] = float(score[is_in].mean())
    for p in np.unique(games.profit):
        means[f"p={p:g}"] = float(score[games.profit == p].mean())
    return means


def against_published(games: Games, score: Array, folder: Path) -> str:
    """How far our run of the baseline is from the published score of each game."""
    file = folder / "or_baseline_scores_dev.parquet"
    if not file.exists():
        return "no published scores to compare with"
    published = pl.read_parquet(file)
    ours = pl.DataFrame({"instance": games.names.astype(str), "ours": score})
    both = ours.join(published, on="instance")
    if both.is_empty():
        return "no published scores for these games"
    worst = float((both["ours"] - both["or_capped_base_stock"]).abs().max())  # type: ignore[arg-type]
    return f"baseline: largest difference from the {len(both)} published scores {worst:.1e}"


def interval(games: Games, score: Array) -> tuple[float, float]:
    """95 % bootstrap interval of the mean; games of the same item are drawn together."""
    _, item = np.unique(games.source, return_inverse=True)
    total, n_games = np.bincount(item, weights=score), np.bincount(item)
    drawn = np.random.default_rng(0).integers(0, len(total), (2000, len(total)))
    means = total[drawn].sum(axis=1) / n_games[drawn].sum(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of InventoryBench")
    parser.add_argument("--test", type=Path, help="games to play; default: DIR/test_dev.parquet")
    parser.add_argument("--bounds", action="store_true", help="add what more knowledge would score")
    given = parser.parse_args()
    games = read_games(given.data, given.test or given.data / "test_dev.parquet")

    console = Console(width=150)
    results: dict[str, dict[str, Any]] = {}
    scores = {}
    for name, build in (CONTENDERS | (bounds(games) if given.bounds else {})).items():
        started = time.process_time()
        scores[name] = play(games, build())
        results[name] = {
            "score": round(float(scores[name].mean()), 6),
            "cpu_s": round(time.process_time() - started, 2),
        }
    table = Table(title=f"InventoryBench, {len(games.names)} games: mean score")
    for heading in ("contender", "score", *cells(games, scores["default"]), "CPU s"):
        table.add_column(heading, justify="left" if heading == "contender" else "right")
    for name, score in scores.items():
        means = [f"{m:.4f}" for m in cells(games, score).values()]
        table.add_row(name, f"{score.mean():.4f}", *means, f"{results[name]['cpu_s']:.1f}")
    console.print(table)
    console.print(against_published(games, scores["or_baseline"], given.data))
    low, high = interval(games, scores["default"])
    console.print(f"default: 95 % interval over items {low:.4f} to {high:.4f}")
    print(json.dumps({"benchmark": "inventorybench", "results": results}))


if __name__ == "__main__":
    main()
