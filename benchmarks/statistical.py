"""How long do the statistical forecasters take per series, ours and statsforecast's?

The job: a synthetic shop of 30,490 stock points x 1,000 days, mostly intermittent, fitted and
forecast 28 days ahead. statsforecast runs the first stock points of the same job, as many as
`--peer-series` says, by the leanest way it offers (one model object per call, no data frame). Where
a method has constants both sides use the same, and `mean_gap` is the mean distance between the two
forecasts over the mean forecast: it is not 0 because statsforecast starts a recursion at the first
value, we with a running mean. The rows marked `chosen` choose constants series by series, which
statsforecast does for `SES optimised` only. Compiling is not timed; one thread.

    python benchmarks/statistical.py [--n-series 30490] [--n-periods 1000] [--peer-series 1000]

With the data of a public shop the forecasters are judged on it instead, from rolling origins:

    python benchmarks/statistical.py --shop vn2 --data DIR [--n-origins 8] [--n-series 5000]

A peer that is not installed (`pip install "onhand[bench]"`) is left out and named.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from rich.console import Console
from rich.table import Table

from onhand.data.panel import Frequency, Panel
from onhand.demand import believe
from onhand.demand.history import DemandHistory
from onhand.evaluate.backtest import backtest, last_origins
from onhand.evaluate.scores import wape
from onhand.forecast import (
    SBA,
    TSB,
    Bootstrap,
    Calibrated,
    ExponentialSmoothing,
    Forecaster,
    MovingAverage,
    SeasonalExponentialSmoothing,
    SeasonalMovingAverage,
    SeasonalNaive,
    default_forecaster,
)

HORIZON = 28
N_SAMPLES = 200
BLOCK = 1_000  # series whose paths are held at once
GRID = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5)

OURS: dict[str, Forecaster] = {
    "onhand seasonal naive": SeasonalNaive(7),
    "onhand tsb": TSB(alphas=(0.1,), betas=(0.1,)),
    "onhand tsb chosen": TSB(),
    "onhand sba": SBA(alphas=(0.1,)),
    "onhand ses": ExponentialSmoothing(alphas=(0.1,)),
    "onhand ses chosen": ExponentialSmoothing(alphas=GRID),
    "onhand seasonal smoothing chosen": SeasonalExponentialSmoothing(),
    "onhand seasonal moving average": SeasonalMovingAverage(28),
    "onhand bootstrap": Bootstrap(),
    "onhand default": default_forecaster(Frequency.DAY),
}


def synthetic(n_series: int, n_periods: int, seed: int = 7) -> np.ndarray:
    """Demand (N, T) float32 in whole units: slow sellers with a week, a year and a drifting level."""
    rng = np.random.default_rng(seed)
    level = np.exp(rng.normal(-0.7, 1.2, (n_series, 1)))
    day = np.arange(n_periods)
    week = 1 + 0.3 * np.isin(day % 7, (5, 6)) - 0.1 * (day % 7 == 1)
    year = 1 + 0.2 * np.sin(2 * np.pi * day / 365.25)
    demand = np.empty((n_series, n_periods), np.float32)
    for start in range(0, n_series, BLOCK):
        block = slice(start, start + BLOCK)
        n = len(level[block])
        drift = np.exp(np.cumsum(rng.normal(0, 0.015, (n, n_periods)), axis=1))
        demand[block] = rng.poisson(
            level[block] * drift * week * year * rng.gamma(1, 1, drift.shape)
        )
    return demand


def history_of(values: np.ndarray) -> DemandHistory:
    panel = Panel.of(values)
    return DemandHistory(panel, values, np.zeros(values.shape, bool))


def run_ours(forecaster: Forecaster, past: np.ndarray) -> tuple[np.ndarray, dict[str, float]]:
    """Mean forecast (N, H) and the CPU time of fitting, and of drawing 200 paths per series."""
    small = forecaster.fit(history_of(past[:64]))
    small.mean(HORIZON)
    small.paths(HORIZON, 2, rng=np.random.default_rng(0))
    history = history_of(past)
    started = time.process_time()
    fitted = forecaster.fit(history)
    mean = fitted.mean(HORIZON)
    fit_s = time.process_time() - started
    started = time.process_time()
    for first in range(0, len(past), BLOCK):
        rows = slice(first, first + BLOCK)
        fitted.paths(HORIZON, N_SAMPLES, rng=np.random.default_rng(0), rows=rows)
    return mean, {"cpu_s": fit_s, "paths_cpu_s": time.process_time() - started}


def peers() -> dict[str, Callable[[], Any]]:
    """statsforecast's models, or none where it is not installed."""
    try:
        from statsforecast import models
    except ImportError:
        return {}
    return {
        "statsforecast seasonal naive": lambda: models.SeasonalNaive(season_length=7),
        "statsforecast tsb": lambda: models.TSB(alpha_d=0.1, alpha_p=0.1),
        "statsforecast sba": lambda: models.CrostonSBA(),
        "statsforecast ses": lambda: models.SimpleExponentialSmoothing(alpha=0.1),
        "statsforecast ses chosen": lambda: models.SimpleExponentialSmoothingOptimized(),
        "statsforecast seasonal smoothing chosen": lambda: (
            models.SeasonalExponentialSmoothingOptimized(season_length=7)
        ),
    }


def run_peer(make: Callable[[], Any], past: np.ndarray) -> tuple[np.ndarray, dict[str, float]]:
    """Mean forecast (n, H) and CPU time, series by series."""
    for row in past[:5]:
        make().forecast(y=row, h=HORIZON)
    started = time.process_time()
    mean = np.array([make().forecast(y=row, h=HORIZON)["mean"] for row in past])
    return mean, {"cpu_s": time.process_time() - started}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--n-series", type=int, default=30_490)
    parser.add_argument("--n-periods", type=int, default=1_000)
    parser.add_argument("--peer-series", type=int, default=1_000)
    parser.add_argument("--shop", help="a public shop of benchmarks/datasets.py")
    parser.add_argument("--data", type=Path, help="folder with the files of --shop")
    parser.add_argument("--n-origins", type=int, default=8)
    return parser.parse_args()


def main() -> None:
    """Run, print, and end with one line of JSON."""
    args = arguments()
    console = Console(width=120)
    if args.shop:
        judge(args.shop, args.data, args.n_series, args.n_origins, console)
        return
    demand = synthetic(args.n_series, args.n_periods + HORIZON)
    past, actual = np.ascontiguousarray(demand[:, :-HORIZON]), demand[:, -HORIZON:]
    zeros = float((past == 0).mean())
    console.print(
        f"{len(past):,} series x {past.shape[1]:,} days, {zeros:.0%} of them without demand"
    )
    n_peer = min(args.peer_series, len(past))
    means: dict[str, np.ndarray] = {}
    results: dict[str, dict[str, float]] = {}
    for name, forecaster in OURS.items():
        means[name], results[name] = run_ours(forecaster, past)
        results[name] |= _per_series(results[name], len(past))
    for name, make in peers().items():
        means[name], results[name] = run_peer(make, past[:n_peer])
        results[name] |= _per_series(results[name], n_peer)
        twin = means[name.replace("statsforecast", "onhand")][:n_peer]
        results[name]["mean_gap"] = float(np.abs(means[name] - twin).mean() / twin.mean())
    for name, mean in means.items():  # all on the series that everybody forecast
        results[name]["wape"] = wape(actual[:n_peer], mean[:n_peer])
    if len(results) == len(OURS):
        console.print('statsforecast is not installed: pip install "onhand[bench]"')
    results["run"] = {"peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
    _print(console, results)
    print(json.dumps({"benchmark": "statistical", "results": _rounded(results)}))


def judge(name: str, folder: Path, n_series: int, n_origins: int, console: Console) -> None:
    """Backtest every forecaster, alone and with the errors it would have made, on a public shop."""
    from datasets import read_shop

    shop = read_shop(name, folder, limit=n_series)
    panel, horizon = shop.panel, min(shop.horizon, 14)
    season = panel.frequency.season
    alone: list[Forecaster] = [
        SeasonalNaive(),
        MovingAverage(28 if panel.frequency is Frequency.DAY else 13),
        SeasonalMovingAverage(28 if panel.frequency is Frequency.DAY else 13),
        ExponentialSmoothing(),
        SeasonalExponentialSmoothing(),
        TSB(),
        SBA(),
        Bootstrap(2 * season),
    ]
    default = default_forecaster(panel.frequency)
    forecasters = [*alone, *(Calibrated(one) for one in alone[2:4]), default]
    # Origins spread over the second half, so that the first half is always there to learn from.
    stride = max(1, (panel.n_periods // 2 - horizon) // max(n_origins - 1, 1))
    origins = last_origins(panel.n_periods, horizon, n_origins, stride=min(stride, 45))
    result = backtest(
        forecasters, panel, believe, origins, horizon, 100, rng=np.random.default_rng(0)
    )
    summary = result.summary()
    columns = {
        "wape": "wape",
        "wpe": "wpe",
        "crps": "scaled_crps",
        "pinball_80": "pinball_80",
        "coverage_50": "coverage_50",
        "coverage_90": "coverage_90",
        "cpu_s": "cpu_s",
    }
    table = Table(
        title=f"{name}: {panel.n_series:,} series, {len(origins)} origins, {horizon} periods; in stock"
    )
    for column in ("contender", *columns):
        table.add_column(column, justify="left" if column == "contender" else "right")
    results = {}
    for row in summary.iter_rows(named=True):
        told = {short: row[long] for short, long in columns.items()}
        table.add_row(row["forecaster"], *(f"{value:.3f}" for value in told.values()))
        results[row["forecaster"]] = told
    console.print(table)
    print(json.dumps({"benchmark": "statistical", "results": _rounded(results)}))


def _per_series(result: dict[str, float], n_series: int) -> dict[str, float]:
    told = {"n_series": n_series, "ms_per_series": 1e3 * result["cpu_s"] / n_series}
    if "paths_cpu_s" in result:
        told["paths_ms_per_series"] = 1e3 * result["paths_cpu_s"] / n_series
    return told | {"rate": n_series / max(result["cpu_s"], 1e-9)}


def _rounded(results: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    return {name: {k: float(f"{v:.5g}") for k, v in row.items()} for name, row in results.items()}


def _print(console: Console, results: dict[str, dict[str, float]]) -> None:
    table = Table(
        title="CPU milliseconds per series; WAPE of the 28 days after on the shared series"
    )
    for column in ("contender", "fit ms", "200 paths ms", "WAPE", "gap to ours"):
        table.add_column(column, justify="left" if column == "contender" else "right")
    for name, row in results.items():
        if name != "run":
            table.add_row(
                name,
                f"{row['ms_per_series']:.4f}",
                f"{row['paths_ms_per_series']:.4f}" if "paths_ms_per_series" in row else "",
                f"{row['wape']:.3f}",
                f"{row['mean_gap']:.2%}" if "mean_gap" in row else "",
            )
    console.print(table)


if __name__ == "__main__":
    main()
