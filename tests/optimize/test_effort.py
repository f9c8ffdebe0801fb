"""Work is counted, not timed: the same questions get the same answers, until what a plan may spend is spent."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array

from onhand.errors import ConfigError
from onhand.optimize.effort import Effort
from onhand.optimize.linear import LinearProgram


def knapsack(n: int, seed: int) -> LinearProgram:
    """As much worth as fits into two rows at once: hard enough to branch."""
    rng = np.random.default_rng(seed)
    size = rng.integers(20, 100, (2, n)) * 1.0
    return LinearProgram(
        cost=-(size.sum(axis=0) + rng.uniform(0, 9, n)),
        rows=csr_array(size),
        row_lower=np.full(2, -np.inf),
        row_upper=size.sum(axis=1) / 3,
        lower=np.zeros(n),
        upper=np.ones(n),
        is_whole=np.ones(n, dtype=np.bool_),
    )


def test_the_same_question_costs_once() -> None:
    """Asked again, it is answered from memory."""
    effort = Effort(seconds=1.0)
    first = effort.solve(knapsack(20, 0))
    left = effort.left_ms
    assert effort.solve(knapsack(20, 0)) is first
    assert effort.left_ms == left < 1000.0


def test_all_questions_share_what_there_is() -> None:
    """Little is left after the first ones; the later ones are refused, and so they are every time."""

    def answered() -> list[float | None]:
        effort = Effort(seconds=0.2)
        found: list[float | None] = []
        for seed in range(12):
            try:
                found.append(effort.solve(knapsack(40, seed), gap=0.0).cost)
            except ConfigError:
                found.append(None)
        assert not effort.is_cut
        return found

    found = answered()
    assert found[0] is not None
    assert found[-1] is None
    assert found == answered()


def test_parts_of_whole_numbers_may_always_be_asked_for() -> None:
    """A bound is cheap, and there is one even when nothing is left."""
    effort = Effort(seconds=0.0)
    with pytest.raises(ConfigError, match="no effort left"):
        effort.solve(knapsack(20, 0))
    assert effort.solve(knapsack(20, 0).relaxed()).cost < 0


def test_a_tighter_gap_is_another_question() -> None:
    """What is remembered is the program and how near the best is near enough."""
    effort = Effort(seconds=1.0)
    program = knapsack(20, 0)
    near = effort.solve(program, gap=0.2)
    best = effort.solve(program, gap=0.0)
    assert best.cost <= near.cost
    assert replace(program) is not program
    assert effort.solve(replace(program), gap=0.0) is best
