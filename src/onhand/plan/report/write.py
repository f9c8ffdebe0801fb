"""How does a plan become one file that opens anywhere?

The file holds its style, its script and its data. A content-security policy inside it forbids
the browser to load anything or to run any script but ours, whatever a title may contain.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from onhand.plan.report.page import build_page
from onhand.plan.report.wording import KINDS, Wording

__all__ = ["render_report", "write_report"]

# Run before the body is drawn, so that a chosen theme does not flash.
FIRST_SCRIPT = "theme.js"
SCRIPTS = (
    "wording.js",
    "element.js",
    "chart.js",
    "orders.js",
    "lists.js",
    "cards.js",
    "replay.js",
    "start.js",
)
# Methods of Wording that the template writes numbers with.
FILTERS = (
    "money",
    "exact_money",
    "unit_price",
    "units",
    "share",
    "rate",
    "cover",
    "day",
    "value",
)


class HasDict(Protocol):
    """A plan that can say itself as the contents of plan.json."""

    def to_dict(self) -> dict[str, Any]:
        """The contents of plan.json."""
        ...


def write_report(plan: Mapping[str, Any] | HasDict, path: str | Path) -> Path:
    """Writes the plan as one self-contained HTML file and gives back where it is.

    plan : a Plan, or the contents of plan.json
    path : the file to write; its folder is made when missing, an old file is replaced

    The same plan gives the same bytes.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(render_report(plan), encoding="utf-8", newline="\n")
    return target


def render_report(plan: Mapping[str, Any] | HasDict) -> str:
    """The text of the report, as `write_report` writes it."""
    page = build_page(plan if isinstance(plan, Mapping) else plan.to_dict())
    words = Wording(page["shop"]["currency"], page["shop"]["frequency"] or "day")
    first = _wrapped([FIRST_SCRIPT])
    script = _wrapped(SCRIPTS)
    template = _environment(words).get_template("page.html")
    return template.render(
        page=page,
        words=words,
        kinds=KINDS,
        style=Markup(read_asset("page.css")),
        first=Markup(first),
        script=Markup(script),
        hashes=" ".join(f"'sha256-{_digest(text)}'" for text in (first, script)),
        data=Markup(embedded_json(page)),
    )


def embedded_json(value: Any) -> str:
    r"""JSON that cannot end the script element it stands in, nor start a comment there.

    >>> print(embedded_json({"title": "</script><!-- \u2028 & é"}))
    {"title":"\u003c/script\u003e\u003c!-- \u2028 \u0026 \u00e9"}
    """
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _environment(words: Wording) -> Environment:
    environment = Environment(
        loader=PackageLoader("onhand.plan", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in FILTERS:
        environment.filters[name] = getattr(words, name)
    return environment


def read_asset(name: str) -> str:
    return files("onhand.plan.report").joinpath(name).read_text(encoding="utf-8")


def _wrapped(names: tuple[str, ...] | list[str]) -> str:
    """Our script files, one after the other, in one closed scope."""
    body = "\n".join(read_asset(f"script/{name}") for name in names)
    return f'(() => {{\n"use strict";\n{body}}})();'


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
