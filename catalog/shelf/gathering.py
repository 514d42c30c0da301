"""Reading what a resource's page says: the resource, its rulings and history, and what stands beside it."""

from sqlalchemy.ext.asyncio import AsyncSession

from catalog.decisions.service import find_decisions, rulings_for
from catalog.finding.index import Index
from catalog.organisations.service import list_schools
from catalog.resources.lifecycle import absorbed_by
from catalog.resources.reading import history_of
from catalog.resources.schemas import ResourceDetail
from catalog.shelf.answer_view import NO, Judged
from catalog.shelf.neighbours import Neighbours
from catalog.shelf.reader import Reader
from catalog.shelf.resource_view import Gathered


async def gather(session: AsyncSession, index: Index, reader: Reader, detail: ResourceDetail) -> Gathered:
    service_id = detail.service.id if detail.service else None
    rulings = (await rulings_for(session, {detail.id: service_id}))[detail.id]
    scoped = any(ruling.schools for ruling in rulings)
    schools = (
        {school.code: school.name for school in await list_schools(session, reader.region.country)} if scoped else {}
    )
    judged = Judged(reader=reader, detail=detail, rulings=rulings, school_names=schools)
    near = Neighbours(index, reader)
    own_id, ruling = str(detail.id), judged.state.ruling
    alternatives = await near.alternatives(own_id, detail.facts.form, judged.placements)
    instead = await near.instead(session, ruling.use_instead) if ruling else ()
    if not instead and judged.state.outcome in NO and alternatives:
        instead = tuple(other.title for other in alternatives.shown)
    return Gathered(
        judged=judged,
        decisions=await find_decisions(
            session,
            resource_ids=[detail.id, *await absorbed_by(session, detail.id)],
            service_ids=[service_id] if service_id else [],
        ),
        happened=await history_of(session, detail.id),
        instead=instead,
        alternatives=alternatives,
        siblings=await near.siblings(own_id, detail.service.code if detail.service else ""),
    )
