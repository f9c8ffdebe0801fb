"""`onhand compare` and `onhand tune`: the loop between forecasts and decisions from the command line."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from onhand.cli.app import app

QUICK = [
    *("--set", "replay.n_samples=20"),
    *("--set", "compare.windows=2"),
    *("--set", "compare.days=21"),
    *("--set", "compare.tuning_days=21"),
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty weeks of two items sold for dollars, and settings with a remark."""
    folder = tmp_path_factory.mktemp("shop")
    rng = np.random.default_rng(0)
    days = np.datetime64("2024-01-01") + 7 * np.arange(30)
    rows = [f"{sku},{day},{rng.poisson(5)},2.50,USD" for sku in ("tea", "cup") for day in days]
    (folder / "sales.csv").write_text("\n".join(["sku,ds,y,unit_price,currency", *rows, ""]))
    (folder / "onhand.toml").write_text(
        "[policy]\nname = 'order_up_to'\nlevel = 0.3  # Tom said so\n\n"
        "[forecast]\nforecaster = 'seasonal_naive'\n"
    )
    return folder


def onhand(*arguments: object, code: int = 0) -> tuple[str, str]:
    """Run a command in this process; its standard output and error."""
    done = CliRunner().invoke(app, [str(a) for a in arguments])
    assert done.exit_code == code, (done.output, done.exception)
    return done.stdout, done.stderr


def test_compare_prints_and_draws_what_it_found(shop: Path, tmp_path: Path) -> None:
    """A table, a page with pictures and no script, and the same numbers as JSON."""
    out, err = onhand("compare", shop, "--out", tmp_path / "made", *QUICK)
    assert "without paths" in out
    assert "unmask: nothing to measure, no empty shelf is on record." in out
    assert "compare.html" in err
    told = json.loads((tmp_path / "made" / "compare.json").read_text(encoding="utf-8"))
    full = told["judgements"][0]["pipelines"][0]
    page = (tmp_path / "made" / "compare.html").read_text(encoding="utf-8")
    assert f"{full['total']:,.0f}" in page
    assert "<svg" in page
    assert "<script" not in page
    assert told["currency"] == "USD"
    assert "$" in out
    assert "€" not in out + page


def test_compare_asks_for_a_source_or_the_demo(shop: Path) -> None:
    """Neither or both is a mistake that is named."""
    for arguments in (["compare"], ["compare", str(shop), "--demo"]):
        done = CliRunner().invoke(app, arguments)
        assert "--demo for the sample shop" in str(done.exception)


def test_compare_names_a_folder_it_cannot_write_before_the_work(shop: Path, tmp_path: Path) -> None:
    """Not after ten minutes of it."""
    (tmp_path / "a").write_text("a file")
    done = CliRunner().invoke(
        app, ["compare", str(shop), "--out", str(tmp_path / "a" / "b"), *QUICK]
    )
    assert "cannot write into" in str(done.exception)
    assert "Reading" not in done.stderr


def test_tune_writes_what_it_chose_and_goes_on(shop: Path) -> None:
    """The remark stays, the reason stands above the setting, the second run goes on."""
    arguments = ("tune", shop, "--minutes", 0, *QUICK)
    before = (shop / "onhand.toml").read_text()
    out, err = onhand(*arguments)
    assert "the settings as they are" in out
    assert "$" in out
    assert "€" not in out
    assert "run it again to go on" in err
    assert (shop / "onhand.toml").read_text() == before
    out, _ = onhand(*arguments, "--dry-run")
    assert (shop / "onhand.toml").read_text() == before
    out, err = onhand(*arguments, "--json", "--anyway")
    assert len(json.loads(out)["steps"]) == 3
    after = (shop / "onhand.toml").read_text()
    assert "# Tom said so" in after
    assert "# onhand tune: " in after
    assert "$" in after
    assert tomllib.loads(after)["policy"]["level"] != 0.3
    assert (shop / ".onhand" / "tune.json").is_file()
