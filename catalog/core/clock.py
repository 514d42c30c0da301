"""Time is an argument: the edge reads the clock once, everything below is handed a day or an instant."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def utc_now() -> datetime:
    return datetime.now(UTC)


def local_day(now: datetime, zone: ZoneInfo) -> date:
    """The municipality's date at an instant: its days turn at its own midnight, not at UTC's."""
    return now.astimezone(zone).date()
