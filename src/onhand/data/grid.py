"""Which cell of the panel does each row of sales fall in? Stock points down, periods across."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from onhand.data.calendar import Periods
from onhand.data.panel import Floats
from onhand.errors import HistoryError

__all__ = ["Grid", "codes", "numeric"]


@dataclass(frozen=True)
class Grid:
    """N stock points × T periods, and the cell that each row of sales falls in."""

    items: NDArray[np.str_]
    locations: NDArray[np.str_]
    periods: Periods
    cell: NDArray[np.int64]  # row of sales -> n * T + t, or -1 outside the periods

    @classmethod
    def of(cls, sales: pl.DataFrame, periods: Periods) -> Grid:
        item_names = sales["item"].unique().sort()
        location_names = sales["location"].unique().sort()
        item = codes(sales["item"], item_names)
        location = codes(sales["location"], location_names)
        t = periods.index(sales["date"].to_physical().cast(pl.Int64).to_numpy())
        inside = (t >= 0) & (t < periods.n)
        pair = item * len(location_names) + location
        pairs = np.unique(pair[inside])
        if len(pairs) == 0:
            raise HistoryError("no sale lies in a whole period; choose frequency 'day'")
        row = np.full(len(item_names) * len(location_names), -1, dtype=np.int64)
        row[pairs] = np.arange(len(pairs))
        cell = np.where(inside, row[pair] * periods.n + t, -1)
        return cls(
            items=np.asarray(item_names.to_list(), dtype=np.str_)[pairs // len(location_names)],
            locations=np.asarray(location_names.to_list(), dtype=np.str_)[
                pairs % len(location_names)
            ],
            periods=periods,
            cell=cell,
        )

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.items), self.periods.n

    def total(
        self, values: NDArray[Any], where: NDArray[np.bool_] | None = None
    ) -> NDArray[np.float64]:
        """Sum of a sales column per cell, (N, T)."""
        keep = self.cell >= 0 if where is None else (self.cell >= 0) & where
        n, t = self.shape
        flat = np.bincount(self.cell[keep], weights=values[keep], minlength=n * t)
        return flat.astype(np.float64, copy=False).reshape(n, t)

    def mean(self, values: NDArray[Any]) -> tuple[Floats, NDArray[np.bool_]]:
        """Mean of the values that are not NaN per cell, and where there was any, both (N, T)."""
        given = ~np.isnan(values)
        total = self.total(np.where(given, values, 0.0), given)
        count = self.total(np.ones(len(values)), given)
        some = count > 0
        return np.divide(total, count, out=total, where=some).astype(np.float32), some

    def keys(self) -> pl.DataFrame:
        """The stock points with their row number, for joins."""
        return pl.DataFrame(
            {"item": self.items.tolist(), "location": self.locations.tolist()},
            schema={"item": pl.String, "location": pl.String},
        ).with_row_index("row")


def codes(values: pl.Series, names: pl.Series) -> NDArray[np.int64]:
    return values.cast(pl.Enum(names)).to_physical().cast(pl.Int64).to_numpy()


def numeric(values: pl.Series) -> NDArray[np.float64]:
    return values.cast(pl.Float64).fill_null(np.nan).to_numpy()
