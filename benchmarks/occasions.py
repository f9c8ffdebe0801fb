"""Do holidays and occasions help trees forecast a public shop?

Holidays are those of the shop's country (package `holidays`), occasions what can be said of planned
prices, promotions and holidays (`onhand.demand.occasions`). The same booster forecasts with neither,
with the holidays alone, and with both, from several origins; the error is WAPE, by origin.

    python benchmarks/occasions.py --set favorita --data DIR/favorita_21_stores
    python benchmarks/occasions.py --set online_retail --data DIR/online_retail
    python benchmarks/occasions.py --set m5_mini --data DIR/m5_mini
    python benchmarks/occasions.py --set freshretailnet50k --data DIR/freshretailnet50k --series 3000

m5_mini and freshretailnet50k bring their own holidays, so that holidays alone change nothing there.
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
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import polars as pl
from numpy.typing import NDArray

import datasets
from onhand.data.panel import Frequency, Panel
from onhand.demand import believe
from onhand.demand.occasions import with_holidays, with_occasions
from onhand.evaluate.scores import wape, wpe
from onhand.forecast.boosted import Boosted
from onhand.forecast.boosted.members import Member

Floats = NDArray[np.float32]
Prepared = Callable[[Panel], Panel]


@dataclass(frozen=True)
class Ask:
    """A panel, the country of its shop (empty: it brings its own holidays), and what is forecast."""

    panel: Panel
    country: str
    horizon: int
    origins: tuple[int, ...]


def favorita(folder: Path, n_series: int) -> Ask:
    """288 grocery products in 21 stores of Ecuador, 171 weeks."""
    table = pl.read_parquet(folder / "weekly_sales.parquet").sort("product", "store", "week")
    keys = table.unique(["product", "store"], maintain_order=True)
    values = table["sales"].to_numpy().reshape(len(keys), -1).astype(np.float32)
    weeks = pl.read_csv(folder / "weeks.csv", try_parse_dates=True).head(values.shape[1])
    panel = Panel.of(
        np.maximum(values, 0),
        dates=weeks["date"].to_numpy(),
        frequency=Frequency.WEEK,
        items=keys["product"].to_numpy(),
        locations=keys["store"].to_numpy(),
    )
    return Ask(some(panel, n_series), "EC", 4, (117, 125, 133, 141, 149, 157, 165))


def online_retail(folder: Path, n_series: int) -> Ask:
    """The products of a UK gift shop, 53 weeks."""
    panel = datasets.online_retail(folder, None).panel
    return Ask(some(panel, n_series), "GB", 4, (28, 32, 36, 40, 44, 48))


def m5_mini(folder: Path, n_series: int) -> Ask:
    """28 products in 10 American stores, daily; its national and religious events are holidays."""
    panel = datasets.m5_mini(folder, None).panel
    holiday = np.maximum(panel.known["event_national"], panel.known["event_religious"])
    panel = replace(panel, known={**panel.known, "holiday": holiday})
    return Ask(some(panel, n_series), "", 28, (1745, 1773, 1801, 1829, 1857, 1885, 1913))


def freshretailnet50k(folder: Path, n_series: int) -> Ask:
    """Fresh products in Chinese shops, 90 days, with planned discounts, activities and holidays."""
    shop = datasets.freshretailnet50k(folder, None)
    panel = replace(shop.panel, sales=np.where(shop.judged, shop.panel.sales, np.float32(np.nan)))
    known = {**panel.known, "promotion": (panel.known["discount"] < 0.95).astype(np.float32)}
    return Ask(some(replace(panel, known=known), n_series), "", 7, (55, 62, 69, 76, 83))


def some(panel: Panel, n_series: int) -> Panel:
    """So many stock points, drawn at random; 0: all."""
    if not 0 < n_series < panel.n_series:
        return panel
    return panel.rows(np.sort(np.random.default_rng(0).permutation(panel.n_series)[:n_series]))


SETS: Mapping[str, Callable[[Path, int], Ask]] = {
    "favorita": favorita,
    "online_retail": online_retail,
    "m5_mini": m5_mini,
    "freshretailnet50k": freshretailnet50k,
}


def main() -> None:
    """Print one line per contender and origin, and JSON last."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--set", choices=sorted(SETS), required=True, dest="name")
    parser.add_argument("--data", type=Path, required=True, help="folder of the data set")
    parser.add_argument("--series", type=int, default=0, help="stock points drawn (default: all)")
    parser.add_argument("--rows", type=int, default=150_000, help="examples per booster")
    options = parser.parse_args()
    ask = SETS[options.name](options.data, options.series)
    started = time.process_time()
    rows = []
    for name, prepared in contenders(ask).items():
        for origin in ask.origins:
            rows.append(
                {"contender": name, "origin": origin} | judge(ask, origin, prepared, options.rows)
            )
            print("  ".join(f"{key} {value}" for key, value in rows[-1].items()), flush=True)
    summary = {name: mean_of(rows, name) for name in contenders(ask)}
    cpu = round(time.process_time() - started, 1)
    print(json.dumps({"set": options.name, "summary": summary, "cpu_s": cpu, "rows": rows}))


def contenders(ask: Ask) -> dict[str, Prepared]:
    """What is done to the panel as it stood at an origin, before it is forecast."""

    def with_days(panel: Panel) -> Panel:
        return with_holidays(panel, ask.country) if ask.country else panel

    named: dict[str, Prepared] = {"plain": lambda panel: panel}
    if ask.country:
        named["holidays"] = with_days
    return named | {"occasions": lambda panel: with_occasions(with_days(panel))}


def judge(ask: Ask, origin: int, prepared: Prepared, n_rows: int) -> dict[str, float]:
    """Error and bias of the periods after an origin."""
    forecaster = Boosted(
        horizon=ask.horizon,
        members=(Member("tweedie", 1.0, 1),),
        n_rows=n_rows,
        n_error_origins=0,
    )
    history = believe(prepared(ask.panel.until(origin)))
    forecast = forecaster.fit(history).mean(ask.horizon)
    actual = ask.panel.sales[:, origin : origin + ask.horizon]
    forecast = forecast[:, : actual.shape[1]]
    return {"wape": round(wape(actual, forecast), 4), "wpe": round(wpe(actual, forecast), 4)}


def mean_of(rows: list[dict[str, float | str | int]], name: str) -> dict[str, float]:
    """Mean over origins, and in how many of them it beat the plain one."""
    mine = [row for row in rows if row["contender"] == name]
    plain = [row for row in rows if row["contender"] == "plain"]
    better = sum(float(a["wape"]) < float(b["wape"]) for a, b in zip(mine, plain, strict=True))
    return {
        "wape": round(float(np.mean([float(row["wape"]) for row in mine])), 4),
        "abs_wpe": round(float(np.mean([abs(float(row["wpe"])) for row in mine])), 4),
        "n_better": better,
        "n_origins": len(mine),
    }


if __name__ == "__main__":
    main()
