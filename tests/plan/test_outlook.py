"""What is expected with the order and without it, in worlds small enough to work out by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from onhand.decide.replenish import ProjectedInventory, ProtectionCoverage
from onhand.decide.replenish.cover import Shortage
from onhand.decide.replenish.projected_cover import ProjectedCover
from onhand.forecast import DemandPaths
from onhand.inventory.costs import Costs
from onhand.inventory.lots import ShelfLots
from onhand.inventory.moves import place, serve_or_backorder, serve_or_lose
from onhand.inventory.policy import Policy
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms
from onhand.plan import outlook
from onhand.plan.outlook import Lookahead, Outlook, look_ahead, projected_stock


@dataclass(frozen=True)
class Known:
    """A forecaster that knows all worlds, (N, S, H)."""

    worlds: NDArray[np.float32]

    def mean(self, horizon: int) -> NDArray[np.float32]:
        return self.worlds[:, :, :horizon].mean(axis=1)

    def paths(
        self,
        horizon: int,
        n_samples: int,
        *,
        rng: object,  # noqa: ARG002
        rows: slice = slice(None),
    ) -> DemandPaths:
        assert n_samples == self.worlds.shape[1]
        return DemandPaths.of(self.worlds[rows, :, :horizon])


def look(policy: Policy, on_hand: list[float], worlds: object, **terms: object) -> Outlook:
    """The outlook of one decision with lead time 1, reviewed every period."""
    array = np.asarray(worlds, dtype=np.float32)
    n = len(array)
    rules = SupplyTerms.of(1, n_series=n, **terms)  # type: ignore[arg-type]
    ahead = Lookahead(policy, horizon=array.shape[2], n_samples=array.shape[1], seed=0)
    stock = Stock.of(on_hand, np.zeros((n, 2)))
    return look_ahead(Known(array), stock, rules, Costs.of(0.1, 1.0, n_series=n), ahead)


def test_two_worlds_by_hand() -> None:
    """4 on hand; the slow world wants 1 a period, the fast one 5; goods come after one period.

    Slow: 4 -1 = 3 left, wants 1: short of nothing. Fast: loses 1 of 5 in the first period, whatever
    is ordered, and 5 of 5 in the second without the order of 5.
    """
    out = look(ProjectedCover(0.9, 0), [4.0], [[[1, 1, 1], [5, 5, 5]]])
    assert out.need.tolist() == out.quantity.tolist() == [5.0]
    assert out.stockout.tolist() == out.stockout_with.tolist() == [0.5]
    assert out.lost.tolist() == [3.0]
    assert out.lost_with.tolist() == out.lost_early.tolist() == [0.5]
    assert out.projected.tolist() == [1.5]  # 3 in one world, 0 in the other
    assert out.target.tolist() == [5.0]
    assert out.by_chance.tolist() == [1.5]  # where 5 are wanted nothing is left
    assert out.interval_mean.tolist() == [6.0]
    assert out.interval_target.tolist() == [10.0]
    assert out.stockout_period.tolist() == [0]
    assert out.cover.tolist() == pytest.approx([4 / 3])


def test_projected_inventory_by_itself_is_the_cover_of_no_more_periods() -> None:
    """The same quantile, need and parts, whether the policy could look further or not."""
    worlds = [[[1, 1, 1], [5, 5, 5]]]
    bare, same = (look(p, [4.0], worlds) for p in (ProjectedInventory(0.9), ProjectedCover(0.9, 0)))
    assert bare.quantile.tolist() == [0.9]
    for name in ("need", "quantile", "target", "projected", "by_chance", "interval_target"):
        np.testing.assert_array_equal(getattr(bare, name), getattr(same, name))


@pytest.mark.parametrize("shortage", ["lost_sales", "backorder"])
@pytest.mark.parametrize("extra", [0, 2])
def test_the_need_is_the_sum_of_its_parts(shortage: Shortage, extra: int) -> None:
    """Worked out from the worlds, not from the need: another policy's need would not add up."""
    rng = np.random.default_rng(3)
    worlds = rng.poisson(4, (40, 30, 8)).astype(np.float32)
    stock = Stock.of(
        rng.integers(0, 12, 40),
        rng.integers(0, 9, (40, 4)).astype(float),
        rng.integers(0, 7, 40) % 4,
    )
    policy = ProjectedCover(0.9, extra, shortage)
    ahead = Lookahead(policy, 8, 30, seed=0, shortage=shortage)
    terms, costs = SupplyTerms.of(2, review_period=2, n_series=40), Costs.of(0.1, 1.0, n_series=40)
    out = look_ahead(Known(worlds), stock, terms, costs, ahead)
    parts = out.target - out.projected + out.owed + out.by_waste + out.by_chance
    np.testing.assert_allclose(np.maximum(parts, 0), out.need, atol=1e-4)
    cover = worlds[:, :, 2 : 4 + extra].sum(axis=2)
    np.testing.assert_allclose(out.target, np.quantile(cover, 0.9, axis=1, method="inverted_cdf"))
    assert (out.need > 0).sum() > 10
    other = look_ahead(
        Known(worlds), stock, terms, costs, replace(ahead, policy=ProjectedCover(0.6, extra))
    )
    assert not np.allclose(np.maximum(parts, 0), other.need)


def test_what_customers_are_owed_is_told_apart() -> None:
    """7 owed, an empty shelf, one wanted a period: 1 for the cover and the 7; nothing is left."""
    stock = Stock.of([0.0], np.zeros((1, 2)), [7.0])
    ahead = Lookahead(ProjectedCover(0.9, 0), horizon=3, n_samples=2, seed=0)
    worlds = np.ones((1, 2, 3), dtype=np.float32)
    terms, costs = SupplyTerms.of(1, n_series=1), Costs.of(0.1, 1.0, n_series=1)
    out = look_ahead(Known(worlds), stock, terms, costs, ahead)
    got = (out.target[0], out.projected[0], out.owed[0], out.by_chance[0], out.need[0])
    assert got == (1.0, 0.0, 7.0, 0.0, 8.0)


def test_waste_is_not_called_demand() -> None:
    """6 on the shelf perish within the period; 3 sell a period: 3 are wanted, and the 3 left then are gone.

    The policy is shown the waste as demand; the target stays what customers want.
    """
    worlds = np.full((1, 2, 3), 3.0, dtype=np.float32)
    lots = ShelfLots(np.array([[6.0]]), np.array([1.0]))
    ahead = Lookahead(ProjectedCover(0.9, 0), 3, 2, 0, lots=lots)
    terms, costs = SupplyTerms.of(1, n_series=1), Costs.of(0.1, 1.0, n_series=1)
    out = look_ahead(Known(worlds), Stock.of([6.0], np.zeros((1, 2))), terms, costs, ahead)
    assert out.target.tolist() == [3.0]
    parts = out.target - out.projected + out.owed + out.by_waste + out.by_chance
    np.testing.assert_allclose(np.maximum(parts, 0), out.need, atol=1e-5)
    assert out.need.tolist() == [3.0]


def test_position_policies_measure_the_position() -> None:
    """Coverage of 2 x 6 expected, 4 in hand: 8."""
    out = look(ProtectionCoverage(2.0), [4.0], [[[1, 1], [5, 5]]])
    assert (out.projected[0], out.target[0], out.need[0]) == (4.0, 12.0, 8.0)
    assert np.isnan(out.quantile[0])


def test_packs_and_minima_are_told_apart() -> None:
    """5 needed, at least 7, in packs of 4: 2 for the minimum, 1 for the pack."""
    out = look(ProjectedCover(0.9, 0), [4.0], [[[1, 1], [5, 5]]], minimum_order=7, pack_size=4)
    assert (out.by_minimum[0], out.by_pack[0], out.quantity[0]) == (2.0, 1.0, 8.0)


def test_nothing_wanted_is_covered_for_ever() -> None:
    """No demand, no order, no risk."""
    out = look(ProjectedCover(0.9, 0), [0.0], np.zeros((1, 2, 3)))
    assert (out.quantity[0], out.stockout[0], out.cover[0]) == (0.0, 0.0, np.inf)
    assert out.stockout_period.tolist() == [-1]


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """One stock point at a time or all at once: the same outlook."""
    worlds = np.random.default_rng(1).poisson(3, (5, 8, 4))
    whole = look(ProjectedCover(0.8, 1), [3.0] * 5, worlds)
    monkeypatch.setattr(outlook, "_CELLS", 1)
    pieces = look(ProjectedCover(0.8, 1), [3.0] * 5, worlds)
    for name in ("quantity", "projected", "lost_with", "cover", "stockout_period"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(pieces, name))


@pytest.mark.parametrize("shortage", ["lost_sales", "backorder"])
def test_projection_is_the_plain_moves(shortage: str) -> None:
    """The projected shelf is what `place` and `serve` leave, world by world."""
    rng = np.random.default_rng(2)
    demand = rng.poisson(4, (3, 5, 6)).astype(np.float32)
    stock = Stock.of([5.0, 0.0, 9.0], rng.integers(0, 6, (3, 3)).astype(float), [0.0, 2.0, 0.0])
    quantity = np.array([4.0, 0.0, 7.0])
    due = outlook.arrivals(place(stock, quantity, 2), 6)
    on_hand, short = projected_stock(stock, due, demand, shortage)
    serve = serve_or_lose if shortage == "lost_sales" else serve_or_backorder
    for s in range(5):
        now = place(stock, quantity, 2)
        for h in range(6):
            now, flow = serve(now, demand[:, s, h])
            np.testing.assert_allclose(on_hand[:, s, h], now.on_hand)
            np.testing.assert_allclose(short[:, s, h], flow.short)
