"""What does a planner want to see of a ladder of forecasts?"""

from __future__ import annotations

from collections.abc import Sequence

from onhand.cli.screen import heading, out, table
from onhand.plan.value_added import MOST_STOCK_POINTS, Rung
from onhand.plan.wording import money

__all__ = ["show_ladder"]


def show_ladder(rungs: Sequence[Rung], currency: str) -> None:
    """Error, bias, cost and what each rung saves against the one before."""
    heading("What each step of the forecast adds")
    rows = [
        (
            rung.name,
            f"{rung.wape:.1%}",
            f"{rung.bias:+.1%}",
            f"{rung.fill_rate:.1%}",
            money(rung.cost, currency),
            "" if rung.added is None else money(rung.added, currency),
        )
        for rung in rungs
    ]
    columns = {"forecast": "left", "error": "right", "bias": "right", "filled": "right"}
    out().print(table(columns | {"cost": "right", "saves": "right"}, rows))
    out().print(
        "Error is the sum of absolute errors over the sum of demand, per period, in the protection "
        "interval after past reviews. Every forecast is replayed by the same policy, tuned for it on "
        f"the stretch before the one judged. All learn from the whole shop; at most {MOST_STOCK_POINTS} "
        "stock points are judged, each counted for as many as it stands for."
    )
