"""What did the forecaster have to say while the plan was made? It belongs in the plan, not on the screen."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from onhand.errors import OnhandWarning
from onhand.plan.plan import Assumption

__all__ = ["overheard", "overheard_notes"]


@contextmanager
def overheard() -> Iterator[list[str]]:
    """Collects what is said by `OnhandWarning`, each sentence once; other warnings go their way.

    >>> with overheard() as said:
    ...     for _ in range(2):
    ...         warnings.warn("covariate 'rain' ends early", OnhandWarning, stacklevel=1)
    >>> said
    ["covariate 'rain' ends early"]
    """
    said: list[str] = []
    with warnings.catch_warnings():
        passed_on = warnings.showwarning
        warnings.simplefilter("always", OnhandWarning)

        def listen(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: object = None,
            line: str | None = None,
        ) -> None:
            if not issubclass(category, OnhandWarning):
                passed_on(message, category, filename, lineno, file, line)  # type: ignore[arg-type]
            elif str(message) not in said:
                said.append(str(message))

        warnings.showwarning = listen
        yield said


def overheard_notes(said: Sequence[str]) -> tuple[Assumption, ...]:
    """The same as assumptions of the plan."""
    return tuple(Assumption("forecast.told", "note", "", "file", sentence) for sentence in said)
