"""What every page shares: the template environment, navigation and the words around the content."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape
from jinja2.runtime import Context
from litestar.plugins.jinja import JinjaTemplateEngine
from markupsafe import Markup
from typing_extensions import override

from catalog.core.settings import Settings
from catalog.web import i18n
from catalog.web.security import FIELD, csrf_token
from catalog.web.static import StaticFiles

ADMIN_NAVIGATION = ({"url": "/admin", "text": i18n.N_("Administration")},)
TEMPLATES = Path(__file__).parent / "templates"


def template_engine(
    folders: Sequence[Path], settings: Settings, secret: bytes, static_files: StaticFiles, filters: Mapping[str, Any]
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
            token = getattr(request.state, "session_token", "")
            secret = (self.globals or {})["secret_of_forms"]
            proof = csrf_token(secret, token) if token else ""
            url = request.url
            given = {
                "language": i18n.current_language.get(),
                "request_path": f"{url.path}?{url.query}" if url.query else url.path,
                "csrf_field": lambda: _hidden(proof),
                "is_admin": bool(token),
                "navigation": ADMIN_NAVIGATION if token else (),
                **given,
            }
        return super().new_context(given, shared, locals)


def _hidden(proof: str) -> Markup:
    """The field that proves a form to be ours, which needs no script; empty for a reader without a session."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, proof) if proof else Markup()
