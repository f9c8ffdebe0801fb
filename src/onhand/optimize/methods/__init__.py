"""Which ways of searching are there? One small frozen class each; all are asked and told.

pymoo and cma (extra `[search]`) do the work where they are named; ours is a thin door.
"""

from onhand.optimize.methods.annealing import SimulatedAnnealing
from onhand.optimize.methods.evolution import CMAES
from onhand.optimize.methods.gradient import Gradient
from onhand.optimize.methods.grid import Grid
from onhand.optimize.methods.population import (
    DifferentialEvolution,
    GeneticAlgorithm,
    ParticleSwarm,
)

__all__ = [
    "CMAES",
    "DifferentialEvolution",
    "GeneticAlgorithm",
    "Gradient",
    "Grid",
    "ParticleSwarm",
    "SimulatedAnnealing",
]
