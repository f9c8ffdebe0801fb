"""`onhand check`: what is in these files, and what is wrong with them?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from onhand.cli.options import AsCsv, AsJson, Source, exit_code

if TYPE_CHECKING:
    from onhand.data import Tables

NAME = "check"


def command(
    source: Source,
    set_aside: Annotated[
        Path | None,
        typer.Option(help="Write the rows that could not be used, with reasons, to this CSV."),
    ] = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Read a shop's files and say what was found, what was set aside, and what to do about it.

    Ends with 1 when there are findings of severity error.
    """
    from onhand.cli.screen import hint
    from onhand.cli.show import show_findings, show_tables
    from onhand.data import findings_table, read_tables, write_set_aside
    from onhand.data.tables import disarmed

    tables = read_tables(source)
    if as_json:
        typer.echo(json.dumps(_as_dict(tables), ensure_ascii=False, indent=2))
    elif as_csv:
        rows = disarmed(findings_table(tables.findings))
        typer.echo(rows.write_csv(quote_style="non_numeric"), nl=False)
    else:
        show_tables(tables)
        show_findings(tables.findings)
    if set_aside is not None:
        count = write_set_aside(tables, set_aside)
        hint(f"{count:,} rows set aside in {set_aside}")
    elif tables.set_aside.height:
        hint("see the rows set aside with --set-aside FILE.csv")
    raise typer.Exit(exit_code(tables))


def _as_dict(tables: Tables) -> dict[str, object]:
    from onhand.data import findings_table

    return {
        "tables": {name: frame.height for name, frame in tables.given.items()},
        "rows_in": dict(tables.rows_in),
        "rows_set_aside": tables.set_aside.height,
        "renamed": {name: dict(names) for name, names in tables.renamed.items()},
        "findings": findings_table(tables.findings).to_dicts(),
    }
