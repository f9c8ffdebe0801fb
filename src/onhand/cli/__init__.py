"""How do people ask? One file per verb; each calls one library function."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the command line."""
    from onhand.cli.app import run

    run()
