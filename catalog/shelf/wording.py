"""How facts are said in the reader's language: dates, places, labels, words of the municipality's own.

Nothing here asks a database or a clock; whoever shows a page makes one ``Wording`` for its language.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache

from babel.dates import format_date

from catalog.resources.models import EVERY
from catalog.resources.spans import grade_span
from catalog.shelf.cards import Badge, Text
from catalog.vocabularies.region import Region
from catalog.vocabularies.store import Vocabularies
from catalog.web.i18n import gettext, ngettext

LOCALES = {"da": "da_DK", "sv": "sv_SE", "en": "en_GB"}
NAMED = 3
"""Subjects that are named one by one; more are counted."""


NAMES = {"login"}
"""Vocabularies whose labels begin with the name of a product."""


@lru_cache(maxsize=4)
def _language_names(vocabularies: Vocabularies) -> frozenset[str]:
    return frozenset(concept.labels["en"] for concept in vocabularies.concepts("language"))


class Wording:
    """The words of one page."""

    def __init__(self, region: Region, language: str) -> None:
        self.region, self.language = region, language

    def label(self, scheme: str, code: str) -> str:
        return self.region.vocabularies.label(scheme, code, self.language)

    def in_text(self, scheme: str, code: str) -> str:
        """The label inside a sentence: Danish and Swedish write «dansk», English «Danish», all of them «Android»."""
        labels = self.region.vocabularies.concept(scheme, code).labels if self.knows(scheme, code) else {}
        label = self.label(scheme, code)
        is_name = len(set(labels.values())) == 1 or scheme in NAMES or self._is_language(label)
        return label if is_name else lower_first(label)

    def _is_language(self, label: str) -> bool:
        """English writes the names of languages, and of the subjects called after them, with a capital."""
        return self.language == "en" and label.split(" ", 1)[0] in _language_names(self.region.vocabularies)

    def knows(self, scheme: str, code: str) -> bool:
        return self.region.vocabularies.knows(scheme, code)

    def badge(self, outcome: str) -> Badge:
        return Badge(code=outcome, label=self.label("outcome", outcome))

    def day(self, day: date) -> str:
        return format_date(day, format="long", locale=LOCALES[self.language])

    def own(self, text: str) -> Text:
        """What the municipality wrote, in the language in which it writes."""
        language = self.region.language
        return Text(text=text, lang="" if language == self.language else language)

    def grades(self, codes: Iterable[str]) -> str:
        return grade_span(codes, self.language)

    def places(self, pairs: Iterable[tuple[str, str]]) -> str:
        """«dansk 2.–4. klasse og matematik 5. klasse»; "" for no place."""
        grades_of: dict[str, list[str]] = {}
        for subject, grade in pairs:
            if subject and grade:
                grades_of.setdefault(subject, []).append(grade)
        if set(self.region.codes("subject")) <= grades_of.keys():
            return self._place([EVERY], [grade for grades in grades_of.values() for grade in grades])
        subjects_with: dict[tuple[str, ...], list[str]] = {}
        for subject, grades in grades_of.items():
            subjects_with.setdefault(tuple(sorted(set(grades))), []).append(subject)
        if len(subjects_with) > NAMED:
            return self._place(list(grades_of), [grade for grades in subjects_with for grade in grades])
        return listed([self._place(subjects, grades) for grades, subjects in subjects_with.items()])

    def subjects(self, codes: Sequence[str]) -> str:
        if EVERY in codes:
            return gettext("all subjects")
        if len(codes) > NAMED:
            return ngettext("%(num)d subject", "%(num)d subjects", len(codes)) % {"num": len(codes)}
        return listed([self.in_text("subject", code) for code in codes])

    def _place(self, subjects: Sequence[str], grades: Sequence[str]) -> str:
        joint = ", " if EVERY in {*subjects, *grades} else " "
        return f"{self.subjects(subjects)}{joint}{self.grades(grades)}"

    def counted(self, outcome: str, number: int) -> str:
        """«2 approved»: languages bend the word after its number."""
        said = {
            "approved": ngettext("%(num)d approved", "%(num)d approved", number),
            "conditional": ngettext("%(num)d approved with conditions", "%(num)d approved with conditions", number),
            "pilot": ngettext("%(num)d in a pilot", "%(num)d in a pilot", number),
            "rejected": ngettext("%(num)d not approved", "%(num)d not approved", number),
            "withdrawn": ngettext("%(num)d withdrawn", "%(num)d withdrawn", number),
            "not_reviewed": ngettext("%(num)d not reviewed", "%(num)d not reviewed", number),
            "expired": ngettext("%(num)d expired", "%(num)d expired", number),
        }
        return said[outcome] % {"num": number}


def listed(parts: Sequence[str]) -> str:
    if len(parts) < 2:  # noqa: PLR2004 - one part needs no «and»
        return "".join(parts)
    return gettext("%(several)s and %(last)s") % {"several": ", ".join(parts[:-1]), "last": parts[-1]}


def upper_first(sentence: str) -> str:
    """A name such as «iPad» keeps its own spelling."""
    return sentence[:1].upper() + sentence[1:] if sentence.split(" ", 1)[0].islower() else sentence


def lower_first(sentence: str) -> str:
    """Abbreviations keep their capitals."""
    return sentence[:1].lower() + sentence[1:] if sentence.split(" ", 1)[0][1:].islower() else sentence
