"""A transaction that another one broke off is done once more; nothing else is."""

import psycopg.errors
import pytest
from sqlalchemy.exc import DataError, DBAPIError, OperationalError

from catalog.intake.batches import again_after_deadlock

DEADLOCK = OperationalError("", {}, psycopg.errors.DeadlockDetected())
CONFLICT = OperationalError("", {}, psycopg.errors.SerializationFailure())
REFUSED = DataError("", {}, psycopg.errors.StringDataRightTruncation())


@pytest.mark.parametrize(
    ("errors", "tries", "succeeds"),
    [
        ([], 1, True),
        ([DEADLOCK], 2, True),
        ([CONFLICT], 2, True),
        ([DEADLOCK, DEADLOCK], 2, False),
        ([REFUSED], 1, False),
    ],
)
async def test_what_was_broken_off_is_tried_once_more(errors: list[DBAPIError], tries: int, *, succeeds: bool) -> None:
    told, tried = iter(errors), list[int]()

    async def work() -> str:
        tried.append(1)
        if error := next(told, None):
            raise error
        return "done"

    if succeeds:
        assert await again_after_deadlock(work) == "done"
    else:
        with pytest.raises(DBAPIError):
            await again_after_deadlock(work)
    assert len(tried) == tries
