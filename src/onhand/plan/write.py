"""How does a plan leave? As the files a planner opens and a program reads."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from onhand.data.tables import Tables, write_set_aside
from onhand.errors import InputError
from onhand.plan.orders_csv import write_orders_csv
from onhand.plan.plan import Plan

__all__ = ["ready_folder", "write_plan"]


def write_plan(plan: Plan, folder: str | Path, tables: Tables | None = None) -> dict[str, Path]:
    """Write `report.html`, `orders.csv`, `plan.json`, and `set_aside.csv` when rows were set aside.

    All files are written beside their places first, and take them only when the last one is whole: a
    full disk or a pulled plug leaves the old plan, not half of the new one.

    Returns
    -------
    name -> path of every file written

    Raises
    ------
    InputError
        When the folder cannot be written.
    """
    from onhand.plan.report import write_report

    target = ready_folder(folder)
    names = ["report.html", "orders.csv", "plan.json"]
    has_set_aside = tables is not None and tables.set_aside.height > 0
    names += ["set_aside.csv"] if has_set_aside else []
    try:
        unfinished = Path(tempfile.mkdtemp(prefix=".onhand-", dir=target))
        try:
            write_report(plan, unfinished / "report.html")
            write_orders_csv(plan, unfinished / "orders.csv")
            plan.write(unfinished / "plan.json")
            if has_set_aside and tables is not None:
                write_set_aside(tables, unfinished / "set_aside.csv")
            for name in names:
                os.replace(unfinished / name, target / name)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    except OSError as error:
        raise _cannot_write(target, error) from error
    return {name: target / name for name in names}


def ready_folder(folder: str | Path) -> Path:
    """The folder, made where it is missing and found writable: asked before hours of work, not after.

    Raises
    ------
    InputError
        When it cannot be written.
    """
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=target):
            pass
    except OSError as error:
        raise _cannot_write(target, error) from error
    return target


def _cannot_write(target: Path, error: OSError) -> InputError:
    return InputError(
        f"cannot write into {target}: {error.strerror}. Choose another folder with --out."
    )
