"""How is a learned policy taught? By walking down the slope of what its orders cost.

The physics of `onhand.inventory.moves` is piecewise linear, so the cost of a whole stretch has a
derivative with respect to every number behind its orders, through all the stock that they leave
behind. Packs are rounded forwards and ignored backwards (Bengio, Léonard & Courville 2013,
straight-through). Needs PyTorch (`pip install "onhand[deep]"`); the taught policy does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onhand.decide.replenish.learned import (
    FEATURES,
    LEAST,
    MOST,
    LearnedProjection,
    Weights,
    features_of,
)
from onhand.errors import ConfigError, HistoryError
from onhand.inventory.costs import LONGEST_LEFTOVER, Costs
from onhand.inventory.policy import Situation
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms

__all__ = ["Lesson", "Teaching", "imagined", "teach"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Lesson:
    """A stretch of P periods to learn from, with what was known at each review of it.

    opening : Stock, (N,), at the review before period 0
    forecasts : P arrays (N, S, H), or None where nobody reviews
    demand : (N, P) units; NaN counts as none
    terms, costs : (N,)
    first_scored : periods before it are played and not counted
    rate_after : (N,) units per period at which what is left will sell, or None: it costs nothing
    """

    opening: Stock
    forecasts: Sequence[NDArray[np.float32] | None]
    demand: Array
    terms: SupplyTerms
    costs: Costs
    first_scored: int = 0
    rate_after: Array | None = None


@dataclass(frozen=True)
class Teaching:
    """What came of it.

    policy : the best round on the lessons held back if it beats the start there beyond chance, else
        the start
    best : the best round, whether by chance or not
    held_back : cost of the lessons held back after each round, money; the first is the start's
    gain, gain_error : what the best round saved there, and the standard error of that over stock
        points, money
    """

    policy: LearnedProjection
    best: LearnedProjection
    held_back: tuple[float, ...]
    gain: float
    gain_error: float

    @property
    def is_kept(self) -> bool:
        """Whether anything that was learned is used."""
        return self.policy.weights is not None


def imagined(lesson: Lesson, rng: np.random.Generator) -> Lesson:
    """The same lesson with demand drawn from its own forecasts: one possible world, joint over rows.

    Each period's demand is that of one world of the latest review, so what happens is what was
    expected, in distribution: a lesson for which no future has to be known.
    """
    drawn = np.zeros_like(lesson.demand)
    latest, made_at = None, 0
    for period in range(drawn.shape[1]):
        paths = lesson.forecasts[period]
        if paths is not None:
            latest, made_at = paths, period
        if latest is None or period - made_at >= latest.shape[2]:
            raise HistoryError(
                f"the forecasts of this lesson do not reach period {period}; review more often or "
                "forecast further"
            )
        drawn[:, period] = latest[:, rng.integers(latest.shape[1]), period - made_at]
    return replace(lesson, demand=drawn)


def teach(
    start: LearnedProjection,
    lessons: Sequence[Lesson],
    held_back: Sequence[Lesson],
    *,
    n_units: int = 8,
    n_rounds: int = 40,
    step: float = 0.02,
    decay: float = 1e-3,
    n_samples: int = 100,
    seed: int = 0,
) -> Teaching:
    """Teach `start` on `lessons`; keep what did best on the lessons held back, if it is no accident.

    What was learned is kept only where it saves more than twice the standard error of its saving,
    paired by stock point: the best of many rounds is always a little better by luck.

    Parameters
    ----------
    lessons, held_back : Lesson, lost sales
        Held back ones should be later than the others: they say when to stop.
    n_units : of the hidden layer
    n_rounds : times that every lesson is gone through
    step : of Adam (Kingma & Ba 2015)
    decay : pull of every weight towards 0, that is towards the start
    n_samples : paths used of each forecast, the first so many
    seed : of the first weights and of the order of lessons

    Raises
    ------
    HistoryError
        When there is no lesson to learn from or none held back.
    ConfigError
        When PyTorch is not installed.
    """
    if not lessons or not held_back:
        raise HistoryError("teaching needs at least one lesson and one held back")
    torch = _torch()
    ready = [_prepared(torch, lesson, n_samples) for lesson in lessons]
    tests = [_prepared(torch, lesson, n_samples) for lesson in held_back]
    everything = np.concatenate([f for lesson in ready for f in lesson.features.values()])
    center, scale = everything.mean(axis=0), np.maximum(everything.std(axis=0), 1e-6)
    rng = np.random.default_rng(seed)
    weights = Weights(
        rng.normal(0, 1 / np.sqrt(len(FEATURES)), (len(FEATURES), n_units)),
        np.zeros(n_units),
        np.zeros((n_units, 2)),
        np.zeros(2),
        center,
        scale,
    )
    net = _Net(torch, weights, start.quantile)
    adam = torch.optim.AdamW(net.parameters, lr=step, weight_decay=decay)
    untaught = best_cost = _totals(torch, net, tests)
    best, costs = start, [float(untaught.sum())]
    for _ in range(n_rounds):
        for place in rng.permutation(len(ready)):
            adam.zero_grad()
            lesson = ready[place]
            (_costs(torch, net, lesson).sum() / lesson.size).backward()
            torch.nn.utils.clip_grad_norm_(net.parameters, 1.0)
            adam.step()
        now = _totals(torch, net, tests)
        if now.sum() < min(costs):
            best, best_cost = LearnedProjection(start.quantile, net.weights()), now
        costs.append(float(now.sum()))
    saved = untaught - best_cost
    gain, error = float(saved.sum()), float(saved.std() * np.sqrt(len(saved)))
    return Teaching(best if gain > 2 * error else start, best, tuple(costs), gain, error)


# --- the network, the lesson and the physics as tensors ------------------------------------------


def _torch() -> Any:
    try:
        import torch
    except ImportError as error:
        message = 'a policy is taught with PyTorch: pip install "onhand[deep]"'
        raise ConfigError(message) from error
    return torch


class _Net:
    """The network of `Weights` with its numbers as tensors that know their slopes."""

    def __init__(self, torch: Any, weights: Weights, quantile: float) -> None:
        self._torch, self._base = torch, float(np.log(quantile / (1 - quantile)))
        self._center, self._scale = weights.center, weights.scale
        taught = (weights.hidden, weights.hidden_bias, weights.out, weights.out_bias)
        self.parameters = [torch.tensor(w, dtype=torch.float64, requires_grad=True) for w in taught]

    def settings(self, features: Array) -> tuple[Any, Any]:
        """Quantile and cushion of each row, (N,) each."""
        torch = self._torch
        hidden, hidden_bias, out, out_bias = self.parameters
        seen = torch.from_numpy((features - self._center) / self._scale)
        said = torch.tanh(seen @ hidden + hidden_bias) @ out + out_bias
        return torch.sigmoid(self._base + said[:, 0]).clamp(LEAST, MOST), torch.tanh(said[:, 1])

    def weights(self) -> Weights:
        """The numbers as they stand."""
        now = [p.detach().numpy().copy() for p in self.parameters]
        return Weights(now[0], now[1], now[2], now[3], self._center, self._scale)


@dataclass(frozen=True)
class _Prepared:
    """A lesson as tensors; features and paths by period, kinds of rows by (L, R)."""

    lesson: Lesson
    paths: dict[int, Any]
    features: dict[int, Array]
    demand: Any
    kinds: tuple[tuple[Any, int, int], ...]
    size: float


def _prepared(torch: Any, lesson: Lesson, n_samples: int) -> _Prepared:
    terms = lesson.terms
    both = np.stack([terms.lead_time, terms.review_period], axis=1)
    kinds, kind_of = np.unique(both, axis=0, return_inverse=True)
    paths, features = {}, {}
    reach = int(terms.protection_interval.max(initial=1))
    for period, told in enumerate(lesson.forecasts):
        if told is None:
            continue
        few = np.ascontiguousarray(told[:, :n_samples, :reach])
        paths[period] = torch.from_numpy(few.astype(np.float64))
        features[period] = features_of(Situation(lesson.opening, few, terms, lesson.costs))
    demand = np.nan_to_num(lesson.demand)
    money = demand.mean(axis=1) @ lesson.costs.shortage_cost * demand.shape[1]
    return _Prepared(
        lesson,
        paths,
        features,
        torch.from_numpy(demand),
        tuple(
            (torch.from_numpy(np.flatnonzero(kind_of.ravel() == k)), int(lead), int(review))
            for k, (lead, review) in enumerate(kinds)
        ),
        max(float(money), 1e-9),
    )


def _totals(torch: Any, net: _Net, lessons: Sequence[_Prepared]) -> Array:
    """What each stock point of each lesson costs, one after the other."""
    with torch.no_grad():
        return np.concatenate([_costs(torch, net, lesson).numpy() for lesson in lessons])


def _costs(torch: Any, net: _Net, ready: _Prepared) -> Any:
    """What each stock point costs with the network's orders, (n,), a tensor that knows its slope."""
    lesson = ready.lesson
    hold, miss, fixed = (
        torch.tensor(c)
        for c in (lesson.costs.holding_cost, lesson.costs.shortage_cost, lesson.costs.order_cost)
    )
    width = max(lesson.opening.pipeline.shape[1], int(lesson.terms.lead_time.max(initial=0)) + 1)
    n, n_periods = lesson.demand.shape
    pipeline = torch.zeros((n, width), dtype=torch.float64)
    opening = torch.tensor(lesson.opening.pipeline)
    pipeline[:, : opening.shape[1]] = opening
    shelf = torch.tensor(lesson.opening.on_hand)
    cost = torch.zeros(n, dtype=torch.float64)
    for period in range(n_periods):
        order = _orders(torch, net, ready, period, shelf, pipeline)
        slots = torch.arange(width) == torch.tensor(lesson.terms.lead_time)[:, None]
        pipeline = pipeline + slots * order[:, None]
        shelf = shelf + pipeline[:, 0]
        pipeline = torch.nn.functional.pad(pipeline[:, 1:], (0, 1))
        served = torch.minimum(shelf, ready.demand[:, period])
        shelf = shelf - served
        if period >= lesson.first_scored:
            short = ready.demand[:, period] - served
            cost = cost + hold * shelf + miss * short + fixed * (order > 0)
    return cost + _leftover(torch, lesson, hold, shelf + pipeline.sum(dim=1))


def _orders(torch: Any, net: _Net, ready: _Prepared, period: int, shelf: Any, pipeline: Any) -> Any:
    """Units ordered at the review before `period`, (n,)."""
    order = torch.zeros_like(shelf)
    if period not in ready.paths:
        return order
    quantile, cushion = net.settings(ready.features[period])
    pack = torch.tensor(ready.lesson.terms.pack_size)
    for rows, lead_time, review_period in ready.kinds:
        if period % review_period:
            continue
        paths = ready.paths[period][rows, :, : lead_time + review_period]
        missing = _shortfalls(torch, paths, shelf[rows], pipeline[rows], lead_time)
        rate = paths[:, :, lead_time:].mean(dim=(1, 2))
        need = _quantile(missing, quantile[rows]) + cushion[rows] * rate
        need = torch.relu(need)
        packed = torch.floor(need / pack[rows] + 0.5) * pack[rows]
        order = order.index_copy(0, rows, need + (packed - need).detach())
    return order


def _shortfalls(torch: Any, demand: Any, shelf: Any, pipeline: Any, lead_time: int) -> Any:
    """`onhand.decide.replenish.cover.shortfalls` for lost sales, as tensors, (n, S)."""
    reach = demand.shape[2]
    due = torch.nn.functional.pad(pipeline, (0, max(0, reach - pipeline.shape[1])))
    stock = shelf[:, None].expand(-1, demand.shape[1])
    for k in range(lead_time):
        stock = torch.relu(stock + due[:, k, None] - demand[:, :, k])
    used = demand[:, :, lead_time:] - due[:, None, lead_time:reach]
    return used.cumsum(dim=2).amax(dim=2) - stock


def _quantile(values: Any, quantile: Any) -> Any:
    """Between the two nearest worlds in each row, so that the quantile itself has a slope."""
    ordered = values.sort(dim=1).values
    place = (quantile * values.shape[1] - 0.5).clamp(0, values.shape[1] - 1)
    below = (
        place.detach().floor().long().clamp(max=values.shape[1] - 2 if values.shape[1] > 1 else 0)
    )
    above = (below + 1).clamp(max=values.shape[1] - 1)
    low, high = (ordered.gather(1, at[:, None])[:, 0] for at in (below, above))
    return low + (place - below) * (high - low)


def _leftover(torch: Any, lesson: Lesson, hold: Any, left: Any) -> Any:
    """What it costs to hold what is left until it is sold; 0 where no rate is given."""
    if lesson.rate_after is None:
        return 0.0
    rate = torch.from_numpy(np.maximum(lesson.rate_after, 1e-9))
    time = torch.clamp(left / rate, max=LONGEST_LEFTOVER)
    return hold * (left * time - rate * time**2 / 2)
