"""A list through the browser: sent, looked at, confirmed once."""

import io
import uuid
import zipfile
from typing import Any

import pytest
from sqlalchemy import func, select

from catalog.core.audit import AuditEntry
from catalog.core.db import Database, transaction
from catalog.core.roles import Role
from catalog.intake.models import ImportBatch
from catalog.organisations.models import School, SchoolUpload
from catalog.web.tables import Table, as_xlsx
from tests.catalog.organisations.lists.files import COLUMNS, LEADER, THREE, stil_row
from tests.conftest import Client, OpenClient, sign_in

ENGLISH = {"accept-language": "en"}
COUNTS = (
    "skolekode;klasse;elever;dato;kilde\n999101;0. klasse;20;05-09-2026;register\n999101;1;21;2026-09-05;register\n"
)


async def send(client: Client, content: bytes, mapping: str = "stil", **more: str) -> Any:
    data = {"mapping": mapping, "own": "Sundby", **more}
    files = {"file": ("skoler.csv", content, "text/csv")}
    return await client.post("/schools/import", data=data, files=files, headers=ENGLISH, follow_redirects=False)


async def count(database: Database, table: Any) -> int:
    async with transaction(database.readers) as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_a_list_is_shown_before_it_is_taken_in_once(admin: Client, database: Database) -> None:
    form = (await admin.get("/schools/import", headers=ENGLISH)).text
    assert 'enctype="multipart/form-data"' in form
    sent = await send(admin, THREE.encode("utf-16"))
    assert sent.status_code == 303, sent.text
    preview = (await admin.get(sent.headers["location"], headers=ENGLISH)).text
    assert "2 new, 0 changed, 0 unchanged, 0 refused" in preview
    assert "1 row of others is left out" in preview
    assert "With its departments: Klitskolen, afdeling Havn" in preview
    assert LEADER not in preview
    assert await count(database, School) == 0
    async with transaction(database.readers) as session:
        assert "send-list" in set(await session.scalars(select(AuditEntry.action)))
    done = await admin.post(sent.headers["location"], headers=ENGLISH)
    assert done.status_code == 200
    assert "3 rows accepted" in done.text
    assert await count(database, School) == 2
    again = await admin.post(sent.headers["location"], headers=ENGLISH)
    assert again.status_code == 409
    assert "taken in already" in again.text
    assert (await count(database, ImportBatch), await count(database, SchoolUpload)) == (1, 0)
    second = await send(admin, THREE.encode())
    assert "Taking it in would change nothing." in (await admin.get(second.headers["location"], headers=ENGLISH)).text


async def test_the_record_of_the_import_leads_to_its_undoing(admin: Client, database: Database) -> None:
    sent = await send(admin, THREE.encode())
    done = (await admin.post(sent.headers["location"], headers=ENGLISH)).text
    batch = done.partition("/admin/imports/")[2][:36]
    assert "Schools" in (await admin.get(f"/admin/imports/{batch}", headers=ENGLISH)).text
    foreseen = (await admin.get(f"/admin/imports/{batch}/undo", headers=ENGLISH)).text
    assert "2 schools that the list brought go." in foreseen
    assert (await admin.post(f"/admin/imports/{batch}/undo", headers=ENGLISH)).status_code == 200
    assert await count(database, School) == 0


async def test_refused_rows_are_told_with_their_reason(admin: Client) -> None:
    sent = await send(admin, (THREE + stil_row("12", "<script>alert(1)</script>") + "\r\n").encode())
    preview = (await admin.get(sent.headers["location"], headers=ENGLISH)).text
    assert "The identifier does not have the form of its kind" in preview or "is written differently" in preview
    assert "<script>alert(1)" not in preview
    done = (await admin.post(sent.headers["location"], headers=ENGLISH)).text
    assert "1 row refused" in done


async def test_a_workbook_is_read_too(admin: Client) -> None:
    rows = [stil_row("999101", "Mågebakkeskolen").split(";")]
    sent = await send(admin, as_xlsx(Table(name="skoler", head=COLUMNS, rows=rows)))
    assert sent.status_code == 303, sent.text
    assert "1 new" in (await admin.get(sent.headers["location"], headers=ENGLISH)).text


async def test_head_counts_come_by_the_same_way(admin: Client, database: Database, gull: uuid.UUID) -> None:
    sent = await send(admin, COUNTS.encode(), "head-counts")
    preview = (await admin.get(sent.headers["location"], headers=ENGLISH)).text
    assert "2 new" in preview
    assert "Mågebakkeskolen" in preview
    assert "2 rows accepted" in (await admin.post(sent.headers["location"], headers=ENGLISH)).text
    page = (await admin.get(f"/schools/{gull}/pupils", headers=ENGLISH)).text
    assert ">41<" in page


def _bomb() -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<w/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 90_000_000)
    return kept.getvalue()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "Fill in this field"),
        (b"%PDF-1.7 something", "looks like pdf"),
        (b"PK\x03\x04 broken", "damaged"),
        (bytes(range(32)) * 50, "no text that we can read"),
        (b"a;b;c\n1;2;3\n", "lacks columns"),
        (_bomb(), "unpacks to far more"),
    ],
    ids=["empty", "pdf", "broken zip", "binary", "other columns", "bomb"],
)
async def test_a_file_that_cannot_be_read_is_refused_with_the_reason(
    admin: Client, database: Database, content: bytes, why: str
) -> None:
    answer = await send(admin, content)
    assert answer.status_code == 422
    assert why in answer.text
    assert await count(database, SchoolUpload) == 0


async def test_an_unknown_mapping_leads_to_no_file(admin: Client) -> None:
    for mapping in ("", "khan_academy", "../../../etc/passwd", "/srv/x.toml"):
        assert (await send(admin, THREE.encode(), mapping)).status_code == 422, mapping


async def test_a_file_as_large_as_none_of_ours_is_refused(admin: Client) -> None:
    assert (await send(admin, b"a" * 5_100_000)).status_code == 413


async def test_somebody_elses_list_does_not_exist(admin: Client, open_client: OpenClient) -> None:
    sent = await send(admin, THREE.encode())
    async with open_client() as client:
        await sign_in(client)
        for answer in (await client.get(sent.headers["location"]), await client.post(sent.headers["location"])):
            assert answer.status_code == 404
        await sign_in(client, Role.PURCHASING)
        assert (await client.get(sent.headers["location"])).status_code == 403
    unknown = f"/schools/import/{uuid.UUID(int=7)}"
    assert (await admin.get(unknown, headers=ENGLISH)).status_code == 409
