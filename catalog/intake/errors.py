"""Why a whole file cannot be imported; what is wrong with single rows is in drafts.py."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from catalog.core.errors import Conflict, DomainError

REASONS = (
    "unreadable",  # not there, a folder, or no permission
    "empty",
    "unknown-type",  # found: what it looks like
    "not-text",
    "no-header",
    "missing-columns",  # columns, header
    "too-many-columns",  # limit
    "too-large",  # limit, in bytes
    "bomb",  # unpacks to far more than it should
    "damaged",
    "encrypted",
    "no-such-sheet",  # sheet, sheets
    "workbook-too-large",  # needs more memory than a workbook is given
)


@dataclass(kw_only=True, eq=False)
class FileRefused(DomainError):
    status: ClassVar[int] = 422
    code: ClassVar[str] = "file-refused"
    title: ClassVar[str] = "The file cannot be imported"
    reason: str
    """One of ``REASONS``."""
    details: dict[str, Any] = field(default_factory=dict)


class ImportUndone(Conflict):
    code, title = "import-undone", "The import was taken back already"
