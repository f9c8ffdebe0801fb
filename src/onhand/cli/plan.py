"""`onhand plan`: what should be ordered, and why?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onhand.cli.options import AsCsv, AsJson, Changes, ConfigFile, Seed, Source, exit_code, settings

NAME = "plan"


def command(
    source: Source,
    config: ConfigFile = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder for the files. Default: onhand-plan."),
    ] = None,
    changes: Changes = None,
    against: Annotated[
        Path | None,
        typer.Option(
            "--against", help="Another plan (its folder or plan.json): show what changes."
        ),
    ] = None,
    previous: Annotated[
        Path | None,
        typer.Option(
            "--previous",
            help="The last plan: quantities that hardly differ from it stay as they were.",
        ),
    ] = None,
    tensorboard: Annotated[
        Path | None,
        typer.Option(
            "--tensorboard",
            help="Folder for logs of a network's training (forecaster = ensemble) that TensorBoard draws.",
        ),
    ] = None,
    seed: Seed = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Make the orders a shop should place now, with their reasons, and write them down.

    Writes report.html, orders.csv, plan.json, and set_aside.csv when rows could not be used. With
    --json or --csv the plan or its orders go to standard output, and files only where --out says.
    """
    from onhand.cli.screen import hint, progress_bars
    from onhand.cli.show import show_plan
    from onhand.data import read_tables
    from onhand.plan.make_plan import make_plan
    from onhand.plan.orders_csv import orders_csv
    from onhand.plan.plan import Plan
    from onhand.plan.write import ready_folder, write_plan

    chosen = settings(source, config, changes)
    if tensorboard:
        chosen = chosen.with_settings({"forecast.tensorboard": str(tensorboard)})
    folder = out or (None if as_json or as_csv else Path("onhand-plan"))
    if folder:
        ready_folder(folder)
    last = Plan.read(previous) if previous else None
    other = Plan.read(against) if against else None
    with progress_bars() as progress:
        progress("Reading the tables", 0.0)
        tables = read_tables(source)
        progress("Reading the tables", 1.0)
        plan = make_plan(tables, chosen, seed=seed, previous=last, progress=progress)
        files = write_plan(plan, folder, tables) if folder else {}
    if as_json:
        typer.echo(plan.to_json(), nl=False)
    elif as_csv:
        typer.echo(orders_csv(plan), nl=False)
    elif other is not None:
        from onhand.cli.show_difference import show_difference
        from onhand.plan.diff import compare_plans

        show_difference(compare_plans(other, plan), plan.shop.currency)
    else:
        show_plan(plan)
    for path in files.values():
        hint(f"wrote {path}")
    raise typer.Exit(exit_code(tables))
