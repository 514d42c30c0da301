"""Bring the sentences of the source into the catalogue of each language; run by ``make messages``.

New sentences arrive untranslated and old ones leave; nothing is guessed, so nothing is ever fuzzy. Without
``--check`` the catalogues are written; with it the exit status says whether they would change.
"""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
LOCALE = ROOT / "catalog/web/locale"
LANGUAGES = ("da", "sv")
METHODS = [("**/templates/**.html", "jinja2"), ("**.py", "python")]
OPTIONS = {"**/templates/**.html": {"newstyle_gettext": "true", "trim_blocks": "true", "lstrip_blocks": "true"}}
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}


def source_messages() -> Catalog:
    """Every sentence in the source, in the order of the files."""
    catalog = Catalog(project="Hylde", charset="utf-8", header_comment="# Sentences of Hylde.", fuzzy=False)
    for message, context in _extracted():
        catalog.add(message, context=context)
    return catalog


def _extracted() -> Iterator[tuple[str | tuple[str, ...], str | None]]:
    for package in ("catalog", "licensing"):
        found = extract_from_dir(ROOT / package, METHODS, OPTIONS, KEYWORDS)
        for _, _, message, _, context in sorted(found, key=lambda item: (item[0], item[1])):
            yield (message if isinstance(message, str) else tuple(message)), context


def merged(language: str, source: Catalog) -> Catalog:
    """The language's catalogue with exactly the source's sentences; translations that fit are kept."""
    path = LOCALE / language / "LC_MESSAGES/messages.po"
    old = read_po(io.BytesIO(path.read_bytes()), locale=language) if path.exists() else Catalog(locale=language)
    new = Catalog(locale=language, project="Hylde", charset="utf-8", fuzzy=False)
    for message in source:
        if message.id:
            known = old.get(message.id, context=message.context)
            string = known.string if known is not None and not known.fuzzy else ""
            fits = isinstance(string, tuple) == isinstance(message.id, tuple)
            new.add(message.id, string if fits else "", context=message.context)
    return new


def as_text(catalog: Catalog) -> bytes:
    """Without dates, so that the same sentences give the same bytes."""
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=110, omit_header=True)
    header = f'msgid ""\nmsgstr ""\n"Language: {catalog.locale}\\n"\n"MIME-Version: 1.0\\n"\n'
    header += '"Content-Type: text/plain; charset=utf-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n'
    header += f'"Plural-Forms: {catalog.plural_forms}\\n"\n\n'
    return header.encode() + buffer.getvalue()


def main() -> int:
    source, stale = source_messages(), False
    for language in LANGUAGES:
        path = LOCALE / language / "LC_MESSAGES/messages.po"
        text = as_text(merged(language, source))
        if not path.exists() or path.read_bytes() != text:
            stale = True
            if "--check" not in sys.argv:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(text)
        missing = sum(1 for message in merged(language, source) if message.id and not _said(message.string))
        print(f"{language}: {len(source)} sentences, {missing} missing")
    return int(stale and "--check" in sys.argv)


def _said(string: object) -> bool:
    return all(string) if isinstance(string, list | tuple) else bool(string)


if __name__ == "__main__":
    sys.exit(main())
