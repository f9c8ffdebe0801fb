"""Who forecasts the weeks of VN2? The shop's default, alone or with a boosted model beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onhand.data.panel import Frequency
from onhand.demand.history import DemandHistory
from onhand.forecast import DemandPaths, FittedForecaster, Forecaster, default_forecaster
from onhand.forecast.boosted import Boosted, Member, Trees

NAMES = ("default", "statistical", "boosted")


def forecaster_named(name: str) -> Forecaster:
    """`default` and `statistical`: what a plan uses; `boosted`: half of it from boosted trees."""
    statistical = default_forecaster(Frequency.WEEK)
    if name != "boosted":
        return statistical
    trees = Trees(n_trees=150, learning_rate=0.08)
    one_member = (Member("tweedie", 1.0, 1),)
    boosted = Boosted(horizon=5, members=one_member, trees=trees, n_rows=100_000, n_error_origins=0)
    return Steered(statistical, boosted)


@dataclass(frozen=True)
class Steered:
    """The paths of one forecaster, moved to the mean of its forecast and another's.

    Two forecasters that err in different places err less together. The spread stays that of the
    calibrated one: its errors at many past origins are cheap to have, those of boosted trees are
    not.
    """

    calibrated: Forecaster
    other: Forecaster
    share: float = 0.5

    @property
    def name(self) -> str:
        """Both names."""
        return f"{self.calibrated.name}, steered by {self.other.name}"

    def fit(self, history: DemandHistory) -> FittedSteered:
        """Both, fitted."""
        return FittedSteered(self.calibrated.fit(history), self.other.fit(history), self.share)


@dataclass(frozen=True)
class FittedSteered:
    """See `Steered`."""

    calibrated: FittedForecaster
    other: FittedForecaster
    share: float

    def mean(self, horizon: int) -> NDArray[np.float32]:
        """The weighted mean of both, (N, H)."""
        own, others = self.calibrated.mean(horizon), self.other.mean(horizon)
        return ((1 - self.share) * own + self.share * others).astype(np.float32)

    def paths(
        self, horizon: int, n_samples: int, *, rng: np.random.Generator, rows: slice = slice(None)
    ) -> DemandPaths:
        """The calibrated paths times (mean of both / own mean), (len(rows), S, H)."""
        told = self.calibrated.paths(horizon, n_samples, rng=rng, rows=rows)
        # Where it expects next to nothing there is nothing to scale; its zeros stay zeros.
        own = np.maximum(told.mean(), 1e-3)
        factor = np.clip(self.mean(horizon)[rows] / own, 0.0, 4.0)
        values = (told.values * factor[:, None, :]).astype(np.float32)
        return DemandPaths(values, told.items, told.locations, told.dates)
