"""What is wrong in a data file a person wrote: said with the file, the place and the fix, all at once."""

from dataclasses import dataclass
from typing import ClassVar

import msgspec

from catalog.core.errors import DomainError


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    file: str
    place: str
    """The concept or key that is wrong; empty when it is the file itself."""
    problem: str
    fix: str

    def __str__(self) -> str:
        place = f" [{self.place}]" if self.place else ""
        return f"{self.file}{place}: {self.problem}. {self.fix}."


@dataclass(kw_only=True, eq=False)
class DataFileRefused(DomainError):
    """The text lists every fault, one a line, for the person who wrote the file."""

    status: ClassVar[int] = 422
    code: ClassVar[str] = "data-file-refused"
    title: ClassVar[str] = "A data file has errors"
    faults: list[Fault]

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)
