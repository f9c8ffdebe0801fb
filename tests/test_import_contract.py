"""Who may import whom: the one architectural rule that is checked by a machine."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import onhand

ROOT = Path(onhand.__file__).parent

# Each room, and the rooms (or single modules) of ours that it may import from besides itself.
MAY_IMPORT = {
    "errors": set(),
    "compiled": set(),
    "data": {"errors"},
    "demand": {"errors", "data"},
    "forecast": {"errors", "compiled", "data", "demand"},
    "inventory": {"errors", "compiled"},
    "optimize": {"errors"},
    "decide": {"errors", "compiled", "forecast.paths", "inventory", "optimize"},
    "evaluate": {"errors", "data", "demand", "forecast", "inventory"},
    "plan": {
        "errors",
        "data",
        "demand",
        "forecast",
        "inventory",
        "optimize",
        "decide",
        "evaluate",
    },
    "cli": {"errors", "data", "evaluate", "plan"},
    "__main__": {"cli"},
}
# `import onhand` for the version alone is free to all.
NOBODY_AT_IMPORT = ("lightgbm", "torch", "fastapi", "matplotlib")


def imports(tree: ast.Module) -> Iterator[str]:
    """Dotted names of every module imported anywhere in a file, also inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where a name comes from"
            module = node.module or ""
            is_package = (ROOT.parent / module.replace(".", "/")).is_dir()
            yield from (f"{module}.{a.name}" if is_package else module for a in node.names)


def breaches(room: str, names: Iterator[str]) -> list[str]:
    """Imports of ours that the room has no right to."""
    allowed = MAY_IMPORT[room] | {room}
    ours = [name.removeprefix("onhand.") for name in names if name.startswith("onhand.")]
    return [
        name
        for name in ours
        if name != "__version__"
        and not any(name == door or name.startswith(door + ".") for door in allowed)
    ]


FILES = [path for path in sorted(ROOT.rglob("*.py")) if path != ROOT / "__init__.py"]


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_imports_only_what_its_room_may(path: Path) -> None:
    """The table above, file by file."""
    room = path.relative_to(ROOT).parts[0].removesuffix(".py")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert breaches(room, imports(tree)) == []


def test_no_decision_imports_another() -> None:
    """Each folder of `decide/` stands alone; `plan/` brings them together."""
    folders = [p for p in (ROOT / "decide").iterdir() if p.is_dir() and p.name != "__pycache__"]
    for folder in folders:
        others = {f"onhand.decide.{p.name}" for p in folders if p != folder}
        for path in folder.rglob("*.py"):
            seen = set(imports(ast.parse(path.read_text(encoding="utf-8"))))
            assert not [s for s in seen if any(s.startswith(other) for other in others)], path


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_heavy_packages_are_imported_where_they_are_used(path: Path) -> None:
    """Never at the top of a file, where merely naming the module would load them."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    top = ast.Module(
        [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)], []
    )
    assert not [name for name in imports(top) if name.split(".")[0] in NOBODY_AT_IMPORT]


def test_every_room_is_in_the_table() -> None:
    """A new room states its rights before it has any."""
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert rooms | {"errors", "compiled", "__main__"} == set(MAY_IMPORT)


def test_the_check_can_fail() -> None:
    """A forecast that looks at costs is caught, also when it looks inside a function."""
    code = "def f():\n    from onhand.inventory.costs import Costs\n    return Costs\n"
    assert breaches("forecast", imports(ast.parse(code))) == ["inventory.costs"]
    assert breaches("decide", imports(ast.parse("from onhand.forecast.kernels import x"))) == [
        "forecast.kernels"
    ]
