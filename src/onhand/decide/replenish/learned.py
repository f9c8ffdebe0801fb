"""How careful should each stock point be, if its own forecast were to say so?

One quantile for a whole shop is a compromise between items that sell daily and items that sell twice
a year. A small network reads what a stock point's sample paths look like and answers with the two
numbers of a projected-inventory rule. It can only move those two, and only so far: whatever it has
learned, the order remains one that covers a share of the worlds between `LEAST` and `MOST`, plus or
minus one period's mean demand. `onhand.decide.replenish.learning` teaches it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from onhand.decide.replenish.cover import (
    mean_demand,
    protection_horizon,
    shortfall_quantile,
)
from onhand.decide.replenish.fractions import between_0_and_1
from onhand.errors import ShapeError
from onhand.inventory.policy import Situation
from onhand.inventory.terms import SupplyTerms

__all__ = ["FEATURES", "LEAST", "MOST", "LearnedProjection", "Weights", "features_of"]

Array = NDArray[np.float64]

LEAST, MOST = 0.05, 0.995
"""Shares of worlds between which every learned quantile lies."""

FEATURES = ("level", "spread", "silence", "tail", "margin", "lead_time", "review_period")


@dataclass(frozen=True)
class Weights:
    """A network with one hidden layer: 2 outputs = tanh(features @ hidden + bias) @ out + out_bias.

    hidden : (F, U); hidden_bias : (U,); out : (U, 2); out_bias : (2,)
    center, scale : (F,), by which features are standardised first

    Raises
    ------
    ShapeError
        When the shapes do not fit `FEATURES` and each other.
    """

    hidden: Array
    hidden_bias: Array
    out: Array
    out_bias: Array
    center: Array
    scale: Array

    def __post_init__(self) -> None:
        n, units = len(FEATURES), self.hidden.shape[-1]
        wanted = {
            "hidden": (n, units),
            "hidden_bias": (units,),
            "out": (units, 2),
            "out_bias": (2,),
            "center": (n,),
            "scale": (n,),
        }
        for name, shape in wanted.items():
            if getattr(self, name).shape != shape:
                raise ShapeError(f"{name} has shape {getattr(self, name).shape}; expected {shape}")

    def outputs(self, features: Array) -> Array:
        """What the network says, (N, F) -> (N, 2), unbounded."""
        inner = np.tanh((features - self.center) / self.scale @ self.hidden + self.hidden_bias)
        return np.asarray(inner @ self.out + self.out_bias)


@dataclass(frozen=True)
class LearnedProjection:
    """`ProjectedInventory` whose quantile and cushion a small network sets for each stock point.

    order = max(0, quantile q of the shortfall + c · mean demand per period)

    with logit q = logit(quantile) + first output and c = tanh(second output).

    Parameters
    ----------
    quantile : float, `LEAST`..`MOST`, exclusive
        What an untaught network answers everywhere; the tuned quantile is the place to start from.
    weights : Weights, optional
        Of the taught network. None: exactly `ProjectedInventory(quantile)`.

    References
    ----------
    Madeka, Torkkola, Eisenach, Luo, Foster & Kakade (2022), *Deep inventory management*,
    arXiv 2210.03137 (a policy trained through a differentiable simulator). The structure follows
    van Jaarsveld & Arts (2024), doi:10.1287/opre.2021.0032.

    >>> from onhand.decide.replenish.examples import two_worlds
    >>> LearnedProjection(0.9).order(two_worlds()).tolist()
    [5.0]
    """

    quantile: float
    weights: Weights | None = None

    def __post_init__(self) -> None:
        between_0_and_1("quantile", self.quantile)

    @property
    def name(self) -> str:
        """A short name for tables and charts."""
        kind = "untaught" if self.weights is None else "learned"
        return f"{kind} projection from quantile {self.quantile:g}"

    def horizon(self, terms: SupplyTerms) -> int:
        """How many future periods of paths it must be given."""
        return protection_horizon(terms)

    def settings(self, situation: Situation) -> tuple[Array, Array]:
        """Each stock point's quantile, and its cushion in periods of mean demand, both (N,)."""
        n = len(situation.paths)
        if self.weights is None:
            return np.full(n, self.quantile), np.zeros(n)
        said = self.weights.outputs(features_of(situation))
        logit = np.log(self.quantile / (1 - self.quantile)) + said[:, 0]
        return np.clip(expit(logit), LEAST, MOST), np.tanh(said[:, 1])

    def order(self, situation: Situation) -> Array:
        """Units to order now, (N,), finite and >= 0."""
        quantile, cushion = self.settings(situation)
        need = shortfall_quantile(situation, quantile, "lost_sales")
        return np.maximum(0.0, need + cushion * _per_period(situation))


def features_of(situation: Situation) -> Array:
    """What the network reads, (N, F) in the order of `FEATURES`; all free of units but `level`.

    level : log of 1 + mean demand over the protection interval
    spread : log of 1 + its coefficient of variation
    silence : share of the worlds without any demand in it
    tail : how much longer the upper tenth is than the lower one, 0 where both are alike
    margin : log of shortage cost over the holding cost of one review period
    lead_time, review_period : logs of 1 + L and of R

    >>> from onhand.decide.replenish.examples import two_worlds
    >>> features_of(two_worlds()).round(2).tolist()
    [[2.3, 0.51, 0.0, 0.0, 1.61, 1.1, 0.0]]
    """
    terms, costs = situation.terms, situation.costs
    total = _demand_over_protection(situation)  # (N, S)
    mean, deviation = total.mean(axis=1), total.std(axis=1)
    low, middle, high = np.quantile(total, (0.1, 0.5, 0.9), axis=1)
    width = high - low
    tail = np.divide(high + low - 2 * middle, width, out=np.zeros_like(width), where=width > 0)
    variation = np.divide(deviation, mean, out=np.zeros_like(mean), where=mean > 0)
    hold = costs.holding_cost * terms.review_period
    dearest = np.maximum(costs.shortage_cost, 1e-9) / np.maximum(hold, 1e-9)
    columns = (
        np.log1p(mean),
        np.log1p(variation),
        (total <= 0).mean(axis=1),
        tail,
        np.log(np.clip(dearest, 1e-3, 1e3)),
        np.log1p(terms.lead_time),
        np.log(terms.review_period),
    )
    return np.stack(columns, axis=1).astype(np.float64)


def _per_period(situation: Situation) -> Array:
    terms = situation.terms
    covered = mean_demand(situation, terms.lead_time, terms.protection_interval)
    return covered / terms.review_period


def _demand_over_protection(situation: Situation) -> Array:
    """Units over each stock point's own protection interval, (N, S)."""
    reach = situation.terms.protection_interval
    horizon = situation.paths.shape[2]
    if reach.max(initial=0) > horizon:
        raise ShapeError(
            f"paths reach {horizon} periods ahead; this decision looks {reach.max()} periods "
            "ahead: forecast at least `policy.horizon(terms)` periods"
        )
    inside = np.arange(horizon) < reach[:, None]  # (N, H)
    return np.einsum("nsh,nh->ns", situation.paths, inside.astype(np.float32)).astype(np.float64)
