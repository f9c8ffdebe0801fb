"""How does a boosted peer forecast the same history, with comparable features and trees?"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onhand.data.panel import Frequency, Panel
from onhand.demand.history import DemandHistory
from onhand.forecast.paths import DemandPaths

_FREQUENCY = {Frequency.DAY: "D", Frequency.WEEK: "W-MON", Frequency.MONTH: "MS"}
_LAGS = {Frequency.DAY: (1, 7, 14, 28), Frequency.WEEK: (1, 2, 4, 52), Frequency.MONTH: (1, 2, 12)}
_WINDOWS = {Frequency.DAY: (7, 28), Frequency.WEEK: (4, 13, 26), Frequency.MONTH: (3, 12)}


def is_importable() -> bool:
    """Whether mlforecast is installed here; it needs pandas below 3."""
    return importlib.util.find_spec("mlforecast") is not None


@dataclass(frozen=True)
class MLForecast:
    """mlforecast 1.1 with LightGBM: lags, rolling means, calendar, item and place; recursive.

    Unknown demand is given to it as 0, which is what its users do who hand it raw sales. Its paths
    are its point forecast: it offers no joint samples.
    """

    horizon: int
    n_trees: int = 300

    @property
    def name(self) -> str:
        """`mlforecast`."""
        return "mlforecast"

    def fit(self, history: DemandHistory) -> _Fitted:
        """The peer's own fit and recursive forecast."""
        import lightgbm
        import pandas as pd
        from mlforecast import MLForecast as Peer
        from mlforecast.lag_transforms import ExponentiallyWeightedMean, RollingMean

        panel = history.panel
        n, t = history.values.shape
        lags = [lag for lag in _LAGS[panel.frequency] if lag < t - 2]
        windows = [w for w in _WINDOWS[panel.frequency] if w < t - 2]
        frame = pd.DataFrame(
            {
                "unique_id": np.repeat(np.arange(n), t),
                "ds": np.tile(panel.dates.astype("datetime64[ns]"), n),
                "y": np.nan_to_num(panel.sales).ravel(),
                "item": np.repeat(np.unique(panel.items, return_inverse=True)[1], t),
                "location": np.repeat(np.unique(panel.locations, return_inverse=True)[1], t),
            }
        )
        booster = lightgbm.LGBMRegressor(
            objective="tweedie",
            tweedie_variance_power=1.2,
            n_estimators=self.n_trees,
            num_leaves=31,
            learning_rate=0.04,
            subsample=0.7,
            subsample_freq=1,
            colsample_bytree=0.5,
            min_child_samples=40,
            n_jobs=1,
            verbose=-1,
        )
        parts = ["dayofweek", "month"] if panel.frequency is Frequency.DAY else ["month"]
        transforms: list[Any] = [RollingMean(w) for w in windows]
        peer = Peer(
            models={"peer": booster},
            freq=_FREQUENCY[panel.frequency],
            lags=lags,
            lag_transforms={1: [*transforms, ExponentiallyWeightedMean(0.2)]},
            date_features=parts,
            num_threads=1,
        )
        peer.fit(frame, static_features=["item", "location"])
        forecast = peer.predict(self.horizon).sort_values(["unique_id", "ds"])["peer"].to_numpy()
        return _Fitted(panel, np.maximum(forecast.reshape(n, -1), 0).astype(np.float32))


@dataclass(frozen=True)
class _Fitted:
    panel: Panel
    forecast: NDArray[np.float32]

    def mean(self, horizon: int) -> NDArray[np.float32]:
        return self.forecast[:, :horizon]

    def paths(
        self, horizon: int, n_samples: int, *, rng: np.random.Generator, rows: slice = slice(None)
    ) -> DemandPaths:
        del rng, n_samples
        panel = self.panel
        return DemandPaths(
            self.forecast[rows, None, :horizon],
            panel.items[rows],
            panel.locations[rows],
            panel.future_dates(horizon),
        )
