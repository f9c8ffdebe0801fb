"""The command line: data on standard output, words on standard error, codes that mean something."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from onhand.cli.app import app
from onhand.cli.show import show_doubts
from onhand.plan.plan import Noticed, Plan

ROOT = Path(__file__).parents[2]
QUICK = [
    *("--set", "plan.n_samples=20"),
    *("--set", "replay.n_samples=20"),
    *("--set", "forecast.forecaster=tsb"),
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with foreign headers, too many bad rows, and twenty weeks of two items."""
    folder = tmp_path_factory.mktemp("shop")
    rng = np.random.default_rng(0)
    days = np.datetime64("2024-01-01") + 7 * np.arange(20)
    rows = [f"{sku},{day},{rng.poisson(5)},2.50" for sku in ("tea", "cup") for day in days]
    bad = ["tea,not a date,3,2.50"] * 6
    text = "\n".join(["sku,ds,y,unit_price", *rows, *bad])
    (folder / "sales.csv").write_text(text + "\n", encoding="utf-8")
    (folder / "stock.csv").write_text("sku,on_hand\ntea,3\ncup,0\n", encoding="utf-8")
    return folder


def onhand(*arguments: object, code: int = 0) -> tuple[str, str]:
    """Run a command in this process; its standard output and error."""
    done = CliRunner().invoke(app, [str(a) for a in arguments])
    assert done.exit_code == code, (done.output, done.exception)
    return done.stdout, done.stderr


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a command as people do, in a process of its own."""
    code = "from onhand.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_check_shows_the_renaming_and_ends_with_1_for_rows_set_aside(shop: Path) -> None:
    """Dates that are none are an error among findings, not a crash."""
    out, err = onhand("check", shop, code=1)
    assert "sku → item" in out
    assert "6 rows set aside" in out
    assert "--set-aside" in err


def test_check_speaks_json_and_csv(shop: Path, tmp_path: Path) -> None:
    """The same findings for programs, and the rows that could not be used in a file."""
    aside = tmp_path / "aside.csv"
    out, _ = onhand("check", shop, "--json", "--set-aside", aside, code=1)
    told = json.loads(out)
    assert told["rows_set_aside"] == 6
    assert pl.read_csv(aside)["line"].to_list() == [42, 43, 44, 45, 46, 47]
    table, _ = onhand("check", shop, "--csv", code=1)
    assert len(list(csv.DictReader(io.StringIO(table)))) == len(told["findings"])


def test_plan_writes_its_files_and_explain_reads_them(shop: Path, tmp_path: Path) -> None:
    """From a folder to orders, and from an order to its reasons."""
    out, err = onhand("plan", shop, "--out", tmp_path, *QUICK, code=1)
    assert {p.name for p in tmp_path.iterdir()} == {
        "report.html",
        "orders",
        "orders.csv",
        "plan.json",
        "set_aside.csv",
    }
    assert "wrote" in err
    assert "wrote" not in out
    assert out.index("error") < out.index("to order")
    line = Plan.read(tmp_path).orders[0]
    told, _ = onhand("explain", line.item, "--plan", tmp_path)
    assert line.sentence in told
    as_json, _ = onhand("explain", line.item, "shop", "--plan", tmp_path / "plan.json", "--json")
    assert json.loads(as_json)[0]["order"]["quantity"] == line.quantity


def test_a_plan_names_what_it_may_be_wrong_for(capsys: pytest.CaptureFixture[str]) -> None:
    """Errors and numbers that move an order; other warnings are counted, and found with check."""
    noticed = (
        Noticed("error", "inbound", "missing-column", 40, "no column quantity", "rename one"),
        Noticed("warning", "sales", "unusual-quantity", 1, "item a: 900 units", "correct it"),
        Noticed("warning", "sales", "far-price", 1, "9 is far", "look"),
        Noticed("info", "sales", "returns", 1, "3 came back", "none"),
    )
    show_doubts(noticed)
    lines = capsys.readouterr().out.splitlines()
    assert "error" in lines[0]
    assert "no column quantity; rename one" in lines[0]
    assert "900 units" in lines[1]
    assert lines[2:] == ["1 more warning: onhand check shows them."]


def test_a_shop_with_two_locations_sees_which_of_them_an_order_is_for(tmp_path: Path) -> None:
    """The same item runs out in both; the policy behind the orders is told as well."""
    rows = [f"tea,{place},2024-01-0{day},4" for place in ("Ely", "Ayr") for day in range(1, 7)]
    (tmp_path / "sales.csv").write_text("\n".join(["item,location,date,quantity", *rows]) + "\n")
    (tmp_path / "stock.csv").write_text("item,location,on_hand\ntea,Ely,0\ntea,Ayr,0\n")
    out, _ = onhand("plan", tmp_path, "--out", tmp_path / "plan", *QUICK)
    lines = [line.split() for line in out.splitlines()]
    assert {("tea", "Ely"), ("tea", "Ayr")} <= {tuple(words[:2]) for words in lines}
    assert {("out", "tea", "Ely"), ("out", "tea", "Ayr")} <= {tuple(words[1:4]) for words in lines}
    assert any(words[:1] == ["policy.level"] for words in lines)


def test_plan_for_programs_prints_data_and_nothing_else(shop: Path) -> None:
    """`--json` is the plan, `--csv` its orders; no file appears unless asked for."""
    out, _ = onhand("plan", shop, "--json", *QUICK, code=1)
    plan = Plan.from_json(out)
    table, _ = onhand("plan", shop, "--csv", *QUICK, code=1)
    assert len(list(csv.DictReader(io.StringIO(table)))) == len(plan.orders)
    assert not Path("onhand-plan").exists()


def test_settings_are_found_beside_the_data_and_changed_by_set(shop: Path, tmp_path: Path) -> None:
    """onhand.toml in the source folder, then --set."""
    for file in shop.glob("*.csv"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "onhand.toml").write_text('[shop]\nname = "Beside"\n', encoding="utf-8")
    out, _ = onhand("plan", tmp_path, "--json", *QUICK, "--set", "shop.currency=CHF", code=1)
    shop_facts = Plan.from_json(out).shop
    assert (shop_facts.name, shop_facts.currency) == ("Beside", "CHF")


def test_replay_compares_and_speaks_json_and_csv(shop: Path) -> None:
    """The default stands beside coverage and the classical formula."""
    out, _ = onhand("replay", shop, *QUICK, code=1)
    assert "Coverage of" in out
    assert "Classical" in out
    assert "this is the default" in out
    told = json.loads(onhand("replay", shop, "--json", *QUICK, code=1)[0])
    rows = list(csv.DictReader(io.StringIO(onhand("replay", shop, "--csv", *QUICK, code=1)[0])))
    assert len(rows) == len(told["contenders"]) * len(told["dates"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "/no/such/place"], "no file or folder"),
        (["plan", "SHOP", "--config", "/no/such.toml"], "Leave --config out"),
        (["plan", "SHOP", "--set", "costs.holding_rat=1"], "Did you mean 'holding_rate'"),
        (["plan", "SHOP", "--set", "seed"], "section.setting=value"),
        (["replay", "SHOP", "--set", "supply.lead_time_days=200"], "Give more history"),
        (["explain", "tea", "--plan", "/no/such"], "onhand plan SOURCE"),
        (["check", "nosuchdb://host/name"], ""),
        (["brew"], "No such command"),
    ],
)
def test_what_cannot_be_done_ends_with_2_and_advice(
    shop: Path, arguments: list[str], said: str
) -> None:
    """No traceback, nothing on standard output, and the next step on standard error."""
    done = run(*[shop if a == "SHOP" else a for a in arguments])
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert said in " ".join(done.stderr.split())


def test_no_cell_of_a_file_commands_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Escape sequences and direction marks in headers and cells are not printed as they are."""
    from onhand.cli.show import show_findings, show_tables
    from onhand.data import read_tables

    evil = "\x1b]0;owned\x07\u202e"
    tables = read_tables(
        {"sales": {f"it{evil}em": ["a"], "item": ["a"], "date": [evil], "quantity": [evil]}}
    )
    show_tables(tables)
    show_findings(tables.findings)
    shown = capsys.readouterr().out
    assert "owned" in shown
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)


def test_a_mistake_of_ours_ends_with_3(monkeypatch: pytest.MonkeyPatch, capsys: object) -> None:
    """An unexpected error is called one, and says how to see where it happened."""
    from onhand.cli import app as module

    def broken() -> None:
        raise RuntimeError("a bolt is loose")

    monkeypatch.setattr(module, "app", broken)
    monkeypatch.delenv("ONHAND_DEBUG", raising=False)
    with pytest.raises(SystemExit) as caught:
        module.run()
    assert caught.value.code == 3
    err = capsys.readouterr().err  # type: ignore[attr-defined]
    assert "a bolt is loose" in err
    assert "ONHAND_DEBUG" in err


def test_version_and_help_come_without_loading_the_house() -> None:
    """A quick answer to a quick question."""
    code = (
        "import sys\nsys.argv = ['onhand', '--version']\n"
        "from onhand.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print([m for m in ('polars', 'numba', 'lightgbm', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    version, heavy = done.stdout.splitlines()
    assert version.startswith("onhand 0.")
    assert heavy == "[]"


@pytest.mark.parametrize("name", ["check", "plan", "replay", "explain", "demo"])
def test_every_command_and_option_is_documented(name: str) -> None:
    """docs/reference/cli.md has a section for the command that names its options."""
    import typer

    text = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    part = text.partition(f"## onhand {name}")[2].partition("\n## ")[0]
    assert part, f"docs/reference/cli.md has no section '## onhand {name}'"
    command = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
    for parameter in command.params:
        shown = max(parameter.opts, key=len) if parameter.param_type_name == "option" else None
        assert shown is None or f"`{shown}" in part, f"{name} {shown} is not documented"


@pytest.mark.parametrize("code", [0, 1, 2, 3, 130])
def test_every_exit_code_is_documented(code: int) -> None:
    """A script may rely on them."""
    text = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    assert f"| {code} |" in text
