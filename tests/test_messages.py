"""Danish and Swedish: every sentence of the source is translated, whole and in the typography of its language."""

import io
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from deploy.messages import LANGUAGES, LOCALE, as_text, source_messages

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}|[%{}]")
"""Both styles, and what would break either: a lone percent sign or brace."""
FOREIGN_QUOTES = {"da": re.compile(r"[“”„\"]"), "sv": re.compile(r"[“„»«\"]")}
"""Danish writes »…«, Swedish ”…”."""
ENTRY = "%(num)d resource"
NAMED = "The file cannot be opened: {error}"
SIMPLE = "Search"


@pytest.fixture(scope="module")
def source() -> Catalog:
    return source_messages()


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def translated(language: str) -> Catalog:
    with _path(language).open("rb") as file:
        return read_po(file, locale=language)


def test_everything_is_translated(source: Catalog, translated: Catalog) -> None:
    assert len(source) > 500
    assert _faults(source, translated) == []


def test_nothing_but_the_source_is_translated(source: Catalog, language: str, translated: Catalog) -> None:
    assert _path(language).read_bytes() == as_text(translated)
    assert _is_current(source, translated), "run make messages"


def test_an_empty_translation_is_found(source: Catalog, translated: Catalog) -> None:
    _message(translated, SIMPLE).string = ""
    assert _faults(source, translated) == [f"{SIMPLE}: not translated"]


def test_an_empty_plural_is_found(source: Catalog, translated: Catalog) -> None:
    _message(translated, ENTRY).string = ("%(num)d", "")
    assert _faults(source, translated) == [f"{ENTRY}: not translated"]


def test_a_missing_sentence_is_found(source: Catalog, translated: Catalog) -> None:
    translated.delete(SIMPLE)
    assert _faults(source, translated) == [f"{SIMPLE}: not translated"]


def test_a_fuzzy_translation_is_found(source: Catalog, translated: Catalog) -> None:
    _message(translated, SIMPLE).flags.add("fuzzy")
    assert _faults(source, translated) == [f"{SIMPLE}: fuzzy"]


@pytest.mark.parametrize("spoilt", ["{}", "{fejl}", "error", "{error} %"])
def test_a_changed_placeholder_is_found(source: Catalog, translated: Catalog, spoilt: str) -> None:
    _message(translated, NAMED).string = spoilt
    assert _faults(source, translated) == [f"{NAMED}: other placeholders"]


@pytest.mark.parametrize("spoilt", ["%(num)s", "%(antal)d", "num"])
def test_a_changed_placeholder_of_a_plural_is_found(source: Catalog, translated: Catalog, spoilt: str) -> None:
    _message(translated, ENTRY).string = ("%(num)d", spoilt)
    assert _faults(source, translated) == [f"{ENTRY}: other placeholders"]


def test_english_quotation_marks_are_found(source: Catalog, translated: Catalog) -> None:
    _message(translated, SIMPLE).string = "“Søg”"
    assert _faults(source, translated) == [f"{SIMPLE}: other quotation marks"]


def test_a_sentence_that_left_the_source_is_found(source: Catalog, translated: Catalog) -> None:
    translated.add("A sentence of yesterday", "I går")
    assert not _is_current(source, translated)


def test_a_translation_kept_for_later_is_found(source: Catalog, language: str) -> None:
    kept = _path(language).read_bytes() + b'\n#~ msgid "A sentence of yesterday"\n#~ msgstr "Ett"\n'
    assert not _is_current(source, read_po(io.BytesIO(kept), locale=language))


def _path(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES/messages.po"


def _message(catalog: Catalog, sentence: str) -> Message:
    message = catalog.get(sentence)
    assert message is not None
    return message


def _is_current(source: Catalog, translated: Catalog) -> bool:
    """Whether ``make messages`` would leave the catalogue as it is."""
    ours, theirs = ([(m.id, m.context, m.flags) for m in each if m.id] for each in (source, translated))
    return ours == theirs and not translated.obsolete


def _faults(source: Catalog, translated: Catalog) -> list[str]:
    """What is wrong with the translation of each sentence of the source."""
    quotes = FOREIGN_QUOTES[str(translated.locale)]
    found: list[str] = []
    for message in source:
        if message.id:
            sentences, known = _forms(message.id), translated.get(message.id, context=message.context)
            found += [f"{sentences[0]}: {fault}" for fault in _faults_of(sentences, known, quotes)]
    return found


def _faults_of(sentences: Sequence[str], known: Message | None, quotes: re.Pattern[str]) -> list[str]:
    said = _forms(known.string) if known is not None else []
    if known is None or len(said) != len(sentences) or not all(text.strip() for text in said):
        return ["not translated"]
    faults = {
        "fuzzy": known.fuzzy,
        "other placeholders": any(
            sorted(PLACEHOLDER.findall(sentence)) != sorted(PLACEHOLDER.findall(text))
            for sentence, text in zip(sentences, said, strict=True)
        ),
        "other quotation marks": any(quotes.search(text) for text in said),
    }
    return [fault for fault, present in faults.items() if present]


def _forms(texts: str | Sequence[str] | None) -> list[str]:
    """Both languages have as many plural forms as English: one thing, and several."""
    return [texts] if isinstance(texts, str) else list(texts or ())
