"""`onhand compare`: what does each arrow between forecast and decision earn?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onhand.cli.options import AsJson, Changes, ConfigFile, Seed, settings
from onhand.errors import ConfigError

NAME = "compare"


def command(
    source: Annotated[
        str | None,
        typer.Argument(
            help="A folder of tables, one file (CSV or Parquet), or a database URL.",
            show_default=False,
        ),
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Compare on the sample shop.")] = False,
    config: ConfigFile = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder for the files. Default: onhand-compare."),
    ] = None,
    changes: Changes = None,
    seed: Seed = None,
    as_json: AsJson = False,
) -> None:
    """Replay the past with each arrow between forecast and decision taken away, and with all of them.

    Prints what each earns in cost, fill rate and stock, with intervals over several windows, and
    writes compare.html and compare.json. With --json the comparison goes to standard output, and
    files only where --out says. Takes minutes: the forecasts are made anew for every arrow.
    """
    from onhand.cli.screen import hint, progress_bars
    from onhand.cli.show_comparison import show_comparison
    from onhand.data import read_tables, sample_shop
    from onhand.plan.compare import compare_shop
    from onhand.plan.demo import demo_config
    from onhand.plan.report.comparison import write_comparison
    from onhand.plan.settings_file import write_atomically
    from onhand.plan.write import ready_folder

    if demo == (source is not None):
        raise ConfigError("say what to compare on: a SOURCE, or --demo for the sample shop")
    if source is None and config is None:
        chosen = settings("", None, changes, base=demo_config())
    else:
        chosen = settings(source or "", config, changes)
    folder = out or (None if as_json else Path("onhand-compare"))
    if folder:
        ready_folder(folder)
    with progress_bars() as progress:
        progress("Reading the tables", 0.0)
        tables = sample_shop() if source is None else read_tables(source)
        progress("Reading the tables", 1.0)
        made = compare_shop(tables, chosen, seed=seed, progress=progress)
    if as_json:
        typer.echo(made.to_json(), nl=False)
    else:
        show_comparison(made)
    if folder:
        page = write_comparison(made, folder / "compare.html")
        write_atomically(folder / "compare.json", made.to_json())
        hint(f"wrote {page}")
        hint(f"wrote {folder / 'compare.json'}")
