"""Whether an approval lapses, on any day there is."""

import uuid
from datetime import date

import pytest

from catalog.admin.waiting import lapses
from catalog.decisions.schemas import DecisionRecord


@pytest.mark.parametrize(("last", "ends"), [(None, False), (date.max, False), (date(9999, 12, 30), True)])
def test_what_holds_until_the_last_day_there_is_never_lapses(last: date | None, *, ends: bool) -> None:
    record = DecisionRecord(
        id=uuid.uuid4(),
        resource_id=uuid.uuid4(),
        service_id=None,
        outcome="approved",
        decided_on=date(2026, 8, 1),
        valid_from=date(2026, 8, 1),
        valid_until=last,
        scope_subjects=[],
        scope_grades=[],
        scope_roles=[],
        scope_schools=[],
        conditions=[],
        reasons=[],
        note="",
        body="municipality",
        evidence="",
        origin="",
        as_published="",
        use_instead_id=None,
    )
    assert lapses(record, [record]) == ends
