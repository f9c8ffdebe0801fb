"""Do our formulas give the books' answers, and how far are our policies from the optimum?

1. 76 textbook problems (Snyder & Shen; Silver 1976; Zheng & Federgruen 1991), to the printed digits.
2. Lost sales with a lead time (Zipkin's test bed): the gap of each policy to the optimal cost. The
   policies' numbers are searched from each instance; published ones are read only to be printed.

3. With --tables: fixed order costs, dual sourcing and perishables as published (minutes more).

    python benchmarks/textbook.py --data DIR [--instances FILE] [--tables]

DIR holds `textbook_inventory/reference.json`, `lost_sales_zipkin/reference.csv` and, for 3,
`inventory_rl_tables/`; FILE stands in for the second (columns: instance, demand, demand_mean, lead_time, holding_cost, lost_sale_penalty,
optimal_cost, and *_cost of published policies, if any). Gaps in the JSON are shares, not percent.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

from rich.console import Console
from rich.table import Table

from lost_sales_chain import LostSalesChain
from lost_sales_policies import OURS, judge
from published_tables import Compared, compare_all
from textbook_problems import Answer, solve_all

#: Our name of a policy, and the column in which its published cost may stand.
PUBLISHED = {
    "base_stock": "base_stock_cost",
    "constant_order": "constant_order_cost",
    "vector_base_stock": "standard_vector_base_stock_cost",
    "myopic_1": "myopic1_cost",
    "myopic_2": "myopic2_cost",
    "capped_base_stock": "capped_base_stock_cost",
    "projected_inventory": "pil_cost",
    "dual_balancing": "dual_balancing_randomised_cost",  # only as published
}

Gaps = dict[str, dict[str, float]]  # policy -> instance -> share above the optimum


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--instances", type=Path, help="held-out lost-sales instances")
    parser.add_argument("--no-lost-sales", action="store_true", help="the formulas alone")
    parser.add_argument("--tables", action="store_true", help="the published tables too")
    args = parser.parse_args()
    console = Console(width=140)
    answers = solve_all(args.data / "textbook_inventory" / "reference.json")
    _print_answers(console, answers)
    solved = sum(a.is_solved for a in answers)
    results: dict[str, dict[str, float]] = {"onhand": {"solved": solved, "problems": len(answers)}}
    if not args.no_lost_sales:
        file = args.instances or args.data / "lost_sales_zipkin" / "reference.csv"
        ours, published = _lost_sales(console, file)
        for name, gaps in ours.items():
            results[name] = _summary(gaps)
        for name, gaps in published.items():
            results[f"{name}_published"] = _summary(gaps)
        results["default"]["solved"] = solved
    if args.tables:
        compared = list(compare_all(args.data / "inventory_rl_tables"))
        _print_tables(console, compared)
        for name in dict.fromkeys(c.table for c in compared):
            met = [c.is_met for c in compared if c.table == name and c.is_met is not None]
            results[f"{name} table"] = {"solved": sum(met), "problems": len(met)}
    print(json.dumps({"benchmark": "textbook", "results": results}))


def _print_answers(console: Console, answers: list[Answer]) -> None:
    table = Table(title="Textbook problems")
    for column in ("family", "solved", "of", "largest relative difference"):
        table.add_column(column, justify="left" if column == "family" else "right")
    for family in dict.fromkeys(a.family for a in answers):
        own = [a for a in answers if a.family == family]
        worst = max(a.error for a in own)
        table.add_row(family, str(sum(a.is_solved for a in own)), str(len(own)), f"{worst:.1e}")
    console.print(table)
    for a in answers:
        if not a.is_solved:
            console.print(f"[red]{a.problem}[/]: ours {a.ours}, book {a.book}")


def _lost_sales(console: Console, file: Path) -> tuple[Gaps, Gaps]:
    """Each policy's gap on each instance, ours and published."""
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    table = Table(title=f"Lost sales, {len(rows)} instances: gap to the optimum, %")
    ours: Gaps = {}
    published: Gaps = {}
    for n, row in enumerate(rows):
        begun = time.process_time()
        judged = judge(
            LostSalesChain.of(
                row["demand"],
                float(row["demand_mean"]),
                int(row["lead_time"]),
                float(row["holding_cost"]),
                float(row["lost_sale_penalty"]),
            )
        )
        own_optimum = judged.pop("optimal").cost
        optimum = float(row.get("optimal_cost") or own_optimum)
        costs = {name: found.cost for name, found in judged.items()}
        costs["default"] = min(costs[name] for name in OURS)
        if n == 0:
            table.add_column("instance", no_wrap=True)
            for column in ("optimum", "ours", *costs, "CPU s"):
                table.add_column(column.replace("_", " "), justify="right")
        for name, cost in costs.items():
            ours.setdefault(name, {})[row["instance"]] = cost / optimum - 1
        for name, column in PUBLISHED.items():
            if said := row.get(column):
                published.setdefault(name, {})[row["instance"]] = float(said) / optimum - 1
        table.add_row(
            row["instance"],
            f"{optimum:.3f}",
            f"{own_optimum:.3f}",
            *(f"{100 * (c / optimum - 1):.2f}" for c in costs.values()),
            f"{time.process_time() - begun:.1f}",
        )
    console.print(table)
    _print_summary(console, ours, published)
    return ours, published


def _print_summary(console: Console, ours: Gaps, published: Gaps) -> None:
    table = Table(title="Gap to the optimum, %: ours, and as published (best published numbers)")
    for column in ("policy", "mean", "worst", "published mean", "published worst", "instances"):
        table.add_column(column, justify="left" if column == "policy" else "right")
    for name, gaps in sorted(ours.items(), key=lambda item: _summary(item[1])["mean_gap"]):
        own, said = _summary(gaps), published.get(name)
        theirs = _summary(said) if said else None
        table.add_row(
            name.replace("_", " "),
            f"{100 * own['mean_gap']:.3f}",
            f"{100 * own['worst_gap']:.3f}",
            f"{100 * theirs['mean_gap']:.3f}" if theirs else "",
            f"{100 * theirs['worst_gap']:.3f}" if theirs else "",
            str(len(gaps)) if not said or len(said) == len(gaps) else f"{len(gaps)}, {len(said)}",
        )
    for name in [n for n in published if n not in ours]:
        said = _summary(published[name])
        shown = f"{100 * said['mean_gap']:.3f}", f"{100 * said['worst_gap']:.3f}"
        table.add_row(name.replace("_", " "), "", "", *shown, f"0, {len(published[name])}")
    console.print(table)


def _print_tables(console: Console, compared: list[Compared]) -> None:
    table = Table(title="Published tables")
    for column in ("table", "instance", "policy", "numbers", "ours", "published", "gap %"):
        numeric = column in ("ours", "published", "gap %")
        table.add_column(column, justify="right" if numeric else "left")
    for c in compared:
        gap = "" if c.gap != c.gap else f"{100 * c.gap:.2f}"
        ours = f"{c.ours:.3f}" if c.ours > 0 else f"{c.ours:.1f}"
        said = c.published if c.is_met is not False else f"[red]{c.published}[/]"
        table.add_row(c.table, c.instance, c.policy, c.numbers, ours, said, gap)
    console.print(table)


def _summary(gaps: dict[str, float]) -> dict[str, float]:
    return {"mean_gap": sum(gaps.values()) / len(gaps), "worst_gap": max(gaps.values())}


if __name__ == "__main__":
    main()
