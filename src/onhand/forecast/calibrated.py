"""How wrong has this forecaster been before? Its own past errors become the spread of its future."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onhand.data.panel import Frequency, Panel
from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError
from onhand.forecast.forecaster import FittedForecaster, Forecaster
from onhand.forecast.paths import DemandPaths
from onhand.forecast.responsive import answering_as
from onhand.forecast.spread import draw_seed, is_count, of_rows

__all__ = ["Calibrated", "FittedCalibrated", "earlier_origins", "error_library"]

_LEAST_LEVEL = 0.05  # units: a smaller forecast has errors like this one's
_PRIOR_PERIODS = 8
_BAND = 2.0  # donors sell at most so many times more or less than the series they lend to
_HORIZON = {Frequency.DAY: 28, Frequency.WEEK: 13, Frequency.MONTH: 6}


@dataclass(frozen=True)
class Calibrated:
    """A point forecaster whose spread is the spread of its own rolling-origin errors.

    The point forecaster is fitted again at earlier origins of the same history and compared with
    what followed. Errors are divided by a scale, forecast ** power times how lively the series was
    for its size, so that comparable series can lend theirs to each other. A sample path adds the
    whole error trajectory of one such series at one origin, so that paths are joint in time. One
    origin strikes all series of a sample, so that what hits the shop together stays together.

    Parameters
    ----------
    point : Forecaster
        Only its mean is used.
    n_origins : int
        Earlier origins, the last ones that leave room for errors to be seen.
    stride : int or None, periods
        Between origins. None: a fourth of the error trajectories' length, rounded up.
    horizon : int or None, periods
        Length of the error trajectories; longer paths chain them. None: 28 days, 13 weeks or 6
        months.
    power : share 0..1
        0: errors are as large for big sellers as for small ones; 1: they grow in proportion.
    n_neighbours : int
        The most error trajectories that a series draws from: those of most similar demand, none of
        which sold more than twice or less than half as much while there are closer ones.
    bias_correction : share 0..1, or None
        Share of the mean error of those neighbours that is added to the forecast. None: the more,
        the more the shop's bias agreed from origin to origin (see `reliability`).
    label : str or None
        Its name in tables and charts. None: `calibrated` and the name of `point`.

    Source: pooled residual quantiles are split conformal prediction by class; V. Vovk, A. Gammerman
    and G. Shafer (2005), Algorithmic Learning in a Random World.
    """

    point: Forecaster
    n_origins: int = 12
    stride: int | None = None
    horizon: int | None = None
    power: float = 0.75
    n_neighbours: int = 600
    bias_correction: float | None = None
    label: str | None = None

    def __post_init__(self) -> None:
        for name, value in (("n_origins", self.n_origins), ("n_neighbours", self.n_neighbours)):
            if value < 1:
                raise ConfigError(f"{name} is {value}; calibration needs at least 1")
        for name, share in (("power", self.power), ("bias_correction", self.bias_correction)):
            if share is not None and not 0 <= share <= 1:
                raise ConfigError(f"{name} is {share}; choose a share between 0 and 1")

    @property
    def name(self) -> str:
        """`calibrated tsb`, or the label."""
        return self.label or f"calibrated {self.point.name}"

    def fit(self, history: DemandHistory) -> FittedCalibrated:
        """The point forecast from now, and the errors of the same forecast from earlier origins."""
        horizon = self.horizon or _HORIZON[history.panel.frequency]
        origins = earlier_origins(history.n_periods, horizon, self.stride, self.n_origins)
        fitted = self.point.fit(history)
        before = answering_as(self.point, fitted)
        return error_library(
            history,
            fitted,
            {o: before.fit(history.as_it_stood(o)).mean(horizon) for o in origins},
            power=self.power,
            n_neighbours=self.n_neighbours,
            bias_correction=self.bias_correction,
        )


def earlier_origins(n_periods: int, horizon: int, stride: int | None, n_origins: int) -> list[int]:
    """The last origins whose errors can be seen, in order of time.

    A third of a short history is kept for seeing errors where a whole horizon would be more, and
    no origin knows less than a fourth of it. Without a stride, origins are a fourth of what is seen
    apart.

    >>> earlier_origins(100, horizon=13, stride=4, n_origins=3)
    [79, 83, 87]
    >>> earlier_origins(13, horizon=13, stride=None, n_origins=12)
    [3, 4, 5, 6, 7, 8, 9]
    """
    seen = min(horizon, n_periods // 3)
    if seen == 0:
        return []
    step = stride or -(-seen // 4)
    origins = [n_periods - seen - k * step for k in range(n_origins)]
    return [origin for origin in reversed(origins) if origin >= max(1, n_periods // 4)]


def error_library(
    history: DemandHistory,
    point: FittedForecaster,
    earlier: Mapping[int, NDArray[np.float32]],
    *,
    power: float = 0.75,
    n_neighbours: int = 600,
    bias_correction: float | None = None,
) -> FittedCalibrated:
    """A fitted point forecaster with the errors it would have made before.

    Parameters
    ----------
    history : DemandHistory
    point : FittedForecaster
        Fitted on all of `history`; only its mean is used.
    earlier : origin -> (N, C) forecast
        What the same forecaster said of periods origin, origin + 1, ... knowing only those before.
        Steps beyond the end of the history are not used; without any origin the paths all are the
        point forecast.
    power, n_neighbours, bias_correction
        As for `Calibrated`.
    """
    n_steps = max((min(f.shape[1], history.n_periods - o) for o, f in earlier.items()), default=1)
    donors = [
        donor
        for origin, forecast in earlier.items()
        if len((donor := _donors(forecast[:, :n_steps], history, origin, power)).level)
    ]
    if not donors:
        donors = [_Donors(np.zeros(1, np.float32), np.zeros((1, n_steps), np.float32), 0.0)]
    if bias_correction is None:
        bias_correction = reliability(np.array([donor.bias for donor in donors]))
    most = max(len(donor.level) for donor in donors)
    levels = np.full((len(donors), most), np.inf, np.float32)
    errors = np.zeros((len(donors), most, n_steps), np.float32)
    for o, donor in enumerate(donors):
        levels[o, : len(donor.level)] = donor.level
        errors[o, : len(donor.level)] = donor.errors
    return FittedCalibrated(
        panel=history.panel,
        point=point,
        is_count=is_count(history.values),
        liveliness=liveliness(history.values, point.mean(n_steps).mean(axis=1)),
        levels=levels,
        errors=errors,
        n_donors=np.array([len(donor.level) for donor in donors]),
        power=power,
        n_neighbours=n_neighbours,
        bias_correction=bias_correction,
    )


def reliability(biases: NDArray[np.float64]) -> float:
    """How much of the mean of these biases (O,) to expect again, a share 0..1.

    m^2 / (m^2 + s^2 / n), the classical shrinkage of a mean m whose n observations vary by s. Four
    origins in a row overlap and count as one. A single origin says too little: 0.

    >>> reliability(np.array([0.1, 0.1, 0.1])), reliability(np.array([0.1, -0.1]))
    (1.0, 0.0)
    """
    if len(biases) < 2 or not biases.any():
        return 0.0
    mean, n_apart = biases.mean(), max(1.0, len(biases) / 4)
    return float(mean**2 / (mean**2 + biases.var(ddof=1) / n_apart))


@dataclass(frozen=True)
class _Donors:
    """Scaled error trajectories (D, C) of one origin, sorted by forecast level (D,).

    bias : sum of actual - forecast over sum of forecast, of the whole shop
    """

    level: NDArray[np.float32]
    errors: NDArray[np.float32]
    bias: float


def _donors(
    forecast: NDArray[np.float32], history: DemandHistory, origin: int, power: float
) -> _Donors:
    """The error trajectories at one origin of which at least half is known."""
    level = forecast.mean(axis=1)
    scale = scale_of(forecast, liveliness(history.values[:, :origin], level), power)
    seen = slice(origin, origin + forecast.shape[1])
    # A censored period is partly a guess: comparing with it would not find the guess wrong.
    actual = np.where(history.is_censored[:, seen], np.float32(np.nan), history.values[:, seen])
    n_seen = actual.shape[1]
    errors = np.full(forecast.shape, np.nan, np.float32)
    errors[:, :n_seen] = (actual - forecast[:, :n_seen]) / scale[:, :n_seen]
    known = np.isfinite(errors)
    said = float(forecast[known].sum())
    bias = float((errors * scale)[known].sum()) / said if said > 0 else 0.0
    is_usable = known.sum(axis=1) * 2 >= n_seen
    errors, level = errors[is_usable], level[is_usable]
    order = np.argsort(level, kind="stable")
    return _Donors(level[order], filled(errors)[order], bias)


def scale_of(
    forecast: NDArray[np.float32], lively: NDArray[np.float32], power: float
) -> NDArray[np.float32]:
    """What errors are divided by, (N, H): forecast ** power times liveliness (N,)."""
    scale = np.maximum(forecast, _LEAST_LEVEL) ** power * lively[:, None]
    return scale.astype(np.float32)


def liveliness(
    values: NDArray[np.float32], level: NDArray[np.float32], memory: int = 52
) -> NDArray[np.float32]:
    """How much more a series varied than others of its level, as a square root, (N,) around 1.

    The mean absolute deviation of the last `memory` periods from their mean, over the one expected
    at that level (a power law fitted through all series), shrunk towards 1 as if eight periods of
    the expected deviation had been seen as well. The square root goes half of the way: part of the
    liveliness of the past is chance.
    """
    recent = values[:, -memory:]
    n_known = np.isfinite(recent).sum(axis=1)
    mean = np.nansum(recent, axis=1) / np.maximum(n_known, 1)
    total = np.nansum(np.abs(recent - mean[:, None]), axis=1)
    told = (n_known > 5) & (total > 0)
    if told.sum() < 10:  # too few series to say what is usual
        return np.ones(len(values), np.float32)
    size = np.log(np.maximum(level, _LEAST_LEVEL))
    deviation = np.log(total[told] / n_known[told])
    apart = size[told] - size[told].mean()
    slope = (apart * deviation).sum() / max((apart**2).sum(), 1e-9)  # 0 if all sell the same
    usual = np.exp(deviation.mean() + slope * (size - size[told].mean()))
    ratio = (total + _PRIOR_PERIODS * usual) / (n_known + _PRIOR_PERIODS) / usual
    return np.sqrt(np.clip(ratio, 0.2, 5.0)).astype(np.float32)


def filled(errors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Trajectories whose unknown steps are taken from the trajectory most like them.

    Trajectories are ranked by the mean of their known steps; an unknown step is that of the next
    lower one of which it is known, or of the next higher one.
    """
    if not len(errors) or np.isfinite(errors).all():
        return errors
    rank = np.argsort(np.nanmean(errors, axis=1), kind="stable")
    ranked = errors[rank]
    for direction in (1, -1):
        towards = ranked[::direction]
        last = np.where(np.isnan(towards), 0, np.arange(len(towards))[:, None])
        np.maximum.accumulate(last, axis=0, out=last)
        ranked = np.take_along_axis(towards, last, axis=0)[::direction]
    out = np.empty_like(errors)
    out[rank] = np.nan_to_num(ranked)
    return out


@dataclass(frozen=True)
class FittedCalibrated:
    """A fitted point forecaster with a library of scaled error trajectories.

    liveliness : (N,) how much more each series varies than others of its level
    levels : (O, D) forecast level of each donor, sorted within an origin, inf beyond `n_donors`
    errors : (O, D, C) scaled error trajectories
    n_donors : (O,)
    """

    panel: Panel
    point: FittedForecaster
    is_count: NDArray[np.bool_]
    liveliness: NDArray[np.float32]
    levels: NDArray[np.float32]
    errors: NDArray[np.float32]
    n_donors: NDArray[np.int64]
    power: float
    n_neighbours: int
    bias_correction: float
    kept: dict[int, tuple[NDArray[Any], ...]] = field(
        default_factory=dict, repr=False, compare=False
    )
    means: dict[int, NDArray[np.float32]] = field(default_factory=dict, repr=False, compare=False)

    def mean(self, horizon: int) -> NDArray[np.float32]:
        """The mean of the paths, (N, H): every neighbour's trajectory counted once.

        It is the point forecast plus its share of the neighbours' mean error, and a little more
        where demand cannot fall as far below the forecast as it may rise above it.
        """
        from onhand.forecast.kernels import error_mean

        if horizon not in self.means:
            self.means.clear()
            forecast, scale, shift, first, width = self._material(horizon)
            self.means[horizon] = error_mean(forecast, scale, shift, self.errors, first, width)
        return self.means[horizon].copy()

    def paths(
        self, horizon: int, n_samples: int, *, rng: np.random.Generator, rows: slice = slice(None)
    ) -> DemandPaths:
        """Sample paths (len(rows), n_samples, H) of the stock points in `rows`."""
        from onhand.forecast.kernels import error_paths

        seed = draw_seed(rng)
        n_origins, _, length = self.errors.shape
        n_blocks = -(-horizon // length)
        shared = np.random.default_rng(seed)  # the same for every block of rows
        worlds = np.stack(
            [shared.permutation(n_samples) % n_origins for _ in range(n_blocks)], axis=1
        )
        panel = self.panel
        forecast, scale, shift, first, width = (part[rows] for part in self._material(horizon))
        values = error_paths(
            forecast,
            scale,
            shift,
            self.errors,
            first,
            width,
            worlds,
            self.is_count[rows],
            of_rows(rows, panel.n_series),
            seed,
        )
        return DemandPaths(
            values, panel.items[rows], panel.locations[rows], panel.future_dates(horizon)
        )

    def _material(self, horizon: int) -> tuple[NDArray[Any], ...]:
        """Forecast, scale and shift (N, H), first and number of donors (N, O).

        The mean asks for it, several forecasters stand on one, and paths are drawn block by block:
        it is kept.
        """
        if horizon not in self.kept:
            self.kept.clear()
            self.kept[horizon] = self._laid_out(horizon)
        return self.kept[horizon]

    def _laid_out(self, horizon: int) -> tuple[NDArray[Any], ...]:
        n_origins, most, length = self.errors.shape
        forecast = self.point.mean(max(horizon, length))
        level, forecast = forecast[:, :length].mean(axis=1), forecast[:, :horizon]
        first, width = self._neighbours(level)
        mean_error = np.zeros((len(level), length))
        for o in range(n_origins):
            sums = np.zeros((most + 1, length))
            np.cumsum(self.errors[o], axis=0, dtype=np.float64, out=sums[1:])
            last = first[:, o] + width[:, o]
            mean_error += (sums[last] - sums[first[:, o]]) / width[:, o, None] / n_origins
        shift = (1 - self.bias_correction) * mean_error[:, np.arange(horizon) % length]
        scale = scale_of(forecast, self.liveliness, self.power)
        # Rows first in memory, always: a compiled loop is compiled anew for every other order.
        laid = (np.ascontiguousarray(x, dtype=np.float32) for x in (forecast, scale, shift))
        return *laid, first, width

    def _neighbours(
        self, level: NDArray[np.float32]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """First donor and number of donors (n, O) whose demand is most like each row's."""
        n_origins = len(self.levels)
        most = -(-self.n_neighbours // n_origins)
        first = np.empty((len(level), n_origins), np.int64)
        last = np.empty((len(level), n_origins), np.int64)
        low = np.where(level > _LEAST_LEVEL, level / _BAND, 0)
        high = np.maximum(level, _LEAST_LEVEL) * _BAND
        for o in range(n_origins):
            donors = self.levels[o, : self.n_donors[o]]
            n = len(donors)
            equal = np.searchsorted(donors, level, "left"), np.searchsorted(donors, level, "right")
            middle = np.minimum((equal[0] + equal[1]) // 2, n - 1)
            start = np.clip(middle - most // 2, 0, max(n - most, 0))
            first[:, o] = np.maximum(start, np.searchsorted(donors, low, "left"))
            first[:, o] = np.minimum(first[:, o], middle)
            last[:, o] = np.minimum(start + most, np.searchsorted(donors, high, "right"))
            last[:, o] = np.maximum(last[:, o], middle + 1)
        return first, last - first
