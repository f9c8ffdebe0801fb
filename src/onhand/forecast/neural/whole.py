"""How does a file appear whole or not at all? It is written beside its place, and then moved there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from onhand.errors import ConfigError

__all__ = ["whole_or_not_at_all"]


@contextmanager
def whole_or_not_at_all(path: Path) -> Iterator[Path]:
    """A place to write what shall be at `path`; it moves there if nothing went wrong, and if it was written.

    The place is in a new folder beside `path` with a name that nobody else has, so that neither a pulled
    plug nor a second run can leave half a file. Missing folders are made.

    Raises
    ------
    ConfigError
        When nothing can be written there.

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with whole_or_not_at_all(Path(folder) / "nets" / "a.txt") as part:
    ...         _ = part.write_text("all of it")
    ...     (Path(folder) / "nets" / "a.txt").read_text()
    'all of it'
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".onhand-", dir=path.parent) as folder:
            part = Path(folder) / path.name
            yield part
            if part.exists():
                os.replace(part, path)
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written ({error.strerror or error}); name another file"
        ) from error
