"""What can go wrong, and how we say it.

    OnhandError
    ├── InputError          what was given cannot be used
    │   ├── ReadError       a file, table or connection cannot be opened or decoded
    │   ├── SchemaError     a table lacks a column it must have, or has it twice
    │   └── ConfigError     a setting in onhand.toml has a wrong name or value
    ├── ShapeError          arrays that belong together do not fit together
    └── HistoryError        the history is too short, or empty, for what was asked

    OnhandWarning           something was assumed that the user may want to state

A message names the thing, the value, the rule and the next step. Findings about
data are results, not exceptions: `onhand.data.validate` returns them as rows.
"""

from __future__ import annotations

__all__ = [
    "ConfigError",
    "HistoryError",
    "InputError",
    "OnhandError",
    "OnhandWarning",
    "ReadError",
    "SchemaError",
    "ShapeError",
]


class OnhandError(Exception):
    """Any error that Onhand raises on purpose."""


class InputError(OnhandError):
    """What was given cannot be used as it is."""


class ReadError(InputError):
    """A file, table or connection cannot be opened or decoded."""


class SchemaError(InputError):
    """A table lacks a column it must have, or has it twice."""


class ConfigError(InputError):
    """A setting has an unknown name or a value outside its range."""


class ShapeError(OnhandError, ValueError):
    """Arrays that belong together do not fit together."""


class HistoryError(OnhandError, ValueError):
    """The history is too short, or empty, for what was asked."""


class OnhandWarning(UserWarning):
    """Something was assumed that the user may want to state."""
