"""How does a plan leave? As the files a planner opens and a program reads."""

from __future__ import annotations

from pathlib import Path

from onhand.data.tables import Tables, write_set_aside
from onhand.errors import InputError
from onhand.plan.orders_csv import write_orders_csv
from onhand.plan.plan import Plan

__all__ = ["write_plan"]


def write_plan(plan: Plan, folder: str | Path, tables: Tables | None = None) -> dict[str, Path]:
    """Write `report.html`, `orders.csv`, `plan.json`, and `set_aside.csv` when rows were set aside.

    Returns
    -------
    name -> path of every file written

    Raises
    ------
    InputError
        When the folder cannot be written.
    """
    from onhand.plan.report import write_report

    target = Path(folder)
    names = ["report.html", "orders.csv", "plan.json"]
    paths = {name: target / name for name in names}
    try:
        target.mkdir(parents=True, exist_ok=True)
        write_report(plan, paths["report.html"])
        write_orders_csv(plan, paths["orders.csv"])
        plan.write(paths["plan.json"])
        if tables is not None and tables.set_aside.height:
            paths["set_aside.csv"] = target / "set_aside.csv"
            write_set_aside(tables, paths["set_aside.csv"])
    except OSError as error:
        raise InputError(
            f"cannot write the plan into {target}: {error.strerror}. Choose another folder with --out."
        ) from error
    return paths
