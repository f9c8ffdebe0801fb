"""The house is what ARCHITECTURE.md says: every room exists and asks its question first."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import onhand

ROOT = Path(onhand.__file__).parent
ROOMS = sorted(p.parent for p in ROOT.glob("*/__init__.py"))


@pytest.mark.parametrize("room", ROOMS, ids=lambda p: p.name)
def test_a_room_opens_with_its_question(room: Path) -> None:
    """The first line of a room is the question of the business that it answers."""
    docstring = ast.get_docstring(ast.parse((room / "__init__.py").read_text())) or ""
    assert "?" in docstring.split("\n\n")[0], f"{room.name}: say which question this room answers"


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_every_file_says_what_it_is_for(path: Path) -> None:
    """No file without a first line that tells a stranger why it exists."""
    assert ast.get_docstring(ast.parse(path.read_text())), f"{path} has no docstring"


def test_there_are_no_drawers() -> None:
    """A file called utils has no question, so it has no home."""
    drawers = {"utils", "util", "helpers", "misc", "common", "nursery", "attic"}
    assert not [p for p in ROOT.rglob("*.py") if p.stem in drawers]
