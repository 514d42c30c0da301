"""How the files of one register of schools are read; the mapping is a small TOML file that a municipality can write."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from catalog.intake.files.headers import Wanted
from catalog.intake.files.rows import ReadOptions
from catalog.intake.templates import Choice, Templates, TemplateWrong, compile_templates
from catalog.organisations.models import CodeScheme
from catalog.vocabularies.faults import DataFileRefused, Fault
from catalog.vocabularies.store import Vocabularies

SHIPPED = Path(__file__).parent / "mappings"
Written = str | list[str | Choice]


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The mapping as it is written."""

    title: str
    scheme: CodeScheme
    code: Written
    name: Written
    kind: Written
    parent: Written = ""
    grades: Written = ""
    web: Written = ""
    opened_on: Written = ""
    municipality: list[str] = []
    own: str = ""
    site: dict[str, Written] = {}
    codes: dict[CodeScheme, Written] = {}
    kinds: dict[str, str] = {}
    only: dict[str, list[str]] = {}
    file: ReadOptions = ReadOptions()


class SchoolMapping(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    title: str
    scheme: CodeScheme
    """By which the register numbers its schools."""
    fields: Mapping[str, Templates]
    """``code``, ``name``, ``kind``, ``parent``, ``grades``, ``web``, ``opened_on``."""
    municipality: tuple[Templates, ...]
    """What a row says of whose school it is, its number or its name; empty: every row is the municipality's own."""
    own: str
    """The number or name of the municipality, unless the import is told another."""
    site: Mapping[str, Templates]
    codes: Mapping[CodeScheme, Templates]
    kinds: Mapping[str, str]
    """From the register's word, in small letters, to a code of the vocabulary ``school_type``."""
    only: Mapping[str, frozenset[str]]
    """By column the words, in small letters, of the rows that are read at all."""
    options: ReadOptions

    @property
    def wanted(self) -> Wanted:
        everything = [*self.fields.values(), *self.municipality, *self.site.values(), *self.codes.values()]
        columns = [column for each in everything for column in each.columns]
        needed = [self.fields[field].columns for field in ("code", "name")]
        return Wanted(columns=tuple(dict.fromkeys([*columns, *self.only])), needed=tuple(filter(None, needed)))


def shipped_names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.toml")))


def load_mapping(name: str, vocabularies: Vocabularies) -> SchoolMapping:
    """A shipped mapping by its name, or a file by its path (it ends in ``.toml``).

    Raises:
        DataFileRefused: there is none, or it cannot be meant.
    """
    path = Path(name) if name.endswith(".toml") else SHIPPED / f"{name}.toml"
    if not name.endswith(".toml") and name not in shipped_names():
        raise _refused(name, "", "there is no such mapping", f"Name one of {', '.join(shipped_names())}, or a file")
    try:
        written = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _File)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError, msgspec.ValidationError) as error:
        raise _refused(name, "", str(error), "docs/schools.md shows how it is written") from error
    faults = [
        Fault(
            file=name,
            place=f"kinds.{word}",
            problem=f"{code!r} is no kind of school",
            fix=f"Use {_kinds(vocabularies)}",
        )
        for word, code in written.kinds.items()
        if code and not vocabularies.knows("school_type", code)
    ]
    if faults:
        raise DataFileRefused(faults=faults)
    return _compiled(name, path.stem, written)


def _compiled(file: str, name: str, written: _File) -> SchoolMapping:
    try:
        return SchoolMapping(
            name=name,
            title=written.title,
            scheme=written.scheme,
            fields={
                field: compile_templates(getattr(written, field))
                for field in ("code", "name", "kind", "parent", "grades", "web", "opened_on")
            },
            municipality=tuple(compile_templates(each) for each in written.municipality),
            own=written.own,
            site={column: compile_templates(each) for column, each in written.site.items()},
            codes={scheme: compile_templates(each) for scheme, each in written.codes.items()},
            kinds={word.casefold(): code for word, code in written.kinds.items()},
            only={column: frozenset(word.casefold() for word in words) for column, words in written.only.items()},
            options=written.file,
        )
    except TemplateWrong as error:
        raise _refused(file, "", str(error), 'Write the column between braces: "{INST_NR}"') from error


def _kinds(vocabularies: Vocabularies) -> str:
    return ", ".join(concept.code for concept in vocabularies.concepts("school_type"))


def _refused(file: str, place: str, problem: str, fix: str) -> DataFileRefused:
    return DataFileRefused(faults=[Fault(file=file, place=place, problem=problem.rstrip("."), fix=fix)])


def first_of(templates: Sequence[Templates], values: Mapping[str, Any]) -> list[str]:
    """What each of several templates gives, blank ones left out."""
    return [text for each in templates if (text := each.render(values).strip())]
