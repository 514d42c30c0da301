"""Reports from readers: kept, throttled, without names, and erased once they were dealt with."""

import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeAlias

from sqlalchemy import select

from catalog.core.actor import SYSTEM
from catalog.core.db import Database, transaction
from catalog.resources.models import ErrorReport
from catalog.resources.reports import IN_ALL, KEPT_AFTER_HANDLING, close_report, forget_handled
from catalog.vocabularies.region import Region
from tests.conftest import NOON, Client
from tests.factories import store
from tests.pages import Element, read_page

ENGLISH = {"accept-language": "en"}
Open: TypeAlias = Callable[..., Awaitable[Element]]


async def test_a_report_is_kept_and_thanked_for(
    database: Database, region: Region, client: Client, open_page: Open
) -> None:
    async with transaction(database.writers) as session:
        key = await store(session, region, "Brøker 4")
    form = (await open_page(key)).one("section", id="report").one("form")
    sent = await client.post(
        form["action"], data={"about": "link", "text": "Virker <b>ikke</b>"}, follow_redirects=False
    )
    assert (sent.status_code, sent.headers["location"]) == (303, f"/resources/{key}-broeker-4?reported=1#report")
    assert "Thank you." in (await client.get(sent.headers["location"], headers=ENGLISH)).text
    async with transaction(database.readers) as session:
        (report,) = (await session.scalars(select(ErrorReport))).all()
    assert (report.about, report.text, report.resource_id) == ("link", "Virker <b>ikke</b>", key)


async def test_a_report_with_faults_is_shown_again_as_it_was_written(
    database: Database, region: Region, client: Client
) -> None:
    async with transaction(database.writers) as session:
        key = await store(session, region)
    for about, text, faults in (
        ("", "Det er forkert", {"about"}),
        ("nonsense", "", {"about", "text"}),
        ("link", "x" * 2001, {"text"}),
        ("link", "   ", {"text"}),
    ):
        response = await client.post(f"/resources/{key}/report", data={"about": about, "text": text}, headers=ENGLISH)
        assert response.status_code == 422
        form = read_page(response.text).one("section", id="report").one("form")
        assert {field["id"] for field in form.walk() if field.get("aria-invalid")} == faults
        assert form.one("textarea").words.strip() == text.strip()
        chosen = [option["value"] for option in form.all("option") if "selected" in option.attributes]
        assert chosen == (["link"] if about == "link" else [])


async def test_too_many_reports_are_asked_to_wait_and_lose_nothing(
    database: Database, region: Region, client: Client
) -> None:
    async with transaction(database.writers) as session:
        key = await store(session, region)
        session.add_all(
            ErrorReport(resource_id=None, about="other", text="Støj", written_at=NOON) for _ in range(IN_ALL)
        )
    response = await client.post(
        f"/resources/{key}/report", data={"about": "text", "text": "Behold mig"}, headers=ENGLISH
    )
    assert response.status_code == 429
    assert read_page(response.text).one("textarea", id="text").words.strip() == "Behold mig"
    assert "That was many times in a short while" in response.text


async def test_a_report_from_another_site_or_about_nothing_is_refused(
    database: Database, region: Region, client: Client
) -> None:
    async with transaction(database.writers) as session:
        key = await store(session, region)
    data = {"about": "text", "text": "Hej"}
    foreign = {"sec-fetch-site": "cross-site"}
    assert (await client.post(f"/resources/{key}/report", data=data, headers=foreign)).status_code == 403
    assert (await client.post(f"/resources/{uuid.uuid4()}/report", data=data)).status_code == 404
    assert (await client.post("/resources/x/report", data=data)).status_code == 404
    async with transaction(database.readers) as session:
        assert (await session.scalars(select(ErrorReport))).all() == []


async def test_reports_that_were_dealt_with_are_erased_after_the_days_that_the_privacy_page_names(
    database: Database, client: Client
) -> None:
    async with transaction(database.writers) as session:
        rows = [ErrorReport(resource_id=None, about="other", text=text) for text in ("ny", "gammel", "åben")]
        session.add_all(rows)
        await session.flush()
        await close_report(session, SYSTEM, rows[0].id, NOON - KEPT_AFTER_HANDLING + timedelta(hours=1))
        await close_report(session, SYSTEM, rows[1].id, NOON - KEPT_AFTER_HANDLING - timedelta(hours=1))
        assert await forget_handled(session, NOON) == 1
    async with transaction(database.readers) as session:
        kept = (await session.scalars(select(ErrorReport.text))).all()
    assert sorted(kept) == ["ny", "åben"]
    assert f"erased {KEPT_AFTER_HANDLING.days} days later" in (await client.get("/privacy", headers=ENGLISH)).text
