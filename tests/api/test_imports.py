"""A file sent by a program is imported as on the command line; under a key it is imported once."""

import asyncio
import uuid
from datetime import timedelta
from typing import Any

import pytest
from litestar import Litestar
from sqlalchemy import func, select, update

from catalog.core import idempotency
from catalog.core.actor import SYSTEM, Permission
from catalog.core.audit import AuditEntry
from catalog.core.clock import utc_now
from catalog.core.db import Database, transaction
from catalog.core.idempotency import UNDER_WAY, KeptAnswer
from catalog.core.roles import Role
from catalog.decisions.models import Decision
from catalog.identity.retention import forget_old
from catalog.intake.models import ImportBatch
from catalog.organisations.lists.uploads import MOST_ROWS
from catalog.organisations.models import DeviceGroup, HeadCount, School
from catalog.resources.models import Resource
from catalog.resources.service import create_resource
from catalog.vocabularies.region import Region
from tests.api.files import (
    COUNTS,
    CSV,
    DECISIONS,
    DEVICES,
    JSONL,
    STIL,
    XLSX,
    as_csv,
    as_lines,
    as_workbook,
    row,
)
from tests.api.programs import Program, token_of
from tests.conftest import TODAY
from tests.doors import commits_fail
from tests.factories import facts

RESOURCES = "/api/v1/imports/resources?mapping=oer_commons"
DECISION_LIST = "/api/v1/imports/decisions"
THREE = as_csv(row(1), row(2), row(3, name=" "))
KEY = {"idempotency-key": "2026-11-25-first"}


@pytest.fixture
async def secret(database: Database) -> str:
    made, _ = await token_of(database, Role.REVIEWER)
    return made.secret


async def count(database: Database, table: Any) -> int:
    async with transaction(database.readers) as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_the_answer_counts_every_row_and_shows_the_refused_ones(
    app: Litestar, database: Database, secret: str
) -> None:
    async with Program(app, secret) as program:
        answer = await program.post(RESOURCES, content=THREE, headers={"content-type": CSV})
        again = await program.post(RESOURCES, content=THREE, headers={"content-type": CSV})

    report = answer.json()
    assert answer.status_code == 200
    assert (report["accepted"], report["unchanged"], report["refused"], report["questions"]) == (2, 0, 1, 0)
    (refused,) = report["refusedRows"]
    assert (refused["line"], refused["code"]) == (4, "missing")
    assert refused["detail"] == "This field is empty, and it is needed."
    assert refused["row"]["URL"] == "https://oer.example/3"
    assert (again.json()["accepted"], again.json()["unchanged"]) == (0, 2)
    assert await count(database, Resource) == 2
    async with transaction(database.readers) as session:
        batches = list(await session.scalars(select(ImportBatch)))
        audited = await session.scalar(select(func.count()).where(AuditEntry.action == "import-resources"))
    assert report["id"] in {str(batch.id) for batch in batches}
    assert {batch.mapping for batch in batches} == {"oer_commons"}
    assert audited == len(batches) == 2, "one row for each request"


async def test_what_is_in_the_file_decides_how_it_is_read(app: Litestar, database: Database, secret: str) -> None:
    lines = as_lines({"id": "x1", "kind": "Video", "title": "Fractions", "path": "x1", "subject": "4th grade (U.S.)"})
    async with Program(app, secret) as program:
        answers = [
            await program.post(DECISION_LIST, content=as_workbook(DECISIONS), headers={"content-type": XLSX}),
            await program.post(
                "/api/v1/imports/resources?mapping=khan_academy", content=lines, headers={"content-type": JSONL}
            ),
            await program.post(RESOURCES, content=as_csv(row(3)), headers={"content-type": "text/plain"}),
            await program.post(RESOURCES, content=as_csv(row(4))),
        ]

    assert [answer.json()["accepted"] for answer in answers] == [2, 1, 1, 1], [answer.text for answer in answers]
    assert await count(database, Resource) == 3


async def test_decisions_are_recorded_and_unknown_names_become_questions(
    app: Litestar, database: Database, region: Region, secret: str
) -> None:
    async with transaction(database.writers) as session:
        await create_resource(session, SYSTEM, region, facts("Brøkbanken"), TODAY)
    async with Program(app, secret) as program:
        answer = await program.post(DECISION_LIST, content=DECISIONS, headers={"content-type": CSV})

    report = answer.json()
    assert (report["accepted"], report["refused"], report["questions"]) == (2, 1, 1)
    assert await count(database, Decision) == 1


async def test_schools_head_counts_and_devices_are_brought_in(app: Litestar, database: Database) -> None:
    made, _ = await token_of(database, Role.ADMIN)
    async with Program(app, made.secret) as program:
        sent = (
            ("schools?mapping=stil", STIL),
            ("schools?mapping=stil", STIL),
            ("head-counts", COUNTS),
            ("devices", DEVICES),
        )
        answers = [(await program.post(f"/api/v1/imports/{path}", content=body)) for path, body in sent]

    counted = [
        tuple(answer.json()[name] for name in ("accepted", "unchanged", "refused", "skipped")) for answer in answers
    ]
    assert counted == [(2, 0, 0, 1), (0, 2, 0, 1), (2, 0, 1, 0), (1, 0, 1, 0)], [answer.text for answer in answers]
    assert answers[3].json()["refusedRows"][0]["line"] == 3
    assert (await count(database, School), await count(database, HeadCount), await count(database, DeviceGroup)) == (
        2,
        2,
        1,
    )


async def test_whose_schools_are_read_can_be_said_and_makes_another_request(app: Litestar, database: Database) -> None:
    made, _ = await token_of(database, Role.ADMIN)
    path = "/api/v1/imports/schools?mapping=stil"
    async with Program(app, made.secret) as program:
        answer = await program.post(f"{path}&municipality=Andby", content=STIL, headers=KEY)
        other = await program.post(path, content=STIL, headers=KEY)

    assert (answer.json()["accepted"], answer.json()["skipped"]) == (1, 2)
    assert other.json()["type"] == "/problems/key-used-differently"


async def test_a_school_that_is_gone_from_the_list_is_told_and_stays(app: Litestar, database: Database) -> None:
    made, _ = await token_of(database, Role.ADMIN)
    path = "/api/v1/imports/schools?mapping=stil"
    async with Program(app, made.secret) as program:
        await program.post(path, content=STIL)
        shorter = b"\n".join(line for line in STIL.splitlines() if not line.startswith(b"101002"))
        answer = await program.post(path, content=shorter)

    assert answer.json()["gone"] == ["Åskolen"]
    assert await count(database, School) == 2


@pytest.mark.parametrize("path", ["schools?mapping=stil", "head-counts"])
async def test_a_list_has_as_many_rows_as_on_the_page(app: Litestar, database: Database, path: str) -> None:
    head, line = (STIL if path.startswith("schools") else COUNTS).splitlines()[:2]
    lines = [line.replace(b"101001", b"%06d" % number) for number in range(MOST_ROWS + 1)]
    made, _ = await token_of(database, Role.ADMIN)
    async with Program(app, made.secret) as program:
        answer = await program.post(f"/api/v1/imports/{path}", content=b"\n".join([head, *lines]))

    assert (answer.status_code, answer.json()["errors"]) == (422, {"file": "too-long"}), answer.text[:300]
    assert await count(database, ImportBatch) == 0


@pytest.mark.parametrize("path", ["schools?mapping=stil", "head-counts", "devices"])
async def test_a_reviewer_imports_nothing_about_schools(
    app: Litestar, database: Database, secret: str, path: str
) -> None:
    async with Program(app, secret) as program:
        answer = await program.post(f"/api/v1/imports/{path}", content=STIL)

    assert answer.status_code == 403
    assert await count(database, ImportBatch) == 0


@pytest.mark.parametrize(
    ("path", "body", "status", "kind"),
    [
        ("/api/v1/imports/resources", THREE, 400, "bad-request"),
        ("/api/v1/imports/resources?mapping=nothing", THREE, 422, "invalid"),
        ("/api/v1/imports/resources?mapping=../../../../etc/passwd.toml", THREE, 422, "invalid"),
        ("/api/v1/imports/resources?mapping=/etc/passwd.toml", THREE, 422, "invalid"),
        ("/api/v1/imports/resources?mapping=decision_list", THREE, 422, "invalid"),
        ("/api/v1/imports/spoons?mapping=oer_commons", THREE, 404, "not-found"),
        ("/api/v1/imports/schools?mapping=oer_commons", THREE, 403, "forbidden"),
        (RESOURCES, b"", 422, "file-refused"),
        (RESOURCES, b"a,b\n1,2\n", 422, "file-refused"),
        (RESOURCES, b"%PDF-1.7\n", 422, "file-refused"),
        (RESOURCES, b"PK\x03\x04 no workbook", 422, "file-refused"),
        (RESOURCES, b"x" * 5_000_001, 413, "too-large"),
    ],
)
async def test_a_file_that_cannot_be_read_is_refused_as_a_whole(
    app: Litestar, database: Database, secret: str, path: str, body: bytes, status: int, kind: str
) -> None:
    async with Program(app, secret) as program:
        answer = await program.post(path, content=body, headers={"content-type": CSV, **KEY})
        good = await program.post(RESOURCES, content=as_csv(row(1)), headers={"content-type": CSV, **KEY})

    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{kind}"), answer.text
    assert good.status_code == 200, "a refusal keeps no key"
    assert await count(database, ImportBatch) == 1


async def test_a_form_around_the_file_is_not_the_file(app: Litestar, secret: str) -> None:
    async with Program(app, secret) as program:
        answer = await program.post(RESOURCES, files={"file": THREE})

    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/bad-request")


@pytest.mark.parametrize(
    ("role", "rights", "resources", "decisions"),
    [
        (None, (), 401, 401),
        (Role.TEACHER, (), 403, 403),
        (Role.ADMIN, (Permission.MANAGE_CATALOGUE, Permission.DECIDE), 403, 403),
        (Role.ADMIN, (Permission.IMPORT,), 403, 403),
        (Role.ADMIN, (Permission.IMPORT, Permission.DECIDE), 403, 200),
        (Role.ADMIN, (Permission.IMPORT, Permission.MANAGE_CATALOGUE), 200, 403),
        (Role.REVIEWER, (), 200, 200),
    ],
)
async def test_an_import_needs_its_own_right_and_that_of_what_it_does(
    app: Litestar,
    database: Database,
    role: Role | None,
    rights: tuple[Permission, ...],
    resources: int,
    decisions: int,
) -> None:
    secret = (await token_of(database, role, *rights))[0].secret if role else ""
    async with Program(app, secret) as program:
        answers = [
            await program.post(RESOURCES, content=THREE, headers={"content-type": CSV}),
            await program.post(DECISION_LIST, content=DECISIONS, headers={"content-type": CSV}),
        ]

    assert [answer.status_code for answer in answers] == [resources, decisions]
    assert await count(database, ImportBatch) == [resources, decisions].count(200)


async def test_the_same_key_and_file_get_the_first_answer_and_do_nothing(
    app: Litestar, database: Database, secret: str
) -> None:
    async with Program(app, secret) as program:
        first = await program.post(RESOURCES, content=THREE, headers=KEY)
        again = await program.post(RESOURCES, content=THREE, headers=KEY)

    assert again.content == first.content
    assert (again.status_code, again.headers["content-type"]) == (200, first.headers["content-type"])
    assert (first.headers.get("idempotency-replayed"), again.headers["idempotency-replayed"]) == (None, "true")
    assert await count(database, ImportBatch) == 1


async def test_another_file_or_mapping_under_the_key_is_refused(app: Litestar, database: Database, secret: str) -> None:
    async with Program(app, secret) as program:
        await program.post(RESOURCES, content=THREE, headers=KEY)
        answers = [
            await program.post(RESOURCES, content=as_csv(row(9)), headers=KEY),
            await program.post("/api/v1/imports/resources?mapping=khan_academy", content=THREE, headers=KEY),
        ]

    assert {(each.status_code, each.json()["type"]) for each in answers} == {(422, "/problems/key-used-differently")}
    assert await count(database, ImportBatch) == 1


async def test_a_key_is_its_programs_and_its_addresss_own(app: Litestar, database: Database, secret: str) -> None:
    other, _ = await token_of(database, Role.REVIEWER)
    async with Program(app, secret) as program, Program(app, other.secret) as stranger:
        await program.post(RESOURCES, content=THREE, headers=KEY)
        answers = [
            await stranger.post(RESOURCES, content=as_csv(row(9)), headers=KEY),
            await program.post(DECISION_LIST, content=DECISIONS, headers=KEY),
        ]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert await count(database, ImportBatch) == 3


@pytest.mark.parametrize("key", ["", " ", "x" * 201, "søren", "a b"])
async def test_a_key_that_is_none_is_refused(app: Litestar, database: Database, secret: str, key: str) -> None:
    async with Program(app, secret) as program:
        answer = await program.post(RESOURCES, content=THREE, headers=[(b"idempotency-key", key.encode("latin-1"))])

    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/bad-request")
    assert await count(database, ImportBatch) == 0


async def test_a_commit_that_fails_is_never_answered_with_success_and_the_key_is_free(
    app: Litestar, database: Database, secret: str
) -> None:
    async with Program(app, secret) as program:
        await program.get("/api/v1/me")  # the first use of the token is noted
        with commits_fail(database):
            failed = [
                await program.post(RESOURCES, content=THREE, headers=KEY),
                await program.post(RESOURCES, content=THREE),
                await program.post(DECISION_LIST, content=DECISIONS),
            ]
        again = await program.post(RESOURCES, content=THREE, headers=KEY)

    assert [answer.status_code for answer in failed] == [503, 503, 503]
    assert again.json()["accepted"] == 2
    assert await count(database, ImportBatch) == 1


async def test_an_answer_is_kept_for_a_day(app: Litestar, database: Database, secret: str) -> None:
    async with Program(app, secret) as program:
        await program.post(RESOURCES, content=THREE, headers=KEY)
        await age(database, timedelta(hours=23))
        still = await program.post(RESOURCES, content=THREE, headers=KEY)
        async with transaction(database.writers) as session:
            await forget_old(session, utc_now())
        kept = await count(database, KeptAnswer)
        await age(database, timedelta(hours=2))
        anew = await program.post(RESOURCES, content=as_csv(row(9)), headers=KEY)
        await age(database, timedelta(hours=25))
        async with transaction(database.writers) as session:
            await forget_old(session, utc_now())

    assert still.headers["idempotency-replayed"] == "true"
    assert kept == 1
    assert anew.json()["accepted"] == 1
    assert await count(database, KeptAnswer) == 0


async def age(database: Database, by: timedelta) -> None:
    async with transaction(database.writers) as session:
        kept = (await session.scalars(select(KeptAnswer))).one()
        await session.execute(update(KeptAnswer).values(kept_at=kept.kept_at - by))


async def test_who_comes_while_the_first_is_at_work_waits_and_is_told_to_come_back(
    app: Litestar, database: Database, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "WAITS", timedelta(seconds=0.3))
    async with Program(app, secret) as program:
        await program.post(RESOURCES, content=THREE, headers=KEY)
        async with transaction(database.writers) as session:
            await session.execute(update(KeptAnswer).values(status=UNDER_WAY, kept_at=utc_now()))
        waiting = await program.post(RESOURCES, content=THREE, headers=KEY)
        other = await program.post(RESOURCES, content=as_csv(row(9)), headers=KEY)
        await age(database, timedelta(seconds=61))  # the first one has died
        taken_over = await program.post(RESOURCES, content=THREE, headers=KEY)

    assert (waiting.status_code, waiting.json()["type"]) == (503, "/problems/still-under-way")
    assert waiting.headers["retry-after"] == "2"
    assert other.json()["type"] == "/problems/key-used-differently"
    assert (taken_over.status_code, taken_over.json()["unchanged"]) == (200, 2)


async def test_whoever_works_says_so_and_keeps_the_key(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "SIGN_OF_LIFE", timedelta(seconds=0.05))
    keeper = idempotency.AnswerKeeper(database)
    claim = idempotency.Claim(actor_id=uuid.UUID(int=4), address="/x", key="k", body_hash="h")

    async def work() -> idempotency.Answer:
        await age(database, timedelta(seconds=50))
        started = await last_sign(database)
        while await last_sign(database) <= started:  # noqa: ASYNC110 - the database rings no bell
            await asyncio.sleep(0.02)
        return idempotency.Answer(status=200, body="done")

    answer = await keeper.once(claim, work)

    assert answer == idempotency.Answer(status=200, body="done")
    assert await keeper.once(claim, work) == idempotency.Answer(status=200, body="done", is_repeated=True)


async def last_sign(database: Database) -> Any:
    async with transaction(database.readers) as session:
        return await session.scalar(select(KeptAnswer.kept_at))
