"""Genetic algorithm, particle swarm and differential evolution, by pymoo (Blank & Deb 2020)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onhand.optimize.minimize import Search
from onhand.optimize.problem import Problem

__all__ = ["DifferentialEvolution", "GeneticAlgorithm", "ParticleSwarm"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class GeneticAlgorithm:
    """Selection, simulated binary crossover and polynomial mutation (Deb & Agrawal 1995).

    The field's tutorials use a population of 50 for 100 generations: 5,000 evaluations.
    """

    population: int = 50
    name: str = "genetic algorithm"

    def begin(self, problem: Problem, *, rng: np.random.Generator, start: Array | None) -> Search:
        """A genetic search of `problem`."""
        from pymoo.algorithms.soo.nonconvex.ga import GA

        return _begin(GA, self.population, problem, rng, start)


@dataclass(frozen=True)
class ParticleSwarm:
    """Particles drawn to their own best and to everybody's (Kennedy & Eberhart 1995)."""

    population: int = 50
    name: str = "particle swarm"

    def begin(self, problem: Problem, *, rng: np.random.Generator, start: Array | None) -> Search:
        """A swarm search of `problem`."""
        from pymoo.algorithms.soo.nonconvex.pso import PSO

        return _begin(PSO, self.population, problem, rng, start)


@dataclass(frozen=True)
class DifferentialEvolution:
    """Candidates moved by differences of other candidates (Storn & Price 1997)."""

    population: int = 50
    name: str = "differential evolution"

    def begin(self, problem: Problem, *, rng: np.random.Generator, start: Array | None) -> Search:
        """A differential search of `problem`."""
        from pymoo.algorithms.soo.nonconvex.de import DE

        return _begin(DE, self.population, problem, rng, start)


def first_generation(
    problem: Problem, size: int, rng: np.random.Generator, start: Array | None
) -> Array:
    """Candidates spread over the box, or around `start` (which is the first of them), (size, D)."""
    if start is None:
        return scattered(problem.lower, problem.upper, size, rng)
    width = problem.upper - problem.lower
    near = start + 0.1 * width * rng.standard_normal((size, len(width)))
    near[0] = start
    return np.clip(near, problem.lower, problem.upper)


def scattered(lower: Array, upper: Array, size: int, rng: np.random.Generator) -> Array:
    """Candidates anywhere in the box, (size, D)."""
    return np.asarray(lower + (upper - lower) * rng.random((size, len(lower))))


def _begin(
    algorithm: Any, size: int, problem: Problem, rng: np.random.Generator, start: Array | None
) -> Search:
    first = first_generation(problem, size, rng, start)
    return PymooSearch(algorithm, first, problem.lower, problem.upper, n_costs=1, rng=rng)


class PymooSearch:
    """Holds pymoo's own mutable algorithm; the only state in this room besides pycma's."""

    def __init__(
        self,
        algorithm: Any,
        first: Array,
        lower: Array,
        upper: Array,
        *,
        n_costs: int,
        rng: np.random.Generator,
    ) -> None:
        from pymoo.core.problem import Problem as PymooProblem
        from pymoo.core.termination import NoTermination

        # pymoo divides by the width of the box: a number that cannot move is given a hair's breadth.
        wide = np.where(upper > lower, upper, lower + 1e-9)
        self._box = PymooProblem(n_var=len(lower), n_obj=n_costs, xl=lower, xu=wide)
        self._inner = algorithm(pop_size=len(first), sampling=first)
        self._inner.setup(
            self._box, termination=NoTermination(), seed=int(rng.integers(2**31)), verbose=False
        )
        self._upper = upper
        self._asked: Any = None

    def ask(self) -> Array:
        """The next generation, (P, D)."""
        self._asked = self._inner.ask()
        return np.minimum(np.asarray(self._asked.get("X"), dtype=np.float64), self._upper)

    def tell(self, candidates: Array, costs: Array) -> None:
        """Hands the costs of the last generation, (P,) or (P, M), to pymoo."""
        from pymoo.core.evaluator import Evaluator
        from pymoo.problems.static import StaticProblem

        judged = StaticProblem(self._box, F=costs.reshape(len(candidates), -1))
        Evaluator().eval(judged, self._asked)
        self._inner.tell(infills=self._asked)
