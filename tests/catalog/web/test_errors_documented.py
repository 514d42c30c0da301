"""Every code that anybody can meet is documented and has a sentence; nothing is documented that cannot be met."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Formatter
from typing import get_type_hints

import pytest

import catalog
import licensing
from catalog.core.errors import DomainError
from catalog.web.sentences import FAULTS, PROBLEMS
from tests.conftest import ROOT

KEBAB = re.compile(r"[a-z]+(-[a-z]+)*")
HEADING = re.compile(r"^## `([a-z-]+)`$", re.MULTILINE)


def all_errors() -> dict[str, type[DomainError]]:
    """By code, from every module of the packages; one code has one class."""
    for package in (catalog, licensing):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith(("__main__", "migrations.env")):  # these run when imported
                importlib.import_module(module.name)
    found: dict[str, type[DomainError]] = {}
    waiting = [DomainError]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind is not DomainError and kind.__module__.split(".")[0] in {"catalog", "licensing"}:
            assert found.setdefault(kind.code, kind) is kind, f"{kind.code} belongs to two classes"
    return found


def sections() -> Mapping[str, str]:
    text = (ROOT / "docs/problems.md").read_text()
    parts = HEADING.split(text)
    assert len(parts[1::2]) == len(set(parts[1::2]))
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_code_has_a_heading_in_the_documentation_and_every_heading_a_code() -> None:
    assert set(sections()) == set(all_errors())
    assert list(sections()) == sorted(sections())


@pytest.mark.parametrize("code", sorted(all_errors()))
def test_the_documentation_says_status_title_members_meaning_and_what_to_do(code: str) -> None:
    kind, said = all_errors()[code], sections()[code]
    assert f"**{kind.status}** · {kind.title}\n" in said
    assert re.search(r"^- Means: \S.{20,}", said, re.MULTILINE)
    assert re.search(r"^- Do: \S.{15,}", said, re.MULTILINE)
    members = set(re.findall(r"`(\w+)`", (re.findall(r"^- Members: (.*)$", said, re.MULTILINE) or [""])[0]))
    assert members == {camel(name) for name in own_members(kind)}


def own_members(kind: type[DomainError]) -> set[str]:
    return {name for name in get_type_hints(kind) if name not in {"status", "code", "title"}}


def camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(map(str.title, rest))


def test_every_code_has_a_sentence_and_every_sentence_a_code() -> None:
    assert set(PROBLEMS) == set(all_errors())
    assert list(PROBLEMS) == sorted(PROBLEMS)


def test_a_sentence_names_only_members_that_its_error_has() -> None:
    for code, kind in all_errors().items():
        named = {name for _, name, _, _ in Formatter().parse(PROBLEMS[code]) if name}
        assert named <= own_members(kind), code


def test_codes_are_kebab_case_and_statuses_are_errors() -> None:
    for code, kind in all_errors().items():
        assert KEBAB.fullmatch(code)
        assert 400 <= kind.status <= 503


def faults_in(source: str) -> Iterator[str]:
    """Codes that a module yields, raises or keeps as a field's fault."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple):
            yield from strings(node.value.elts[-1])
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name.endswith("errors.setdefault") or name == "IdentifierRefused":
                yield from strings(node.args[0 if name == "IdentifierRefused" else -1])
            if name == "Invalid":
                yield from (code for word in node.keywords for code in values_of(word.value))


def values_of(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Dict):
        for value in node.values:
            yield from strings(value)


def strings(node: ast.expr) -> Iterator[str]:
    """The texts that an expression can be: one, or either of two."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    if isinstance(node, ast.IfExp):
        yield from strings(node.body)
        yield from strings(node.orelse)


def fault_sources() -> list[Path]:
    """Modules in which faults of fields begin: a yielded pair is one only among checks."""
    paths = [path for package in ("catalog", "licensing") for path in sorted((ROOT / package).rglob("*.py"))]
    return [path for path in paths if path.stem == "checks" or "yield" not in path.read_text()]


def test_every_fault_of_a_field_has_a_sentence() -> None:
    unsaid = {(path.name, code) for path in fault_sources() for code in faults_in(path.read_text())}
    assert {(name, code) for name, code in unsaid if KEBAB.fullmatch(code) and code not in FAULTS} == set()


def test_control_a_fault_without_a_sentence_is_found() -> None:
    planted = (
        'def f(ok):\n    yield "title", "no-such-fault" if ok else "nor-this"\n'
        '    raise Invalid(errors={"a": "nor-that"})\n    errors.setdefault("a", "or-this")\n'
    )
    assert set(faults_in(planted)) - set(FAULTS) == {"no-such-fault", "nor-this", "nor-that", "or-this"}
    found = {code for path in fault_sources() for code in faults_in(path.read_text())}
    assert {"field-missing", "ends-before-it-starts", "not-a-number", "wrong-check-digit"} <= found
