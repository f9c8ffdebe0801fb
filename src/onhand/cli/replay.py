"""`onhand replay`: what would the orders have been worth last quarter?"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from onhand.cli.options import AsCsv, AsJson, Changes, ConfigFile, Seed, Source, exit_code, settings

if TYPE_CHECKING:
    from onhand.plan.config import Config

NAME = "replay"


def command(
    source: Source,
    config: ConfigFile = None,
    changes: Changes = None,
    ladder: Annotated[
        bool,
        typer.Option("--ladder", help="What each step of the forecast adds, in error and money."),
    ] = False,
    seed: Seed = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Replay the shop's own past: the default beside tuned coverage and the classical formula.

    Forecasts are made anew at each past review from what was known then; every policy's number is
    tuned on the stretch before the one that is judged.
    """
    from onhand.cli.screen import progress_bars
    from onhand.cli.show import show_contest
    from onhand.data import read_tables
    from onhand.plan.currency import in_its_currency
    from onhand.plan.replay_shop import replay_shop

    chosen = settings(source, config, changes)
    if ladder:
        _climb(source, chosen, seed, as_json)
        return
    with progress_bars() as progress:
        tables = read_tables(source)
        chosen = in_its_currency(chosen, tables)
        contest = replay_shop(tables, chosen, seed=seed, progress=progress)
    if as_json:
        typer.echo(json.dumps(asdict(contest), ensure_ascii=False, indent=2))
    elif as_csv:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["date", "contender", "cost", "inventory_value", "fill_rate"])
        for name, who in contest.contenders.items():
            writer.writerows(
                zip(
                    contest.dates,
                    [name] * len(contest.dates),
                    who.cost,
                    who.inventory_value,
                    who.fill,
                    strict=True,
                )
            )
        typer.echo(text.getvalue(), nl=False)
    else:
        show_contest(contest, chosen.shop.currency)
    raise typer.Exit(exit_code(tables))


def _climb(source: str, chosen: Config, seed: int | None, as_json: bool) -> None:
    """The ladder of forecasts, replayed and shown."""
    from onhand.cli.screen import progress_bars
    from onhand.cli.show_ladder import show_ladder
    from onhand.data import read_tables
    from onhand.plan.currency import in_its_currency
    from onhand.plan.value_added import value_added

    with progress_bars() as progress:
        tables = read_tables(source)
        rungs = value_added(tables, chosen, seed=seed, progress=progress)
    if as_json:
        typer.echo(json.dumps([asdict(rung) for rung in rungs], ensure_ascii=False, indent=2))
    else:
        show_ladder(rungs, in_its_currency(chosen, tables).shop.currency)
    raise typer.Exit(exit_code(tables))
