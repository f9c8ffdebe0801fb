"""The ranked buy list against HiGHS: the same frontier, and nearly the same whole packs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from onhand.decide.replenish.budget import buy_list, frontier, spend
from onhand.decide.replenish.marginal import Worth
from onhand.optimize.linear import LinearProgram, solve


def program(worth: Worth, cost: np.ndarray, limit: float) -> LinearProgram:
    """One number per pack; worth falls, so packs are taken in their order without being told."""
    n, k = worth.worth.shape
    size = np.repeat(worth.step * cost, k)
    return LinearProgram(
        -worth.worth.ravel(),
        csr_array(size[None]),
        np.array([-np.inf]),
        np.array([limit]),
        np.zeros(n * k),
        np.ones(n * k),
        np.ones(n * k, dtype=np.bool_),
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("share", [0.2, 0.7])
def test_the_list_is_the_linear_program_and_close_to_the_whole_one(seed: int, share: float) -> None:
    """Frontier = relaxed program, to rounding; whole packs are within the list's last block."""
    rng = np.random.default_rng(seed)
    worth = Worth(rng.choice([1.0, 4.0], 12), -np.sort(-rng.normal(2, 4, (12, 10)), axis=1))
    cost = rng.uniform(1, 5, 12)
    plan = buy_list(worth, unit_size=cost)
    limit = share * float(plan.size.sum())
    whole = program(worth, cost, limit)
    on_the_line = float(np.interp(limit, *frontier(plan)))
    assert -solve(whole.relaxed()).cost == pytest.approx(on_the_line, rel=1e-9)
    best = -solve(whole).cost
    packs = np.arange(10) < (spend(plan, limit) / worth.step)[:, None]
    bought = float((worth.worth * packs).sum())
    assert best - plan.value.max() <= bought <= best + 1e-6 <= on_the_line + 2e-6
