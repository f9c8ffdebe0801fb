"""How do peers forecast the same history: a booster with comparable features and trees, exponential
smoothing and Theta chosen series by series, and aggregation over time for rare demand?
"""

from __future__ import annotations

import importlib.util
import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onhand.compiled import njit
from onhand.data.panel import Frequency, Panel
from onhand.demand.history import DemandHistory
from onhand.forecast.paths import DemandPaths
from onhand.forecast.spread import CountForecast, Flat

_FREQUENCY = {Frequency.DAY: "D", Frequency.WEEK: "W-MON", Frequency.MONTH: "MS"}
_LAGS = {Frequency.DAY: (1, 7, 14, 28), Frequency.WEEK: (1, 2, 4, 52), Frequency.MONTH: (1, 2, 12)}
_WINDOWS = {Frequency.DAY: (7, 28), Frequency.WEEK: (4, 13, 26), Frequency.MONTH: (3, 12)}


def is_importable(package: str = "mlforecast") -> bool:
    """Whether a peer is installed here; mlforecast and statsforecast need pandas below 3."""
    return importlib.util.find_spec(package) is not None


@dataclass(frozen=True)
class IMAPA:
    """Intermittent multiple aggregation prediction algorithm, with a negative binomial around it.

    Known demand is summed over 1, 2, ... periods, up to the mean interval between demands; each sum
    is smoothed exponentially with the constant in 0.1..0.3 of least squared error; the forecast is
    the mean of all levels per period. The spread is that of the known periods around it.

    Source: F. Petropoulos and N. Kourentzes (2015), Forecast combinations for intermittent demand,
    Journal of the Operational Research Society 66(6). Levels and constants as in statsforecast.
    """

    @property
    def name(self) -> str:
        """`imapa`."""
        return "imapa"

    def fit(self, history: DemandHistory) -> CountForecast:
        """The level of each series."""
        values = history.values
        level = aggregated_levels(values, np.linspace(0.1, 0.3, 41)).astype(np.float32)
        n_known = np.maximum(np.isfinite(values).sum(axis=1), 1)
        mse = np.nansum((values - level[:, None]) ** 2, axis=1) / n_known
        return CountForecast.around(history, Flat(level), level, mse.astype(np.float32))


@njit(cache=True, nogil=True)
def aggregated_levels(values, alphas):  # type: ignore[no-untyped-def]
    """Mean over levels of aggregation of the smoothed demand per period, (N,)."""
    n, t = values.shape
    out = np.zeros(n)
    y = np.empty(t)
    sums = np.empty(t)
    for i in range(n):
        m, n_sold, last = 0, 0, 0
        for j in range(t):
            if values[i, j] == values[i, j]:
                y[m] = values[i, j]
                m += 1
                if y[m - 1] > 0:
                    n_sold, last = n_sold + 1, m
        if n_sold == 0:
            continue
        n_levels = max(1, int(np.rint(last / n_sold)))
        for width in range(1, n_levels + 1):
            n_sums = m // width
            first = m - n_sums * width
            for k in range(n_sums):
                sums[k] = y[first + k * width : first + (k + 1) * width].sum()
            best, said = np.inf, 0.0
            for alpha in alphas:
                level, sse = sums[0], 0.0
                for k in range(1, n_sums):
                    error = sums[k] - level
                    sse += error * error
                    level += alpha * error
                if sse < best:
                    best, said = sse, level
            out[i] += said / width / n_levels
    return out


@dataclass(frozen=True)
class StatsForecast:
    """A model of statsforecast, chosen and fitted series by series; its paths are its forecast.

    Unknown periods before the first known one are dropped, later ones filled with the value before.

    Parameters
    ----------
    model : "AutoETS" or "AutoTheta"
    """

    model: str

    @property
    def name(self) -> str:
        """`autoets`."""
        return self.model.lower()

    def fit(self, history: DemandHistory) -> _Chosen:
        """Nothing yet: statsforecast fits and forecasts in one go."""
        return _Chosen(history, self.model)


@dataclass(frozen=True)
class _Chosen:
    history: DemandHistory
    model: str
    kept: dict[int, NDArray[np.float32]] = field(default_factory=dict, compare=False)

    def mean(self, horizon: int) -> NDArray[np.float32]:
        if horizon not in self.kept:
            self.kept[horizon] = np.array([self._one(y, horizon) for y in self.history.values])
        return self.kept[horizon]

    def _one(self, y: NDArray[np.float32], horizon: int) -> NDArray[np.float32]:
        """The forecast of one series; its mean where the model finds too little to go by."""
        from statsforecast import models

        known = np.isfinite(y)
        if not (known & (y > 0)).any():
            return np.zeros(horizon, np.float32)
        last = np.maximum.accumulate(np.where(known, np.arange(len(y)), 0))[known.argmax() :]
        filled = y[last].astype(np.float64)
        season = self.history.panel.frequency.season
        season = season if season <= 24 and len(filled) >= 2 * season else 1
        try:
            peer = getattr(models, self.model)(season_length=season)
            said = np.asarray(peer.forecast(y=filled, h=horizon)["mean"])
        except Exception:
            said = np.full(horizon, filled.mean())
        return np.maximum(np.where(np.isfinite(said), said, filled.mean()), 0).astype(np.float32)

    def paths(
        self, horizon: int, n_samples: int, *, rng: np.random.Generator, rows: slice = slice(None)
    ) -> DemandPaths:
        del rng, n_samples
        panel = self.history.panel
        return DemandPaths(
            self.mean(horizon)[rows, None, :],
            panel.items[rows],
            panel.locations[rows],
            panel.future_dates(horizon),
        )


@dataclass(frozen=True)
class MLForecast:
    """mlforecast 1.1 with LightGBM: lags, rolling means, calendar, attributes, plans; recursive.

    It sees each series from its first known period on, every attribute of it and every covariate known
    in advance, gaps carried forward, as our contenders do. Later unknown demand is given to it as 0, which is what its users
    do who hand it raw sales. Its paths are its point forecast: it offers no joint samples.
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
        known = panel.until(t).known
        known = {k: carried_forward(v) for k, v in known.items() if v.shape[1] >= t + self.horizon}

        def frame(dates: Any, periods: slice) -> Any:
            cells = {k: np.broadcast_to(v, (n, v.shape[1]))[:, periods] for k, v in known.items()}
            told = {
                "unique_id": np.repeat(np.arange(n), len(dates)),
                "ds": np.tile(dates.astype("datetime64[ns]"), n),
            }
            return pd.DataFrame(
                told | {k: np.ascontiguousarray(v).ravel() for k, v in cells.items()}
            )

        table = frame(panel.dates, slice(0, t))
        table["y"] = np.nan_to_num(panel.sales).ravel()
        statics = {"item": panel.items, "location": panel.locations, **panel.static}
        for name, values in statics.items():
            codes = np.unique(values, return_inverse=True)[1].astype(np.float32)
            table[name] = np.repeat(codes, t)
        is_seen = np.isfinite(panel.sales).cumsum(axis=1) > 0
        is_seen[~is_seen.any(axis=1)] = True  # it must be told of every series it is asked for
        table = table[is_seen.ravel()]
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
        transforms: list[Any] = [RollingMean(w, min_samples=1) for w in windows]
        peer = Peer(
            models={"peer": booster},
            freq=_FREQUENCY[panel.frequency],
            lags=lags,
            lag_transforms={1: [*transforms, ExponentiallyWeightedMean(0.2)]},
            date_features=parts,
            num_threads=1,
        )
        peer.fit(table, static_features=list(statics), dropna=False)
        coming = frame(panel.future_dates(self.horizon), slice(t, t + self.horizon))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it tells of every first lag that is missing
            said = peer.predict(self.horizon, X_df=coming if known else None)
        forecast = said.sort_values(["unique_id", "ds"])["peer"].to_numpy()
        return _Fitted(panel, np.maximum(forecast.reshape(n, -1), 0).astype(np.float32))


def carried_forward(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each gap of (n, W) filled with the value before it, as our contenders take a price to stay.

    >>> carried_forward(np.array([[np.nan, 2, np.nan, 3]], np.float32)).tolist()
    [[nan, 2.0, 2.0, 3.0]]
    """
    last = np.where(np.isfinite(values), np.arange(values.shape[1]), 0)
    np.maximum.accumulate(last, axis=1, out=last)
    return np.take_along_axis(values, last, axis=1)


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
