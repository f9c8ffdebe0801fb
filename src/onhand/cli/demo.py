"""`onhand demo`: what does it do for a real shop?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

NAME = "demo"


def command(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the files.")] = Path(
        "onhand-demo"
    ),
) -> None:
    """Plan for a real shop: a year of a UK gift shop's raw invoices (UCI Online Retail, CC BY 4.0).

    Checks and cleans them, forecasts, replays the last quarter against honest rivals, and writes
    report.html, orders.csv, plan.json and the onhand.toml with everything that was assumed.
    """
    from onhand.cli.screen import hint, progress_bars
    from onhand.cli.screen import out as screen
    from onhand.cli.show import show_findings, show_plan, show_tables
    from onhand.plan.demo import run_demo

    with progress_bars() as progress:
        made = run_demo(out, progress=progress)
    show_tables(made.tables)
    show_findings(made.tables.findings)
    show_plan(made.plan)
    screen().print()
    for path in made.files.values():
        hint(f"wrote {path}")
    first = made.plan.orders[0].item if made.plan.orders else "ITEM"
    hint(
        f"open {made.files['report.html']} in a browser, or ask: onhand explain {first} --plan {out}"
    )
