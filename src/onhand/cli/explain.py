"""`onhand explain`: why this quantity of this item?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from onhand.cli.options import AsJson

NAME = "explain"


def command(
    item: Annotated[str, typer.Argument(help="The shop's own code.", show_default=False)],
    location: Annotated[
        str | None, typer.Argument(help="One location; all unless given.", show_default=False)
    ] = None,
    plan: Annotated[
        Path, typer.Option("--plan", "-p", help="A plan.json, or the folder that holds it.")
    ] = Path("onhand-plan"),
    against: Annotated[
        Path | None,
        typer.Option("--against", help="The last plan: also say what changed since."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Explain one item's order step by step, in the plan's own numbers."""
    from onhand.cli.screen import plain
    from onhand.plan.diff import changed_since
    from onhand.plan.explain import explain, find
    from onhand.plan.plan import Plan

    made = Plan.read(plan)
    if as_json:
        from dataclasses import asdict

        found = [
            {"stock_point": asdict(point), "order": asdict(line) if line else None}
            for point, line in find(made, item, location)
        ]
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        typer.echo(plain(explain(made, item, location)))
        if against is not None:
            typer.echo(plain(changed_since(Plan.read(against), made, item, location)))
