"""How does a held-out continuation join the history it belongs to?

It has the columns of the history, but was written by somebody else: rows in another order, numbers and
dates of another type, series that the history does not have, or not all that it has. So every value is
put into the cell of its series and period, and what cannot be placed is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from onhand.data.panel import Frequency

__all__ = ["Continuation", "read_continuation", "read_table"]

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Continuation:
    """What followed a history of N series, over P periods.

    Parameters
    ----------
    dates : (P,) datetime64[D], the periods after the last one of the history
    values : name -> (N, P) float32; NaN where the file has no row or no value
    """

    dates: NDArray[np.datetime64]
    values: dict[str, Floats]


def read_table(path: Path) -> pl.DataFrame:
    """A Parquet or CSV file."""
    if path.suffix.lower() in (".csv", ".gz", ".txt"):
        return pl.read_csv(path, try_parse_dates=True)
    return pl.read_parquet(path)


def read_continuation(
    table: pl.DataFrame,
    series: pl.DataFrame,
    columns: Sequence[str],
    date: str,
    dates: NDArray[np.datetime64],
    frequency: Frequency,
    horizon: int,
) -> Continuation:
    """The values of `columns` in each of up to `horizon` periods after the last of the history.

    Parameters
    ----------
    table : the file, one row per series and period in any order; other columns are not read
    series : (N rows) the keys of the history's series, in the order of its rows
    columns : names of the values wanted
    date : name of the column with the first day of each period
    dates : first days of the periods of the history; rows up to the last of them are left out
    frequency : length of a period
    horizon : the most periods that are wanted

    Raises
    ------
    ValueError
        When a column is missing, nothing lies after the history, a period does not start on one of
        its days, no series is known, or a series has two rows for one period.

    >>> table = pl.DataFrame({"part": ["b", "a"], "month": ["2024-02-01"] * 2, "units": [3, 1]})
    >>> series = pl.DataFrame({"part": ["a", "b", "c"]})
    >>> dates = np.array(["2024-01-01"], "datetime64[D]")
    >>> more = read_continuation(table, series, ["units"], "month", dates, Frequency.MONTH, 12)
    >>> more.values["units"].tolist(), more.dates.tolist()
    ([[1.0], [3.0], [nan]], [datetime.date(2024, 2, 1)])
    """
    keys = series.columns
    missing = [name for name in (*keys, date, *columns) if name not in table.columns]
    if missing:
        raise ValueError(f"the truth file lacks {missing}; it has {table.columns}")
    told = table.select(
        *(_as_key(name) for name in keys),
        _as_date(table.schema[date], date),
        *(pl.col(name).cast(pl.Float32) for name in columns),
    )
    days = frequency.after(dates[-1].astype("datetime64[D]"), horizon)
    told = told.filter(pl.col(date).is_between(days[0].item(), days[-1].item()))
    if told.is_empty():
        raise ValueError(
            f"the truth file has no row within {days[0]}..{days[-1]}, after the history"
        )
    odd = told.filter(~pl.col(date).is_in(days.tolist()))[date]
    if len(odd):
        raise ValueError(
            f"the truth file has a row for {odd[0]}, where no {frequency.value} starts"
        )
    rows = series.select(_as_key(name) for name in keys).with_row_index("row_of_series")
    placed = told.join(rows, on=keys, how="inner")
    if placed.is_empty():
        raise ValueError(f"no series of the truth file is in the history, by {keys}")
    twice = placed.filter(pl.struct("row_of_series", date).is_duplicated())
    if len(twice):
        raise ValueError(f"the truth file has two rows for {twice.select(*keys, date).row(0)}")
    n_new = len(told) - len(placed)
    if n_new:
        print(f"{n_new} rows of the truth file belong to no series of the history and are left out")
    due = placed[date].to_numpy().astype("datetime64[D]")
    days = days[days <= due.max()]
    index = placed["row_of_series"].to_numpy(), np.searchsorted(days, due)
    values = {}
    for name in columns:
        values[name] = np.full((len(series), len(days)), np.nan, dtype=np.float32)
        values[name][index] = placed[name].fill_null(np.nan).to_numpy()
    n_without = int(np.isnan(values[columns[0]]).sum())
    if n_without:
        print(f"the truth file says nothing of {n_without} cells; they are not judged")
    return Continuation(days, values)


def _as_key(name: str) -> pl.Expr:
    """An identifier as text, whole numbers without their decimals."""
    return pl.col(name).cast(pl.String).str.strip_chars().str.replace(r"^(\d+)\.0+$", "$1")


def _as_date(dtype: pl.DataType, name: str) -> pl.Expr:
    """A date told as one, as a moment, or as text."""
    if dtype == pl.String:
        return pl.col(name).str.slice(0, 10).str.to_date("%Y-%m-%d")
    return pl.col(name).cast(pl.Date)
