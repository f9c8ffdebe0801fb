"""How does a plan leave? As the files a planner opens and a program reads."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from onhand.data.tables import Tables, write_set_aside
from onhand.errors import InputError, OnhandError
from onhand.plan.orders_csv import file_names, supplier_csv, write_orders_csv
from onhand.plan.plan import Plan

__all__ = ["ready_folder", "write_plan"]

_LETTERS = "orders"  # the folder of the files for suppliers


def write_plan(plan: Plan, folder: str | Path, tables: Tables | None = None) -> dict[str, Path]:
    """Write `report.html`, `orders.csv`, `plan.json`, and `set_aside.csv` when rows were set aside.

    `orders/` gets one file for each supplier, to be sent; those that the plan before wrote there and this one
    does not are removed. All files are written beside their places first, and take them only when the last one is whole: a
    full disk or a pulled plug leaves the old plan, not half of the new one.

    Returns
    -------
    name -> path of every file written, and of the folder `orders`

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
            letters, outdated = _write_letters(plan, unfinished), _letters_of_the_last(target)
            _must_take(target, letters)
            for name in names:
                os.replace(unfinished / name, target / name)
            _send(letters, outdated, unfinished, target)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    except OSError as error:
        raise _cannot_write(target, error) from error
    return {name: target / name for name in [*names, _LETTERS]}


def _write_letters(plan: Plan, unfinished: Path) -> list[str]:
    """One file for each supplier; their names."""
    (unfinished / _LETTERS).mkdir()
    names = file_names(line.supplier for line in plan.orders)
    for supplier, name in names.items():
        text = supplier_csv(plan, supplier)
        (unfinished / _LETTERS / name).write_text(text, encoding="utf-8-sig", newline="")
    return list(names.values())


def _send(letters: list[str], outdated: set[str], unfinished: Path, target: Path) -> None:
    """The files for suppliers take their places; those of the plan before that are not written now go."""
    folder = target / _LETTERS
    folder.mkdir(exist_ok=True)
    for name in letters:
        os.replace(unfinished / _LETTERS / name, folder / name)
    for name in outdated - set(letters):
        (folder / name).unlink(missing_ok=True)


def _letters_of_the_last(target: Path) -> set[str]:
    """Names of the files that the plan in this folder wrote for suppliers; what else is there stays."""
    try:
        last = Plan.read(target)
    except OnhandError:
        return set()
    return set(file_names(line.supplier for line in last.orders).values())


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
    _must_take(target)
    return target


def _must_take(target: Path, letters: Sequence[str] = ()) -> None:
    """Raises InputError where the files for suppliers have no place: asked before anything is replaced."""
    folder = target / _LETTERS
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise InputError(
            f"{folder} is no folder of its own, and the files for suppliers belong there; move it, or "
            "choose another folder with --out."
        )
    for name in letters:
        if (folder / name).is_dir():
            raise InputError(
                f"{folder / name} is a folder; move it, or choose another one with --out."
            )


def _cannot_write(target: Path, error: OSError) -> InputError:
    return InputError(
        f"cannot write into {target}: {error.strerror}. Choose another folder with --out."
    )
