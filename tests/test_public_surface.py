"""The list of public names is the truth: everything on it works, and nothing heavy comes along."""

from __future__ import annotations

import subprocess
import sys

import pytest

import onhand

HEAVY = ("lightgbm", "numba", "torch", "fastapi", "matplotlib", "polars", "pydantic", "scipy")


@pytest.mark.parametrize("name", onhand.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    """What is promised exists and says what it is."""
    thing = getattr(onhand, name)
    assert name == "__version__" or thing.__doc__


def test_the_list_is_sorted_and_complete() -> None:
    """`dir(onhand)` shows what `__all__` promises; every lazy name is promised."""
    assert sorted(onhand.__all__) == onhand.__all__ == dir(onhand)
    assert set(onhand._HOME_OF) | {"__version__"} == set(onhand.__all__)


def test_the_lazy_names_are_those_that_type_checkers_see() -> None:
    """The block for type checkers and the table of homes cannot drift apart."""
    import ast
    from pathlib import Path

    tree = ast.parse(Path(onhand.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {
        alias.name: statement.module
        for statement in block.body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }
    assert seen == onhand._HOME_OF


def test_an_unknown_name_is_an_attribute_error() -> None:
    """As from any module."""
    with pytest.raises(AttributeError, match="has no attribute 'make_profit'"):
        _ = onhand.make_profit


def test_importing_onhand_imports_nothing_heavy() -> None:
    """In a fresh interpreter, `import onhand` and the version cost nothing."""
    code = (
        f"import sys, onhand; onhand.__version__; print([m for m in {HEAVY} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_planning_is_reached_without_learning_machines() -> None:
    """Naming the whole public surface loads neither lightgbm nor numba nor torch."""
    code = (
        "import sys, onhand; [getattr(onhand, n) for n in onhand.__all__];"
        "print([m for m in ('lightgbm', 'numba', 'torch', 'fastapi', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
