"""Rows of every sort, two of each where it matters: one of the visitors' own school, one of another.

What is not for all holds words that stand nowhere else, so that a page that shows them to the wrong one is found.
"""

import uuid
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import ANONYMOUS, SYSTEM, Actor, Permission
from catalog.core.db import Database, transaction
from catalog.core.mail import MailFailure
from catalog.core.roles import Role
from catalog.decisions.schemas import Decide
from catalog.decisions.service import decide
from catalog.identity import people, sessions
from catalog.identity.invitations import invite
from catalog.identity.local.hashing import hash_password
from catalog.identity.models import ApiToken
from catalog.identity.secrets import hash_secret
from catalog.intake.models import ImportBatch, NameQuestion
from catalog.organisations.fleet.profiles import Ownership
from catalog.organisations.lists import uploads
from catalog.organisations.models import DeviceGroup, HeadCount, School
from catalog.organisations.schemas import SchoolFacts
from catalog.organisations.service import keep_schools, list_schools
from catalog.resources.lifecycle import retire_resource
from catalog.resources.publishers import create_service, keep_publisher
from catalog.resources.reports import report_error
from catalog.resources.schemas import ClaimFact, PublisherFacts, ReportError, ServiceFacts
from catalog.vocabularies.region import Region
from catalog.web.security import HEADER, csrf_token, session_cookie
from tests.access.visitors import KINDS, NOBODY, Kind, Visitor
from tests.catalog.web.direct import Browser
from tests.conftest import NOON, PROOF_KEY, TODAY
from tests.factories import places, rule, runs_on, store

PASSWORD = "tolv hvide svaner over fjorden"  # noqa: S105 - of people who are made here
OWN, OTHER, CLOSED, THIRD = "100001", "100002", "100003", "100004"
"""Codes of the schools."""
SCHOOLS = b"school;grade;pupils;date\n100001;4;62;2026-09-05\n"


@dataclass
class Secret:
    """Words of one row that is not for all."""

    field: str
    """As the table of fields calls it."""
    words: str
    owner: str
    """own, other: a school's; all: the municipality's."""


@dataclass
class World:
    """What is there. ``things`` are of the own school or person, ``others`` of another where there are two."""

    things: dict[str, Any] = field(default_factory=dict)
    """By the name that an address has for it."""
    others: dict[str, Any] = field(default_factory=dict)
    mine: dict[Kind, dict[str, Any]] = field(default_factory=dict)
    """What belongs to the visitor in person."""
    visitors: dict[Kind, Visitor] = field(default_factory=dict)
    secrets: list[Secret] = field(default_factory=list)


async def build_world(database: Database, region: Region) -> World:
    world, hashed = World(), await hash_password(PASSWORD)
    async with transaction(database.writers) as session:
        await _add_schools(session, world)
        await _add_catalogue(session, world, region)
        await _add_staff(session, world)
        for kind in KINDS:
            world.visitors[kind] = await _add_visitor(session, world, kind, hashed)
        administrator = next(
            v for kind, v in world.visitors.items() if kind.role is Role.ADMIN and not kind.is_of_school
        )
        await _add_upload(session, world, region, administrator.user_id or uuid.UUID(int=0))
    return world


async def _add_schools(session: AsyncSession, world: World) -> None:
    named = {OWN: "Nordskolen", OTHER: "Sydskolen", CLOSED: "Lukkeskolen", THIRD: "Vestskolen"}
    facts = [SchoolFacts(code=code, name=name, kind="folkeskole", grades=["4", "5"]) for code, name in named.items()]
    await keep_schools(session, SYSTEM, facts)
    ids = {school.code: school.id for school in await list_schools(session)}
    world.things |= {"closed_id": ids[CLOSED], "third_id": ids[THIRD]}
    closed = await session.get_one(School, ids[CLOSED])
    closed.closed_on = date(2026, 8, 1)
    for code, target, owner in ((OWN, world.things, "own"), (OTHER, world.others, "other")):
        source, year = f"kilde-{owner}-tal", 2071 if owner == "own" else 2083
        session.add(HeadCount(school_id=ids[code], grade="4", pupils=61, counted_on=date(2026, 9, 5), source=source))
        session.add(
            DeviceGroup(
                school_id=ids[code],
                grade="4",
                ownership=Ownership.MUNICIPAL,
                platform="ipados",
                os_version="17",
                replace_in=year,
            )
        )
        target["school_id"] = ids[code]
        world.secrets.append(Secret("Head counts of a school", source, owner))
        world.secrets.append(Secret("When a school's devices are replaced", str(year), owner))


async def _add_upload(session: AsyncSession, world: World, region: Region, actor_id: uuid.UUID) -> None:
    sent = uploads.Sent(name="skoler.csv", content=SCHOOLS, mapping="head-counts", own="")
    found = await uploads.understand(sent, region)
    world.things["upload_id"] = await uploads.keep(
        session, Actor(id=actor_id, everywhere=SYSTEM.everywhere), found, NOON
    )


async def _add_catalogue(session: AsyncSession, world: World, region: Region) -> None:
    service = await create_service(session, SYSTEM, ServiceFacts(key="sky", name="Skyportalen"))
    publisher = await keep_publisher(session, SYSTEM, PublisherFacts(name="Forlaget Nordvest"))
    resource = await store(
        session, region, "Brøkbanken", placements=places(("matematik", "4")), claims=runs_on("ipados")
    )
    tested = ClaimFact(platform="web", tested_on=TODAY, tested_by="Torben Tester")
    second = await store(session, region, "Talbroen", url="https://talbroen.example", claims=[tested])
    world.secrets.append(Secret("Who tested a resource", "Torben Tester", "all"))
    retired = await store(session, region, "Ude af hylden")
    await retire_resource(session, SYSTEM, retired, TODAY)
    about_service = await decide(
        session, SYSTEM, region, Decide(outcome="approved", decided_on=TODAY, service_id=service.id)
    )
    decision = await rule(session, region, resource, valid_until=TODAY + timedelta(days=80))
    report = await report_error(session, ANONYMOUS, resource, ReportError(about="link", text="ugleskrig i nat"), NOON)
    world.secrets.append(Secret("Reports from readers", "ugleskrig i nat", "all"))
    batches = await _add_imports(session)
    batch = batches["resources"]
    row = {
        "name": "Navnet uden ejer",
        "outcome": "approved",
        "status_term": "Godkendt",
        "conditions": [],
        "reasons": [],
    }
    row |= dict.fromkeys(("valid_from", "valid_until", "grounds", "body", "url"), "")
    row |= {"decided_on": "2026-08-01", "form": "app", "mapping": "liste"}
    question = NameQuestion(batch_id=batch.id, name="Navnet uden ejer", name_key="navnet uden ejer", row=row)
    session.add(question)
    world.secrets.append(Secret("Names of imported lists", "Navnet uden ejer", "all"))
    world.secrets.append(Secret("Imports", "indkoebsliste-x.csv", "all"))
    world.things |= {
        "service_id": service.id,
        "publisher_id": publisher,
        "resource_id": resource,
        "decision_id": decision,
        "question_id": question.id,
        "batch_id": batch.id,
        "batches": {kind: each.id for kind, each in batches.items()},
        "report_id": report,
        "second_id": second,
        "retired_id": retired,
        "service_decision_id": about_service,
        "second_publisher_id": await keep_publisher(session, SYSTEM, PublisherFacts(name="Skyforlaget")),
    }


async def _add_imports(session: AsyncSession) -> dict[str, ImportBatch]:
    """One of each kind."""
    batches = {
        kind: ImportBatch(
            kind=kind,
            file_name="indkoebsliste-x.csv" if kind == "resources" else f"{kind}.csv",
            file_hash="0" * 64,
            mapping="khan_academy",
            actor_id=SYSTEM.id,
        )
        for kind in ("resources", "decisions", "schools", "head-counts", "devices")
    }
    for batch in batches.values():
        batch.finished_at = NOON
    session.add_all(batches.values())
    await session.flush()
    return batches


async def _add_staff(session: AsyncSession, world: World) -> None:
    """Somebody at each school, whose names are not for all; somebody of the demo's, and somebody invited."""
    demo = await people.add_user(session, SYSTEM, now=NOON, name="Opfundet Person")
    demo.is_demo = True
    invited = await people.add_user(session, SYSTEM, now=NOON, name="Ingeborg Indbudt")
    link = await invite(session, SYSTEM, invited.id, PROOF_KEY.encode(), NOON)
    failure = MailFailure(topic="invitation-mail", key=str(link.id), attempts=9, reason="550 postkassen findes ikke")
    session.add(failure)
    await session.flush()
    world.things |= {"demo_id": demo.id, "key": link.secret, "failure_id": failure.id}
    world.secrets.append(Secret("Jobs and settings", "550 postkassen findes ikke", "all"))
    for code, target, owner in ((OWN, world.things, "own"), (OTHER, world.others, "other")):
        name = "Nanna Nordmark" if code == OWN else "Sigurd Sydmark"
        mail = f"{name.split(maxsplit=1)[0].lower()}@post.example"
        user = await people.add_user(session, SYSTEM, now=NOON, name=name, mail=mail)
        granted = await people.grant_role(
            session, SYSTEM, user.id, Role.TEACHER, now=NOON, starts_on=TODAY, school_id=target["school_id"]
        )
        opened = await sessions.open_session(session, user, NOON, way="local", browser=f"Browseren til {owner}")
        token = _token(user.id, f"noegle-{owner}")
        session.add(token)
        await invite(session, SYSTEM, user.id, PROOF_KEY.encode(), NOON)
        target |= {"user_id": user.id, "grant_id": granted.id, "session_id": opened.id, "token_id": token.id}
        world.secrets += [
            Secret("Names and mail of staff", name, owner),
            Secret("Names and mail of staff", mail, owner),
            Secret("Sessions and keys of a person", f"Browseren til {owner}", owner),
            Secret("Sessions and keys of a person", f"noegle-{owner}", owner),
        ]


def _token(user_id: uuid.UUID, name: str, secret: str = "") -> ApiToken:
    return ApiToken(
        user_id=user_id,
        name=name,
        hash=hash_secret(secret or f"unknown {name}"),
        beginning="hylde_abcd",
        permissions=[each.value for each in Permission],
        created_at=NOON,
        expires_at=NOON + timedelta(days=30),
    )


async def _add_visitor(session: AsyncSession, world: World, kind: Kind, hashed: str) -> Visitor:
    if kind is NOBODY:
        return Visitor(kind)
    user = await people.add_user(session, SYSTEM, now=NOON, name=f"Besøger {kind}")
    user.username, user.password_hash, user.seen_at = f"besoeger {kind}", hashed, NOON
    school = world.things["school_id"] if kind.is_of_school else None
    if kind.role is not None:
        held_at = None if kind.is_program else school  # a key for one school, of somebody who has the role for all
        await people.grant_role(session, SYSTEM, user.id, kind.role, now=NOON, starts_on=TODAY, school_id=held_at)
    second = await sessions.open_session(session, user, NOON, way="local", browser="Min anden browser")
    token = _token(user.id, "min noegle", secret=f"hylde_{kind}")
    token.school_id = school
    session.add(token)
    world.mine[kind] = {"session_id": second.id, "token_id": token.id}
    if kind.is_program:
        return Visitor(kind, user.id, headers={"authorization": f"Bearer hylde_{kind}"})
    opened = await sessions.open_session(session, user, NOON, way="local", browser="Min browser")
    return Visitor(
        kind,
        user.id,
        proof=csrf_token(PROOF_KEY.encode(), opened.id),
        cookies={session_cookie(https=False): opened.secret},
        headers={HEADER: csrf_token(PROOF_KEY.encode(), opened.id)},
    )


async def sign_in_as(browser: Browser, world: World, kind: Kind) -> None:
    visitor = world.visitors[kind]
    browser.cookies.clear()
    browser.cookies.update(visitor.cookies)
    browser.headers.update(visitor.headers)
