"""What is best when cost and limits are sums of shares? Linear programs, whole numbers allowed.

HiGHS (Huangfu & Hall 2018) does the work, through SciPy, which carries it: nothing more to install.
What comes back is checked against the rows here, and says how far from the best it can be at most.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, csr_array

from onhand.errors import ConfigError, ShapeError

__all__ = ["LinearAnswer", "LinearProgram", "Rows", "solve"]

Array = NDArray[np.float64]

_ALONE = Lock()  # standard output is one for all threads
_SLACK = 1e-6  # share by which a row may be missed: HiGHS's own feasibility tolerance


@dataclass(frozen=True)
class LinearProgram:
    """Minimise cost · x  where  row_lower <= rows · x <= row_upper  and  lower <= x <= upper.

    cost : (D,) money per unit of each number
    rows : (M, D) sparse
    row_lower, row_upper : (M,); minus and plus infinity where there is no limit
    lower, upper : (D,) finite lower bounds; infinity allowed above
    is_whole : (D,) which numbers must be whole

    Raises
    ------
    ShapeError
        When the parts do not fit together.
    """

    cost: Array
    rows: csr_array
    row_lower: Array
    row_upper: Array
    lower: Array
    upper: Array
    is_whole: NDArray[np.bool_]

    def __post_init__(self) -> None:
        m, d = self.rows.shape
        for name, size in (
            ("cost", d), ("lower", d), ("upper", d), ("is_whole", d),
            ("row_lower", m), ("row_upper", m),
        ):  # fmt: skip
            shape = getattr(self, name).shape
            if shape != (size,):
                raise ShapeError(f"{name} has shape {shape}; {m} rows of {d} ask for ({size},)")

    def relaxed(self) -> LinearProgram:
        """The same without whole numbers: its cost is a bound for this one's."""
        return replace(self, is_whole=np.zeros_like(self.is_whole))


class Rows:
    """Collects the rows of a program and their limits, one by one.

    >>> rows = Rows(n_columns=3)
    >>> rows.add([0, 2], [1.0, -4.0], high=0.0)
    >>> rows.matrix().toarray().tolist(), rows.low, rows.high
    ([[1.0, 0.0, -4.0]], [-inf], [0.0])
    """

    def __init__(self, n_columns: int) -> None:
        self.n_columns = n_columns
        self.low: list[float] = []
        self.high: list[float] = []
        self._parts: list[tuple[int, Sequence[int], Sequence[float]]] = []

    def add(
        self,
        columns: Sequence[int],
        values: Sequence[float],
        low: float = -np.inf,
        high: float = np.inf,
    ) -> None:
        """One more row: low <= Σ values · columns <= high."""
        self._parts.append((len(self.low), columns, values))
        self.low.append(low)
        self.high.append(high)

    def matrix(self) -> csr_array:
        """All rows, (M, n_columns)."""
        at = [np.full(len(columns), row) for row, columns, _ in self._parts]
        columns = [np.asarray(each, dtype=np.int64) for _, each, _ in self._parts]
        values = [np.asarray(each, dtype=np.float64) for _, _, each in self._parts]
        place = (np.concatenate(at), np.concatenate(columns))
        shape = (len(self.low), self.n_columns)
        return csr_array(coo_array((np.concatenate(values), place), shape=shape))


@dataclass(frozen=True)
class LinearAnswer:
    """The best numbers found, what they cost, and what nothing can cost less than.

    value : (D,), whole where that was asked
    nodes : that were searched
    """

    value: Array
    cost: float
    bound: float
    nodes: int = 0

    @property
    def gap(self) -> float:
        """(cost - bound) / |cost|: at most this share is left to gain; 0 when proven best."""
        return (self.cost - self.bound) / max(abs(self.cost), 1e-12)


def solve(
    program: LinearProgram, *, seconds: float = 60.0, gap: float = 1e-6, nodes: int | None = None
) -> LinearAnswer:
    """The best answer to `program` found in so many seconds, or one within `gap` of the best.

    nodes : of the search at most, the same on every machine; None: as many as the time allows

    Raises
    ------
    ConfigError
        When no numbers keep all limits, when cost falls without end, or when the time was too
        short to find any answer.

    >>> import numpy as np
    >>> from scipy.sparse import csr_array
    >>> knapsack = LinearProgram(                      # worth 10, 5, 4; room for 10 of 8, 5, 5
    ...     cost=np.array([-10.0, -5.0, -4.0]), rows=csr_array([[8.0, 5.0, 5.0]]),
    ...     row_lower=np.array([-np.inf]), row_upper=np.array([10.0]),
    ...     lower=np.zeros(3), upper=np.ones(3), is_whole=np.ones(3, dtype=bool))
    >>> answer = solve(knapsack)
    >>> answer.value.tolist(), answer.cost, answer.gap
    ([1.0, 0.0, 0.0], -10.0, 0.0)
    >>> solve(knapsack.relaxed()).cost                 # two fifths of the second as well
    -12.0
    """
    with _ALONE, _nothing_said():
        found = milp(
            program.cost,
            integrality=program.is_whole.astype(np.int64),
            bounds=Bounds(program.lower, program.upper),
            constraints=LinearConstraint(program.rows, program.row_lower, program.row_upper),
            options={"time_limit": seconds, "mip_rel_gap": gap, "disp": False}
            | ({} if nodes is None else {"node_limit": nodes}),
        )
    if found.x is None:
        raise ConfigError(f"no answer to the linear program: {_why(found.status, seconds)}")
    value = np.where(program.is_whole, np.rint(found.x), found.x)
    value = np.clip(value, program.lower, program.upper)
    _must_keep_rows(program, value)
    cost = float(program.cost @ value)
    bound = found.get("mip_dual_bound")
    searched = found.get("mip_node_count")
    if searched is None:  # it stopped at a limit
        searched = 0 if nodes is None else nodes
    least = cost if bound is None else min(cost, float(bound))
    return LinearAnswer(value, cost, least, int(searched))


@contextmanager
def _nothing_said() -> Iterator[None]:
    """Standard output leads nowhere: HiGHS now and then writes a line there although told to be silent, and
    a plan that is written to a pipe as JSON could then not be read. Whatever other threads write there in
    the meantime is lost as well, so a caller with threads that print lets them print elsewhere."""
    if sys.stdout is not None and not sys.stdout.closed:
        sys.stdout.flush()
    try:
        kept = os.dup(1)
    except OSError:  # there is none
        yield
        return
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _why(status: int, seconds: float) -> str:
    return {
        1: f"{seconds:g} seconds, or the nodes allowed, were too few; allow more",
        2: "its limits contradict each other; loosen one",
        3: "its cost falls without end; a limit is missing",
    }.get(status, "HiGHS had numerical trouble; scale the numbers")


def _must_keep_rows(program: LinearProgram, value: Array) -> None:
    """Solvers have been seen to call an answer optimal that breaks a row."""
    reached = program.rows @ value
    room = _SLACK * np.maximum(1.0, abs(program.rows) @ np.abs(value))
    broken = (reached < program.row_lower - room) | (reached > program.row_upper + room)
    if broken.any():
        row = int(np.argmax(broken))
        raise ConfigError(
            f"the solver's answer breaks row {row}: {reached[row]:g} is not within "
            f"{program.row_lower[row]:g}..{program.row_upper[row]:g}; scale the numbers"
        )
