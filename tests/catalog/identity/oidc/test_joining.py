"""Who comes in by the provider: the known, the invited, and somebody new by the settings; and what roles follow."""

import uuid
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from catalog.core.actor import SYSTEM
from catalog.core.audit import AuditEntry
from catalog.core.db import Database, transaction
from catalog.core.roles import Role
from catalog.identity import invitations, people
from catalog.identity.models import ExternalIdentity, Invitation, RoleGrant, Session, User
from catalog.identity.oidc.pages import NO_ROLE
from catalog.organisations.models import CodeScheme, School, SchoolCode
from tests.catalog.identity.oidc.conftest import OpenBrowser, count
from tests.catalog.identity.oidc.issuer import OF_OUR_PAGE, Issuer, sign_in_by
from tests.catalog.web.direct import Clock
from tests.conftest import NOON, PROOF_KEY, TODAY

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LIGHT = {"oidc_claims": "school=institution", "oidc_scope": "openid", "oidc_join": "teacher"}
"""As Unilogin's light variant: a pseudonym and the number of an institution, no name and no mail."""


async def add_school(database: Database, code: str, *more: tuple[CodeScheme, str], **values: Any) -> uuid.UUID:
    async with transaction(database.writers) as session:
        school = School(code=code, name=f"Skole {code}", kind="grundskole", grades=["1"], **values)
        session.add(school)
        await session.flush()
        session.add_all(SchoolCode(school_id=school.id, scheme=scheme, value=value) for scheme, value in more)
        return school.id


async def only_user(database: Database) -> User:
    async with transaction(database.readers) as session:
        return (await session.scalars(select(User))).one()


async def roles_of(database: Database, user_id: uuid.UUID) -> set[tuple[str, uuid.UUID | None, str]]:
    """Role, school and origin of what is held."""
    async with transaction(database.readers) as session:
        held = await session.scalars(
            select(RoleGrant).where(RoleGrant.user_id == user_id, RoleGrant.ended_at.is_(None))
        )
        return {(grant.role.value, grant.school_id, grant.origin) for grant in held}


async def invite(database: Database, *roles: Role, name: str = "Nanna Juul") -> tuple[uuid.UUID, str]:
    """Somebody who is awaited; who they are, and the secret of their link."""
    async with transaction(database.writers) as session:
        user = await people.add_user(session, SYSTEM, now=NOON, name=name)
        for role in roles:
            await people.grant_role(session, SYSTEM, user.id, role, now=NOON, starts_on=TODAY)
        invited = await invitations.invite(session, SYSTEM, user.id, PROOF_KEY.encode(), NOON)
        return user.id, invited.secret


async def test_the_light_variant_makes_a_teacher_of_a_pseudonym_and_a_number(
    issuer: Issuer, open_browser: OpenBrowser, database: Database
) -> None:
    school = await add_school(database, "751001", (CodeScheme.STIL, "751001"))
    browser = open_browser(**LIGHT)
    answer = await sign_in_by(browser, issuer, "0f3a-pseudonym", institution="751001", name="never read")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    user = await only_user(database)
    assert (user.name, user.mail, user.school_id) == ("", "", school)
    assert await roles_of(database, user.id) == {("teacher", school, "provider")}
    led_on = await browser.get(NO_ROLE)  # a page for whoever is signed in, which sends those with a role away
    assert (led_on.status_code, led_on.headers["location"]) == (303, "/")
    async with transaction(database.readers) as session:
        known = (await session.scalars(select(ExternalIdentity))).one()
        opened = (await session.scalars(select(Session))).one()
    assert (known.issuer, known.subject) == (issuer.address, "0f3a-pseudonym")
    assert (opened.way, opened.user_id, opened.id_token.count(".")) == ("oidc", user.id, 2)


async def test_who_is_known_comes_back_as_the_same_person_with_what_has_changed(
    issuer: Issuer, open_browser: OpenBrowser, database: Database
) -> None:
    browser = open_browser()
    await sign_in_by(browser, issuer, name="Ida Krog", email="ida@sundby.example")
    before = await only_user(database)
    await sign_in_by(open_browser(browser), issuer, name="Ida Holm", email="no address")
    after = await only_user(database)
    assert (after.id, after.name, after.mail) == (before.id, "Ida Holm", "ida@sundby.example")
    assert after.version > before.version
    await sign_in_by(open_browser(browser), issuer)
    assert (await only_user(database)).name == "Ida Holm"


@only_sqlite
async def test_a_person_is_known_by_issuer_and_subject_and_never_by_a_mail_address(
    issuer: Issuer, open_browser: OpenBrowser, database: Database
) -> None:
    browser = open_browser()
    for subject in ("p-1", "p-2", "P-1"):
        await sign_in_by(open_browser(browser), issuer, subject, name="Ida Krog", email="ida@sundby.example")
    assert await count(database, User) == 3


async def test_somebody_new_without_a_role_is_told_whom_to_ask(
    issuer: Issuer, open_browser: OpenBrowser, database: Database
) -> None:
    browser = open_browser()
    answer = await sign_in_by(browser, issuer, ask="?next=/find", name="Ida Krog", institution="751001")
    assert answer.headers["location"] == NO_ROLE
    page = await browser.get(NO_ROLE)
    assert (page.status_code, "Kommune-login" in page.text, "Ask your school" in page.text) == (200, True, True)
    assert await roles_of(database, (await only_user(database)).id) == set()
    assert (await open_browser(browser).get(NO_ROLE)).status_code == 401


@only_sqlite
@pytest.mark.parametrize(
    ("settings_more", "claims"),
    [
        (LIGHT, {}),
        (LIGHT, {"institution": "999999"}),
        (LIGHT, {"institution": ["999999", 7, None, {"a": 1}]}),
        (LIGHT, {"institution": "12345678"}),
        (LIGHT, {"institution": "751002"}),
        ({"oidc_roles": "staff=teacher", "oidc_join": "teacher"}, {"institution": "751001", "groups": ["pupils"]}),
        ({"oidc_roles": "staff=teacher", "oidc_join": "nobody"}, {"institution": "751001"}),
        ({"oidc_roles": "staff=teacher", "oidc_join": "nobody"}, {"institution": "999999", "groups": "staff"}),
    ],
    ids=["no school", "elsewhere", "no numbers", "the owner", "closed", "a pupil", "nobody in particular", "foreign"],
)
async def test_somebody_new_whom_nothing_lets_in_is_told_so_and_not_stored(
    issuer: Issuer,
    open_browser: OpenBrowser,
    database: Database,
    settings_more: dict[str, Any],
    claims: dict[str, Any],
) -> None:
    await add_school(database, "751001", (CodeScheme.STIL, "751001"), (CodeScheme.CVR, "12345678"))
    await add_school(database, "751002", closed_on=TODAY)
    answer = await sign_in_by(open_browser(**settings_more), issuer, **claims)
    assert (answer.status_code, "Ask those who look after Hylde" in answer.text) == (403, True)
    assert (await count(database, User), await count(database, Session)) == (0, 0)


@pytest.mark.parametrize(
    ("number", "found"),
    [("751001", "new"), ("OLD-1", "new"), ("751003", "new"), ("751004", "new"), ("101", ""), ("5798000000017", "new")],
    ids=["its own", "an old one", "merged", "merged twice", "of two schools", "of goods"],
)
async def test_a_number_leads_to_the_school_that_is_open_today(
    issuer: Issuer, open_browser: OpenBrowser, database: Database, number: str, found: str
) -> None:
    codes: Iterable[tuple[CodeScheme, str]] = [
        (CodeScheme.STIL, "OLD-1"),
        (CodeScheme.LOCAL, "101"),
        (CodeScheme.GLN, "5798000000017"),
    ]
    new = await add_school(database, "751001", *codes, closed_on=TODAY + timedelta(days=30))
    await add_school(database, "751002", (CodeScheme.LOCAL, "101"))
    merged = await add_school(database, "751003", closed_on=date(2024, 8, 1), merged_into_id=new)
    await add_school(database, "751004", closed_on=date(2023, 8, 1), merged_into_id=merged)
    answer = await sign_in_by(open_browser(**LIGHT), issuer, institution=number)
    if not found:
        assert answer.status_code == 403
        return
    assert await roles_of(database, (await only_user(database)).id) == {("teacher", new, "provider")}


@only_sqlite
async def test_schools_that_took_each_other_over_lead_nowhere(
    issuer: Issuer, open_browser: OpenBrowser, database: Database
) -> None:
    first = await add_school(database, "751001", closed_on=date(2024, 8, 1))
    second = await add_school(database, "751002", closed_on=date(2024, 8, 1), merged_into_id=first)
    async with transaction(database.writers) as session:
        (await session.get_one(School, first)).merged_into_id = second
    assert (await sign_in_by(open_browser(**LIGHT), issuer, institution="751001")).status_code == 403


async def test_roles_follow_what_the_provider_says_and_those_that_people_gave_stay(
    issuer: Issuer, open_browser: OpenBrowser, database: Database, clock: Clock
) -> None:
    here, there = await add_school(database, "751001"), await add_school(database, "751002")
    browser = open_browser(oidc_roles="staff=teacher heads=school_leader cn=buy,ou=x=purchasing")
    await sign_in_by(browser, issuer, institution="751001", groups=["staff", "heads", "unknown"])
    user = await only_user(database)
    assert await roles_of(database, user.id) == {
        ("teacher", here, "provider"),
        ("school_leader", here, "provider"),
    }
    async with transaction(database.writers) as session:
        await people.grant_role(session, SYSTEM, user.id, Role.REVIEWER, now=NOON, starts_on=TODAY)
    clock.now += timedelta(minutes=5)
    await sign_in_by(browser, issuer, institution=["751002", "751001"], groups=["staff", "cn=buy,ou=x"])
    given = ("reviewer", None, "person")
    assert await roles_of(database, user.id) == {
        ("teacher", here, "provider"),
        ("teacher", there, "provider"),
        ("purchasing", None, "provider"),
        given,
    }
    await sign_in_by(browser, issuer, institution="751001")
    assert await roles_of(database, user.id) == {given}


async def test_a_teacher_follows_the_number_of_the_school_and_a_sign_in_that_changes_nothing_changes_nothing(
    issuer: Issuer, open_browser: OpenBrowser, database: Database, clock: Clock
) -> None:
    here, there = await add_school(database, "751001"), await add_school(database, "751002")
    browser = open_browser(**LIGHT)
    await sign_in_by(browser, issuer, institution="751001")
    before = await only_user(database)
    clock.now += timedelta(minutes=5)
    await sign_in_by(browser, issuer, institution="751001")
    assert (await only_user(database)).rights_changed_at == before.rights_changed_at
    await sign_in_by(browser, issuer, institution="751002")
    assert await roles_of(database, before.id) == {("teacher", there, "provider")}
    answer = await sign_in_by(browser, issuer, institution="999999")
    assert (answer.headers["location"], await roles_of(database, before.id)) == (NO_ROLE, set())
    await sign_in_by(browser, issuer, institution="751001")
    assert await roles_of(database, before.id) == {("teacher", here, "provider")}


@only_sqlite
async def test_a_role_that_ended_at_the_provider_is_gone_for_a_session_elsewhere_too(
    issuer: Issuer, open_browser: OpenBrowser, database: Database, clock: Clock
) -> None:
    browser = open_browser(oidc_roles="buyers=reviewer")
    await sign_in_by(browser, issuer, groups=["buyers"])
    assert (await browser.get("/admin")).status_code == 200
    clock.now += timedelta(minutes=1)
    await sign_in_by(open_browser(browser), issuer, groups=[])
    assert (await browser.get("/admin")).status_code == 403


@only_sqlite
async def test_the_last_administrator_stays_one_until_there_is_another(
    issuer: Issuer, open_browser: OpenBrowser, database: Database
) -> None:
    browser = open_browser(oidc_roles="root=admin")
    await sign_in_by(browser, issuer, groups=["root"])
    user = await only_user(database)
    assert (await sign_in_by(browser, issuer)).status_code == 303
    assert await roles_of(database, user.id) == {("admin", None, "provider")}
    await sign_in_by(open_browser(browser), issuer, "p-2", groups=["root"])
    await sign_in_by(browser, issuer)
    assert await roles_of(database, user.id) == set()


@only_sqlite
async def test_roles_may_stand_inside_another_claim(
    issuer: Issuer, open_browser: OpenBrowser, database: Database
) -> None:
    claims = {"oidc_claims": "roles=realm.roles", "oidc_roles": "chief=purchasing"}
    await sign_in_by(open_browser(**claims), issuer, realm={"roles": ["chief"]})
    assert await roles_of(database, (await only_user(database)).id) == {("purchasing", None, "provider")}


async def test_who_is_invited_becomes_the_one_who_was_meant_and_the_link_is_spent(
    issuer: Issuer, open_browser: OpenBrowser, database: Database
) -> None:
    invited, secret = await invite(database, Role.REVIEWER)
    browser = open_browser(**LIGHT)  # nobody new without a school would be let in
    answer = await sign_in_by(browser, issuer, ask=f"?invitation={secret}&next=/admin")
    assert answer.headers["location"] == "/admin"
    assert (await browser.get("/admin")).status_code == 200
    assert ((await only_user(database)).id, await roles_of(database, invited)) == (
        invited,
        {("reviewer", None, "person")},
    )
    spent = await open_browser(browser).get(f"/sign-in/provider?invitation={secret}", headers=OF_OUR_PAGE)
    assert (spent.status_code, "used before or has run out" in spent.text) == (410, True)
    assert (await sign_in_by(open_browser(browser), issuer)).status_code == 303


async def test_an_invitation_that_is_used_meanwhile_lets_nobody_else_in(
    issuer: Issuer, open_browser: OpenBrowser, database: Database
) -> None:
    _, secret = await invite(database)
    first, second = open_browser(), open_browser()
    outs = [await each.get(f"/sign-in/provider?invitation={secret}", headers=OF_OUR_PAGE) for each in (first, second)]
    backs = [issuer.sign_in(out.headers["location"], f"p-{at}") for at, out in enumerate(outs)]
    assert (await first.get(backs[0])).status_code == 303
    assert (await second.get(backs[1])).status_code == 410
    assert await count(database, Session) == 1


@only_sqlite
async def test_a_foreign_page_cannot_send_somebody_to_the_provider_with_an_invitation(
    open_browser: OpenBrowser, database: Database
) -> None:
    _, secret = await invite(database)
    browser = open_browser()
    foreign: list[dict[str, str]] = [{"sec-fetch-site": site} for site in ("cross-site", "same-site", "none")]
    for headers in [*foreign, {}, {"referer": "https://mail.example/inbox"}]:  # «none»: a link in a mail program
        out = await browser.get(f"/sign-in/provider?invitation={secret}", headers=headers)
        assert (out.headers["location"], "set-cookie" in out.headers) == (f"/invitation?key={secret}", False)
    out = await browser.get(f"/sign-in/provider?invitation={secret}", headers={"sec-fetch-site": "same-origin"})
    assert "set-cookie" in out.headers


async def test_the_account_of_somebody_else_does_not_take_an_invitation(
    issuer: Issuer, open_browser: OpenBrowser, database: Database
) -> None:
    browser = open_browser()
    await sign_in_by(browser, issuer, name="Ida Krog")
    _, secret = await invite(database)
    answer = await sign_in_by(open_browser(browser), issuer, ask=f"?invitation={secret}")
    assert (answer.status_code, "belongs to somebody else" in answer.text) == (409, True)
    async with transaction(database.readers) as session:
        assert (await session.scalars(select(Invitation))).one().used_at is None
    assert (await sign_in_by(open_browser(browser), issuer, "p-2", ask=f"?invitation={secret}")).status_code == 303


async def test_who_has_left_is_refused_though_the_provider_knows_them(
    issuer: Issuer, open_browser: OpenBrowser, database: Database
) -> None:
    browser = open_browser(oidc_roles="buyers=reviewer")
    await sign_in_by(browser, issuer, groups=["buyers"])
    user = await only_user(database)
    async with transaction(database.writers) as session:
        await people.let_go(session, SYSTEM, user.id, now=NOON, today=TODAY)
    answer = await sign_in_by(browser, issuer, groups=["buyers"])
    assert (answer.status_code, "has ended" in answer.text) == (403, True)
    assert (await count(database, Session), await roles_of(database, user.id)) == (0, set())


@only_sqlite
async def test_the_log_says_what_was_done_to_whom_and_nothing_that_the_provider_told(
    issuer: Issuer, open_browser: OpenBrowser, database: Database
) -> None:
    await add_school(database, "751001")
    told = {"name": "Ida Krog", "email": "ida@sundby.example", "institution": "751001"}
    await sign_in_by(open_browser(oidc_join="teacher"), issuer, "pseudonym", **told)
    async with transaction(database.readers) as session:
        entries = (await session.scalars(select(AuditEntry).order_by(AuditEntry.seq))).all()
    assert [entry.action for entry in entries] == ["add-user", "attach-identity", "grant-role", "sign-in"]
    kept = " ".join(str(vars(entry)) for entry in entries)
    assert not any(word in kept for word in ("pseudonym", *told.values()))


@only_sqlite
@pytest.mark.parametrize("name", ["x" * 300, "\x00", "  ", ["Ida Krog"], {"a": 1}, 7, None, True, "Ida\u202e Krog"])
async def test_whatever_the_provider_calls_somebody_they_come_in(
    issuer: Issuer, open_browser: OpenBrowser, database: Database, name: Any
) -> None:
    assert (await sign_in_by(open_browser(), issuer, name=name, email=name)).status_code == 303
    assert (await only_user(database)).name in {"", "Ida Krog", "7"}
