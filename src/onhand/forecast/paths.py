"""Sample paths of demand: the one object in the middle of the house."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onhand.errors import ShapeError

__all__ = ["DemandPaths"]


@dataclass(frozen=True)
class DemandPaths:
    """Possible futures of demand: N stock points, S samples, H periods.

    Sample `s` is the same possible world for every stock point and every period, so add and sum
    first, take quantiles last. A point forecast is `S = 1`.

    Parameters
    ----------
    values : (N, S, H) float32, units, finite and >= 0
    items, locations : (N,) strings
    dates : (H,) datetime64[D], first day of each future period

    Raises
    ------
    ShapeError
        When the arrays do not fit each other, or a value is negative, NaN or infinite.

    >>> import numpy as np
    >>> paths = DemandPaths.of(np.array([[[1.0, 2.0], [3.0, 4.0]]]))
    >>> paths.mean().tolist()
    [[2.0, 3.0]]
    >>> paths.total(0, 2).tolist()          # the sum over two periods, per sample
    [[3.0, 7.0]]
    """

    values: NDArray[np.float32]
    items: NDArray[np.str_]
    locations: NDArray[np.str_]
    dates: NDArray[np.datetime64]

    def __post_init__(self) -> None:
        if self.values.ndim != 3:
            raise ShapeError(f"paths have shape {self.values.shape}; they need (N, S, H)")
        n, s, h = self.values.shape
        if s == 0 or h == 0:
            raise ShapeError(f"paths have {s} samples and {h} periods; both must be at least 1")
        if self.items.shape != (n,) or self.locations.shape != (n,) or self.dates.shape != (h,):
            raise ShapeError(
                f"paths {self.values.shape} do not fit {self.items.shape} items, "
                f"{self.locations.shape} locations and {self.dates.shape} dates"
            )
        # min() is NaN if any value is, and costs no (N, S, H) temporary as isfinite would.
        if n and not (self.values.min() >= 0 and np.isfinite(self.values.max())):
            raise ShapeError("paths hold a negative, NaN or infinite demand; demand is >= 0")

    @classmethod
    def of(
        cls, values: ArrayLike, *, items: Any = None, locations: Any = None, dates: Any = None
    ) -> DemandPaths:
        """Paths from an array alone, with plain names: items `0`, `1`, …, location `shop`."""
        array = np.asarray(values, dtype=np.float32)
        n, _, h = array.shape
        if dates is None:
            dates = np.datetime64("2025-01-01") + np.arange(h)
        return cls(
            array,
            np.asarray(np.arange(n) if items is None else items).astype(np.str_),
            np.asarray(["shop"] * n if locations is None else locations).astype(np.str_),
            np.asarray(dates, dtype="datetime64[D]"),
        )

    @property
    def n_series(self) -> int:
        """Number of stock points, N."""
        return int(self.values.shape[0])

    @property
    def n_samples(self) -> int:
        """Number of possible worlds, S."""
        return int(self.values.shape[1])

    @property
    def horizon(self) -> int:
        """Number of future periods, H."""
        return int(self.values.shape[2])

    def mean(self) -> NDArray[np.float32]:
        """Expected demand, (N, H)."""
        return self.values.mean(axis=1, dtype=np.float32)

    def quantile(self, q: float | NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Marginal quantiles per period: (N, H), or (len(q), N, H) for several."""
        return np.quantile(self.values, q, axis=1).astype(np.float32)

    def total(self, start: int, stop: int) -> NDArray[np.float32]:
        """Demand summed over periods start..stop-1 in each world, (N, S)."""
        return self.values[:, :, start:stop].sum(axis=2, dtype=np.float32)

    def rows(self, index: slice | NDArray[Any]) -> DemandPaths:
        """The paths of some stock points."""
        return replace(
            self,
            values=self.values[index],
            items=self.items[index],
            locations=self.locations[index],
        )
