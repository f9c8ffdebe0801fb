"""What do several forecasters say together? Their mean, and a mixture of their futures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError
from onhand.forecast.forecaster import FittedForecaster, Forecaster
from onhand.forecast.paths import DemandPaths

__all__ = ["Blend", "told_by"]


@dataclass(frozen=True)
class Blend:
    """The mean of its members' forecasts; each sample path comes from one member.

    Parameters
    ----------
    members : forecasters, at least one

    Raises
    ------
    ConfigError
        Without members.
    """

    members: Sequence[Forecaster]

    def __post_init__(self) -> None:
        if not self.members:
            raise ConfigError("a blend has no members; give it at least one forecaster")
        object.__setattr__(self, "members", tuple(self.members))

    @property
    def name(self) -> str:
        """`blend of naive, tsb`."""
        return "blend of " + ", ".join(member.name for member in self.members)

    def fit(self, history: DemandHistory) -> FittedBlend:
        """Every member, fitted."""
        return FittedBlend(tuple(member.fit(history) for member in self.members))


@dataclass(frozen=True)
class FittedBlend:
    """Fitted members with equal say."""

    members: tuple[FittedForecaster, ...]

    def mean(self, horizon: int) -> NDArray[np.float32]:
        """Mean of the members' means, (N, H)."""
        total = self.members[0].mean(horizon).astype(np.float64)
        for member in self.members[1:]:
            total += member.mean(horizon)
        return (total / len(self.members)).astype(np.float32)

    def paths(
        self, horizon: int, n_samples: int, *, rng: np.random.Generator, rows: slice = slice(None)
    ) -> DemandPaths:
        """Sample paths (len(rows), n_samples, H): each world is told by one member, for all rows."""
        teller = rng.permutation(n_samples) % len(self.members)  # (S,)
        return told_by(self.members, teller, horizon, rng, rows)


def told_by(
    members: Sequence[FittedForecaster],
    teller: NDArray[np.int64],
    horizon: int,
    rng: np.random.Generator,
    rows: slice,
) -> DemandPaths:
    """Sample paths (len(rows), S, H) of which world s is told by the member `teller[s]`, for all rows."""
    values: NDArray[np.float32] | None = None
    for m, member in enumerate(members):
        worlds = np.flatnonzero(teller == m)
        if len(worlds) == 0:
            continue
        told = member.paths(horizon, len(worlds), rng=rng, rows=rows)
        if values is None:
            values = np.empty((told.n_series, len(teller), horizon), np.float32)
        values[:, worlds] = told.values
    assert values is not None  # there is at least one sample and one member
    return DemandPaths(values, told.items, told.locations, told.dates)
