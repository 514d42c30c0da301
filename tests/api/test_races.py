"""Many at once: of editors one wins each version, of identical imports one does something; figures are printed."""

import asyncio
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar
from sqlalchemy import func, select

from catalog.core.actor import SYSTEM
from catalog.core.audit import AuditEntry, first_broken_link
from catalog.core.db import Database, transaction
from catalog.core.roles import Role
from catalog.core.settings import Settings
from catalog.intake.models import ImportBatch
from catalog.resources.models import Resource
from catalog.resources.reading import get_resource
from catalog.resources.service import create_resource
from catalog.vocabularies.region import Region
from tests.api.files import CSV, as_csv, row
from tests.api.programs import Program, token_of
from tests.catalog.web.direct import Browser, build
from tests.conftest import TODAY
from tests.factories import facts
from tests.forms import form_in

EDITORS, IMPORTS, AT_ONCE = 200, 100, 10
Send = Callable[[], Awaitable[httpx.Response]]


async def at_once(works: Iterable[Callable[[], Awaitable[Any]]], most: int = AT_ONCE) -> list[Any]:
    """All of them, so many at a time."""
    turns = asyncio.Semaphore(most)

    async def turn(work: Callable[[], Awaitable[Any]]) -> Any:
        async with turns:
            return await work()

    return await asyncio.gather(*(turn(work) for work in works))


async def patiently(send: Send) -> httpx.Response:
    """As a program does that is told to come back: 503 says that nothing was stored."""
    answer = await send()
    while answer.status_code == 503:
        await asyncio.sleep(float(answer.headers["retry-after"]) / 10)
        answer = await send()
    return answer


@pytest.fixture
async def resource_id(database: Database, region: Region) -> uuid.UUID:
    async with transaction(database.writers) as session:
        return await create_resource(session, SYSTEM, region, facts("Brøkbanken"), TODAY)


async def audited(database: Database, action: str) -> int:
    async with transaction(database.readers) as session:
        assert await first_broken_link(session) is None
        return await session.scalar(select(func.count()).where(AuditEntry.action == action)) or 0


async def test_of_two_hundred_editors_one_wins_each_version_and_the_others_write_nothing(
    app: Litestar, database: Database, region: Region, resource_id: uuid.UUID
) -> None:
    made, _ = await token_of(database, Role.REVIEWER)
    path = f"/api/v1/resources/{resource_id}"

    async with Program(app, made.secret) as program:

        async def edit(number: int) -> tuple[int, str]:
            """Read, and save what one wrote; each tenth forgets to say what they read."""
            read = await program.get(path)
            body = read.json()["facts"] | {"creator": f"Redaktør {number}"}
            headers = {} if number % 10 == 0 else {"if-match": read.headers["etag"]}
            answer = await patiently(partial(program.put, path, json=body, headers=headers))
            return answer.status_code, answer.headers.get("etag", "")

        answers = await at_once([partial(edit, number) for number in range(EDITORS)])

    counted = Counter(status for status, _ in answers)
    won = [tag for status, tag in answers if status == 200]
    async with transaction(database.readers) as session:
        stored = await get_resource(session, resource_id)
    print(f"\n{EDITORS} editors by API: {dict(counted)}, version {stored.version}")
    assert set(counted) == {200, 412, 428}
    assert counted[428] == EDITORS // 10
    assert sorted(won, key=lambda tag: int(tag.strip('"'))) == [f'"{n}"' for n in range(2, 2 + len(won))], "one each"
    assert stored.version == 1 + len(won)
    assert await audited(database, "change-resource") == len(won)


async def test_of_two_hundred_editors_of_one_version_one_wins(
    app: Litestar, database: Database, region: Region, resource_id: uuid.UUID
) -> None:
    made, _ = await token_of(database, Role.REVIEWER)
    body = msgspec.to_builtins(facts("Brøkbanken"))

    async with Program(app, made.secret) as program:

        async def edit(number: int) -> int:
            path, headers = f"/api/v1/resources/{resource_id}", {"if-match": '"1"'}
            sent = body | {"creator": f"Redaktør {number}"}
            return (await patiently(partial(program.put, path, json=sent, headers=headers))).status_code

        counted = Counter(await at_once([partial(edit, number) for number in range(EDITORS)]))

    print(f"\n{EDITORS} editors of one version by API: {dict(counted)}")
    assert counted == {200: 1, 412: EDITORS - 1}
    assert await audited(database, "change-resource") == 1


async def test_of_many_people_with_one_form_one_saves_and_the_others_see_both_versions(
    app: Litestar, database: Database, resource_id: uuid.UUID
) -> None:
    path = f"/admin/resources/{resource_id}/edit"
    async with Browser(app, headers={"accept-language": "en"}) as browser:
        proof = await browser.sign_in(Role.REVIEWER)
        form = form_in((await browser.get(path)).text, path)

        async def save(number: int) -> tuple[int, str]:
            sent = form | {"creator": [f"Redaktør {number}"]}
            answer = await patiently(partial(browser.post, path, data=sent, headers={"x-csrf-token": proof}))
            return answer.status_code, answer.text

        answers = await at_once([partial(save, number) for number in range(60)])

    counted = Counter(status for status, _ in answers)
    print(f"\n60 people with one form: {dict(counted)}")
    assert counted == {303: 1, 422: 59}
    for number, (status, page) in enumerate(answers):
        if status == 422:
            assert f'value="Redaktør {number}"' in page, "what was typed is kept"
            assert 'aria-labelledby="compared"' in page, "beside what is stored"
    assert await audited(database, "change-resource") == 1


async def test_a_hundred_identical_imports_at_once_have_one_effect_and_one_answer(
    app: Litestar, settings: Settings, database: Database
) -> None:
    """Sent to two services on one database, as where several processes run."""
    made, _ = await token_of(database, Role.REVIEWER)
    file = as_csv(*(row(number) for number in range(120)))  # more than one transaction
    headers = {"content-type": CSV, "idempotency-key": "nightly"}

    async with Program(app, made.secret) as first, Program(build(settings, database), made.secret) as second:

        async def send(program: Program) -> Any:
            path = "/api/v1/imports/resources?mapping=oer_commons"
            return await patiently(partial(program.post, path, content=file, headers=headers))

        answers = await at_once([partial(send, each) for each in (first, second) * (IMPORTS // 2)], most=IMPORTS)

    counted = Counter((answer.status_code, answer.headers.get("idempotency-replayed", "")) for answer in answers)
    print(f"\n{IMPORTS} identical imports at once: {dict(counted)}")
    assert counted == {(200, ""): 1, (200, "true"): IMPORTS - 1}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["accepted"] == 120
    async with transaction(database.readers) as session:
        batches = await session.scalar(select(func.count()).select_from(ImportBatch))
        stored = await session.scalar(select(func.count()).select_from(Resource))
    assert (batches, stored) == (1, 120)
    assert await audited(database, "import-resources") == 1


async def test_without_a_key_each_of_them_is_an_import_of_its_own(app: Litestar, database: Database) -> None:
    """The control: it is the key that makes them one."""
    made, _ = await token_of(database, Role.REVIEWER)
    async with Program(app, made.secret) as program:

        async def send() -> int:
            path = "/api/v1/imports/decisions"
            return (await program.post(path, content=b"navn,status\nIntet,godkendt\n")).status_code

        statuses = await at_once([send] * 5)

    async with transaction(database.readers) as session:
        batches = await session.scalar(select(func.count()).select_from(ImportBatch))
    assert statuses == [200] * 5
    assert batches == 5
