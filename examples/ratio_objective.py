"""The objective of the field's tutorials, worked: 1,000 items, a forecast of 10 days.

    python examples/ratio_objective.py [--picture docs/concepts/ratio-objective.svg]

Minimise  Σ alpha * I + beta * (1 - D / I) + gamma * E  over stock levels I, "with a genetic algorithm,
population 50, 100 generations". Read literally there is no answer, as the picture shows. In the
bounded reading the quantile gives the exact answer; the genetic algorithm is set beside it, and both
are set beside the levels that are best in money.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from onhand.decide.replenish.levels import exact_levels, newsvendor_problem
from onhand.decide.replenish.ratio import (
    RatioObjective,
    exact_ratio,
    implied_no_stockout_probability,
    literal_objective,
    ratio_problem,
    search_ratio,
)
from onhand.inventory.costs import Costs
from onhand.optimize.methods import GeneticAlgorithm
from onhand.optimize.stop import Evaluations

N_ITEMS, N_WORLDS, N_DAYS = 1000, 200, 10
WEIGHTS = RatioObjective(alpha=1.0, beta=10.0, gamma=10.0)


def forecast(seed: int = 7) -> np.ndarray:
    """Demand of the next ten days in 200 possible worlds, (N, S, H): intermittent, some items busy."""
    rng = np.random.default_rng(seed)
    rate = rng.lognormal(0.5, 1.0, (N_ITEMS, 1, 1))
    return rng.negative_binomial(1.5, 1.5 / (1.5 + rate), (N_ITEMS, N_WORLDS, N_DAYS))


def main() -> None:
    """Solve, compare, print; draw if asked."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--picture", type=Path, help="write the picture of the literal formula here"
    )
    parser.add_argument("--generations", type=int, default=100)
    args = parser.parse_args()
    if args.picture:
        args.picture.write_text(picture(), encoding="utf-8")
        print(f"wrote {args.picture}")
        return

    demand = forecast().sum(axis=2).astype(np.float64)  # (N, S) over the ten days
    exact_ratio(demand[:2], WEIGHTS)  # compiles
    started = time.process_time()
    exact = exact_ratio(demand, WEIGHTS)
    exact_cpu = time.process_time() - started

    started = time.process_time()
    found = search_ratio(
        demand,
        WEIGHTS,
        GeneticAlgorithm(population=50),
        Evaluations(50 * args.generations),
        rng=np.random.default_rng(1),
    )
    found_cpu = time.process_time() - started

    warm = search_ratio(
        demand,
        WEIGHTS,
        GeneticAlgorithm(population=50),
        Evaluations(50 * args.generations),
        rng=np.random.default_rng(1),
        start=exact.candidate,
    )
    asked = implied_no_stockout_probability(demand.mean(axis=1), WEIGHTS)
    low, middle, high = np.quantile(asked, (0.1, 0.5, 0.9))
    print(f"{N_ITEMS:,} items, {N_WORLDS} worlds of {N_DAYS} days, {WEIGHTS}")
    print(f"the weights ask for no stock-out in {middle:.1%} of worlds ({low:.1%} to {high:.1%})\n")

    # A unit costs between £1 and £60, earns 40 % of that, and a year of holding it costs 25 %.
    unit_cost = np.random.default_rng(11).lognormal(2.0, 0.8, N_ITEMS)
    money = newsvendor_problem(
        demand, Costs.of(0.25 * unit_cost * N_DAYS / 365, 0.4 * unit_cost, n_series=N_ITEMS)
    )
    answers = {
        "exact quantile": (exact.candidate, exact_cpu),
        f"genetic algorithm, 50 x {args.generations}": (found.candidate, found_cpu),
        "best in money": (exact_levels(money), None),
    }
    print(
        f"{'levels':<28}{'objective':>12}{'gap':>9}{'units':>10}{'filled':>9}{'money':>10}{'CPU s':>8}"
    )
    problem = ratio_problem(demand, WEIGHTS)
    for name, (levels, cpu) in answers.items():
        cost = float(problem.costs(levels[None])[0])
        met = np.minimum(np.sort(demand, axis=1), levels[:, None]).sum() / demand.sum()
        print(
            f"{name:<28}{cost:>12,.0f}{cost / exact.cost - 1:>9.2%}{levels.sum():>10,.0f}{met:>9.1%}"
            f"{float(money.costs(levels[None])[0]):>10,.0f}"
            + (f"{cpu:>8.2f}" if cpu is not None else "")
        )
    print(f"\nstarted from the exact answer the genetic algorithm gains {-(warm.gap or 0.0):.2%}")
    none = literal_objective(np.full(N_ITEMS, 0.01), demand.mean(axis=1), WEIGHTS).sum()
    print(f"the literal formula gives {none:,.0f} for 0.01 units of everything: hold nothing")


def picture() -> str:
    """One item that sells 20 on average: the literal formula, and the bounded reading, by level."""
    demand = np.sort(np.random.default_rng(1).poisson(20.0, (1, 2000)), axis=1).astype(np.float64)
    weights = RatioObjective(alpha=1.0, beta=100.0, gamma=5.0)
    levels = np.concatenate([np.geomspace(0.4, 2, 60), np.linspace(2, 45, 173)[1:]])
    literal = literal_objective(levels, 20.0, weights)
    bounded = ratio_problem(demand, weights).costs(levels[:, None])
    best = exact_ratio(demand, weights)
    x = 60 + levels / 45 * 560
    top, bottom = 220.0, -260.0

    def y(cost: np.ndarray) -> np.ndarray:
        return 30 + (top - np.clip(cost, bottom, top)) / (top - bottom) * 300

    def line(cost: np.ndarray, style: str) -> str:
        inside = cost >= bottom
        points = " ".join(
            f"{a:.1f},{b:.1f}" for a, b in zip(x[inside], y(cost)[inside], strict=True)
        )
        return f'<polyline points="{points}" fill="none" stroke-width="2.5" {style}/>'

    level = float(best.candidate[0])
    at = 60 + level / 45 * 560, float(y(np.array([best.cost]))[0])
    zero = float(y(np.zeros(1))[0])
    ticks = "".join(
        f'<text x="{60 + t / 45 * 560:.0f}" y="350" text-anchor="middle">{t}</text>'
        for t in range(0, 46, 5)
    )
    marks = "".join(
        f'<text x="52" y="{float(y(np.array([c]))[0]) + 4:.0f}" text-anchor="end">{c:.0f}</text>'
        f'<path d="M60 {float(y(np.array([c]))[0]):.1f}H620" stroke="#ddd"/>'
        for c in (-200.0, -100.0, 0.0, 100.0, 200.0)
    )
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 390" role="img"
 aria-label="The literal formula falls without end as the level goes to 0; the bounded reading has a lowest point"
 font-family="sans-serif" font-size="13" fill="#333">
<rect width="640" height="390" fill="#fff"/>
{marks}<path d="M60 {zero:.1f}H620M60 30V330" stroke="#999"/>{ticks}
<text x="340" y="376" text-anchor="middle">stock level of one item that sells 20 on average, units</text>
{line(literal, 'stroke="#c2410c" stroke-dasharray="7 4"')}
{line(bounded, 'stroke="#0f766e"')}
<circle cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="5" fill="#0f766e"/>
<text x="{at[0] + 8:.0f}" y="{at[1] + 36:.0f}" fill="#0f766e">bounded reading: lowest at {level:.0f}</text>
<text x="136" y="318" fill="#c2410c">literal formula: the less the better, without end</text>
</svg>
"""


if __name__ == "__main__":
    main()
