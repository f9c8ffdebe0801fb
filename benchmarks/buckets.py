"""Would a number for each kind of stock point be cheaper than one for the whole shop?

A plan tunes one number for the whole shop. Here stock points are put in two to four buckets by what is
known before each window: by turnover (ABC), by how unsteady their demand is, by the class of their demand
and by what a unit costs to hold beside what it earns. Each bucket's number is tuned on all other windows
than the one it is judged on, in three ways: on its own; half on its own and half with the shop; and
only where its gain on the windows it was tuned on is told apart from luck. All that differs is the
number: forecasts, policy and windows are the same. VN2's windows are those of `policies.py`, the sample
shop's follow each other without overlap. In both, what a lost sale costs beside a unit held is the same for
all; `--margins` makes it differ, with a fixed seed: on VN2 a lost sale costs a quarter to four times as much,
product by product; in the sample shop items are bought for 30 to 85 % of their price.

    python benchmarks/buckets.py --data DIR [--windows 11] [--margins]      # VN2
    python benchmarks/buckets.py [--margins]                                # the sample shop
    python benchmarks/buckets.py --quarter 0        # its last quarter, as a plan tunes; margins of that lot
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

import policies
import vn2_data as vn2
from onhand.data import sample_shop
from onhand.decide.replenish.projected import BalancedProjection, ProjectedInventory
from onhand.demand import believe
from onhand.demand.classify import abc_classes, demand_classes
from onhand.demand.history import DemandHistory
from onhand.evaluate.compare import Difference, paired
from onhand.evaluate.replay import whole_units
from onhand.inventory.costs import Costs
from onhand.inventory.policy import Policy
from onhand.optimize.ladder import valley
from onhand.plan.config import Config
from onhand.plan.economics import Economics, economics
from onhand.plan.forecasters import forecasters_for
from onhand.plan.margins import Margins, margins_of, rising_rungs, rungs_by_margin, rungs_of
from onhand.plan.rehearse import Past as ReplayedPast
from onhand.plan.rehearse import past_of
from onhand.plan.seen import panel_of
from onhand.plan.trials import Tuned, alike, tune_families
from onhand.plan.tune import Tuning, tune

Array = NDArray[np.float64]
Names = NDArray[np.str_]
Way = Callable[[Array, Array], int]


@dataclass(frozen=True)
class Past:
    """What each number cost each stock point in each window, and the bucket it was in before the window.

    buckets : kind -> (W, N) names
    costs : holding and margin of the stock points
    own : the policy that gives each stock point the share its own costs ask for, with a number for the shop
    """

    tuning: Tuning
    buckets: Mapping[str, Names]
    costs: Costs
    own: Tuning | None = None


def main() -> None:
    """Tune, judge, print, and end with one line of JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--data", type=Path, help="folder that holds vn2/; without: the sample shop"
    )
    parser.add_argument("--windows", type=int, default=11)
    parser.add_argument("--margins", action="store_true", help="margins that differ, drawn")
    parser.add_argument(
        "--quarter", type=int, help="a lot of margins; judge the sample shop's last quarter"
    )
    args = parser.parse_args()
    if args.quarter is not None:
        _quarter(args.quarter)
        return
    started = time.process_time()
    if args.data is None:
        past = _sample_shop(has_margins=args.margins)
        where = "the sample shop" + " with margins" * args.margins
    else:
        past = _vn2(args.data, args.windows, has_margins=args.margins)
        where = "VN2" + " with margins" * args.margins
    one = past.tuning.unseen_costs  # (W, N)
    total = float(one.sum(axis=1).mean())
    table = Table(title=f"{where}: one number for all costs {total:,.0f} per window ({len(one)})")
    for column in ("buckets", "tuned", "minus one number (95 %)", "won", "numbers on all windows"):
        table.add_column(column)
    results: dict[str, dict[str, float]] = {}
    if past.own is not None:
        margin = paired(list(past.own.unseen_costs), list(one))
        results["own costs"] = _told(margin)
        table.add_row("none", "each its own costs", _between(margin), "", past.own.best.name)
    margins = margins_of(past.costs)
    if margins is not None:
        margin = paired(list(_unseen_by_margin(past.tuning, margins)), list(one))
        results["margin, rising"] = _told(margin)
        rungs = rising_rungs(past.tuning.costs, margins.bucket)
        numbers = ", ".join(f"{_quantile(past.tuning.policies[k]):g}" for k in rungs)
        won = f"{margin.n_won} of {len(one)}"
        table.add_row("margin", "rising, as in a plan", _between(margin), won, numbers)
    for kind, names in past.buckets.items():
        for said, way in WAYS.items():
            margin = paired(list(_unseen(past.tuning, names, way)), list(one))
            results[f"{kind}, {said}"] = _told(margin)
            numbers = _numbers(past.tuning, names, way)
            won = f"{margin.n_won} of {len(one)}"
            table.add_row(kind, said, _between(margin), won, numbers)
    Console(width=170).print(table)
    cpu = time.process_time() - started
    print(json.dumps({"benchmark": "buckets", "on": where, "one_number": total, "cpu_s": cpu,
                      "n_windows": len(one), "minus_one_number": results}))  # fmt: skip


def _on_its_own(costs: Array, _: Array) -> int:
    """The rung that is best for a bucket: (K, W, N), zero outside of it."""
    return valley(costs.sum(axis=2).mean(axis=1))


def _half_with_the_shop(costs: Array, whole: Array) -> int:
    """The rung that is best for the bucket's and the shop's relative costs together."""
    curves = [c.sum(axis=2).mean(axis=1) for c in (costs, whole)]
    return valley(np.sum([c / max(c.mean(), 1e-12) for c in curves], axis=0))


def _where_told_apart(costs: Array, whole: Array) -> int:
    """The bucket's own rung where it is clearly cheaper for it than the shop's, on these windows."""
    own, shops = _on_its_own(costs, whole), _on_its_own(whole, whole)
    return own if paired(list(costs[own]), list(costs[shops])).high < 0 else shops


WAYS: dict[str, Way] = {
    "on its own": _on_its_own,
    "half with the shop": _half_with_the_shop,
    "where told apart": _where_told_apart,
}


def _rungs(costs: Array, buckets: Names, way: Way) -> dict[str, int]:
    """The rung of each bucket, from some windows."""
    return {name: way(costs * (buckets == name), costs) for name in np.unique(buckets).tolist()}


def _unseen(tuning: Tuning, buckets: Names, way: Way) -> Array:
    """Cost in each window of the numbers chosen on all others, (W, N)."""
    costs, (n_windows, n) = tuning.costs, buckets.shape
    found = np.empty((n_windows, n))
    for w in range(n_windows):
        rungs = _rungs(np.delete(costs, w, axis=1), np.delete(buckets, w, axis=0), way)
        shops = tuning.policies.index(tuning.without(w).best)
        chosen = np.array([rungs.get(name, shops) for name in buckets[w].tolist()])
        found[w] = costs[chosen, w, np.arange(n)]
    return found


def _unseen_by_margin(tuning: Tuning, margins: Margins) -> Array:
    """The same for the plan's own buckets."""
    found = []
    for w in range(tuning.costs.shape[1]):
        chosen = rungs_by_margin(np.delete(tuning.costs, w, axis=1), margins.bucket)
        shops = tuning.policies.index(tuning.without(w).best)
        rungs = np.array(chosen or [shops] * (int(margins.bucket.max()) + 1))
        found.append(tuning.costs[rungs[margins.bucket], w, np.arange(len(margins.bucket))])
    return np.stack(found)


def _quantile(policy: Policy) -> float:
    return float(getattr(policy, "quantile", np.nan))


def _numbers(tuning: Tuning, buckets: Names, way: Way) -> str:
    rungs = _rungs(tuning.costs, buckets, way)
    return ", ".join(f"{name}: {_quantile(tuning.policies[k]):g}" for name, k in rungs.items())


def _between(margin: Difference) -> str:
    return f"{margin.mean:+,.1f} ({margin.low:+,.1f} to {margin.high:+,.1f})"


def _told(margin: Difference) -> dict[str, float]:
    return {"mean": margin.mean, "low": margin.low, "high": margin.high, "won": margin.n_won}


def _vn2(data: Path, n_windows: int, *, has_margins: bool) -> Past:
    folder = data / "vn2" if (data / "vn2").exists() else data
    contests = vn2.cut_contests(vn2.read_history(folder), n_windows)
    windows = [policies._window(contest) for contest in contests]
    panel = contests[0].panel
    lost = np.full(panel.n_series, vn2.SHORTAGE_COST)
    if has_margins:
        products, number = np.unique(panel.items, return_inverse=True)
        lost = lost * 4.0 ** np.random.default_rng(0).uniform(-1, 1, len(products))[number]
        costs = Costs.of(vn2.HOLDING_COST, lost, n_series=panel.n_series)
        windows = [replace(window, costs=costs) for window in windows]
    ladder = next(iter(policies.FAMILIES.values()))
    if has_margins:
        ladder = (*ladder, *(ProjectedInventory(q) for q in (0.93, 0.95, 0.97)))
    tuning = tune(ladder, windows, round_to=whole_units)
    before = [policies._believed(contest.panel.until(contest.start)) for contest in contests]
    each = [_buckets(history, lost, vn2.HOLDING_COST / lost) for history in before]
    own = tune(
        [BalancedProjection(w) for w in (0.5, 1, 1.5, 2, 3, 4)], windows, round_to=whole_units
    )
    return Past(
        tuning,
        {kind: np.stack([one[kind] for one in each]) for kind in each[0]},
        windows[0].costs,
        own,
    )


def _sample_shop(*, has_margins: bool) -> Past:
    """The statistical forecaster and the default policy with the cover that is best for the whole shop."""
    config = Config.from_dict(
        {
            "replay": {
                "days": 56.0,
                "tuning_days": 56.0,
                "tuning_windows": 7,
                "max_stock_points": 800,
            }
        }
    )
    shop = _Shop.of(config, 0 if has_margins else None, ("statistical",))
    tuned = alike(shop.tuned)
    best = min(tuned, key=lambda t: float(t.tuning.unseen_costs.sum())).tuning
    past, rows = shop.past, shop.past.stage.drawn.rows
    hold, earn = past.stage.costs.holding_cost, past.stage.costs.shortage_cost
    each = [
        _buckets(
            shop.history.until(stretch.start).rows(rows),
            shop.terms.price[rows],
            hold / np.maximum(earn, 1e-9),
        )
        for stretch in past.cut
    ]
    buckets = {kind: np.stack([one[kind] for one in each]) for kind in each[0]}
    return Past(best, buckets, past.stage.costs)


@dataclass(frozen=True)
class _Shop:
    """The sample shop's past, and what the default policy cost in it at each number."""

    history: DemandHistory
    terms: Economics
    past: ReplayedPast
    tuned: list[Tuned]

    @classmethod
    def of(cls, config: Config, lot: int | None, names: tuple[str, ...]) -> _Shop:
        """With margins drawn by that lot; None: those that it has."""
        tables = sample_shop()
        panel = panel_of(tables, config)
        terms, history = economics(tables, panel, config), believe(panel)
        if lot is not None:
            terms = _with_margins(terms, panel.items, panel.frequency.per_year, config, lot)
        known = forecasters_for("statistical", panel.frequency)
        past = past_of(history, {name: known[name] for name in names}, terms, config, seed=0)
        if past is None:
            raise SystemExit("the sample shop's history is too short for these windows")
        ladders = [ladder for ladder in past.ladders if ladder.name == config.policy.family]
        tuned = tune_families(past.stage, past.cut, ladders, config, lambda *_: None)
        return cls(history, terms, past, tuned)


def _with_margins(
    terms: Economics, items: NDArray[np.str_], per_year: float, config: Config, lot: int
) -> Economics:
    """Items bought for 30 to 85 % of their price."""
    names, number = np.unique(items, return_inverse=True)
    share = np.random.default_rng(lot).uniform(0.3, 0.85, len(names))[number]
    costs = Costs.of(
        holding_cost=terms.price * share * config.costs.holding_rate / per_year,
        shortage_cost=terms.price * (1 - share),
        n_series=len(items),
    )
    return replace(terms, unit_cost=terms.price * share, costs=costs)


def _quarter(lot: int) -> None:
    """The last quarter of the sample shop with numbers from the two before it, as a plan cuts the past."""
    config = Config.from_dict({"replay": {"max_stock_points": 1000}})
    shop = _Shop.of(config, lot, ("statistical", "statistical, own spread"))
    margins = margins_of(shop.past.stage.costs)
    before = slice(-1)
    results = {}
    for name in shop.past.stage.fits:
        both = [
            pair
            for pair in zip(alike(shop.tuned), shop.tuned, strict=True)
            if pair[0].forecaster == name
        ]
        chosen, plain = min(both, key=lambda pair: pair[0].on_stretch(before)[0])
        policies, costs = chosen.tuning.policies, chosen.tuning.costs[:, before]
        judged = plain.tuning.costs[:, -1]  # (K, N)
        one = policies.index(chosen.on_stretch(before)[1].policy)
        rungs = rungs_of(policies, costs, margins)
        total = apart = float(judged[one].sum())
        if rungs is not None and margins is not None:
            apart = float(
                judged[np.array(rungs)[margins.bucket], np.arange(len(margins.bucket))].sum()
            )
        numbers = [_quantile(policies[k]) for k in rungs or (one,)]
        print(f"{name}: {policies[one].name} {total:,.0f}; by margin {numbers} {apart:,.0f}")
        results[name] = {"one_number": total, "by_margin": apart}
    print(
        json.dumps({"benchmark": "buckets", "on": f"last quarter, lot {lot}", "results": results})
    )


def _buckets(history: DemandHistory, price: Array, holding: Array) -> dict[str, Names]:
    """What each stock point is by what was known then; `holding` is beside the margin, (N,)."""
    year = history.values[:, -round(history.panel.frequency.per_year) :].astype(np.float64)
    known = np.isfinite(year)
    n_known = np.maximum(known.sum(axis=1), 1)
    mean = np.where(known, year, 0.0).sum(axis=1) / n_known
    square = np.where(known, (year - mean[:, None]) ** 2, 0.0).sum(axis=1) / n_known
    unrest = np.sqrt(square) / np.maximum(mean, 1e-9)
    found = {
        "turnover": np.asarray(abc_classes(mean * price), dtype=np.str_),
        "unrest": _thirds(np.where(mean > 0, unrest, np.inf)),
        "demand class": np.asarray(demand_classes(history), dtype=np.str_),
    }
    if np.ptp(holding) > 1e-9 * holding.max():
        found["holding to margin"] = _thirds(holding)
    return found


def _thirds(values: Array) -> Names:
    low, high = np.quantile(values, (1 / 3, 2 / 3), method="nearest")
    return np.where(values <= low, "low", np.where(values <= high, "middle", "high"))


if __name__ == "__main__":
    main()
