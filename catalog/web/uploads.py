"""Forms with a file: the fields as strictly as every form's, and at most one file, as its bytes.

Only a route whose options say ``TAKES_FILES`` is read like this, and says itself how much it takes; everywhere else a
multipart form is refused. Nothing is believed of what the sender says about the file but its name, which is shown.
"""

from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import FormMultiDict
from litestar.enums import RequestEncodingType
from multipart import (  # type: ignore[import-untyped]  # it carries no types
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
    parse_options_header,
)

from catalog.core.errors import BadRequest
from catalog.vocabularies.texts import clean_line
from catalog.web.forms import UNSTORABLE, read_form

TAKES_FILES = "takes_files"
"""Option of a route: its form may be multipart."""
MOST_PARTS = 100
LONGEST_FIELD = 100_000
"""Bytes of a field that is no file."""
LONGEST_NAME = 200
UNNAMED = "file"


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    form: FormMultiDict
    """The fields, without the file."""
    name: str = ""
    """Of the file, without its folders."""
    content: bytes = b""
    """Empty: none was chosen."""


async def read_upload(request: Request[Any, Any, Any]) -> Upload:
    """What a form with a file sent; a form without one is read as any other.

    Raises:
        BadRequest: it is cut off, malformed or not UTF-8, has two files, too many parts, or a field as long as a file.
    """
    if request.content_type[0] != RequestEncodingType.MULTI_PART:
        return Upload(form=await read_form(request))
    body = await request.body()
    try:
        return _parse(body, request.headers.get("content-type", ""))
    except (MultipartError, ValueError) as error:  # UnicodeError is one
        raise BadRequest from error


def _parse(body: bytes, content_type: str) -> Upload:
    _, options = parse_options_header(content_type)
    pairs: list[tuple[str, str]] = []
    name, content, files = "", b"", 0
    parser = PushMultipartParser(
        options.get("boundary", ""), content_length=len(body), max_segment_count=MOST_PARTS, strict=True
    )
    with parser:
        for segment, part in _parts(parser, body):
            if segment.filename is None:
                pairs.append((_text(segment.name or ""), _field(part)))
            elif part or segment.filename:
                name, content, files = _file_name(segment.filename), part, files + 1
    if files > 1:
        raise BadRequest
    return Upload(form=FormMultiDict(pairs), name=name, content=content)


def _parts(parser: PushMultipartParser, body: bytes) -> list[tuple[MultipartSegment, bytes]]:
    found: list[tuple[MultipartSegment, bytes]] = []
    chunks: list[bytes] = []
    segment: MultipartSegment | None = None
    for event in parser.parse(body):
        if isinstance(event, MultipartSegment):
            segment, chunks = event, []
        elif event:
            chunks.append(bytes(event))
        elif segment is not None:
            found.append((segment, b"".join(chunks)))
    return found


def _field(part: bytes) -> str:
    if len(part) > LONGEST_FIELD:
        raise BadRequest
    return _text(part.decode("utf-8"))


def _text(text: str) -> str:
    return UNSTORABLE.sub("", text)


def _file_name(given: str) -> str:
    """Of a path the last part; it is only shown, and leads nowhere."""
    plain = clean_line(_text(given).replace("\\", "/").rsplit("/", 1)[-1])
    return plain[:LONGEST_NAME] or UNNAMED
