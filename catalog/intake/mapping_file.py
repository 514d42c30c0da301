"""Reads a mapping from the TOML file that a user wrote, and says every mistake in it at once."""

import codecs
import difflib
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from catalog.intake.crosswalk import SHIPPED as CROSSWALKS
from catalog.intake.crosswalk import Crosswalk, key_of, read_crosswalk
from catalog.intake.files.rows import ReadOptions
from catalog.intake.mapping import CODED, DECISIONS, FIELDS, NEEDED, RESOURCES, Mapping, TextMapping
from catalog.intake.templates import Choice, Templates, TemplateWrong, compile_templates
from catalog.vocabularies.faults import DataFileRefused, Fault
from catalog.vocabularies.identifiers import SCHEMES, SOURCE_NAME
from catalog.vocabularies.store import Vocabularies

SHIPPED = Path(__file__).parent / "mappings"
_SECTIONS = (
    "source",
    "kind",
    "title",
    "item",
    "separators",
    "file",
    "fields",
    "texts",
    "identifiers",
    "values",
    "placements",
)
_FORMATS = ("csv", "jsonl", "xlsx")
_DEFAULT_SEPARATORS = ("|", ";")
_Shape = TypeVar("_Shape")
_Written = str | list[str | Choice]


def load_mapping(name: str, vocabularies: Vocabularies) -> Mapping:
    """A shipped mapping by its name, or a file by its path (it ends in ``.toml``).

    Raises: DataFileRefused, with every fault of the mapping and of its crosswalk.
    """
    path = Path(name) if name.endswith(".toml") else SHIPPED / f"{name}.toml"
    if not name.endswith(".toml") and name not in shipped_names():
        fix = f"Name one of {', '.join(shipped_names())}, or a file that ends in .toml"
        raise DataFileRefused(faults=[Fault(file=name, place="", problem="there is no such mapping", fix=fix)])
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        fix = "Write it as TOML in UTF-8; docs/imports.md has an example"
        raise DataFileRefused(
            faults=[Fault(file=name, place="", problem=f"cannot be read: {error}", fix=fix)]
        ) from error
    reader = _MappingReader(path, raw, vocabularies)
    mapping = reader.read()
    if reader.faults:
        raise DataFileRefused(faults=reader.faults)
    return mapping


def shipped_names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.toml")))


class _MappingReader:
    def __init__(self, path: Path, raw: dict[str, Any], vocabularies: Vocabularies) -> None:
        self.faults: list[Fault] = []
        self._path = path
        self._raw = raw
        self._vocabularies = vocabularies

    def read(self) -> Mapping:
        """Usable only without ``faults``."""
        self._check_keys("", self._raw, _SECTIONS)
        kind = self._kind()
        mapping = Mapping(
            name=self._path.stem,
            kind=kind,
            source=self._source(),
            title=self._value("title", self._raw.get("title", ""), str, "") or str(self._raw.get("source", "")),
            options=self._options(),
            item=self._templates("item", self._raw.get("item")),
            fields=self._fields(kind),
            texts=self._texts(kind),
            identifiers=self._identifiers(),
            values=self._values(kind),
            subjects=self._templates("placements.subjects", self._table("placements").get("subjects")),
            grades=self._templates("placements.grades", self._table("placements").get("grades")),
            crosswalk=self._crosswalk(),
            separators=self._separators(),
        )
        self._check_constants(mapping)
        return mapping

    def _kind(self) -> str:
        kind = self._raw.get("kind", RESOURCES)
        if kind not in FIELDS:
            self._fault("kind", f"{kind!r} is no kind of mapping", f'Write kind = "{RESOURCES}" or "{DECISIONS}"')
            return RESOURCES
        return str(kind)

    def _source(self) -> str:
        source = self._raw.get("source", "")
        if not isinstance(source, str) or not SOURCE_NAME.fullmatch(source):
            self._fault(
                "source", "the source has no usable name", 'Write a name of a-z, 0-9, - and _, for example "emu"'
            )
        return str(source)

    def _options(self) -> ReadOptions:
        raw = self._table("file")
        names = ReadOptions.__struct_fields__
        self._check_keys("file", raw, names)
        options = ReadOptions(
            **{
                field.name: self._value(f"file.{field.name}", raw[field.name], field.type, field.default)
                for field in msgspec.structs.fields(ReadOptions)
                if field.name in raw
            }
        )
        if options.format and options.format not in _FORMATS:
            self._fault("file.format", f"{options.format!r} cannot be read", f"Use one of {', '.join(_FORMATS)}")
        if len(options.delimiter) > 1 or options.delimiter in {'"', "\n", "\r"}:
            self._fault("file.delimiter", "a delimiter is one character", 'Write ";" or "\\t", or leave it out')
        if options.encoding and not _is_encoding(options.encoding):
            self._fault("file.encoding", f"{options.encoding!r} is unknown", "Write utf-8 or cp1252, or leave it out")
        return options

    def _fields(self, kind: str) -> dict[str, Templates]:
        raw = self._table("fields")
        self._check_keys("fields", raw, FIELDS[kind])
        for name in NEEDED[kind]:
            if not raw.get(name):
                self._fault(f"fields.{name}", "it is missing", f'Write {name} = "{{column}}" under [fields]')
        return {name: self._templates(f"fields.{name}", raw[name]) for name in FIELDS[kind] if name in raw}

    def _texts(self, kind: str) -> tuple[TextMapping, ...]:
        raw = self._raw.get("texts", [])
        if kind == DECISIONS:
            if raw:
                self._fault("texts", "a list of decisions has no texts", "Remove [[texts]]")
            return ()
        if not isinstance(raw, list) or not raw or not all(isinstance(each, dict) for each in raw):
            fix = 'Write [[texts]] and below it language = "da" and title = "{column}"'
            self._fault("texts", "a resource needs a title", fix)
            return ()
        return tuple(self._text(f"texts[{number}]", each) for number, each in enumerate(raw, start=1))

    def _text(self, place: str, raw: dict[str, Any]) -> TextMapping:
        names = TextMapping.__struct_fields__
        self._check_keys(place, raw, names)
        for name in ("language", "title"):
            if not raw.get(name):
                self._fault(f"{place}.{name}", "it is missing", f'Write {name} = "…"')
        return TextMapping(**{name: self._templates(f"{place}.{name}", raw.get(name)) for name in names})

    def _identifiers(self) -> dict[str, Templates]:
        raw = self._table("identifiers")
        self._check_keys("identifiers", raw, [scheme for scheme in SCHEMES if scheme != "url"])
        return {scheme: self._templates(f"identifiers.{scheme}", each) for scheme, each in raw.items()}

    def _values(self, kind: str) -> dict[str, dict[str, tuple[str, ...]]]:
        raw = self._table("values")
        coded = [name for name in FIELDS[kind] if name in CODED]
        self._check_keys("values", raw, coded)
        return {name: self._value_table(name, raw[name]) for name in coded if name in raw}

    def _value_table(self, name: str, raw: Any) -> dict[str, tuple[str, ...]]:
        table: dict[str, tuple[str, ...]] = {}
        nothing: dict[str, str | list[str]] = {}
        for word, found in self._value(f"values.{name}", raw, dict[str, str | list[str]], nothing).items():
            codes = tuple(filter(None, [found] if isinstance(found, str) else found))
            for code in codes:
                self._check_code(f"values.{name}.{word}", name, code)
            table[key_of(word)] = codes
        return table

    def _crosswalk(self) -> Crosswalk:
        raw = self._table("placements")
        self._check_keys("placements", raw, ("subjects", "grades", "crosswalk"))
        name = self._value("placements.crosswalk", raw.get("crosswalk", ""), str, "")
        if not name:
            if raw.get("subjects") or raw.get("grades"):
                fix = 'Write crosswalk = "mine.toml" and put that file beside the mapping'
                self._fault("placements.crosswalk", "without it no term becomes a subject or grade", fix)
            return Crosswalk()
        path = self._path.parent / name if name.endswith(".toml") else CROSSWALKS / f"{name}.toml"
        return read_crosswalk(path, self._vocabularies, self.faults)

    def _separators(self) -> tuple[str, ...]:
        written = self._raw.get("separators", list(_DEFAULT_SEPARATORS))
        found = self._value("separators", written, list[str], list(_DEFAULT_SEPARATORS))
        if not all(found):
            self._fault("separators", "a separator is empty", 'Write separators = [","]')
        return tuple(filter(None, found))

    def _check_constants(self, mapping: Mapping) -> None:
        """Codes that the mapping itself gives must exist; those from a file are checked row by row."""
        for name, templates in mapping.fields.items():
            for choice in templates.choices:
                known = choice.constant.casefold() in mapping.values.get(name, {})
                if name in CODED and choice.constant and not known:
                    for code in mapping.split(choice.constant):
                        self._check_code(f"fields.{name}", name, code)
        for number, text in enumerate(mapping.texts, start=1):
            for choice in text.language.choices:
                if choice.constant:
                    self._check_code(f"texts[{number}].language", "languages", choice.constant)

    def _check_code(self, place: str, field: str, code: str) -> None:
        scheme = CODED[field]
        if not self._vocabularies.knows(scheme, code):
            codes = [concept.code for concept in self._vocabularies.concepts(scheme)]
            near = difflib.get_close_matches(code, codes, n=3) or codes[:12]
            self._fault(place, f"{code!r} is no {scheme}", f"Use {', '.join(near)}")

    def _templates(self, place: str, found: Any) -> Templates:
        if found is None:
            return Templates()
        written = self._value(place, found, _Written, "")
        try:
            return compile_templates(written)
        except TemplateWrong as error:
            self._fault(place, str(error), 'Write the column between braces: "{title}"; a brace itself is {{ or }}')
            return Templates()

    def _table(self, name: str) -> dict[str, Any]:
        found = self._raw.get(name, {})
        if not isinstance(found, dict):
            self._fault(name, "this is not a table", f"Write [{name}] on a line of its own")
            return {}
        return found

    def _value(self, place: str, found: Any, shape: Any, instead: _Shape) -> _Shape:
        try:
            converted: _Shape = msgspec.convert(found, shape)
        except msgspec.ValidationError as error:
            self._fault(place, str(error), "docs/imports.md shows how it is written")
            return instead
        return converted

    def _check_keys(self, place: str, raw: dict[str, Any], known: Sequence[str]) -> None:
        for key in raw:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                fix = f"Did you mean {near[0]}?" if near else f"Use {', '.join(known)}"
                self._fault(f"{place}.{key}".lstrip("."), "this key is not read", fix.rstrip("?"))

    def _fault(self, place: str, problem: str, fix: str) -> None:
        self.faults.append(Fault(file=str(self._path), place=place, problem=problem, fix=fix))


def _is_encoding(name: str) -> bool:
    try:
        return codecs.lookup(name).name in {"utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"} or (
            len("æ".encode(name)) == 1
        )
    except (LookupError, UnicodeEncodeError, TypeError):
        return False
