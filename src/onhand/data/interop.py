"""How do we talk to forecasting libraries? In long frames with unique_id, ds and y."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from onhand.data.frames import to_polars
from onhand.data.panel import Floats, Panel
from onhand.data.tables import Tables
from onhand.errors import SchemaError

__all__ = ["DATE", "SEPARATOR", "SERIES", "VALUE", "from_long", "ids", "to_long"]

SEPARATOR = "/"
SERIES, DATE, VALUE = "unique_id", "ds", "y"  # the columns of a long frame


def ids(panel: Panel) -> NDArray[np.str_]:
    """The name of each row of a panel, `item/location`, (N,).

    >>> ids(Panel.of([[1, 2]])).tolist()
    ['0/shop']
    """
    pairs = zip(panel.items, panel.locations, strict=True)
    return np.asarray([f"{item}{SEPARATOR}{place}" for item, place in pairs], dtype=np.str_)


def to_long(panel: Panel, values: Floats | None = None) -> pl.DataFrame:
    """A long frame `unique_id, ds, y` of a panel's sales, or of other values on its grid.

    Parameters
    ----------
    panel : Panel
    values : (N, T) or None
        E.g. the values of a demand history. NaN rows are left out. None: the panel's sales.

    >>> to_long(Panel.of([[1, 2]], dates=["2024-01-01", "2024-01-02"])).rows()[0]
    ('0/shop', datetime.date(2024, 1, 1), 1.0)
    """
    grid = panel.sales if values is None else values
    n, t = grid.shape
    known = ~np.isnan(grid).ravel()
    return pl.DataFrame(
        {
            "unique_id": np.repeat(ids(panel), t)[known],
            "ds": np.tile(panel.dates, n)[known],
            "y": grid.ravel()[known],
        }
    ).with_columns(pl.col("ds").cast(pl.Date))


def from_long(frame: Any) -> Tables:
    """Tables from a long frame `unique_id, ds, y`; an id `item/location` is taken apart.

    Other numbers stay as covariates of sales.

    Raises
    ------
    SchemaError
        When one of the three columns is missing.

    >>> from_long({"unique_id": ["a/s1"], "ds": ["2024-01-01"], "y": [2]}).sales.rows()[0][:2]
    ('a', 's1')
    """
    from onhand.data.read import read_tables

    long = to_polars(frame)
    missing = [c for c in ("unique_id", "ds", "y") if c not in long.columns]
    if missing:
        raise SchemaError(
            f"a long frame needs unique_id, ds and y; {', '.join(missing)} is missing from "
            f"{', '.join(long.columns)}"
        )
    parts = pl.col("unique_id").cast(pl.String).str.splitn(SEPARATOR, 2)
    sales = long.with_columns(
        item=parts.struct.field("field_0"), location=parts.struct.field("field_1")
    ).rename({"ds": "date", "y": "quantity"})
    return read_tables({"sales": sales.drop("unique_id")})
