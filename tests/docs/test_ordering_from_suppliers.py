"""The page on ordering from suppliers shows what its commands print, up to the size of numbers."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "a-day-in-the-life" / "ordering-from-suppliers.md"
BLOCKS = re.findall(r"```console\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)


def steps() -> list[tuple[str, list[str]]]:
    """The page's commands, each with the lines shown for it."""
    found: list[tuple[str, list[str]]] = []
    for line in "".join(BLOCKS).splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


def skeleton(line: str) -> str:
    """A line without its numbers: another forecast may move them, never the words around."""
    return " ".join(re.sub(r"[-+]?€?[\d][\d.,:]*", "#", line).replace("+#", "#").split())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder to run the page in."""
    return tmp_path_factory.mktemp("page")


def test_the_page_runs_from_top_to_bottom(folder: Path) -> None:
    """Every command ends well, and prints every line that is shown for it."""
    for command, shown in steps():
        words = shlex.split(command)
        if words[0] == "python":
            words = [sys.executable, str(ROOT / words[1]), *words[2:]]
        else:
            words = [sys.executable, "-c", "from onhand.cli.app import run; run()", *words[1:]]
        ran = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, f"{command}\n{ran.stderr}"
        printed = {skeleton(line) for line in ran.stdout.splitlines()}
        for line in shown:
            assert skeleton(line) in printed, f"{command}\ndid not print: {line}"
