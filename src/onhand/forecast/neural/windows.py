"""What does a network see of a series at one origin? Scaled windows, cut from the history when asked.

A window is (series, origin): `context` periods before the origin, `horizon` after it. A panel of
N x T values has nearly N x T of them; only those of one batch are ever laid out, so memory does not
grow with the catalogue. Demand is divided by the level of its own context, so that a slow seller
teaches a fast one (D. Salinas et al. 2020, DeepAR, doi:10.1016/j.ijforecast.2019.07.001, section 3.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onhand.demand.history import DemandHistory
from onhand.errors import ShapeError
from onhand.forecast.neural.layout import Layout, readable

__all__ = ["Batch", "Windows"]

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Batch:
    """B windows, as a network wants them.

    Parameters
    ----------
    past : (B, C, P) float32
        Channels of the context: log(1 + demand / scale), how much of it is known (0 unknown, share
        of the period on the shelf, 1), known covariates, calendar.
    future : (B, H, F) float32
        Covariates and calendar of the periods to forecast, the mean demand at the same place of the
        season and of last year (0, and a 0 beside it, where unknown), the step.
    size : (B, 2) float32, standardised logarithm of the scale, and share of the context that is known
    static : (B, K) int64, codes of item, location, ...; 0: never seen
    scale : (B,) float32, units per period, >= 0
    target : (B, H) float32, demand / scale; for a censored period the sales, a lower bound
    weight : (B, H) float32, 0 where the target is unknown or lies beyond the end
    is_censored : (B, H) bool
    """

    past: Floats
    future: Floats
    size: Floats
    static: Ints
    scale: Floats
    target: Floats
    weight: Floats
    is_censored: NDArray[np.bool_]

    @property
    def inputs(self) -> tuple[Floats, Floats, Floats, Ints]:
        """What the network reads: past, future, size, static."""
        return self.past, self.future, self.size, self.static


@dataclass(frozen=True)
class Windows:
    """The arrays of a history from which windows are cut; nothing of size N x T x C is ever made.

    Parameters
    ----------
    layout : Layout
    values : (N, T) float32, demand in units, 0 where unknown
    exposure : (N, T) float32, share of the period that was seen, 0 where unknown
    bound : (N, T) float32, sales: what demand was at least, where it is censored
    is_censored : (N, T) bool
    known : name -> (N or 1, T + H) float32, standardised, 0 where unknown
    calendar : (T + H, k) float32
    codes : (N, K) int64
    usual : (T + 1,) float32, mean demand of the whole shop before each origin
    omega : (N, T) or (N, 1) float32, extra weights
    """

    layout: Layout
    values: Floats
    exposure: Floats
    bound: Floats
    is_censored: NDArray[np.bool_]
    known: tuple[Floats, ...]
    calendar: Floats
    codes: Ints
    usual: Floats
    omega: Floats

    @classmethod
    def of(cls, history: DemandHistory, layout: Layout, omega: Floats | None = None) -> Windows:
        """The arrays that windows of `history` are cut from, in the channels of `layout`."""
        past = readable(history, layout.horizon)
        values = np.nan_to_num(history.values)
        total = past.filled.sum(axis=0, dtype=np.float64).cumsum()
        count = past.is_known.sum(axis=0, dtype=np.float64).cumsum()
        usual = np.concatenate([[0.0], total / np.maximum(count, 1e-9)])
        return cls(
            layout=layout,
            values=values,
            exposure=past.is_known,
            bound=np.minimum(np.nan_to_num(history.panel.sales), values),
            is_censored=history.is_censored,
            known=layout.standardised(past.known, history.n_periods),
            calendar=layout.calendar(history.panel),
            codes=layout.codes(history.panel),
            usual=usual.astype(np.float32),
            omega=_weights(omega, values.shape),
        )

    @property
    def n_series(self) -> int:
        """Number of series, N."""
        return int(self.values.shape[0])

    @property
    def n_periods(self) -> int:
        """Number of past periods, T."""
        return int(self.values.shape[1])

    def batch(
        self,
        series: Ints,
        origin: Ints,
        *,
        asked: Ints | None = None,
        since: Ints | None = None,
        end: int | None = None,
        scale_power: float = 0.0,
    ) -> Batch:
        """The windows of the pairs (series, origin), both (B,).

        asked : (B,), first of the `horizon` periods that are asked for. None: the origin, a
            forecast. An earlier one makes a gap in the context that is to be filled from both of
            its sides; the step is then below 0.
        since : (B,), first period of which anything is known, as of a series that began then. None: 0
        end : targets of periods from it on have no weight: they are the future of whoever asks
        scale_power : a target weighs omega times (scale / usual scale) ** scale_power
        """
        first = origin if asked is None else asked
        begin = np.zeros_like(origin) if since is None else since
        c, h = self.layout.context, self.layout.horizon
        rows = series[:, None]
        at = origin[:, None] + np.arange(-c, 0)  # (B, C) periods
        is_hidden = (at >= first[:, None]) & (at < first[:, None] + h) | (at < begin[:, None])
        exposure = np.where(is_hidden, np.float32(0), self._read(self.exposure, rows, at))
        demand = np.where(is_hidden, np.float32(0), self._read(self.values, rows, at))
        scale = self._scale(demand, exposure, first)
        unit = np.maximum(scale, 1e-9)[:, None]
        ahead = first[:, None] + np.arange(h)  # (B, H)
        seen = self._read(self.exposure, rows, ahead) > 0
        seen &= ahead < (self.n_periods if end is None else end)
        censored = self._read(self.is_censored, rows, ahead)
        target = np.where(
            censored, self._read(self.bound, rows, ahead), self._read(self.values, rows, ahead)
        )
        omega = self.omega[rows, np.clip(ahead, 0, self.omega.shape[1] - 1)]
        weight = seen * omega * self._size(scale)[:, None] ** scale_power
        return Batch(
            past=self._past(rows, at, (demand / unit).astype(np.float32), exposure),
            future=self._future(rows, ahead, origin - first, begin, unit),
            size=np.stack([self._log_size(scale), exposure.mean(axis=1)], axis=1),
            static=self.codes[series],
            scale=scale,
            target=np.where(seen, target / unit, 0).astype(np.float32),
            weight=weight.astype(np.float32),
            is_censored=censored & seen,
        )

    def _read(self, table: NDArray[Any], rows: Ints, at: Ints) -> NDArray[Any]:
        """table[rows, at], 0 where `at` lies outside the history."""
        inside = (at >= 0) & (at < self.n_periods)
        return np.where(
            inside, table[rows, np.clip(at, 0, self.n_periods - 1)], table.dtype.type(0)
        )

    def _scale(self, demand: Floats, exposure: Floats, origin: Ints) -> Floats:
        """Mean of the context, drawn with the weight of one period to the shop's mean until then."""
        total = (demand * exposure).sum(axis=1)
        count = exposure.sum(axis=1)
        usual = self.usual[origin]
        floor = 1e-3 * usual
        return np.maximum((total + usual) / (count + 1), floor).astype(np.float32)

    def _size(self, scale: Floats) -> Floats:
        """Scale over that of the usual series, held within 1/20..20."""
        return np.clip(scale / np.float32(np.exp(self.layout.log_scale[0])), 0.05, 20.0)

    def _log_size(self, scale: Floats) -> Floats:
        centre, spread = self.layout.log_scale
        return np.clip((np.log(np.maximum(scale, 1e-9)) - centre) / spread, -4, 4).astype(
            np.float32
        )

    def _past(self, rows: Ints, at: Ints, scaled: Floats, exposure: Floats) -> Floats:
        """The channels of the context, (B, C, P)."""
        channels = [np.log1p(scaled), exposure, *self._known(rows, at)]
        past = np.stack(np.broadcast_arrays(*channels), axis=2)
        dates = self.calendar[np.clip(at, 0, None)]
        return np.concatenate([past, dates], axis=2, dtype=np.float32)

    def _future(self, rows: Ints, ahead: Ints, early: Ints, begin: Ints, unit: Floats) -> Floats:
        """The channels of the periods to tell, (B, H, F), which begin `early` before the origin."""
        h = ahead.shape[1]
        step = (np.arange(h) - early[:, None]) / max(h - 1, 1)  # 0..1 in a forecast
        channels: list[Any] = [step.astype(np.float32), *self._known(rows, ahead)]
        for back in self.layout.echoes:
            channels += self._echo(rows, ahead, back, begin, unit)
        future = np.stack(np.broadcast_arrays(*channels), axis=2)
        return np.concatenate(
            [future, self.calendar[np.clip(ahead, 0, None)]], axis=2, dtype=np.float32
        )

    def _known(self, rows: Ints, at: Ints) -> list[Floats]:
        """Known covariates at the periods `at`, each (B, at)."""
        clipped = np.clip(at, 0, None)
        return [v[rows if len(v) > 1 else 0, clipped] for v in self.known]

    def _echo(
        self, rows: Ints, ahead: Ints, back: Ints, begin: Ints, unit: Floats
    ) -> tuple[Floats, Floats]:
        """Mean demand `back` (B, H, k) periods before each target, as far as it was over by then."""
        at = ahead[:, :, None] - back
        # Before the first of the periods that are asked for, and not before anything is known.
        is_seen = (at < ahead[:, :1, None]) & (at >= begin[:, None, None])
        known = np.where(is_seen, self._read(self.exposure, rows[:, :, None], at), 0)
        total = (known * self._read(self.values, rows[:, :, None], at)).sum(axis=2)
        count = known.sum(axis=2)
        mean = np.log1p(total / np.maximum(count, 1e-9) / unit)
        return np.where(count > 0, mean, 0), np.minimum(count, 1)


def _weights(omega: Floats | None, shape: tuple[int, ...]) -> Floats:
    """Weights (N, 1) or (N, T), 1 where none are given."""
    if omega is None:
        return np.ones((shape[0], 1), np.float32)
    weights = np.asarray(omega, np.float32)
    if weights.shape == shape[:1]:
        weights = weights[:, None]
    if weights.shape not in (shape, (shape[0], 1)):
        raise ShapeError(
            f"omega has shape {weights.shape}; the history asks for ({shape[0]},) or {shape}"
        )
    if not (np.isfinite(weights).all() and weights.min(initial=0) >= 0):
        raise ShapeError("omega holds a negative, NaN or infinite weight; weights are >= 0")
    return weights
