"""Do the parts add up to what the whole is going to be? Level alignment, top down.

Single series are noisy and their errors share a sign; their sum is smooth and forecast well on its
own. So the sum is forecast apart, and the parts are stretched to add up to it. In M5 and VN1 this
earned more than any change of model.

Source: C. W. Gross and J. E. Sohl (1990), Disaggregation methods to expedite product line
forecasting, Journal of Forecasting 9(3), with the parts' own forecasts as proportions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from onhand.data.panel import Panel
from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError
from onhand.forecast.forecaster import FittedForecaster, Forecaster
from onhand.forecast.paths import DemandPaths

__all__ = ["Aligned", "groups_of", "of_groups", "pooled"]


@dataclass(frozen=True)
class Aligned:
    """A forecaster of series, stretched to a forecaster of their sums.

    Parameters
    ----------
    inner : Forecaster
        Forecasts every series.
    aggregate : Forecaster
        Forecasts the sum of every group; only its mean is used.
    by : str
        The groups: a static attribute of the panel, "item", "location", or "all" for the whole shop.
        An attribute that the panel does not have stands for "all".
    strength : share 0..1
        0: the series as they are; 1: they add up exactly.
    limit : float, >= 1
        A group is stretched by at most this factor, and shrunk by at most its inverse.

    >>> from onhand.demand import believe
    >>> from onhand.forecast import MovingAverage, Naive
    >>> history = believe(Panel.of([[8, 2], [2, 4]]))
    >>> Aligned(MovingAverage(2), Naive()).fit(history).mean(1).tolist()      # 5 + 3 become 6
    [[3.75], [2.25]]
    """

    inner: Forecaster
    aggregate: Forecaster
    by: str = "all"
    strength: float = 1.0
    limit: float = 3.0

    def __post_init__(self) -> None:
        if not 0 <= self.strength <= 1:
            raise ConfigError(f"strength is {self.strength}; choose a share between 0 and 1")
        if self.limit < 1:
            raise ConfigError(f"limit is {self.limit}; a group is stretched by at least 1")

    @property
    def name(self) -> str:
        """`naive aligned to tsb by all`."""
        return f"{self.inner.name} aligned to {self.aggregate.name} by {self.by}"

    def fit(self, history: DemandHistory) -> FittedAligned:
        """Both forecasters, fitted."""
        groups = groups_of(history.panel, self.by)
        return FittedAligned(
            inner=self.inner.fit(history),
            aggregate=self.aggregate.fit(pooled(history, groups)),
            groups=groups,
            strength=self.strength,
            limit=self.limit,
            is_seen=np.asarray(np.isfinite(history.values).any(axis=1)),
        )


@dataclass(frozen=True)
class FittedAligned:
    """Fitted series, and the fitted sums they are stretched to; `groups` (N,) joins them.

    Series of which nothing is known yet (not `is_seen`, (N,)) are no part of the sums.
    """

    inner: FittedForecaster
    aggregate: FittedForecaster
    groups: NDArray[np.int64]
    strength: float
    limit: float
    is_seen: NDArray[np.bool_]

    def mean(self, horizon: int) -> NDArray[np.float32]:
        """Expected demand, (N, H)."""
        return self.inner.mean(horizon) * self._stretch(horizon)

    def paths(
        self, horizon: int, n_samples: int, *, rng: np.random.Generator, rows: slice = slice(None)
    ) -> DemandPaths:
        """Sample paths (len(rows), n_samples, H) of the inner forecaster, each stretched."""
        paths = self.inner.paths(horizon, n_samples, rng=rng, rows=rows)
        return replace(paths, values=paths.values * self._stretch(horizon)[rows, None, :])

    def _stretch(self, horizon: int) -> NDArray[np.float32]:
        """What each series is multiplied by, (N, H)."""
        wanted = self.aggregate.mean(horizon).astype(np.float64)  # (G, H)
        parts = np.zeros_like(wanted)
        np.add.at(parts, self.groups, self.inner.mean(horizon) * self.is_seen[:, None])
        has_both = (parts > 0) & (wanted > 0)
        factor = np.where(has_both, wanted / np.where(has_both, parts, 1), 1.0)
        factor = np.clip(factor, 1 / self.limit, self.limit) ** self.strength
        return factor[self.groups].astype(np.float32)


def groups_of(panel: Panel, by: str) -> NDArray[np.int64]:
    """The group number of each series, (N,)."""
    attributes = {"item": panel.items, "location": panel.locations, **panel.static}
    if by not in attributes:
        return np.zeros(panel.n_series, dtype=np.int64)
    return np.unique(attributes[by], return_inverse=True)[1].astype(np.int64)


def pooled(history: DemandHistory, groups: NDArray[np.int64]) -> DemandHistory:
    """The history of the groups' sums; a period is unknown where no member's demand is known.

    Unknown members count as nothing, so a group with many empty shelves is a little low.
    """
    panel = history.panel
    n_groups = int(groups.max(initial=-1)) + 1
    sums = np.zeros((n_groups, history.n_periods))
    n_known = np.zeros((n_groups, history.n_periods))
    np.add.at(sums, groups, np.nan_to_num(history.values))
    np.add.at(n_known, groups, np.isfinite(history.values))
    return of_groups(panel, np.where(n_known > 0, sums, np.nan).astype(np.float32))


def of_groups(panel: Panel, values: NDArray[np.float32]) -> DemandHistory:
    """A history of groups of a panel's stock points with the demand (G, T); what is known of all is kept."""
    whole = Panel.of(
        values,
        dates=panel.dates,
        frequency=panel.frequency,
        is_open=panel.is_open,
        known={name: v for name, v in panel.known.items() if len(v) == 1},
    )
    return DemandHistory(whole, values, np.zeros(values.shape, dtype=bool))
