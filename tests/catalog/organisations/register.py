"""Schools for these tests; every name and number is invented."""

import uuid
from collections.abc import Sequence
from typing import Any

from catalog.core.actor import SYSTEM
from catalog.core.db import Database, transaction
from catalog.organisations.models import CodeScheme
from catalog.organisations.reading import get_school
from catalog.organisations.schemas import CodeFact, SchoolDetail, SchoolFacts
from catalog.organisations.service import add_school
from catalog.vocabularies.region import Region
from tests.conftest import TODAY

GRADES = tuple("0123456789")


def facts(name: str = "Mågebakkeskolen", code: str = "999101", **more: Any) -> SchoolFacts:
    known: dict[str, Any] = {"code": code, "name": name, "kind": "folkeskole", "grades": list(GRADES), **more}
    return SchoolFacts(**known)


def stil(value: str) -> CodeFact:
    return CodeFact(scheme=CodeScheme.STIL, value=value)


async def enter(
    database: Database, region: Region, name: str, code: str, grades: Sequence[str] = GRADES, **more: Any
) -> uuid.UUID:
    async with transaction(database.writers) as session:
        return await add_school(session, SYSTEM, region, facts(name, code, grades=list(grades), **more), TODAY)


async def stored(database: Database, school_id: uuid.UUID) -> SchoolDetail:
    async with transaction(database.readers) as session:
        return await get_school(session, school_id)
