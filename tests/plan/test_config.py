"""A shop's settings: written and read back, mistakes named, every setting documented."""

from __future__ import annotations

from pathlib import Path

import pytest

from onhand.errors import ConfigError
from onhand.plan.config import Config, settings

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "config.md"


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    """`onhand.toml` holds the whole configuration."""
    config = Config.from_dict(
        {"shop": {"name": 'Café "Zoë" \\ 1'}, "policy": {"level": 0.95}, "plan": {"seed": 7}}
    )
    config.write(tmp_path / "onhand.toml")
    assert Config.read(tmp_path / "onhand.toml") == config


def test_the_written_file_explains_every_setting() -> None:
    """Each setting stands below a comment with its meaning."""
    text = Config().to_toml()
    for setting in settings():
        name = setting.key.partition(".")[2]
        assert f"# {setting.meaning}\n{name} = {setting.default}\n" in text


@pytest.mark.parametrize("setting", list(settings()), ids=lambda s: s.key)
def test_every_setting_is_documented(setting: object) -> None:
    """The reference names each setting with its default and its meaning."""
    text = REFERENCE.read_text(encoding="utf-8")
    section, _, name = setting.key.partition(".")  # type: ignore[attr-defined]
    part = text.partition(f"## [{section}]")[2].partition("\n## ")[0]
    row = f"| `{name}` | `{setting.default}` | {setting.meaning} |"  # type: ignore[attr-defined]
    assert row in part, f"docs/reference/config.md lacks, under [{section}]:\n{row}"


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ({"cost": {}}, "there is no section [cost]. Did you mean 'costs'?"),
        ({"costs": {"holding_rat": 1}}, "[costs] has no setting 'holding_rat'. Did you mean 'h"),
        ({"costs": {"holding_rate": -1}}, "costs.holding_rate = -1 should be greater than 0"),
        ({"policy": {"name": "eoq"}}, 'policy.name = "eoq" should be'),
        ({"policy": {"level": "high"}}, 'policy.level = "high"'),
        ({"plan": {"n_samples": "many"}}, 'plan.n_samples = "many" should be a valid integer'),
        ({"shop": 3}, "[shop] must be a section"),
        ({"costs": {"order_cost": float("inf")}}, "costs.order_cost"),
    ],
)
def test_a_mistake_is_named_with_its_fix(tree: dict[str, object], said: str) -> None:
    """The message holds the key, the value and what to write instead."""
    with pytest.raises(ConfigError) as caught:
        Config.from_dict(tree)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[costs]\nholding_rate = a lot\n", "is not valid TOML"),
        (b"\xff\xfe[", "is not UTF-8 text"),
        (b"[costs]\nholding_rat = 1\n", "onhand.toml: [costs] has no setting"),
    ],
)
def test_a_bad_file_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    """Which file, and what is wrong in it."""
    path = tmp_path / "onhand.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        Config.read(path)
    assert said in str(caught.value)


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    """No file is not the same as no settings."""
    with pytest.raises(ConfigError, match="Leave --config out"):
        Config.read(tmp_path / "nowhere.toml")


def test_text_from_the_command_line_is_read_as_toml_or_as_a_word() -> None:
    """`--set` takes numbers, quoted text and plain words."""
    changed = Config().with_settings(
        {"policy.level": "0.9", "shop.name": "Tea & Co", "policy.extra_periods": "2"}
    )
    assert (changed.policy.level, changed.shop.name, changed.policy.extra_periods) == (
        0.9,
        "Tea & Co",
        2,
    )


@pytest.mark.parametrize("key", ["holding_rate", "costs.", "cost.holding_rate", ""])
def test_a_wrong_key_on_the_command_line_is_named(key: str) -> None:
    """A key is section.setting."""
    with pytest.raises(ConfigError, match="no setting"):
        Config().with_settings({key: "1"})
