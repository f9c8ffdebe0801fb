"""Every search method, asked the same questions on problems whose answers are obvious."""

from __future__ import annotations

import dataclasses
import inspect

import numpy as np
import pytest

from onhand.errors import ShapeError
from onhand.optimize import methods
from onhand.optimize.methods import GeneticAlgorithm, Gradient, Grid
from onhand.optimize.minimize import Minimum, minimize
from onhand.optimize.problem import Box
from onhand.optimize.stop import AnyOf, Evaluations, Reached, Stalled, Status

METHODS = [
    m for _, m in inspect.getmembers(methods, inspect.isclass) if dataclasses.is_dataclass(m)
]
TARGET = np.array([0.25, 0.5, 0.7])


@dataclasses.dataclass(frozen=True)
class Bowl:
    """A bowl with its lowest point, cost 1, at TARGET."""

    lower: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(3))
    upper: np.ndarray = dataclasses.field(default_factory=lambda: np.ones(3))

    def costs(self, candidates: np.ndarray) -> np.ndarray:
        assert ((candidates >= 0) & (candidates <= 1)).all(), "a candidate left the box"
        return 1 + ((candidates - TARGET) ** 2).sum(axis=1)

    def gradient(self, candidate: np.ndarray) -> np.ndarray:
        return 2 * (candidate - TARGET)


def _solve(method, seed=0, start=None, n=3000) -> Minimum:
    rng = np.random.default_rng(seed)
    return minimize(Bowl(), method, Evaluations(n), rng=rng, start=start, bound=1.0)


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.__name__)
class TestEveryMethod:
    """The contract."""

    def test_finds_the_bottom_of_a_bowl(self, method) -> None:
        """3,000 evaluations are plenty for three numbers; the gap says so."""
        found = _solve(method())
        assert found.gap == pytest.approx(found.cost - 1.0)
        assert 0 <= found.gap < (0.02 if method is Grid else 2e-3)

    def test_same_seed_same_answer(self, method) -> None:
        """A search is reproducible."""
        first, second = _solve(method(), seed=3, n=300), _solve(method(), seed=3, n=300)
        np.testing.assert_array_equal(first.candidate, second.candidate)

    def test_never_worse_than_where_it_began(self, method) -> None:
        """The analytic answer goes in; nothing worse comes out."""
        found = _solve(method(), start=TARGET, n=200)
        assert found.cost == 1.0

    def test_refuses_a_start_outside_the_box(self, method) -> None:
        """With the number and its bounds."""
        with pytest.raises(ShapeError, match=r"start\[1\] = 7.0 lies outside 0.0..1.0"):
            _solve(method(), start=np.array([0.5, 7.0, 0.5]))


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.__name__)
def test_a_number_that_cannot_move_stays_where_it_is(method) -> None:
    """Lower bound = upper bound: nothing to search there, nothing to divide by."""

    @dataclasses.dataclass(frozen=True)
    class Pinned(Bowl):
        lower: np.ndarray = dataclasses.field(default_factory=lambda: np.array([0.0, 0.5, 0.0]))
        upper: np.ndarray = dataclasses.field(default_factory=lambda: np.array([1.0, 0.5, 1.0]))

    found = minimize(Pinned(), method(), Evaluations(300), rng=np.random.default_rng(0), bound=1.0)
    assert found.candidate[1] == 0.5
    assert found.gap is not None
    assert found.gap < 0.3


def test_beats_random_search() -> None:
    """A method that only guessed would fail here: 10 numbers, the same budget."""
    bowl = Box(np.zeros(10), np.ones(10), lambda x: ((x - 0.3) ** 2).sum(axis=1))
    rng = np.random.default_rng(0)
    guess = bowl.costs(rng.random((2000, 10))).min()
    found = minimize(bowl, GeneticAlgorithm(), Evaluations(2000), rng=rng)
    assert found.cost < 0.1 * guess


def test_stops_are_answers_to_one_question() -> None:
    """Enough evaluations, a reached bound, or no progress."""
    stop = AnyOf((Evaluations(100), Reached(1.0), Stalled(30)))
    assert not stop(Status(50, 2.0, 10))
    assert stop(Status(100, 2.0, 10))
    assert stop(Status(50, 1.0, 10))
    assert stop(Status(50, 2.0, 30))


def test_a_result_tells_its_gap() -> None:
    """Whoever prints a result reads how much is left to gain, or that nobody knows."""
    found = Minimum("annealing", np.zeros(2), 103.0, 2_000, bound=100.0)
    assert str(found) == "<Minimum: annealing, 103 after 2,000 candidates, gap 3.00%>"
    assert "no bound known" in str(Minimum("annealing", np.zeros(2), 103.0, 2_000, bound=None))
    assert "bound 0" in str(Minimum("annealing", np.zeros(2), 103.0, 2_000, bound=0.0))


def test_gradient_needs_a_gradient() -> None:
    """A problem without one is refused by name."""
    box = Box(np.zeros(1), np.ones(1), lambda x: x[:, 0])
    with pytest.raises(ShapeError, match="no gradient"):
        minimize(box, Gradient(), Evaluations(5), rng=np.random.default_rng(0))


def test_bounds_must_not_cross() -> None:
    """The offending number is named."""
    with pytest.raises(ShapeError, match="number 1"):
        Box(np.array([0.0, 2.0]), np.array([1.0, 1.0]), lambda x: x[:, 0])
