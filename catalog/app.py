"""The application factory: the one place that knows every part."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.plugins.htmx import HTMXPlugin
from litestar.template import TemplateConfig

from catalog import wiring
from catalog.admin import pages as admin_pages
from catalog.admin import routes as import_routes
from catalog.admin.imports import pages as import_pages
from catalog.core.actor import Permission
from catalog.core.clock import local_day, utc_now
from catalog.core.db import Database
from catalog.core.idempotency import AnswerKeeper
from catalog.core.settings import Settings, installation_secret
from catalog.dashboard import pages as dashboard_pages
from catalog.decisions import pages as decision_pages
from catalog.finding.finding import Finder
from catalog.finding.follower import follow
from catalog.finding.index import Index
from catalog.finding.layout import LAYOUT
from catalog.identity import pages as identity_pages
from catalog.identity.account import pages as account_pages
from catalog.identity.account import routes as account_routes
from catalog.identity.oidc import pages as oidc_pages
from catalog.identity.oidc.provider import open_provider
from catalog.identity.users import pages as user_pages
from catalog.identity.visiting import VisitorFinder
from catalog.operations import audit_pages, personal_pages
from catalog.operations import pages as operation_pages
from catalog.organisations import pages as school_pages
from catalog.organisations import routes as school_routes
from catalog.organisations.fleet import pages as fleet_pages
from catalog.resources import pages as resource_pages
from catalog.resources import routes as resource_routes
from catalog.resources.belonging import pages as belonging_pages
from catalog.resources.editing import pages as editing_pages
from catalog.resources.spans import grade_span, nobreak
from catalog.shelf import pages as shelf_pages
from catalog.vocabularies.region import Region
from catalog.vocabularies.store import load_vocabularies, shipped
from catalog.web import pages as web_pages
from catalog.web.access import PUBLIC, enforce_policy, provide_actor, provide_visitor
from catalog.web.i18n import N_
from catalog.web.problems import answer_error
from catalog.web.requests import Surroundings
from catalog.web.security import add_security_headers, refuse_forgery, renew_session_cookie
from catalog.web.shell import Entry, template_engine
from catalog.web.static import StaticFiles, serve_static
from catalog.web.transaction import provide_session
from catalog.worker import Worker
from search.factory import open_engine
from search.port import Engine

ROOT = Path(__file__).parent
SLICES = (
    "identity",
    "identity/local",
    "identity/users",
    "identity/oidc",
    "identity/account",
    "identity/tokens",
    "organisations",
    "organisations/fleet",
    "resources",
    "decisions",
    "shelf",
    "admin",
    "operations",
    "dashboard",
)
TEMPLATES = [ROOT / name / "templates" for name in SLICES]
MENU = (
    Entry(url="/schools", text=N_("Schools"), permissions=(Permission.READ_SCHOOLS, Permission.MANAGE_SCHOOLS)),
    Entry(url="/admin", text=N_("Catalogue"), permissions=(Permission.MANAGE_CATALOGUE,)),
    Entry(
        url="/admin/users", text=N_("People"), permissions=(Permission.MANAGE_USERS, Permission.MANAGE_PERSONAL_DATA)
    ),
    Entry(url="/admin/audit", text=N_("Audit log"), permissions=(Permission.READ_AUDIT,)),
    Entry(url="/admin/operations", text=N_("Operations"), permissions=(Permission.OPERATE,)),
)
MAX_BODY = 512_000
"""Bytes of a form; an address that takes files says so itself."""


def open_region(settings: Settings) -> Region:
    """The vocabularies that are shipped, with the municipality's own."""
    folder = settings.vocabularies
    vocabularies = shipped() if folder is None else load_vocabularies(folder)
    return Region(country=settings.country, vocabularies=vocabularies, language=settings.default_language)


def create_app(
    settings: Settings,
    database: Database,
    *,
    engine: Engine | None = None,
    now: Callable[[], datetime] = utc_now,
    own_tasks: bool = True,
) -> Litestar:
    """Build the service of one municipality on an open, migrated database.

    ``own_tasks`` runs the embedded worker and the reader of the feed; tests that turn days by hand leave them out.
    """
    region, secret, static_files = open_region(settings), installation_secret(settings), StaticFiles()
    index = Index(engine or open_engine(settings.search_url, LAYOUT), database)
    work = asyncio.Event()

    def provide_now() -> datetime:
        return now()

    def provide_today() -> date:
        return local_day(now(), settings.zone)

    @contextlib.asynccontextmanager
    async def tasks(_: Litestar) -> AsyncIterator[None]:
        jobs = _tasks(settings, database, region, index, work, now, own=own_tasks)
        running = [asyncio.create_task(job) for job in jobs]
        yield
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await index.engine.close()

    plain: Mapping[str, Callable[..., Any]] = {
        "now": provide_now,
        "today": provide_today,
        "actor": provide_actor,
        "visitor": provide_visitor,
    }
    constants = {"region": region, "index": index, "finder": Finder(region, index), "settings": settings}
    app = Litestar(
        route_handlers=[
            serve_static,
            *web_pages.handlers,
            *dashboard_pages.handlers,
            *identity_pages.handlers,
            *user_pages.handlers,
            *oidc_pages.handlers,
            *account_pages.handlers,
            *account_routes.handlers,
            *school_pages.handlers,
            *school_routes.handlers,
            *fleet_pages.handlers,
            *shelf_pages.handlers,
            *editing_pages.handlers,
            *belonging_pages.handlers,
            *resource_pages.handlers,
            *resource_routes.handlers,
            *decision_pages.handlers,
            *admin_pages.handlers,
            *import_pages.handlers,
            *import_routes.handlers,
            *operation_pages.handlers,
            *audit_pages.handlers,
            *personal_pages.handlers,
        ],
        state=State(
            {
                "settings": settings,
                "database": database,
                "secret": secret,
                "find_visitor": VisitorFinder(database, now, provide_today),
                "provider": open_provider(settings, now),
                "school_followers": wiring.SCHOOL_FOLLOWERS,
                "personal_sources": wiring.PERSONAL_SOURCES,
                "ownerships": wiring.OWNERSHIPS,
                "panels": wiring.PANELS,
                "static_files": static_files,
                "work": work,
                "answers": AnswerKeeper(database),
                "index": index,
            }
        ),
        guards=[enforce_policy, refuse_forgery],
        dependencies={
            "session": Provide(provide_session),
            **{name: Provide(provider, sync_to_thread=False) for name, provider in plain.items()},
            **{name: Provide(_constant(value), sync_to_thread=False) for name, value in constants.items()},
        },
        exception_handlers={Exception: answer_error},
        before_send=[renew_session_cookie, add_security_headers],
        plugins=[HTMXPlugin()],
        template_config=TemplateConfig(
            instance=template_engine(
                TEMPLATES, settings, secret, static_files, {"grade_span": grade_span, "nobreak": nobreak}, MENU
            )
        ),
        logging_config=None,  # ours is set up before, for everything
        openapi_config=OpenAPIConfig(
            title="Hylde",
            version="1",
            render_plugins=[JsonRenderPlugin()],  # the usual ones fetch scripts from elsewhere
            use_handler_docstrings=True,
            components=Components(security_schemes={"token": SecurityScheme(type="http", scheme="bearer")}),
            openapi_router=Router("/api/openapi", route_handlers=[], include_in_schema=False, opt=PUBLIC),
        ),
        request_max_body_size=MAX_BODY,
        lifespan=[tasks],
    )
    app.asgi_handler = Surroundings(  # middleware would miss 404 and 405
        app.asgi_handler, settings.default_language, settings.proxies
    )
    return app


def _constant(value: Any) -> Callable[[], Any]:
    def provide() -> Any:
        return value

    return provide


def _tasks(
    settings: Settings,
    database: Database,
    region: Region,
    index: Index,
    work: asyncio.Event,
    now: Callable[[], datetime],
    *,
    own: bool,
) -> list[Any]:
    if not own:
        return []
    bell = asyncio.Event()
    jobs: list[Awaitable[None]] = [follow(index, bell)]
    if settings.worker == "embedded":
        jobs.append(Worker(settings, database, region, now).run(work, bell.set))
    return jobs
