"""Rules of the code base that a reviewer should not have to remember, each with something planted that breaks it."""

import ast
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGES = ("catalog", "licensing", "search", "seed")
LINT = Path(sysconfig.get_path("scripts")) / "lint-imports"
LONGEST = 400
PLANTS = [
    ("layers", "catalog/core/actor.py", "import catalog.resources.models"),
    ("layers", "catalog/resources/service.py", "import catalog.decisions.service"),
    ("layers", "catalog/web/forms.py", "import catalog.identity.service"),
    ("layers", "search/port.py", "import catalog.core.db"),
    ("engines", "catalog/finding/index.py", "import tantivy"),
    ("engines", "seed/__init__.py", "from meilisearch_python_sdk import AsyncClient"),
    ("pure", "catalog/decisions/state.py", "import catalog.core.db"),
    ("pure", "catalog/lexicon/fold.py", "import search.port"),
    ("pure", "catalog/vocabularies/store.py", "import sqlalchemy"),
    ("inside", "catalog/core/db.py", "from litestar.datastructures import State"),
    ("inside", "catalog/resources/service.py", "import catalog.web.forms"),
    ("inside", "catalog/resources/models.py", "import litestar"),
    ("doors", "catalog/web/problems.py", "import catalog.identity.pages"),
    ("doors", "catalog/decisions/service.py", "import catalog.web.pages"),
]


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages and the project file, where things can be planted."""
    folder = tmp_path_factory.mktemp("planted")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "static", "locale"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def lint(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command: list[str | Path] = [LINT, "--no-cache", "--no-logo", *options]
    return subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)


def test_every_import_contract_holds_and_has_something_planted_against_it(copied: Path) -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    assert {contract["id"] for contract in contracts} == {contract for contract, _, _ in PLANTS}
    ran = lint(copied)
    assert ran.returncode == 0, ran.stdout
    assert f"Contracts: {len(contracts)} kept, 0 broken." in ran.stdout


@pytest.mark.parametrize(("contract", "file", "statement"), PLANTS)
def test_an_import_contract_breaks_on_a_planted_violation(
    copied: Path, contract: str, file: str, statement: str
) -> None:
    path = copied / file
    before = path.read_text()
    path.write_text(f"{before}\n{statement}\n")
    ran = lint(copied, "--contract", contract)
    path.write_text(before)
    assert ran.returncode == 1, ran.stdout
    assert "Contracts: 0 kept, 1 broken." in ran.stdout


def sources(*packages: str) -> Iterator[tuple[str, str]]:
    """Every Python file of the packages, by its place."""
    for name in packages:
        for path in sorted((ROOT / name).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), path.read_text()


def that_commit(files: Iterable[tuple[str, str]]) -> list[str]:
    return [
        f"{place}:{node.lineno}"
        for place, source in files
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute) and node.attr in {"commit", "rollback"}
    ]


def test_only_the_transaction_ends_a_transaction() -> None:
    assert that_commit(sources("catalog", "licensing", "seed")) == []
    planted = ("service.py", "async def buy(session):\n    await session.commit()\n")
    nested = ("pages.py", "def undo(app):\n    app.session().rollback()\n")
    assert that_commit([planted, nested]) == ["service.py:2", "pages.py:2"]


def too_long(files: Iterable[tuple[str, str]]) -> list[str]:
    return [place for place, source in files if source.count("\n") > LONGEST]


def test_no_file_is_two_slices() -> None:
    assert too_long(sources(*PACKAGES, "tests")) == []
    assert too_long([("long.py", "x = 1\n" * 401), ("short.py", "x = 1\n" * 400)]) == ["long.py"]


UNFINISHED = re.compile(
    "|".join(("TO" + "DO", "FIX" + "ME", "raise NotImplemented" + "Error", "pragma: no " + "cover"))
)
POSTPONED = "from __future__ import " + "annotations"


def unfinished(files: Iterable[tuple[str, str]]) -> list[str]:
    return [place for place, source in files if UNFINISHED.search(source)]


def test_nothing_is_left_unfinished() -> None:
    assert unfinished(sources(*PACKAGES, "tests")) == []
    assert unfinished([("a.py", "# TO" + "DO later\n")]) == ["a.py"]


def test_annotations_are_there_for_those_who_read_them() -> None:
    assert [place for place, source in sources(*PACKAGES, "tests") if POSTPONED in source] == []


HOSTS = re.compile(
    "|".join(
        re.escape(".".join(parts))
        for parts in (
            ("pypi", "org"),
            ("pythonhosted", "org"),
            ("registry", "npmjs"),
            ("deb", "debian", "org"),
            ("static", "crates"),
            ("index", "crates"),
        )
    )
)


def that_name_a_registry(files: Iterable[tuple[str, bytes]]) -> list[str]:
    return [place for place, content in files if HOSTS.search(content.decode(errors="replace"))]


def tracked() -> Iterator[tuple[str, bytes]]:
    """Every file that is or would be committed."""
    if not (ROOT / ".git").exists():
        pytest.skip("no Git repository here: what is tracked is not known")
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            yield name, (ROOT / name).read_bytes()


def test_no_file_names_a_package_registry() -> None:
    assert that_name_a_registry(tracked()) == []
    planted = b"see https://" + b"pypi" + b".org/simple"
    assert that_name_a_registry([("a.txt", planted), ("b.txt", b"see https://example.org")]) == ["a.txt"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built from a copy."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in (*PACKAGES, "deploy", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "out"]
    ran = subprocess.run(build, cwd=folder, check=False, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return zipfile.ZipFile(next((folder / "out").glob("*.whl")))


def test_the_wheel_holds_every_file_of_the_packages_with_compiled_translations_and_no_tests(
    wheel: zipfile.ZipFile,
) -> None:
    names = set(wheel.namelist())
    wanted = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix not in {".pyc", ".mo"}
    }
    assert wanted <= names
    compiled = {name for name in names if name.endswith(".mo")}
    assert compiled == {name.removesuffix(".po") + ".mo" for name in names if name.endswith(".po")}
    assert len(compiled) >= 2
    assert {name.split("/")[0].removesuffix(".dist-info").rstrip("0123456789.-") for name in names} == {
        *PACKAGES,
        "hylde",
    }


def test_the_wheel_brings_the_command_and_the_licence(wheel: zipfile.ZipFile) -> None:
    scripts = next(name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    assert "hylde = catalog.cli:main" in wheel.read(scripts).decode()
    assert any(name.endswith("licenses/LICENSE") for name in wheel.namelist())
