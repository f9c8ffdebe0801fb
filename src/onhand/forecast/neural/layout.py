"""In which channels, and in which units, does a network read a shop? What must be kept to ask it again.

The layout is learned from one history and travels with the network: names and usual values of the
covariates, the codes of items, locations and attributes. A name never seen gets code 0, whose
embedding was trained too, by hiding names now and then.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onhand.data.panel import NONE_UNLESS_PLANNED, Frequency, Panel
from onhand.demand.features import Past
from onhand.demand.history import DemandHistory
from onhand.errors import InputError, OnhandWarning
from onhand.forecast.neural.lent import Lent

__all__ = ["Layout", "planned", "readable"]

Floats = NDArray[np.float32]
CONTEXT = {Frequency.DAY: 56, Frequency.WEEK: 52, Frequency.MONTH: 24}
HORIZON = {Frequency.DAY: 28, Frequency.WEEK: 13, Frequency.MONTH: 6}
_YEAR = {Frequency.DAY: (364, 3), Frequency.WEEK: (52, 1), Frequency.MONTH: (12, 0)}
RECENT = {Frequency.DAY: (7, 14, 28), Frequency.WEEK: (4, 8, 13), Frequency.MONTH: (2, 4, 6)}
_MOST_NAMES = 50_000  # an attribute with more values tells series apart, not alike


@dataclass(frozen=True)
class Layout:
    """The channels of a network.

    Parameters
    ----------
    frequency : "day", "week" or "month"
    context, horizon : periods seen and told
    covariates : names of the known covariates it reads
    centres, spreads : what is subtracted from them, and what they are then divided by
    names : attribute -> its values in the order of their codes 1, 2, ...
    has_year : whether a year and a half was seen, so that the time of year tells something
    log_scale : mean and spread of the logarithm of the series' levels
    pools : attributes whose groups are looked at as a whole
    sways : how much each covariate varies over time, in units of its spread; 0: not at all
    """

    frequency: str
    context: int
    horizon: int
    covariates: tuple[str, ...]
    centres: tuple[float, ...]
    spreads: tuple[float, ...]
    names: Mapping[str, tuple[str, ...]]
    has_year: bool
    log_scale: tuple[float, float]
    pools: tuple[str, ...] = ()
    sways: tuple[float, ...] = ()

    @classmethod
    def of(cls, history: DemandHistory, context: int | None, horizon: int | None) -> Layout:
        """The layout that a history suggests; a context longer than the history is cut to it."""
        panel = history.panel
        steps = horizon or HORIZON[panel.frequency]
        past = readable(history, steps)
        known = planned(past)
        usual = [_usual(values) for values in known.values()]
        centres, spreads = zip(*usual, strict=True) if usual else ((), ())
        return cls(
            frequency=panel.frequency.value,
            context=max(1, min(context or CONTEXT[panel.frequency], panel.n_periods)),
            horizon=steps,
            covariates=tuple(known),
            centres=centres,
            spreads=spreads,
            names=_names(panel),
            has_year=panel.n_periods >= 1.5 * panel.frequency.per_year,
            log_scale=_log_scale(past),
            pools=tuple(past.pools),
            sways=tuple(
                past.spreads.get(name, 0.0) / spread
                for name, spread in zip(known, spreads, strict=True)
            ),
        )

    @property
    def n_past(self) -> int:
        """Channels of a context period, P."""
        return 2 + len(self.covariates) + self._n_calendar

    @property
    def n_future(self) -> int:
        """Channels of a period to forecast, F."""
        n_covariates = 2 * len(self.covariates) + len(self.swaying)
        n_echoes = (2 + len(self.pools)) * len(self.echoes)
        return 1 + n_covariates + n_echoes + self._n_calendar

    @property
    def n_size(self) -> int:
        """Numbers that are told of a series at its origin."""
        return 2 + 2 * len(self.recent) + 2 * len(self.pools)

    @property
    def recent(self) -> tuple[int, ...]:
        """Widths, in periods, of the means that tell what lately was."""
        return RECENT[Frequency(self.frequency)]

    @property
    def swaying(self) -> tuple[int, ...]:
        """The covariates that vary over time, by their place."""
        return tuple(k for k, sway in enumerate(self.sways) if sway > 0)

    @property
    def n_names(self) -> tuple[int, ...]:
        """Codes of each attribute, the unknown one included."""
        return tuple(1 + len(values) for values in self.names.values())

    @property
    def echoes(self) -> tuple[NDArray[np.int64], ...]:
        """How many periods before a target its likes lie: same weekday, same time last year."""
        frequency = Frequency(self.frequency)
        cycle = (7 * np.arange(1, self.context // 7 + 5),) if frequency is Frequency.DAY else ()
        year, near = _YEAR[frequency]
        return (*cycle, year + np.arange(-near, near + 1)) if self.has_year else cycle

    def standardised(self, known: Mapping[str, Floats], n_periods: int) -> tuple[Floats, ...]:
        """The covariates of the layout, centred and scaled, 0 where unknown, (N or 1, T + H) each."""
        return tuple(
            self._one(name, known.get(name), n_periods, centre, spread)
            for name, centre, spread in zip(
                self.covariates, self.centres, self.spreads, strict=True
            )
        )

    def lent(
        self, marks: Mapping[str, NDArray[np.bool_]], n_periods: int
    ) -> tuple[Lent | None, ...]:
        """Where each covariate of the layout was not known in advance; None: nowhere."""
        wanted = n_periods + self.horizon
        nothing = (
            -centre / spread for centre, spread in zip(self.centres, self.spreads, strict=True)
        )
        return tuple(
            Lent.of(marks[name], wanted, zero if name in NONE_UNLESS_PLANNED else None)
            if name in marks
            else None
            for name, zero in zip(self.covariates, nothing, strict=True)
        )

    def calendar(self, panel: Panel) -> Floats:
        """Position in the week and the year of every past and future period, (T + H, k)."""
        if panel.frequency.value != self.frequency:
            raise InputError(
                f"the network was trained on periods of a {self.frequency}, the history has periods "
                f"of a {panel.frequency.value}; build the panel at frequency={self.frequency!r}"
            )
        dates = np.concatenate([panel.dates, panel.future_dates(self.horizon)])
        columns: list[Any] = []
        if panel.frequency is Frequency.DAY:
            columns += list(np.eye(7)[(dates.astype(np.int64) + 3) % 7].T)
        if self.has_year:
            day = (dates - dates.astype("datetime64[Y]")).astype(np.int64)
            angle = 2 * np.pi * day / 365.25
            columns += [f(k * angle) for k in (1, 2) for f in (np.sin, np.cos)]
        return np.stack(columns or [np.zeros(len(dates))], axis=1).astype(np.float32)

    def codes(self, panel: Panel) -> NDArray[np.int64]:
        """Codes (N, K) of each series' names; 0 for a name or an attribute never seen."""
        given = _attributes(panel)
        codes = np.zeros((panel.n_series, len(self.names)), np.int64)
        for k, (attribute, values) in enumerate(self.names.items()):
            if attribute in given:
                order = {value: code for code, value in enumerate(values, start=1)}
                codes[:, k] = [order.get(value, 0) for value in given[attribute].tolist()]
        return codes

    def to_dict(self) -> dict[str, Any]:
        """Everything, as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Layout:
        """The layout that `to_dict` told."""
        lists = ("covariates", "centres", "spreads", "log_scale", "pools", "sways")
        names = {k: tuple(v) for k, v in told["names"].items()}
        return cls(**{**told, **{k: tuple(told[k]) for k in lists}, "names": names})

    @property
    def _n_calendar(self) -> int:
        columns = (7 if self.frequency == "day" else 0) + (4 if self.has_year else 0)
        return max(1, columns)

    def _one(
        self, name: str, values: Floats | None, n_periods: int, centre: float, spread: float
    ) -> Floats:
        wanted = n_periods + self.horizon
        if values is None:
            warnings.warn(
                f"covariate {name!r}, which the network was trained with, is not known until the "
                f"end of the horizon; its usual value is taken. Give it for {self.horizon} periods",
                OnhandWarning,
                stacklevel=6,
            )
            return np.zeros((1, wanted), np.float32)
        scaled = (values[:, :wanted] - np.float32(centre)) / np.float32(spread)
        return np.clip(np.nan_to_num(scaled, nan=0.0), -8, 8).astype(np.float32)


def readable(history: DemandHistory, horizon: int) -> Past:
    """The arrays that windows are cut from; a covariate of which nothing is known is no covariate."""
    panel = history.panel
    known = {name: v for name, v in panel.known.items() if np.isfinite(v).any()}
    if len(known) < len(panel.known):
        history = replace(history, panel=replace(panel, known=known))
    return Past.of(history, horizon)


def planned(past: Past) -> dict[str, Floats]:
    """Every covariate of which a plan is known, (N or 1, t + H) each; NaN where the plan has ended."""
    return {**past.known, **past.partly}


def _usual(values: Floats) -> tuple[float, float]:
    """Mean and spread of the finite values; 0 and 1 where there are none."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    spread = float(finite.std(dtype=np.float64))
    return float(finite.mean(dtype=np.float64)), spread if spread > 1e-6 else 1.0


def _attributes(panel: Panel) -> dict[str, NDArray[np.str_]]:
    given = {"item": panel.items, "location": panel.locations, **panel.static}
    return {name: np.asarray(values).astype(np.str_) for name, values in given.items()}


def _names(panel: Panel) -> dict[str, tuple[str, ...]]:
    """The values of every attribute that differs between series, sorted."""
    unique = {name: np.unique(values) for name, values in _attributes(panel).items()}
    return {k: tuple(v.tolist()) for k, v in unique.items() if 1 < len(v) <= _MOST_NAMES}


def _log_scale(past: Past) -> tuple[float, float]:
    """Mean and spread of the logarithm of the levels of the series that sold."""
    level = past.filled.sum(axis=1) / np.maximum(past.is_known.sum(axis=1), 1)
    logs = np.log(level[level > 0])
    return (float(logs.mean()), max(float(logs.std()), 0.3)) if len(logs) else (0.0, 1.0)
