"""Between two ladders with the same best number, the one that forgives a mistake is taken."""

from __future__ import annotations

import numpy as np

from onhand.decide.replenish import ProtectionCoverage
from onhand.plan.trials import Tuned, alike
from onhand.plan.tune import Tuning


def ladder(costs: list[float]) -> Tuned:
    """A family whose numbers cost so much on the earlier stretch."""
    policies = tuple(ProtectionCoverage(1.0 + step) for step in range(len(costs)))
    return Tuned("coverage", "default", Tuning(policies, np.array(costs).reshape(-1, 1, 1)))


def test_a_cliff_is_dearer_than_a_valley() -> None:
    """The same bottom, once at the end of a slope and once between two near it."""
    cliff, wide = ladder([30.0, 20.0, 10.0]), ladder([11.0, 10.0, 11.0])
    assert wide.on_stretch(0)[0] < cliff.on_stretch(0)[0]
    assert wide.on_stretch(0)[1].policy == ProtectionCoverage(2.0)


def test_a_dear_stretch_does_not_choose_for_the_others() -> None:
    """Where everything costs ten times as much, a tenth more is still a tenth more."""
    policies = (ProtectionCoverage(1.0), ProtectionCoverage(2.0))
    costs = np.array([[[10.0], [110.0]], [[14.0], [100.0]]])
    (weighed,) = alike([Tuned("coverage", "default", Tuning(policies, costs))])
    np.testing.assert_allclose(weighed.tuning.totals, [[55.0, 60.5], [77.0, 55.0]])
    assert Tuning(policies, costs).totals.mean(axis=1).argmin() == 1
    assert weighed.tuning.totals.mean(axis=1).argmin() == 0


def test_one_number_is_its_own_surroundings() -> None:
    """A stated number has nothing beside it."""
    assert ladder([7.0]).on_stretch(0)[0] == 7.0
