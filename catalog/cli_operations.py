"""``hylde audit | person | mail …``: what whoever runs the service checks, hands over and erases."""

import asyncio
import sys
import uuid
from datetime import date, datetime
from pathlib import Path

import click
import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog import wiring
from catalog.cli_base import settings, with_database
from catalog.core.actor import SYSTEM
from catalog.core.audit import Head, Verdict, check_chain, read_head
from catalog.core.clock import local_day, utc_now
from catalog.core.db import Database, transaction
from catalog.core.mail import Mail, MailFailed, send
from catalog.identity.models import User
from catalog.identity.personal import erase_person, export_person

Path_ = click.Path(path_type=Path, dir_okay=False)


@click.group()
def audit() -> None:
    """Check the audit log."""


@audit.command("verify")
@click.option(
    "--head", "published", help="The newest ROWS:HASH that was told to the log, or printed by «hylde audit head»."
)
def verify(published: str | None) -> None:
    """Read the whole audit log: whether a row was changed, removed or, given --head, cut off. Exit status 1 if so."""
    try:
        head = Head.parse(published) if published else None
    except ValueError:
        raise click.ClickException("--head is written as ROWS:HASH, as «hylde audit head» prints it.") from None

    async def job(database: Database) -> Verdict:
        async with transaction(database.readers) as session:
            return await check_chain(session, head)

    verdict = with_database(settings(), job)
    print(in_words(verdict))
    sys.exit(0 if verdict.holds else 1)


def in_words(verdict: Verdict) -> str:
    """What became of the chain, in one line."""
    if verdict.broken_at is not None:
        return f"BROKEN at row {verdict.broken_at}: it or the row before it was changed or removed."
    if verdict.lacks is not None:
        left = f"{verdict.rows} rows are left" if verdict.rows < verdict.lacks.rows else "its rows were written anew"
        return f"CUT: the head {verdict.lacks} is not in the log any more; {left}."
    return f"The audit log holds: {verdict.rows} rows, head {verdict.head}."


@audit.command("head")
def show_head() -> None:
    """Print the end of the audit log as ROWS:HASH, to be kept elsewhere."""

    async def job(database: Database) -> Head:
        async with transaction(database.readers) as session:
            return await read_head(session)

    print(with_database(settings(), job))


@click.group()
def person() -> None:
    """Hand over or erase what is stored about a member of staff."""


@person.command("export")
@click.argument("who")
@click.option("--out", type=Path_, help="Write to this file, which must not be there.")
def export(who: str, out: Path | None) -> None:
    """Print everything that is stored about WHO, as JSON: an id, a user name or a mail address."""

    async def job(database: Database) -> bytes:
        async with transaction(database.readers) as session:
            user_id = await _find(session, who)
            stored = await export_person(session, SYSTEM, wiring.PERSONAL_SOURCES, user_id)
        whole = {"person": str(user_id), "exported_at": utc_now().isoformat(), "stored": stored}
        return msgspec.json.format(msgspec.json.encode(whole), indent=2)

    text = with_database(settings(), job).decode()
    if out is None:
        print(text)
        return
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text + "\n")
    except FileExistsError:
        raise click.ClickException(f"{out} is there already: name another file.") from None
    print(f"Written to {out}.")


@person.command("erase")
@click.argument("who")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(who: str, *, yes: bool) -> None:
    """Erase WHO for good: an id, a user name or a mail address. What they did stays, without a name."""
    ours = settings()
    if not yes:
        click.confirm("This cannot be taken back. Erase?", abort=True)

    async def job(database: Database) -> int:
        now: datetime = utc_now()
        today: date = local_day(now, ours.zone)
        async with transaction(database.writers) as session:
            user_id = await _find(session, who)
            return await erase_person(session, SYSTEM, wiring.PERSONAL_SOURCES, user_id, now=now, today=today)

    print(f"Erased; {with_database(ours, job)} rows were removed or emptied.")


async def _find(session: AsyncSession, who: str) -> uuid.UUID:
    """The one person who is meant; what was typed is not repeated, for the screen may be seen by others."""
    try:
        meant = User.id == uuid.UUID(who)
    except ValueError:
        meant = (User.username == who.strip().casefold()) | (User.mail == who.strip())
    found = (await session.scalars(select(User.id).where(meant))).all()
    if len(found) != 1:
        reason = "Nobody has this id, user name or mail address" if not found else "Several people have it: use the id"
        raise click.ClickException(f"{reason}.")
    return found[0]


@click.group()
def mail() -> None:
    """Check that mail goes out."""


@mail.command("test")
@click.argument("address")
def test(address: str) -> None:
    """Send a test mail to ADDRESS, and print what the server said."""
    ours = settings()
    text = "This mail was sent by «hylde mail test». Æ, ø, å, ä and ö arrive whole if you can read them here.\n"
    subject = f"A test mail from Hylde at {ours.municipality}"
    try:
        said = asyncio.run(send(ours, Mail(to=address, subject=subject, text=text), utc_now()))
    except MailFailed as failed:
        raise click.ClickException(f"The mail was not taken: {failed.reason}") from None
    print(f"The server took it: {said}")
