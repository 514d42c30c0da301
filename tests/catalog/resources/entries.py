"""Entries that the pages are tried on, and what was written to the database meanwhile."""

import uuid
from typing import Any

from sqlalchemy import func, select

from catalog.core.db import Database, transaction
from catalog.resources.schemas import ClaimFact, IdentifierFact, ResourceFacts, Text
from tests.conftest import Client
from tests.factories import places
from tests.forms import Sent, form_in

FULL = ResourceFacts(
    form="app",
    kind="didactic",
    texts=[
        Text(language="da", title="Brøkbanken", description="Regn med brøker."),
        Text(language="en", title="The Bank of Fractions"),
    ],
    publisher="Forlaget Nordvest",
    service_key="nordvest",
    creator="Redaktionen",
    designation="2. udgave",
    price_model="per_pupil",
    url="https://nordvest.example/broeker",
    order_url="https://nordvest.example/bestil",
    lix=24,
    reading_support=False,
    accessibility="limited_accessibility",
    accessibility_url="https://nordvest.example/was",
    languages=["en", "da", "fo"],
    logins=["unilogin", "own_account"],
    end_users=["teacher", "pupil"],
    data_categories=["name"],
    supplier_declared=["lix"],
    identifiers=[IdentifierFact(scheme="isbn13", value="9788702000009"), IdentifierFact(scheme="source:x", value="7")],
    placements=places(("matematik", "4"), ("matematik", "5"), ("*", "*"), ("natur-teknologi", "gy1")),
    claims=[
        ClaimFact(platform="web", browser="Firefox", limits="Uden lyd"),
        ClaimFact(platform="ipados", min_version="16", app=True, offline=True, supplier_declared=False),
    ],
)


async def count(database: Database, table: Any) -> int:
    async with transaction(database.readers) as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def read_form(client: Client, path: str) -> Sent:
    response = await client.get(path)
    assert response.status_code == 200, response.text
    return form_in(response.text, path.partition("?")[0])


def edit_of(resource_id: uuid.UUID) -> str:
    return f"/admin/resources/{resource_id}/edit"


NEW = {
    "texts-0-title": "Kystlaboratoriet",
    "texts-0-language": "da",
    "form": "web_resource",
    "placements-0-subject": "natur-teknologi",
    "placements-0-grades": ["4", "5"],
    "claims-0-platform": "web",
    "claims-0-tested_on": "2026-11-02",
    "identifiers-0-scheme": "isbn13",
    "identifiers-0-value": "978-87-02-00000-9",
    "publisher": "Blåtang Forlag",
    "lix": "31",
    "reading_support": "yes",
}
