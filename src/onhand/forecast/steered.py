"""Can two forecasters that err in different places err less together?

One is calibrated: it has forecast many past origins cheaply and knows how wrong it is. The other, a
boosted model or a net, is too dear for that but sees more. The first one's paths are moved to the
weighted mean of both, and keep their spread.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError
from onhand.forecast.forecaster import FittedForecaster, Forecaster, Refitter, taught
from onhand.forecast.paths import DemandPaths
from onhand.forecast.spread import draw_seed, is_count, of_rows

__all__ = ["Steered"]

_MOST = 4.0  # times a path may be moved up; beyond it the two do not speak of the same thing
_LEAST = 1e-3  # units; where the calibrated one expects less there is nothing to scale


@dataclass(frozen=True)
class Steered:
    """The paths of a calibrated forecaster, moved to the mean of its forecast and another's.

    Parameters
    ----------
    calibrated : Forecaster
        Gives the spread.
    other : Forecaster
        Only its mean is used.
    share : weight of `other` in the mean, 0..1

    Raises
    ------
    ConfigError
        When the share is not one.

    >>> from onhand.data.panel import Panel
    >>> from onhand.demand.believe import believe
    >>> from onhand.forecast import MovingAverage, Naive
    >>> history = believe(Panel.of([[4, 4, 4, 8]]))
    >>> Steered(MovingAverage(4), Naive()).fit(history).mean(1).tolist()     # 5 and 8
    [[6.5]]
    """

    calibrated: Forecaster
    other: Forecaster
    share: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ConfigError(f"share is {self.share}; choose a weight 0..1")

    @property
    def name(self) -> str:
        """Both names."""
        return f"{self.calibrated.name}, steered by {self.other.name}"

    def fit(self, history: DemandHistory) -> FittedForecaster:
        """Both, fitted."""
        both = self.calibrated.fit(history), self.other.fit(history)
        return _Together(*both, self.share, is_count(history.values))

    def learn(self, history: DemandHistory) -> Refitter:
        """What the dear ones learned from `history`, to be reused at later origins."""
        return _Learned(taught(self.calibrated, history), taught(self.other, history), self.share)


@dataclass(frozen=True)
class _Learned:
    """What is cheap is fitted anew at every origin; what was dear to teach only looks again."""

    calibrated: Refitter
    dear: Refitter
    share: float

    def fit(self, history: DemandHistory) -> FittedForecaster:
        both = self.calibrated.fit(history), self.dear.fit(history)
        return _Together(*both, self.share, is_count(history.values))


@dataclass(frozen=True)
class _Together:
    calibrated: FittedForecaster
    other: FittedForecaster
    share: float
    is_count: NDArray[np.bool_]
    kept: dict[int, tuple[NDArray[np.float32], NDArray[np.float32]]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def mean(self, horizon: int) -> NDArray[np.float32]:
        """The weighted mean of both, as far as the calibrated paths can be moved there, (N, H)."""
        own, factor = self._told(horizon)
        return (own * factor).astype(np.float32)

    def paths(
        self, horizon: int, n_samples: int, *, rng: np.random.Generator, rows: slice = slice(None)
    ) -> DemandPaths:
        """The calibrated paths times (weighted mean / own mean), (len(rows), S, H).

        Whole units stay whole: what the factor breaks is rounded up as often as its fraction says.
        """
        from onhand.forecast.kernels import round_at_random

        told = self.calibrated.paths(horizon, n_samples, rng=rng, rows=rows)
        factor = self._told(horizon)[1][rows]
        moved = (told.values * factor[:, None, :]).astype(np.float32)
        index = of_rows(rows, len(self.is_count))
        values = round_at_random(moved, self.is_count[rows], index, draw_seed(rng))
        return DemandPaths(values, told.items, told.locations, told.dates)

    def _told(self, horizon: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The calibrated mean, and by how much it and its paths are scaled, both (N, H).

        Paths are drawn block by block, and each block needs both of all series: they are kept.
        """
        if horizon not in self.kept:
            own = self.calibrated.mean(horizon)
            both = (1 - self.share) * own + self.share * self.other.mean(horizon)
            factor = np.clip(both / np.maximum(own, _LEAST), 0.0, _MOST).astype(np.float32)
            self.kept.clear()
            self.kept[horizon] = own, factor
        return self.kept[horizon]
