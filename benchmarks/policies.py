"""Which policy is cheapest on the same forecasts? Every policy the settings can name, on VN2's past.

Windows of eight weeks cut from the history of the VN2 competition: 599 store x product pairs, lead
time of two full weeks, lost sales, 0.2 per unit left and 1 per unit short. All policies see the same
sample paths of the statistical default, without boosted trees. Each policy's number is tuned on all
other windows than the one it is judged on.

    python benchmarks/policies.py --data DIR [--windows 11]
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

import vn2_data as vn2
from onhand.data.panel import Frequency, Panel
from onhand.decide.replenish.capped_base_stock import CappedBaseStock
from onhand.decide.replenish.classical import ClassicalSafetyStock
from onhand.decide.replenish.coverage import Coverage
from onhand.decide.replenish.look_ahead import LookAhead
from onhand.decide.replenish.marginal import MarginalValue
from onhand.decide.replenish.mean_plus_errors import MeanPlusErrors
from onhand.decide.replenish.min_max import MinMax
from onhand.decide.replenish.newsvendor import Newsvendor
from onhand.decide.replenish.order_up_to import OrderUpToQuantile
from onhand.decide.replenish.power_approximation import PowerApproximation
from onhand.decide.replenish.projected import (
    BalancedProjection,
    PointProjection,
    ProjectedInventory,
)
from onhand.decide.replenish.ratio import RatioLevels
from onhand.demand.history import DemandHistory
from onhand.evaluate.compare import paired
from onhand.evaluate.replay import Window, replay, whole_units
from onhand.forecast import default_forecaster
from onhand.inventory.policy import Policy
from onhand.plan.tune import tune

HORIZON, N_SAMPLES = 11, 100
_LOW = np.arange(0.35, 0.91, 0.05).round(2).tolist()

FAMILIES: dict[str, tuple[Policy, ...]] = {
    "projected inventory (default)": tuple(ProjectedInventory(q) for q in _LOW),
    "projected inventory, own ratio": tuple(BalancedProjection(w) for w in (0.5, 1, 1.5, 2, 3, 4)),
    "point projection (VN2 winner)": tuple(PointProjection(s / 5) for s in range(11)),
    "marginal value": tuple(MarginalValue(w) for w in (0.5, 0.75, 1, 1.5, 2, 3)),
    "look-ahead": tuple(LookAhead(q) for q in (0.4, 0.5, 0.6, 0.7)),
    "newsvendor, season of 1": tuple(Newsvendor(q, 1) for q in _LOW),
    "newsvendor, season of 2": tuple(Newsvendor(q, 2) for q in _LOW),
    "capped base stock": tuple(CappedBaseStock(q, 1.5) for q in _LOW),
    "order up to quantile": tuple(OrderUpToQuantile(q) for q in _LOW),
    "(s, S)": tuple(MinMax(q) for q in _LOW),
    "(R, s, S), power approximation": tuple(PowerApproximation(w) for w in (0.5, 1, 2, 4, 8)),
    "k mean absolute errors": tuple(MeanPlusErrors(k / 4) for k in range(9)),
    "classical z·σ·√(L+R)": tuple(ClassicalSafetyStock(q) for q in _LOW),
    "coverage": tuple(Coverage(p / 4) for p in range(9, 21)),
    "ratio objective": tuple(RatioLevels(1.0, 0.0, g) for g in (1.5, 2, 2.5, 3, 4, 6)),
}


def main() -> None:
    """Tune, judge, print, and end with one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder that holds vn2/")
    parser.add_argument("--windows", type=int, default=11)
    args = parser.parse_args()
    folder = args.data / "vn2" if (args.data / "vn2").exists() else args.data
    contests = vn2.cut_contests(vn2.read_history(folder), args.windows)
    console = Console(stderr=True)
    windows = [_window(contest) for contest in track(contests, "forecasts", console=console)]
    results: dict[str, dict[str, float]] = {}
    unseen = {}
    for name, policies in track(list(FAMILIES.items()), "policies", console=console):
        started = time.process_time()
        tuning = tune(policies, windows, round_to=whole_units)
        unseen[name] = tuning.unseen_costs  # (W, N)
        fill = np.mean([replay(tuning.best, w, round_to=whole_units).fill_rate for w in windows])
        results[name] = {
            "total": float(tuning.unseen_costs.sum(axis=1).mean()),
            "fill_rate": float(fill),
            "cpu_s": time.process_time() - started,
        }
        results[name]["best"] = tuning.best.name  # type: ignore[assignment]
    ours = next(iter(FAMILIES))
    table = Table(title=f"{len(windows)} windows of VN2's past, mean cost of weeks 3 to 8")
    for column in ("policy", "its best number", "cost", "minus default (95 %)", "filled", "CPU s"):
        table.add_column(
            column, justify="left" if "number" in column or column == "policy" else "right"
        )
    for name in sorted(results, key=lambda n: results[n]["total"]):
        told = results[name]
        against = paired(list(unseen[name]), list(unseen[ours]))
        between = f"{against.mean:+,.0f} ({against.low:+,.0f} to {against.high:+,.0f})"
        table.add_row(
            name, str(told["best"]), f"{told['total']:,.0f}", "" if name == ours else between,
            f"{told['fill_rate']:.1%}", f"{told['cpu_s']:.1f}",
        )  # fmt: skip
        told["minus_default"] = against.mean
    Console(width=150).print(table)
    print(json.dumps({"benchmark": "policies", "results": results}))


def _window(contest: vn2.Contest) -> Window:
    """The contest with the statistical forecaster's paths at each of its six reviews."""
    n = contest.panel.n_series
    forecasts: list[np.ndarray | None] = [None] * vn2.N_WEEKS
    for r in range(vn2.N_ROUNDS):
        origin = contest.start + r
        fitted = default_forecaster(Frequency.WEEK).fit(_believed(contest.panel.until(origin)))
        rng = np.random.default_rng(origin)
        forecasts[r] = fitted.paths(HORIZON, N_SAMPLES, rng=rng).values
    return Window(
        opening=contest.opening,
        forecasts=forecasts,
        demand=contest.demand,
        terms=vn2.terms(n),
        costs=vn2.costs(n),
        first_scored=vn2.FIRST_SCORED,
    )


def _believed(panel: Panel) -> DemandHistory:
    """Demand: sales, unknown in weeks that ended without stock."""
    values = np.where(panel.in_stock > 0, panel.sales, np.nan).astype(np.float32)
    return DemandHistory(panel, values, np.zeros(values.shape, dtype=bool))


if __name__ == "__main__":
    main()
