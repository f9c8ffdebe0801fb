"""Which forecasters take part: trees only where there is enough to teach them, networks only with torch."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import get_args

import numpy as np
import pytest

from onhand.data import Tables
from onhand.data.panel import Frequency, Panel
from onhand.demand import believe
from onhand.errors import ConfigError
from onhand.forecast.shared import Shared
from onhand.plan import forecasters
from onhand.plan.config import Config, ForecastSettings
from onhand.plan.forecasters import FEWEST_FOR_TREES, forecaster_note, forecasters_for
from onhand.plan.make_plan import make_plan
from onhand.plan.members import found_in

Shop = Callable[..., Tables]
NAMES = list(get_args(ForecastSettings.model_fields["forecaster"].annotation))


@pytest.mark.parametrize("name", [name for name in NAMES if name != "ensemble"])
def test_every_name_in_the_settings_forecasts(name: str) -> None:
    """What can be written into onhand.toml can be fitted."""
    rng = np.random.default_rng(0)
    history = believe(Panel.of(rng.poisson(3, (4, 40)), frequency=Frequency.WEEK))
    for forecaster in forecasters_for(name, Frequency.WEEK).values():
        paths = forecaster.fit(history).paths(2, 5, rng=rng).values
        assert paths.shape == (4, 5, 2)
        assert np.isfinite(paths).all()


def test_trees_take_part_where_there_is_enough_to_teach_them() -> None:
    """A small shop is left to statistics, and the plan says why."""
    enough = forecasters_for("default", Frequency.DAY, FEWEST_FOR_TREES)
    few = forecasters_for("default", Frequency.DAY, FEWEST_FOR_TREES - 1)
    assert next(iter(enough.values())).name == "default, steered by boosted"
    assert set(enough) == {"default", "default, own spread", *few}
    assert set(few) == {"statistical", "statistical, own spread"}
    note = forecaster_note("default", "statistical", FEWEST_FOR_TREES - 1)
    assert (note.source, "9,999 periods" in note.why) == ("assumed", True)


def test_an_ensemble_without_torch_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The advice is what to install."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"onhand\[deep\]"):
        forecasters_for("ensemble", Frequency.WEEK)


def test_candidates_share_the_statistics_they_stand_on() -> None:
    """The dearest part of three forecasters is fitted once per origin."""
    history = believe(Panel.of(np.ones((3, 30)), frequency=Frequency.WEEK))
    made = forecasters_for("default", Frequency.WEEK)
    dear = [
        {id(member) for member in found_in(forecaster) if isinstance(member, Shared)}
        for forecaster in made.values()
    ]
    assert dear[0] == dear[1]  # the steered one and the statistics within it
    assert dear[2] == dear[3]
    assert dear[2] < dear[0]
    shared = next(m for m in found_in(made["statistical"]) if isinstance(m, Shared))
    assert shared.fit(history) is shared.fit(history)


def test_a_plan_tells_who_forecasts(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """With trees among the candidates the past decides; the same shop gives the same plan."""
    policy = {"level": 0.9, "extra_periods": 0}
    config = Config.from_dict(
        {"plan": {"n_samples": 20}, "replay": {"n_samples": 20, "days": 28}, "policy": policy}
    )
    few = make_plan(shop(n_items=3), config)
    monkeypatch.setattr(forecasters, "FEWEST_FOR_TREES", 0)
    enough = make_plan(shop(n_items=3), config)
    notes = [
        next(n for n in plan.assumptions if n.key == "forecast.forecaster")
        for plan in (few, enough)
    ]
    assert "boosted trees want" in notes[0].why
    assert notes[1].source == "file"
    assert notes[1].value in forecasters_for("default", Frequency.WEEK)
