"""What roles give: pure, compared with the rule written another way, over any roles at any schools on any day."""

import uuid
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from catalog.core.actor import Actor, Permission
from catalog.core.roles import BY_SCHOOL, GIVES, Grant, Role, rights_of

TODAY = date(2026, 11, 25)
SCHOOLS = [uuid.UUID(int=number) for number in range(1, 5)]
days = st.integers(-3, 3).map(lambda number: TODAY + timedelta(days=number))


@st.composite
def grants(draw: st.DrawFn) -> Grant:
    starts_on = draw(days)
    ends_on = draw(st.none() | days.filter(lambda day: day >= starts_on))
    return Grant(
        role=draw(st.sampled_from(Role)),
        school=draw(st.none() | st.sampled_from(SCHOOLS)),
        starts_on=starts_on,
        ends_on=ends_on,
    )


def may(held: list[Grant], permission: Permission, school: uuid.UUID | None) -> bool:
    """The rule, right by right."""
    return any(
        permission in GIVES[grant.role]
        and grant.starts_on <= TODAY <= (grant.ends_on or date.max)
        and (grant.school is None or (permission in BY_SCHOOL and grant.school == school))
        for grant in held
    )


def actor_of(held: list[Grant]) -> Actor:
    rights = rights_of(held, TODAY)
    return Actor(id=uuid.UUID(int=9), everywhere=rights.everywhere, at_schools=rights.at_schools)


@given(st.lists(grants(), max_size=6))
def test_a_right_is_held_where_a_role_of_today_gives_it_and_nowhere_else(held: list[Grant]) -> None:
    actor = actor_of(held)
    for permission in Permission:
        for school in (None, *SCHOOLS):
            assert actor.may(permission, school) is may(held, permission, school), (permission, school)
        somewhere = any(may(held, permission, school) for school in (None, *SCHOOLS))
        assert actor.may_somewhere(permission) is somewhere
        schools = actor.schools_with(permission)
        assert schools is None or schools == {school for school in SCHOOLS if may(held, permission, school)}


@given(st.lists(grants(), max_size=5), grants())
def test_another_role_never_takes_a_right_away(held: list[Grant], more: Grant) -> None:
    before, after = actor_of(held), actor_of([*held, more])
    for permission in Permission:
        for school in (None, *SCHOOLS):
            assert after.may(permission, school) or not before.may(permission, school)


@given(st.lists(grants(), max_size=6), st.randoms())
def test_the_order_and_a_repetition_of_roles_make_no_difference(held: list[Grant], chance: object) -> None:
    shuffled = [*held, *held]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # a Random
    assert rights_of(shuffled, TODAY) == rights_of(held, TODAY)


def test_at_a_school_nobody_holds_what_is_the_municipalitys() -> None:
    for role in Role:
        actor = actor_of([Grant(role=role, school=SCHOOLS[0], starts_on=TODAY)])
        assert actor.everywhere == frozenset()
        assert all(permission in BY_SCHOOL for permission in actor.at_schools)
        assert not actor.may_somewhere(Permission.MANAGE_USERS)


def test_control_a_rule_that_forgets_days_is_found() -> None:
    gone = Grant(role=Role.ADMIN, starts_on=TODAY - timedelta(days=2), ends_on=TODAY - timedelta(days=1))
    coming = Grant(role=Role.ADMIN, starts_on=TODAY + timedelta(days=1))
    assert not actor_of([gone, coming]).may(Permission.MANAGE_USERS)
    assert actor_of([Grant(role=Role.ADMIN, starts_on=TODAY, ends_on=TODAY)]).may(Permission.MANAGE_USERS)
