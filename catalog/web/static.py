"""Static files under names that hold their hash: cached for ever, answered with 304 to who has them.

All files are read once, at start; together they are under two megabytes.
"""

import hashlib
import mimetypes
import re
from pathlib import Path
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath

from catalog.core.errors import NotFound
from catalog.web.access import PUBLIC

FOLDER = Path(__file__).parent / "static"
FOR_EVER = "public, max-age=31536000, immutable"
_LINK = re.compile(rb"url\(\s*(['\"]?)([^'\")]+)\1\s*\)")
mimetypes.add_type("font/woff2", ".woff2")
mimetypes.add_type("text/javascript", ".js")


class StaticFile(msgspec.Struct, frozen=True):
    content: bytes
    media_type: str
    etag: str


class StaticFiles:
    """What is served, by hashed name, and the hashed name of each file."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._names: dict[str, str] = {}
        self._files: dict[str, StaticFile] = {}
        paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix not in {".md", ".txt"})
        for path in sorted(paths, key=lambda path: path.suffix == ".css"):  # what style sheets name comes first
            name = path.relative_to(folder).as_posix()
            self._add(name, self._with_hashed_links(name, path.read_bytes()))

    def _add(self, name: str, content: bytes) -> None:
        digest = hashlib.sha256(content).hexdigest()[:16]
        stem, dot, suffix = name.rpartition(".")
        hashed = f"{stem}.{digest}{dot}{suffix}"
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        self._names[name] = hashed
        self._files[hashed] = StaticFile(content, kind, f'"{digest}"')

    def _with_hashed_links(self, name: str, content: bytes) -> bytes:
        """A style sheet with its own links to files in place of the names they have in the folder."""
        if not name.endswith(".css"):
            return content

        def hashed(found: re.Match[bytes]) -> bytes:
            target = (Path("/") / name).parent / found[2].decode()
            known = self._names.get(target.resolve().as_posix().lstrip("/"))
            return f'url("/static/{known}")'.encode() if known else found[0]

        return _LINK.sub(hashed, content)

    def url(self, name: str) -> str:
        """The address of a file; KeyError for one that is not there, so that a page never links to nothing."""
        return f"/static/{self._names[name]}"

    def find(self, hashed: str) -> StaticFile:
        """Raise NotFound for an unknown name."""
        file = self._files.get(hashed)
        if file is None:
            raise NotFound
        return file


@get("/static/{path:path}", opt=PUBLIC, include_in_schema=False, name="static")
async def serve_static(request: Request[Any, Any, Any], path: FromPath[str]) -> Response[bytes]:
    """A file, or 304 to who has it."""
    file = request.app.state.static_files.find(path.lstrip("/"))
    headers = {"etag": file.etag, "cache-control": FOR_EVER}
    if request.headers.get("if-none-match") == file.etag:
        return Response(b"", status_code=304, headers=headers, media_type=file.media_type)
    return Response(file.content, headers=headers, media_type=file.media_type)
