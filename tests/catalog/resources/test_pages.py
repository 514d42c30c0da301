"""Retiring, restoring, merging and following, through the pages; and who may change anything at all."""

import uuid
from functools import partial
from typing import Any

import pytest

from catalog.core.audit import AuditEntry
from catalog.core.db import Database, transaction
from catalog.core.outbox import OutboxEntry
from catalog.resources.reading import get_resource
from tests.catalog.resources.entries import NEW, count, edit_of, read_form
from tests.conftest import Client, OpenClient
from tests.doors import REFUSED, commits_fail, knock
from tests.forms import form_in

WRITES = ("/admin/resources/new", "edit", "retire", "restore", "merge", "succession")


def address(path: str, resource_id: uuid.UUID) -> str:
    return path if path.startswith("/") else f"/admin/resources/{resource_id}/{path}"


async def send(client: Client, path: str, resource_id: uuid.UUID, other: uuid.UUID) -> Any:
    """A right request to each route that changes something."""
    fields: dict[str, Any] = NEW | {"identifiers-0-value": "", "identifiers-0-scheme": "", "version": "1"}
    fields |= {"other": str(other), "keep": str(resource_id)}
    return await client.post(address(path, resource_id), data=fields, follow_redirects=False)


@pytest.mark.parametrize("path", WRITES)
async def test_every_change_leaves_a_row_in_the_audit_and_work_for_the_index(
    admin: Client, database: Database, resource_id: uuid.UUID, other_id: uuid.UUID, path: str
) -> None:
    if path == "restore":
        await send(admin, "retire", resource_id, other_id)
    audited, promised = await count(database, AuditEntry), await count(database, OutboxEntry)

    response = await send(admin, path, resource_id, other_id)

    assert response.status_code == 303, response.text
    assert await count(database, AuditEntry) > audited
    assert await count(database, OutboxEntry) > promised


async def test_a_commit_that_fails_is_never_answered_with_success(
    admin: Client, database: Database, resource_id: uuid.UUID, other_id: uuid.UUID
) -> None:
    audited = await count(database, AuditEntry)
    with commits_fail(database):
        answers = [await send(admin, path, resource_id, other_id) for path in WRITES if path != "restore"]
    assert await count(database, AuditEntry) == audited
    await send(admin, "retire", resource_id, other_id)
    with commits_fail(database):
        answers.append(await send(admin, "restore", resource_id, other_id))

    assert [answer.status_code for answer in answers] == [503] * len(WRITES)
    assert (await send(admin, "restore", resource_id, other_id)).status_code == 303, "it was not restored before"


async def test_forged_unsigned_and_distant_requests_are_refused_and_change_nothing(
    open_client: OpenClient, database: Database, resource_id: uuid.UUID, other_id: uuid.UUID
) -> None:
    sends = [partial(send, path=path, resource_id=resource_id, other=other_id) for path in WRITES]
    assert await knock(open_client, *sends) == [REFUSED] * len(WRITES)
    async with transaction(database.readers) as session:
        detail = await get_resource(session, resource_id)
    assert (detail.version, detail.status) == (1, "listed")


@pytest.mark.parametrize("path", ["edit", "retire", "restore", "merge", "succession"])
async def test_what_does_not_exist_is_404(admin: Client, path: str) -> None:
    gone = uuid.uuid4()
    assert (await admin.get(address(path, gone))).status_code == 404
    assert (await send(admin, path, gone, gone)).status_code in {404, 422}


async def test_a_retired_resource_says_so_and_is_not_changed(
    admin: Client, resource_id: uuid.UUID, other_id: uuid.UUID
) -> None:
    await send(admin, "retire", resource_id, other_id)
    twice = await send(admin, "retire", resource_id, other_id)
    sent = await read_form(admin, edit_of(resource_id)) | {"creator": ["Ny"]}
    changed = await admin.post(edit_of(resource_id), data=sent, follow_redirects=False)

    assert twice.status_code == 422
    assert changed.status_code == 422
    assert "data-error-summary" in changed.text
    assert form_in(changed.text, edit_of(resource_id))["creator"] == ["Ny"]
    assert f"/admin/resources/{resource_id}/restore" in changed.text


async def test_a_merge_shows_both_and_keeps_the_chosen_one(
    admin: Client, database: Database, resource_id: uuid.UUID, other_id: uuid.UUID
) -> None:
    path = f"/admin/resources/{other_id}/merge"
    choose = await admin.get(path, params={"q": "BRØKBANK"})
    assert f'href="{path}?other={resource_id}"' in choose.text
    assert f"other={other_id}" not in choose.text
    confirm = await admin.get(path, params={"other": str(resource_id)})
    assert "Brøkbanken 2" in confirm.text
    assert "9788702000009" in confirm.text
    sent = form_in(confirm.text, path)
    assert sent["keep"] == [str(resource_id)], "the found one stays unless the other is ticked"

    response = await admin.post(path, data=sent, follow_redirects=False)

    assert response.headers["location"] == f"/resources/{resource_id}-broekbanken"
    async with transaction(database.readers) as session:
        gone = await get_resource(session, other_id)
    assert gone.succeeded_by is not None
    assert (gone.status, gone.succeeded_by.id) == ("retired", resource_id)


async def test_merging_with_itself_is_refused_where_it_was_asked(admin: Client, resource_id: uuid.UUID) -> None:
    response = await send(admin, "merge", resource_id, resource_id)
    assert response.status_code == 422
    assert "data-error-summary" in response.text


@pytest.mark.parametrize("other", ["", "nonsense", str(uuid.UUID(int=7))])
async def test_a_pair_with_nothing_is_404(admin: Client, resource_id: uuid.UUID, other: str) -> None:
    response = await admin.post(f"/admin/resources/{resource_id}/succession", data={"other": other})
    assert response.status_code == 404
