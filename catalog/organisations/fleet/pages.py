"""The pages on which somebody sees what the pupils of a school work on, states it, and plans what must be replaced."""

import uuid
from datetime import date
from typing import Any, TypeAlias

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Actor, Permission
from catalog.core.errors import Conflict, Invalid
from catalog.organisations.fleet import stating
from catalog.organisations.fleet.errors import DevicesChanged
from catalog.organisations.fleet.overview import as_table, replacements
from catalog.organisations.fleet.reading import pupils_of, read_fleet, read_fleets
from catalog.organisations.fleet.schemas import SchoolFleet, StateDevices
from catalog.organisations.fleet.service import state_devices
from catalog.organisations.fleet.view import DeviceForm, devices_page, overview, url_of
from catalog.vocabularies.region import Region
from catalog.web.access import needs
from catalog.web.forms import FormReader, read_form
from catalog.web.i18n import say
from catalog.web.sentences import PROBLEMS
from catalog.web.shown import Typed
from catalog.web.tables import CSV, XLSX, table_file

Sent: TypeAlias = Request[Any, Any, Any]


@get("/devices", opt=needs(Permission.READ_SCHOOLS), include_in_schema=False)
async def show_overview(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    today: NamedDependency[date],
) -> Template:
    """What is where, and what must be replaced when, at the schools that are theirs to see."""
    fleets = await read_fleets(session, actor, region, today)
    due = replacements(fleets, await pupils_of(session, [fleet.id for fleet in fleets]))
    return Template("fleet/overview.html", context={"page": overview(fleets, due, region, today.year)})


@get("/devices.csv", opt=needs(Permission.READ_SCHOOLS), include_in_schema=False)
async def export_csv(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    today: NamedDependency[date],
) -> Response[bytes]:
    """The same as a file that ``hylde import devices`` reads."""
    return table_file(as_table(await read_fleets(session, actor, region, today), region), CSV)


@get("/devices.xlsx", opt=needs(Permission.READ_SCHOOLS), include_in_schema=False)
async def export_workbook(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    today: NamedDependency[date],
) -> Response[bytes]:
    """The same as a workbook."""
    return table_file(as_table(await read_fleets(session, actor, region, today), region), XLSX)


@get(
    "/schools/{school_id:uuid}/devices",
    opt=needs(Permission.READ_SCHOOLS, Permission.MANAGE_DEVICES),
    include_in_schema=False,
)
async def show_devices(
    request: Sent,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    today: NamedDependency[date],
    school_id: FromPath[uuid.UUID],
) -> Template:
    """The devices of one school; with ``grade`` in the address the form for those grades, or filled from another."""
    fleet = await read_fleet(session, actor, region, school_id, today)
    asked = request.query_params.getall("grade", [])
    grades = [each.grade for each in fleet.grades if each.grade in asked]
    form: DeviceForm | None = None
    if grades:
        copied = request.query_params.get("from", "")
        typed = stating.typed_from(fleet.of(copied or grades[0]).devices, grades)
        form = stating.show_devices(typed, fleet, region, edited=bool(copied))
    return _page(fleet, region, actor, form)


@post(
    "/schools/{school_id:uuid}/devices",
    opt=needs(Permission.MANAGE_DEVICES),
    include_in_schema=False,
    status_code=303,
)
async def change_devices(
    request: Sent,
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    region: NamedDependency[Region],
    today: NamedDependency[date],
    school_id: FromPath[uuid.UUID],
) -> Response[Any]:
    """State the devices of the ticked grades, or show the form again; whoever was overtaken sees both versions."""
    form = FormReader(await read_form(request))
    actor.require(Permission.MANAGE_DEVICES, school_id)
    fleet = await read_fleet(session, actor, region, school_id, today)
    typed: Typed = form.typed
    if typed.pop("add_row", None):
        stating.add_row(typed)
        return _page(fleet, region, actor, stating.show_devices(typed, fleet, region, edited=True))
    numbers, devices = stating.read_devices(form, region)
    command = StateDevices(school_id=school_id, seen=stating.read_seen(form), devices=devices)
    refusal, overtaken = "", list[str]()
    if not form.errors:
        try:
            async with session.begin_nested():
                await state_devices(session, actor, region, command, today)
        except Invalid as error:
            form.refuse(stating.renumbered(error.errors, numbers))
        except Conflict as error:
            refusal = say(PROBLEMS[error.code], error.members)
            overtaken = error.grades if isinstance(error, DevicesChanged) else []
        else:
            return Redirect(url_of(school_id), status_code=303)
        fleet = await read_fleet(session, actor, region, school_id, today)
    shown = stating.show_devices(
        typed, fleet, region, errors=form.errors, refusal=refusal, edited=True, overtaken=overtaken
    )
    return _page(fleet, region, actor, shown, status=422)


def _page(fleet: SchoolFleet, region: Region, actor: Actor, form: DeviceForm | None, *, status: int = 200) -> Template:
    may_change = actor.may(Permission.MANAGE_DEVICES, fleet.id)
    page = devices_page(fleet, region, form, may_change=may_change)
    return Template("fleet/devices.html", context={"page": page}, status_code=status)


handlers = [show_overview, export_csv, export_workbook, show_devices, change_devices]
