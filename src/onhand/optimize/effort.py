"""How much may the solver still do for one plan?

Every question is charged by its size and the nodes that are searched, in milliseconds of an ordinary core, and
all questions of a plan share what there is. Nothing is timed: a loaded machine gets the same answers, only
later. A clock stops what runs beyond all measure, and says so.
"""

from __future__ import annotations

import hashlib
import time
from typing import Protocol

from onhand.errors import ConfigError
from onhand.optimize.linear import LinearAnswer, LinearProgram, solve

__all__ = ["Effort", "Solve"]

_ROOT = 1.0  # milliseconds for each number of a program with whole numbers, before any branching
_NODE = 0.02  # and for each node that is then searched
_RELAXED = 0.02  # where parts of whole numbers will do
_PATIENCE = 10.0  # seconds by the clock for each one that was allowed
_LEAST_PATIENCE = 60.0


class Solve(Protocol):
    """Asks for the best answer to a program; `onhand.optimize.linear.solve` is one."""

    def __call__(
        self, program: LinearProgram, *, seconds: float = ..., gap: float = ...
    ) -> LinearAnswer:
        """The best answer found, or a `ConfigError`."""
        ...


class Effort:
    """Answers programs as long as so many seconds of work are left; the same question is answered once.

    is_cut : whether the clock stopped a question, so that the same files may give another plan elsewhere

    >>> import numpy as np
    >>> from scipy.sparse import csr_array
    >>> knapsack = LinearProgram(
    ...     cost=np.array([-10.0, -5.0, -4.0]), rows=csr_array([[8.0, 5.0, 5.0]]),
    ...     row_lower=np.array([-np.inf]), row_upper=np.array([10.0]),
    ...     lower=np.zeros(3), upper=np.ones(3), is_whole=np.ones(3, dtype=bool))
    >>> effort = Effort(seconds=0.004)
    >>> effort.solve(knapsack).cost, effort.left_ms < 1.5
    (-10.0, True)
    >>> effort.solve(knapsack).cost                    # asked before
    -10.0
    >>> from dataclasses import replace
    >>> effort.solve(replace(knapsack, row_upper=np.array([9.0])))
    Traceback (most recent call last):
        ...
    onhand.errors.ConfigError: no effort left for a program of 3 numbers; raise supply.solver_seconds
    """

    def __init__(self, seconds: float) -> None:
        self.left_ms = 1000.0 * seconds
        self.is_cut = False
        self._patience = max(_LEAST_PATIENCE, _PATIENCE * seconds)
        self._known: dict[bytes, LinearAnswer | ConfigError] = {}

    def solve(
        self, program: LinearProgram, *, seconds: float = 0.0, gap: float = 1e-6
    ) -> LinearAnswer:
        """The best answer to `program`; `seconds` are not looked at.

        Raises
        ------
        ConfigError
            When there is none, or none was found with what was left.
        """
        del seconds
        key = _fingerprint(program, gap)
        if key not in self._known:
            self._known[key] = self._asked(program, gap)
        known = self._known[key]
        if isinstance(known, ConfigError):
            raise known
        return known

    def _asked(self, program: LinearProgram, gap: float) -> LinearAnswer | ConfigError:
        size = len(program.cost)
        is_relaxed = not program.is_whole.any()
        root = size * (_RELAXED if is_relaxed else _ROOT)
        if root > self.left_ms and not is_relaxed:
            return ConfigError(
                f"no effort left for a program of {size} numbers; raise supply.solver_seconds"
            )
        # Half of what is left: a hard question leaves something for the others.
        nodes = 1 + int(max(0.0, self.left_ms - root) / 2 / (size * _NODE))
        began = time.monotonic()
        answer: LinearAnswer | ConfigError
        try:
            answer = solve(program, seconds=self._patience, gap=gap, nodes=nodes)
        except ConfigError as error:
            answer = error
        self.is_cut |= time.monotonic() - began >= self._patience
        searched = answer.nodes if isinstance(answer, LinearAnswer) else nodes
        self.left_ms -= root + (0.0 if is_relaxed else size * _NODE * max(0, searched - 1))
        return answer


def _fingerprint(program: LinearProgram, gap: float) -> bytes:
    rows = program.rows.tocsr()
    parts = (
        program.cost, rows.data, rows.indices, rows.indptr, program.row_lower,
        program.row_upper, program.lower, program.upper, program.is_whole,
    )  # fmt: skip
    found = hashlib.sha256(f"{gap!r} {rows.shape}".encode())
    for part in parts:
        found.update(part.tobytes())
        found.update(b"|")
    return found.digest()
