"""Between a form and the facts: what was typed becomes facts with every fault at once, and facts become a form.

Rows carry their number in their names, so that a fault is said at its own field and no tick moves to another row.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from msgspec.structs import replace

from catalog.resources.checks import CLAIM_LINES, LANGUAGE, LINES, MAX_DESCRIPTION, MAX_TITLE, MAX_URL, faults
from catalog.resources.models import EVERY
from catalog.resources.schemas import ClaimFact, IdentifierFact, PlacementFact, ResourceFacts, SourceTermFact, Text
from catalog.vocabularies.identifiers import IdentifierRefused, normalise_identifier
from catalog.vocabularies.store import Vocabularies
from catalog.vocabularies.texts import clean_line, clean_text
from catalog.web.forms import FormReader
from catalog.web.shown import Typed, row_field, row_numbers, split_row_field

ADDRESSES = ("url", "order_url", "accessibility_url")
CODES: Mapping[str, str] = {"kind": "kind", "price_model": "price", "accessibility": "accessibility"}
SEVERAL: Mapping[str, str] = {
    "languages": "language",
    "logins": "login",
    "end_users": "end_user",
    "data_categories": "data_category",
}
DECLARABLE = (
    *("kind", "price_model", "languages", "logins", "end_users", "data_categories", "lix"),
    *("reading_support", "accessibility"),
)
"""Fields that may rest on the supplier's word alone."""
PARTS: Mapping[str, tuple[str, ...]] = {
    "texts": ("language", "title", "description"),
    "placements": ("subject", "grades"),
    "identifiers": ("scheme", "value"),
    "claims": (
        *("platform", "browser", "min_version", "app", "offline", "limits", "tested_on", "tested_by"),
        "supplier_declared",
    ),
}
YES_NO: Mapping[str, bool | None] = {"yes": True, "no": False, "unknown": None, "": None}
TICKS = ("app", "offline", "supplier_declared")
MAX_ROWS = 400
NAMES: Mapping[str, str] = {
    "title": "texts-0-title",
    "description": "texts-0-description",
    "texts": "texts-0-language",
    "priceModel": "price_model",
    "endUsers": "end_users",
    "dataCategories": "data_categories",
    "orderUrl": "order_url",
    "accessibilityUrl": "accessibility_url",
    "serviceKey": "service_key",
    "placements": "placements-0-subject",
    "identifiers": "identifiers-0-value",
    "claims": "claims-0-platform",
}
"""Where the form shows what the catalogue's own rules find wrong."""


def typed_from(facts: ResourceFacts) -> Typed:
    """The form that says what is stored."""
    typed: Typed = {name: [getattr(facts, name)] for name in (*LINES, *ADDRESSES, *CODES, "form", "service_key")}
    typed |= {name: list(getattr(facts, name)) for name in (*SEVERAL, "supplier_declared")}
    typed["lix"] = ["" if facts.lix is None else str(facts.lix)]
    typed["reading_support"] = [next(word for word, value in YES_NO.items() if value is facts.reading_support)]
    for number, text in enumerate(facts.texts):
        _put(typed, "texts", number, {"language": text.language, "title": text.title, "description": text.description})
    for number, (subject, grades) in enumerate(_by_subject(facts.placements).items()):
        typed[row_field("placements", number, "subject")] = [subject]
        typed[row_field("placements", number, "grades")] = grades
    own = _own_address(facts.url)
    others = [each for each in facts.identifiers if (each.scheme, each.value) != ("url", own)]
    for number, each in enumerate(others):
        _put(typed, "identifiers", number, {"scheme": each.scheme, "value": each.value})
    for number, claim in enumerate(facts.claims):
        plain = {name: getattr(claim, name) for name in PARTS["claims"]}
        _put(typed, "claims", number, {name: _as_typed(value) for name, value in plain.items()})
    return typed


def _put(typed: Typed, part: str, number: int, values: Mapping[str, str]) -> None:
    typed.update({row_field(part, number, column): [value] for column, value in values.items()})


def _as_typed(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    return value.isoformat() if isinstance(value, date) else str(value or "")


def _by_subject(placements: Sequence[PlacementFact]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in placements:
        found.setdefault(each.subject, []).append(each.grade)
    return found


def _own_address(url: str) -> str:
    """The identifier that the address becomes by itself: not shown a second time."""
    try:
        return normalise_identifier("url", url) if url else ""
    except IdentifierRefused:
        return ""


def add_rows(typed: Typed, part: str, count: int = 1) -> None:
    """Append blank rows to a part."""
    first = max(row_numbers(typed, part), default=-1) + 1
    for number in range(first, min(first + count, MAX_ROWS)):
        typed.update(_blank_row(part, number))


def _blank_row(part: str, number: int) -> Typed:
    """A row in which nothing is written; that a device works is the supplier's word until somebody tested it."""
    row: Typed = {row_field(part, number, column): [""] for column in PARTS[part]}
    if part == "claims":
        row[row_field(part, number, "supplier_declared")] = ["yes"]
    return row


def read_facts(form: FormReader, vocabularies: Vocabularies, kept_terms: Sequence[SourceTermFact]) -> ResourceFacts:
    """The facts as typed; what is wrong with them, all at once, is in ``form.errors``.

    ``kept_terms`` are the source's own words, which nobody edits.
    """
    plain: dict[str, Any] = {name: clean_line(form.text(name, longest=longest)) for name, longest in LINES.items()}
    plain |= {name: form.text(name, longest=MAX_URL) for name in ADDRESSES}  # one with hidden letters is refused
    plain |= {name: form.choice(name, _codes(vocabularies, scheme)) for name, scheme in CODES.items()}
    plain |= {name: form.texts(name) for name in SEVERAL}
    facts = ResourceFacts(
        form=form.choice("form", _codes(vocabularies, "form"), required=True),
        texts=_texts(form),
        service_key=form.text("service_key", longest=120),
        lix=form.number("lix"),
        reading_support=YES_NO[form.choice("reading_support", YES_NO)],
        supplier_declared=[name for name in ResourceFacts.__struct_fields__ if name in form.texts("supplier_declared")],
        placements=_placements(form, vocabularies),
        identifiers=_identifiers(form),
        claims=_claims(form, _codes(vocabularies, "platform")),
        source_terms=list(kept_terms),
        **plain,
    )
    refuse(form, faults(facts, vocabularies))
    return facts


def keep_order(facts: ResourceFacts, stored: ResourceFacts) -> ResourceFacts:
    """Ticks come in the order of the page: where they are those that are stored, nothing has changed."""
    same = {
        name: getattr(stored, name)
        for name in (*SEVERAL, "supplier_declared")
        if set(getattr(stored, name)) == set(getattr(facts, name))
    }
    return replace(facts, **same)


def refuse(form: FormReader, found: Mapping[str, str]) -> None:
    """Take in what the catalogue's own rules find; of a part whose rows are marked already they know nothing better."""
    marked = {row[0] for row in map(split_row_field, form.errors) if row}
    known = {field: code for field, code in found.items() if _part_of(NAMES.get(field, field)) not in marked}
    form.refuse(known, NAMES)


def _part_of(name: str) -> str:
    row = split_row_field(name)
    return row[0] if row else ""


def _codes(vocabularies: Vocabularies, scheme: str) -> tuple[str, ...]:
    return tuple(concept.code for concept in vocabularies.concepts(scheme))


def _rows(form: FormReader, part: str, telling: Sequence[str]) -> list[int]:
    """The numbers of the rows in which one of the telling columns is filled in."""
    numbers = row_numbers(form.typed, part)
    if any(number >= MAX_ROWS for number in numbers):
        form.errors.setdefault(row_field(part, 0, telling[0]), "too-long")
    return [
        number
        for number in numbers
        if number < MAX_ROWS and any(form.texts(row_field(part, number, column)) for column in telling)
    ]


def _texts(form: FormReader) -> list[Text]:
    found: list[Text] = []
    for number in _rows(form, "texts", ("title", "description")):
        language = form.text(name := row_field("texts", number, "language"), longest=16)
        if not LANGUAGE.fullmatch(language):
            form.errors.setdefault(name, "unknown-code" if language else "choose-one")
        elif any(text.language == language for text in found):
            form.errors.setdefault(name, "said-twice")
        title = form.text(name := row_field("texts", number, "title"), required=True, longest=MAX_TITLE)
        if title and not clean_line(title):
            form.errors.setdefault(name, "field-missing")
        name = row_field("texts", number, "description")
        description = clean_text(
            form.text(name, longest=2 * MAX_DESCRIPTION)
        )  # browsers send two letters for a line end
        if len(description) > MAX_DESCRIPTION:
            form.errors.setdefault(name, "too-long")
        found.append(Text(language=language, title=title, description=description))
    return found


def _placements(form: FormReader, vocabularies: Vocabularies) -> list[PlacementFact]:
    found: list[PlacementFact] = []
    subjects, known = (*_codes(vocabularies, "subject"), EVERY), {*_codes(vocabularies, "grade"), EVERY}
    for number in _rows(form, "placements", ("subject", "grades")):
        subject = form.choice(name := row_field("placements", number, "subject"), subjects)
        if not subject:
            form.errors.setdefault(name, "choose-one")
        grades = form.texts(name := row_field("placements", number, "grades"))
        if not grades or not known.issuperset(grades):
            form.errors.setdefault(name, "unknown-code" if grades else "choose-one")
        found += [PlacementFact(subject=subject, grade=grade) for grade in grades if subject]
    return found


def _identifiers(form: FormReader) -> list[IdentifierFact]:
    found: list[IdentifierFact] = []
    for number in _rows(form, "identifiers", ("scheme", "value")):
        scheme = form.text(name := row_field("identifiers", number, "scheme"), longest=64)
        if not scheme:
            form.errors.setdefault(name, "choose-one")
        value = form.text(name := row_field("identifiers", number, "value"), required=True, longest=MAX_URL)
        if not scheme or not value:
            continue
        try:
            fact = IdentifierFact(scheme=scheme, value=normalise_identifier(scheme, value))
        except IdentifierRefused as refused:
            form.errors.setdefault(name, refused.code)
            continue
        if fact not in found:
            found.append(fact)
    return found


def _claims(form: FormReader, platforms: Sequence[str]) -> list[ClaimFact]:
    found: list[ClaimFact] = []
    telling = [column for column in PARTS["claims"] if column not in TICKS]
    for number in _rows(form, "claims", telling):
        names = {column: row_field("claims", number, column) for column in PARTS["claims"]}
        plain: dict[str, Any] = {column: form.flag(names[column]) for column in TICKS}
        plain |= {name: clean_line(form.text(names[name], longest=longest)) for name, longest in CLAIM_LINES.items()}
        platform = form.choice(names["platform"], platforms)
        claim = ClaimFact(platform=platform, tested_on=form.day(names["tested_on"]), **plain)
        if not claim.platform:
            form.errors.setdefault(names["platform"], "choose-one")
        elif any((each.platform, each.browser) == (claim.platform, claim.browser) for each in found):
            form.errors.setdefault(names["platform"], "said-twice")
        found.append(claim)
    return found
