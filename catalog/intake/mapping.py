"""How the files of one source are read; mapping_file.py makes it from the TOML file that a user writes."""

from collections.abc import Mapping as Table

import msgspec

from catalog.intake.crosswalk import Crosswalk
from catalog.intake.files.headers import Wanted
from catalog.intake.files.rows import LIST_SEPARATOR, ReadOptions
from catalog.intake.templates import Templates

RESOURCES, DECISIONS = "resources", "decisions"
FIELDS: dict[str, tuple[str, ...]] = {
    RESOURCES: (
        "url",
        "publisher",
        "creator",
        "service",
        "form",
        "kind",
        "price",
        "languages",
        "logins",
        "platforms",
        "end_users",
        "content_licence",
        "published_on",
    ),
    DECISIONS: (
        "names",
        "outcome",
        "form",
        "conditions",
        "grounds",
        "reasons",
        "body",
        "decided_on",
        "valid_from",
        "valid_until",
        "url",
    ),
}
NEEDED = {RESOURCES: ("form",), DECISIONS: ("names", "outcome")}
CODED = {
    "form": "form",
    "kind": "kind",
    "price": "price",
    "languages": "language",
    "logins": "login",
    "platforms": "platform",
    "end_users": "end_user",
    "outcome": "outcome",
    "reasons": "reason",
    "body": "body",
}
"""Fields that hold codes, and the vocabulary of each."""


class TextMapping(msgspec.Struct, frozen=True, kw_only=True):
    """Where title and description in one language come from."""

    language: Templates
    title: Templates
    description: Templates


class Mapping(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    kind: str
    """``resources`` or ``decisions``."""
    source: str
    """Keys and identifiers of this source are told apart by it: ``source:<source>``."""
    title: str
    options: ReadOptions
    item: Templates
    """What rows of one thing have in common; without it every row is a thing."""
    fields: Table[str, Templates]
    texts: tuple[TextMapping, ...]
    identifiers: Table[str, Templates]
    values: Table[str, Table[str, tuple[str, ...]]]
    """By field: from the source's word to codes; no codes: the word is known and says nothing here."""
    subjects: Templates
    grades: Templates
    crosswalk: Crosswalk
    separators: tuple[str, ...]

    def split(self, text: str) -> list[str]:
        """The items of a list in one cell, each once."""
        for separator in self.separators:
            text = text.replace(separator, LIST_SEPARATOR)
        return list(dict.fromkeys(item for part in text.split(LIST_SEPARATOR) if (item := part.strip())))

    @property
    def wanted(self) -> Wanted:
        needed = [self.fields["names"], self.fields["outcome"]] if self.kind == "decisions" else [self.texts[0].title]
        texts = [part for text in self.texts for part in (text.language, text.title, text.description)]
        everything = [
            self.item,
            *self.fields.values(),
            *texts,
            *self.identifiers.values(),
            self.subjects,
            self.grades,
        ]
        return Wanted(
            columns=tuple(dict.fromkeys(column for each in everything for column in each.columns)),
            needed=tuple(each.columns for each in needed if each.columns),
        )
