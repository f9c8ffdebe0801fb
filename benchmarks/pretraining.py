"""What is a network worth to a new shop that was taught on the rest of the catalogue?

    python benchmarks/pretraining.py --set m5_mini --data DIR --out FILE [--weeks 8]

Some places are held out: they are new shops, with 4, 8, 13 or 26 weeks of history. The others are
the catalogue, with all of theirs up to the same day. Judged are the 4 weeks (14 days) that follow, for
every shop on several days. Shops are held out a third of them at a time, so that one catalogue serves several.
A line of JSON is added to FILE for each catalogue; those in FILE are not run again.

scratch        a network taught on the new shop alone
adapted        taught on the catalogue by filling gaps (a share `--gaps` of the examples; the others
               forecast), then adapters on the new shop
as is          the same without adapters
statistics     the default forecaster on the new shop alone
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import polars as pl

from datasets import READERS
from onhand.data.panel import Frequency, Panel
from onhand.demand import believe
from onhand.evaluate import scores
from onhand.forecast import Forecaster, default_forecaster
from onhand.forecast.neural import MLP, Adapted, Hiding, Neural, Quantiles, Training, pretrain

WEEKS = (4, 8, 13, 26)
N_FOLDS = 3
SHOWN = ("statistics", "scratch", "adapted", "as is")
CATALOGUE = Training(n_epochs=8, n_steps=60, batch_size=256, learning_rate=2e-3, patience=8)
SCRATCH = Training(n_epochs=20, n_steps=20, batch_size=128, patience=5)


def main() -> None:
    """Run what is missing, then show all there is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--set", required=True, choices=("vn2", "m5_mini", "favorita"), dest="name")
    parser.add_argument("--data", required=True, type=Path, help="folder of the data set")
    parser.add_argument("--out", required=True, type=Path, help="file of results, a line each")
    parser.add_argument("--gaps", type=float, default=0.5, help="share of examples that fill gaps")
    parser.add_argument("--young", type=float, default=0.5, help="share that hides what is old")
    parser.add_argument("--year", action="store_true", help="the base reads the time of year")
    parser.add_argument("--weeks", type=int, nargs="*", default=WEEKS, help="of history")
    parser.add_argument("--moments", type=int, default=3, help="days from which shops are judged")
    parser.add_argument(
        "--apart", type=int, default=0, help="weeks between them; 0: a third of a year"
    )
    parser.add_argument("--thirds", type=int, default=3, help="held out on each day, in turn")
    args = parser.parse_args()
    panel, judged = shop_of(args.name, args.data)
    key: dict[str, Any] = {"set": args.name, "gaps": args.gaps, "young": args.young}
    key |= {"weeks": list(args.weeks), "reads_year": args.year}
    for fold, shops, origin in folds(panel, args.moments, args.apart, args.thirds):
        here = {**key, "origin": origin, "fold": fold}
        if any(here.items() <= row.items() for row in rows_of(args.out)):
            continue
        told = {**here, **run(panel, judged, shops, here)}
        with args.out.open("a") as file:
            file.write(json.dumps(told) + "\n")
        print(here, f"{told['cpu_s']:.0f} CPU-s", flush=True)
    show(args.name, [row for row in rows_of(args.out) if key.items() <= row.items()])


def shop_of(name: str, folder: Path) -> tuple[Panel, np.ndarray]:
    """A panel, and which of its periods are judged (N, T)."""
    if name != "favorita":
        shop = READERS[name](folder, None)
        return shop.panel, shop.judged & np.isfinite(shop.panel.sales)
    table = pl.read_parquet(folder / "weekly_sales.parquet").sort("store", "product", "week")
    keys = table.select("store", "product").unique(maintain_order=True)
    values = table["sales"].to_numpy().reshape(len(keys), -1).astype(np.float32)
    panel = Panel.of(
        np.maximum(values, 0),  # returns
        frequency=Frequency.WEEK,
        items=keys["product"].to_numpy(),
        locations=keys["store"].to_numpy(),
    )
    return panel, np.ones(values.shape, bool)


def folds(
    panel: Panel, n_moments: int, apart: int = 0, n_thirds: int = N_FOLDS
) -> Iterator[tuple[int, list[np.ndarray], int]]:
    """A third of the shops as new ones: its number, each shop (N,) bool, the day they are judged from.

    A shop is one place; of many small places, every sixth makes one shop. Moments are a third of a
    year apart, or `apart` weeks. With fewer thirds than three on each day, all take their turn: shops
    of one day share its luck, so that more days tell more than more shops.
    """
    places = np.unique(panel.locations)
    n_shops = len(places) if len(places) <= 30 else 6
    shop = np.searchsorted(places, panel.locations) % n_shops
    per_week = 7 if panel.frequency is Frequency.DAY else 1
    step = apart * per_week or round(panel.frequency.per_year / 3)
    last = panel.n_periods - horizon_of(panel)
    for moment in range(n_moments):
        for turn in range(n_thirds):
            fold = (moment * n_thirds + turn) % N_FOLDS
            yield fold, [shop == s for s in range(fold, n_shops, N_FOLDS)], last - moment * step


def horizon_of(panel: Panel) -> int:
    """Periods to forecast."""
    return 14 if panel.frequency is Frequency.DAY else 4


def run(
    panel: Panel, judged: np.ndarray, shops: Sequence[np.ndarray], asked: Mapping[str, Any]
) -> dict[str, Any]:
    """WAPE of each shop, by contender and weeks of history, and CPU seconds of all together.

    asked : origin, weeks, gaps, young and reads_year, as in a line of the results
    """
    origin, lengths, seed = asked["origin"], asked["weeks"], asked["origin"]
    hiding = Hiding(asked["gaps"], asked["young"])
    horizon = horizon_of(panel)
    per_week = 7 if panel.frequency is Frequency.DAY else 1
    catalogue = believe(panel.rows(~np.any(shops, axis=0)).until(origin))
    net = Neural(MLP(), Quantiles(), horizon=horizon, training=CATALOGUE, seed=seed)
    started = time.process_time()
    base = pretrain(net, catalogue, hiding, reads_year=asked["reads_year"])
    told: dict[str, Any] = {"catalogue_s": time.process_time() - started}
    contenders: dict[str, Forecaster] = {
        "statistics": default_forecaster(panel.frequency),
        "scratch": replace(net, training=SCRATCH, n_origins=2),
        "adapted": Adapted(base, seed=seed),
    }
    for new in shops:
        ahead = slice(origin, origin + horizon)
        actual = np.where(judged[new, ahead], panel.sales[new, ahead], np.nan)
        for weeks in lengths:
            history = believe(recent(panel.rows(new).until(origin), weeks * per_week))
            means = {name: f.fit(history).mean(horizon) for name, f in contenders.items()}
            means["as is"] = base.forecast(history).mean(horizon)
            for name, mean in means.items():
                told.setdefault(f"{name} {weeks}", []).append(scores.wape(actual, mean))
    told["n_series"] = [int(new.sum()) for new in shops]
    told["cpu_s"] = time.process_time() - started
    return told


def recent(panel: Panel, n: int) -> Panel:
    """The last n periods of a panel, as if nothing had been before."""
    start = panel.n_periods - n
    return replace(
        panel,
        dates=panel.dates[start:],
        sales=panel.sales[:, start:],
        in_stock=panel.in_stock[:, start:],
        is_open=panel.is_open[start:],
        known={k: v[:, start:] for k, v in panel.known.items()},
    )


def rows_of(out: Path) -> list[dict[str, Any]]:
    """What was run so far."""
    return [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []


def show(name: str, rows: list[dict[str, Any]]) -> None:
    """Mean WAPE, and the gain of each contender over scratch with its standard error over days and shops.

    Shops of one day share its weather, so the error is that of a mean over days (clustered), and the mean
    gain of each day stands beside it.
    """
    n_series = np.concatenate([row["n_series"] for row in rows])
    days = np.repeat([row["origin"] for row in rows], [len(row["n_series"]) for row in rows])
    print(f"\n{name}: {len(n_series)} new shops of {n_series.mean():.0f} series or so; WAPE")
    for weeks in rows[0]["weeks"]:
        wapes = {c: np.concatenate([row[f"{c} {weeks}"] for row in rows]) for c in SHOWN}
        for contender, wape in wapes.items():
            gain = 100 * (wape / wapes["scratch"] - 1)
            by_day = ", ".join(f"{gain[days == day].mean():+.1f}" for day in np.unique(days))
            print(
                f"  {weeks:2} weeks, {contender:10} {wape.mean():.4f} ({gain.mean():+.1f} +- "
                f"{clustered(gain, days):.1f} %, {(gain < 0).sum()} of {len(gain)}; by day {by_day})"
            )


def clustered(gain: np.ndarray, days: np.ndarray) -> float:
    """Standard error of the mean of gains (n,) that hang together within their day (n,)."""
    groups = np.unique(days)
    sums = np.array([(gain[days == day] - gain.mean()).sum() for day in groups])
    return float(np.sqrt((sums**2).sum() * len(groups) / max(len(groups) - 1, 1)) / len(gain))


if __name__ == "__main__":
    main()
