"""Which shop can I try it on? A real one: the invoices of a UK gift shop, 2010-12 to 2011-12.

Data: Online Retail, UCI Machine Learning Repository, Daqing Chen, CC BY 4.0 (`CREDITS.txt`).
"""

from __future__ import annotations

from importlib.resources import as_file, files

from onhand.data.read import read_tables
from onhand.data.tables import Tables

__all__ = ["sample_shop"]


def sample_shop() -> Tables:
    """The sample shop's tables, cleaned from 541,909 raw invoice lines, with what was found.

    There is one location, `shop`. The file knows neither stock, costs nor lead times: these
    tables are None and stand at their stated defaults.

    >>> tables = sample_shop()
    >>> tables.rows_in["invoices"], sorted(tables.given)
    (541909, ['items', 'sales'])
    """
    with as_file(files(__name__) / "online_retail.parquet") as path:
        return read_tables({"invoices": path})
