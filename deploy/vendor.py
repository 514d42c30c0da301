"""Fetch the style kit, the typeface and htmx into catalog/web/static/vendor; users and contributors never need node.

Run by a maintainer, `python deploy/vendor.py`, after a version below is raised; needs npm, which checks what it
fetches. Files are taken over as they are: what must differ is said in our own app.css. The kit's script package is
left out on purpose: nothing of it is used, and it speaks Norwegian.
"""

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

VENDOR = Path(__file__).parent.parent / "catalog/web/static/vendor"


class Package(NamedTuple):
    name: str
    version: str
    licence: str
    folder: str
    files: dict[str, str]
    """Path in the package to the name here."""


PACKAGES = (
    Package(
        name="@digdir/designsystemet-css",
        version="1.22.0",
        licence="MIT",
        folder="designsystemet",
        files={
            "dist/theme/designsystemet.css": "theme.css",
            "dist/src/index.css": "components.css",
            "LICENSE": "LICENSE",
        },
    ),
    Package(
        name="@fontsource-variable/inter",
        version="5.3.0",
        licence="OFL-1.1",
        folder="inter",
        files={
            "files/inter-latin-wght-normal.woff2": "inter-latin.woff2",
            "files/inter-latin-ext-wght-normal.woff2": "inter-latin-ext.woff2",
            "LICENSE": "LICENSE",
        },
    ),
    Package(
        name="htmx.org",
        version="2.0.11",
        licence="0BSD",
        folder="htmx",
        files={"dist/htmx.min.js": "htmx.min.js", "LICENSE": "LICENSE"},
    ),
)


def fetch(npm: str, package: Package, into: Path) -> Path:
    """Download one package; the archive's path."""
    into.mkdir()
    command = [npm, "pack", "--silent", f"{package.name}@{package.version}"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=into)  # noqa: S603 (names of our own table)
    return next(into.glob("*.tgz"))


def unpack(archive: Path, package: Package, into: Path) -> Iterator[Path]:
    """Write the wanted files, and nothing else of the archive."""
    folder = into / package.folder
    folder.mkdir()
    with tarfile.open(archive) as files:
        for source, name in package.files.items():
            content = files.extractfile(f"package/{source}")
            if content is None:
                sys.exit(f"{package.name} {package.version} has no file {source}")
            (folder / name).write_bytes(content.read())
            yield folder / name


def describe(sums: dict[str, str]) -> str:
    """The list that goes into the repository, for readers; SHA256SUMS holds the same for `sha256sum --check`."""
    lines = [
        "# Files of others",
        "",
        "Fetched by `deploy/vendor.py`; never edited here. Each folder holds the licence it came with.",
        "",
        "| file | package | version | licence | SHA-256 |",
        "|---|---|---|---|---|",
    ]
    for package in PACKAGES:
        for name in package.files.values():
            path = f"{package.folder}/{name}"
            lines.append(f"| {path} | {package.name} | {package.version} | {package.licence} | `{sums[path]}` |")
    return "\n".join(lines) + "\n"


def main() -> None:
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("npm is missing: install the package npm and run this again")
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(scratch, "vendor")
        fresh.mkdir()
        sums: dict[str, str] = {}
        for package in PACKAGES:
            archive = fetch(npm, package, Path(scratch, package.folder))
            for path in unpack(archive, package, fresh):
                sums[path.relative_to(fresh).as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
        (fresh / "VENDORED.md").write_text(describe(sums), encoding="utf-8")
        checksums = "".join(f"{digest}  {path}\n" for path, digest in sorted(sums.items()))
        (fresh / "SHA256SUMS").write_text(checksums, encoding="ascii")
        shutil.rmtree(VENDOR, ignore_errors=True)
        shutil.copytree(fresh, VENDOR)


if __name__ == "__main__":
    main()
