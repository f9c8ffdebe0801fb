"""The closed loop: what is chosen is cheaper, a run that was ended goes on, a settings file stays itself."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from onhand.data import Tables
from onhand.errors import ConfigError
from onhand.plan.config import Config
from onhand.plan.iterate import Ladder, Step, Tuned, _found, tune_shop
from onhand.plan.make_plan import make_plan
from onhand.plan.settings_file import MARK, with_changes

Shop = Callable[..., Tables]


TRIED = ("tsb", "moving_average")


@pytest.fixture(scope="module")
def tables(shop: Shop) -> Tables:
    """Three items, nine months of weeks."""
    return shop(n_items=3, n_weeks=40, with_stock=False)


@pytest.fixture(scope="module")
def hasty() -> Config:
    """A shop that covers far too little, replayed in a moment."""
    return Config.from_dict(
        {
            "forecast": {"forecaster": "seasonal_naive"},
            "policy": {"name": "order_up_to", "level": 0.3},
            "replay": {"n_samples": 20},
            "compare": {"windows": 2, "days": 28, "tuning_days": 28},
        }
    )


@pytest.fixture(scope="module")
def whole(tables: Tables, hasty: Config, tmp_path_factory: pytest.TempPathFactory) -> Tuned:
    """The loop in one go."""
    state = tmp_path_factory.mktemp("whole") / "tune.json"
    return tune_shop(tables, hasty, state=state, forecasters=TRIED)


def test_what_is_chosen_beats_what_was_set(whole: Tuned, tables: Tables, hasty: Config) -> None:
    """A level of 0.3 loses sales; the loop says so in money, and its settings make a plan."""
    assert whole.is_finished
    assert whole.difference.mean < 0
    costs = {name: cost for name, cost, _ in whole.steps}
    assert whole.difference.per_window.sum() == pytest.approx(
        min(costs.values()) - costs["the settings as they are"], abs=0.01
    )
    text = with_changes(hasty.to_toml(), whole.changes, whole.why)
    chosen = Config.from_dict(tomllib.loads(text))
    assert make_plan(tables, chosen).assumptions


def test_every_kind_of_step_was_tried(whole: Tuned) -> None:
    """Each forecaster alone, the two best together, and finer numbers around the best."""
    names = [name for name, _, _ in whole.steps]
    assert names[0] == "the settings as they are"
    assert any(name.startswith("forecaster tsb") for name in names)
    assert any(name.startswith("blend of") for name in names)
    assert names[-1].startswith("finer numbers for")
    assert len(names) == len(set(names))


def test_a_run_ended_again_and_again_ends_where_an_unended_one_does(
    whole: Tuned, tables: Tables, hasty: Config, tmp_path: Path
) -> None:
    """One step per run, with the settings written in between as `onhand tune` does."""
    state, config, text = tmp_path / "tune.json", hasty, hasty.to_toml()
    for run in range(len(whole.steps) + 1):
        found = tune_shop(tables, config, state=state, minutes=0, forecasters=TRIED)
        assert len(found.steps) == min(run + 1, len(whole.steps))
        text = with_changes(text, found.changes, found.why)
        config = Config.from_dict(tomllib.loads(text))
    assert found.is_finished
    assert found.steps == whole.steps
    assert found.changes == whole.changes
    assert found.why == whole.why
    assert text == with_changes(hasty.to_toml(), whole.changes, whole.why)


def test_a_half_written_or_foreign_state_is_begun_anew(
    tables: Tables, hasty: Config, tmp_path: Path
) -> None:
    """Costs of other data are worth nothing, and half a file is no file."""
    state = tmp_path / "tune.json"
    first = tune_shop(tables, hasty, state=state, minutes=0, forecasters=TRIED)
    text = state.read_text(encoding="utf-8")
    for bad in (text[: len(text) // 2], json.dumps({**json.loads(text), "key": "other"}), "[]"):
        state.write_text(bad, encoding="utf-8")
        assert (
            tune_shop(tables, hasty, state=state, minutes=0, forecasters=TRIED).steps == first.steps
        )
    assert not list(tmp_path.glob(".*part"))


@pytest.mark.parametrize(
    ("found", "is_told"), [((8.0, 8.1, 7.9, 8.0), True), ((2.0, 14.0, 3.0, 13.0), False)]
)
def test_what_luck_may_explain_is_not_told_apart(found: tuple[float, ...], is_told: bool) -> None:
    """Both are 2 cheaper per window than the settings as they were; one of them every time."""
    old, new = (
        Step(name, {}, (Ladder(({"policy.level": level},), (name,), np.array([costs])[..., None]),))
        for name, level, costs in (("old", 0.9, (10.0,) * 4), ("new", 0.8, found))
    )
    told = _found([old, new], is_finished=True)
    assert told.difference.mean == pytest.approx(-2.0)
    assert told.changes == {"policy.level": 0.8}
    assert told.is_told is is_told
    assert ("not told apart from luck" in told.why) is not is_told


BY_HAND = """\
# Our shop. Ask Mia before changing anything here.
[shop]
name = "Tea # and cups"      # the sign has two words

[policy]
# Agreed with the bank, 2024
level = 0.9  # was 0.95
rounding = 'nearest'


[plan]
seed = 7
"""


def test_a_settings_file_keeps_everything_else() -> None:
    """Values, comments, blank lines and quotes that nobody asked to change stay to the byte."""
    made = with_changes(
        BY_HAND,
        {"policy.level": 0.97, "policy.name": "coverage", "forecast.forecaster": "tsb"},
        "why",
    )
    kept = [line for line in made.splitlines() if line and line in BY_HAND.splitlines()]
    assert kept == [line for line in BY_HAND.splitlines() if line and not line.startswith("level")]
    assert made.startswith(BY_HAND[: BY_HAND.index("level")].rstrip("\n"))
    assert "level = 0.97  # was 0.95" in made
    tree = tomllib.loads(made)
    assert tree["policy"] == {"level": 0.97, "rounding": "nearest", "name": "coverage"}
    assert tree["shop"]["name"] == "Tea # and cups"
    assert tree["forecast"] == {"forecaster": "tsb"}


def test_changing_twice_leaves_one_note() -> None:
    """The comment of an earlier run is replaced, not piled up."""
    once = with_changes(BY_HAND, {"policy.level": 0.97}, "first")
    twice = with_changes(once, {"policy.level": 0.98}, "second")
    assert twice.count(MARK) == 1
    assert "second" in twice
    assert with_changes(twice, {"policy.level": 0.98}, "second") == twice


@pytest.mark.parametrize(
    "text", ["", "\n", "# only a comment", BY_HAND, BY_HAND.replace("\n", "\r\n")]
)
@pytest.mark.parametrize("value", [0.5, 3, True, 'a "quoted" # name', "tune"])
def test_what_is_written_is_read_back(text: str, value: Any) -> None:
    """Any form of file, any kind of value; line ends stay what they were."""
    made = with_changes(text, {"policy.level": value, "arrows.weigh": True}, "why\nnot")
    tree = tomllib.loads(made)
    assert tree["policy"]["level"] == value
    assert tree["arrows"] == {"weigh": True}
    assert ("\r\n" in made) == ("\r\n" in text)
    old = tomllib.loads(text)
    assert {k: v for k, v in tree.items() if k not in ("policy", "arrows")} == {
        k: v for k, v in old.items() if k != "policy"
    }


@pytest.mark.parametrize(
    "text",
    [
        "policy.level = 0.9\n",
        "policy = { level = 0.9 }\n",
        '[policy]\n"level" = 0.9\n',
        '[policy]\nlevel = """\n0.9"""\n',
    ],
)
def test_a_form_that_cannot_be_changed_safely_is_left_alone(text: str) -> None:
    """The planner is told what to write instead."""
    with pytest.raises(ConfigError, match=r"by hand: policy\.level = 0\.95"):
        with_changes(text, {"policy.level": 0.95}, "why")


def test_nothing_to_change_changes_nothing() -> None:
    """Also where the file could not be changed."""
    assert with_changes("policy.level = 0.9", {}, "why") == "policy.level = 0.9"


def test_the_reason_is_written_once_and_the_other_settings_point_at_it() -> None:
    """Four settings chosen together have one reason; a later run leaves none that is out of date."""
    made = with_changes(
        BY_HAND, {"policy.name": "coverage", "policy.level": 0.97, "forecast.blend": "tsb"}, "why"
    )
    assert made.count(f"{MARK} why") == 1
    assert made.count(f"{MARK} together with policy.name, see there") == 2
    later = with_changes(made, {"policy.name": "classical", "policy.level": 0.9}, "cheaper still")
    notes = [line for line in later.splitlines() if line.startswith(MARK)]
    assert sorted(notes) == [
        f"{MARK} cheaper still",
        f"{MARK} together with policy.name, see there",
    ]
