"""Does the file open anywhere, load nothing, run nothing but ours, and say what the plan says?"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from runpy import run_path

import pytest

from onhand.plan.plan import Plan
from onhand.plan.report import render_report, write_report
from onhand.plan.report.write import SCRIPTS, embedded_json

VOID = {"meta", "link", "input", "br", "hr", "img", "rect", "path", "circle", "line"}
HOSTILE = [
    "</script><img src=x onerror=alert(1)>",
    "<!--<script>alert(1)//",
    "\u2028\u2029 & \" ' <b>",
    "{{ 7 * 7 }} {% raw %}",
    '=HYPERLINK("http://evil.example")',
]


class Reader(HTMLParser):
    """Checks that tags nest, and keeps elements, scripts and the text of each table row."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.rows: dict[str, list[list[str]]] = {}
        self.table = ""
        self.narrow = 0

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.elements.append((tag, attributes))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.table = attributes.get("id") or attributes.get("class") or ""
        if tag == "tr":
            self.rows.setdefault(self.table, []).append([])
        if tag in ("td", "th") and self.table:
            self.rows[self.table][-1].append("")
        if tag == "script":
            self.scripts.append((attributes, ""))
        if tag == "span" and (self.narrow or "narrow" in (attributes.get("class") or "")):
            self.narrow += 1  # what repeats a column on a narrow screen is not read twice

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1] == tag, f"</{tag}> closes <{self.open[-1]}>"
        self.open.pop()
        if tag == "table":
            self.table = ""
        if tag == "span" and self.narrow:
            self.narrow -= 1

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            attributes, text = self.scripts[-1]
            self.scripts[-1] = (attributes, text + data)
        elif self.table and not self.narrow and {"td", "th"} & set(self.open):
            self.rows[self.table][-1][-1] += data


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


def embedded(reader: Reader) -> dict:
    (data,) = [text for a, text in reader.scripts if a.get("type") == "application/json"]
    return json.loads(data)


@pytest.fixture(name="report", scope="module")
def _report() -> str:

    return render_report(run_path(str(Path(__file__).with_name("conftest.py")))["synthetic_plan"]())


def test_tags_nest_and_every_id_is_there_once(report):
    ids = [a["id"] for _, a in read(report).elements if a.get("id")]
    assert len(ids) == len(set(ids))
    assert report.startswith("<!doctype html>")


def test_links_within_the_page_lead_somewhere(report):
    elements = read(report).elements
    ids = {a.get("id") for _, a in elements}
    targets = {a["href"] for tag, a in elements if tag == "a"}
    assert targets
    assert {t.removeprefix("#") for t in targets} <= ids


def test_nothing_is_loaded_from_anywhere(report):
    """No address but in data, no element that fetches, and a policy that forbids the browser to."""
    for tag, attributes in read(report).elements:
        assert tag not in {"iframe", "object", "embed", "img", "base", "form"}
        for name in ("src", "srcset", "action", "poster", "background"):
            assert name not in attributes
        if tag == "link":
            assert attributes["href"] == "data:,"
    style = report[report.index("<style>") : report.index("</style>")]
    assert "@import" not in style
    assert "url(" not in style
    assert "default-src 'none'" in report


def test_scripts_reach_no_network_and_write_text_only_as_text():
    for name in (*SCRIPTS, "theme.js"):
        code = files("onhand.plan.report").joinpath("script", name).read_text("utf-8")
        for word in (
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "Function(",
            "fetch(",
            "XMLHttpRequest",
            "WebSocket",
            "sendBeacon",
            "import(",
            "</script",
        ):
            assert word not in code, f"{name} uses {word}"
        addresses = set(re.findall(r"https?://[^\s\"']+", code))
        assert addresses <= {"http://www.w3.org/2000/svg"}


def test_the_policy_lets_exactly_our_scripts_run(report):
    """A wrong hash would leave a page without charts; a spare one would let another script run."""
    reader = read(report)
    (policy,) = [
        a["content"]
        for tag, a in reader.elements
        if tag == "meta" and a.get("http-equiv") == "Content-Security-Policy"
    ]
    ours = {
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for a, text in reader.scripts
        if "type" not in a
    }
    assert set(re.findall(r"'sha256-([^']+)'", policy)) == ours
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]
    assert not [name for _, a in reader.elements for name in a if name.startswith("on")]


@pytest.mark.parametrize("title", HOSTILE)
def test_a_hostile_title_stays_a_title(make_plan_dict, title):
    """Wherever a shop's own text appears, it is text: same elements, same scripts, same data."""
    plan = make_plan_dict(12)
    plain = read(render_report(plan))
    for rows in (plan["orders"], plan["stock_points"], plan["exceptions"], plan["cards"]):
        for row in rows:
            row["title"] = title
    for row in plan["exceptions"] + plan["cards"] + plan["orders"]:
        row["sentence"] = title
    for order in plan["orders"]:
        order["supplier"] = title
    plan["shop"]["name"] = plan["shop"]["source_note"] = title
    plan["findings"][0]["example"] = plan["findings"][0]["advice"] = title
    plan["assumptions"][0]["why"] = title
    single = make_plan_dict(12)
    for order in single["orders"]:
        order["supplier"] = "one"
    expected = [tag for tag, _ in read(render_report(single)).elements]
    text = render_report(plan)
    hostile = read(text)
    assert [tag for tag, _ in hostile.elements] == expected
    assert [t for a, t in hostile.scripts if "type" not in a] == [
        t for a, t in plain.scripts if "type" not in a
    ]
    assert embedded(hostile)["orders"][0]["title"] == title
    assert embedded(hostile)["shop"]["name"] == title


def test_embedded_json_reads_back_and_cannot_leave_its_element():
    value = {"titles": HOSTILE, "n": [1.5, None, -3]}
    text = embedded_json(value)
    assert json.loads(text) == value
    assert not set("<>&\u2028\u2029") & set(text)


def pence(text: str) -> int:
    """The amount shown, read as a person would."""
    return round(100 * float(re.sub(r"[^\d.\-]", "", text)))


def test_the_costs_a_reader_sees_add_up_to_the_penny(report):
    """Read back from the drawn table: lines to suppliers, suppliers to the foot, foot to plan.json."""
    reader = read(report)
    page = embedded(reader)
    rows = [[c.strip() for c in r] for r in reader.rows["order-table"]][1:]
    shown = [pence(r[3]) for r in rows]
    n_groups = 0
    position, groups = 0, 0
    for group in page["suppliers"]:
        lines = shown[position + 1 : position + 1 + group["n_shown"]]
        assert shown[position] == sum(lines) == round(100 * group["cost"])
        groups += shown[position]
        position += 1 + group["n_shown"]
        n_groups += 1
    assert n_groups == 2
    assert rows[-1][0] == "All suppliers"
    assert shown[-1] == groups == round(100 * page["board"]["order_value"])


def test_units_seen_add_up_too(report):
    reader = read(report)
    page = embedded(reader)
    rows = [[c.strip() for c in r] for r in reader.rows["order-table"]][1:-1]
    lines = [r for r in rows if "first due" not in r[0]]
    assert len(lines) == page["board"]["n_order_lines"]
    assert sum(float(r[1].replace(",", "")) for r in lines) == page["board"]["order_units"]


def test_replay_table_says_what_the_plan_says(report):
    reader = read(report)
    page = embedded(reader)
    rows = reader.rows["lines totals"][1:]
    for row, contender in zip(rows, page["replay"]["contenders"].values(), strict=True):
        assert contender["label"] in row[0]
        assert abs(pence(row[1]) / 100 - contender["total"]) <= 0.5
        assert row[5].strip() == f"{100 * contender['fill_rate']:.1f}%"


def empty_plan(make_plan_dict) -> dict:
    plan = make_plan_dict(1)
    for name in (
        "orders",
        "stock_points",
        "exceptions",
        "matrix",
        "cards",
        "findings",
        "assumptions",
    ):
        plan[name] = []
    plan["board"] = {
        key: 0 if isinstance(value, int) else 0.0 for key, value in plan["board"].items()
    }
    plan["replay"] = None
    return plan


def test_a_plan_with_nothing_in_it_says_so_in_words(make_plan_dict):
    plan = empty_plan(make_plan_dict)
    Plan.from_json(json.dumps(plan))
    text = render_report(plan)
    read(text)
    for sentence in ("Nothing to order", "No order lines today", "too short to replay"):
        assert sentence in text


def test_a_big_catalogue_stays_a_small_file_and_says_what_was_cut(make_plan_dict):
    """50,000 order lines: the page holds 500 and points to the rest."""
    plan = make_plan_dict(40)
    for name in ("orders", "stock_points"):
        rows = plan[name]
        more = ({**rows[i % len(rows)], "id": f"{i}", "item": f"{i}"} for i in range(50_000))
        plan[name] = [*rows, *more][:50_000]
    text = render_report(plan)
    assert len(text.encode()) < 3_000_000
    assert "This page holds 500 of 50,000 order lines" in text
    assert "orders.csv" in text


def test_years_of_days_on_every_card_stay_below_the_bound(make_plan_dict):
    plan = make_plan_dict(60)
    for card in plan["cards"]:
        card["history"] = {key: (values * 30)[:1500] for key, values in card["history"].items()}
    plan["cards"] = (plan["cards"] * 3)[:60]
    assert len(render_report(plan).encode()) < 3_000_000


def test_same_plan_same_bytes(make_plan_dict, tmp_path):
    first = write_report(make_plan_dict(), tmp_path / "a" / "report.html")
    second = write_report(make_plan_dict(), tmp_path / "b.html")
    assert first == tmp_path / "a" / "report.html"
    assert first.read_bytes() == second.read_bytes()


def test_a_plan_and_its_dictionary_make_the_same_report(plan_dict):
    plan = Plan.from_json(json.dumps(plan_dict))
    assert render_report(plan) == render_report(plan.to_dict())


def test_tables_have_captions_and_headers_and_charts_have_titles(report):
    elements = read(report).elements
    n_tables = sum(tag == "table" for tag, _ in elements)
    assert n_tables == sum(tag == "caption" for tag, _ in elements)
    assert all("scope" in a for tag, a in elements if tag == "th")
    assert sum(tag == "figure" for tag, _ in elements) == sum(
        tag == "figcaption" for tag, _ in elements
    )
    assert ("html", {"lang": "en"}) in elements
