"""How wrong are forecasts of items that were launched a few periods ago, or will be tomorrow?

Two questions, each at several origins, about the four weeks after the origin:

- `hidden`: a seventh of the items that are old enough to be judged are made new: whatever they sold
  more than AGE weeks before the origin is taken away, at every location.
- `launches`: stock points whose first sale lies AGE weeks before the origin in truth.

Contenders: nothing at all; the mean of the group (client, or location, or the whole shop); the inner
forecaster; the same within `NewItems`. Error is WAPE, bias is in percent of what was sold.

    python benchmarks/new_items.py --set online_retail
    python benchmarks/new_items.py --set vn1 --data DIR/vn1
    python benchmarks/new_items.py --set favorita --data DIR/favorita_21_stores
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

import datasets
from onhand.data import build_panel, sample_shop
from onhand.data.panel import Frequency, Panel
from onhand.demand import believe
from onhand.demand.history import DemandHistory
from onhand.forecast import Forecaster, default_forecaster
from onhand.forecast.align import groups_of
from onhand.forecast.new_items import NewItems

Floats = NDArray[np.float32]
AHEAD = 4  # weeks that are judged
AGES = (0, 1, 2, 4, 8)
HIDDEN_SHARE = 1 / 7


def online_retail(folder: Path | None) -> Panel:
    """The sample shop: titles and prices, one location."""
    del folder
    return from_first_sale(build_panel(sample_shop(), frequency="week"))


def vn1(folder: Path) -> Panel:
    """13 weeks of 15,053 products of 46 vendors."""
    panel = datasets.vn1(folder, None).panel
    return from_first_sale(replace(panel, static={"client": panel.static["client"].astype(str)}))


def favorita(folder: Path) -> Panel:
    """288 grocery products in 21 stores, 171 weeks."""
    table = pl.read_parquet(folder / "weekly_sales.parquet").sort("product", "store", "week")
    keys = table.unique(["product", "store"], maintain_order=True)
    values = table["sales"].to_numpy().reshape(len(keys), -1).astype(np.float32)
    panel = Panel.of(
        np.maximum(values, 0),
        frequency=Frequency.WEEK,
        items=keys["product"].to_numpy(),
        locations=keys["store"].to_numpy(),
    )
    return from_first_sale(panel)


def from_first_sale(panel: Panel) -> Panel:
    """The panel with every stock point beginning at its first sale."""
    begun = np.cumsum(np.nan_to_num(panel.sales) > 0, axis=1) > 0
    return replace(panel, sales=np.where(begun, panel.sales, np.float32(np.nan)))


SETS: Mapping[str, tuple[Callable[..., Panel], str, tuple[int, ...]]] = {
    "online_retail": (online_retail, "all", (26, 31, 36, 41, 46)),
    "vn1": (vn1, "client", (6, 7, 8, 9)),
    "favorita": (favorita, "location", (80, 95, 110, 125, 140, 155)),
}


def main() -> None:
    """Print one line per question, age and contender, and JSON last."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--set", choices=sorted(SETS), required=True)
    parser.add_argument("--data", type=Path)
    options = parser.parse_args()
    read, by, origins = SETS[options.set]
    panel = read(options.data)
    started = time.process_time()
    rows: list[dict[str, object]] = []
    for question, ask in (("hidden", hidden), ("launches", launched)):
        for age in AGES:
            told: dict[str, list[tuple[Floats, Floats]]] = {}
            for origin in origins:
                history, judged = ask(panel, origin, age)
                if not judged.any():
                    continue
                actual = panel.sales[judged, origin : origin + AHEAD]
                for name, forecast in forecasts(history, by).items():
                    told.setdefault(name, []).append((actual, forecast[judged]))
            for name, windows in told.items():
                rows.append({"question": question, "age": age, "contender": name} | score(windows))
                print(" ".join(f"{value!s:>14}" for value in rows[-1].values()), flush=True)
    cpu = round(time.process_time() - started, 1)
    print(json.dumps({"set": options.set, "origins": origins, "cpu_s": cpu, "rows": rows}))


def hidden(panel: Panel, origin: int, age: int) -> tuple[DemandHistory, NDArray[np.bool_]]:
    """The history with some items made `age` weeks old, and which rows these are."""
    rng = np.random.default_rng(origin)
    names = np.unique(panel.items)
    chosen = np.isin(panel.items, rng.choice(names, int(len(names) * HIDDEN_SHARE), replace=False))
    now = panel.sales[:, origin - 4 : origin]
    enough = np.isfinite(panel.sales[:, :origin]).sum(axis=1) >= min(13, origin - 1)
    judged = chosen & enough & (np.nan_to_num(now) > 0).any(axis=1)
    cut = panel.until(origin)
    sales = cut.sales.copy()
    sales[chosen, : origin - age] = np.nan
    return believe(replace(cut, sales=sales)), judged


def launched(panel: Panel, origin: int, age: int) -> tuple[DemandHistory, NDArray[np.bool_]]:
    """The history as it was, and which rows had their first sale `age` weeks before the origin."""
    first = np.isfinite(panel.sales).argmax(axis=1)
    is_there = np.isfinite(panel.sales).any(axis=1)
    return believe(panel.until(origin)), is_there & (first == origin - age)


def forecasts(history: DemandHistory, by: str) -> dict[str, Floats]:
    """The next weeks of all rows, as each contender tells them."""
    inner: Forecaster = default_forecaster(history.panel.frequency).point
    return {
        "nothing": np.zeros((history.n_series, AHEAD), np.float32),
        "group mean": group_mean(history, by),
        "inner": inner.fit(history).mean(AHEAD),
        "new items": NewItems(inner, from_nothing=True).fit(history).mean(AHEAD),
    }


def group_mean(history: DemandHistory, by: str) -> Floats:
    """The mean of the last 13 weeks over all rows of the group."""
    groups = groups_of(history.panel, by)
    recent = history.values[:, -13:]
    known = np.isfinite(recent)
    total = np.bincount(groups, np.nan_to_num(recent).sum(axis=1))
    count = np.bincount(groups, known.sum(axis=1))
    overall = total.sum() / max(count.sum(), 1)
    level = np.where(count > 0, total / np.maximum(count, 1), overall)[groups]
    return np.repeat(level[:, None], AHEAD, axis=1).astype(np.float32)


def score(windows: list[tuple[Floats, Floats]]) -> dict[str, object]:
    """WAPE, bias, the WAPE of each window, and how many rows were judged."""

    def wape(actual: Floats, forecast: Floats) -> float:
        known = np.isfinite(actual)
        return float(np.abs(forecast - actual)[known].sum() / max(actual[known].sum(), 1e-9))

    actual = np.concatenate([a for a, _ in windows])
    forecast = np.concatenate([f for _, f in windows])
    known = np.isfinite(actual)
    return {
        "n": len(actual),
        "wape": round(wape(actual, forecast), 3),
        "bias": round(float((forecast - actual)[known].sum() / max(actual[known].sum(), 1e-9)), 3),
        "per_window": [round(wape(a, f), 3) for a, f in windows],
    }


if __name__ == "__main__":
    main()
