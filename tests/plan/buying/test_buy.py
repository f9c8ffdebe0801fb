"""Whatever the lines and the rules: the orders keep every rule, and every change is written down."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onhand.decide.replenish.price_breaks import PriceLadder
from onhand.inventory.terms import SupplyTerms
from onhand.plan.buying.buy import Bought, buy
from onhand.plan.buying.order_days import Timing
from onhand.plan.buying.packing import Solver
from onhand.plan.buying.proposals import Proposal, earned
from onhand.plan.buying.rules import Rules, SupplierRule

N, K = 9, 12
SUPPLIER = np.repeat(["North", "South", "West"], 3)


def proposal(rng: np.random.Generator) -> Proposal:
    """Nine lines in packs, with their least, the most that sells in time, and falling worth."""
    step = rng.choice([1.0, 4.0, 6.0], N)
    least = step * rng.integers(1, 4, N)
    steps = rng.integers(0, K, N)
    quantity = np.where(steps * step >= least, steps * step, 0.0)
    nothing = np.zeros(N)
    return Proposal(
        need=quantity,
        by_cycle=nothing,
        by_minimum=nothing,
        by_pack=nothing,
        by_shelf_life=nothing,
        by_phase_out=nothing,
        by_silence=nothing,
        kept=nothing,
        by_capacity=nothing,
        by_price_break=nothing,
        by_fee=nothing,
        quantity=quantity,
        least=least,
        most=np.maximum(quantity, step * rng.integers(0, 2 * K, N)),
        unit_cost=rng.uniform(0.5, 9.0, N),
        pack=step,
        step=step,
        worth=-np.sort(-rng.normal(3.0, 4.0, (N, K)), axis=1),
        saves=np.zeros((N, K)),
    )


def rules(rng: np.random.Generator, budget: float, space: float) -> Rules:
    """A supplier with minima, one with containers, one that asks nothing."""
    terms = SupplyTerms.of(1, n_series=N)
    today = np.full(N, np.datetime64("2024-07-01"))
    asks = {
        "North": SupplierRule(
            order_cost=float(rng.uniform(0, 20)),
            minimum_value=float(rng.uniform(0, 200)),
            minimum_weight=float(rng.uniform(0, 60)),
        ),
        "South": SupplierRule(
            container_volume=float(rng.uniform(5, 60)), container_cost=float(rng.uniform(0, 20))
        ),
    }
    if rng.random() < 0.3:
        asks["South"] = replace(asks["South"], capacity=float(rng.integers(0, 60)))
    if rng.random() < 0.3:
        asks["West"] = SupplierRule(capacity=float(rng.integers(0, 60)))
    return Rules(
        ladder=PriceLadder.flat(np.ones(N)),
        capacity=np.full(N, np.inf),
        weight=rng.uniform(0.1, 2.0, N),
        volume=rng.uniform(0.1, 2.0, N),
        suppliers=asks,
        timing=Timing(today, today, terms, today),
        shelf_life=np.full(N, np.inf),
        ends=np.full(N, np.inf),
        budget=budget,
        space=space,
        previous=np.zeros(N),
        keep_within=0.0,
        is_frozen=np.zeros(N, dtype=bool),
        is_over=np.zeros(N, dtype=bool),
    )


LIMITS = st.one_of(st.just(np.inf), st.floats(0, 400))


SOLVERS = st.sampled_from([None, None, Solver(), Solver(seconds=1e-6)])


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 100_000), budget=LIMITS, space=LIMITS, solver=SOLVERS)
def test_every_rule_is_kept_for_any_input(
    seed: int, budget: float, space: float, solver: Solver | None
) -> None:
    """Packs, least and most of each line; minima, capacity and containers of suppliers; budget and space.

    By the rule, by the solver, and by a solver that has no time to finish.
    """
    rng = np.random.default_rng(seed)
    lines, asked = proposal(rng), rules(rng, budget, space)
    bought = buy(lines, SUPPLIER, asked, solver)
    q = bought.quantity
    ordered = q > 0
    np.testing.assert_allclose(q / lines.step, np.rint(q / lines.step))
    assert (q[ordered] >= lines.least[ordered] - 1e-9).all()
    assert (q <= np.maximum(lines.most, lines.quantity) + 1e-9).all()
    assert lines.unit_cost @ q <= budget * (1 + 1e-6) + 1e-9
    assert asked.volume @ q <= space * (1 + 1e-6) + 1e-9
    north, south = SUPPLIER == "North", SUPPLIER == "South"
    if q[north].any():
        assert lines.unit_cost[north] @ q[north] >= asked.suppliers["North"].minimum_value - 1e-6
        assert asked.weight[north] @ q[north] >= asked.suppliers["North"].minimum_weight - 1e-6
    if q[south].any():
        filled = float(asked.volume[south] @ q[south]) / asked.suppliers["South"].container_volume
        assert filled >= 0.9 * np.ceil(filled - 1e-9) - 1e-6
    for name, rule in asked.suppliers.items():
        assert q[name == SUPPLIER].sum() <= rule.capacity + 1e-6
    check_written_down(lines, bought)
    for packed in bought.packed:
        assert packed.bound is None or packed.worth <= packed.bound + 1e-6
        assert budget + space < np.inf or packed.worth >= packed.worth_by_rule - 1e-9


def check_written_down(lines: Proposal, bought: Bought) -> None:
    """quantity = proposal + increments; what vanished whole is among the orders that wait."""
    total = lines.quantity + sum(bought.increments.values(), np.zeros(N))
    np.testing.assert_allclose(bought.quantity, total, atol=1e-9)
    waiting = {wait.supplier for wait in bought.waits}
    for name in np.unique(SUPPLIER):
        rows = name == SUPPLIER
        if lines.quantity[rows].any() and not bought.quantity[rows].any():
            assert name in waiting
    for wait in bought.waits:
        assert not bought.quantity[wait.rows].any()
        assert wait.value > 0


def test_a_minimum_out_of_reach_is_named() -> None:
    """The order waits, and the reason is the minimum."""
    rng = np.random.default_rng(5)
    lines, asked = proposal(rng), rules(rng, np.inf, np.inf)
    asks = {"North": SupplierRule(minimum_value=1e6)}
    out_of_reach = Rules(**{**vars(asked), "suppliers": asks})
    bought = buy(lines, SUPPLIER, out_of_reach)
    (wait,) = bought.waits
    assert wait.supplier == "North"
    assert wait.reasons == ("minimum_value",)
    assert bought.quantity[SUPPLIER != "North"] == pytest.approx(
        lines.quantity[SUPPLIER != "North"]
    )


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 100_000), shares=st.tuples(st.floats(0, 0.99), st.floats(0, 0.99)))
def test_more_budget_never_earns_less_with_minima_fees_and_containers(
    seed: int, shares: tuple[float, float]
) -> None:
    """Proven by the solver; and no order earns more than the bound that is told."""
    rng = np.random.default_rng(seed)
    lines, asked = proposal(rng), rules(rng, np.inf, np.inf)
    free = buy(lines, SUPPLIER, asked, Solver())
    earns = []
    for share in sorted(shares):
        budget = share * float(lines.unit_cost @ free.quantity)
        found = buy(lines, SUPPLIER, replace(asked, budget=budget), Solver())
        spent = sum(
            rule.order_cost
            + rule.container_cost * np.ceil(_filled(rule, asked, found.quantity) - 1e-9)
            for name, rule in asked.suppliers.items()
            if found.quantity[name == SUPPLIER].any()
        )
        earns.append(float(earned(lines, found.quantity).sum()) - spent)
        if found.afforded is not None:
            assert found.afforded.worth == pytest.approx(earns[-1], abs=1e-6)
            assert earns[-1] <= found.afforded.bound + 1e-6
            assert found.afforded.worth_by_list <= earns[-1] + 1e-6
    assert earns[1] >= earns[0] - 1e-4 * abs(earns[0]) - 1e-6


def _filled(rule: SupplierRule, asked: Rules, quantity: np.ndarray) -> float:
    """Containers that South's lines fill."""
    if not rule.has_container:
        return 0.0
    south = SUPPLIER == "South"
    return float(asked.volume[south] @ quantity[south]) / rule.container_volume
