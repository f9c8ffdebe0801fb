"""Which policies may decide, and which numbers are tried for each?

A *family* is one policy with its one number on a ladder. The default and its rivals are tuned the
same way, on the same past windows, so that none wins by being tuned harder.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onhand.decide.replenish import (
    BalancedProjection,
    ClassicalSafetyStock,
    OrderUpToQuantile,
    ProjectedInventory,
    ProtectionCoverage,
)
from onhand.decide.replenish.capped_base_stock import CappedBaseStock
from onhand.decide.replenish.cover_by_margin import CoverByMargin
from onhand.decide.replenish.look_ahead import LookAhead
from onhand.decide.replenish.marginal import MarginalValue
from onhand.decide.replenish.mean_plus_errors import MeanPlusErrors
from onhand.decide.replenish.min_max import MinMax
from onhand.decide.replenish.newsvendor import Newsvendor
from onhand.decide.replenish.power_approximation import PowerApproximation
from onhand.decide.replenish.projected_cover import ProjectedCover
from onhand.decide.replenish.ratio import RatioLevels
from onhand.decide.replenish.reorder_point import ReorderPointQuantity
from onhand.inventory.policy import Policy, Situation
from onhand.inventory.terms import SupplyTerms
from onhand.plan.config import PolicySettings

__all__ = ["UNTUNED", "Family", "at_level", "families", "quantiles_of", "untuned"]

UNTUNED = 0.9
"""Share of worlds to cover where the past is too short to tune anything."""

_QUANTILES = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99)
_WEIGHTS = (32.0, 16.0, 8.0, 4.0, 2.0, 1.0)
_FACTORS = (0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0)
_MULTIPLES = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0)
_EXTRA_INTERVALS = (0.0, 0.5, 1.0, 2.0)


@dataclass(frozen=True)
class Family:
    """One policy at every number that is tried, in the order of the number.

    name : of the policy, as in the settings
    """

    name: str
    policies: tuple[Policy, ...]


def families(settings: PolicySettings, terms: SupplyTerms) -> tuple[Family, ...]:
    """The families of the configured policy first, then its rivals.

    Coverage and the classical formula are always among them. A policy with two numbers comes as
    several families, one for each value of the second.

    >>> terms = SupplyTerms.of(lead_time=1, n_series=1)
    >>> sorted({family.name for family in families(PolicySettings(), terms)})
    ['classical', 'coverage', 'order_up_to', 'projected_inventory']
    """
    ours = _ladders(settings, settings.family, terms)
    if settings.level != "tune":
        level = float(settings.level)
        ours = [(at_level(settings, level, ladder[0]),) for ladder in ours]
    rivals = [name for name in _RIVALS if name != settings.family]
    return tuple(
        [Family(settings.family, ladder) for ladder in ours]
        + [
            Family(name, ladder)
            for name in rivals
            for ladder in _ladders(settings, name, terms)[:1]
        ]
    )


_RIVALS = ("projected_inventory", "classical", "coverage", "order_up_to")


@dataclass(frozen=True)
class _Kind:
    """How a policy is made from its one number, the ladder of that number, and a cautious one."""

    at: Callable[[float, PolicySettings], Policy]
    levels: tuple[float, ...] = _QUANTILES
    cautious: float = UNTUNED


_KINDS = {
    "balanced_projection": _Kind(lambda w, s: BalancedProjection(w, s.shortage), _WEIGHTS, 4.0),
    "capped_base_stock": _Kind(lambda q, _: CappedBaseStock(q)),
    "classical": _Kind(lambda q, _: ClassicalSafetyStock(q)),
    "coverage": _Kind(lambda factor, _: ProtectionCoverage(factor), _FACTORS, 1.5),
    "look_ahead": _Kind(lambda q, s: LookAhead(q, shortage=s.shortage)),
    "marginal_value": _Kind(lambda w, _: MarginalValue(w), _WEIGHTS, 4.0),
    "mean_plus_errors": _Kind(lambda k, _: MeanPlusErrors(k), _MULTIPLES, 1.5),
    "min_max": _Kind(lambda q, _: MinMax(q)),
    "newsvendor": _Kind(lambda q, s: Newsvendor(q, s.season_periods, s.shortage)),
    "order_up_to": _Kind(lambda q, _: OrderUpToQuantile(q)),
    "power_approximation": _Kind(lambda w, _: PowerApproximation(w), _WEIGHTS, 4.0),
    "projected_inventory": _Kind(lambda q, s: ProjectedCover(q, 0, s.shortage)),
    "reorder_point": _Kind(lambda q, _: ReorderPointQuantity(q)),
    "ratio": _Kind(
        lambda _, s: RatioLevels(s.ratio_alpha, s.ratio_beta, s.ratio_gamma), levels=(UNTUNED,)
    ),
}


def _ladders(settings: PolicySettings, name: str, terms: SupplyTerms) -> list[tuple[Policy, ...]]:
    """Every ladder of a policy: one for each value of its second number, if it has one."""
    kind = _KINDS[name]
    if name == "projected_inventory":
        return [
            tuple(ProjectedCover(q, extra, settings.shortage) for q in kind.levels)
            for extra in _extras(settings, terms)
        ]
    return [tuple(kind.at(level, settings) for level in kind.levels)]


def _extras(settings: PolicySettings, terms: SupplyTerms) -> list[int]:
    """Periods of cover beyond the protection interval that are tried."""
    if settings.extra_periods != "tune":
        return [int(settings.extra_periods)]
    interval = int(np.median(terms.protection_interval)) if len(terms.lead_time) else 1
    return sorted({math.ceil(interval * times) for times in _EXTRA_INTERVALS})


def at_level(settings: PolicySettings, level: float, like: Policy | None = None) -> Policy:
    """The configured policy at a stated number; its second number is that of `like`."""
    if settings.family == "projected_inventory" and isinstance(like, ProjectedCover):
        return ProjectedCover(level, like.extra, settings.shortage)
    return _KINDS[settings.family].at(level, settings)


def untuned(settings: PolicySettings) -> Policy:
    """What decides when nothing could be tuned: the stated number, or a cautious one."""
    stated = settings.level
    level = _KINDS[settings.family].cautious if stated == "tune" else float(stated)
    return at_level(settings, level)


def quantiles_of(policy: Policy, situation: Situation) -> NDArray[np.float64]:
    """The share of worlds that the policy covers at each stock point, (N,); NaN: it has no such share."""
    n = len(situation.paths)
    if isinstance(policy, BalancedProjection | CoverByMargin | RatioLevels):
        return policy.quantiles(situation)
    if isinstance(policy, ProjectedInventory | ProjectedCover | OrderUpToQuantile):
        return np.full(n, policy.quantile)
    if isinstance(policy, ClassicalSafetyStock):
        return np.full(n, policy.cycle_service_level)
    return np.full(n, np.nan)
