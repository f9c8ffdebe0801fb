"""What does a planner want to see of a comparison of arrows?"""

from __future__ import annotations

from rich.text import Text

from onhand.cli.screen import heading, out, table
from onhand.plan.comparison import Comparison, Judgement, Pipeline, verdict
from onhand.plan.contest import Margin
from onhand.plan.wording import money

__all__ = ["show_comparison"]

_TITLES = {
    "believed": "What each arrow earned, with demand as it is believed",
    "drawn": "The same, had customers asked in front of empty shelves too",
}


def show_comparison(found: Comparison) -> None:
    """The loops, what each arrow earned, and what to make of it."""
    first, last = found.windows[0][0], found.windows[-1][1]
    heading(
        f"{first} to {last}: {len(found.windows)} windows, {found.n_reviews} reviews, "
        f"{found.n_stock_points:,} of {found.n_series:,} stock points"
    )
    for judgement in found.judgements:
        heading(_TITLES.get(judgement.demand, judgement.demand))
        _show(judgement, found.currency)
        out().print(Text(judgement.note, style="dim"))
    out().print()
    out().print(Text(found.note, style="dim"))


def _show(judgement: Judgement, currency: str) -> None:
    columns = {
        "loop": "left",
        "cost": "right",
        "filled": "right",
        "stock": "right",
        "arrow earned": "right",
        "95 %": "right",
        "verdict": "left",
    }
    rows = [_row(p, currency) for p in judgement.pipelines if not p.why_not]
    out().print(table(columns, rows))
    for pipeline in judgement.pipelines:
        if pipeline.why_not:
            out().print(f"{pipeline.name}: nothing to measure, {pipeline.why_not}.")


def _row(pipeline: Pipeline, currency: str) -> tuple[str, ...]:
    name = pipeline.label.partition(":")[0]
    earned = pipeline.earned
    return (
        name,
        money(pipeline.total, currency),
        f"{pipeline.fill_rate:.1%}",
        money(pipeline.inventory_value, currency),
        f"{money(earned.mean, currency)} ({earned.share:+.1%})" if earned else "",
        _between(earned, currency),
        verdict(earned) if earned else "",
    )


def _between(earned: Margin | None, currency: str) -> str:
    return f"{money(earned.low, currency)} to {money(earned.high, currency)}" if earned else ""
