"""Does a plan say what planned promotions do to its forecasts, and which plans do nothing?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from onhand.data.panel import Frequency, Panel
from onhand.demand import believe
from onhand.demand.history import DemandHistory
from onhand.plan.responses import response_notes

T, F = 100, 14


def a_shop(**known: Any) -> DemandHistory:
    """Ten items at ten a day, three times that on every tenth day, which is promoted."""
    promotion = (np.arange(T + F) % 10 == 0).astype(np.float32)[None]
    sales = np.random.default_rng(0).poisson(10 + 20 * promotion[:, :T], (10, T))
    return believe(Panel.of(sales, known=known or {"promotion": promotion}))


def why(history: DemandHistory, named: str = "default", chosen: str = "statistical") -> str:
    (note,) = response_notes(history, named, chosen)
    return note.why


def test_a_promotion_that_recurred_is_told_with_what_it_does() -> None:
    """The planner sees the factor, and what it stands on."""
    assert why(a_shop()) == (
        "where it is planned, demand is 3.1 times as high, as it was in 10 periods of the past"
    )


@pytest.mark.parametrize(
    ("on", "width", "reason"),
    [
        ([5, T + 1], T + F, "it began in 1 period of the past, and 3 are needed"),
        ([5, 20, 40, 60], T, "nothing of it is planned ahead"),
    ],
)
def test_what_cannot_be_used_is_said(on: list[int], width: int, reason: str) -> None:
    """Silence would let the planner believe that a promotion had been planned for."""
    flag = np.zeros((1, width), np.float32)
    flag[0, on] = 1
    told = why(a_shop(promotion=flag))
    assert told == f"it is known in advance, but changes no forecast: {reason}"


def test_weather_that_changes_every_day_is_left_to_trees() -> None:
    """With few periods it could not be told from the season."""
    heat = np.random.default_rng(1).normal(20, 5, (1, T + F)).astype(np.float32)
    assert "changes no forecast: it changes all the time" in why(a_shop(temperature=heat))


def test_other_forecasters_look_at_no_plans_and_trees_need_no_note() -> None:
    """A shop without a calendar is told nothing."""
    assert (
        why(a_shop(), "tsb", "tsb") == "it is planned, but forecaster 'tsb' does not look at plans"
    )
    assert response_notes(a_shop(), "default", "default, own spread") == ()
    plain = believe(Panel.of(np.ones((2, 30)), frequency=Frequency.DAY))
    assert response_notes(plain, "default", "statistical") == ()
