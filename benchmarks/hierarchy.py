"""How good are forecasts at every level of a shop, from its stock points up to the whole?

Contenders forecast stock points, so that every level is the sum of its members and all levels agree:

- `bottom up`: the statistical forecaster of each stock point
- `top down`: the sum of all, by the same forecaster, split by the shares of the last quarter
- `aligned`: bottom up, stretched to the forecast of the sum
- `reconciled`: bottom up and forecasts of all levels, weighed by their past errors
- `reconciled, tried`: the same, only where it was better at earlier origins

The error is WAPE per period, of the sums of what is judged; `won` counts the origins at which a contender
beats bottom up, at the stock points and over all levels alike.

    python benchmarks/hierarchy.py --set m5_mini --data DIR/m5_mini
    python benchmarks/hierarchy.py --set vn2 --data DIR/vn2
    python benchmarks/hierarchy.py --set favorita --data DIR/favorita_21_stores
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
import polars as pl
from numpy.typing import NDArray

import datasets
from onhand.data.panel import Frequency, Panel
from onhand.demand import believe
from onhand.forecast import Forecaster, MovingAverage, default_forecaster
from onhand.forecast.align import Aligned
from onhand.forecast.hierarchy import Levels, Reconciled, levels_of

Floats = NDArray[np.float32]

SETS: dict[str, tuple[tuple[str, ...], int, int]] = {  # levels, horizon, periods between origins
    "m5_mini": (("all", "state", "location", "category", "department", "item"), 28, 28),
    "vn2": (("all", "location", "item"), 8, 4),
    "favorita": (("all", "location", "item"), 8, 8),
}


def main() -> None:
    """Print one line per contender and origin, and JSON last."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--set", choices=sorted(SETS), required=True, dest="name")
    parser.add_argument("--data", type=Path, required=True, help="folder of the data set")
    parser.add_argument("--origins", type=int, default=8)
    options = parser.parse_args()
    started = time.process_time()
    panel = panel_of(options.name, options.data)
    names, horizon, stride = SETS[options.name]
    levels = levels_of(panel, names)
    last = panel.n_periods - horizon
    origins = [last - k * stride for k in range(options.origins)][::-1]
    rows = []
    for origin in origins:
        history = believe(panel.until(origin))
        actual = judged(panel, origin, horizon)
        for name, forecaster in contenders(panel.frequency, levels.names).items():
            told = forecaster.fit(history).mean(horizon)
            rows.append({"contender": name, "origin": origin} | errors(actual, told, levels))
            print("  ".join(f"{key} {value}" for key, value in rows[-1].items()), flush=True)
    cpu = round(time.process_time() - started, 1)
    summary = {
        name: mean_of(rows, name) for name in dict.fromkeys(str(r["contender"]) for r in rows)
    }
    for name, row in summary.items():
        print(f"{name:20}" + "  ".join(f"{key} {value}" for key, value in row.items()))
    result = {
        "set": options.name,
        "n_series": panel.n_series,
        "horizon": horizon,
        "origins": origins,
    }
    print(json.dumps(result | {"summary": summary, "cpu_s": cpu, "rows": rows}))


def panel_of(name: str, folder: Path) -> Panel:
    """The data set as a panel."""
    if name != "favorita":
        return datasets.read_shop(name, folder).panel
    table = pl.read_parquet(folder / "weekly_sales.parquet").sort("product", "store", "week")
    keys = table.unique(["product", "store"], maintain_order=True)
    values = table["sales"].to_numpy().reshape(len(keys), -1).astype(np.float32)
    return Panel.of(
        np.maximum(values, 0),
        frequency=Frequency.WEEK,
        items=keys["product"].to_numpy(),
        locations=keys["store"].to_numpy(),
    )


def contenders(frequency: Frequency, levels: tuple[str, ...]) -> dict[str, Forecaster]:
    """All of them stand on the same statistical forecaster, without its spread."""
    point = default_forecaster(frequency).point
    return {
        "bottom up": point,
        "top down": Aligned(MovingAverage(frequency.quarter), point),
        "aligned": Aligned(point, point),
        "reconciled": Reconciled(point, point, levels, is_tried=False),
        "reconciled, tried": Reconciled(point, point, levels),
    }


def judged(panel: Panel, origin: int, horizon: int) -> Floats:
    """Sales of the periods after an origin, (N, H); NaN where the shelf was not full."""
    ahead = slice(origin, origin + horizon)
    return np.where(panel.in_stock[:, ahead] >= 1, panel.sales[:, ahead], np.float32(np.nan))


def errors(actual: Floats, told: Floats, levels: Levels) -> dict[str, float]:
    """WAPE of the stock points and of the sums of each level, over what is judged."""
    apart = np.where(np.isfinite(actual), told - actual, 0.0).astype(np.float64)
    total = float(np.nansum(actual, dtype=np.float64))
    found = {"stock point": np.abs(apart).sum() / total}
    above = levels.up(apart)
    for tier, name in enumerate(levels.names):
        found[name] = np.abs(above[levels.tier == tier]).sum() / total
    found["mean"] = float(np.mean(list(found.values())))
    return {name: round(float(value), 4) for name, value in found.items()}


def mean_of(rows: list[dict[str, float | str | int]], name: str) -> dict[str, float]:
    """Means over the origins, and how often bottom up was beaten."""
    mine = [row for row in rows if row["contender"] == name]
    bare = [row for row in rows if row["contender"] == "bottom up"]
    keys = [key for key in mine[0] if key not in ("contender", "origin")]
    told = {key: round(float(np.mean([float(row[key]) for row in mine])), 4) for key in keys}
    for key in ("stock point", "mean"):
        won = sum(float(a[key]) < float(b[key]) for a, b in zip(mine, bare, strict=True))
        told[f"won, {key}"] = won
    return told


if __name__ == "__main__":
    main()
