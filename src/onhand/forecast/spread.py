"""How far may demand fall from its mean? A fitted mean with a count distribution around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from onhand.data.panel import Panel
from onhand.demand.history import DemandHistory
from onhand.forecast.paths import DemandPaths

__all__ = [
    "CountForecast",
    "Curve",
    "Flat",
    "Seasonal",
    "Trend",
    "draw_seed",
    "is_count",
    "of_rows",
]


class Curve(Protocol):
    """The expected future of N series."""

    def over(self, dates: NDArray[np.datetime64]) -> NDArray[np.float32]:
        """Expected demand in the periods starting at `dates`, (N, H)."""
        ...


@dataclass(frozen=True)
class Flat:
    """The same level (N,) in every future period."""

    level: NDArray[np.float32]

    def over(self, dates: NDArray[np.datetime64]) -> NDArray[np.float32]:
        """The level, repeated, (N, H)."""
        return np.repeat(self.level[:, None], len(dates), axis=1)


@dataclass(frozen=True)
class Seasonal:
    """A cycle (N, m) of expected values, the first one for the first future period."""

    cycle: NDArray[np.float32]

    def over(self, dates: NDArray[np.datetime64]) -> NDArray[np.float32]:
        """The cycle, repeated, (N, H)."""
        return self.cycle[:, np.arange(len(dates)) % self.cycle.shape[1]]


@dataclass(frozen=True)
class Trend:
    """A level (N,) that rises by trend (N,) x (phi + phi^2 + ...) after each period."""

    level: NDArray[np.float32]
    trend: NDArray[np.float32]
    phi: float

    def over(self, dates: NDArray[np.datetime64]) -> NDArray[np.float32]:
        """Level plus damped trend, (N, H)."""
        growth = np.cumsum(self.phi ** np.arange(1, len(dates) + 1)).astype(np.float32)
        return self.level[:, None] + self.trend[:, None] * growth


@dataclass(frozen=True)
class CountForecast:
    """An expected future and a negative binomial around it, independent from period to period.

    Rows whose history is not whole numbers get a gamma distribution instead.

    Parameters
    ----------
    panel : Panel
        Names and dates are read there.
    curve : Curve
        Expected demand; negative values are read as 0.
    ratio : (N,) float32, >= 1
        Variance / mean of one period's demand around the forecast. 1: Poisson.
    is_count : (N,) bool
        True where demand comes in whole units.
    """

    panel: Panel
    curve: Curve
    ratio: NDArray[np.float32]
    is_count: NDArray[np.bool_]

    @classmethod
    def around(
        cls,
        history: DemandHistory,
        curve: Curve,
        level: NDArray[np.float32],
        mse: NDArray[np.float32],
    ) -> CountForecast:
        """A forecast whose variance / mean is that of its one-step errors: mse / level."""
        ratio = np.where(level > 0, mse / np.maximum(level, 1e-6), 1.0)
        ratio = np.clip(ratio, 1.0, 1e4).astype(np.float32)
        return cls(history.panel, curve, ratio, is_count(history.values))

    def mean(self, horizon: int) -> NDArray[np.float32]:
        """Expected demand, (N, H)."""
        expected = self.curve.over(self.panel.future_dates(horizon))
        return np.maximum(expected, 0).astype(np.float32)

    def paths(
        self, horizon: int, n_samples: int, *, rng: np.random.Generator, rows: slice = slice(None)
    ) -> DemandPaths:
        """Sample paths (len(rows), n_samples, H) of the stock points in `rows`."""
        from onhand.forecast.kernels import count_paths

        index = of_rows(rows, self.panel.n_series)
        values = count_paths(
            self.mean(horizon)[rows],
            self.ratio[rows],
            self.is_count[rows],
            index,
            n_samples,
            draw_seed(rng),
        )
        panel = self.panel
        return DemandPaths(
            values, panel.items[rows], panel.locations[rows], panel.future_dates(horizon)
        )


def draw_seed(rng: np.random.Generator) -> np.uint64:
    """The one number a forecaster takes from `rng`.

    Every series derives its own stream from this seed and its row number, so a block of rows has
    the same paths as the same rows of the whole.
    """
    return np.uint64(rng.integers(0, 2**63))


def of_rows(rows: slice, n_series: int) -> NDArray[np.int64]:
    """The row numbers that a slice stands for."""
    return np.arange(n_series, dtype=np.int64)[rows]


def is_count(values: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which rows hold whole numbers only, (N,). A row of which nothing is known counts as such.

    >>> is_count(np.array([[1, np.nan, 3], [0.5, 1, 2]], dtype=np.float32)).tolist()
    [True, False]
    """
    from onhand.forecast.kernels import whole_numbers

    return whole_numbers(values)
