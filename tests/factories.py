"""What tests need in the catalogue, through the services that everybody else uses."""

import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import SYSTEM
from catalog.decisions.schemas import Decide
from catalog.decisions.service import decide
from catalog.resources.schemas import ClaimFact, PlacementFact, ResourceFacts, Text
from catalog.resources.service import create_resource
from catalog.vocabularies.region import Region

TODAY = date(2026, 11, 25)


def facts(title: str = "Brøker 4", *, description: str = "", language: str = "da", **more: Any) -> ResourceFacts:
    """The facts of one resource; a web resource unless told otherwise."""
    given: dict[str, Any] = {"form": "web_resource", "languages": [language]}
    texts = [Text(language=language, title=title, description=description)]
    return ResourceFacts(texts=texts, **{**given, **more})


def places(*pairs: tuple[str, str]) -> list[PlacementFact]:
    return [PlacementFact(subject=subject, grade=grade) for subject, grade in pairs]


def runs_on(*platforms: str) -> list[ClaimFact]:
    return [ClaimFact(platform=platform) for platform in platforms]


async def store(session: AsyncSession, region: Region, title: str = "Brøker 4", **more: Any) -> uuid.UUID:
    """A resource in the catalogue."""
    return await create_resource(session, SYSTEM, region, facts(title, **more), TODAY)


async def rule(
    session: AsyncSession,
    region: Region,
    resource_id: uuid.UUID,
    outcome: str = "approved",
    *,
    on: date = date(2026, 8, 1),
    reasons: Sequence[str] = (),
    **more: Any,
) -> uuid.UUID:
    """A decision about a resource, with what its outcome owes."""
    owed: dict[str, Any] = {"reasons": list(reasons or ["quality"] if outcome in {"rejected", "withdrawn"} else [])}
    owed |= {"conditions": ["Kun med Unilogin."]} if outcome == "conditional" else {}
    owed |= {"valid_until": date(2027, 6, 30)} if outcome == "pilot" else {}
    command = Decide(outcome=outcome, decided_on=on, resource_id=resource_id, **{**owed, **more})
    return await decide(session, SYSTEM, region, command)
