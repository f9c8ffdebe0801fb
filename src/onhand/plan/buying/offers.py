"""Who offers each stock point's item, and on which terms?

The supply table may speak of one item, of one location, of one supplier, or of all. A term is taken
from the row that says most about the stock point and the supplier.
"""

from __future__ import annotations

import polars as pl

from onhand.data.tables import Tables

__all__ = ["TERMS", "chosen_offers", "offers_of"]

TERMS = {
    "lead_time": pl.Float64(),
    "observed_lead_times": pl.String(),
    "moq": pl.Float64(),
    "capacity": pl.Float64(),
    "pack_size": pl.Float64(),
    "unit_cost": pl.Float64(),
    "order_cost": pl.Float64(),
    "review_days": pl.Float64(),
    "shelf_life": pl.Float64(),
}
_LEVELS: tuple[list[str], ...] = (["item", "location"], ["item"], ["location"], [])


def offers_of(keys: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    """Every offer for every stock point of `keys` (row, item, location), at least one each.

    Columns: row, choice (0 for the supplier listed first), item, location, supplier (null: nobody
    said) and the terms, null where the tables are silent. A row for an item may name several
    suppliers, each an offer; rows that name no item are offers only where no row of the item is,
    and then the first of them.

    >>> supply = pl.DataFrame({"item": ["a", "a", None], "supplier": ["X", "Y", "Y"],
    ...                        "lead_time": [3.0, None, 9.0]})
    >>> keys = pl.DataFrame({"row": [0], "item": ["a"], "location": ["shop"]})
    >>> offers_of(keys, Tables(supply=supply)).select("choice", "supplier", "lead_time").rows()
    [(0, 'X', 3.0), (1, 'Y', 9.0)]
    """
    supply = _whole(tables.supply)
    offers = _candidates(keys, supply)
    for by in _LEVELS:
        for named in (["supplier"], []):
            offers = _filled(offers, _rows_at(supply, by, named), [*by, *named])
    if tables.suppliers is not None:
        general = tables.suppliers.select(
            "supplier",
            *[c for c in ("lead_time", "review_days") if c in tables.suppliers.columns],
        )
        offers = _filled(offers, general, ["supplier"])
    return offers.sort("row", "choice")


def chosen_offers(offers: pl.DataFrame, choice: pl.Series) -> pl.DataFrame:
    """One offer for each stock point: number `choice` (N,), or its first where it has fewer."""
    wanted = pl.DataFrame({"row": offers["row"].unique().sort(), "wanted": choice})
    counts = offers.group_by("row").agg(n=pl.len())
    return (
        offers.join(wanted, on="row")
        .join(counts, on="row")
        .with_columns(pl.when(pl.col("wanted") < pl.col("n")).then("wanted").otherwise(0))
        .filter(pl.col("choice") == pl.col("wanted"))
        .drop("wanted", "n")
        .sort("row")
    )


def _whole(supply: pl.DataFrame | None) -> pl.DataFrame:
    """The supply table with every column, or an empty one."""
    kinds = {"item": pl.String(), "location": pl.String(), "supplier": pl.String(), **TERMS}
    if supply is None:
        return pl.DataFrame(schema=kinds)
    absent = {name: kind for name, kind in kinds.items() if name not in supply.columns}
    return supply.with_columns(pl.lit(None, dtype=kind).alias(n) for n, kind in absent.items())


def _rows_at(supply: pl.DataFrame, by: list[str], named: list[str]) -> pl.DataFrame:
    """The rows that speak of exactly these keys, the first of each."""
    told = {*by, *named}
    keys = [
        pl.col(k).is_not_null() if k in told else pl.col(k).is_null()
        for k in ("item", "location", "supplier")
    ]
    rows = supply.filter(*keys).select(*by, *named, *TERMS)
    return rows.unique([*by, *named], keep="first", maintain_order=True) if told else rows.head(1)


def _candidates(keys: pl.DataFrame, supply: pl.DataFrame) -> pl.DataFrame:
    """Who may deliver to each stock point: row, item, location, choice, supplier, empty terms."""
    named = supply.filter(pl.col("supplier").is_not_null())
    lists = keys
    for level, by in enumerate(_LEVELS):
        silent = [k for k in ("item", "location") if k not in by]
        rows = named.filter(
            *[pl.col(k).is_not_null() for k in by], *[pl.col(k).is_null() for k in silent]
        )
        who = pl.col("supplier").unique(maintain_order=True)
        if "item" not in by:
            who = who.head(1)
        if by:
            some = rows.group_by(by, maintain_order=True).agg(who.alias(f"who{level}"))
            lists = lists.join(some, on=by, how="left")
        else:
            first = rows["supplier"].head(1).to_list() or None
            lists = lists.with_columns(pl.lit(first, dtype=pl.List(pl.String)).alias(f"who{level}"))
    return (
        lists.select(
            "row",
            "item",
            "location",
            supplier=pl.coalesce(f"who{level}" for level in range(len(_LEVELS))),
        )
        .explode("supplier", empty_as_null=True, keep_nulls=True)
        .with_columns(choice=pl.int_range(pl.len()).over("row"))
        .with_columns(pl.lit(None, dtype=kind).alias(name) for name, kind in TERMS.items())
        .select("row", "choice", "item", "location", "supplier", *TERMS)
    )


def _filled(offers: pl.DataFrame, rows: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    """`offers` with the terms still empty taken from `rows`."""
    if not len(rows):
        return offers
    terms = [name for name in rows.columns if name in TERMS]
    if not on:
        return offers.with_columns(
            pl.col(name).fill_null(pl.lit(rows[name][0], dtype=TERMS[name])) for name in terms
        )
    joined = offers.join(rows, on=on, how="left", suffix="_told", maintain_order="left")
    return joined.with_columns(
        pl.col(name).fill_null(pl.col(f"{name}_told")) for name in terms
    ).drop(f"{name}_told" for name in terms)
