"""A small made-up shop's plan, by the contract of plan.json, with numbers that hang together.

Demand is negative-binomial, stock is projected path by path, the order is the shortfall to a
quantile, so the identities a real plan has (target = projected + need, lines sum to the board)
hold here by construction and the report's own arithmetic can be tested against them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np
import pytest

TITLES = (
    "WHITE HANGING HEART T-LIGHT HOLDER",
    "REGENCY CAKESTAND 3 TIER",
    "JUMBO BAG RED RETROSPOT",
    "PARTY BUNTING",
    "ASSORTED COLOUR BIRD ORNAMENT",
    "RABBIT NIGHT LIGHT",
    "PACK OF 72 RETROSPOT CAKE CASES",
    "PAPER CHAIN KIT 50'S CHRISTMAS",
    "LUNCH BAG SPACEBOY DESIGN",
    "SPOTTY BUNTING & FLAGS",
    "HEART OF WICKER SMALL",
    "SET OF 3 CAKE TINS PANTRY DESIGN",
)
CONTENDERS = {
    "projected_inventory": ("Projected inventory (default)", 1.0),
    "coverage": ("Coverage, tuned", 1.17),
    "classical": ("Classical safety stock", 1.09),
}
STATUSES = ("stocked_out", "at_risk", "excess", "new", "dying", "ok")
LEAD, HORIZON, PERIODS, SAMPLES = 2, 12, 53, 200
MADE_FOR = date(2011, 12, 12)


def weeks(start: date, n: int) -> list[str]:
    return [(start + timedelta(weeks=i)).isoformat() for i in range(n)]


def project(
    on_hand: float, inbound: np.ndarray, extra: np.ndarray, paths: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Closing stock and lost sales, both (S, H), of one stock point with lost sales."""
    stock = np.full(paths.shape[0], on_hand)
    closing, lost = np.empty_like(paths), np.empty_like(paths)
    for h in range(paths.shape[1]):
        stock = stock + inbound[h] + extra[h]
        lost[:, h] = np.maximum(paths[:, h] - stock, 0)
        stock = np.maximum(stock - paths[:, h], 0)
        closing[:, h] = stock
    return closing, lost


def quantiles(closing: np.ndarray) -> dict[str, list[float]]:
    return {f"p{q}": np.quantile(closing, q / 100, axis=0).round(2).tolist() for q in (10, 50, 90)}


def one_stock_point(rng: np.random.Generator, index: int, suppliers: tuple[str, ...]) -> dict:
    """Everything the plan knows of one stock point: its row, its order line (or None), its card."""
    mean = float(rng.lognormal(2.6, 1.1))
    size = float(rng.uniform(0.8, 4))
    season = 1 + 0.45 * np.sin(np.arange(PERIODS + HORIZON) / 52 * 2 * np.pi + rng.uniform(0, 6))
    demand = rng.negative_binomial(size, size / (size + mean * season[:PERIODS])).astype(float)
    paths = rng.negative_binomial(
        size, size / (size + mean * season[PERIODS:]), (SAMPLES, HORIZON)
    ).astype(float)
    promotion = (rng.random(PERIODS) < 0.05).astype(float)
    in_stock = np.ones(PERIODS)
    if rng.random() < 0.4:
        a = int(rng.integers(10, PERIODS - 5))
        in_stock[a : a + int(rng.integers(1, 4))] = 0
    sales = demand * in_stock
    unit_cost = round(float(rng.lognormal(0.6, 0.8)), 2)
    price = round(unit_cost * 2.2, 2)
    cover_now = float(rng.choice([0, 0.5, 1.5, 3, 6, 20], p=[0.1, 0.15, 0.25, 0.25, 0.15, 0.1]))
    on_hand = round(cover_now * mean)
    inbound = np.zeros(HORIZON)
    if rng.random() < 0.3:
        inbound[int(rng.integers(0, LEAD))] = round(mean * 1.5)
    none = np.zeros(HORIZON)
    protection = LEAD + 1
    closing, lost = project(on_hand, inbound, none, paths)
    total = paths[:, :protection].sum(axis=1)
    target = float(np.quantile(total, 0.95).round())
    # Projected stock counts what is there and comes within the interval, net of nothing sold yet.
    projected = float(on_hand + inbound[:protection].sum())
    need = max(target - projected, 0.0)
    pack = int(rng.choice([1, 6, 12]))
    moq = int(rng.choice([0, 0, 24]))
    increments, quantity = [], need
    if need > 0:
        to_pack = float(-(-quantity // pack) * pack - quantity)
        if to_pack:
            increments.append({"constraint": "pack_size", "units": to_pack})
            quantity += to_pack
        if quantity < moq:
            increments.append({"constraint": "minimum_order", "units": moq - quantity})
            quantity = float(moq)
    proposed = np.zeros(HORIZON)
    proposed[LEAD] = quantity
    closing_with, lost_with = project(on_hand, inbound, proposed, paths)
    risk, risk_with = ((x[:, :protection].sum(axis=1) > 0).mean() for x in (lost, lost_with))
    money, money_with = (
        round(float(x[:, :protection].sum(axis=1).mean()) * (price - unit_cost), 2)
        for x in (lost, lost_with)
    )
    mean_demand = float(paths.mean().round(3))
    cover = round(projected / mean_demand, 2) if mean_demand else None
    out = (lost.cumsum(axis=1) > 0).mean(axis=0)
    days = weeks(MADE_FOR, HORIZON)
    stockout_date = next((d for d, p in zip(days, out, strict=True) if p >= 0.5), None)
    status = "ok"
    if on_hand == 0:
        status = "stocked_out"
    elif risk > 0.3:
        status = "at_risk"
    elif cover is not None and cover > 15:
        status = "excess"
    elif index % 19 == 7:
        status = "new"
    elif index % 23 == 11:
        status = "dying"
    item, title = str(84000 + index), TITLES[index % len(TITLES)]
    supplier = suppliers[index % len(suppliers)]
    key = {"item": item, "location": "main", "title": title}
    point = {
        **key,
        "supplier": supplier,
        "abc": "ABC"[min(int(index % 10 / 3), 2)],
        "xyz": "XYZ"[0 if size > 2.8 else 1 if size > 1.6 else 2],
        "demand_class": "smooth" if size > 2 else "erratic",
        "status": status,
        "on_hand": on_hand,
        "on_order": float(inbound.sum()),
        "mean_demand": mean_demand,
        "unit_cost": unit_cost,
        "price": price,
        "stock_value": round(on_hand * unit_cost, 2),
        "money": money,
        "cover": cover,
        "stockout_probability": float(risk),
        "stockout_date": stockout_date,
    }
    sentence = (
        f"Order {quantity:.0f}: customers may want {target:.0f} before the next order arrives, "
        f"and {projected:.0f} are there or on the way."
    )
    order = None
    if quantity > 0:
        order = {
            "id": f"{item}@main",
            "supplier": supplier,
            **key,
            "quantity": quantity,
            "unit_cost": unit_cost,
            "cost": round(quantity * unit_cost, 2),
            "order_date": MADE_FOR.isoformat(),
            "due_date": (MADE_FOR + timedelta(weeks=LEAD)).isoformat(),
            "cover_without": cover,
            "cover_with": round((projected + quantity) / mean_demand, 2) if mean_demand else None,
            "stockout_probability_without": float(risk),
            "stockout_probability_with": float(risk_with),
            "money_at_risk_without": money,
            "money_at_risk_with": money_with,
            "reason": {
                "policy": "projected_inventory",
                "quantile": 0.95,
                "demand_over_protection_interval": {
                    "mean": float(total.mean()),
                    "p50": float(np.median(total)),
                    "target": target,
                },
                "on_hand": on_hand,
                "on_order": float(inbound.sum()),
                "projected_stock": projected,
                "target": target,
                "need": need,
                "increments": increments,
                "quantity": quantity,
            },
            "sentence": sentence,
            "offers": [],
        }
    known = np.where(in_stock > 0, demand, np.nan)
    card = {
        **key,
        "status": status,
        "history": {
            "dates": weeks(MADE_FOR - timedelta(weeks=PERIODS), PERIODS),
            "sales": sales.tolist(),
            "demand": [None if np.isnan(v) else float(v) for v in known],
            "in_stock": in_stock.tolist(),
            "promotion": promotion.tolist(),
        },
        "fan": {
            "dates": days,
            "mean": paths.mean(axis=0).round(2).tolist(),
            **{
                f"p{q:02d}": np.quantile(paths, q / 100, axis=0).round(2).tolist()
                for q in (5, 25, 50, 75, 95)
            },
        },
        "projection": {
            "dates": days,
            "with": quantiles(closing_with),
            "without": quantiles(closing),
            "inbound": inbound.tolist(),
            "proposed": proposed.tolist(),
        },
        "stockout_date": stockout_date,
        "stockout_probability": float(risk),
        "sentence": sentence,
    }
    return {"point": point, "order": order, "card": card, "total": float(total.mean())}


def replay(rng: np.random.Generator, n: int = 13) -> dict[str, Any]:
    dates = weeks(date(2011, 9, 12), n)
    base = 900 + 250 * np.sin(np.arange(n) / 3) + rng.normal(0, 60, n)
    contenders = {}
    for name, (label, factor) in CONTENDERS.items():
        cost = (base * factor + rng.normal(0, 45, n)).round(2)
        holding, shortage = (cost * 0.55).round(2), (cost - (cost * 0.55).round(2)).round(2)
        fill = np.clip(0.965 - 0.05 * (factor - 1) + rng.normal(0, 0.008, n), 0, 1)
        contenders[name] = {
            "label": label,
            "total": float(cost.sum()),
            "holding": float(holding.sum()),
            "shortage": float(shortage.sum()),
            "ordering": 0.0,
            "fill_rate": float(fill.mean()),
            "cost": cost.tolist(),
            "inventory_value": (14000 * factor + rng.normal(0, 300, n).cumsum()).round(2).tolist(),
            "fill": fill.round(4).tolist(),
        }
    ours = np.array(contenders["projected_inventory"]["cost"])
    differences = {}
    for name in ("coverage", "classical"):
        gaps = np.array(contenders[name]["cost"]) - ours
        total, half = float(gaps.sum()), 2.2 * float(gaps.std(ddof=1)) * n**0.5
        differences[name] = {
            "mean": total,
            "low": total - half,
            "high": total + half,
            "share": total / contenders[name]["total"],
            "per_window": gaps.round(2).tolist(),
        }
    return {
        "first_date": dates[0],
        "last_date": dates[-1],
        "dates": dates,
        "origins": n,
        "contenders": contenders,
        "default": "projected_inventory",
        "differences": differences,
        "note": "Each origin saw only what was known at the time.",
    }


def synthetic_plan(
    n: int = 120, *, seed: int = 7, suppliers: tuple[str, ...] = ("Acme Gifts", "Nordlys")
) -> dict[str, Any]:
    """The plan of a shop with `n` stock points, new each time; same arguments, same plan."""
    return json.loads(written_plan(n, seed, suppliers))


@cache
def written_plan(n: int, seed: int, suppliers: tuple[str, ...]) -> str:
    rng = np.random.default_rng(seed)
    rows = [one_stock_point(rng, i, suppliers) for i in range(n)]
    points = [r["point"] for r in rows]
    orders = sorted(
        (r["order"] for r in rows if r["order"]),
        key=lambda o: (-o["money_at_risk_without"], o["id"]),
    )
    at_risk = sum(o["money_at_risk_without"] for o in orders)
    excess = [p for p in points if p["status"] == "excess"]
    exceptions = sorted(
        (
            {
                "kind": p["status"],
                **{k: p[k] for k in ("item", "location", "title")},
                "money": p["stock_value"] if p["status"] in ("excess", "dying") else p["money"],
                "sentence": f"{p['on_hand']} on hand, {p['mean_demand']:.1f} sold a week.",
            }
            for p in points
            if p["status"] != "ok"
        ),
        key=lambda e: -e["money"],
    )
    revenue = {id(p): p["mean_demand"] * p["price"] * PERIODS for p in points}
    whole = sum(revenue.values()) or 1.0
    matrix = []
    for a in "ABC":
        for x in "XYZ":
            cell = [p for p in points if p["abc"] == a and p["xyz"] == x]
            matrix.append(
                {
                    "abc": a,
                    "xyz": x,
                    "n": len(cell),
                    "revenue": sum(revenue[id(p)] for p in cell),
                    "stock_value": sum(p["stock_value"] for p in cell),
                    "revenue_share": sum(revenue[id(p)] for p in cell) / whole,
                }
            )
    count = {s: sum(p["status"] == s for p in points) for s in STATUSES}
    plan = {
        "onhand": "0.1.0",
        "snapshot": "9f2c4b1d" * 8,
        "seed": seed,
        "made_for": MADE_FOR.isoformat(),
        "shop": {
            "name": "Online Retail (UK gift shop)",
            "currency": "GBP",
            "frequency": "week",
            "periods": PERIODS,
            "first_date": (MADE_FOR - timedelta(weeks=PERIODS)).isoformat(),
            "last_date": (MADE_FOR - timedelta(days=1)).isoformat(),
            "n_items": n,
            "n_locations": 1,
            "n_series": n,
            "source_note": "UCI Online Retail, Dr Daqing Chen, CC BY 4.0.",
        },
        "config": {"policy": {"name": "projected_inventory", "quantile": 0.95}, "seed": seed},
        "assumptions": [
            {
                "key": "supply.lead_time",
                "value": str(LEAD),
                "unit": "weeks",
                "source": "assumed",
                "why": "No supply table was given; two weeks is common for giftware.",
            },
            {
                "key": "stock.on_hand",
                "value": "rule",
                "unit": "units",
                "source": "assumed",
                "why": "No stock table was given; the default policy was run over the last quarter.",
            },
            {
                "key": "costs.margin_rate",
                "value": "0.55",
                "unit": "of price",
                "source": "config",
                "why": "Stated in onhand.toml.",
            },
            {
                "key": "items.price",
                "value": "per item",
                "unit": "GBP",
                "source": "file",
                "why": "Median of the last 90 days of invoices.",
            },
        ],
        "findings": [
            {
                "severity": "warning",
                "table": "sales",
                "rule": "a cancelled order pairs with its sale",
                "count": 8905,
                "example": "C536379, line 141",
                "advice": "Nothing to do: both lines were taken out.",
            },
            {
                "severity": "error",
                "table": "sales",
                "rule": "a code must be a product",
                "count": 2995,
                "example": "POST",
                "advice": "List other service codes in onhand.toml under [data] not_products.",
            },
            {
                "severity": "info",
                "table": "calendar",
                "rule": "no sale on any Saturday",
                "count": 53,
                "example": "2010-12-04",
                "advice": "Saturdays are treated as closed.",
            },
        ],
        "board": {
            "is_stock_assumed": False,
            "stock_value": sum(p["stock_value"] for p in points),
            "stock_units": sum(p["on_hand"] for p in points),
            "order_value": sum(o["cost"] for o in orders),
            "order_units": sum(o["quantity"] for o in orders),
            "n_order_lines": len(orders),
            "expected_fill_rate": 0.971,
            "expected_fill_rate_without": 0.842,
            "on_order_value": sum(p["on_order"] * p["unit_cost"] for p in points),
            "on_order_units": sum(p["on_order"] for p in points),
            "money_at_risk": at_risk,
            "money_at_risk_with": sum(o["money_at_risk_with"] for o in orders),
            **{f"n_{status}": n for status, n in count.items()},
            "excess_value": sum(p["stock_value"] for p in excess),
        },
        "orders": orders,
        "stock_points": points,
        "exceptions": exceptions,
        "matrix": matrix,
        "cards": [r["card"] for r in sorted(rows, key=lambda r: -r["point"]["money"])][:24],
        "replay": replay(rng),
        "supplier_orders": [],
        "buy_list": [],
        "frontier": frontier(sum(o["cost"] for o in orders)),
    }
    return json.dumps(plan)


def frontier(spent: float) -> dict[str, Any]:
    """Service that rises ever more slowly with money; the plan a little below it."""

    def at(share: float, below: float = 0.0) -> dict[str, float]:
        fill = 0.842 + 0.14 * (1 - (1 - share) ** 2) - below
        return {
            "spend": round(share * 1.5 * spent, 2),
            "margin_saved": round(spent * share, 2),
            "fill_rate": round(fill, 4),
        }

    curve = [at(k / 20) for k in range(21)]
    return {"curve": curve, "today": at(0.0), "chosen": at(2 / 3, below=0.004)}


@pytest.fixture(name="make_plan_dict")
def _make_plan_dict() -> Callable[..., dict[str, Any]]:
    """The generator, so that a test can ask for the shop it needs."""
    return synthetic_plan


@pytest.fixture(name="plan_dict")
def _plan_dict() -> dict[str, Any]:
    """A shop with 120 stock points, two suppliers and a replay of 13 weeks."""
    return synthetic_plan()
