"""Do planned prices, promotions and holidays help the statistics of a small shop?

Small shops are cut out of a public one: so many stock points, drawn at random, over the last periods
before an origin, fewer than 10,000 periods in all, which is where plans do without trees. The default
statistics forecast with and without the answer to plans that `onhand.forecast.responsive` learns.
Errors are of all periods, and of those alone in which something used is on.

    python benchmarks/responses.py --set dominicks_oj --data DIR/dominicks_oj
    python benchmarks/responses.py --set m5_mini --data DIR/m5_mini
    python benchmarks/responses.py --set favorita --data DIR/favorita_21_stores
    python benchmarks/responses.py --set freshretailnet50k --data DIR/freshretailnet50k
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

import numpy as np

import datasets
import occasions
from onhand.data.panel import Panel
from onhand.demand import believe
from onhand.demand.history import DemandHistory
from onhand.demand.occasions import with_holidays
from onhand.evaluate.scores import crps, wape, wpe
from onhand.forecast import default_forecaster
from onhand.forecast.calibrated import Calibrated
from onhand.forecast.recent import Recent, last
from onhand.forecast.response import response_of
from onhand.forecast.responsive import Responsive


@dataclass(frozen=True)
class Ask:
    """A public shop, how small ones are cut from it, and what is forecast, in periods."""

    panel: Panel
    n_series: int
    n_periods: int
    horizon: int
    origins: tuple[int, ...]


def dominicks_oj(folder: Path) -> Ask:
    """Orange juice, weekly: prices, coupons and features are planned."""
    panel = datasets.dominicks_oj(folder, None).panel
    return Ask(panel, 90, 104, 8, tuple(range(73, panel.n_periods - 7, 8)))


def m5_mini(folder: Path) -> Ask:
    """Walmart, daily: prices, events and food-stamp days are planned."""
    panel = datasets.m5_mini(folder, None).panel
    return Ask(panel, 70, 140, 28, tuple(range(panel.n_periods - 13 * 28, panel.n_periods, 28)))


def favorita(folder: Path) -> Ask:
    """An Ecuadorian grocer, weekly: holidays are known."""
    asked = occasions.favorita(folder, 0)
    panel = with_holidays(asked.panel, asked.country)
    return Ask(panel, 90, 104, 4, tuple(range(107, panel.n_periods - 3, 4)))


def freshretailnet50k(folder: Path) -> Ask:
    """Fresh products, daily: discounts, activities, holidays and weather are planned."""
    shop = datasets.freshretailnet50k(folder, None)
    panel = replace(shop.panel, sales=np.where(shop.judged, shop.panel.sales, np.float32(np.nan)))
    return Ask(panel, 110, 90, 7, (55, 62, 69, 76))


SETS: Mapping[str, Callable[[Path], Ask]] = {
    "dominicks_oj": dominicks_oj,
    "m5_mini": m5_mini,
    "favorita": favorita,
    "freshretailnet50k": freshretailnet50k,
}


def main() -> None:
    """Print one line per cut and contender, and JSON last."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--set", choices=sorted(SETS), required=True, dest="name")
    parser.add_argument("--data", type=Path, required=True, help="folder of the data set")
    parser.add_argument("--draws", type=int, default=3, help="small shops cut at each origin")
    options = parser.parse_args()
    ask = SETS[options.name](options.data)
    started = time.process_time()
    rows = []
    for draw in range(options.draws):
        picked = np.random.default_rng(draw).permutation(ask.panel.n_series)[: ask.n_series]
        for origin in ask.origins:
            rows += judged(ask, ask.panel.rows(np.sort(picked)), origin, draw)
    print(f"{time.process_time() - started:.1f} CPU-s")
    print(json.dumps({"set": options.name, "summary": summary(rows)}))


def judged(ask: Ask, shop: Panel, origin: int, draw: int) -> list[dict[str, float | str]]:
    """Errors of both from one origin of one small shop."""
    history = last(believe(shop.until(origin)), ask.n_periods)
    actual = shop.sales[:, origin : origin + ask.horizon]
    n_known = int(np.isfinite(history.values).sum())
    assert n_known < 10_000
    response = response_of(history)
    is_on = np.zeros(actual.shape, bool)
    if response is not None:
        for signal in response.signals:
            ahead = signal.is_on[:, history.n_periods : history.n_periods + actual.shape[1]]
            is_on[:, : ahead.shape[1]] |= ahead
    rows: list[dict[str, float | str]] = []
    for name, forecaster in contenders(history).items():
        begun = time.process_time()
        fitted = forecaster.fit(history)
        mean = fitted.mean(ask.horizon)[:, : actual.shape[1]]
        spent = time.process_time() - begun
        paths = fitted.paths(ask.horizon, 100, rng=np.random.default_rng(0)).values
        some = np.isfinite(actual)
        row: dict[str, float | str] = {
            "contender": name,
            "origin": origin,
            "draw": draw,
            "wape": wape(actual, mean),
            "wpe": wpe(actual, mean),
            "crps": crps(actual, paths[..., : actual.shape[1]]),
            "share_on": float(is_on.mean()),
            "cpu_s": spent,
        }
        if (is_on & some).any():
            there = np.where(is_on, actual, np.nan)
            row |= {"wape_on": wape(there, mean), "wpe_on": wpe(there, mean)}
        print(
            "  ".join(
                f"{k} {v:.4f}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items()
            )
        )
        rows.append(row)
    return rows


def contenders(history: DemandHistory) -> dict[str, Calibrated]:
    """The statistics without and with an answer to plans."""
    default = default_forecaster(history.panel.frequency)
    recent = default.point
    assert isinstance(recent, Recent)
    assert isinstance(recent.point, Responsive)
    plain = replace(recent, point=recent.point.inner)
    return {"without": replace(default, point=plain), "with": default}


def summary(rows: list[dict[str, float | str]]) -> dict[str, dict[str, float]]:
    """Means over cuts, and in how many of them the answer helped."""
    told: dict[str, dict[str, float]] = {}
    for name in ("without", "with"):
        mine = [row for row in rows if row["contender"] == name]
        keys = [k for k, v in mine[0].items() if isinstance(v, float)]
        keys += [k for k in ("wape_on", "wpe_on") if k not in keys]
        told[name] = {
            k: round(float(np.mean([row[k] for row in mine if k in row])), 4) for k in keys
        }
    pairs = zip(
        [row["wape"] for row in rows if row["contender"] == "without"],
        [row["wape"] for row in rows if row["contender"] == "with"],
        strict=True,
    )
    gained = [float(a) - float(b) for a, b in pairs]
    told["with"] |= {"n_better": float(sum(g > 0 for g in gained)), "n_cuts": float(len(gained))}
    return told


if __name__ == "__main__":
    main()
