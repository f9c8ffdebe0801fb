"""The door to the solver: proven answers, honest bounds, and messages instead of NaN."""

from __future__ import annotations

import itertools
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy.sparse import csr_array

from onhand.errors import ConfigError, ShapeError
from onhand.optimize.linear import LinearProgram, solve


def knapsack(worth: np.ndarray, size: np.ndarray, room: float) -> LinearProgram:
    """Which things are taken along?"""
    d = len(worth)
    return LinearProgram(
        -worth,
        csr_array(size[None]),
        np.array([-np.inf]),
        np.array([room]),
        np.zeros(d),
        np.ones(d),
        np.ones(d, dtype=np.bool_),
    )


@pytest.mark.parametrize("seed", range(5))
def test_no_subset_of_a_knapsack_is_better(seed: int) -> None:
    """All 1,024 subsets, one by one; the relaxed program bounds them all."""
    rng = np.random.default_rng(seed)
    worth, size = rng.uniform(1, 9, 10), rng.uniform(1, 9, 10)
    program = knapsack(worth, size, 20.0)
    subsets = np.array(list(itertools.product((0, 1), repeat=10)))
    best = (subsets @ worth)[subsets @ size <= 20.0].max()
    answer = solve(program)
    assert -answer.cost == pytest.approx(best)
    assert answer.gap == pytest.approx(0.0, abs=1e-6)
    assert solve(program.relaxed()).cost <= answer.cost + 1e-9


def test_contradictions_and_endless_gains_are_said() -> None:
    """Not a NaN, not an empty answer."""
    program = knapsack(np.ones(2), np.ones(2), -1.0)
    with pytest.raises(ConfigError, match="contradict"):
        solve(program)
    endless = LinearProgram(
        np.array([-1.0]),
        csr_array([[0.0]]),
        np.array([-np.inf]),
        np.array([1.0]),
        np.zeros(1),
        np.array([np.inf]),
        np.zeros(1, dtype=np.bool_),
    )
    with pytest.raises(ConfigError, match="without end"):
        solve(endless)


def test_parts_must_fit_together() -> None:
    """Two costs, three columns."""
    with pytest.raises(ShapeError, match=r"cost has shape \(2,\)"):
        LinearProgram(
            np.ones(2),
            csr_array(np.ones((1, 3))),
            np.zeros(1),
            np.zeros(1),
            np.zeros(3),
            np.ones(3),
            np.zeros(3, dtype=np.bool_),
        )


def test_threads_that_solve_side_by_side_leave_standard_output_where_it_was(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """It is turned away during a solve; two at once must not take the turned one for the real one."""
    program = LinearProgram(
        cost=np.array([-10.0, -5.0, -4.0]),
        rows=csr_array([[8.0, 5.0, 5.0]]),
        row_lower=np.array([-np.inf]),
        row_upper=np.array([10.0]),
        lower=np.zeros(3),
        upper=np.ones(3),
        is_whole=np.ones(3, dtype=bool),
    )
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: solve(program).cost, range(24)))
    assert answers == [-10.0] * 24
    os.write(1, b"still here\n")
    assert capfd.readouterr().out == "still here\n"
