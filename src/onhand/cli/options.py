"""Which options do several commands share?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from onhand.errors import ConfigError

if TYPE_CHECKING:
    from onhand.data import Tables
    from onhand.plan.config import Config

__all__ = ["AsCsv", "AsJson", "Changes", "ConfigFile", "Seed", "Source", "exit_code", "settings"]

Source = Annotated[
    str,
    typer.Argument(
        help="A folder of tables, one file (CSV or Parquet), or a database URL.",
        show_default=False,
    ),
]
ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", help="Settings: an onhand.toml. Without it, SOURCE/onhand.toml if there."
    ),
]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change one setting; may be repeated."),
]
Seed = Annotated[int | None, typer.Option(help="Seed of the possible worlds.", min=0)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV for programs.")]


def settings(
    source: str, config: Path | None, changes: Sequence[str] | None, *, base: Config | None = None
) -> Config:
    """The settings of a file, or of the source's own folder, or the defaults; then the changes.

    base : stands in for all of them, for a source without a folder of its own
    """
    from onhand.plan.config import Config

    beside = Path(source) / "onhand.toml" if "://" not in source else None
    if base is not None:
        chosen = base
    elif config is not None:
        chosen = Config.read(config)
    elif beside is not None and beside.is_file():
        chosen = Config.read(beside)
    else:
        chosen = Config()
    return chosen.with_settings(dict(_pair(change) for change in changes or ()))


def _pair(change: str) -> tuple[str, str]:
    key, equals, value = change.partition("=")
    if not equals:
        raise ConfigError(
            f"--set {change!r} has no value; write section.setting=value, as in "
            "--set supply.lead_time_days=21"
        )
    return key.strip(), value.strip()


def exit_code(tables: Tables) -> int:
    """1 when there are findings of severity error, 0 otherwise."""
    return int(any(finding.severity == "error" for finding in tables.findings))
