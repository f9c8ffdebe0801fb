"""What fits into a budget best, proven: against every choice tried one by one, and bounds that hold."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest

from onhand.decide.replenish.marginal import Worth
from onhand.decide.replenish.shop_limits import SupplierOrder, share_out
from onhand.decide.replenish.shop_limits_exact import Shared, Way, best_share
from onhand.decide.replenish.whole_order import Limit

N, K = 5, 3
EVERY = np.array(list(np.ndindex(*[K + 1] * N)))


@dataclass(frozen=True)
class Shop:
    """Five lines of three packs from two or three suppliers with minima and fees; the last may ship whole."""

    offer: Worth
    least: np.ndarray
    limits: tuple[Limit, ...]
    orders: tuple[SupplierOrder, ...]
    ways: dict[int, tuple[Way, ...]]

    @classmethod
    def drawn(cls, seed: int) -> Shop:
        rng = np.random.default_rng(seed)
        worth = -np.sort(-rng.exponential(5.0, (N, K)), axis=1) - rng.choice([0.0, 2.0])
        cost, volume = rng.uniform(1, 9, (2, N))
        splits = [0, *((2, 4) if rng.random() < 0.5 else (3,)), N]
        orders, ways = [], {}
        for number, (a, b) in enumerate(pairwise(splits)):
            rows = np.arange(a, b)
            fee = float(rng.choice([0, rng.uniform(0, 12)]))
            share = float(rng.choice([0, rng.uniform(0.2, 0.8)]))
            asks = (Limit("value", cost, share * K * float(cost[rows].sum())),) if share else ()
            is_whole = b == N and rng.random() < 0.4
            orders.append(SupplierOrder(rows, () if is_whole else asks, fee, is_whole))
            if is_whole:
                contents = [np.full(b - a, 3.0), rng.integers(0, 3, b - a) * 1.0]
                ways[number] = tuple(Way(units, fee + rng.uniform(0, 5)) for units in contents)
        limits = [Limit("budget", cost, most=rng.uniform(0.15, 0.8) * K * float(cost.sum()))]
        if rng.random() < 0.4:
            room = rng.uniform(0.15, 0.8) * K * float(volume.sum())
            limits.append(Limit("space", volume, most=room))
        least = np.where(rng.random(N) < 0.3, rng.integers(1, 4, N), 1) * 1.0
        return cls(Worth(np.ones(N), worth), least, tuple(limits), tuple(orders), ways)

    def solved(self, seconds: float = 10.0) -> Shared:
        return best_share(
            np.full(N, float(K)), self.offer, self.limits, self.orders,
            line_least=self.least, ways=self.ways, seconds=seconds,
        )  # fmt: skip

    def earned(self, units: np.ndarray) -> np.ndarray:
        """Money of each row of quantities; minus infinity where a limit, a minimum or a container is not kept."""
        sums = np.concatenate([np.zeros((N, 1)), np.cumsum(self.offer.worth, axis=1)], axis=1)
        total = sums[np.arange(N), units].sum(axis=1)
        is_possible = np.ones(len(units), dtype=bool)
        for limit in self.limits:
            is_possible &= units @ limit.unit_size <= limit.most * (1 + 1e-9)
        for number, order in enumerate(self.orders):
            mine = units[:, order.rows]
            placed = mine.any(axis=1)
            if order.is_whole:
                fits = [(mine == way.quantity).all(axis=1) for way in self.ways[number]]
                costs = [way.order_cost for way in self.ways[number]]
                total -= placed * np.where(fits, np.array(costs)[:, None], np.inf).min(axis=0).clip(
                    max=1e9
                )
                is_possible &= ~placed | np.any(fits, axis=0)
                continue
            total -= order.order_cost * placed
            is_possible &= ((mine == 0) | (mine >= self.least[order.rows])).all(axis=1)
            for limit in order.least:
                enough = mine @ limit.unit_size[order.rows] >= limit.least * (1 - 1e-9)
                is_possible &= ~placed | enough
        return np.where(is_possible, total, -np.inf)


@pytest.mark.parametrize("part", range(4))
def test_the_answer_is_the_best_of_all_choices(part: int) -> None:
    """Ten shops each time; what is bought earns what it says, and nothing earns more than the bounds."""
    for seed in range(10 * part, 10 * part + 10):
        shop = Shop.drawn(seed)
        best = float(shop.earned(EVERY).max())
        found = shop.solved()
        assert found.quantity is not None
        units = np.rint(found.quantity).astype(np.int64)[None]
        assert float(shop.earned(units)[0]) == pytest.approx(best, abs=1e-6)
        assert found.worth == pytest.approx(best, abs=1e-6)
        assert found.bound == pytest.approx(best, abs=1e-5)
        loose = shop.solved(seconds=0.0)
        assert loose.quantity is None
        assert loose.bound >= best - 1e-6


def test_the_bound_is_close_where_packs_are_small() -> None:
    """200 lines of eight suppliers with minima and fees: the ranked list is within 1 % of it."""
    rng = np.random.default_rng(4)
    n, k = 200, 8
    offer = Worth(np.ones(n), -np.sort(-rng.gamma(0.5, 10, (n, k)), axis=1) - 1)
    cost, wanted = rng.lognormal(1, 0.8, n), rng.integers(0, k + 1, n) * 1.0
    orders = tuple(
        SupplierOrder(
            rows,
            (Limit("value", cost, rng.uniform(0.1, 0.9) * float(cost[rows] @ wanted[rows])),),
            order_cost=rng.uniform(0, 60),
        )
        for rows in np.split(np.arange(n), 8)
    )
    limit = (Limit("budget", cost, most=0.5 * float(cost @ wanted)),)
    bought = share_out(wanted, offer, limit, orders)
    inside = np.arange(k) < bought[:, None]
    fees = sum(o.order_cost for o in orders if bought[o.rows].any())
    worth = float((offer.worth * inside).sum()) - fees
    bound = best_share(wanted, offer, limit, orders, seconds=0.0).bound
    assert 0.99 * bound <= worth <= bound + 1e-6


def test_a_large_line_is_cut_to_the_pack() -> None:
    """Steps of 40 units, sold in fours: of 400 wanted, money for 150 buys 148."""
    offer = Worth(np.array([40.0]), np.linspace(10, 1, 10)[None])
    budget = Limit("budget", np.ones(1), most=150.0)
    order = (SupplierOrder(np.array([0])),)
    found = best_share([400.0], offer, (budget,), order, pack=[4.0])
    assert found.quantity is not None
    assert found.quantity.tolist() == [148.0]
