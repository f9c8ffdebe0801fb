"""Which boosters vote, and how is each of them trained?"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onhand.errors import ConfigError
from onhand.forecast.boosted.directions import Directions
from onhand.forecast.boosted.rows import Rows

__all__ = ["Ensemble", "Member", "Trees", "train"]

Floats = NDArray[np.float32]
_OBJECTIVES = ("tweedie", "poisson", "l2")


@dataclass(frozen=True)
class Member:
    """One booster of the ensemble; all of them estimate the mean.

    Parameters
    ----------
    objective : "tweedie", "poisson" or "l2"
        How the variance grows with the mean: with its power 1.2, 1, or not at all.
    scale_power : weight of an example = scale ** scale_power, times its other weights
        0: every series counts the same however little it sells; 1: by its units.
    seed : of its own draws of rows and features
    """

    objective: str = "tweedie"
    scale_power: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.objective not in _OBJECTIVES:
            raise ConfigError(f"objective is {self.objective!r}; choose one of {_OBJECTIVES}")


@dataclass(frozen=True)
class Trees:
    """How many trees, how large and how careful.

    Parameters
    ----------
    n_trees : trees per member
    n_leaves : leaves per tree; None: one per 10,000 examples, within 15..127
    min_rows : examples that a leaf holds at least
    learning_rate : share of a tree's advice that is taken, 0..1
    feature_share, row_share : drawn anew for each tree, 0..1
    n_bins : distinct values that a feature keeps; None: 255, or 63 from half a million examples on
    """

    n_trees: int = 250
    n_leaves: int | None = None
    min_rows: int = 40
    learning_rate: float = 0.06
    feature_share: float = 0.5
    row_share: float = 0.7
    n_bins: int | None = None

    def __post_init__(self) -> None:
        for name in ("n_trees", "min_rows", "n_bins"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"{name} is {value}; it must be at least 1")
        if self.n_leaves is not None and self.n_leaves < 2:
            raise ConfigError(f"n_leaves is {self.n_leaves}; a tree needs at least 2, or None")
        for name in ("learning_rate", "feature_share", "row_share"):
            if not 0 < getattr(self, name) <= 1:
                raise ConfigError(f"{name} is {getattr(self, name)}; choose a share in (0, 1]")


@dataclass(frozen=True)
class Ensemble:
    """Trained boosters over one list of features; their equal-weight mean is the forecast."""

    names: tuple[str, ...]
    boosters: tuple[Any, ...]

    def predict(self, features: Floats) -> Floats:
        """Expected demand in units of the scale, (R,), >= 0."""
        votes = [b.predict(features, num_threads=_threads()) for b in self.boosters]
        return np.maximum(np.mean(votes, axis=0), 0).astype(np.float32)


def train(
    rows: Rows, members: tuple[Member, ...], trees: Trees, ways: Directions | None = None
) -> Ensemble:
    """All members, trained on the same rows, binned once.

    ways : covariates whose planned values only ever lower or raise the forecast
    """
    # OpenMP threads that spin while they wait burn the second core of a small machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import lightgbm

    settings = {
        "verbose": -1,
        "num_threads": _threads(),
        "max_bin": trees.n_bins or (63 if len(rows.target) >= 500_000 else 255),
        "min_data_in_leaf": max(1, min(trees.min_rows, len(rows.target) // 10)),
        "feature_pre_filter": False,
        "deterministic": True,
        "force_row_wise": True,
    }
    data = lightgbm.Dataset(
        rows.features, rows.target, feature_name=list(rows.names), params=settings
    ).construct()
    signs = None if ways is None else ways.signs(rows.names)
    constraints = {} if signs is None else _monotone(signs)
    boosters = []
    for member in members:
        data.set_weight(rows.weight * rows.scale**member.scale_power)
        style = settings | _style(member, trees, len(rows.target)) | constraints
        boosters.append(lightgbm.train(style, data, trees.n_trees))
    return Ensemble(rows.names, tuple(boosters))


def _style(member: Member, trees: Trees, n_rows: int) -> dict[str, Any]:
    n_leaves = trees.n_leaves or min(127, max(15, n_rows // 10_000))
    return {
        "objective": member.objective,
        "tweedie_variance_power": 1.2,
        "learning_rate": trees.learning_rate,
        "num_leaves": n_leaves,
        "feature_fraction": trees.feature_share,
        "bagging_fraction": trees.row_share,
        "bagging_freq": 1,
        "lambda_l2": 1.0,
        "seed": member.seed,
    }


def _monotone(signs: list[int]) -> dict[str, Any]:
    """What LightGBM wants to hear of features that only ever lower (-1) or raise (1) the forecast."""
    return {"monotone_constraints": signs, "monotone_constraints_method": "intermediate"}


def _threads() -> int:
    """Threads for the trees: OMP_NUM_THREADS where set, else two, which is where gains flatten."""
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    return int(wanted) if wanted.isdigit() and int(wanted) > 0 else min(2, os.cpu_count() or 1)
