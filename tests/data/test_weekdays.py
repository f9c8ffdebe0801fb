"""Days of the week are read in the words that shops write them in."""

from __future__ import annotations

import pytest

from onhand.data import read_tables
from onhand.data.weekdays import WEEKDAYS, weekdays_in


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon;thu", "mon thu"),
        ("Mo,Do", "mon thu"),
        ("Dienstag", "tue"),
        ("Mondays and Thursdays", "mon thu"),
        ("lun., jeu.", "mon thu"),
        ("miércoles / sábado", "wed sat"),
        ("wo, vr, zo", "wed fri sun"),
        ("mar. et ven.", "tue fri"),
        ("giovedì", "thu"),
        ("Mo-Fr", "mon tue wed thu fri"),
        ("mon to wed", "mon tue wed"),
        ("Freitag bis Montag", "mon fri sat sun"),
        ("Mo-Mi-Fr", "mon wed fri"),
        ("täglich", "mon tue wed thu fri sat sun"),
        ("workdays", "mon tue wed thu fri"),
        ("", ""),
    ],
)
def test_a_cell_names_days(text: str, days: str) -> None:
    """Names and customary abbreviations of a dozen languages, lists and ranges."""
    assert [WEEKDAYS[k] for k in sorted(weekdays_in(text)[0])] == days.split()


@pytest.mark.parametrize("word", ["ma", "1", "soon", "m", "sunt"])
def test_what_may_be_two_days_or_none_is_not_guessed(word: str) -> None:
    """`ma` is Monday in Dutch and Tuesday in French; `1` is Sunday or Monday."""
    assert weekdays_in(word) == (frozenset(), (word,))


def test_a_word_that_is_no_day_is_an_error_finding() -> None:
    """The other days hold, and the finding names supplier, word and next step."""
    day = {"item": ["a"], "date": ["2024-01-01"], "quantity": [1]}
    suppliers = {"supplier": ["Acme", "Beta"], "order_weekdays": ["Mo, Foo", "Dienstag"]}
    tables = read_tables({"sales": day, "suppliers": suppliers})
    assert tables.suppliers is not None
    assert tables.suppliers["order_weekdays"].to_list() == ["mon;foo", "tue"]
    found = [f for f in tables.findings if f.rule == "unknown-weekday"]
    assert [(f.severity, f.key, f.count) for f in found] == [("error", "supplier Acme", 1)]
    assert "'foo'" in found[0].value
    assert "mon;thu" in found[0].advice
