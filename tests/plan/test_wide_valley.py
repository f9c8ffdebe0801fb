"""Between two ladders with the same best number, the one that forgives a mistake is taken."""

from __future__ import annotations

import numpy as np

from onhand.decide.replenish import ProtectionCoverage
from onhand.plan.trials import Tuned
from onhand.plan.tune import Tuning


def ladder(costs: list[float]) -> Tuned:
    """A family whose numbers cost so much on the earlier stretch."""
    policies = tuple(ProtectionCoverage(1.0 + step) for step in range(len(costs)))
    return Tuned("coverage", "default", Tuning(policies, np.array(costs).reshape(-1, 1, 1)))


def test_a_cliff_is_dearer_than_a_valley() -> None:
    """The same bottom, once at the end of a slope and once between two near it."""
    cliff, wide = ladder([30.0, 20.0, 10.0]), ladder([11.0, 10.0, 11.0])
    assert wide.on_stretch(0)[0] < cliff.on_early()[0]
    assert wide.on_stretch(0)[1].policy == ProtectionCoverage(2.0)


def test_one_number_is_its_own_surroundings() -> None:
    """A stated number has nothing beside it."""
    assert ladder([7.0]).on_stretch(0)[0] == 7.0
