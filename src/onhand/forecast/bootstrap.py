"""What if the past simply happens again? Blocks of a series' own history, drawn at random."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onhand.data.panel import Panel
from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError
from onhand.forecast.paths import DemandPaths
from onhand.forecast.spread import draw_seed, of_rows

__all__ = ["Bootstrap"]


@dataclass(frozen=True)
class Bootstrap:
    """Paths made of blocks of the last known periods of the same series.

    Parameters
    ----------
    window : int, periods
        How many of the last known periods may be drawn.
    block : int, periods
        Length of the blocks; within one, periods follow each other as they did.

    Source: D. N. Politis and J. P. Romano (1992), the circular block bootstrap: since blocks go
    round a circle every period is equally likely and the mean of the paths is that of the window.

    >>> from onhand.data.panel import Panel
    >>> from onhand.demand.history import DemandHistory
    >>> panel = Panel.of([[1, 5, 1, 5]])
    >>> history = DemandHistory(panel, panel.sales, np.zeros((1, 4), bool))
    >>> fitted = Bootstrap(block=2).fit(history)
    >>> np.unique(fitted.paths(2, 50, rng=np.random.default_rng(0)).total(0, 2)).tolist()
    [6.0]
    """

    window: int = 104
    block: int = 4

    def __post_init__(self) -> None:
        for name, value in (("window", self.window), ("block", self.block)):
            if value < 1:
                raise ConfigError(f"{name} is {value} periods; a bootstrap needs at least 1")

    @property
    def name(self) -> str:
        """`bootstrap`."""
        return "bootstrap"

    def fit(self, history: DemandHistory) -> FittedBootstrap:
        """The last known values of each series."""
        recent = history.values[:, -self.window :]
        is_known = np.isfinite(recent)
        order = np.argsort(~is_known, axis=1, kind="stable")  # known ones first, still in order
        values = np.nan_to_num(np.take_along_axis(recent, order, axis=1))
        return FittedBootstrap(history.panel, values, is_known.sum(axis=1), self.block)


@dataclass(frozen=True)
class FittedBootstrap:
    """The known values (N, W) of each series, left-aligned, and how many there are (N,)."""

    panel: Panel
    values: NDArray[np.float32]
    n_known: NDArray[np.int64]
    block: int

    def mean(self, horizon: int) -> NDArray[np.float32]:
        """Mean of the known values, (N, H); 0 where nothing is known."""
        level = self.values.sum(axis=1, dtype=np.float64) / np.maximum(self.n_known, 1)
        return np.repeat(level[:, None], horizon, axis=1).astype(np.float32)

    def paths(
        self, horizon: int, n_samples: int, *, rng: np.random.Generator, rows: slice = slice(None)
    ) -> DemandPaths:
        """Sample paths (len(rows), n_samples, H) of the stock points in `rows`."""
        from onhand.forecast.kernels import block_bootstrap

        values = block_bootstrap(
            self.values[rows],
            self.n_known[rows],
            self.block,
            of_rows(rows, self.panel.n_series),
            n_samples,
            horizon,
            draw_seed(rng),
        )
        panel = self.panel
        return DemandPaths(
            values, panel.items[rows], panel.locations[rows], panel.future_dates(horizon)
        )
