"""Do our chains give the published costs of fixed-cost, dual-sourcing and perishable inventory?

Reads the tables of `inventory_rl_tables`; every policy's numbers are searched here, from the
instance. Sources: Bijvank, Bhulai & Huh (2015), EJOR 241; Gijsbrechts et al. (2022), MSOM 24(3);
De Moor et al. (2022), EJOR 301(2), with the values of Farrington et al. (2025).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

import dual_sourcing_chain as dual
import lost_sales_chain as lost
import perishable_chain as perishable

#: Perishable instances with more states are left to base stock: minutes of value iteration each.
MOST_STATES = 200_000


@dataclass(frozen=True)
class Compared:
    """One policy on one instance: our cost (or return), and the published number, if any.

    `gap` is our share above the optimum, NaN where the optimum was not computed.
    """

    table: str
    instance: str
    policy: str
    numbers: str
    ours: float
    published: str
    gap: float

    @property
    def is_met(self) -> bool | None:
        """Whether ours is the published number, to its last digit and three of our standard errors.

        None where nothing was published. Gaps were read off a figure: to a hundredth of a percent.
        """
        if not self.published:
            return None
        if self.published.startswith("gap"):
            return abs(100 * self.gap - float(self.published.split()[1])) <= 0.01
        error = float(self.numbers.split("±")[1]) if "±" in self.numbers else 0.0
        digits = len(self.published.partition(".")[2])
        return abs(self.ours - float(self.published)) <= 0.51 * 10.0**-digits + 3 * error


def compare_all(folder: Path) -> Iterator[Compared]:
    """Every policy on every instance of the three tables, as they are computed."""
    yield from fixed_cost(folder / "lost_sales_fixed_cost_bijvank2015.csv")
    yield from dual_sourcing(folder / "dual_sourcing_gijsbrechts2022.csv")
    yield from perishables(folder / "perishable_demoor2022_farrington2025.csv")


def fixed_cost(file: Path) -> Iterator[Compared]:
    """Lost sales with a cost for every order: the optimum and the best of three rules."""
    rows = _rows(file)
    first = rows[0]
    chain = lost.LostSalesChain.of(
        first["demand"],
        float(first["demand_mean"]),
        int(first["lead_time"]),
        float(first["holding_cost"]),
        float(first["lost_sale_penalty"]),
        float(first["fixed_order_cost"]),
    )
    optimum = lost.optimal(chain)[0].cost
    found = {"optimal": (optimum, "")} | _best_with_fixed_cost(chain)
    published = {row["policy"]: row["avg_cost"] for row in rows}
    for policy, (cost, numbers) in found.items():
        said = published.get(policy, "")
        gap = cost / optimum - 1
        yield Compared("fixed cost", "bijvank2015", policy, numbers, cost, said, gap)


def _best_with_fixed_cost(chain: lost.LostSalesChain) -> dict[str, tuple[float, str]]:
    best: dict[str, tuple[float, str]] = {}

    def offer(policy: str, numbers: str, orders: lost.Orders) -> None:
        cost = lost.evaluate(chain, orders, tolerance=1e-4).cost
        if cost < best.get(policy, (np.inf, ""))[0]:
            best[policy] = (cost, numbers)

    top = chain.n_stock
    points, lots = range(top // 4, top // 2), range(3, chain.n_orders - 1)
    for s, q in product(points, lots):
        offer("(s,S)", f"s={s},S={s + q}", lost.base_stock(chain, s + q, None, s))
        offer("(s,nQ)", f"s={s},Q={q}", lost.fixed_lots(chain, s, q))
        for S in range(s + 1, s + 12):
            orders = lost.base_stock(chain, S, q, s)
            offer("modified (s,S,q)", f"s={s},S={S},q={q}", orders)
    return best


def dual_sourcing(file: Path) -> Iterator[Compared]:
    """A slow cheap and a fast dear supplier: the optimum and the best of three index rules."""
    for row in _rows(file):
        if row["demand"] != "uniform{0,1,2,3,4}" or row["expedited_lead_time"] != "0":
            raise ValueError(
                f"{row['instance']}: only uniform demand on 0..4 and no fast lead time"
            )
        chain = dual.DualSourcingChain.of(
            np.full(5, 0.2),
            int(row["regular_lead_time"]),
            float(row["regular_cost"]),
            float(row["expedited_cost"]),
            float(row["holding_cost"]),
            float(row["backlog_cost"]),
        )
        optimum = dual.optimal(chain)
        said = row["optimal_avg_cost_recomputed"]
        yield Compared("dual sourcing", row["instance"], "optimal", "", optimum, said, 0.0)
        for policy, (cost, numbers) in dual.best_policies(chain).items():
            said = f"gap {row[f'gap_pct_{policy}']} %"
            gap = cost / optimum - 1
            yield Compared("dual sourcing", row["instance"], policy, numbers, cost, said, gap)


def perishables(file: Path) -> Iterator[Compared]:
    """Stock that expires: discounted returns of the best orders and of the best base stock."""
    for row in _rows(file):
        chain = perishable.PerishableChain(
            perishable.rounded_gamma(float(row["demand_mean"]), float(row["demand_cv"])),
            int(row["shelf_life"]),
            int(row["lead_time"]),
            row["issuing"] == "lifo",
            tuple(float(row[f"{c}_cost"]) for c in ("order", "holding", "shortage", "waste")),  # type: ignore[arg-type]
            int(row["max_order"]),
            float(row["discount"]),
        )
        optimum = float("nan")
        if chain.n_states <= MOST_STATES:
            optimum, error = perishable.mean_return(chain, perishable.optimal_orders(chain))
            said = row["vi_mean_return"]
            numbers = f"± {error:.1f}"
            yield Compared("perishable", row["instance"], "optimal", numbers, optimum, said, 0.0)
        level = max(
            range(3, 40),
            key=lambda S: perishable.mean_return(
                chain, perishable.base_stock_orders(chain, S), n_runs=1_000
            )[0],
        )
        cost, error = perishable.mean_return(chain, perishable.base_stock_orders(chain, level))
        said = row["best_base_stock_mean_return"]
        numbers = f"S={level} ± {error:.1f}"
        gap = cost / optimum - 1
        yield Compared("perishable", row["instance"], "base stock", numbers, cost, said, gap)


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
