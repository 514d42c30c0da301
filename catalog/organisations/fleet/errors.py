"""Why a statement about devices could not be stored."""

from dataclasses import dataclass

from catalog.core.errors import Conflict


@dataclass(kw_only=True, eq=False)
class DevicesChanged(Conflict):
    code, title = "devices-changed", "Somebody else stated the devices of a grade since they were read"
    grades: list[str]


class SchoolClosed(Conflict):
    code, title = "school-closed", "The school is closed, or became part of another"
