"""What is known of a resource, in rows: facts, numbers, where it runs; what only the supplier says is marked."""

from collections.abc import Iterator

from catalog.decisions.state import EXPIRED
from catalog.resources.schemas import ClaimFact
from catalog.shelf.answer_view import NO, Judged
from catalog.shelf.cards import Check, Claim, Fact, SourceTerms, Text, Use
from catalog.shelf.wording import listed, upper_first
from catalog.vocabularies.identifiers import is_web_address
from catalog.web.i18n import N_, gettext

IDENTIFIERS = {
    "isbn13": N_("ISBN"),
    "ean": N_("EAN"),
    "apple_track_id": N_("Apple app"),
    "apple_bundle_id": N_("Apple bundle"),
    "google_package": N_("Google package"),
}


def use(judged: Judged, on_devices: Check | None = None) -> Use:
    """What it takes, whatever was decided; what may not be used has no button to open it.

    ``on_devices`` says of the reader's own school what else is said of platforms.
    """
    facts = judged.detail.facts
    refused = judged.state.outcome in {*NO, EXPIRED}
    return Use(
        checks=tuple(_checks(judged, on_devices)),
        open_url=facts.url if is_web_address(facts.url) and not refused else "",
        order_url=facts.order_url if is_web_address(facts.order_url) and not refused else "",
    )


def _checks(judged: Judged, on_devices: Check | None) -> Iterator[Check]:
    facts, words = judged.detail.facts, judged.reader.words
    declared = set(facts.supplier_declared)
    if facts.price_model:
        icon = "yes" if facts.price_model == "free" else "info"
        yield Check(icon=icon, text=words.label("price", facts.price_model), declared="price_model" in declared)
    if facts.logins:
        no_login = "none" in facts.logins
        named = ", ".join(words.label("login", code) for code in facts.logins)
        text = named if no_login else gettext("Login: %(logins)s") % {"logins": named}
        yield Check(icon="yes" if no_login else "info", text=text, declared="logins" in declared)
    if on_devices is not None:
        yield on_devices
    elif facts.claims:
        platforms = dict.fromkeys(claim.platform for claim in facts.claims)
        text = gettext("Works on %(platforms)s") % {
            "platforms": listed([_platform(judged, code) for code in platforms])
        }
        tested = any(claim.tested_on for claim in facts.claims)
        yield Check(
            icon="yes" if tested else "info", text=text, declared=all(c.supplier_declared for c in facts.claims)
        )
    if facts.data_categories:
        nothing = facts.data_categories == ["none"]
        listing = ", ".join(words.in_text("data_category", code) for code in facts.data_categories)
        said = upper_first(listing) if nothing else gettext("Personal data: %(categories)s") % {"categories": listing}
        yield Check(icon="yes" if nothing else "info", text=said, declared="data_categories" in declared)
    if facts.accessibility == "barriers_detected":
        yield Check(icon="warn", text=words.label("accessibility", facts.accessibility))


def _platform(judged: Judged, code: str) -> str:
    return judged.reader.words.in_text("platform", code)


def claims(judged: Judged) -> tuple[Claim, ...]:
    return tuple(_claim(judged, claim) for claim in judged.detail.facts.claims)


def _claim(judged: Judged, claim: ClaimFact) -> Claim:
    words = judged.reader.words
    return Claim(
        platform=words.label("platform", claim.platform),
        way=claim.browser or (gettext("App") if claim.app else gettext("In the browser")),
        needs=gettext("version %(version)s or later") % {"version": claim.min_version} if claim.min_version else "",
        limits=words.own(claim.limits) if claim.limits else None,
        offline=claim.offline,
        tested=words.day(claim.tested_on) if claim.tested_on else "",  # by whom is not for everybody
        declared=claim.supplier_declared,
    )


def facts(judged: Judged) -> tuple[Fact, ...]:
    return tuple(fact for fact in (*_plain(judged), *_identifiers(judged)) if fact.values)


def _plain(judged: Judged) -> Iterator[Fact]:
    given, words = judged.detail.facts, judged.reader.words
    declared = set(given.supplier_declared)

    def fact(name: str, label: str, *values: str) -> Fact:
        texts = tuple(Text(text=upper_first(value)) for value in values if value)
        return Fact(label=label, values=texts, declared=name in declared)

    yield fact("form", gettext("Form"), words.label("form", given.form))
    yield fact("kind", gettext("Kind"), words.label("kind", given.kind))
    yield Fact(label=gettext("Publisher"), values=_publisher(judged), declared="publisher" in declared)
    yield fact("creator", gettext("Author"), given.creator)
    yield fact("designation", gettext("Designation"), given.designation)
    yield fact("languages", gettext("Language"), *(words.label("language", code) for code in given.languages))
    yield fact("logins", gettext("Login"), *(words.label("login", code) for code in given.logins))
    yield fact("price_model", gettext("Price"), words.label("price", given.price_model))
    yield fact("end_users", gettext("For"), *(words.label("end_user", code) for code in given.end_users))
    yield fact("lix", gettext("Readability (LIX)"), "" if given.lix is None else str(given.lix))
    yield fact("reading_support", gettext("Reading and writing support"), _support(given.reading_support))
    yield _accessibility(judged)
    yield fact(
        "data_categories", gettext("Personal data"), *(words.label("data_category", c) for c in given.data_categories)
    )


def _publisher(judged: Judged) -> tuple[Text, ...]:
    publisher = judged.detail.publisher
    if publisher is None:
        return ()
    return (Text(text=publisher.name, url=publisher.url if is_web_address(publisher.url) else ""),)


def _support(works: bool | None) -> str:  # noqa: FBT001 - yes, no and unknown are the fact itself
    return {True: gettext("Works with it"), False: gettext("Does not work with it"), None: ""}[works]


def _accessibility(judged: Judged) -> Fact:
    given, words = judged.detail.facts, judged.reader.words
    values = [Text(text=words.label("accessibility", given.accessibility))]
    if is_web_address(given.accessibility_url):
        values.append(Text(text=gettext("The supplier's statement"), url=given.accessibility_url))
    return Fact(
        label=gettext("Accessibility"), values=tuple(values), declared="accessibility" in given.supplier_declared
    )


def _identifiers(judged: Judged) -> Iterator[Fact]:
    """Numbers that the world knows; a source's own key says nothing to a reader, and an address is said as given."""
    given = judged.detail.facts
    for each in given.identifiers:
        if each.scheme in IDENTIFIERS:
            yield Fact(label=gettext(IDENTIFIERS[each.scheme]), values=(Text(text=each.value),))
    if is_web_address(given.url):
        shown = given.url.split("://", 1)[1].rstrip("/")
        yield Fact(
            label=gettext("Web"), values=(Text(text=shown, url=given.url),), declared="url" in given.supplier_declared
        )


def source_terms(judged: Judged) -> tuple[SourceTerms, ...]:
    """In the order of our own vocabularies; the terms are the source's and stay as they are."""
    labels = {"subject": gettext("Subject"), "grade": gettext("Grade")}
    terms = judged.detail.facts.source_terms
    groups = ((label, tuple(term.term for term in terms if term.kind == kind)) for kind, label in labels.items())
    return tuple(SourceTerms(label=label, terms=said) for label, said in groups if said)
