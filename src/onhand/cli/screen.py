"""How does the terminal look? Data goes to standard output, everything else to standard error."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from onhand.plan.progress import Progress as Report
from onhand.plan.progress import silent

__all__ = ["complain", "heading", "hint", "out", "plain", "progress_bars", "table", "time_left"]

_WIDTH_OF_A_FILE = 120


def out() -> Console:
    """Where data goes. Looked up at each call, so that a redirected stream is honoured."""
    return Console(
        file=sys.stdout,
        width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE,
        highlight=False,
        emoji=False,
        markup=False,
    )


def _err() -> Console:
    return Console(
        file=sys.stderr,
        width=None if sys.stderr.isatty() else _WIDTH_OF_A_FILE,
        highlight=False,
        emoji=False,
        markup=False,
        soft_wrap=True,
    )


def hint(text: str) -> None:
    """Say something beside the data."""
    _err().print(plain(text), style="dim")


def complain(text: str) -> None:
    """Say what went wrong and what to do."""
    _err().print(Text.assemble(("error: ", "bold red"), plain(text)))


def plain(text: str) -> str:
    """The text without the control characters by which a title could command a terminal.

    >>> plain("green\\x1b]0;owned\\x07 tea")
    'green ]0;owned tea'
    """
    # Direction marks could make a title read as another; they command nobody but the eye.
    return re.sub(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+", " ", text)


def heading(text: str) -> None:
    """A line above what follows."""
    console = out()
    console.print()
    console.print(Text(plain(text), style="bold"))


def table(columns: dict[str, str], rows: list[tuple[Any, ...]]) -> Table:
    """A plain table; columns are name -> `left` or `right` (never cut), `title` (cut) or `wide` (wraps)."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    cells = [[plain(str(cell)) for cell in row] for row in rows]
    for place, (name, kind) in enumerate(columns.items()):
        longest = max([len(name.strip()), *(len(row[place]) for row in cells)])
        made.add_column(
            name,
            justify="right" if kind == "right" else "left",
            no_wrap=kind != "wide",
            overflow="fold" if kind == "wide" else "ellipsis",
            min_width=longest if kind in ("left", "right") else None,
        )
    for row in cells:
        made.add_row(*(Text(cell) for cell in row))
    return made


@contextmanager
def progress_bars() -> Iterator[Report]:
    """Bars on standard error, one per stage; nothing where that is not a terminal."""
    if not sys.stderr.isatty():
        yield silent
        return
    columns = (
        SpinnerColumn(finished_text=" "),
        TextColumn("{task.description:<32}"),
        BarColumn(30),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}", style="dim"),
    )
    with Progress(*columns, console=_err()) as bars:
        tasks: dict[str, TaskID] = {}
        started = time.monotonic()

        def report(stage: str, share: float) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=1.0, left="")
            left = time_left(stage, share, time.monotonic() - started) if share < 1 else ""
            bars.update(tasks[stage], completed=share, left=left)

        yield report


_USUAL = {
    "Reading": 4.0,
    "Going back in time": 28.0,
    "Tuning policies": 24.0,
    "Replaying the past": 2.0,
    "Proposing": 2.0,
    "Looking ahead": 1.0,
    "Writing the plan": 4.0,
}
"""Seconds that the stages of a plan take in the demo, in order; what is left is told by their proportions."""


def time_left(stage: str, share: float, elapsed: float) -> str:
    """About how long the whole run still takes, in words; nothing where that cannot be known yet.

    >>> time_left("Tuning policies", 0.5, elapsed=44.0)
    'about 21 s to go'
    >>> time_left("Tuning policies", 0.5, elapsed=440.0)
    'about 4 minutes to go'
    >>> time_left("Climbing the ladder", 0.5, elapsed=440.0)
    ''
    """
    names = list(_USUAL)
    place = next((k for k, name in enumerate(names) if stage.startswith(name)), None)
    if place is None or elapsed < 3:
        return ""
    done = sum(_USUAL[name] for name in names[:place]) + share * _USUAL[names[place]]
    left = elapsed * (sum(_USUAL.values()) / max(done, 1e-9) - 1)
    if place == 0 or left < 2:  # reading says little about the rest
        return ""
    return f"about {left:.0f} s to go" if left < 100 else f"about {left / 60:.0f} minutes to go"
