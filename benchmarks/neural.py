"""How good and how dear is each network with each head, beside trees and statistics?

    python benchmarks/neural.py --set vn2 --data DIR [--n-series 599] [--only "mlp quantiles" boosted]

`--data` is the folder of one data set (see `benchmarks/datasets.py`). Every contender forecasts the same
horizons from the same origins, knowing only what was known there; periods with an empty shelf are not
judged. Then the networks named by `--export` are written to ONNX and asked again without torch. One
thread. `infer s` is the CPU time of forecasting all series and drawing their paths; the last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
from rich.console import Console
from rich.table import Table

from datasets import READERS, Shop, read_shop
from onhand.demand import believe
from onhand.demand.history import DemandHistory
from onhand.evaluate import scores
from onhand.evaluate.calibration import pit_bounds, pit_coverage
from onhand.forecast import default_forecaster
from onhand.forecast.boosted import Boosted
from onhand.forecast.forecaster import FittedForecaster, Forecaster
from onhand.forecast.neural import (
    CNN,
    GRU,
    LSTM,
    MLP,
    RNN,
    Binned,
    NegativeBinomial,
    Neural,
    Point,
    Quantiles,
    Served,
    TrainedNeural,
    Training,
    Tweedie,
    export,
)

ARCHITECTURES = (MLP(), CNN(), RNN(), LSTM(), GRU())
HEADS = (Point(), Tweedie(), NegativeBinomial(), Quantiles(), Binned())
N_SAMPLES = 200
BLOCK = 1_000  # series whose paths are held at once
SHOWN = ("wape", "wpe", "crps", "coverage_90", "train_s", "infer_s", "epochs")


def main() -> None:
    """Read, train, judge, print, and end with one line of JSON."""
    args = arguments()
    shop = read_shop(args.name, args.data, limit=args.n_series)
    last = shop.panel.n_periods - shop.horizon
    origins = [last - k * shop.stride for k in reversed(range(args.n_origins))]
    contenders = contenders_of(shop, args)
    results: dict[str, dict[str, float]] = {}
    for name, forecaster in contenders.items():
        rows = [judge(shop, forecaster, origin) for origin in origins]
        results[name] = {k: float(np.mean([row[k] for row in rows])) for k in rows[0]}
        print(name, {k: round(v, 4) for k, v in results[name].items()}, flush=True)
    served = {n: serve(shop, contenders[n], origins[-1]) for n in args.export}  # type: ignore[arg-type]
    told = {
        "benchmark": "neural",
        "set": args.name,
        "n_series": shop.panel.n_series,
        "origins": len(origins),
        "horizon": shop.horizon,
        "n_epochs": args.n_epochs,
        "n_steps": args.n_steps,
        "results": results,
        "served": served,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    show(told)
    print(json.dumps(told))


def arguments() -> argparse.Namespace:
    """What to run, and on what."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--set", required=True, choices=sorted(READERS), dest="name")
    parser.add_argument("--data", required=True, type=Path, help="folder of the data set")
    parser.add_argument("--n-series", type=int, default=0, help="first so many (default: all)")
    parser.add_argument("--n-origins", type=int, default=1)
    parser.add_argument("--n-epochs", type=int, default=12)
    parser.add_argument("--n-steps", type=int, default=40, help="batches per epoch")
    parser.add_argument("--only", nargs="*", help="contenders to run (default: all)")
    parser.add_argument("--export", nargs="*", default=[], help="networks to serve by ONNX as well")
    return parser.parse_args()


def contenders_of(shop: Shop, args: argparse.Namespace) -> dict[str, Forecaster]:
    """Statistics, trees, and every architecture with every head."""
    training = Training(n_epochs=args.n_epochs, n_steps=args.n_steps, patience=3)
    everyone: dict[str, Forecaster] = {
        "statistics": default_forecaster(shop.panel.frequency),
        "boosted": Boosted(horizon=shop.horizon),
    }
    for architecture in ARCHITECTURES:
        for head in HEADS:
            net = Neural(architecture, head, horizon=shop.horizon, training=training)
            everyone[net.name] = net
    return {k: v for k, v in everyone.items() if not args.only or k in args.only}


def judge(shop: Shop, forecaster: Forecaster, origin: int) -> dict[str, float]:
    """The scores and the CPU time of one contender from one origin."""
    history = believe(shop.panel.until(origin))
    started = time.process_time()
    trained = forecaster.train(history) if isinstance(forecaster, Neural) else None
    fitted = trained.forecast(history) if trained else forecaster.fit(history)
    trained_at = time.process_time()
    told = scored(shop.actual(origin), fitted)
    told |= {"train_s": trained_at - started, "infer_s": float("nan"), "epochs": float("nan")}
    if trained:
        started = time.process_time()
        asked(trained.forecast(history), shop.horizon)
        told |= {"infer_s": time.process_time() - started, "epochs": len(trained.epochs)}
    return told


def scored(actual: np.ndarray, fitted: FittedForecaster) -> dict[str, float]:
    """Errors of the mean, and of the paths, where `actual` (N, H) is known."""
    n, horizon = actual.shape
    mean = fitted.mean(horizon)
    crps, low, high = (np.full((n, horizon), np.nan) for _ in range(3))
    for start in range(0, n, BLOCK):
        rows = slice(start, min(n, start + BLOCK))
        rng = np.random.default_rng(0)
        paths = fitted.paths(horizon, N_SAMPLES, rng=rng, rows=rows).values
        crps[rows] = scores.crps_of_each(actual[rows], paths)
        low[rows], high[rows] = pit_bounds(actual[rows], paths)
    return {
        "wape": scores.wape(actual, mean),
        "wpe": scores.wpe(actual, mean),
        "crps": float(np.nanmean(crps) / np.nanmean(actual)),
        "coverage_90": pit_coverage(low, high, 0.05, 0.95),
    }


def asked(fitted: FittedForecaster, horizon: int) -> None:
    """All means and paths, thrown away."""
    n = len(fitted.mean(horizon))
    for start in range(0, n, BLOCK):
        rows = slice(start, min(n, start + BLOCK))
        fitted.paths(horizon, N_SAMPLES, rng=np.random.default_rng(0), rows=rows)


def serve(shop: Shop, net: Neural, origin: int) -> dict[str, float]:
    """The same network by torch and by onnxruntime: gap of the means, CPU time, size."""
    history = believe(shop.panel.until(origin))
    trained = net.train(history)
    with tempfile.TemporaryDirectory() as folder:
        started = time.process_time()
        path = export(trained, Path(folder) / "net.onnx")
        told: dict[str, float] = {"export_s": time.process_time() - started}
        by_torch, told["torch_s"] = timed(trained, history, shop.horizon)
        served = Served(path)
        served.fit(
            history.rows(slice(0, 2))
        )  # the session is opened once, by a server at its start
        by_onnx, told["onnx_s"] = timed(served, history, shop.horizon)
        told["file_kib"] = path.stat().st_size / 1024
        told["gap"] = float(np.abs(by_onnx - by_torch).max() / by_torch.max())
    for package in ("torch", "onnxruntime"):
        told |= {f"{package}_{k}": v for k, v in weight_of(package).items()}
    return told


def timed(
    source: TrainedNeural | Served, history: DemandHistory, horizon: int
) -> tuple[np.ndarray, float]:
    """The means (N, H) and the CPU seconds that they took."""
    started = time.process_time()
    fitted = source.fit(history) if isinstance(source, Served) else source.forecast(history)
    return fitted.mean(horizon), time.process_time() - started


def weight_of(package: str) -> dict[str, Any]:
    """MiB on disk, and CPU seconds and MiB of memory of importing it in a fresh Linux interpreter."""
    # The peak in /proc is of this interpreter alone; getrusage would tell that of its parent too.
    code = (
        f"import time; t = time.process_time(); import {package}; t = time.process_time() - t; "
        "peak = [x for x in open('/proc/self/status') if x.startswith('VmHWM')][0].split()[1]; "
        f"print(t, int(peak) / 1024, {package}.__file__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds, memory, where = done.stdout.split()
    size = sum(f.stat().st_size for f in Path(where).parent.rglob("*") if f.is_file())
    return {"import_s": float(seconds), "memory_mib": float(memory), "disk_mib": size / 2**20}


def show(told: dict[str, Any]) -> None:
    """Print the tables."""
    console = Console(width=120)
    table = Table(
        title=f"{told['set']}: {told['n_series']:,} series, {told['origins']} origins, "
        f"{told['horizon']} periods; CPU seconds"
    )
    for column in ("contender", *SHOWN):
        table.add_column(column, justify="left" if column == "contender" else "right")
    for name, row in told["results"].items():
        cells = (f"{row[k]:.4f}" if k in SHOWN[:4] else f"{row[k]:.1f}" for k in SHOWN)
        table.add_row(name, *("" if c == "nan" else c for c in cells))
    console.print(table)
    for name, row in told["served"].items():
        console.print(f"{name}: " + ", ".join(f"{k} {v:.4g}" for k, v in row.items()))


if __name__ == "__main__":
    main()
