"""What does this cell say? Texts become numbers, shares and dates, whole columns at a time.

Each function gives back the values (null: empty) and a mask of cells that say nothing usable.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field

import polars as pl

from onhand.data.weekdays import WEEKDAYS, weekdays_in

__all__ = [
    "EARLIEST",
    "LATEST",
    "Parsed",
    "dates",
    "day_lists",
    "numbers",
    "shares",
    "texts",
    "uses_decimal_comma",
    "weekday_lists",
]

EARLIEST = dt.date(1980, 1, 1)  # before: an empty spreadsheet date or a zero timestamp
LATEST = dt.date(2099, 12, 31)

_EMPTY = [
    "",
    "-",
    "--",
    "?",
    "na",
    "n/a",
    "#n/a",
    "nan",
    "nat",
    "null",
    "none",
    "nil",
    "\\n",
    "#ref!",
    "#value!",
    "#div/0!",
]
_YES = [
    "true",
    "t",
    "yes",
    "y",
    "on",
    "instock",
    "in stock",
    "in_stock",
    "available",
    "active",
    "ja",
    "si",
    "sí",
    "oui",
    "x",
    "wahr",
    "vrai",
]
_NO = [
    "false",
    "f",
    "no",
    "n",
    "off",
    "outofstock",
    "out of stock",
    "out_of_stock",
    "oos",
    "unavailable",
    "inactive",
    "nein",
    "non",
    "falsch",
    "faux",
    "not stocked",
]


@dataclass(frozen=True)
class Parsed:
    """Values of one column, the cells that could not be read, and what had to be assumed."""

    values: pl.Series
    bad: pl.Series  # Boolean
    assumed: dict[str, str] = field(default_factory=dict)  # rule -> what was assumed


def texts(cells: pl.Series) -> Parsed:
    """Keys and names: trimmed; whole numbers lose a `.0` that a spreadsheet or pandas gave them.

    >>> texts(pl.Series(["  A1 ", "n/a"])).values.to_list()
    ['A1', None]
    >>> texts(pl.Series([17850.0, None])).values.to_list()
    ['17850', None]
    """
    if cells.dtype.is_float():
        whole = cells.is_nan().fill_null(True) | (cells == cells.round(0)).fill_null(True)
        if whole.all():
            cells = cells.fill_nan(None).cast(pl.Int64, strict=False)
    plain = cells.cast(pl.String, strict=False)
    if not (cells.dtype.is_integer() or cells.dtype.is_temporal()):
        plain = plain.str.strip_chars()
        plain = _blank(plain)
    return Parsed(plain, _none_bad(cells))


def numbers(cells: pl.Series, decimal_comma: bool = False) -> Parsed:
    """Numbers from texts with currency signs, thousands separators and either decimal mark.

    Where one number alone could mean two things (`1,234`), the rest of the column decides; where
    the column is silent, `decimal_comma` does, and the assumption is reported.

    >>> numbers(pl.Series(["1.234,50 €", "(3,5)", "7-", "x"])).values.to_list()
    [1234.5, -3.5, -7.0, None]
    >>> numbers(pl.Series(["1,234.50", "1,234"])).values.to_list()
    [1234.5, 1234.0]
    """
    if cells.dtype.is_numeric() or cells.dtype == pl.Boolean:
        values = cells.cast(pl.Float64).fill_nan(None)
        return _finite(values, _none_bad(cells), {})
    plain = _blank(cells.cast(pl.String, strict=False).str.strip_chars())
    values = plain.cast(pl.Float64, strict=False)
    assumed: dict[str, str] = {}
    if decimal_comma or int(values.null_count()) > int(plain.null_count()):
        frame = pl.DataFrame({"given": plain}).unique()
        read, assumed = _local_numbers(frame["given"], decimal_comma)
        lookup = frame.with_columns(read.alias("value"))
        joined = pl.DataFrame({"given": plain}).join(
            lookup, on="given", how="left", nulls_equal=True, maintain_order="left"
        )
        values = joined["value"]
    values = values.fill_nan(None).rename(cells.name)
    bad = values.is_null() & plain.is_not_null()
    return _finite(values, bad, assumed)


def shares(cells: pl.Series, decimal_comma: bool = False) -> Parsed:
    """Shares 0..1 from numbers, percentages and yes/no words.

    >>> shares(pl.Series(["yes", "50 %", "0.25", "out of stock"])).values.to_list()
    [1.0, 0.5, 0.25, 0.0]
    """
    if cells.dtype.is_numeric() or cells.dtype == pl.Boolean:
        return numbers(cells)
    plain = _blank(cells.cast(pl.String, strict=False).str.strip_chars())
    low = plain.str.to_lowercase()
    is_percent = low.str.ends_with("%").fill_null(False)
    read = numbers(plain.str.strip_chars_end("% "), decimal_comma)
    frame = pl.DataFrame({"low": low, "value": read.values, "percent": is_percent})
    values = frame.select(
        pl.when(pl.col("low").is_in(_YES))
        .then(1.0)
        .when(pl.col("low").is_in(_NO))
        .then(0.0)
        .when("percent")
        .then(pl.col("value") / 100)
        .otherwise("value")
        .alias(cells.name)
    ).to_series()
    return Parsed(values, values.is_null() & plain.is_not_null(), read.assumed)


def day_lists(cells: pl.Series) -> Parsed:
    """Several numbers in one cell, kept as text `12;14;21`; bad where one of them is no number.

    >>> day_lists(pl.Series(["12; 14,21", "soon"])).values.to_list()
    ['12;14;21', None]
    """
    plain = texts(cells).values
    split = plain.str.replace_all(r"[\s,;|/\[\]]+", ";").str.strip_chars(";")
    is_list = split.str.contains(r"^\d+(\.\d+)?(;\d+(\.\d+)?)*$")
    values = pl.DataFrame({"v": split, "ok": is_list}).select(
        pl.when("ok").then("v").alias(cells.name)
    )
    return Parsed(values.to_series(), (~is_list).fill_null(False))


def weekday_lists(cells: pl.Series) -> Parsed:
    """Days of the week as `mon;thu`; words that name none stay, for the checks to find.

    >>> weekday_lists(pl.Series(["Mo, Do", "Dienstag", "monday or so", None])).values.to_list()
    ['mon;thu', 'tue', 'mon;sun;or', None]
    """
    plain = texts(cells).values
    read: dict[str, str] = {}
    for text in plain.drop_nulls().unique().to_list():
        days, unknown = weekdays_in(text)
        read[text] = ";".join([*(WEEKDAYS[day] for day in sorted(days)), *unknown])
    return Parsed(plain.replace(read), _none_bad(cells))


def uses_decimal_comma(frame: pl.DataFrame, delimiter: str) -> bool:
    """Whether some cell of a file can only be read with a decimal comma, and none with a point."""
    comma = point = 0
    sample = frame.head(20_000)
    for name in sample.columns:
        cells = sample[name]
        if cells.dtype != pl.String:
            continue
        comma += int(cells.str.contains(r"^\s*-?[\d.]*\d,\d{1,2}\s*$").sum() or 0)
        point += int(cells.str.contains(r"^\s*-?[\d,]*\d\.\d{1,2}\s*$").sum() or 0)
    return comma > point and (delimiter != "," or comma > 0)


def _blank(cells: pl.Series) -> pl.Series:
    is_empty = cells.str.len_bytes() <= 8
    if not is_empty.any():
        return cells
    hollow = cells.str.to_lowercase().is_in(_EMPTY)
    if not hollow.any():
        return cells
    frame = pl.DataFrame({"v": cells, "hollow": hollow.fill_null(True)})
    return frame.select(pl.when(~pl.col("hollow")).then("v").alias(cells.name)).to_series()


def _none_bad(cells: pl.Series) -> pl.Series:
    return pl.repeat(False, len(cells), dtype=pl.Boolean, eager=True)


def _finite(values: pl.Series, bad: pl.Series, assumed: dict[str, str]) -> Parsed:
    endless = values.is_infinite().fill_null(False)
    if endless.any():
        frame = pl.DataFrame({"v": values, "endless": endless})
        values = frame.select(pl.when(~pl.col("endless")).then("v").alias(values.name)).to_series()
        bad = bad | endless
    return Parsed(values, bad, assumed)


_CURRENCY = r"(?i)(eur|usd|gbp|chf|kr|zł|r\$|[$€£¥₹])"


def _local_numbers(cells: pl.Series, decimal_comma: bool) -> tuple[pl.Series, dict[str, str]]:
    """Numbers from distinct texts, with the decimal mark that the whole column votes for."""
    text = (
        cells.str.replace_all(_CURRENCY, "")
        .str.replace_all(r"[\s\u00a0\u202f'’_]", "")
        .str.replace_all("\u2212", "-", literal=True)
    )
    text = text.str.replace(r"^\((.+)\)$", "-$1").str.replace(r"^([\d.,]+)-$", "-$1")
    text = text.str.replace(r"^\+", "")
    frame = pl.DataFrame({"t": text}).with_columns(
        both_comma=pl.col("t").str.contains(r"^-?[\d.]*\.[\d.]*,\d*$"),
        both_point=pl.col("t").str.contains(r"^-?[\d,]*,[\d,]*\.\d*$"),
        comma_clear=pl.col("t").str.contains(r"^-?\d*,(\d{1,2}|\d{4,})$|^-?0,\d+$|^-?\d{4,},\d+$"),
        point_clear=pl.col("t").str.contains(
            r"^-?\d*\.(\d{1,2}|\d{4,})$|^-?0\.\d+$|^-?\d{4,}\.\d+$"
        ),
        unclear=pl.col("t").str.contains(r"^-?[1-9]\d{0,2}([,.])\d{3}$"),
    )
    commas = int((frame["both_comma"] | frame["comma_clear"]).sum() or 0)
    points = int((frame["both_point"] | frame["point_clear"]).sum() or 0)
    n_unclear = int(frame["unclear"].sum() or 0)
    assumed = {}
    is_comma = commas > points if commas != points else decimal_comma
    if n_unclear and commas == points:
        example = frame.filter("unclear")["t"][0]
        mark = "comma" if is_comma else "point"
        assumed["unclear-decimal-mark"] = f"{example!r} was read with a decimal {mark}"
    t = pl.col("t")
    without_points = t.str.replace_all(".", "", literal=True).str.replace_all(
        ",", ".", literal=True
    )
    without_commas = t.str.replace_all(",", "", literal=True)
    thousands_points = t.str.contains(r"^-?\d{1,3}(\.\d{3})+$")
    many_points = t.str.contains(r"^-?\d{1,3}(\.\d{3}){2,}$")
    thousands_commas = t.str.contains(r"^-?\d{1,3}(,\d{3})+$")
    many_commas = t.str.contains(r"^-?\d{1,3}(,\d{3}){2,}$")
    clean = (
        pl.when("both_comma")
        .then(without_points)
        .when("both_point")
        .then(without_commas)
        .when(many_points | (thousands_points & pl.lit(is_comma)))
        .then(t.str.replace_all(".", "", literal=True))
        .when(many_commas | (thousands_commas & pl.lit(not is_comma) & ~pl.col("comma_clear")))
        .then(without_commas)
        .otherwise(t.str.replace(",", ".", literal=True))
    )
    return frame.select(clean.cast(pl.Float64, strict=False)).to_series(), assumed


_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan januar january enero ene janvier janv gennaio gen",
            "feb februar february febrero fevrier février fev fév febbraio",
            "mar mär mrz märz march marzo mars",
            "apr april abril abr avril avr aprile",
            "may mai mayo maggio mag",
            "jun juni june junio juin giugno giu",
            "jul juli july julio juillet juil luglio lug",
            "aug august agosto ago aout août",
            "sep sept september septiembre septembre settembre set",
            "oct okt october oktober octubre octobre ottobre ott",
            "nov november noviembre novembre",
            "dec dez december dezember diciembre dic decembre décembre déc dicembre",
        ),
        start=1,
    )
    for name in names.split()
}
_YMD = re.compile(r"^(\d{4})[-/. ](\d{1,2})[-/. ](\d{1,2})\b")
_XXY = re.compile(r"^(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})\b")
_DMY_WORD = re.compile(r"^(\d{1,2})(?:st|nd|rd|th)?[-/. ]+([^\W\d]{3,})[-/., ]+(\d{4}|\d{2})\b")
_MDY_WORD = re.compile(r"^([^\W\d]{3,})\.?[- ]+(\d{1,2})(?:st|nd|rd|th)?[-, ]+(\d{4})\b")
_WEEKDAY = re.compile(r"^(mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+", re.IGNORECASE)
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
_MONTH = re.compile(r"^(\d{4})[-/.](\d{1,2})$")
_WEEK = re.compile(r"^(\d{4})-?W(\d{1,2})$", re.IGNORECASE)
_SERIAL = re.compile(r"^(\d{5})(\.\d+)?$")
_EPOCH = re.compile(r"^(\d{10})(\.\d+)?$|^(\d{13})$")


def dates(cells: pl.Series) -> Parsed:
    """Days from dates, timestamps and texts in the usual spellings, several in one column too.

    `03/04/2024` alone means two days. A column in which some first number exceeds 12 is day first,
    one in which some second number does is month first; where neither happens, the order under
    which the dates lie closer together is taken, day first on a tie, and reported.

    >>> dates(pl.Series(["2024-02-29T23:10:00+01:00", "31/01/2024", "5 Mar 2024", "soon"])).values.to_list()
    [datetime.date(2024, 2, 29), datetime.date(2024, 1, 31), datetime.date(2024, 3, 5), None]
    """
    if cells.dtype == pl.Date:
        return _in_range(cells, cells.is_not_null(), {})
    if isinstance(cells.dtype, pl.Datetime):
        # A zone-aware stamp is read on its own clock: 23:10 in Berlin is that day in Berlin.
        return _in_range(cells.dt.replace_time_zone(None).dt.date(), cells.is_not_null(), {})
    if cells.dtype.is_float():
        cells = cells.fill_nan(None)
    if cells.dtype.is_numeric():
        cells = cells.cast(pl.String).str.replace(r"\.0$", "")
    plain = _blank(cells.cast(pl.String, strict=False).str.strip_chars(" \t'\"\u00a0"))
    iso = plain.str.extract(r"^(\d{4}-\d{2}-\d{2})(?:$|[T ])", 1).str.to_date(strict=False)
    assumed: dict[str, str] = {}
    rest = plain.is_not_null() & iso.is_null()
    values = iso.rename(cells.name)
    if rest.any():
        short = plain.str.replace(r"(?i)[T ,]+\d{1,2}:\d{2}.*$", "")
        distinct = short.filter(rest).unique().to_list()
        read, assumed = _read_dates(distinct)
        lookup = pl.DataFrame(
            {"given": list(read), "day": list(read.values())},
            schema={"given": pl.String, "day": pl.Date},
        )
        joined = pl.DataFrame({"given": short, "iso": iso}).join(
            lookup, on="given", how="left", maintain_order="left"
        )
        values = joined.select(pl.coalesce("iso", "day").alias(cells.name)).to_series()
    return _in_range(values, plain.is_not_null(), assumed)


def _in_range(values: pl.Series, given: pl.Series, assumed: dict[str, str]) -> Parsed:
    if len(values) and values.null_count() < len(values):
        low, high = values.min(), values.max()
        if low < EARLIEST or high > LATEST:  # type: ignore[operator]
            frame = pl.DataFrame({"v": values})
            inside = pl.col("v").is_between(EARLIEST, LATEST)
            values = frame.select(pl.when(inside).then("v").alias(values.name)).to_series()
    return Parsed(values, given & values.is_null(), assumed)


def _read_dates(distinct: list[str]) -> tuple[dict[str, dt.date], dict[str, str]]:
    read: dict[str, dt.date] = {}
    pairs: dict[str, tuple[int, int, int]] = {}
    assumed: dict[str, str] = {}
    for text in distinct:
        bare = _WEEKDAY.sub("", text)
        if m := _XXY.match(bare):
            pairs[text] = (int(m[1]), int(m[2]), _year(m[3]))
            continue
        if (day := _plain_date(bare)) is not None:
            read[text] = day
            if _SERIAL.match(bare) or _EPOCH.match(bare):
                assumed["date-as-number"] = f"{text} was read as {day}"
    if pairs:
        is_day_first, doubt = _is_day_first(list(pairs.values()))
        if doubt:
            text = next(iter(pairs))
            order = "day first" if is_day_first else "month first"
            assumed["unclear-date-order"] = f"{text!r} and the like were read {order}"
        for text, (a, b, year) in pairs.items():
            day = _day(year, b, a) if is_day_first else _day(year, a, b)
            if day is not None:
                read[text] = day
    return read, assumed


def _is_day_first(pairs: list[tuple[int, int, int]]) -> tuple[bool, bool]:
    """(day first?, in doubt?) for the first two numbers of all dates of a column."""
    day_first = sum(a > 12 >= b for a, b, _ in pairs)
    month_first = sum(b > 12 >= a for a, b, _ in pairs)
    if day_first != month_first:
        return day_first > month_first, min(day_first, month_first) > 0
    if all(a == b for a, b, _ in pairs):
        return True, False
    spans = []
    for order in (True, False):
        days = [d for a, b, y in pairs if (d := _day(y, b, a) if order else _day(y, a, b))]
        spans.append((max(days) - min(days)).days if days else 0)
    return spans[0] <= spans[1], True


def _plain_date(text: str) -> dt.date | None:
    if m := _YMD.match(text):
        return _day(int(m[1]), int(m[2]), int(m[3]))
    if m := _COMPACT.match(text):
        return _day(int(m[1]), int(m[2]), int(m[3]))
    if m := _DMY_WORD.match(text):
        return _day(_year(m[3]), _MONTHS.get(m[2].lower(), 0), int(m[1]))
    if m := _MDY_WORD.match(text):
        return _day(int(m[3]), _MONTHS.get(m[1].lower(), 0), int(m[2]))
    if m := _MONTH.match(text):
        return _day(int(m[1]), int(m[2]), 1)
    if m := _WEEK.match(text):
        try:
            return dt.date.fromisocalendar(int(m[1]), int(m[2]), 1)
        except ValueError:
            return None
    if m := _SERIAL.match(text):  # spreadsheets count days from 1899-12-30
        return dt.date(1899, 12, 30) + dt.timedelta(days=int(m[1]))
    if m := _EPOCH.match(text):
        seconds = int(m[1]) if m[1] else int(m[3]) / 1000
        return dt.datetime.fromtimestamp(seconds, tz=dt.UTC).date()
    return None


def _year(text: str) -> int:
    year = int(text)
    return year if len(text) == 4 else year + (2000 if year < 70 else 1900)


def _day(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None
