"""What does the shop's database hold? Every table whose name or columns we recognise."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import polars as pl

from onhand.data.frames import to_polars
from onhand.data.schema import recognise_table
from onhand.errors import ReadError

__all__ = ["database_tables"]


def database_tables(url: str) -> list[tuple[str, pl.DataFrame]]:
    """(name, rows) of each table and view that we recognise, by name.

    Parameters
    ----------
    url : `sqlite:///path.db`, read without any driver; any other through SQLAlchemy

    Raises
    ------
    ReadError
        When the database cannot be opened, or the driver is not installed.
    """
    if url.startswith("sqlite:///"):
        return _sqlite(Path(url.removeprefix("sqlite:///")))
    return _sqlalchemy(url)


def _sqlite(path: Path) -> list[tuple[str, pl.DataFrame]]:
    if not path.exists():
        raise ReadError(f"there is no database file {path}; check the path after sqlite:///")
    try:
        # As a URI: a plain # or ? would end the path, and open another file, for writing.
        address = f"{path.resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as connection:
            names = connection.execute(
                "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name"
            ).fetchall()
            found = []
            for (name,) in names:
                quoted = '"' + name.replace('"', '""') + '"'
                headers = [
                    c[0] for c in connection.execute(f"SELECT * FROM {quoted} LIMIT 0").description
                ]
                if recognise_table(name, headers) is not None:
                    rows = connection.execute(f"SELECT * FROM {quoted}").fetchall()
                    found.append((name, _frame(headers, rows)))
            return found
    except sqlite3.DatabaseError as error:
        raise ReadError(f"cannot read {path} as an SQLite database: {error}") from error


def _sqlalchemy(url: str) -> list[tuple[str, pl.DataFrame]]:
    try:
        import sqlalchemy
    except ImportError as error:
        raise ReadError(
            "reading a database needs SQLAlchemy; install it with: pip install 'onhand[sql]'"
        ) from error
    try:
        engine = sqlalchemy.create_engine(url)
        with engine.connect() as connection:
            inspector = sqlalchemy.inspect(connection)
            found = []
            for name in sorted([*inspector.get_table_names(), *inspector.get_view_names()]):
                headers = [c["name"] for c in inspector.get_columns(name)]
                if recognise_table(name, headers) is not None:
                    table = sqlalchemy.table(name, *(sqlalchemy.column(h) for h in headers))
                    rows = connection.execute(sqlalchemy.select(table)).fetchall()
                    found.append((name, _frame(headers, [tuple(row) for row in rows])))
            return found
    except ModuleNotFoundError as error:  # its name is that of a package, and no secret
        raise ReadError(
            f"cannot read the database: its driver {error.name!r} is not installed; install it with: "
            f"pip install {_PACKAGES.get(error.name or '', error.name)}"
        ) from None
    except sqlalchemy.exc.NoSuchModuleError:
        kind = url.partition("://")[0]
        raise ReadError(
            f"no driver is known for databases of kind {kind!r}; write postgresql://, mysql+pymysql://, "
            "mssql+pyodbc://, oracle+oracledb:// or sqlite:///, or install the SQLAlchemy dialect for it"
        ) from None
    except Exception as error:  # drivers and the URL parser raise whatever they like
        # The message may hold the password of the URL, also in the chain of a traceback; the kind
        # of error does not.
        raise ReadError(
            f"cannot read the database: {type(error).__name__}; check the URL, the driver and "
            "that the server answers"
        ) from None


# The package to install where it is not named as it is imported.
_PACKAGES = {"psycopg2": "psycopg2-binary", "MySQLdb": "mysqlclient", "cx_Oracle": "cx-Oracle"}


def _frame(headers: list[str], rows: list[tuple[object, ...]]) -> pl.DataFrame:
    columns = zip(*rows, strict=True) if rows else [()] * len(headers)
    return to_polars({h: list(values) for h, values in zip(headers, columns, strict=True)})
