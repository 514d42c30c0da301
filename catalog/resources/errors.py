"""Why a resource could not be stored or changed."""

import uuid
from dataclasses import dataclass

from catalog.core.errors import Conflict


@dataclass(kw_only=True, eq=False)
class IdentifierTaken(Conflict):
    code, title = "identifier-taken", "Another resource already has this identifier"
    scheme: str
    value: str
    resource_id: uuid.UUID


@dataclass(kw_only=True, eq=False)
class ChangedMeanwhile(Conflict):
    code, title = "changed-meanwhile", "Somebody else changed this since it was read"
    current_version: int


class NotListed(Conflict):
    code, title = "not-listed", "Only a listed resource can be changed in this way"


class AlreadyListed(Conflict):
    code, title = "already-listed", "The resource is listed already"


class SameResource(Conflict):
    code, title = "same-resource", "A resource cannot be merged with or followed by itself"


class KeyTaken(Conflict):
    code, title = "key-taken", "Another service already has this key"
