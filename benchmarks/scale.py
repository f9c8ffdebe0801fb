"""Does a whole plan for 50,000 stock points fit on a laptop? FreshRetailNet-50K through `onhand plan`.

    python benchmarks/scale.py --data FOLDER [--series N] [--out FOLDER]

The data set's files are first written as the tables a shop would have (sales with the share of time
in stock and promotions, items, locations, a calendar with holidays, weather and planned promotions).
Then `onhand plan` runs on that folder with its default settings in a process of its own, whose CPU
time and peak memory are what is printed. The bar is 600 CPU-seconds (5 minutes of 2 cores) and 6 GiB.
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

import polars as pl


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as scratch:
        shop = Path(scratch) / "shop"
        n_series, n_days = write_tables(arguments.data, shop, arguments.series)
        out = arguments.out or Path(scratch) / "plan"
        measured = run_plan(shop, out)
        size = {path.name: path.stat().st_size / 2**20 for path in sorted(out.iterdir())}
        board = json.loads((out / "plan.json").read_bytes())["board"]
    print(f"{n_series:,} stock points x {n_days} days through `onhand plan`")
    for name, value in measured.items():
        print(f"  {name:<10} {value:10.1f}")
    print(
        f"  order lines {board['n_order_lines']:,}; expected fill {board['expected_fill_rate']:.1%}"
    )
    print("  files: " + ", ".join(f"{name} {mib:.1f} MiB" for name, mib in size.items()))
    print(json.dumps({"benchmark": "scale", "results": {"onhand": measured}}))


def write_tables(source: Path, shop: Path, most: int) -> tuple[int, int]:
    """The data set as a shop's own files; gives back how many stock points and days there are."""
    shop.mkdir(parents=True)
    daily = pl.read_parquet(source / "daily.parquet")
    keys = daily.select("store_id", "product_id").unique(maintain_order=True)
    if most:
        keys = keys.head(most)
        daily = daily.join(keys, on=["store_id", "product_id"], how="semi")
    sales = daily.select(
        item=pl.col("product_id").cast(pl.String),
        location=pl.col("store_id").cast(pl.String),
        date="date",
        quantity="sale",
        in_stock=1 - pl.col("oos_hours_6_22") / 16,
        promotion="activity",
        discount="discount",
    )
    sales.write_parquet(shop / "sales.parquet")
    pl.read_parquet(source / "products.parquet").select(
        item=pl.col("product_id").cast(pl.String),
        category=pl.col("first_category_id").cast(pl.String),
        group=pl.col("management_group_id").cast(pl.String),
    ).write_parquet(shop / "items.parquet")
    pl.read_parquet(source / "stores.parquet").select(
        location=pl.col("store_id").cast(pl.String), city=pl.col("city_id").cast(pl.String)
    ).write_parquet(shop / "locations.parquet")
    _calendar(source, keys).write_parquet(shop / "calendar.parquet")
    return keys.height, daily["date"].n_unique()


def _calendar(source: Path, keys: pl.DataFrame) -> pl.DataFrame:
    """Holidays for all, weather by location, planned promotions by stock point."""
    holidays = pl.read_parquet(source / "calendar.parquet").select(
        "date", holiday=pl.col("holiday_flag").cast(pl.String)
    )
    weather = (
        pl.read_parquet(source / "weather.parquet")
        .join(keys.select("store_id").unique(), on="store_id", how="semi")
        .select(
            "date",
            location=pl.col("store_id").cast(pl.String),
            rain="precpt",
            temperature="avg_temperature",
            humidity="avg_humidity",
            wind="avg_wind_level",
        )
    )
    planned = (
        pl.read_parquet(source / "future_promo_last7.parquet")
        .join(keys, on=["store_id", "product_id"], how="semi")
        .select(
            "date",
            item=pl.col("product_id").cast(pl.String),
            location=pl.col("store_id").cast(pl.String),
            promotion="activity",
            discount="discount",
        )
    )
    return pl.concat([holidays, weather, planned], how="diagonal_relaxed")


def run_plan(shop: Path, out: Path) -> dict[str, float]:
    """`onhand plan` in a process of its own: seconds of CPU and of the clock, and MiB at its peak."""
    command = [sys.executable, "-c", "from onhand.cli import main; main()", "plan", str(shop)]
    began = time.perf_counter()
    done = subprocess.run(
        [*command, "--out", str(out)],
        env=os.environ | {"OMP_WAIT_POLICY": "PASSIVE"},
        stdout=subprocess.DEVNULL,
        check=False,
    )
    wall = time.perf_counter() - began
    if done.returncode not in (0, 1):
        raise SystemExit(f"onhand plan ended with {done.returncode}")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "cpu_s": round(used.ru_utime + used.ru_stime, 1),
        "wall_s": round(wall, 1),
        "peak_mib": round(used.ru_maxrss / 1024, 1),
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of FreshRetailNet-50K")
    parser.add_argument("--series", type=int, default=0, help="only so many stock points; 0: all")
    parser.add_argument("--out", type=Path, help="keep the plan in this folder")
    return parser.parse_args()


if __name__ == "__main__":
    main()
