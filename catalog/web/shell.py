"""What every page shares: the template environment, navigation and the words around the content."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape
from jinja2.runtime import Context
from litestar import Request
from litestar.plugins.jinja import JinjaTemplateEngine
from markupsafe import Markup
from typing_extensions import override

from catalog.core.actor import Permission, Visitor
from catalog.core.settings import Settings
from catalog.web import i18n
from catalog.web.access import visitor_of
from catalog.web.security import FIELD, SAFE_METHODS, csrf_token, local_path
from catalog.web.static import StaticFiles


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A link of the main menu, shown to whoever may use it."""

    url: str
    text: str
    """A marked sentence."""
    permissions: tuple[Permission, ...] = ()
    """One of them, anywhere; empty: whoever is signed in."""


TEMPLATES = Path(__file__).parent / "templates"


def template_engine(
    folders: Sequence[Path],
    settings: Settings,
    secret: bytes,
    static_files: StaticFiles,
    filters: Mapping[str, Any],
    menu: Sequence[Entry] = (),
) -> JinjaTemplateEngine:
    """Jinja with our languages, escaping everything, refusing what is undefined."""
    environment = Environment(
        loader=FileSystemLoader([TEMPLATES, *folders]),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined]  # added by the extension
        i18n.gettext, i18n.ngettext, newstyle=True, pgettext=i18n.pgettext
    )
    environment.filters.update(filters)

    environment.globals.update(
        static=static_files.url,
        languages=tuple(i18n.LANGUAGES.items()),
        municipality=settings.municipality,
        is_demo=settings.demo,
        secret_of_forms=secret,
        menu=tuple(menu),
    )
    environment.template_class = PageTemplate
    return JinjaTemplateEngine.from_environment(environment)


class PageTemplate(Template):
    """A template that knows the request it answers: its language, its address, the proof for its forms."""

    @override
    def new_context(
        self, vars: dict[str, Any] | None = None, shared: bool = False, locals: Mapping[str, Any] | None = None
    ) -> Context:
        given = vars or {}
        request = given.get("request")
        if not shared and request is not None:
            visitor = visitor_of(request)
            shared_by_all = self.globals or {}
            proof = (
                "" if visitor.session_id is None else csrf_token(shared_by_all["secret_of_forms"], visitor.session_id)
            )
            given = {
                "language": i18n.current_language.get(),
                "request_path": _address(request),
                "csrf_field": lambda: _hidden(proof),
                "visitor": visitor,
                "is_signed_in": visitor.session_id is not None,
                "navigation": _entries(shared_by_all["menu"], visitor),
                **given,
            }
        return super().new_context(given, shared, locals)


def _address(request: Request[Any, Any, Any]) -> str:
    """Where the page can be asked for again; of the answer to a form, where the form stood."""
    url = request.url
    if request.method in SAFE_METHODS:
        return f"{url.path}?{url.query}" if url.query else url.path
    came_from = urlsplit(request.headers.get("referer", ""))
    if came_from.netloc != url.netloc:
        return "/"
    return local_path(f"{came_from.path or '/'}?{came_from.query}" if came_from.query else came_from.path or "/")


def _entries(menu: Sequence[Entry], visitor: Visitor) -> list[dict[str, str]]:
    if visitor.session_id is None:
        return []
    may = visitor.actor.may_somewhere
    shown = [entry for entry in menu if not entry.permissions or any(map(may, entry.permissions))]
    return [{"url": entry.url, "text": i18n.gettext(entry.text)} for entry in shown]


def _hidden(proof: str) -> Markup:
    """The field that proves a form to be ours, which needs no script; empty for a reader without a session."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, proof) if proof else Markup()
