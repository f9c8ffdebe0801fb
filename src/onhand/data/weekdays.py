"""Which days of the week does a cell name, in the words of which language?"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["WEEKDAYS", "weekdays_in"]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

# English, German, Dutch, French, Spanish, Italian, Portuguese, Danish, Swedish, Polish; no accents.
_NAMES = (
    "monday montag maandag lundi lunes lunedi segunda mandag poniedzialek",
    "tuesday dienstag dinsdag mardi martes martedi terca tirsdag tisdag wtorek",
    "wednesday mittwoch woensdag mercredi miercoles mercoledi quarta onsdag sroda weds",
    "thursday donnerstag donderdag jeudi jueves giovedi quinta torsdag czwartek thurs",
    "friday freitag vrijdag vendredi viernes venerdi sexta fredag piatek",
    "saturday samstag sonnabend zaterdag samedi sabado sabato lordag sobota",
    "sunday sonntag zondag dimanche domingo domenica sondag niedziela",
)
# Short for one day by custom, though the start of another one's name too.
_CUSTOMARY = {"di": 1, "do": 3, "so": 6, "son": 6}
_ANY_DAY = frozenset(
    [
        "daily",
        "everyday",
        "every",
        "all",
        "taglich",
        "alle",
        "dagelijks",
        "quotidien",
        "diario",
        "giornaliero",
        "dagligen",
    ]
)
_WORK_DAYS = frozenset(
    ["workdays", "weekdays", "werktags", "werktage", "werkdagen", "laborables", "feriali"]
)


def weekdays_in(text: str) -> tuple[frozenset[int], tuple[str, ...]]:
    """The days that a cell names (0 Monday .. 6 Sunday), and its words that name none.

    Days are separated by anything but letters; a dash between two days means all from the one to
    the other. A name may be cut after two letters or more, where that leaves one day only.

    >>> [sorted(weekdays_in(text)[0]) for text in ("Mo, Do", "Dienstag", "Thu-Sat", "mar. et ven.")]
    [[0, 3], [1], [3, 4, 5], [1, 4]]
    >>> weekdays_in("mon;soon")
    (frozenset({0}), ('soon',))
    """
    days: set[int] = set()
    unknown: list[str] = []
    for part in _BETWEEN.split(_without_accents(text.lower())):
        ends = [_day(word) for end in _DASH.split(part) for word in _WORD.findall(end)]
        if len(ends) == 2 and None not in ends and len(_DASH.findall(part)) == 1:
            first, last = ends[0] or 0, ends[1] or 0
            days |= {(first + k) % 7 for k in range((last - first) % 7 + 1)}
            continue
        for word in _WORD.findall(part):
            day = None if word in _FILLING else _day(word)
            if day is not None:
                days.add(day)
            elif word in _ANY_DAY or word in _WORK_DAYS:
                days |= set(range(7 if word in _ANY_DAY else 5))
            elif word not in _FILLING:
                unknown.append(word)
    return frozenset(days), tuple(unknown)


_WORD = re.compile(r"[^\W_]+")
_BETWEEN = re.compile(r"[,;/|+&]")
_DASH = re.compile(r"-|–|—|\b(?:bis|to|tot|au)\b")
_FILLING = frozenset(
    [
        "and",
        "und",
        "en",
        "et",
        "y",
        "e",
        "i",
        "och",
        "og",
        "day",
        "days",
        "tag",
        "tage",
        "bis",
        "to",
        "tot",
        "au",
    ]
)


def _day(word: str) -> int | None:
    """The one day that a word names or begins; None where it is none, or several."""
    if word in _CUSTOMARY:
        return _CUSTOMARY[word]
    for part in (word, word.removesuffix("s")):  # Mondays, montags
        found = [
            k for k, names in enumerate(_NAMES) if any(n.startswith(part) for n in names.split())
        ]
        if len(part) >= 2 and len(found) == 1:
            return found[0]
    return None


def _without_accents(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.replace("ø", "o").replace("ł", "l"))
    return "".join(c for c in apart if not unicodedata.combining(c))
