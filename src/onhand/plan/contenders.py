"""Which policies may decide, and which numbers are tried for each?

A *family* is one policy with its one number on a ladder. The default and its rivals are tuned the
same way, on the same past windows, so that none wins by being tuned harder.
"""

from __future__ import annotations

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
from onhand.inventory.policy import Policy, Situation
from onhand.plan.config import PolicySettings

__all__ = ["UNTUNED", "Family", "at_level", "families", "quantiles_of", "untuned"]

UNTUNED = 0.9
"""Share of worlds to cover where the past is too short to tune anything."""

_QUANTILES = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99)
_WEIGHTS = (64.0, 32.0, 16.0, 8.0, 4.0, 2.0, 1.0)
_FACTORS = (0.75, 0.9, 1.0, 1.15, 1.3, 1.5, 1.75, 2.0, 2.35, 2.75, 3.25, 4.0)


@dataclass(frozen=True)
class Family:
    """One policy at every number that is tried, in the order of the number."""

    name: str
    policies: tuple[Policy, ...]


def families(settings: PolicySettings) -> tuple[Family, ...]:
    """The configured policy first, then its rivals; always coverage and the classical formula.

    >>> [family.name for family in families(PolicySettings())]
    ['projected_inventory', 'balanced_projection', 'coverage', 'classical', 'order_up_to']
    """
    shortage = settings.shortage
    ladders: dict[str, tuple[Policy, ...]] = {
        "projected_inventory": tuple(ProjectedInventory(q, shortage) for q in _QUANTILES),
        "balanced_projection": tuple(BalancedProjection(w, shortage) for w in _WEIGHTS),
        "coverage": tuple(ProtectionCoverage(f) for f in _FACTORS),
        "classical": tuple(ClassicalSafetyStock(q) for q in _QUANTILES),
        "order_up_to": tuple(OrderUpToQuantile(q) for q in _QUANTILES),
    }
    if settings.level != "tune":
        ladders[settings.name] = (at_level(settings, float(settings.level)),)
    ours = settings.name
    return tuple(Family(name, ladders[name]) for name in sorted(ladders, key=lambda n: n != ours))


def at_level(settings: PolicySettings, level: float) -> Policy:
    """The configured policy at a stated number."""
    if settings.name == "projected_inventory":
        return ProjectedInventory(level, settings.shortage)
    if settings.name == "balanced_projection":
        return BalancedProjection(level, settings.shortage)
    if settings.name == "coverage":
        return ProtectionCoverage(level)
    if settings.name == "classical":
        return ClassicalSafetyStock(level)
    return OrderUpToQuantile(level)


def untuned(settings: PolicySettings) -> Policy:
    """What decides when nothing could be tuned: the stated number, or a cautious one."""
    if settings.level != "tune":
        return at_level(settings, float(settings.level))
    if settings.name in ("coverage", "balanced_projection"):
        return at_level(settings, 1.5 if settings.name == "coverage" else 4.0)
    return at_level(settings, UNTUNED)


def quantiles_of(policy: Policy, situation: Situation) -> NDArray[np.float64]:
    """The share of worlds that the policy covers at each stock point, (N,); NaN: it has no such share."""
    n = len(situation.paths)
    if isinstance(policy, BalancedProjection):
        return policy.quantiles(situation)
    if isinstance(policy, ProjectedInventory | OrderUpToQuantile):
        return np.full(n, policy.quantile)
    if isinstance(policy, ClassicalSafetyStock):
        return np.full(n, policy.cycle_service_level)
    return np.full(n, np.nan)
