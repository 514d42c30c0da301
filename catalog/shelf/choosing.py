"""The page on which a reader chooses a school and grades once, and where they go on afterwards."""

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs, urlsplit

from catalog.finding.asking import address, read_question, with_values
from catalog.organisations.schemas import SchoolChoice
from catalog.resources.spans import grade_short
from catalog.shelf.cards import ChoosePage, Option
from catalog.shelf.choice import Choice
from catalog.shelf.reader import Reader
from catalog.shelf.wording import upper_first
from catalog.vocabularies.region import Region
from catalog.web.security import local_path

FIND = "/find"
LONGEST = 8000
"""Letters of an address to go back to."""


def choose_page(
    reader: Reader,
    schools: Sequence[SchoolChoice],
    next_url: str,
    *,
    shown: Choice | None = None,
    errors: Mapping[str, str] | None = None,
) -> ChoosePage:
    """The form with what is kept or, after a fault, with what was chosen."""
    chosen = shown or reader.choice
    grades = [
        Option(
            value=code,
            label=upper_first(reader.words.label("grade", code)),
            chosen=code in chosen.grades,
            short=grade_short(code, reader.language),
        )
        for code in reader.region.codes("grade")
    ]
    return ChoosePage(
        schools=tuple(Option(value=s.code, label=s.name, chosen=s.code == chosen.school) for s in schools),
        grades=tuple(sorted(grades, key=lambda option: not option.short)),
        next_url=next_url,
        kept=bool(reader.choice),
        errors=errors or {},
    )


def next_address(given: str) -> str:
    """An address of ours to go back to; the search where none is given, or one that is longer than any of ours."""
    path = local_path(given)
    return FIND if path == "/" or len(path) > LONGEST else path


def after(next_url: str, before: Choice, now: Choice, region: Region) -> str:
    """Where to go: back, and a search goes on with the grades that are kept now in place of those kept before."""
    parts = urlsplit(next_url)
    if parts.path != FIND:
        return next_url
    asked = read_question(parse_qs(parts.query), region)
    others = [code for code in asked.values("grade") if code not in before.grades]
    grades = now.grades or others
    url = address(asked, chosen=with_values(asked, "grade", grades), page=1)
    return url if "?" in url or not parts.query else f"{url}?q="
