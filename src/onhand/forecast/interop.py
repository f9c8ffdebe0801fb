"""How does a forecast made elsewhere become sample paths here, and ours a frame there?

Libraries hand their forecasts over in three shapes, and each becomes `DemandPaths` in one call:

- a **long frame** `unique_id, ds, MODEL` with intervals `MODEL-lo-90, MODEL-hi-90` or quantiles
  (`MODEL-q10`, `MODEL_ql0.1`, `MODEL-median`): statsforecast, mlforecast, neuralforecast;
- **samples**: objects with `samples` (S, H), as GluonTS' SampleForecast, taken as they are;
- **quantiles**: objects with `forecast_array` (Q, H) and `forecast_keys`, as GluonTS' QuantileForecast.

Intervals say how far each period may be off, but not which periods are off together. Where a panel is
given, paths get their ranks from its past: world s follows the order of one stretch of real weeks, the
same stretch for all stock points, so that what rose together in the past rises together in the paths
(the Schaake shuffle). Without one, periods are independent.

Source: M. Clark et al. (2004), The Schaake shuffle: a method for reconstructing space-time variability
in forecasted precipitation and temperature fields, Journal of Hydrometeorology 5(1), 243-262.
Quantiles that cross are put in order: V. Chernozhukov, I. Fernández-Val, A. Galichon (2010), Quantile
and probability curves without crossing, Econometrica 78(3), 1093-1125.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtri

from onhand.data.frames import is_frame, to_polars
from onhand.data.interop import DATE, SEPARATOR, SERIES, VALUE, ids, to_long
from onhand.data.panel import Panel
from onhand.demand.history import DemandHistory
from onhand.errors import SchemaError, ShapeError
from onhand.forecast.forecaster import FittedForecaster
from onhand.forecast.paths import DemandPaths
from onhand.forecast.spread import draw_seed

__all__ = ["Foreign", "as_paths", "forecast_to_long", "to_long"]

Array = NDArray[np.float64]
_LEVELS = (0.5, 0.8, 0.9)


def forecast_to_long(
    paths: DemandPaths, *, model: str = "onhand", levels: Iterable[float] = _LEVELS
) -> pl.DataFrame:
    """A long frame of a forecast: `unique_id, ds, MODEL`, and `MODEL-lo-90, MODEL-hi-90` per level.

    Parameters
    ----------
    model : name of the column that holds the mean
    levels : central intervals, shares 0..1

    >>> frame = forecast_to_long(DemandPaths.of([[[1, 2], [3, 4]]]), levels=[0.9])
    >>> frame.columns, frame["onhand"].to_list()
    (['unique_id', 'ds', 'onhand', 'onhand-lo-90', 'onhand-hi-90'], [2.0, 3.0])
    """
    n, h = paths.n_series, paths.horizon
    pairs = zip(paths.items, paths.locations, strict=True)
    columns: dict[str, Any] = {
        SERIES: np.repeat([f"{item}{SEPARATOR}{place}" for item, place in pairs], h),
        DATE: np.tile(paths.dates, n),
        model: paths.mean().ravel(),
    }
    for level in levels:
        low, high = paths.quantile(np.array([(1 - level) / 2, (1 + level) / 2]))
        columns[f"{model}-lo-{100 * level:g}"] = low.ravel()
        columns[f"{model}-hi-{100 * level:g}"] = high.ravel()
    return pl.DataFrame(columns).with_columns(pl.col(DATE).cast(pl.Date))


def as_paths(
    forecast: Any,
    *,
    panel: Panel | None = None,
    model: str | None = None,
    n_samples: int = 200,
    rng: np.random.Generator | None = None,
) -> DemandPaths:
    """Any library's forecast as sample paths.

    Parameters
    ----------
    forecast : a long frame (Polars, pandas, Arrow, dict of columns), or an iterable of objects with
        `samples`, or with `forecast_array` and `forecast_keys`, and an `item_id`
    panel : Panel, optional
        What was forecast: gives the order of the rows, and the past from which paths are tied together.
        Without it rows are in the order of the forecast.
    model : column of a frame with several models
    n_samples : worlds drawn from intervals and quantiles; samples keep their own number. A frame
        without intervals is a point forecast and gives one world.
    rng : for the draws; a fixed seed unless given

    Raises
    ------
    SchemaError
        When a column is missing, or several models are there and none was chosen.
    ShapeError
        When a stock point of the panel has no forecast, a forecast is no number, series differ in their
        dates, or these are not the panel's next periods.

    >>> frame = {"unique_id": ["a/s", "a/s"], "ds": ["2025-01-01", "2025-01-02"], "ETS": [3, 4]}
    >>> as_paths(frame).values.tolist()
    [[[3.0, 4.0]]]
    """
    rng = np.random.default_rng(0) if rng is None else rng
    if isinstance(forecast, list) and not forecast:
        raise ShapeError("there is no forecast in an empty list; give at least one series")
    told = _of_frame(to_polars(forecast), model) if is_frame(forecast) else _of_objects(forecast)
    if panel is not None:
        told = told.in_order_of(ids(panel))
    values = told.samples
    if values is None:
        values = _drawn(told, panel, n_samples, rng)
    _refuse_gaps(values, told)
    names = [str(name).partition(SEPARATOR) for name in told.ids]
    return DemandPaths(
        np.maximum(values, 0).astype(np.float32),
        np.array([item for item, _, _ in names], dtype=np.str_),
        np.array([place or "shop" for _, _, place in names], dtype=np.str_),
        _periods(told.dates, values.shape[2], panel),
    )


def _refuse_gaps(values: Array, told: _Told) -> None:
    """Raises ShapeError where a forecast is no finite number."""
    rows = np.flatnonzero(~np.isfinite(values).all(axis=(1, 2)))
    if len(rows):
        raise ShapeError(
            f"the forecast of {told.ids[rows[0]]!r} holds values that are no finite numbers, as do "
            f"{len(rows) - 1} others; forecast them, or leave these stock points out of the panel"
        )


def _periods(
    told: NDArray[np.datetime64] | None, horizon: int, panel: Panel | None
) -> NDArray[np.datetime64]:
    """First days of the periods that were forecast, in the panel's convention."""
    if panel is None:
        return np.datetime64("2025-01-01") + np.arange(horizon) if told is None else told
    coming = panel.future_dates(horizon + 1)
    if told is not None and not ((told >= coming[:-1]) & (told < coming[1:])).all():
        raise ShapeError(
            f"the forecast is for {told[0]} to {told[-1]}, and the {horizon} periods after the panel "
            f"begin on {coming[0]} to {coming[-2]}; forecast from the panel's end ({panel.dates[-1]}), "
            "or cut the panel with until"
        )
    return coming[:-1]


@dataclass(frozen=True)
class _Told:
    """What a library said of N series: quantiles (N, Q, H) at `levels` (Q,), or samples (N, S, H).

    dates : of the H periods; None where it does not say
    """

    ids: list[str]
    dates: NDArray[np.datetime64] | None
    levels: Array
    quantiles: Array
    samples: Array | None = None

    def in_order_of(self, names: NDArray[np.str_]) -> _Told:
        """The same for these series, in this order."""
        place = {name: k for k, name in enumerate(self.ids)}
        # A library that knows of one location only gives the item's name alone.
        keys = [name if name in place else name.partition(SEPARATOR)[0] for name in names.tolist()]
        missing = [name for name, key in zip(names.tolist(), keys, strict=True) if key not in place]
        if missing:
            raise ShapeError(
                f"{len(missing)} of {len(names)} stock points have no forecast, the first is "
                f"{missing[0]!r}; forecasts are there for {', '.join(map(repr, self.ids[:3]))}. "
                "Name series as onhand.data.interop.to_long does: item/location"
            )
        at = [place[key] for key in keys]
        samples = None if self.samples is None else self.samples[at]
        return _Told(names.tolist(), self.dates, self.levels, self.quantiles[at], samples)


def _of_frame(frame: pl.DataFrame, model: str | None) -> _Told:
    missing = [name for name in (SERIES, DATE) if name not in frame.columns]
    if missing:
        raise SchemaError(
            f"a forecast needs unique_id and ds; {' and '.join(missing)} is missing from "
            f"{', '.join(frame.columns)}"
        )
    found = _columns(frame)
    if model is None and len(found) != 1:
        raise SchemaError(
            f"the forecast holds {len(found)} models ({', '.join(found) or 'none'}); choose one with "
            "model=..."
        )
    name = model or next(iter(found))
    if name not in found:
        raise SchemaError(f"there is no model {name!r}; choose one of {', '.join(found)}")
    chosen = found[name]
    if len(chosen) > 1 and np.nan in chosen:  # beside intervals, a point is taken for the middle
        point = chosen.pop(np.nan)
        chosen.setdefault(0.5, point)
    frame = frame.with_columns(
        pl.col(SERIES).cast(pl.String),
        pl.col(DATE).str.to_datetime().dt.date()
        if frame[DATE].dtype == pl.String
        else pl.col(DATE).cast(pl.Date),
    ).sort(SERIES, DATE, maintain_order=True)
    names = frame[SERIES].unique(maintain_order=True).to_list()
    dates = frame[DATE].unique().sort().to_numpy().astype("datetime64[D]")
    if len(names) * len(dates) != frame.height:
        raise ShapeError(
            f"the forecast has {frame.height} rows for {len(names)} series and {len(dates)} dates; every "
            "series needs every date once"
        )
    levels = sorted(chosen)
    values = [frame[chosen[q]].cast(pl.Float64).to_numpy().reshape(len(names), -1) for q in levels]
    return _Told(names, dates, np.array(levels), np.stack(values, axis=1))


def _columns(frame: pl.DataFrame) -> dict[str, dict[float, str]]:
    """model -> quantile -> column; NaN for a point. Numbers that are no forecast are left out."""
    found: dict[str, dict[float, str]] = {}
    taken = {SERIES, DATE, VALUE, "cutoff", "index"}
    for column in frame.columns:
        if column in taken or not frame[column].dtype.is_numeric():
            continue
        model, q = _quantile_of(column)
        found.setdefault(model, {})[q] = column
    return found


def _quantile_of(column: str) -> tuple[str, float]:
    """The model and quantile that a column's name speaks of.

    >>> _quantile_of("ETS-lo-90")[0], round(_quantile_of("ETS-lo-90")[1], 3), _quantile_of("NHITS-median")
    ('ETS', 0.05, ('NHITS', 0.5))
    """
    for pattern, quantile in _SPELLINGS:
        match = re.fullmatch(pattern, column)
        if match:
            return match[1], quantile(match[match.re.groups])
    return column, np.nan


_SPELLINGS: tuple[tuple[str, Callable[[str], float]], ...] = (
    (r"(.+)-lo-(\d+(?:\.\d+)?)", lambda level: round(0.5 - float(level) / 200, 6)),
    (r"(.+)-hi-(\d+(?:\.\d+)?)", lambda level: round(0.5 + float(level) / 200, 6)),
    (r"(.+)-q-?(\d+(?:\.\d+)?)", lambda q: round(float(q) / (1 if float(q) < 1 else 100), 6)),
    (r"(.+)_ql(\d?\.?\d+)", lambda q: round(float(q), 6)),
    (r"(.+)-(median)", lambda _: 0.5),
)


def _of_objects(forecasts: Iterable[Any]) -> _Told:
    """Objects with samples, or with quantiles, one for each series."""
    given = list(forecasts)
    if not given:
        raise ShapeError("there is no forecast in what was given; give at least one series")
    names = [str(getattr(one, "item_id", None) or k) for k, one in enumerate(given)]
    if hasattr(given[0], "samples"):
        samples = np.stack([np.asarray(one.samples, dtype=np.float64) for one in given])
        dates = _dates(given[0], samples.shape[2])
        empty = np.zeros((len(given), 0, samples.shape[2]))
        return _Told(names, dates, np.zeros(0), empty, samples)
    if hasattr(given[0], "forecast_array"):
        keys = [str(key) for key in given[0].forecast_keys]
        is_quantile = [key != "mean" for key in keys]
        levels = np.array([float(k) for k in keys if k != "mean"] or [np.nan])
        arrays = np.stack([np.asarray(one.forecast_array, dtype=np.float64) for one in given])
        if any(is_quantile):
            arrays = arrays[:, is_quantile]
        order = np.argsort(levels)
        return _Told(names, _dates(given[0], arrays.shape[2]), levels[order], arrays[:, order])
    raise SchemaError(
        f"cannot read a {type(given[0]).__name__} as a forecast; give a long frame with unique_id and "
        "ds, or objects with samples, or with forecast_array and forecast_keys"
    )


def _dates(forecast: Any, horizon: int) -> NDArray[np.datetime64] | None:
    """First days of the periods of an object's forecast, counted in days but for a pandas Period."""
    start = getattr(forecast, "start_date", None)
    if start is None:
        return None
    if hasattr(start, "to_timestamp"):  # a pandas Period knows how to count
        return np.array(
            [np.datetime64((start + k).to_timestamp(), "D") for k in range(horizon)],
            dtype="datetime64[D]",
        )
    return np.datetime64(start, "D") + np.arange(horizon)


def _drawn(told: _Told, panel: Panel | None, n_samples: int, rng: np.random.Generator) -> Array:
    """Sample paths (N, S, H) with the quantiles that were told."""
    n, n_levels, horizon = told.quantiles.shape
    if n_levels == 1:
        return told.quantiles
    values = np.sort(told.quantiles, axis=1)  # no quantile below a lower one
    rank = _ranks(panel, n, n_samples, horizon, rng)
    # Between the levels, values are straight lines in normal scores; beyond them the last one goes on.
    score, known = ndtri((rank + 0.5) / n_samples), ndtri(told.levels)
    piece = np.clip(np.searchsorted(known, score) - 1, 0, n_levels - 2)  # (N, S, H)
    low, high = (np.take_along_axis(values, piece + k, axis=1) for k in (0, 1))
    share = (score - known[piece]) / (known[piece + 1] - known[piece])
    return np.asarray(low + share * (high - low))


def _ranks(
    panel: Panel | None, n: int, n_samples: int, horizon: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """The rank 0..S-1 of each world among all, for each series and period, (N, S, H)."""
    noise = rng.random((n, n_samples, horizon))
    if panel is None or panel.n_periods < 2 * horizon + 2:
        return np.argsort(np.argsort(noise, axis=1), axis=1)
    starts = np.arange(panel.n_periods - horizon + 1)
    copies = -(-n_samples // len(starts))
    drawn = rng.permutation(np.tile(starts, copies))[:n_samples]
    past = np.nan_to_num(panel.sales)
    windows = past[:, drawn[:, None] + np.arange(horizon)]  # (N, S, H)
    spread = past.std(axis=1)[:, None, None] + 1.0
    return np.argsort(np.argsort(windows + 1e-6 * spread * noise, axis=1), axis=1)


@dataclass(frozen=True)
class Foreign:
    """Another library as a forecaster, to be replayed and planned with like any of ours.

    Parameters
    ----------
    model : (long frame of the history, horizon) -> forecast in a shape that `as_paths` reads
        The frame has `unique_id, ds, y`, without the periods of which nothing is known. Called anew at
        every origin, with what was known there. It is called twice for a mean and paths of one horizon
        and must say the same each time.
    label : its name in tables and charts

    >>> from onhand.demand import believe
    >>> def last(long: pl.DataFrame, horizon: int) -> pl.DataFrame:
    ...     ends = long.group_by("unique_id").agg(pl.col("ds").max(), pl.col("y").last())
    ...     ahead = pl.DataFrame({"k": range(1, horizon + 1)})
    ...     return ends.join(ahead, how="cross").select(
    ...         "unique_id", (pl.col("ds") + pl.duration(days="k")).alias("ds"), naive="y")
    >>> Foreign(last, "their naive").fit(believe(Panel.of([[3, 5]]))).mean(2).tolist()
    [[5.0, 5.0]]
    """

    model: Callable[[pl.DataFrame, int], Any]
    label: str = "foreign"

    @property
    def name(self) -> str:
        """The label."""
        return self.label

    def fit(self, history: DemandHistory) -> FittedForecaster:
        """What the other library will be asked about."""
        return FittedForeign(self.model, history)


@dataclass(frozen=True)
class FittedForeign:
    """Another library, and the history it is asked about."""

    model: Callable[[pl.DataFrame, int], Any]
    history: DemandHistory

    def mean(self, horizon: int) -> NDArray[np.float32]:
        """Expected demand, (N, H)."""
        return self._paths(horizon, 200, 0).mean()

    def paths(
        self, horizon: int, n_samples: int, *, rng: np.random.Generator, rows: slice = slice(None)
    ) -> DemandPaths:
        """Sample paths (len(rows), n_samples, H) of the stock points in `rows`."""
        return self._paths(horizon, n_samples, int(draw_seed(rng))).rows(rows)

    def _paths(self, horizon: int, n_samples: int, seed: int) -> DemandPaths:
        panel = self.history.panel
        is_known = np.isfinite(self.history.values).any(axis=1)
        values = np.zeros((panel.n_series, n_samples, horizon), dtype=np.float32)
        if is_known.any():
            seen = panel.rows(np.flatnonzero(is_known))
            told = self.model(to_long(seen, self.history.values[is_known]), horizon)
            rng = np.random.default_rng(seed)
            known = as_paths(told, panel=seen, n_samples=n_samples, rng=rng).values
            if known.shape[2] != horizon:
                raise ShapeError(
                    f"asked for {horizon} periods, the model told {known.shape[2]}; hand the horizon on"
                )
            values[is_known] = _as_many(known, n_samples)
        return DemandPaths(values, panel.items, panel.locations, panel.future_dates(horizon))


def _as_many(values: NDArray[np.float32], n_samples: int) -> NDArray[np.float32]:
    """The worlds (N, S, H), repeated or thinned to `n_samples`."""
    return values[
        :,
        np.arange(n_samples) * values.shape[1] // n_samples
        if values.shape[1] > n_samples
        else np.arange(n_samples) % values.shape[1],
    ]
