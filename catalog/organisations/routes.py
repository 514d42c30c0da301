"""Schools for programs: the register as staff see it, changed on top of the version that was read."""

import uuid
from datetime import date

from litestar import Response, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Actor, Permission
from catalog.core.schemas import Schema
from catalog.organisations.errors import SchoolChanged
from catalog.organisations.reading import get_school, list_lines
from catalog.organisations.schemas import OldCode, SchoolChoice, SchoolDetail, SchoolFacts
from catalog.organisations.service import change_school
from catalog.vocabularies.region import Region
from catalog.web.access import SIGNED_IN, needs
from catalog.web.api import BEARER, ETAG, V1, IfMatch, VersionOutdated, entity_tag, read_if_match, refusals

ADDRESS = f"{V1}/schools"
TAGS = ["Schools"]


class SchoolListed(Schema, frozen=True, kw_only=True):
    id: uuid.UUID
    code: str
    """The number it is known by here, the national register's."""
    name: str
    kind: str
    grades: list[str]
    closed_on: date | None
    """The first day on which it is no school any more; null: it runs."""
    merged_into: str
    """The name of the school that took over; "": none did."""


class SchoolList(Schema, frozen=True, kw_only=True):
    schools: list[SchoolListed]


class SchoolEntry(Schema, frozen=True, kw_only=True):
    id: uuid.UUID
    version: int
    facts: SchoolFacts
    closed_on: date | None
    merged_into: SchoolChoice | None
    old_codes: list[OldCode]
    """Numbers that lead here, of this school or of those that joined it."""


def _told(detail: SchoolDetail) -> Response[SchoolEntry]:
    entry = SchoolEntry(
        id=detail.id,
        version=detail.version,
        facts=detail.facts,
        closed_on=detail.closed_on,
        merged_into=detail.merged_into,
        old_codes=list(detail.old_codes),
    )
    return Response(entry, headers={"ETag": entity_tag(detail.version)})


@get(ADDRESS, opt=SIGNED_IN, operation_id="listSchools", tags=TAGS, responses=refusals(401), security=BEARER)
async def list_schools(
    session: NamedDependency[AsyncSession], region: NamedDependency[Region], today: NamedDependency[date]
) -> SchoolList:
    """All schools, closed ones last; a municipality has so few that they stand on one page."""
    lines = await list_lines(session, region.country, today, closed=True)
    return SchoolList(
        schools=[
            SchoolListed(
                id=line.id,
                code=line.code,
                name=line.name,
                kind=line.kind,
                grades=line.grades,
                closed_on=line.closed_on,
                merged_into=line.merged_into,
            )
            for line in lines
        ]
    )


@get(
    f"{ADDRESS}/{{school_id:uuid}}",
    opt=SIGNED_IN,
    operation_id="getSchool",
    tags=TAGS,
    response_headers=[ETAG],
    responses=refusals(401, 404),
    security=BEARER,
)
async def read_school(session: NamedDependency[AsyncSession], school_id: FromPath[uuid.UUID]) -> Response[SchoolEntry]:
    """One school, with the version to send in If-Match."""
    return _told(await get_school(session, school_id))


@put(
    f"{ADDRESS}/{{school_id:uuid}}",
    opt=needs(Permission.MANAGE_SCHOOLS),
    operation_id="replaceSchool",
    tags=TAGS,
    response_headers=[ETAG],
    responses=refusals(401, 403, 404, 409, 412, 413, 422, 428),
    security=BEARER,
)
async def replace_school(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    today: NamedDependency[date],
    school_id: FromPath[uuid.UUID],
    data: JSONBody[SchoolFacts],
    if_match: IfMatch = None,
) -> Response[SchoolEntry]:
    """Bring a school to these facts, all of them; it is closed and merged on its page."""
    actor.require(Permission.MANAGE_SCHOOLS)
    version = read_if_match(if_match, (await get_school(session, school_id)).version)
    try:
        await change_school(session, actor, region, school_id, data, version, today)
    except SchoolChanged as error:  # between our look and the lock
        raise VersionOutdated(current_version=error.current_version) from error
    return _told(await get_school(session, school_id))


handlers = [list_schools, read_school, replace_school]
