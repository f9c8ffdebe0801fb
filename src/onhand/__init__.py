"""Onhand: from a shop's own files to the orders it should place, proven by replay.

>>> import onhand
>>> tables = onhand.sample_shop()           # doctest: +SKIP
>>> plan = onhand.make_plan(tables)         # doctest: +SKIP
>>> onhand.write_plan(plan, "my-plan")      # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from onhand.data import Finding, Frequency, Panel, Tables, build_panel, read_tables, sample_shop
    from onhand.demand import DemandHistory, believe
    from onhand.errors import (
        ConfigError,
        HistoryError,
        InputError,
        OnhandError,
        OnhandWarning,
        ReadError,
        SchemaError,
        ShapeError,
    )
    from onhand.forecast import DemandPaths, Forecaster, default_forecaster
    from onhand.inventory.policy import Policy
    from onhand.plan.config import Config
    from onhand.plan.explain import explain
    from onhand.plan.make_plan import make_plan
    from onhand.plan.plan import Plan
    from onhand.plan.replay_shop import replay_shop
    from onhand.plan.write import write_plan

__version__ = "0.1.0"

__all__ = [
    "Config",
    "ConfigError",
    "DemandHistory",
    "DemandPaths",
    "Finding",
    "Forecaster",
    "Frequency",
    "HistoryError",
    "InputError",
    "OnhandError",
    "OnhandWarning",
    "Panel",
    "Plan",
    "Policy",
    "ReadError",
    "SchemaError",
    "ShapeError",
    "Tables",
    "__version__",
    "believe",
    "build_panel",
    "default_forecaster",
    "explain",
    "make_plan",
    "read_tables",
    "replay_shop",
    "sample_shop",
    "write_plan",
]

# Where each public name lives. It is imported when it is first used (PEP 562), so that
# `import onhand` costs nothing.
_HOMES = {
    "onhand.data": [
        "Finding",
        "Frequency",
        "Panel",
        "Tables",
        "build_panel",
        "read_tables",
        "sample_shop",
    ],
    "onhand.demand": ["DemandHistory", "believe"],
    "onhand.errors": [
        "ConfigError",
        "HistoryError",
        "InputError",
        "OnhandError",
        "OnhandWarning",
        "ReadError",
        "SchemaError",
        "ShapeError",
    ],
    "onhand.forecast": ["DemandPaths", "Forecaster", "default_forecaster"],
    "onhand.inventory.policy": ["Policy"],
    "onhand.plan.config": ["Config"],
    "onhand.plan.explain": ["explain"],
    "onhand.plan.make_plan": ["make_plan"],
    "onhand.plan.plan": ["Plan"],
    "onhand.plan.replay_shop": ["replay_shop"],
    "onhand.plan.write": ["write_plan"],
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'onhand' has no attribute {name!r}")
    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
