"""Demand as we believe it, beside the panel it came from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onhand.data.panel import Panel, as_it_stood
from onhand.errors import ShapeError

__all__ = ["DemandHistory"]


@dataclass(frozen=True)
class DemandHistory:
    """What customers wanted at N stock points over T periods, as far as the panel lets us know.

    Parameters
    ----------
    panel : Panel
        Where it came from; covariates and dates are read there.
    values : (N, T) float32, units, >= 0
        NaN: unknown (before launch, out of stock all period, closed). 0: nobody wanted it.
    is_censored : (N, T) bool
        True where `values` is a lower bound or an expectation given one, because the shelf was
        empty for part of the period.

    Raises
    ------
    ShapeError
        When an array does not fit the panel.
    """

    panel: Panel
    values: NDArray[np.float32]
    is_censored: NDArray[np.bool_]

    def __post_init__(self) -> None:
        wanted = self.panel.sales.shape
        for name, shape in (("values", self.values.shape), ("is_censored", self.is_censored.shape)):
            if shape != wanted:
                raise ShapeError(f"{name} has shape {shape}; the panel has {wanted}")

    @property
    def n_series(self) -> int:
        """Number of stock points, N."""
        return self.panel.n_series

    @property
    def n_periods(self) -> int:
        """Number of periods, T."""
        return self.panel.n_periods

    def rows(self, index: slice | NDArray[Any]) -> DemandHistory:
        """The history of some stock points."""
        return DemandHistory(self.panel.rows(index), self.values[index], self.is_censored[index])

    def as_it_stood(self, n_periods: int) -> DemandHistory:
        """The same, with plans that reached as far ahead then as they do today."""
        before = self.until(n_periods)
        return replace(before, panel=as_it_stood(self.panel, n_periods))

    def until(self, n_periods: int) -> DemandHistory:
        """The history as it stood when only its first `n_periods` periods were over."""
        return DemandHistory(
            self.panel.until(n_periods), self.values[:, :n_periods], self.is_censored[:, :n_periods]
        )
