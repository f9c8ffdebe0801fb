"""Which characters do these bytes mean? Encodings, marks at the start, stray zero bytes."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Decoded", "decode"]

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_NOT_TEXT = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"%PDF", "a PDF"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3\x00", "an SQLite database"),
)


@dataclass(frozen=True)
class Decoded:
    """Text as UTF-8 bytes with `\\n` line ends and no zero bytes.

    data : UTF-8 bytes; empty where the file is no text
    encoding : the encoding it had
    n_zero_bytes : zero bytes taken out
    is_what : what the file is instead of text; empty: it is text
    """

    data: bytes
    encoding: str
    n_zero_bytes: int = 0
    is_what: str = ""


def decode(raw: bytes) -> Decoded:
    """The text of a file, whatever program wrote it.

    A mark at the start decides; without one, bytes that are valid UTF-8 are UTF-8, text with a
    zero in every second byte is UTF-16, and the rest is Windows-1252 (its five unused bytes read
    as Latin-1, so that nothing can fail).

    >>> decode("größe".encode("cp1252")).data.decode(), decode(b"a\\r\\nb\\rc").data
    ('größe', b'a\\nb\\nc')
    """
    for magic, what in _NOT_TEXT:
        if raw.startswith(magic):
            return Decoded(b"", "", is_what=what)
    data, encoding = _to_utf8(raw)
    n_zero = data.count(b"\x00")
    if n_zero:
        data = data.replace(b"\x00", b"")
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return Decoded(data, encoding, n_zero)


def _to_utf8(raw: bytes) -> tuple[bytes, str]:
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            body = raw[len(mark) :]
            if encoding == "utf-8":
                return (body, encoding) if _is_utf8(body) else (_from_windows(body), "cp1252")
            return body.decode(encoding, errors="replace").encode("utf-8", "replace"), encoding
    head = raw[:4096]
    if len(head) >= 4 and head.count(0) > len(head) // 4:
        encoding = "utf-16-le" if head[1::2].count(0) >= head[::2].count(0) else "utf-16-be"
        return raw.decode(encoding, errors="replace").encode("utf-8", "replace"), encoding
    if _is_utf8(raw):
        return raw, "utf-8"
    return _from_windows(raw), "cp1252"


def _is_utf8(raw: bytes) -> bool:
    if raw.isascii():
        return True
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _from_windows(raw: bytes) -> bytes:
    try:
        return raw.decode("cp1252").encode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
        known = {i: bytes([i]).decode("cp1252", "ignore") or chr(i) for i in range(128, 160)}
        return text.translate(known).encode("utf-8")
