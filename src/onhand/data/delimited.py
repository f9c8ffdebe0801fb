"""What does a text file say? (first version: well-formed UTF-8 only)"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from onhand.data.door import Origin, from_rows
from onhand.data.findings import Finding
from onhand.data.tables import SET_ASIDE

__all__ = ["Delimited", "read_delimited"]


@dataclass(frozen=True)
class Delimited:
    """Cells of a text file as texts, their origin, lines set aside, and what was noticed."""

    frame: pl.DataFrame
    origin: Origin
    set_aside: pl.DataFrame
    findings: tuple[Finding, ...] = ()


def read_delimited(path: Path) -> Delimited:
    """The cells of a delimited text file, all as texts."""
    frame = pl.read_csv(path, infer_schema=False, truncate_ragged_lines=True)
    return Delimited(frame, from_rows(frame, path.name), pl.DataFrame(schema=SET_ASIDE))
