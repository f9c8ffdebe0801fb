"""How does any dataframe become a Polars one? Arrow streams, interchange, columns or rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from polars.exceptions import PanicException

from onhand.errors import ReadError

__all__ = ["is_frame", "to_polars"]


def is_frame(thing: Any) -> bool:
    """Whether `to_polars` knows how to read it.

    >>> is_frame({"item": ["a"]}), is_frame("sales.csv")
    (True, False)
    """
    if isinstance(thing, pl.DataFrame | pl.LazyFrame):
        return True
    if hasattr(thing, "__arrow_c_stream__") or hasattr(thing, "__dataframe__"):
        return True
    if isinstance(thing, Mapping):
        return all(_is_column(v) for v in thing.values())
    return isinstance(thing, list) and all(isinstance(row, Mapping) for row in thing)


def to_polars(thing: Any) -> pl.DataFrame:
    """A Polars frame from any dataframe: Polars, pandas, Arrow, a dict of columns, a list of rows.

    Values keep their types; a column of mixed types becomes text, to be parsed at the door.

    Raises
    ------
    ReadError
        When the thing is no dataframe.

    >>> to_polars([{"item": "a", "quantity": 1}, {"item": "b", "quantity": "2"}])["quantity"].to_list()
    ['1', '2']
    """
    if isinstance(thing, pl.DataFrame):
        return thing
    if isinstance(thing, pl.LazyFrame):
        return thing.collect()
    if isinstance(thing, Mapping) and is_frame(thing):
        return pl.DataFrame([_series(str(k), list(v)) for k, v in thing.items()])
    if isinstance(thing, list) and is_frame(thing):
        names = list(dict.fromkeys(name for row in thing for name in row))
        return pl.DataFrame([_series(str(n), [row.get(n) for row in thing]) for n in names])
    for attempt in (_from_arrow, _from_interchange, _from_columns):
        frame = attempt(thing)
        if frame is not None:
            return frame
    raise ReadError(
        f"cannot read a {type(thing).__name__} as a table; give a Polars, pandas or Arrow "
        "dataframe, a dict of columns, a list of dicts, or a file path"
    )


def _from_arrow(thing: Any) -> pl.DataFrame | None:
    if not hasattr(thing, "__arrow_c_stream__"):
        return None
    try:
        return pl.DataFrame(thing)
    except (Exception, PanicException):  # pandas objects of mixed types, or pandas without pyarrow
        return None


def _from_interchange(thing: Any) -> pl.DataFrame | None:
    if not hasattr(thing, "__dataframe__") or hasattr(thing, "iloc"):
        return None  # pandas goes column by column, which keeps mixed types
    try:
        return pl.from_dataframe(thing)
    except (Exception, PanicException):
        return None


def _from_columns(thing: Any) -> pl.DataFrame | None:
    if not hasattr(thing, "columns") or not hasattr(thing, "__getitem__"):
        return None
    series = []
    for name in thing.columns:
        column = thing[name]
        values = column.tolist() if hasattr(column, "tolist") else list(column)
        series.append(_series(str(name), values))
    return pl.DataFrame(series)


def _series(name: str, values: list[Any]) -> pl.Series:
    try:
        series = pl.Series(name, values, strict=True)
    except (Exception, PanicException):
        series = pl.Series(name, [None if _is_empty(v) else str(v) for v in values], pl.String)
    if series.dtype == pl.Object:
        series = pl.Series(name, [None if _is_empty(v) else str(v) for v in values], pl.String)
    return series


def _is_empty(value: Any) -> bool:
    return value is None or value != value  # NaN and NaT differ from themselves


def _is_column(value: Any) -> bool:
    if isinstance(value, str | bytes | Path) or _is_whole_frame(value):
        return False  # a path, or a whole frame
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        return False  # the rows of a table
    return isinstance(value, Sequence | pl.Series) or hasattr(value, "__array__")


def _is_whole_frame(value: Any) -> bool:
    return isinstance(value, pl.DataFrame | pl.LazyFrame) or hasattr(value, "columns")
