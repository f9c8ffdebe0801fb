"""Whatever is late, short or perishes: no unit is made or lost, and no world gets an order twice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from onhand.decide.replenish.projected_cover import ProjectedCover
from onhand.inventory.costs import Costs
from onhand.inventory.lots import Issue, ShelfLots, project_lots
from onhand.inventory.policy import Situation
from onhand.inventory.receipts import SupplyPaths, known_supply
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms
from onhand.plan.projection import View, projected_stock, with_order

N, S, H = 3, 4, 7
SEEDS = st.integers(0, 100_000)


def supply(rng: np.random.Generator) -> SupplyPaths:
    """Open orders, a lead time, a next order and a share delivered, at random in every world."""
    own = rng.integers(0, H + 1, (N, S))
    relief = np.minimum(own + rng.integers(1, 4, (N, S)), H)
    return SupplyPaths(
        arrivals=rng.integers(0, 4, (N, S, H)).astype(np.float32),
        lead_time=own,
        relief=relief,
        delivered=rng.choice([0.5, 1.0], (N, S)).astype(np.float32),
    )


def situation(rng: np.random.Generator) -> Situation:
    """Three stock points in four worlds of seven periods."""
    return Situation(
        Stock.of(rng.integers(0, 9, N).astype(float), np.zeros((N, H)), rng.integers(0, 3, N)),
        rng.poisson(2.0, (N, S, H)).astype(np.float32),
        SupplyTerms.of(rng.integers(0, 3, N), rng.integers(1, 3, N), n_series=N),
        Costs.of(0.1, 1.0, n_series=N),
        supply(rng),
    )


def lots_of(rng: np.random.Generator, on_hand: NDArray[np.float64]) -> ShelfLots:
    """Some of what is on hand perishes soon, and what arrives later may perish too."""
    opening = np.zeros((N, 3))
    for i in range(N):
        opening[i] = np.floor(on_hand[i] * rng.dirichlet(np.ones(4))[:3])
    return ShelfLots(opening, rng.choice([1.0, 2.0, 4.0, np.inf], N))


@settings(max_examples=60, deadline=None)
@given(
    seed=SEEDS,
    shortage=st.sampled_from(["lost_sales", "backorder"]),
    issue=st.sampled_from(["fifo", "lifo"]),
)
def test_units_are_conserved_with_random_lead_times_and_expiry(
    seed: int, shortage: str, issue: Issue
) -> None:
    """What was there and what came was sold, delivered late, thrown away, or is still there."""
    rng = np.random.default_rng(seed)
    now = situation(rng)
    lots = lots_of(rng, now.stock.on_hand)
    view = View.of(now, slice(0, N), bridges=None, lots=lots, shortage=shortage, issue=issue)
    quantity = rng.integers(0, 9, N).astype(float)
    due = with_order(view.shown, quantity)
    found = view.with_orders(quantity)
    assert now.supply is not None
    arrived = np.where(now.supply.lead_time < H, quantity[:, None] * now.supply.share, 0.0)
    np.testing.assert_allclose(
        due.sum(axis=2), now.supply.arrivals.sum(axis=2) + arrived, atol=1e-4
    )
    came = now.stock.on_hand[:, None] + due.sum(axis=2)
    wanted = now.paths.sum(axis=2) + now.stock.backorders[:, None]
    gone = came - found.expired.sum(axis=2) - found.on_hand[:, :, -1]
    assert (gone <= wanted + 1e-3).all()
    if shortage == "lost_sales" and not now.stock.backorders.any():
        np.testing.assert_allclose(gone, wanted - found.short.sum(axis=2), atol=1e-3)
    assert min(found.on_hand.min(), found.short.min(), found.expired.min()) >= 0


def by_hand(
    on_hand: float,
    opening: NDArray[np.float64],
    life: float,
    due: NDArray[np.float32],
    demand: NDArray[np.float32],
    issue: str,
) -> tuple[list[float], list[float], list[float]]:
    """One shelf in one world, as a list of lots (last period, units): the slow and plain way."""
    lots = [[a, u] for a, u in enumerate(opening.tolist())]
    lots.append([10_000, on_hand - opening.sum()])
    shelf, short, expired = [], [], []
    for h in range(len(demand)):
        last = 10_000 if np.isinf(life) else h + int(life) - 1
        lots.append([last, float(due[h])])
        lots.sort(reverse=issue == "lifo")
        wanted = float(demand[h])
        for lot in lots:
            taken = min(wanted, lot[1])
            lot[1] -= taken
            wanted -= taken
        expired.append(sum(u for a, u in lots if a <= h))
        lots = [[a, u] for a, u in lots if a > h]
        shelf.append(sum(u for _, u in lots))
        short.append(wanted)
    return shelf, short, expired


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, issue=st.sampled_from(["fifo", "lifo"]))
def test_the_compiled_lots_are_the_plain_ones(seed: int, issue: Issue) -> None:
    """Lot by lot in plain Python: the same shelf, the same shortage, the same waste."""
    rng = np.random.default_rng(seed)
    now = situation(rng)
    lots = lots_of(rng, now.stock.on_hand)
    assert now.supply is not None
    due = now.supply.arrivals
    found = project_lots(now.stock.on_hand, np.zeros(N), lots, due, now.paths, issue=issue)
    for i in range(N):
        for s in range(S):
            plain = by_hand(
                now.stock.on_hand[i],
                lots.opening[i],
                lots.life[i],
                due[i, s],
                now.paths[i, s],
                issue,
            )
            for ours, theirs in zip(
                (found.on_hand, found.short, found.expired), plain, strict=True
            ):
                np.testing.assert_allclose(ours[i, s], theirs, atol=1e-4)


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS)
def test_lots_that_keep_are_no_lots(seed: int) -> None:
    """Nothing perishes: exactly the stock without lots."""
    now = situation(np.random.default_rng(seed))
    lots = ShelfLots(np.zeros((N, 1)), np.full(N, np.inf))
    due = with_order(now, np.zeros(N))
    found = project_lots(now.stock.on_hand, now.stock.backorders, lots, due, now.paths)
    on_hand, short = projected_stock(now.stock, due, now.paths, "lost_sales")
    np.testing.assert_allclose(found.on_hand, on_hand, atol=1e-4)
    np.testing.assert_allclose(found.short, short, atol=1e-4)
    assert not found.expired.any()


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, quantile=st.sampled_from([0.3, 0.5, 0.8, 0.95]))
def test_a_later_next_order_and_a_shorter_delivery_never_lower_the_order(
    seed: int, quantile: float
) -> None:
    """The order has to last longer, or less of it comes."""
    now = situation(np.random.default_rng(seed))
    assert now.supply is not None
    policy = ProjectedCover(quantile, 0)
    order = policy.order(now)
    later = policy.order(replace(now, supply=now.supply.until_later(2)))
    assert (later >= order - 1e-5).all()
    in_full = policy.order(replace(now, supply=replace(now.supply, delivered=None)))
    assert (order >= in_full - 1e-5).all()


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, extra=st.integers(0, 2))
def test_a_supply_that_is_known_is_the_plain_one(seed: int, extra: int) -> None:
    """The same lead time in every world: the same order as without worlds of supply."""
    rng = np.random.default_rng(seed)
    now = replace(situation(rng), supply=None)
    stock = Stock.of(now.stock.on_hand, rng.integers(0, 4, (N, 4)), now.stock.backorders)
    now = replace(now, stock=stock)
    same = known_supply(stock, now.terms, n_samples=S, horizon=H)
    policy = ProjectedCover(0.8, extra)
    if policy.horizon(now.terms) <= H:
        ours = policy.order(replace(now, supply=same))
        assert ours == pytest.approx(policy.order(now), abs=1e-5)
