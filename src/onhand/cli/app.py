"""Which commands are there, and how do they end?

Exit codes: 0 done; 1 done, but there are findings of severity error about the data;
2 the command, the settings or the data cannot be used as they are; 3 a mistake in Onhand itself;
130 interrupted.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from onhand import __version__
from onhand.cli import check, compare, demo, explain, plan, replay, tune
from onhand.cli.screen import complain, hint
from onhand.errors import OnhandError

__all__ = ["app", "run"]

app = typer.Typer(
    name="onhand",
    help="From a shop's own files to the orders it should place, proven by replay.",
    epilog="Start with `onhand demo`, then `onhand check YOUR_FOLDER` and `onhand plan YOUR_FOLDER`.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (check, plan, replay, compare, tune, explain, demo):
    app.command(name=module.NAME)(module.command)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"onhand {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None: ...


def run() -> None:
    """Run the command line; no input, however bad, ends in a traceback."""
    try:
        app()
    except OnhandError as error:
        complain(str(error))
        sys.exit(2)
    except BrokenPipeError:  # the reader of our output has seen enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except KeyboardInterrupt:
        hint("interrupted")
        sys.exit(130)
    except Exception as error:
        if os.environ.get("ONHAND_DEBUG"):
            raise
        complain(f"this should not have happened: {type(error).__name__}: {error}")
        hint("please report it; ONHAND_DEBUG=1 shows where it happened")
        sys.exit(3)
