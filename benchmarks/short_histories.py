"""Which points to tell of the next quarter, when the last one is all there is to learn from?

    python benchmarks/short_histories.py --data DIR --sets vn2 favorita_21_stores m5_mini dominicks_oj

`DIR` holds the folders of the data sets. Every window shows a contender 13 weeks of a longer public
history and asks for the next 13. In January the 13 weeks end, as VN1's do, with the first days of the
year; the other windows are spread over the history. The error is VN1's official score, the sum of
absolute errors plus the absolute sum of errors over demand, here divided by that of the last week
repeated: below 1 is better than that. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import polars as pl

from datasets import read_shop
from onhand.data.panel import Frequency, Panel
from onhand.demand import believe
from onhand.evaluate import scores
from onhand.forecast import TSB, MovingAverage, Naive
from onhand.forecast.align import Aligned
from onhand.forecast.forecaster import Forecaster
from onhand.forecast.recent import last
from onhand.forecast.short import short_history_points
from onhand.forecast.typical import OrdinaryLevel, RecentMedian, RootSmoothing
from rivals import IMAPA

WEEKS = 13  # seen, and asked for

Contenders = dict[str, Forecaster]
CONTENDERS: Contenders = {
    "last week": Naive(),
    "mean of 8 weeks": MovingAverage(8),
    "mean of 13 weeks": MovingAverage(WEEKS),
    "tsb": TSB(),
    "imapa": IMAPA(),
    "roots, last three weeks' level": Aligned(RootSmoothing(0.4), RecentMedian(3), by="location"),
    "roots, ordinary level": Aligned(RootSmoothing(0.25), OrdinaryLevel(), by="location"),
    "short_history_points": short_history_points(by="location"),
}


def vn2(folder: Path) -> Panel:
    """A grocer's weeks, those that ended without stock as they were sold: VN1 marks none either."""
    panel = read_shop("vn2", folder).panel
    return replace(panel, in_stock=np.ones_like(panel.in_stock))


def online_retail(folder: Path) -> Panel:
    """A gift shop's weeks."""
    return read_shop("online_retail", folder).panel


def m5_mini(folder: Path) -> Panel:
    """280 Walmart series, from Monday to Sunday."""
    days = read_shop("m5_mini", folder).panel
    first = int((4 - days.dates[0].astype("datetime64[D]").astype(int)) % 7)  # 1970-01-05: a Monday
    n_weeks = (days.n_periods - first) // 7
    sales = days.sales[:, first : first + 7 * n_weeks].reshape(days.n_series, n_weeks, 7)
    return weekly(sales.sum(axis=2), days.dates[first], days.items, days.locations)


def favorita_21_stores(folder: Path) -> Panel:
    """288 products in 21 stores, their weeks from Tuesday on; every third series."""
    table = pl.read_parquet(folder / "weekly_sales.parquet").sort("product", "store", "week")
    keys = table.unique(["product", "store"], maintain_order=True)
    sales = np.maximum(table["sales"].to_numpy().reshape(len(keys), -1), 0)
    product, store = keys["product"].to_numpy(), keys["store"].to_numpy()
    return weekly(sales[::3], np.datetime64("2013-01-01"), product[::3], store[::3])


def dominicks_oj(folder: Path) -> Panel:
    """11 orange juices in 83 supermarkets; what they cost is not told."""
    return replace(read_shop("dominicks_oj", folder).panel, known={})


def weekly(sales: Any, first: Any, items: Any, locations: Any) -> Panel:
    """A panel of weeks from a first day on."""
    dates = np.datetime64(first, "D") + 7 * np.arange(sales.shape[1])
    return Panel.of(
        sales,
        dates=dates,
        frequency=Frequency.WEEK,
        items=np.asarray(items).astype(str),
        locations=np.asarray(locations).astype(str),
    )


READERS: dict[str, Callable[[Path], Panel]] = {
    "vn2": vn2,
    "favorita_21_stores": favorita_21_stores,
    "m5_mini": m5_mini,
    "dominicks_oj": dominicks_oj,
    "online_retail": online_retail,
}


def ends(panel: Panel, n_others: int) -> dict[str, list[int]]:
    """Where windows end: once around each New Year, and `n_others` times evenly over the history."""
    possible = np.arange(WEEKS, panel.n_periods - WEEKS + 1)
    days = panel.dates[possible - 1].astype("datetime64[D]")
    since = (days + 7 - (days + 7).astype("datetime64[Y]").astype("datetime64[D]")).astype(int)
    january = possible[(since >= 4) & (since < 11)].tolist()  # the last week begins Dec 29 to Jan 4
    others = np.linspace(possible[0], possible[-1], n_others + 2).round().astype(int)[1:-1]
    return {"january": january, "others": [int(t) for t in others if t not in january]}


def ratios(panel: Panel, end: int, contenders: Contenders) -> dict[str, float]:
    """Each contender's official score from one window over that of the last week repeated."""
    history = last(believe(panel.until(end)), WEEKS)
    seen = np.isfinite(history.values).any(axis=1)
    history, actual = history.rows(np.flatnonzero(seen)), panel.sales[seen, end : end + WEEKS]
    told = {
        name: scores.vn1_score(actual, one.fit(history).mean(WEEKS))
        for name, one in contenders.items()
    }
    return {name: score / told["last week"] for name, score in told.items()}


def main() -> None:
    """Read, forecast every window, print the geometric means of the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", required=True, type=Path, help="folder of the data sets' folders")
    parser.add_argument("--sets", nargs="*", default=list(READERS), choices=list(READERS))
    parser.add_argument("--others", type=int, default=5, help="windows not in January (default 5)")
    args = parser.parse_args()
    result: dict[str, Any] = {}
    for name in args.sets:
        panel = READERS[name](args.data / name)
        for kind, where in ends(panel, args.others).items():
            rows = [ratios(panel, end, CONTENDERS) for end in where]
            if not rows:
                continue
            means = {c: float(np.exp(np.mean([np.log(r[c]) for r in rows]))) for c in CONTENDERS}
            result[f"{name}, {kind}"] = {"windows": len(rows), **means}
            shown = "  ".join(f"{c} {means[c]:.3f}" for c in CONTENDERS)
            print(f"{name}, {kind} ({len(rows)}): {shown}", flush=True)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
