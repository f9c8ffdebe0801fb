"""Fronts: what none dominates, how much area it covers, and a search that never loses its start."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onhand.errors import ShapeError
from onhand.optimize.methods.nsga2 import NSGA2
from onhand.optimize.stop import Evaluations
from onhand.optimize.trade_off import area, nondominated, trade_off


@dataclass(frozen=True)
class Tug:
    """As near as can be to the corner of noughts, and to the corner of ones."""

    lower: np.ndarray = field(default_factory=lambda: np.zeros(3))
    upper: np.ndarray = field(default_factory=lambda: np.ones(3))
    n_costs: int = 2

    def costs(self, candidates: np.ndarray) -> np.ndarray:
        return np.stack([(candidates**2).sum(axis=1), ((1 - candidates) ** 2).sum(axis=1)], axis=1)


@given(seed=st.integers(0, 1000), m=st.integers(2, 3))
def test_what_is_kept_dominates_what_is_not(seed: int, m: int) -> None:
    """By the plain definition, pair by pair; small whole costs make many ties."""
    costs = np.random.default_rng(seed).integers(0, 5, (12, m)).astype(np.float64)
    keep = nondominated(costs)
    for i in range(12):
        beaten = [
            j for j in range(12) if (costs[j] <= costs[i]).all() and (costs[j] < costs[i]).any()
        ]
        if keep[i]:
            assert not beaten
        else:
            assert beaten or any((costs[j] == costs[i]).all() for j in range(i))


def test_the_search_finds_the_line_between_the_corners() -> None:
    """The whole front is 3 t² against 3 (1 - t)², which covers 7.5 of the 9 below (3, 3)."""
    front = trade_off(Tug(), NSGA2(30), Evaluations(3000), rng=np.random.default_rng(0))
    assert area(front.costs, worst=np.full(2, 3.0)) > 0.98 * 7.5
    assert (np.diff(front.costs[:, 0]) > 0).all()
    assert (np.diff(front.costs[:, 1]) < 0).all()


def test_a_known_front_is_never_lost() -> None:
    """Started from points of the true front, nothing on it is dominated afterwards."""
    line = np.linspace(0, 1, 9)[:, None] * np.ones(3)
    front = trade_off(Tug(), NSGA2(20), Evaluations(200), rng=np.random.default_rng(0), start=line)
    worst = np.full(2, 3.0)
    assert area(front.costs, worst=worst) >= area(Tug().costs(line), worst=worst)


def test_same_seed_same_front() -> None:
    """A search is reproducible."""
    first, second = (
        trade_off(Tug(), NSGA2(20), Evaluations(200), rng=np.random.default_rng(5)) for _ in "ab"
    )
    np.testing.assert_array_equal(first.costs, second.costs)


def test_an_area_needs_two_costs() -> None:
    """Three of them make a volume."""
    with pytest.raises(ShapeError, match=r"\(1, 3\)"):
        area(np.ones((1, 3)), worst=np.ones(3))
