"""Would each class of demand be forecast better by a member of its own, chosen by its past?

    python benchmarks/by_class.py --set vn2 --data DIR
    python benchmarks/by_class.py --set m5_mini --data DIR --step 28

Six statistical members forecast the same origins. At each, the classes of demand (smooth, erratic,
intermittent, lumpy) are given the member that was best for them at the `--past` origins before, by
absolute or by squared error; beside it the one best for all, and the default for all. The difference to
the default is paired by origin, in percentage points of WAPE, with its standard error. The last line is JSON.
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
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from datasets import READERS, read_shop
from onhand.data.panel import Frequency, Panel
from onhand.demand import believe
from onhand.demand.classify import demand_classes
from onhand.forecast import (
    SBA,
    TSB,
    ExponentialSmoothing,
    Forecaster,
    MovingAverage,
    default_forecaster,
)
from onhand.forecast.item_seasons import ItemSeasons

Array = NDArray[np.float64]


def members(frequency: Frequency) -> dict[str, Forecaster]:
    """The default's point forecast first, then what a class might rather have."""
    short, long = (28, 91) if frequency is Frequency.DAY else (8, 52)
    plain = {
        "smoothing": ExponentialSmoothing(),
        "TSB": TSB(),
        "SBA": SBA(),
        f"mean of {short}": MovingAverage(short),
        f"mean of {long}": MovingAverage(long),
    }
    return {
        "default": default_forecaster(frequency).point,
        **{name: ItemSeasons(member) for name, member in plain.items()},
    }


def misses(
    panel: Panel, origin: int, horizon: int
) -> tuple[dict[str, Array], Array, NDArray[np.str_]]:
    """Misses (N, H) of each member at an origin, NaN where demand is unknown; demand; classes (N,)."""
    history = believe(panel.until(origin))
    actual = believe(panel).values[:, origin : origin + horizon].astype(np.float64)
    told = {
        name: member.fit(history).mean(horizon) - actual
        for name, member in members(panel.frequency).items()
    }
    return told, actual, demand_classes(history)


def chosen(
    past: list[tuple[dict[str, Array], Array, NDArray[np.str_]]], power: int, label: str
) -> str:
    """The member with the least error at past origins, of one class or ("") of all stock points."""
    names = past[0][0].keys()

    def error(name: str) -> float:
        rows = [classes == label if label else slice(None) for _, _, classes in past]
        return sum(
            float(np.nansum(np.abs(told[name][r]) ** power))
            for (told, _, _), r in zip(past, rows, strict=True)
        )

    return min(names, key=error)


def main() -> None:
    """Forecasts, chooses, prints."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--set", required=True, choices=sorted(READERS))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--origins", type=int, default=12, help="origins that are judged")
    parser.add_argument("--past", type=int, default=4, help="origins before, by which is chosen")
    parser.add_argument("--step", type=int, default=4, help="periods between origins")
    parser.add_argument("--series", type=int, default=0, help="0: all")
    args = parser.parse_args()
    started = time.process_time()
    shop = read_shop(args.set, args.data, None, args.series)
    panel, horizon = shop.panel, shop.horizon
    last = panel.n_periods - horizon
    origins = [last - args.step * k for k in range(args.origins + args.past)][::-1]
    seen = [misses(panel, origin, horizon) for origin in origins]
    rows: dict[str, list[tuple[float, float]]] = {}
    for k in range(args.past, len(seen)):
        told, actual, classes = seen[k]
        past = seen[k - args.past : k]
        ways: dict[str, Array] = {"default": told["default"]}
        for power, by in ((1, "absolute"), (2, "squared")):
            ways[f"one for all, by {by} error"] = told[chosen(past, power, "")]
            mixed = np.empty_like(actual)
            for label in np.unique(classes):
                mixed[classes == label] = told[chosen(past, power, label)][classes == label]
            ways[f"one for each class, by {by} error"] = mixed
        total = np.nansum(actual)
        for name, missed in ways.items():
            figures = np.nansum(np.abs(missed)) / total, np.nansum(missed) / total
            rows.setdefault(name, []).append(figures)
    _show(args.set, rows, time.process_time() - started)


def _show(name: str, rows: dict[str, list[tuple[float, float]]], seconds: float) -> None:
    table = Table("way", "WAPE", "WPE", "points dearer than default", title=name)
    base = np.array(rows["default"])
    line: dict[str, object] = {"set": name, "origins": len(base), "cpu_s": round(seconds, 1)}
    for way, figures in rows.items():
        each = np.array(figures)
        gap = 100 * (each - base)[:, 0]
        error = gap.std(ddof=1) / np.sqrt(len(gap))
        wape, wpe = each.mean(axis=0)
        table.add_row(way, f"{wape:.4f}", f"{wpe:+.4f}", f"{gap.mean():+.2f} ± {error:.2f}")
        line[way] = [round(float(x), 4) for x in (wape, wpe, gap.mean(), error)]
    Console().print(table)
    print(json.dumps(line))


if __name__ == "__main__":
    main()
