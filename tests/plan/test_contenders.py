"""Every policy that the settings name can be built, tuned on its ladder, and made to order."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import pytest

from onhand.data import Tables
from onhand.inventory.terms import SupplyTerms
from onhand.plan.config import Config, PolicySettings
from onhand.plan.contenders import at_level, families, untuned
from onhand.plan.make_plan import make_plan

NAMES = get_args(PolicySettings.model_fields["name"].annotation)
TERMS = SupplyTerms.of(lead_time=1, n_series=1)


@pytest.mark.parametrize("name", NAMES)
def test_a_named_policy_has_a_ladder_of_different_numbers(name: str) -> None:
    """The family comes first, its rungs all differ, and coverage is among its rivals."""
    settings = PolicySettings(name=name)
    found = families(settings, TERMS)
    assert found[0].name == name
    assert len(set(found[0].policies)) == len(found[0].policies) >= 5
    assert "coverage" in {family.name for family in found}
    assert type(untuned(settings)) is type(found[0].policies[0])


@pytest.mark.parametrize("name", NAMES)
def test_a_stated_number_is_the_only_rung(name: str) -> None:
    """What the user says is not tuned away."""
    settings = PolicySettings(name=name, level=0.8, extra_periods=0)
    ours = [family for family in families(settings, TERMS) if family.name == name]
    assert [family.policies for family in ours] == [(at_level(settings, 0.8),)]


@pytest.mark.parametrize("name", ["min_max", "look_ahead", "newsvendor", "power_approximation"])
def test_a_plan_is_made_by_the_policy_that_was_named(
    name: str, shop: Callable[..., Tables], quick: Config
) -> None:
    """On a history too short to replay, so that nothing else can take its place."""
    config = quick.with_settings({"policy.name": name, "policy.level": "0.9"})
    plan = make_plan(shop(n_weeks=8), config)
    wanted = at_level(config.policy, 0.9).name
    assert plan.orders
    for line in plan.orders:
        assert line.reason.policy == wanted
        besides = sum(part.units for part in line.reason.besides)
        assert line.reason.need == pytest.approx(
            line.reason.target - line.reason.projected_stock + besides, abs=0.031
        )
