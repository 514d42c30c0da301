"""A resource becomes its search document: pure, so that the same facts and rulings give the same bytes.

What depends on the day is stored for now and for the next turn (``turns_on``), so that a filter is right on the day
without a job; what a card says is computed from the rulings when it is shown.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

import msgspec

from catalog.decisions.state import STANDING, Ruling, headline, states_at, turning_days
from catalog.finding.prepared import MADE_BY
from catalog.lexicon.fold import words
from catalog.lexicon.terms import document_terms
from catalog.organisations.fleet.profiles import Profile
from catalog.resources.models import EVERY
from catalog.resources.running import tokens_of
from catalog.resources.schemas import PlacementFact, ResourceDetail
from catalog.vocabularies.region import Region
from catalog.vocabularies.store import Vocabularies
from search.words import fold

FAR = 9999_12_31
ALL = "@"
"""In a token: the subject is every subject; stands beside each subject that is asked for."""
LANGUAGES = ("da", "sv", "en")


class CardText(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    language: str
    title: str
    described: bool = False
    """There is a description: the document's next one, in the order of the texts."""


class CardData(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a card is made of; kept with the document, never searched."""

    slug: str
    url: str
    texts: tuple[CardText, ...]
    form: str
    kind: str
    publisher: str
    service: str
    service_key: str
    placements: tuple[tuple[str, str], ...]
    platforms: tuple[str, ...]
    logins: tuple[str, ...]
    price: str
    rulings: tuple[Ruling, ...]


class Built(msgspec.Struct, frozen=True, kw_only=True):
    document: Mapping[str, Any]
    turns_on: date | None


def fingerprint(region: Region) -> str:
    """Names what documents follow from besides the catalogue: the format, the engine, and what vocabularies say."""
    return _made_of(region.vocabularies, region.country, MADE_BY)


@lru_cache(maxsize=8)
def _made_of(vocabularies: Vocabularies, country: str, prepared_by: str) -> str:
    said = [
        (scheme, concept.code, sorted(concept.labels.items()), sorted(concept.synonyms.items()), concept.countries)
        for scheme in vocabularies.schemes
        for concept in vocabularies.concepts(scheme)
    ]
    return hashlib.sha256(f"{prepared_by} {country} {said}".encode()).hexdigest()[:12]


def as_number(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day


def school_grades(region: Region) -> tuple[str, ...]:
    """What «all grades» means: those of compulsory school, not preschool, upper secondary or adults."""
    return tuple(code for code in region.codes("grade") if code.isdecimal())


def pairs_of(placements: Iterable[PlacementFact], region: Region) -> tuple[tuple[str, str], ...]:
    """Subject × grade pairs, with «all» written out."""
    pairs: dict[tuple[str, str], None] = {}
    for each in placements:
        subjects = region.codes("subject") if each.subject == EVERY else (each.subject,)
        grades = school_grades(region) if each.grade == EVERY else (each.grade,)
        pairs.update(((subject, grade), None) for subject in subjects for grade in grades)
    return tuple(pairs)


def token(outcome: str, subject: str, grade: str, school: str = "") -> str:
    """One way to ask for an outcome; with a school only where a decision names it."""
    return f"{outcome}|{subject}|{grade}|{school}" if school else f"{outcome}|{subject}|{grade}"


def scoped_schools(rulings: Iterable[Ruling]) -> tuple[str, ...]:
    """The schools to which something else may be said than to everybody."""
    return tuple(sorted({school for ruling in rulings for school in ruling.schools}))


def compact_pairs(
    placements: Sequence[PlacementFact], rulings: Sequence[Ruling], region: Region
) -> tuple[tuple[str, str], ...]:
    """The pairs to make tokens of: as ``pairs_of``, but «all subjects» stays one value where no ruling divides it.

    A question for a subject asks for ``ALL`` beside it; written out, such a resource would have hundreds of tokens.
    """
    if any(ruling.subjects for ruling in rulings):
        return pairs_of(placements, region)
    wide = [each for each in placements if each.subject == EVERY]
    named = [each for each in placements if each.subject != EVERY]
    grades = dict.fromkeys(grade for _, grade in pairs_of(wide, region))
    return (*pairs_of(named, region), *((ALL, grade) for grade in grades))


def tokens(rulings: Sequence[Ruling], day: date, pairs: Sequence[tuple[str, str]]) -> frozenset[str]:
    """Every way to ask for an outcome on a day, with the pair or with a side of it left open.

    Those without a school say what holds for everybody; a school that a decision names has all of its own beside them.
    """
    found: set[str] = set()
    for school in ("", *scoped_schools(rulings)):
        for (subject, grade), state in states_at(rulings, day, pairs, school).items():
            sides = ((subject, grade), (subject, EVERY), (EVERY, grade), (EVERY, EVERY))
            found.update(token(state.outcome, *side, school) for side in sides if all(side))
    return frozenset(found)


def turns(rulings: Sequence[Ruling], day: date, pairs: Sequence[tuple[str, str]]) -> list[tuple[date, frozenset[str]]]:
    """The next two days on which the tokens change, with what they change to."""
    found: list[tuple[date, frozenset[str]]] = []
    last = tokens(rulings, day, pairs)
    for turn in turning_days(rulings, day):
        then = tokens(rulings, turn, pairs)
        if then != last:
            found.append((turn, then))
            last = then
        if len(found) == 2:  # noqa: PLR2004 - one to know, one to know how long
            break
    return found


def build(
    detail: ResourceDetail,
    rulings: Sequence[Ruling],
    day: date,
    region: Region,
    publisher_names: Sequence[str],
    profiles: Sequence[Profile] = (),
) -> Built:
    """The document of a listed resource as of a day.

    ``publisher_names`` with those of its successors; ``profiles`` are all that some class of the municipality has.
    """
    facts = detail.facts
    pairs, compact = pairs_of(facts.placements, region), compact_pairs(facts.placements, rulings, region)
    ahead = turns(rulings, day, compact)
    subjects = sorted({subject for subject, _ in pairs})
    texts = _texts(detail, subjects, region, publisher_names)
    document: dict[str, Any] = {
        "made": fingerprint(region),
        "id": str(detail.id),
        **texts,
        **_terms(detail, texts, region),
        "subjects": subjects,
        "grades": sorted({grade for _, grade in pairs}),
        "pairs": sorted(token(EVERY, *pair) for pair in compact if all(pair)),
        "placed_now": sorted(tokens(rulings, day, compact)),
        "placed_next": sorted(ahead[0][1]) if ahead else [],
        "scoped_schools": list(scoped_schools(rulings)),
        "languages": sorted(facts.languages),
        "publisher": [detail.publisher.code] if detail.publisher else [],
        "service": [detail.service.code] if detail.service else [],
        "logins": sorted(facts.logins),
        "platforms": sorted({claim.platform for claim in facts.claims}),
        "runs_on": tokens_of(facts.claims, profiles),
        "price": [facts.price_model] if facts.price_model else [],
        "form": [facts.form],
        "kind": [facts.kind] if facts.kind else [],
        "identifiers": [f"{each.scheme}:{each.value}" for each in facts.identifiers],
        "turns_on": as_number(ahead[0][0]) if ahead else FAR,
        "turns_again": as_number(ahead[1][0]) if len(ahead) > 1 else FAR,
        "standing": STANDING.index(headline(states_at(rulings, day, compact)).outcome),
        "rank": detail.rank,
        "changed": as_number(detail.updated_on),
        "card": msgspec.to_builtins(_card(detail, rulings)),
    }
    return Built(document=document, turns_on=ahead[0][0] if ahead else None)


def _texts(
    detail: ResourceDetail, subjects: Sequence[str], region: Region, publisher_names: Sequence[str]
) -> dict[str, list[str]]:
    placed = {each.subject for each in detail.facts.placements}  # «all subjects» is no name to search for
    labels = [
        region.vocabularies.label("subject", subject, language)
        for subject in subjects
        if subject in placed
        for language in LANGUAGES
    ]
    names = [*publisher_names, *([detail.service.name] if detail.service else [])]
    return {
        "titles": [text.title for text in detail.facts.texts],
        "subject_names": list(dict.fromkeys(labels)),
        "publisher_names": list(dict.fromkeys(names)),
        "descriptions": [text.description for text in detail.facts.texts if text.description],
    }


def _terms(detail: ResourceDetail, texts: Mapping[str, list[str]], region: Region) -> dict[str, list[str]]:
    """Stems, parts, synonyms and spellings of what is searched, and the words for form, kind and numbers."""
    facts, vocabularies = detail.facts, region.vocabularies
    titles = [(text.language, text.title) for text in facts.texts]
    spoken = [(text.language, text.description) for text in facts.texts]
    spoken += [("da", name) for name in (*texts["subject_names"], *texts["publisher_names"])]
    extra = [each.value for each in facts.identifiers if each.scheme in {"isbn13", "ean", "apple_track_id"}]
    for scheme, code in (("form", facts.form), ("kind", facts.kind)):
        if vocabularies.knows(scheme, code):
            concept = vocabularies.concept(scheme, code)
            extra += [*concept.labels.values(), *(word for said in concept.synonyms.values() for word in said)]
    for each in facts.placements:
        if vocabularies.knows("subject", each.subject):
            extra += [word for said in vocabularies.concept("subject", each.subject).synonyms.values() for word in said]
    extra += [each.term for each in facts.source_terms]
    found = document_terms(titles, spoken, extra=dict.fromkeys(extra))
    return {
        "title_terms": [" ".join(_folded(found.titles, texts))],
        "search_terms": [" ".join(_folded(found.rest, texts))],
    }


def _folded(terms: Sequence[str], texts: Mapping[str, list[str]]) -> list[str]:
    """The terms as engines compare them, without those that the texts then hold already."""
    own = {fold(word) for field in texts.values() for text in field for word in words(text)}
    return sorted({folded for term in terms for word in words(term) if (folded := fold(word)) and folded not in own})


def _card(detail: ResourceDetail, rulings: Sequence[Ruling]) -> CardData:
    facts = detail.facts
    return CardData(
        slug=detail.slug,
        url=facts.url,
        texts=tuple(
            CardText(language=text.language, title=text.title, described=bool(text.description)) for text in facts.texts
        ),
        form=facts.form,
        kind=facts.kind,
        publisher=facts.publisher,
        service=detail.service.name if detail.service else "",
        service_key=facts.service_key,
        placements=tuple((each.subject, each.grade) for each in facts.placements),
        platforms=tuple(dict.fromkeys(claim.platform for claim in facts.claims)),
        logins=tuple(facts.logins),
        price=facts.price_model,
        rulings=tuple(rulings),
    )
