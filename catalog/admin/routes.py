"""Imports for programs: a file as it is, a report as the answer; under a key it is done once, however often it comes.

The services are those of the command line. They commit as they go, so no transaction of the request is open.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, TypeAlias

import msgspec
from litestar import Request, Response, post
from litestar.datastructures import ResponseHeader
from litestar.di import NamedDependency, Provide
from litestar.enums import RequestEncodingType
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody
from litestar.params import HeaderParameter, QueryParameter

from catalog.admin.filing import Desk, ImportReport, SentFile, bring_in
from catalog.core.actor import Permission
from catalog.core.errors import BadRequest
from catalog.core.idempotency import Answer, AnswerKeeper, Claim, hash_body
from catalog.core.settings import Settings
from catalog.vocabularies.region import Region
from catalog.web.access import needs, visitor_of
from catalog.web.api import BEARER, V1, refusals

MAX_FILE = 5_000_000
"""Bytes; a larger file is imported on the command line, or in parts."""
KEY = re.compile(r"[\x21-\x7e]{1,200}")
TYPES = ("text/csv", "application/x-ndjson", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
KeyOfRequest: TypeAlias = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        description="Of your choice, for one import: sent again with the same file within a day, it gets the same"
        " answer and does nothing.",
    ),
]
MappingName: TypeAlias = Annotated[
    str, QueryParameter(name="mapping", description="One of the shipped mappings, see docs/imports.md.")
]
Municipality: TypeAlias = Annotated[
    str, QueryParameter(description="Whose rows are read, by number or name; left out, the municipality's own.")
]
AnyRequest: TypeAlias = Request[Any, Any, Any]
REPEATED = ResponseHeader(
    name="Idempotency-Replayed",
    value="",
    documentation_only=True,
    description="`true`: this is the answer that was given before.",
)


@dataclass
class FileOperation(Operation):
    """In the description: the body is a file, whatever its type says; its content decides."""

    def __post_init__(self) -> None:
        self.request_body = RequestBody(required=True, content={each: OpenAPIMediaType() for each in TYPES})


class Circumstances(msgspec.Struct, frozen=True, kw_only=True):
    """What every import is made from."""

    region: Region
    municipality: str
    now: datetime
    today: date


def provide_circumstances(
    region: NamedDependency[Region],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
    today: NamedDependency[date],
) -> Circumstances:
    return Circumstances(region=region, municipality=settings.municipality, now=now, today=today)


async def _bring_in(
    request: AnyRequest, around: Circumstances, kind: str, key: str | None, mapping: str = "", own: str = ""
) -> Response[ImportReport]:
    if key is not None and not KEY.fullmatch(key):
        raise BadRequest
    if request.content_type[0] == RequestEncodingType.MULTI_PART:  # a form around the file is not the file
        raise BadRequest
    sent = SentFile(kind=kind, body=await request.body(), mapping=mapping, municipality=own)
    actor, state = visitor_of(request).actor, request.app.state
    desk = Desk(database=state["database"], actor=actor, **msgspec.structs.asdict(around))

    async def work() -> Answer:
        report = await bring_in(desk, sent)
        state["work"].set()
        return Answer(status=200, body=msgspec.json.encode(report).decode())

    if key is None:
        answer = await work()
    else:
        keeper: AnswerKeeper = state["answers"]
        body_hash = hash_body(mapping.encode(errors="replace"), own.encode(errors="replace"), sent.body)
        claim = Claim(actor_id=actor.id, address=request.url.path, key=key, body_hash=body_hash)
        answer = await keeper.once(claim, work)
    headers = {"Idempotency-Replayed": "true"} if answer.is_repeated else {}
    content: Any = msgspec.Raw(answer.body.encode())
    return Response(content, status_code=answer.status, headers=headers)


def _options(kind: str, operation_id: str) -> dict[str, Any]:
    """What the routes of all kinds share."""
    return {
        "path": f"{V1}/imports/{kind}",
        "opt": needs(Permission.IMPORT),
        "operation_id": operation_id,
        "operation_class": FileOperation,
        "tags": ["Imports"],
        "status_code": 200,
        "request_max_body_size": MAX_FILE,
        "response_headers": [REPEATED],
        "responses": refusals(401, 403, 413, 422),
        "security": BEARER,
        "dependencies": {"around": Provide(provide_circumstances, sync_to_thread=False)},
    }


@post(**_options("resources", "importResources"))
async def import_resources(
    request: AnyRequest,
    around: NamedDependency[Circumstances],
    mapping: MappingName,
    idempotency_key: KeyOfRequest = None,
) -> Response[ImportReport]:
    """Bring resources in: CSV, JSON lines or XLSX, up to 5 MB."""
    return await _bring_in(request, around, "resources", idempotency_key, mapping)


@post(**_options("decisions", "importDecisions"))
async def import_decisions(
    request: AnyRequest,
    around: NamedDependency[Circumstances],
    mapping: MappingName = "decision_list",
    idempotency_key: KeyOfRequest = None,
) -> Response[ImportReport]:
    """Bring in a published list of decisions, as a whole: unknown names become questions."""
    return await _bring_in(request, around, "decisions", idempotency_key, mapping)


@post(**_options("schools", "importSchools"))
async def import_schools(
    request: AnyRequest,
    around: NamedDependency[Circumstances],
    mapping: MappingName,
    municipality: Municipality = "",
    idempotency_key: KeyOfRequest = None,
) -> Response[ImportReport]:
    """Bring in the municipality's own schools from a register; a school that is gone from it is told, never closed."""
    return await _bring_in(request, around, "schools", idempotency_key, mapping, municipality)


@post(**_options("head-counts", "importHeadCounts"))
async def import_head_counts(
    request: AnyRequest, around: NamedDependency[Circumstances], idempotency_key: KeyOfRequest = None
) -> Response[ImportReport]:
    """Bring in how many pupils schools have: columns school, grade, pupils and date."""
    return await _bring_in(request, around, "head-counts", idempotency_key)


@post(**_options("devices", "importDevices"))
async def import_devices(
    request: AnyRequest, around: NamedDependency[Circumstances], idempotency_key: KeyOfRequest = None
) -> Response[ImportReport]:
    """Bring in what the pupils of each grade work on; the grades it names are stated as a whole."""
    return await _bring_in(request, around, "devices", idempotency_key)


handlers = [import_resources, import_decisions, import_schools, import_head_counts, import_devices]
