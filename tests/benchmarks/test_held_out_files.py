"""A held-out continuation finds its series and periods, however its file was written."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import polars as pl
import pytest

from onhand.data.panel import Frequency, Panel
from onhand.demand import believe
from onhand.evaluate import scores
from onhand.forecast import SeasonalNaive

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def datasets(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The readers, imported as a benchmark imports them."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import datasets

    assert Path(str(datasets.__file__)).parent == BENCHMARKS
    return datasets


def days(first: str, n: int) -> list[object]:
    return (np.datetime64(first) + np.arange(n)).tolist()


def weeks(first: str, n: int) -> list[object]:
    return (np.datetime64(first) + 7 * np.arange(n)).tolist()


def long_table(
    keys: pl.DataFrame, date: str, dates: list[object], **values: np.ndarray
) -> pl.DataFrame:
    """One row per series and date; values are (N, len(dates))."""
    table = keys.join(pl.DataFrame({date: dates}), how="cross", maintain_order="left_right")
    return table.with_columns(pl.Series(k, v.ravel()) for k, v in values.items())


# VN1: 3 series, 13 weeks known, 13 held out


def vn1_files(folder: Path) -> tuple[pl.DataFrame, np.ndarray]:
    """Writes the history; returns the truth as it should be written, and its sales (3, 13)."""
    keys = pl.DataFrame(
        {"row": [0, 1, 2], "client": [0, 0, 1], "warehouse": [1, 2, 1], "product": [9, 9, 5]},
        schema={"row": pl.UInt16, "client": pl.UInt8, "warehouse": pl.UInt16, "product": pl.UInt16},
    )
    past = np.arange(39, dtype=np.int32).reshape(3, 13)
    history = long_table(keys, "week", weeks("2023-10-09", 13), sales=past)
    history.with_columns(price=pl.lit(2.0)).write_parquet(folder / "phase1.parquet")
    sales = 100 + np.arange(39, dtype=np.int32).reshape(3, 13)
    return long_table(keys, "week", weeks("2024-01-08", 13), sales=sales), sales


def shop_with(datasets: ModuleType, name: str, folder: Path, truth: pl.DataFrame) -> object:
    path = folder / "truth.parquet"
    truth.write_parquet(path)
    return datasets.read_shop(name, folder, path)


def test_the_weeks_of_vn1_are_appended_and_are_the_last_origin(
    datasets: ModuleType, tmp_path: Path
) -> None:
    truth, sales = vn1_files(tmp_path)
    shop = shop_with(datasets, "vn1", tmp_path, truth)
    assert (shop.horizon, shop.listed, shop.panel.n_periods) == (13, 13, 26)
    np.testing.assert_array_equal(shop.actual(13), sales)
    np.testing.assert_array_equal(shop.panel.until(13).sales, np.arange(39).reshape(3, 13))


def test_rows_in_any_order_and_columns_of_any_type_are_the_same_truth(
    datasets: ModuleType, tmp_path: Path
) -> None:
    truth, sales = vn1_files(tmp_path)
    odd = truth.select(
        pl.col("sales").cast(pl.Float64),
        pl.col("week").cast(pl.String) + " 00:00:00",
        pl.col("product").cast(pl.String),
        pl.col("warehouse").cast(pl.Float64),
        pl.col("client").cast(pl.Int64),
    ).sample(fraction=1, shuffle=True, seed=1)
    shop = shop_with(datasets, "vn1", tmp_path, odd)
    np.testing.assert_array_equal(shop.actual(13), sales)


def test_a_csv_file_is_read_too(datasets: ModuleType, tmp_path: Path) -> None:
    truth, sales = vn1_files(tmp_path)
    truth.write_csv(tmp_path / "truth.csv")
    shop = datasets.read_shop("vn1", tmp_path, tmp_path / "truth.csv")
    np.testing.assert_array_equal(shop.actual(13), sales)


def test_what_is_missing_is_not_judged_and_what_is_foreign_is_left_out(
    datasets: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth, sales = vn1_files(tmp_path)
    foreign = truth.filter(pl.col("row") == 2).with_columns(product=pl.lit(77, pl.UInt16))
    hole = (pl.col("row") == 1) & (pl.col("week") == pl.date(2024, 1, 15))
    told = pl.concat([foreign, truth.filter((pl.col("row") != 0) & ~hole)])
    shop = shop_with(datasets, "vn1", tmp_path, told)
    wanted = sales.astype(float)
    wanted[0] = np.nan
    wanted[1, 1] = np.nan
    np.testing.assert_array_equal(shop.actual(13), wanted)
    said = capsys.readouterr().out
    assert "13 rows of the truth file belong to no series" in said
    assert "nothing of 14 cells" in said


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop("sales"), "lacks"),
        (lambda t: pl.concat([t, t.head(1)]), "two rows"),
        (lambda t: t.with_columns(pl.col("week") - pl.duration(weeks=13)), "after the history"),
        (lambda t: t.with_columns(pl.col("week") + pl.duration(days=1)), "where no week starts"),
        (lambda t: t.with_columns(client=pl.lit(99)), "no series of the truth file"),
    ],
)
def test_a_file_that_cannot_be_the_continuation_is_refused(
    datasets: ModuleType, tmp_path: Path, change: object, message: str
) -> None:
    truth, _ = vn1_files(tmp_path)
    with pytest.raises(ValueError, match=message):
        shop_with(datasets, "vn1", tmp_path, change(truth))  # type: ignore[operator]


def test_the_official_score_of_vn1_is_worked_by_hand(datasets: ModuleType, tmp_path: Path) -> None:
    truth, sales = vn1_files(tmp_path)
    shop = shop_with(datasets, "vn1", tmp_path, truth)
    forecast = np.full((3, 13), 120.0)
    by_hand = (abs(forecast - sales).sum() + abs((forecast - sales).sum())) / sales.sum()
    assert shop.official[1](shop.actual(13), forecast, shop.panel, 13) == pytest.approx(by_hand)


# FreshRetailNet: two series, days of which some were not stocked throughout


def fresh_files(folder: Path) -> tuple[pl.DataFrame, np.ndarray, np.ndarray]:
    """Writes all files of a shop of 20 days; returns truth, its sales and empty hours (2, 7)."""
    keys = pl.DataFrame(
        {"store_id": [0, 1], "product_id": [4, 2]},
        schema={"store_id": pl.UInt16, "product_id": pl.UInt16},
    )

    def block(first: str, n: int, level: float) -> tuple[pl.DataFrame, np.ndarray, np.ndarray]:
        sale = (level + np.arange(2 * n).reshape(2, n) / 10).astype(np.float32)
        empty = np.zeros((2, n), np.uint8)
        empty[0, 1] = 3
        table = long_table(
            keys,
            "date",
            days(first, n),
            sale=sale,
            oos_hours_6_22=empty,
            oos_mask=np.where(empty > 0, 0b111 << 18, 0).astype(np.uint32),
            discount=np.ones((2, n), np.float32),
            activity=np.zeros((2, n), bool),
        )
        return table, sale, empty

    daily, sale, _ = block("2024-03-28", 20, 1.0)
    truth, due, empty = block("2024-04-17", 7, 5.0)
    daily.write_parquet(folder / "daily.parquet")
    truth.select("store_id", "product_id", "date", "discount", "activity").write_parquet(
        folder / "future_promo_last7.parquet"
    )
    hours = {f"h{h:02d}": (sale / 24).astype(np.float32) for h in range(24)}
    long_table(keys, "date", days("2024-03-28", 20), **hours).write_parquet(
        folder / "hourly_sales.parquet"
    )
    groups = ("management_group", "first_category", "second_category", "third_category")
    keys.select("product_id", *(pl.lit(1).alias(f"{g}_id") for g in groups)).write_parquet(
        folder / "products.parquet"
    )
    keys.select("store_id", pl.lit(3).alias("city_id")).write_parquet(folder / "stores.parquet")
    every = days("2024-03-28", 27)
    long_table(
        keys.select("store_id"),
        "date",
        every,
        precpt=np.zeros((2, 27), np.float32),
        avg_temperature=np.full((2, 27), 20.0, np.float32),
    ).write_parquet(folder / "weather.parquet")
    pl.DataFrame({"date": every, "holiday_flag": [False] * 27}).write_parquet(
        folder / "calendar.parquet"
    )
    return truth, due, empty


def test_only_days_stocked_throughout_are_judged_of_freshretailnet(
    datasets: ModuleType, tmp_path: Path
) -> None:
    truth, due, empty = fresh_files(tmp_path)
    odd = truth.with_columns(
        pl.col("date").cast(pl.Datetime("ns")),
        pl.col("store_id").cast(pl.String),
        pl.col("oos_hours_6_22").cast(pl.Float64),
    ).reverse()
    shop = shop_with(datasets, "freshretailnet50k", tmp_path, odd)
    assert (shop.listed, shop.horizon) == (20, 7)
    np.testing.assert_array_equal(shop.actual(20), np.where(empty > 0, np.nan, due))
    np.testing.assert_array_equal(shop.everything(20), due)
    assert {k: v.shape[1] for k, v in shop.panel.known.items()} == dict.fromkeys(
        ("discount", "activity", "holiday", "temperature", "rain"), 27
    )


def test_the_past_of_freshretailnet_is_the_same_with_a_truth_as_without(
    datasets: ModuleType, tmp_path: Path
) -> None:
    truth, _, _ = fresh_files(tmp_path)
    with_truth = shop_with(datasets, "freshretailnet50k", tmp_path, truth).panel.until(20)
    without = datasets.read_shop("freshretailnet50k", tmp_path).panel
    np.testing.assert_array_equal(with_truth.sales, without.sales)
    np.testing.assert_array_equal(with_truth.in_stock, without.in_stock)
    assert without.in_stock[0, 1] < 1


# M5: the wide form, days as columns


def m5_files(folder: Path) -> tuple[pl.DataFrame, np.ndarray]:
    """Writes 30 days of two series; returns the wide truth of 28 more, and its sales (2, 28)."""
    rng = np.random.default_rng(0)
    keys = pl.DataFrame({"item_id": ["FOODS_1_001", "FOODS_1_002"], "store_id": ["CA_1", "TX_2"]})
    past = rng.poisson(3, (2, 30)).astype(np.int16)
    history = keys.join(pl.DataFrame({"d": np.arange(1, 31)}), how="cross")
    history.with_columns(sales=past.ravel()).write_parquet(folder / "sales_280x1941.parquet")
    dates = np.datetime64("2016-04-02") + np.arange(58)  # a Saturday, when their weeks begin
    week = 11610 + np.arange(58) // 7
    pl.DataFrame(
        {"date": dates, "wm_yr_wk": week, "d": [f"d_{k + 1}" for k in range(58)]}
        | {
            name: pl.Series([None] * 58, dtype=pl.String)
            for name in ("event_name_1", "event_type_1")
        }
        | {f"snap_{s}": np.zeros(58, np.int64) for s in ("CA", "TX", "WI")}
    ).write_parquet(folder / "calendar.parquet")
    prices = keys.join(
        pl.DataFrame({"wm_yr_wk": np.unique(week[:30]).astype(np.int32)}), how="cross"
    )
    price = np.where(prices["item_id"] == "FOODS_1_001", 2.0, 5.0).astype(np.float32)
    prices.with_columns(sell_price=price).write_parquet(folder / "sell_prices_280.parquet")
    sales = rng.poisson(3, (2, 28)).astype(np.int16)
    stranger = pl.DataFrame({"item_id": ["FOODS_1_003"], "store_id": ["CA_1"]})
    rows = pl.concat([stranger, keys]).with_columns(dept_id=pl.lit("FOODS_1"))
    cells = np.vstack([np.full((1, 28), 99, np.int16), sales])
    return rows.with_columns(pl.Series(f"d_{31 + k}", cells[:, k]) for k in range(28)), sales


def test_days_in_columns_are_found_by_series_and_number(
    datasets: ModuleType, tmp_path: Path
) -> None:
    truth, sales = m5_files(tmp_path)
    odd = truth.select(reversed(truth.columns)).reverse()
    odd = odd.with_columns(pl.col("item_id").cast(pl.Categorical), pl.col("d_40").cast(pl.Float64))
    shop = shop_with(datasets, "m5_mini", tmp_path, odd)
    assert (shop.listed, shop.horizon) == (30, 28)
    np.testing.assert_array_equal(shop.actual(30), sales)


def test_the_revenue_weighted_score_is_worked_by_hand(datasets: ModuleType, tmp_path: Path) -> None:
    truth, sales = m5_files(tmp_path)
    shop = shop_with(datasets, "m5_mini", tmp_path, truth)
    past = shop.panel.sales[:, :30].astype(float)
    forecast = np.full((2, 28), 2.5)
    errors, weights = [], []
    for row, price in zip(range(2), (2.0, 5.0), strict=True):
        first = int(np.argmax(past[row] > 0))
        scale = np.mean(np.diff(past[row, first:]) ** 2)
        errors.append(np.sqrt(np.mean((sales[row] - forecast[row]) ** 2) / scale))
        weights.append(past[row, 2:].sum() * price)  # the last 28 days known
    told = shop.official[1](shop.actual(30), forecast, shop.panel, 30)
    assert told == pytest.approx(np.average(errors, weights=weights))


# The whole way


@pytest.mark.filterwarnings("ignore:covariate:onhand.errors.OnhandWarning")
@pytest.mark.parametrize(
    ("name", "files", "official"),
    [
        ("vn1", vn1_files, "vn1_score"),
        ("freshretailnet50k", fresh_files, "wape"),
        ("m5_mini", m5_files, "revenue_weighted_rmsse"),
    ],
)
def test_a_held_out_file_is_scored_and_told_in_json(
    datasets: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    files: Callable[[Path], tuple[pl.DataFrame, ...]],
    official: str,
) -> None:
    """`onhand` beside the last season repeated, whose score is worked out again from the shop."""
    import forecasts

    files(tmp_path)[0].write_parquet(tmp_path / "truth.parquet")
    asked = f"--set {name} --data {tmp_path} --truth {tmp_path / 'truth.parquet'} --origins 0"
    only = ["--only", "onhand", "seasonal naive", "--samples", "20"]
    monkeypatch.setattr(sys, "argv", ["forecasts.py", *asked.split(), *only])
    forecasts.main()
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["official"], told["has_truth"]) == (official, True)
    assert told["last"]["onhand"][official] >= 0
    shop = datasets.read_shop(name, tmp_path, tmp_path / "truth.parquet")
    origin = shop.listed
    naive = SeasonalNaive().fit(believe(shop.panel.until(origin))).mean(shop.horizon)
    by_hand = shop.official[1](shop.actual(origin), naive, shop.panel, origin)
    assert told["last"]["seasonal naive"][official] == pytest.approx(by_hand)


# What a row without a past is worth


def test_a_row_without_a_past_counts_only_where_the_rows_were_listed(datasets: ModuleType) -> None:
    sales = np.array([[1, 2, 3, 4], [np.nan, np.nan, 5, 6]], np.float32)
    cut = datasets.Shop("x", Panel.of(sales), 2, 1, ("wape", None), np.isfinite(sales))
    assert np.isnan(cut.actual(2)[1]).all()
    listed = datasets.Shop(
        "x", Panel.of(sales), 2, 1, ("wape", None), np.isfinite(sales), None, listed=2
    )
    np.testing.assert_array_equal(listed.actual(2), sales[:, 2:])
    assert scores.wape(listed.actual(2), sales[:, 2:]) == 0


def test_months_are_placed_by_their_first_day(datasets: ModuleType) -> None:
    del datasets  # only its path is needed
    from continuation import read_continuation

    table = pl.DataFrame({"part": [2, 2, 1], "month": ["2024-02-01", "2024-04-01", "2024-03-01"]})
    table = table.with_columns(units=pl.Series([7, None, 9]))
    told = read_continuation(
        table,
        pl.DataFrame({"part": ["1", "2"]}),
        ["units"],
        "month",
        np.array(["2024-01-01"], "datetime64[D]"),
        Frequency.MONTH,
        12,
    )
    assert told.dates.tolist() == days("2024-02-01", 1) + days("2024-03-01", 1) + days(
        "2024-04-01", 1
    )
    np.testing.assert_array_equal(told.values["units"], [[np.nan, 9, np.nan], [7, np.nan, np.nan]])
