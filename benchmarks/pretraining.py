"""What is a network worth to a new shop that was taught on the rest of the catalogue?

    python benchmarks/pretraining.py --set m5_mini --data DIR --out FILE

Some places are held out: they are the new shop, with 4, 8, 13 or 26 weeks of history. The others are
the catalogue, with all of theirs up to the same day. Judged are the 4 weeks (14 days) that follow, for several
new shops and several days. A line of JSON is added to FILE for each; those in FILE are not run again.

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
from collections.abc import Iterator, Sequence
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
from onhand.forecast import default_forecaster
from onhand.forecast.neural import MLP, Adapted, Hiding, Neural, Quantiles, Training, pretrain

WEEKS = (4, 8, 13, 26)
SHOWN = ("statistics", "scratch", "adapted", "as is")
CATALOGUE = Training(n_epochs=8, n_steps=40, batch_size=192, patience=3)
SCRATCH = Training(n_epochs=20, n_steps=20, batch_size=128, patience=5)


def main() -> None:
    """Run what is missing, then show all there is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--set", required=True, choices=("vn2", "m5_mini", "favorita"), dest="name")
    parser.add_argument("--data", required=True, type=Path, help="folder of the data set")
    parser.add_argument("--out", required=True, type=Path, help="file of results, a line each")
    parser.add_argument("--gaps", type=float, default=0.5, help="share of examples that fill gaps")
    parser.add_argument("--young", type=float, default=0.5, help="share that hides what is old")
    parser.add_argument("--weeks", type=int, nargs="*", default=WEEKS, help="of history")
    parser.add_argument("--slices", type=int, default=6, help="new shops and days, at most")
    args = parser.parse_args()
    panel, judged = shop_of(args.name, args.data)
    for k, (new, origin) in enumerate(list(slices(panel))[: args.slices]):
        key: dict[str, Any] = {
            "set": args.name,
            "gaps": args.gaps,
            "young": args.young,
            "weeks": list(args.weeks),
            "slice": k,
        }
        if not any(key.items() <= row.items() for row in rows_of(args.out)):
            told = {**key, "origin": origin, "n_series": int(new.sum())}
            hiding = Hiding(args.gaps, args.young)
            told |= run(panel, judged, new, origin, args.weeks, seed=k, hiding=hiding)
            with args.out.open("a") as file:
                file.write(json.dumps(told) + "\n")
            print(told, flush=True)
    mine = {"set": args.name, "gaps": args.gaps, "young": args.young, "weeks": list(args.weeks)}
    show(args.name, [row for row in rows_of(args.out) if mine.items() <= row.items()])


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


def slices(panel: Panel) -> Iterator[tuple[np.ndarray, int]]:
    """New shops (N,) bool and the day they are judged from: three shops, at two moments each.

    A shop is one place; of many small places, every sixth makes one shop.
    """
    places = np.unique(panel.locations)
    n_groups = len(places) if len(places) <= 30 else 6
    group = np.searchsorted(places, panel.locations) % n_groups
    half_year = round(panel.frequency.per_year / 2)
    last = panel.n_periods - horizon_of(panel)
    for chosen in (0, n_groups // 2, n_groups - 1):
        for origin in (last, last - half_year):
            yield group == chosen, origin


def horizon_of(panel: Panel) -> int:
    """Periods to forecast."""
    return 14 if panel.frequency is Frequency.DAY else 4


def run(
    panel: Panel,
    judged: np.ndarray,
    new: np.ndarray,
    origin: int,
    lengths: Sequence[int],
    *,
    seed: int,
    hiding: Hiding,
) -> dict[str, Any]:
    """WAPE by contender and weeks of history, and CPU seconds."""
    horizon = horizon_of(panel)
    ahead = slice(origin, origin + horizon)
    actual = np.where(judged[new, ahead], panel.sales[new, ahead], np.nan)
    catalogue = believe(panel.rows(~new).until(origin))
    net = Neural(MLP(), Quantiles(), horizon=horizon, training=CATALOGUE, seed=seed)
    started = time.process_time()
    base = pretrain(net, catalogue, hiding)
    told: dict[str, Any] = {"catalogue_s": time.process_time() - started}
    per_week = 7 if panel.frequency is Frequency.DAY else 1
    for weeks in lengths:
        history = believe(recent(panel.rows(new).until(origin), weeks * per_week))
        contenders = {
            "statistics": default_forecaster(panel.frequency),
            "scratch": replace(net, training=SCRATCH, n_origins=2),
            "adapted": Adapted(base, seed=seed),
        }
        for name, forecaster in contenders.items():
            started = time.process_time()
            mean = forecaster.fit(history).mean(horizon)
            told[f"{name} {weeks}"] = scores.wape(actual, mean)
            told[f"{name} {weeks} s"] = time.process_time() - started
        mean = base.forecast(history).mean(horizon)
        told[f"as is {weeks}"] = scores.wape(actual, mean)
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
    """Mean WAPE, and the gain of each contender over scratch with its spread over slices."""
    print(f"\n{name}: {len(rows)} new shops of {rows[0]['n_series']} series or so; WAPE")
    for weeks in rows[0]["weeks"]:
        scratch = np.array([row[f"scratch {weeks}"] for row in rows])
        cells = []
        for contender in SHOWN:
            wape = np.array([row[f"{contender} {weeks}"] for row in rows])
            gain = 100 * (wape / scratch - 1)
            error = gain.std(ddof=1) / np.sqrt(len(rows))
            cells.append(
                f"{contender} {wape.mean():.4f} ({gain.mean():+.1f} +- {error:.1f} %, "
                f"{(gain < 0).sum()} of {len(rows)})"
            )
        print(f"  {weeks:2} weeks: " + "; ".join(cells))


if __name__ == "__main__":
    main()
