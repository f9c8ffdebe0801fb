"""What would Onhand do for a real shop? The sample shop, from raw invoices to orders."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from onhand.data.tables import Tables
from onhand.plan.config import Config
from onhand.plan.make_plan import make_plan
from onhand.plan.plan import Plan
from onhand.plan.progress import Progress, silent
from onhand.plan.write import ready_folder, write_plan

__all__ = ["Demo", "demo_config", "run_demo"]


@dataclass(frozen=True)
class Demo:
    """What the demo read, made and wrote.

    files : name -> path
    """

    tables: Tables
    plan: Plan
    files: dict[str, Path]


def demo_config() -> Config:
    """The settings of the sample shop: it kept no record of stock, costs or lead times.

    Everything but its name, currency and credit stands at its default, and in the `onhand.toml` that
    the demo writes.
    """
    return Config.from_dict(
        {
            "shop": {
                "name": "A UK gift shop",
                "currency": "GBP",
                "source_note": (
                    "Online Retail, UCI Machine Learning Repository, Daqing Chen, "
                    "doi:10.24432/C5BW33, CC BY 4.0. Stock, costs and lead times are assumed."
                ),
            }
        }
    )


def run_demo(folder: str | Path, *, progress: Progress = silent) -> Demo:
    """Read the sample shop's invoices, plan for the day after they end, and write everything.

    Raises
    ------
    InputError
        When the folder cannot be written.
    """
    from onhand.data import sample_shop

    ready_folder(folder)
    progress("Reading 541,909 invoice lines", 0.0)
    tables = sample_shop()
    progress("Reading 541,909 invoice lines", 1.0)
    config = demo_config()
    plan = make_plan(tables, config, progress=progress)
    files = write_plan(plan, folder, tables)
    settings = Path(folder) / "onhand.toml"
    config.write(settings)
    return Demo(tables, plan, files | {"onhand.toml": settings})
