"""Writes the folder of a small tea shop with real suppliers: minima, packs, price breaks, a budget.

    python examples/tea_shop.py tea-shop
    onhand plan tea-shop

The sales are drawn at random from a fixed seed; everything else is written out below.
"""

from __future__ import annotations

import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

LAST = date(2024, 6, 30)  # a Sunday: the plan is for Monday, 1 July
N_DAYS = 26 * 7

# item, title, sold per day, price, unit cost, on hand, unit weight (kg), unit volume (litres)
ITEMS = (
    ("ASSAM", "Assam, 100 g", 3.0, 6.50, 2.60, 22, 0.12, 0.5),
    ("DARJ", "Darjeeling, 100 g", 2.0, 9.80, 4.20, 8, 0.12, 0.5),
    ("EARL", "Earl Grey, 100 g", 4.0, 6.90, 2.50, 40, 0.12, 0.5),
    ("SENCHA", "Sencha, 100 g", 1.5, 8.90, 3.70, 10, 0.12, 0.5),
    ("MINT", "Fresh mint, bunch", 2.5, 2.20, 0.90, 5, 0.05, 0.8),
    ("CUP", "Cup, white", 1.2, 7.50, 2.10, 12, 0.35, 1.2),
    ("POT", "Teapot, 1 l", 0.4, 34.00, 13.50, 5, 1.20, 4.0),
    ("TIN", "Tin, 250 g", 0.8, 5.00, 1.40, 30, 0.15, 1.5),
    ("FILTER", "Paper filters, 100", 2.2, 3.90, 1.20, 9, 0.10, 0.6),
    ("HONEY", "Honey, 500 g", 1.0, 8.50, 4.60, 3, 0.75, 0.6),
    ("ADVENT", "Advent calendar", 0.5, 19.00, 9.00, 2, 0.60, 3.0),
)

SUPPLY = """\
item,supplier,lead_time,moq,pack_size,unit_cost
ASSAM,Leaf & Co,10,,6,2.60
DARJ,Leaf & Co,10,,6,4.20
EARL,Leaf & Co,10,,6,2.50
SENCHA,Leaf & Co,10,12,6,3.70
TIN,Harbour Imports,28,24,12,1.40
CUP,Harbour Imports,28,24,12,2.10
POT,Harbour Imports,28,,2,13.50
ADVENT,Harbour Imports,28,,1,9.00
MINT,Corner Farm,1,,1,0.90
HONEY,Corner Farm,1,,1,4.60
HONEY,Leaf & Co,10,,6,4.10
FILTER,Corner Farm,1,,1,1.65
FILTER,Leaf & Co,10,,10,1.20
"""

SUPPLIERS = """\
supplier,order_weekdays,order_cost,minimum_value,container_volume,container_cost
Leaf & Co,mon,12,250,,
Harbour Imports,,,,220,35
Corner Farm,,,,,
"""

PRICE_BREAKS = """\
item,supplier,quantity,unit_cost
ASSAM,Leaf & Co,48,2.35
EARL,Leaf & Co,96,2.20
CUP,Harbour Imports,120,1.95
"""

CLOSURES = """\
supplier,closed_from,closed_to
Leaf & Co,2024-07-08,2024-07-21
"""

INBOUND = """\
item,supplier,quantity,order_date,due_date,received_date,received_quantity
EARL,Leaf & Co,48,2024-03-04,2024-03-14,2024-03-14,48
ASSAM,Leaf & Co,36,2024-03-18,2024-03-28,2024-03-30,36
SENCHA,Leaf & Co,24,2024-04-08,2024-04-18,2024-04-22,18
EARL,Leaf & Co,48,2024-04-22,2024-05-02,2024-05-02,48
DARJ,Leaf & Co,30,2024-05-06,2024-05-16,2024-05-20,24
ASSAM,Leaf & Co,36,2024-05-27,2024-06-06,2024-06-10,36
TIN,Harbour Imports,36,2024-03-04,2024-04-01,2024-04-01,36
CUP,Harbour Imports,48,2024-04-08,2024-05-06,2024-05-06,48
MINT,Corner Farm,12,2024-06-10,2024-06-11,2024-06-11,12
HONEY,Corner Farm,6,2024-06-17,2024-06-18,2024-06-18,6
DARJ,Leaf & Co,18,2024-06-17,2024-06-27,,
CUP,Harbour Imports,24,2024-06-03,2024-07-01,,
"""

SETTINGS = """\
[shop]
name = "The tea shop"
currency = "EUR"
frequency = "day"

[limits]
budget = 900.0

[policy]
level = 0.9
extra_periods = 0

[replay]
days = 28
tuning_days = 28
n_samples = 50
"""


def write_tea_shop(folder: Path) -> Path:
    """Write the shop's tables and settings into `folder`, and give it back."""
    folder.mkdir(parents=True, exist_ok=True)
    _sales().write_csv(folder / "sales.csv")
    _items().write_csv(folder / "items.csv")
    _stock().write_csv(folder / "stock.csv")
    texts = {
        "supply.csv": SUPPLY,
        "suppliers.csv": SUPPLIERS,
        "price_breaks.csv": PRICE_BREAKS,
        "closures.csv": CLOSURES,
        "inbound.csv": INBOUND,
        "onhand.toml": SETTINGS,
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def _sales() -> pl.DataFrame:
    rng = np.random.default_rng(7)
    days = [LAST - timedelta(days=N_DAYS - 1 - d) for d in range(N_DAYS)]
    weekend = np.array([1.4 if day.weekday() >= 4 else 0.84 for day in days])
    rows = [
        (item, day, int(sold))
        for item, _, rate, *_ in ITEMS
        for day, sold in zip(days, rng.poisson(rate * weekend), strict=True)
        if sold
    ]
    return pl.DataFrame(rows, schema=["item", "date", "quantity"], orient="row")


def _stock() -> pl.DataFrame:
    """What is on the shelf; of the mint, a row for each lot with its last day."""
    rows = [(i[0], LAST, i[5], None) for i in ITEMS if i[0] != "MINT"]
    rows += [
        ("MINT", LAST, 3, LAST + timedelta(days=1)),
        ("MINT", LAST, 2, LAST + timedelta(days=3)),
    ]
    schema = {"item": pl.String, "date": pl.Date, "on_hand": pl.Int64, "expires": pl.Date}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _items() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "item": [i[0] for i in ITEMS],
            "title": [i[1] for i in ITEMS],
            "price": [i[3] for i in ITEMS],
            "unit_cost": [i[4] for i in ITEMS],
            "weight": [i[6] for i in ITEMS],
            "volume": [i[7] for i in ITEMS],
            "shelf_life": [4 if i[0] == "MINT" else None for i in ITEMS],
            "discontinued": [date(2024, 8, 5) if i[0] == "ADVENT" else None for i in ITEMS],
        },
        schema_overrides={"shelf_life": pl.Int64, "discontinued": pl.Date},
    )


if __name__ == "__main__":
    print(f"wrote {write_tea_shop(Path(sys.argv[1] if len(sys.argv) > 1 else 'tea-shop'))}")
