"""What do forecasting and decisions tell each other, and what is left when one of them stays silent?

Every arrow of `docs/concepts/collaboration.md` that starts or ends at a forecast is a change of the
forecaster, so that what was removed at the last review was removed at all earlier ones too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from onhand.data.panel import Panel
from onhand.decide.replenish import BalancedProjection
from onhand.decide.replenish.textbook_ratio import TextbookSafetyStock
from onhand.demand import believe
from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError
from onhand.forecast import Calibrated
from onhand.forecast.as_normal import AsNormal
from onhand.forecast.forecaster import FittedForecaster, Forecaster, Refitter, taught
from onhand.forecast.own_spread import OwnSpread
from onhand.forecast.shared import OncePerHistory
from onhand.forecast.shown import Shown
from onhand.inventory.policy import Policy
from onhand.plan.config import ArrowSettings, Config
from onhand.plan.contenders import Family
from onhand.plan.economics import Economics
from onhand.plan.members import changed
from onhand.plan.past import Stretch
from onhand.plan.stage import Stage
from onhand.plan.weigh import Lesson, Weighed, learns_from_weights

__all__ = [
    "BareSales",
    "SalesForDemand",
    "arrowed",
    "least_error",
    "textbook_ladders",
    "textbook_policy",
    "uncalibrated",
]


def arrowed(
    forecasters: Mapping[str, Forecaster], arrows: ArrowSettings, panel: Panel, terms: Economics
) -> dict[str, Forecaster]:
    """The forecasters with only the arrows that are on; what is off is taken from each of them.

    panel, terms : of all stock points, for the weights

    Raises
    ------
    ConfigError
        When weights are to be read from a column that the items do not have.
    """
    made = dict(forecasters)
    if not arrows.calibrate:
        shared: dict[int, tuple[Forecaster, Forecaster]] = {}
        made = {name: changed(f, _without_errors, shared) for name, f in made.items()}
    if arrows.weigh:
        by_hand, lesson = _by_hand(arrows.omega, panel), Lesson()
        made = {
            name: Weighed(
                f, panel.items, panel.locations, terms.costs, terms.terms, by_hand, lesson
            )
            if learns_from_weights(f)
            else f
            for name, f in made.items()
        }
    if not arrows.unmask:
        bare = BareSales()
        made = {name: SalesForDemand(forecaster, bare) for name, forecaster in made.items()}
    if not arrows.paths:
        made = {name: AsNormal(forecaster) for name, forecaster in made.items()}
    return made


def uncalibrated(forecaster: Forecaster) -> Forecaster:
    """The forecaster without what its errors at earlier origins say: its own formula's spread.

    A boosted one has no spread of its own; it gets that of each item's own past demand.

    >>> from onhand.forecast import TSB
    >>> uncalibrated(Calibrated(TSB())) == TSB()
    True
    """
    return changed(forecaster, _without_errors)


def _without_errors(member: Forecaster) -> Forecaster:
    if isinstance(member, Calibrated):
        return member.point
    if getattr(member, "n_error_origins", 0):
        return OwnSpread(replace(member, n_error_origins=0))  # type: ignore[type-var]
    return member


@dataclass(frozen=True)
class BareSales:
    """Sales taken for demand; closed periods, and those before an item was there, stay unknown.

    What was made of the last history is kept: forecasters that share a member also share what it sees.
    """

    _once: OncePerHistory[DemandHistory] = field(
        default_factory=lambda: OncePerHistory(_bare), init=False, repr=False, compare=False
    )

    def of(self, history: DemandHistory) -> DemandHistory:
        """The history as if every shelf had always been full."""
        return self._once(history)


def _bare(history: DemandHistory) -> DemandHistory:
    panel = history.panel
    return believe(replace(panel, in_stock=np.ones_like(panel.in_stock)))


@dataclass(frozen=True)
class SalesForDemand:
    """A forecaster that is shown sales as if every shelf had always been full."""

    forecaster: Forecaster
    bare: BareSales = field(default_factory=BareSales)

    @property
    def name(self) -> str:
        """That of the forecaster."""
        return self.forecaster.name

    def fit(self, history: DemandHistory) -> FittedForecaster:
        """What the forecaster makes of the bare sales."""
        return self.forecaster.fit(self.bare.of(history))

    def learn(self, history: DemandHistory) -> Refitter:
        """What the forecaster learned from the bare sales, or the forecaster itself."""
        return Shown(taught(self.forecaster, self.bare.of(history)), self.bare.of)


def textbook_policy(config: Config) -> Policy:
    """What decides when nobody asks the past: the textbook's ratio of costs, or the stated number.

    With joint paths it is a quantile of the projected shortfall; with a mean and a sigma it is the
    classical safety stock.
    """
    if not config.arrows.paths:
        return TextbookSafetyStock()
    return BalancedProjection(1.0, config.policy.shortage)


def textbook_ladders(ladders: tuple[Family, ...], config: Config) -> tuple[Family, ...]:
    """The families as they are when no number of ours is chosen on the past; rivals stay tuned.

    A number that the settings state stays, and so does the ratio objective, which needs none.
    """
    if config.policy.level != "tune" or config.policy.objective == "ratio":
        return ladders
    ours = config.policy.family
    rivals = tuple(family for family in ladders if family.name != ours)
    return (Family(ours, (textbook_policy(config),)), *rivals)


def least_error(stage: Stage, cut: Sequence[Stretch]) -> str:
    """The forecaster with the least absolute error of demand over protection intervals in `cut`."""
    errors = {name: sum(_error(stage, name, s) for s in cut) for name in stage.fits}
    return min(errors, key=lambda name: errors[name])


def _error(stage: Stage, name: str, stretch: Stretch) -> float:
    """Σ |forecast - demand| in units over the stock points and the reviews of a stretch."""
    interval = stage.terms.protection_interval
    longest = int(interval.max(initial=1))
    total = 0.0
    for origin, fitted in stage.fits[name].items():
        if not stretch.start <= origin < stretch.stop:
            continue
        seen = min(longest, stretch.stop - origin)  # the next stretch is not known yet
        actual = stage.history.values[:, origin : origin + seen].astype(np.float64)
        told = fitted.mean(seen)[: len(actual)].astype(np.float64)  # learned from others, too
        counted = np.isfinite(actual) & (np.arange(seen) < interval[:, None])
        missed = np.abs(np.where(counted, told - actual, 0.0).sum(axis=1))  # (N,)
        total += float(missed @ stage.drawn.weight)
    return total


def _by_hand(column: str, panel: Panel) -> NDArray[np.float64] | None:
    if not column:
        return None
    known = panel.static
    if column not in known:
        raise ConfigError(
            f"arrows.omega is {column!r}, but the items have no such column; they have "
            f"{', '.join(sorted(known)) or 'none beside their names'}"
        )
    try:
        weights = np.asarray(known[column], dtype=np.float64)
    except ValueError as error:
        raise ConfigError(
            f"arrows.omega is {column!r}, but that column holds text; weights are numbers >= 0"
        ) from error
    if not (np.isfinite(weights) & (weights >= 0)).all():
        row = int(np.argmin(np.isfinite(weights) & (weights >= 0)))
        raise ConfigError(
            f"arrows.omega is {column!r}, but item {panel.items[row]} has {weights[row]} there; "
            "every item needs a number >= 0"
        )
    return weights
