"""docs/reference/plan-json.md names every key that a plan can hold."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from onhand.plan import card, contest
from onhand.plan import plan as nouns

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "plan-json.md"
SPELLED = {"with_order": "with", "without_order": "without"}
NOUNS = [
    thing
    for module in (nouns, card, contest)
    for thing in vars(module).values()
    if is_dataclass(thing) and isinstance(thing, type) and thing.__module__ == module.__name__
]


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: noun.__name__)
def test_every_key_is_documented(noun: Any) -> None:
    """A key that nobody explains is a key that nobody can use."""
    text = REFERENCE.read_text(encoding="utf-8")
    missing = [f.name for f in fields(noun) if f"`{SPELLED.get(f.name, f.name)}`" not in text]
    assert not missing, f"docs/reference/plan-json.md does not name {missing} of {noun.__name__}"
