"""Which resource or service a list means by a name: its title as people write it, or an answer given before."""

import re
import uuid
from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.intake.models import NameQuestion
from catalog.lexicon.fold import words
from catalog.resources.lifecycle import follow
from catalog.resources.models import Resource, ResourceText, Service

DASHES = ("-", "–")
SERIES = re.compile(r"(?P<stem>.*\D)(?P<first>\d{1,2})\s*(?P<joint>-|–|og|och|and|&)\s*(?P<last>\d{1,2})")
MAX_SERIES = 12


class Target(msgspec.Struct, frozen=True):
    id: uuid.UUID
    is_service: bool


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """All names of the catalogue at one moment."""

    known: Mapping[str, Sequence[Target]]
    answers: Mapping[str, Target | None]
    """What somebody answered before; None: leave it be."""

    def find(self, name: str) -> Sequence[Target]:
        """What bears the name, or was said to be meant by it; a service before a title of the same name."""
        key = name_key(name)
        answer = self.answers.get(key)
        if answer is not None:
            return [answer]
        found = self.known.get(key, ())
        services = [target for target in found if target.is_service]
        return services if len(services) == 1 else found

    def series(self, name: str) -> Sequence[str]:
        """The single names that «Brøker 4-6» or «Trin 1 og 2» stands for, if each of them is in the catalogue."""
        found = SERIES.fullmatch(name.strip())
        if found is None:
            return ()
        first, last = int(found["first"]), int(found["last"])
        numbers = range(first, last + 1) if found["joint"] in DASHES else (first, last)
        names = [f"{found['stem']}{number}" for number in numbers][: MAX_SERIES + 1]
        known = first < last and len(names) <= MAX_SERIES and all(len(self.find(each)) == 1 for each in names)
        return names if known else ()

    def asks(self, name: str) -> bool:
        """Whether an unknown name is worth a question: not if somebody said to leave it be."""
        return name_key(name) not in self.answers


def name_key(name: str) -> str:
    """A name by its words alone: neither case, dashes, quotes nor spaces tell two apart."""
    return " ".join(words(name))


async def read_names(session: AsyncSession) -> Names:
    """The names of everything listed, and the answers to questions."""
    known: dict[str, list[Target]] = {}
    titles = select(ResourceText.title, Resource.id).join(Resource, Resource.id == ResourceText.resource_id)
    for row in await session.execute(titles.where(Resource.status == "listed")):
        _add(known, row.title, Target(row.id, is_service=False))
    for row in await session.execute(select(Service.name, Service.id)):
        _add(known, row.name, Target(row.id, is_service=True))
    return Names(known=known, answers=await _answers(session))


async def _answers(session: AsyncSession) -> dict[str, Target | None]:
    """The latest answer to each name, as it holds today: through merges, and none that has left the catalogue."""
    query = select(NameQuestion, Resource.status).outerjoin(Resource, Resource.id == NameQuestion.answer_id)
    query = query.where(NameQuestion.status.in_(("created", "linked", "left"))).order_by(NameQuestion.answered_at)
    latest = {row.name_key: (row, status) for row, status in await session.execute(query)}
    answers: dict[str, Target | None] = {}
    for key, (row, status) in latest.items():
        target = row.answer_id
        if target is not None and status == "retired":
            target = await follow(session, target)
            if (await session.get_one(Resource, target)).status == "retired":
                continue
        answers[key] = Target(target, is_service=row.answer_type == "service") if target else None
    return answers


def _add(known: dict[str, list[Target]], name: str, target: Target) -> None:
    targets = known.setdefault(name_key(name), [])
    if target not in targets:
        targets.append(target)
