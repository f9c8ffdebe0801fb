"""`onhand tune`: which model and which policy number should this shop use?"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from onhand.cli.options import AsJson, Changes, ConfigFile, Seed, Source, settings

NAME = "tune"


def command(
    source: Source,
    config: ConfigFile = None,
    minutes: Annotated[
        float, typer.Option(min=0, help="Begin nothing new after so many minutes.")
    ] = 30.0,
    workspace: Annotated[
        Path | None,
        typer.Option(
            "--workspace",
            help="Folder for onhand.toml and what was measured. Default: SOURCE if it is a folder.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be written to onhand.toml.")
    ] = False,
    anyway: Annotated[
        bool,
        typer.Option("--anyway", help="Write also what is cheaper but not told apart from luck."),
    ] = False,
    changes: Changes = None,
    seed: Seed = None,
    as_json: AsJson = False,
) -> None:
    """Choose model, blend, weights and policy numbers by what they would have cost on the past.

    Tries one way to forecast after the other, keeps what it measured after each (.onhand/tune.json),
    and writes what it chose, and why, into onhand.toml; other settings and comments stay. What is
    cheaper than the settings as they are, but by no more than luck may explain, is shown and not
    written, unless you say --anyway. Ended before it was done, it goes on where it was when run again.
    """
    from onhand.cli.screen import hint, progress_bars
    from onhand.data import read_tables
    from onhand.plan.currency import in_its_currency
    from onhand.plan.iterate import tune_shop
    from onhand.plan.settings_file import with_changes, write_atomically

    chosen = settings(source, config, changes)
    folder = workspace or (Path(source) if Path(source).is_dir() else Path("onhand-tune"))
    target = config or folder / "onhand.toml"
    with progress_bars() as progress:
        progress("Reading the tables", 0.0)
        tables = read_tables(source)
        progress("Reading the tables", 1.0)
        state = folder / ".onhand" / "tune.json"
        found = tune_shop(
            tables, chosen, state=state, minutes=minutes, seed=seed, progress=progress
        )
    is_wanted = bool(found.changes) and (found.is_told or anyway)
    after = with_changes(_text_of(target), found.changes, found.why) if is_wanted else ""
    if as_json:
        told: dict[str, Any] = asdict(found)
        told["difference"]["per_window"] = found.difference.per_window.tolist()
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        _show(found, in_its_currency(chosen, tables).shop.currency)
    if is_wanted and not dry_run:
        write_atomically(target, after)
        hint(f"wrote {target}")
    elif found.changes and not is_wanted:
        hint("the settings stay as they are; --anyway writes these")
    if not found.is_finished:
        hint("there is more to try: run it again to go on")


def _text_of(path: Path) -> str:
    from onhand.errors import ConfigError

    if not path.is_file():
        return ""
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {path} to change it: {error}") from error


def _show(found: Any, currency: str) -> None:
    from onhand.cli.screen import heading, out, table
    from onhand.plan.wording import money

    heading(f"What was tried, on {found.n_windows} windows of the past")
    rows = [
        (name, money(cost, currency), label)
        for name, cost, label in sorted(found.steps, key=lambda step: step[1])
    ]
    columns = {"way": "left", "cost": "right", "cheapest policy, and the forecast it sees": "wide"}
    out().print(table(columns, rows))
    out().print()
    out().print(found.why[:1].upper() + found.why[1:] + ".")
    if found.changes:
        heading("Settings")
        settings = [(key, str(value)) for key, value in found.changes.items()]
        out().print(table({"setting": "left", "value": "left"}, settings))
