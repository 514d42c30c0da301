"""Whether a resource runs on what the pupils have: grade by grade at the reader's school, else in numbers of schools.

The devices of one school are shown to those who may see them; the numbers name no school and are for everybody.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TypeAlias

import msgspec
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Actor, Permission
from catalog.organisations.fleet.profiles import Equipment, Profile
from catalog.organisations.fleet.reading import equipment_everywhere, read_fleet
from catalog.organisations.fleet.schemas import SchoolFleet
from catalog.organisations.reading import follow_code
from catalog.resources.running import Ground, Running, Runs, runs_on
from catalog.resources.schemas import ClaimFact
from catalog.shelf.answer_view import Judged
from catalog.shelf.cards import Check, DeviceLine, DevicesPart
from catalog.shelf.reader import Reader
from catalog.shelf.wording import Wording, listed, upper_first
from catalog.web.i18n import gettext, ngettext

YES, NO, UNKNOWN, NO_DEVICE, UNSTATED = "yes", "no", "unknown", "none", ""
"""What holds for a grade, and the icon that goes with it."""
Found: TypeAlias = tuple[Running, ...] | None
"""For each device of a grade whether it runs there; none: there is no device; None: nobody has said."""


class Fleet(msgspec.Struct, frozen=True, kw_only=True):
    """The devices that a reader is told of."""

    school: Equipment | None = None
    """Of the school they keep, if they may see it."""
    grades: tuple[str, ...] = ()
    """That school's, in order."""
    everywhere: tuple[Equipment, ...] = ()
    """Of all open schools, where none is kept."""

    @property
    def is_stated(self) -> bool:
        return bool(self.school) or any(self.everywhere)


NO_FLEET = Fleet()


async def fleet_for(session: AsyncSession, actor: Actor, reader: Reader) -> Fleet:
    """What of the fleet is this reader's to see."""
    fleet = await _own_school(session, actor, reader)
    if fleet is not None:
        return Fleet(school=fleet.equipment, grades=tuple(each.grade for each in fleet.grades))
    everywhere = await equipment_everywhere(session, reader.today)
    return Fleet(everywhere=tuple(everywhere.values()))


async def _own_school(session: AsyncSession, actor: Actor, reader: Reader) -> SchoolFleet | None:
    """The devices of the school that the reader keeps, if they may see them."""
    if not reader.choice.school or not actor.may_somewhere(Permission.READ_SCHOOLS):
        return None
    school = await follow_code(session, reader.choice.school, reader.today)
    if school is None or not actor.may(Permission.READ_SCHOOLS, school.id):
        return None
    return await read_fleet(session, actor, reader.region, school.id, reader.today)


async def with_devices(session: AsyncSession, actor: Actor, reader: Reader) -> Reader:
    """The reader with what their class has: the grades they keep, where these have devices, else the whole school."""
    fleet = await _own_school(session, actor, reader)
    if fleet is None:
        return reader
    grades_of: dict[str, list[str]] = {}
    for grade in fleet.grades:
        for profile in fleet.equipment.get(grade.grade, ()):
            grades_of.setdefault(profile.code, []).append(grade.grade)
    of_class = {code for code, grades in grades_of.items() if not set(grades).isdisjoint(reader.choice.grades)}
    devices = {code: tuple(grades) for code, grades in grades_of.items() if code in of_class or not of_class}
    return replace(reader, devices=devices)


def devices(judged: Judged, fleet: Fleet) -> DevicesPart | None:
    """The table below «Where it works»; None where nothing is claimed, or nobody has stated any device."""
    claims, words = judged.detail.facts.claims, judged.reader.words
    if not claims or not fleet.is_stated:
        return None
    if fleet.school is None:
        return DevicesPart(
            heading=gettext("On the devices of the schools"),
            lines=tuple(_numbers(claims, fleet.everywhere, words)),
            is_counted=True,
        )
    return DevicesPart(
        heading=gettext("On the devices at %(school)s") % {"school": judged.reader.school_name},
        lines=tuple(_lines(claims, fleet.school, fleet.grades, words)),
    )


def check(judged: Judged, fleet: Fleet) -> Check | None:
    """What it takes in devices, as one line, at the reader's school; None: that is not known."""
    claims = judged.detail.facts.claims
    if not claims or not fleet.school:
        return None
    words = judged.reader.words
    grades_of: dict[str, list[str]] = {}
    for grade in fleet.grades:
        grades_of.setdefault(_verdict(_found(claims, fleet.school, grade)), []).append(grade)
    said = {outcome: upper_first(words.grades(grades)) for outcome, grades in grades_of.items()}
    runs = words.grades(grades_of[YES]) if YES in grades_of else ""
    parts = {"school": judged.reader.school_name, "grades": runs}
    text = (
        gettext("Runs on the devices at %(school)s in %(grades)s") % parts
        if runs
        else gettext("Runs on no device at %(school)s that we know of") % parts
    )
    others = (
        (NO, gettext("%(grades)s: no.")),
        (UNKNOWN, gettext("%(grades)s: not known for all devices.")),
        (NO_DEVICE, gettext("%(grades)s: no device.")),
        (UNSTATED, gettext("%(grades)s: devices not stated.")),
    )
    detail = " ".join(sentence % {"grades": said[outcome]} for outcome, sentence in others if outcome in said)
    icon = YES if runs else UNKNOWN if {UNKNOWN, UNSTATED} & grades_of.keys() else NO
    return Check(icon=icon, text=text, detail=detail, declared=all(claim.supplier_declared for claim in claims))


def _found(claims: Sequence[ClaimFact], equipment: Equipment, grade: str) -> Found:
    profiles = equipment.get(grade)
    return None if profiles is None else tuple(runs_on(claims, profile) for profile in profiles)


def _verdict(found: Found) -> str:
    """Of a grade with several kinds of devices: yes and no only where it is so on each of them."""
    if found is None:
        return UNSTATED
    if not found:
        return NO_DEVICE
    outcomes = {running.runs for running in found}
    return outcomes.pop().value if len(outcomes) == 1 else UNKNOWN


def _lines(
    claims: Sequence[ClaimFact], equipment: Equipment, grades: Sequence[str], words: Wording
) -> Iterator[DeviceLine]:
    """Neighbouring grades with the same devices are one line for each of them."""
    for profiles, group in groupby(grades, key=equipment.get):
        span = upper_first(words.grades(list(group)))
        if profiles is None:
            yield DeviceLine(grades=span, has=gettext("not stated"), icon=UNKNOWN, answer=gettext("Not known"))
        elif not profiles:
            yield DeviceLine(grades=span, has=gettext("no device"), icon=NO_DEVICE, answer=gettext("No device"))
        for profile in profiles or ():
            running = runs_on(claims, profile)
            yield DeviceLine(
                grades=span,
                has=named(profile, words),
                icon=running.runs.value,
                answer=_answer(running),
                detail=_because(running, words),
            )


def named(profile: Profile, words: Wording) -> str:
    """«iPad, version 16.4», «the pupils' own»."""
    if not profile.platform:
        return gettext("the pupils' own")
    label = words.label("platform", profile.platform)
    if not profile.version:
        return label
    return gettext("%(device)s, version %(version)s") % {"device": label, "version": profile.version}


def _answer(running: Running) -> str:
    if running.runs is Runs.YES:
        return gettext("Yes, in a browser") if running.ground is Ground.BROWSER else gettext("Yes")
    return gettext("No") if running.runs is Runs.NO else gettext("Not known")


def _because(running: Running, words: Wording) -> str:
    claim = running.claim
    said = {
        "version": claim.min_version if claim else "",
        "browser": claim.browser if claim else "",
        "device": words.in_text("platform", claim.platform) if claim else "",
    }
    sentences: Mapping[Ground, str] = {
        Ground.TOO_OLD: gettext("It needs version %(version)s or later."),
        Ground.OTHER_PLATFORM: gettext("It is not made for this device."),
        Ground.OTHER_BROWSER: gettext("It needs another browser: %(browser)s."),
        Ground.VERSION_UNKNOWN: gettext("It needs version %(version)s or later; which one is in use is not known."),
        Ground.RELATED: gettext("It is made for %(device)s; whether it runs here nobody has said."),
        Ground.BROWSER_UNKNOWN: gettext("It needs a browser of which we do not know whether it is there."),
        Ground.OWN_DEVICE: gettext("It is not for every device."),
    }
    return sentences.get(running.ground, "") % said


def _numbers(claims: Sequence[ClaimFact], everywhere: Iterable[Equipment], words: Wording) -> Iterator[DeviceLine]:
    """For each grade at how many of the schools that have stated its devices it runs."""
    counts: dict[str, Counter[str]] = {}
    for equipment in everywhere:
        for grade in equipment:
            counts.setdefault(grade, Counter())[_verdict(_found(claims, equipment, grade))] += 1
    order = [code for code in words.region.codes("grade") if code in counts]
    for count, group in groupby(order, key=counts.__getitem__):
        total, runs = count.total(), count[YES]
        others = (
            (NO, ngettext("no at %(num)d", "no at %(num)d", count[NO])),
            (UNKNOWN, ngettext("not known at %(num)d", "not known at %(num)d", count[UNKNOWN])),
            (NO_DEVICE, ngettext("no device at %(num)d", "no device at %(num)d", count[NO_DEVICE])),
        )
        told = [sentence % {"num": count[outcome]} for outcome, sentence in others if count[outcome]]
        yes = ngettext("yes at %(num)d of %(total)d school", "yes at %(num)d of %(total)d schools", total)
        yield DeviceLine(
            grades=upper_first(words.grades(list(group))),
            icon=YES if runs else next(outcome for outcome, _ in others[::-1] if count[outcome]),
            answer=upper_first(yes % {"num": runs, "total": total}),
            detail=upper_first(listed(told)),
        )
