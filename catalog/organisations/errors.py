"""Why something about a school could not be stored."""

from dataclasses import dataclass

from catalog.core.errors import Conflict


@dataclass(kw_only=True, eq=False)
class SchoolChanged(Conflict):
    code, title = "school-changed", "Somebody else changed the school since it was read"
    current_version: int


@dataclass(kw_only=True, eq=False)
class SchoolCodeTaken(Conflict):
    code, title = "school-code-taken", "Another school has, or had, this number"
    value: str


class SchoolCloses(Conflict):
    code, title = "school-closes", "The school that would take over has a day on which it closes"


class SchoolMerged(Conflict):
    code, title = "school-merged", "The school became part of another"


class SchoolOpen(Conflict):
    code, title = "school-open", "The school is open already"


class SameSchool(Conflict):
    code, title = "same-school", "A school cannot become part of itself"


@dataclass(kw_only=True, eq=False)
class HeadCountsChanged(Conflict):
    code, title = "head-counts-changed", "Somebody else stated the pupils of a grade since they were read"
    grades: list[str]


class UploadSpent(Conflict):
    code, title = "upload-spent", "The list was taken in already, or was sent too long ago"
