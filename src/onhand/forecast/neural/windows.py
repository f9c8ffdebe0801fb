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
from onhand.forecast.neural.layout import Layout, planned, readable
from onhand.forecast.neural.lent import Lent
from onhand.forecast.neural.pools import Pools

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
        Of the periods to forecast: the step, covariates, those less their mean over the context, the
        mean demand when each was alike, the mean demand at the same place of the season and of last
        year (0, and a 0 beside it, where unknown) of the series and of its pools, the calendar.
    size : (B, Z) float32
        Of the series: standardised logarithm of the scale, share of the context that is known, recent
        means and whether they are known, and how its pools sold lately.
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
    lent : name -> where those were not known in advance, see `Lent`; None: always planned
    calendar : (T + H, k) float32
    codes : (N, K) int64
    usual : (T + 1,) float32, mean demand of the whole shop before each origin
    omega : (N, T) or (N, 1) float32, extra weights
    pools : how the item, the place and the whole shop sold
    """

    layout: Layout
    values: Floats
    exposure: Floats
    bound: Floats
    is_censored: NDArray[np.bool_]
    known: tuple[Floats, ...]
    lent: tuple[Lent | None, ...]
    calendar: Floats
    codes: Ints
    usual: Floats
    omega: Floats
    pools: Pools

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
            known=layout.standardised(planned(past), history.n_periods),
            lent=layout.lent(past.lent, history.n_periods),
            calendar=layout.calendar(history.panel),
            codes=layout.codes(history.panel),
            usual=usual.astype(np.float32),
            omega=_weights(omega, values.shape),
            pools=Pools.of(past, layout.pools, usual.astype(np.float32), layout.context),
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
            Its pools go on telling what they know.
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
        scaled = (demand / unit).astype(np.float32)
        return Batch(
            past=self._past(rows, at, scaled, exposure, first),
            future=self._future(rows, at, ahead, origin - first, begin, unit, scaled, exposure),
            size=self._series(series, first, scale, scaled, exposure),
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

    def _series(
        self, series: Ints, first: Ints, scale: Floats, scaled: Floats, exposure: Floats
    ) -> Floats:
        """What is told once of each window, (B, 2 + 2 * recent + 2 * pools)."""
        told: list[Floats] = [self._log_size(scale), exposure.mean(axis=1)]
        sold = scaled * exposure
        for width in self.layout.recent:
            count = exposure[:, -width:].sum(axis=1)
            mean = (sold[:, -width:].sum(axis=1) + 0.5) / (count + 0.5)
            told += [np.log(mean + 0.1), np.minimum(count, 1)]
        widths = self.layout.recent[0], self.layout.recent[-1]
        pools = [self.pools.recent(series, first, width) for width in widths]
        return np.concatenate([np.stack(told, axis=1), *pools], axis=1, dtype=np.float32)

    def _past(self, rows: Ints, at: Ints, scaled: Floats, exposure: Floats, first: Ints) -> Floats:
        """The channels of the context, (B, C, P)."""
        channels = [np.log1p(scaled), exposure, *self._known(rows, at, first)]
        past = np.stack(np.broadcast_arrays(*channels), axis=2)
        dates = self.calendar[np.clip(at, 0, None)]
        return np.concatenate([past, dates], axis=2, dtype=np.float32)

    def _future(
        self,
        rows: Ints,
        at: Ints,
        ahead: Ints,
        early: Ints,
        begin: Ints,
        unit: Floats,
        scaled: Floats,
        exposure: Floats,
    ) -> Floats:
        """The channels of the periods to tell, (B, H, F), which begin `early` before the origin."""
        h = ahead.shape[1]
        step = (np.arange(h) - early[:, None]) / max(h - 1, 1)  # 0..1 in a forecast
        then, before = (self._known(rows, when, ahead[:, 0]) for when in (ahead, at))
        channels: list[Any] = [step.astype(np.float32), *then]
        channels += [
            new - old.mean(axis=1, keepdims=True) for new, old in zip(then, before, strict=True)
        ]
        for k in self.layout.swaying:
            nearness = np.float32(4 / self.layout.sways[k])
            channels.append(_alike(nearness, before[k], then[k], scaled * exposure, exposure))
        for back in self.layout.echoes:
            channels += self._echo(rows, ahead, back, begin, unit)
            over = ahead[:, :, None] - back
            is_over = (over < ahead[:, :1, None]) & (over >= 0)
            channels += list(self.pools.echo(rows[:, 0], over, is_over))
        future = np.stack(np.broadcast_arrays(*channels), axis=2)
        return np.concatenate(
            [future, self.calendar[np.clip(ahead, 0, None)]], axis=2, dtype=np.float32
        )

    def _known(self, rows: Ints, at: Ints, first: Ints) -> list[Floats]:
        """Known covariates at the periods `at`, each (B, at), as planned before the `first` asked for."""
        clipped = np.clip(at, 0, None)
        begin = first[:, None]
        is_asked = (at >= begin) & (at < begin + self.layout.horizon)
        told = []
        for values, lent in zip(self.known, self.lent, strict=True):
            seen = values[rows if len(values) > 1 else 0, clipped]
            if lent is not None:
                seen = np.where(is_asked, lent.told(values, rows, clipped, begin), seen)
            told.append(seen)
        return told

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


def _alike(
    nearness: np.float32, before: Floats, then: Floats, sold: Floats, exposure: Floats
) -> Floats:
    """Log mean (B, H) of demand (B, C) in periods whose covariate was like that of the target.

    A period that differs by 1 / nearness weighs 1/e; one usual period is added.
    """
    weight = np.exp(-nearness * np.abs(before[:, :, None] - then[:, None, :]))  # (B, C, H)
    total = np.einsum("bch,bc->bh", weight, sold) + 1
    count = np.einsum("bch,bc->bh", weight, exposure) + 1
    told: Floats = np.log(total / count + np.float32(0.1))
    return told


def _weights(omega: Floats | None, shape: tuple[int, ...]) -> Floats:
    """Weights (N, 1) or (N, T), 1 where none are given."""
    if omega is None:
        return np.ones((shape[0], 1), np.float32)
    try:
        weights = np.asarray(omega, np.float32)
    except (TypeError, ValueError) as error:
        raise ShapeError(
            f"omega holds something that is no number ({error}); weights are >= 0"
        ) from error
    if weights.shape == shape[:1]:
        weights = weights[:, None]
    if weights.shape not in (shape, (shape[0], 1)):
        raise ShapeError(
            f"omega has shape {weights.shape}; the history asks for ({shape[0]},) or {shape}"
        )
    if not (np.isfinite(weights).all() and weights.min(initial=0) >= 0):
        raise ShapeError("omega holds a negative, NaN or infinite weight; weights are >= 0")
    return weights
