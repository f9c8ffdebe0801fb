"""Which data was this plan made from?"""

from __future__ import annotations

import hashlib

import polars as pl

from onhand.data.tables import Tables

__all__ = ["snapshot_of"]

_ROWS = 100_000  # written and hashed at a time, to bound memory


def snapshot_of(tables: Tables) -> str:
    """SHA-256 over the names, columns and rows of all tables given, in hexadecimal.

    >>> a = Tables(sales=pl.DataFrame({"item": ["a"], "quantity": [1.0]}))
    >>> b = Tables(sales=pl.DataFrame({"item": ["a"], "quantity": [2.0]}))
    >>> snapshot_of(a) == snapshot_of(a), snapshot_of(a) == snapshot_of(b)
    (True, False)
    """
    digest = hashlib.sha256()
    for name, table in sorted(tables.given.items()):
        flat = table.select(sorted(table.columns))
        digest.update(f"\x1d{name}\x1e{','.join(flat.columns)}\x1e".encode())
        for part in flat.iter_slices(_ROWS):
            digest.update(_as_text(part).encode())
    return digest.hexdigest()


def _as_text(part: pl.DataFrame) -> str:
    nested = [name for name, kind in part.schema.items() if kind.is_nested()]
    plain = part.with_columns(
        pl.Series(name, [str(value) for value in part[name].to_list()]) for name in nested
    )
    return plain.write_csv(include_header=False)
