"""How is a setting changed in a file that somebody wrote by hand?

Line by line: only the values that change are touched, and a comment above each says who changed it. Why is
said once, above the first of them; the others point at it. The result is read back and must hold exactly the old settings with the changes; where that cannot
be had, as with settings written in another form than `[section]` and `key = value`, nothing is written.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from onhand.errors import ConfigError

__all__ = ["MARK", "with_changes", "write_atomically"]

MARK = "# onhand tune:"
"""How the comment above a setting begins that a program chose."""

_READABLE = 0o644
_HEADER = re.compile(r"^\s*\[\s*([A-Za-z0-9_-]+)\s*\]\s*(#.*)?$")
_ANY_HEADER = re.compile(r"^\s*\[")


def with_changes(text: str, changes: Mapping[str, Any], why: str) -> str:
    """The text of an `onhand.toml` with some settings changed, everything else as it was.

    Parameters
    ----------
    text : what the file holds now; empty for a new one
    changes : "section.key" -> value: text, number or boolean
    why : one line, written above the first changed setting; the others name that one

    Raises
    ------
    ConfigError
        When the text is not TOML, or its settings stand in a form in which they cannot be changed
        safely; the message says what to write by hand.

    >>> print(with_changes("[policy]\\nlevel = 0.9  # ours\\n", {"policy.level": 0.95}, "cheaper"))
    [policy]
    # onhand tune: cheaper
    level = 0.95  # ours
    <BLANKLINE>
    """
    if not changes:
        return text
    wanted = _tree(text)
    for key, value in changes.items():
        section, _, name = key.partition(".")
        wanted.setdefault(section, {})[name] = value
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.replace("\r\n", "\n").split("\n")
    if lines and lines[-1] == "":
        lines.pop()
    note = f"{MARK} {' '.join(why.split())}"
    lines = [line for line in lines if line.strip() not in map(_pointer, changes)]
    first = next(iter(changes))
    for key, value in changes.items():
        section, _, name = key.partition(".")
        said = note if key == first else _pointer(first)
        lines = _changed(lines, section, name, value, said)
    made = newline.join([*lines, ""])
    try:
        got = _tree(made)
    except ConfigError:
        got = None
    if got != wanted:
        by_hand = ", ".join(f"{key} = {_scalar(value)}" for key, value in changes.items())
        raise ConfigError(
            "the settings file is written in a form that cannot be changed safely by a program; "
            f"nothing was written. Set these by hand: {by_hand}"
        )
    return made


def _pointer(key: str) -> str:
    """The note above a setting that was changed together with another, where the reason stands."""
    return f"{MARK} together with {key}, see there"


def _tree(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"the settings file is not valid TOML: {error}") from error


def _changed(lines: list[str], section: str, name: str, value: Any, note: str) -> list[str]:
    """The lines with one setting changed, its note above it."""
    start = next((k for k, line in enumerate(lines) if _section(line) == section), None)
    if start is None:
        gap = [""] if lines and lines[-1].strip() else []
        return [*lines, *gap, f"[{section}]", note, f"{name} = {_scalar(value)}"]
    stop = next(
        (k for k in range(start + 1, len(lines)) if _ANY_HEADER.match(lines[k])), len(lines)
    )
    setting = re.compile(rf"^(\s*{re.escape(name)}\s*=\s*)(.*)$")
    for k in range(start + 1, stop):
        found = setting.match(lines[k])
        if found:
            before, rest = found.groups()
            line = f"{before}{_scalar(value)}{_comment(rest)}"
            head = lines[:k]
            if head and head[-1].lstrip().startswith(MARK):
                head.pop()  # what an earlier run said of this setting
            return [*head, note, line, *lines[k + 1 :]]
    while stop > start + 1 and not lines[stop - 1].strip():
        stop -= 1  # before the empty lines that part the sections
    return [*lines[:stop], note, f"{name} = {_scalar(value)}", *lines[stop:]]


def _section(line: str) -> str | None:
    found = _HEADER.match(line.removeprefix("\ufeff"))
    return found.group(1) if found else None


def _comment(rest: str) -> str:
    """The comment after a value, with the blanks before it; empty without one."""
    quote = ""
    for place, sign in enumerate(rest):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'":
            quote = sign
        elif sign == "#":
            blanks = len(rest[:place]) - len(rest[:place].rstrip())
            return rest[place - blanks :]
    return ""


def _scalar(value: Any) -> str:
    """A TOML scalar; JSON spells strings, booleans and numbers the same way."""
    return json.dumps(value, ensure_ascii=False)


def write_atomically(path: Path, text: str) -> None:
    """Write a text file whole or not at all: a reader never sees half of it.

    The unfinished file has a name that nobody can foresee, so nobody can lay a link in its place.

    Raises
    ------
    ConfigError
        When the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        try:
            with open(handle, "w", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, path.stat().st_mode if path.exists() else _READABLE)
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}") from error
