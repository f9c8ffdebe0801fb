"""What do a forecast of a large catalogue and its 200 paths cost, beside mlforecast, and how do they grow?

    python benchmarks/forecast_speed.py --data DIR           FreshRetailNet-50K, 50,000 x 83 days
    python benchmarks/forecast_speed.py --rows 150000        synthetic, 30,490 x 1,941 days
    python benchmarks/forecast_speed.py --grow 5000 50000    exponent of our cost in the number of series

The last horizon of the history is held out. What is alike: one thread, the number of Tweedie trees, their
leaves, learning rate, bins, smallest leaf and shares of rows and columns per tree. Of features, mlforecast has lags,
trailing means, spreads and exponentially weighted means over the same stretches, means of the same weekday,
calendar, known covariates and attributes; `onhand` has means over pools of series beside them.

What is not alike, and why that is fair: mlforecast learns from every row of the stretch it is given, which is
how it works, and gives a point forecast, for it has no joint paths; `onhand` looks at all of the history, learns
from `--rows` drawn examples, learns once more from half of them to see its own errors, and draws 200 joint paths.
Its few rows are a choice of its own, so its error must not be larger. Those who use mlforecast may cut the history
too: `--peer-days` takes several stretches, each a contender. A year is the least that shows a season; 120 days are the
least that fill its widest window, and cheaper than what anybody would do who has five years. 0 is all of the history,
which on the synthetic panel are 58 million rows; with fewer `--series` that can be run as well.

Each contender runs in a process of its own, one after the other, so that its peak memory is its own (reading
the data included). mlforecast needs pandas below 3: run this file with an interpreter that has it.
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
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
from numpy.typing import NDArray

from onhand.data.panel import Panel
from onhand.demand import believe
from onhand.evaluate import scores
from onhand.forecast.boosted import Boosted, Member, Trees
from panel_generator import generate

Floats = NDArray[np.float32]
_BLOCK = 2_000  # series whose paths are held at once


def main() -> None:
    """Run both, one after the other, or ours at several sizes; print a table and JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, help="folder of FreshRetailNet-50K; none: synthetic")
    parser.add_argument("--series", type=int, default=30_490, help="of the synthetic panel")
    parser.add_argument("--days", type=int, default=1_941, help="of the synthetic panel")
    parser.add_argument(
        "--peer-days", type=int, nargs="+", default=[365], help="last days for mlforecast; 0: all"
    )
    parser.add_argument("--rows", type=int, default=Boosted().n_rows, help="examples for ours")
    parser.add_argument("--trees", type=int, default=100)
    parser.add_argument("--leaves", type=int, default=63)
    parser.add_argument("--learning-rate", type=float, default=0.1)
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--grow", type=int, nargs="+", default=[], help="sizes of the catalogue")
    parser.add_argument("--worker", choices=sorted(CONTENDERS), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        print(json.dumps(measured(args)))
        return
    runs = [("onhand", size, 0) for size in args.grow] or [("onhand", args.series, 0)]
    if not args.grow:
        runs += [("mlforecast", args.series, days) for days in args.peer_days]
    rows = []
    for name, size, days in runs:
        rows.append(in_a_process_of_its_own(name, size, days))
        print("  ".join(f"{k} {v}" for k, v in rows[-1].items()), flush=True)
    result: dict[str, Any] = {"rows": rows}
    if args.grow:
        cost = np.log([row["cpu_s"] for row in rows])
        result["exponent"] = round(float(np.polyfit(np.log(args.grow), cost, 1)[0]), 3)
    else:
        ours, *peers = rows
        for of, key in (("cpu", "cpu_s"), ("error", "wape")):
            shares = {p["days_learned"]: round(ours[key] / p[key], 3) for p in peers}
            result[f"{of}_share_of_peer"] = shares
    print(json.dumps(result))


def in_a_process_of_its_own(name: str, size: int, days: int) -> dict[str, Any]:
    """What a worker measured."""
    more = ["--worker", name, "--series", str(size), "--peer-days", str(days)]
    command = [sys.executable, __file__, *sys.argv[1:], *more]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    row: dict[str, Any] = json.loads(told.splitlines()[-1])
    return row


def measured(args: argparse.Namespace) -> dict[str, Any]:
    """Cost and error of one contender."""
    panel, horizon, judged = read(args)
    origin = panel.n_periods - horizon
    past = panel.until(origin)
    actual = np.where(judged, panel.sales[:, origin:], np.nan).astype(np.float32)
    start = time.process_time()
    forecast, told = CONTENDERS[args.worker](past, horizon, args)
    cpu_s = time.process_time() - start
    return {
        "contender": args.worker,
        "series": panel.n_series,
        "days": past.n_periods,
        "cpu_s": round(cpu_s, 1),
        **told,
        "wape": round(scores.wape(actual, forecast), 4),
        "wpe": round(scores.wpe(actual, forecast), 4),
        "rmse": round(scores.rmse(actual, forecast), 4),
        "peak_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
    }


def read(args: argparse.Namespace) -> tuple[Panel, int, NDArray[np.bool_]]:
    """The panel, the horizon at its end and which of its cells are judged."""
    if args.data is None:
        panel = generate(args.series, args.days, seed=0)
        return panel, 28, np.ones((panel.n_series, 28), bool)
    from datasets import read_shop

    shop = read_shop("freshretailnet50k", args.data)
    return shop.panel, shop.horizon, shop.judged[:, -shop.horizon :]


def ours(past: Panel, horizon: int, args: argparse.Namespace) -> tuple[Floats, dict[str, Any]]:
    """One booster, its errors and its paths, drawn in blocks."""
    boosted = Boosted(
        horizon=horizon,
        members=(Member(),),
        trees=Trees(
            n_trees=args.trees, n_leaves=args.leaves, learning_rate=args.learning_rate, n_bins=BINS
        ),
        n_rows=args.rows,
    )
    start = time.process_time()
    fitted = boosted.fit(believe(past))
    fit_cpu_s = time.process_time() - start
    forecast = fitted.mean(horizon)
    start = time.process_time()
    for first in range(0, past.n_series, _BLOCK):
        rows = slice(first, first + _BLOCK)
        fitted.paths(horizon, args.samples, rng=np.random.default_rng(0), rows=rows)
    told = {
        "rows_learned": args.rows,
        "fit_cpu_s": round(fit_cpu_s, 1),
        "paths_cpu_s": round(time.process_time() - start, 1),
    }
    return forecast, told


def mlforecast(
    past: Panel, horizon: int, args: argparse.Namespace
) -> tuple[Floats, dict[str, Any]]:
    """The peer's own features, fit and recursive forecast, on raw sales from each first known day."""
    import lightgbm
    import pandas as pd
    from mlforecast import MLForecast
    from mlforecast.lag_transforms import (
        ExponentiallyWeightedMean,
        RollingMean,
        RollingStd,
        SeasonalRollingMean,
    )

    n, t = past.sales.shape
    days = slice(t - min(t, args.peer_days[0] or t), t)
    y = past.sales[:, days]
    width = y.shape[1]

    def frame(dates: NDArray[np.datetime64], columns: slice) -> Any:
        known = {k: np.broadcast_to(v, (n, v.shape[1]))[:, columns] for k, v in past.known.items()}
        data: dict[str, Any] = {
            "unique_id": np.repeat(np.arange(n), len(dates)),
            "ds": np.tile(dates.astype("datetime64[ns]"), n),
        }
        return pd.DataFrame(data | {k: np.ascontiguousarray(v).ravel() for k, v in known.items()})

    table = frame(past.dates[days], days)
    table["y"] = y.ravel()
    statics = {"item": past.items, "location": past.locations, **past.static}
    for name, values in statics.items():
        table[name] = np.repeat(np.unique(values, return_inverse=True)[1].astype(np.float32), width)
    table = table[(np.isfinite(y) | (np.isfinite(y).cumsum(axis=1) > 0)).ravel()]
    table["y"] = table["y"].fillna(0)
    windows = [w for w in (3, 7, 14, 28, 56, 112) if w < width]
    transforms: list[Any] = [RollingMean(w, min_samples=1) for w in windows]
    transforms += [RollingStd(w, min_samples=2) for w in windows if w < 112]
    transforms += [ExponentiallyWeightedMean(a) for a in (0.05, 0.1, 0.3)]
    weekdays: list[Any] = [SeasonalRollingMean(7, w, min_samples=1) for w in (1, 2, 4, 8)]
    has_years = width > 550
    peer = MLForecast(
        models={
            "peer": lightgbm.LGBMRegressor(
                objective="tweedie",
                tweedie_variance_power=1.2,
                n_estimators=args.trees,
                num_leaves=args.leaves,
                learning_rate=args.learning_rate,
                subsample=0.7,
                subsample_freq=1,
                colsample_bytree=0.5,
                min_child_samples=40,
                reg_lambda=1.0,
                max_bin=BINS,
                n_jobs=1,
                verbose=-1,
            )
        },
        freq="D",
        lags=[1, 2, 3, 7, *([364] if has_years else [])],
        lag_transforms={1: transforms + weekdays},
        date_features=["dayofweek", *(["dayofyear", "day"] if has_years else [])],
        num_threads=1,
    )
    peer.fit(table, static_features=list(statics), dropna=False)
    n_rows = len(table)
    del table
    coming = frame(past.future_dates(horizon), slice(t, t + horizon))
    coming = peer.predict(horizon, X_df=coming).sort_values(["unique_id", "ds"])
    forecast = coming["peer"].to_numpy().reshape(n, horizon)
    told = {"days_learned": width, "rows_learned": n_rows}
    return np.maximum(forecast, 0).astype(np.float32), told


BINS = 63
CONTENDERS: dict[str, Callable[..., tuple[Floats, dict[str, Any]]]] = {
    "onhand": ours,
    "mlforecast": mlforecast,
}

if __name__ == "__main__":
    main()
