"""What kind of file it is: told by its bytes, not by its name."""

import codecs
import zipfile
from pathlib import Path

import msgspec

from catalog.intake.errors import FileRefused
from catalog.intake.files.rows import MAX_FILE_BYTES

_CHUNK = 1 << 20
_HEAD = 1 << 16
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MAGIC = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
    (b"%PDF", "pdf"),
    (b"\x1f\x8b", "gzip"),
    (b"\x89PNG", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"SQLite format 3", "sqlite"),
)
_BEYOND_ASCII = bytes(range(0x80, 0x100))
_TEXT_CONTROLS = frozenset(b"\t\n\r\x0b\x0c\x1f\x1a")
_MOST_CONTROLS = 0.02
"""Of the first 64 kB; a stray NUL is a broken export, every tenth byte is a program or a picture."""


class TextShape(msgspec.Struct, frozen=True, kw_only=True):
    encoding: str
    errors: str
    """Bytes without meaning become lone surrogates or U+FFFD, so that only their row is refused."""
    newline: str
    """``\\n`` (also for ``\\r\\n``), or ``\\r`` as old Macintosh programs write."""

    def is_damaged(self, text: str) -> bool:
        if text.isascii():
            return False
        if self.errors == "replace":
            return "\ufffd" in text
        return any("\udc80" <= letter <= "\udcff" for letter in text)


def file_type(path: Path) -> str:
    """``csv``, ``jsonl`` or ``xlsx``. Raises: FileRefused."""
    head = _read_head(path)
    if head.startswith(b"PK"):
        return _zip_type(path)
    for magic, found in _MAGIC:
        if head.startswith(magic):
            raise FileRefused(reason="unknown-type", details={"found": found})
    if path.suffix.lower() in {".jsonl", ".ndjson"}:
        return "jsonl"
    if path.suffix.lower() == ".json" and head.lstrip().startswith(b"["):
        raise FileRefused(reason="unknown-type", details={"found": "json"})
    return "jsonl" if _begins_with_object(head, path) else "csv"


def text_shape(path: Path, encoding: str = "") -> TextShape:
    """Reads the whole file once, in pieces: one byte near its end decides too. Raises: FileRefused."""
    head = _read_head(path)
    if not encoding:
        encoding = next((name for bom, name in _BOMS if head.startswith(bom)), "") or _utf16_without_mark(head)
    if not encoding and _control_share(head) > _MOST_CONTROLS:
        raise FileRefused(reason="not-text")
    if encoding.startswith("utf-16"):
        return TextShape(encoding=encoding, errors="replace", newline=_utf16_newline(path, encoding))
    letters, broken, newline = _survey(path)
    if not encoding:
        encoding = "utf-8" if broken == 0 or 0 < broken <= letters else "cp1252"
    return TextShape(encoding=encoding, errors="surrogateescape", newline=newline)


def _read_head(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError as error:
        raise FileRefused(reason="unreadable", details={"error": error.strerror or ""}) from error
    if size > MAX_FILE_BYTES:
        raise FileRefused(reason="too-large", details={"limit": MAX_FILE_BYTES})
    if len(head) == size and not head.strip(b" \t\r\n\x00\xef\xbb\xbf\xff\xfe"):
        raise FileRefused(reason="empty")
    return head


def _zip_type(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, UnicodeError) as error:
        raise FileRefused(reason="damaged") from error
    if "xl/workbook.xml" not in names:
        raise FileRefused(reason="unknown-type", details={"found": "ods" if "content.xml" in names else "zip"})
    return "xlsx"


def _begins_with_object(head: bytes, path: Path) -> bool:
    first = head.removeprefix(codecs.BOM_UTF8).lstrip()[:1]
    return first == b"{" and path.suffix.lower() not in {".csv", ".tsv", ".txt"}


def _utf16_without_mark(head: bytes) -> str:
    """UTF-16 is told by the NULs of its Latin letters: nearly every second byte, always on the same side."""
    pairs = len(head) // 2
    if pairs < 2:  # noqa: PLR2004 - two letters at least
        return ""
    even, odd = head[0 : 2 * pairs : 2].count(0), head[1 : 2 * pairs : 2].count(0)
    if odd > pairs / 2 and even == 0:
        return "utf-16-le"
    return "utf-16-be" if even > pairs / 2 and odd == 0 else ""


def _control_share(head: bytes) -> float:
    controls = sum(head.count(byte) for byte in range(32) if byte not in _TEXT_CONTROLS)
    return controls / len(head)


def _utf16_newline(path: Path, encoding: str) -> str:
    with path.open(encoding=encoding, errors="replace", newline="") as stream:
        head = stream.read(_CHUNK)
    return _newline(head.count("\n"), head.count("\r") - head.count("\r\n"))


def _survey(path: Path) -> tuple[int, int, str]:
    """How many UTF-8 letters beyond ASCII, how many bytes that are none, and how lines end."""
    letters = broken = feeds = returns = 0
    started = False
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    before = b""
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            feeds += chunk.count(b"\n")
            returns += chunk.count(b"\r") - chunk.count(b"\r\n") - (before == b"\r" and chunk[:1] == b"\n")
            before = chunk[-1:]
            started = started or not chunk.isascii()
            if started:
                text = decoder.decode(chunk)
                escaped = len(text) - len(text.encode("utf-8", "ignore").decode("utf-8"))
                broken += escaped
                letters += max(0, len(text) - escaped - len(chunk.translate(None, _BEYOND_ASCII)))
    broken += len(decoder.decode(b"", final=True))
    return letters, broken, _newline(feeds, returns)


def _newline(feeds: int, lone_returns: int) -> str:
    return "\r" if lone_returns > feeds else "\n"
