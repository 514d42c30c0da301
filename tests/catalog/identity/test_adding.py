"""Who is added has an id of our own making, and somebody is left who administers as long."""

import pytest

from catalog.core.actor import ANONYMOUS, SYSTEM
from catalog.core.db import Database, transaction
from catalog.core.roles import Role
from catalog.identity import people
from catalog.identity.errors import LastAdministrator
from tests.catalog.identity.test_users import NEW, added
from tests.conftest import NOON, TODAY, Client, sign_in


@pytest.mark.parametrize("chosen", [str(SYSTEM.id), str(ANONYMOUS.id), "own", "", "søren"])
async def test_nobody_chooses_the_id_of_who_is_added(client: Client, database: Database, chosen: str) -> None:
    own = await sign_in(client)
    ids = {"id": str(own) if chosen == "own" else chosen}
    made = await client.post("/admin/users/new", data=NEW | ids | {"everywhere": "yes"})
    assert made.status_code == 200, made.text
    user_id = added(made)
    assert user_id not in {SYSTEM.id, ANONYMOUS.id, own}
    assert user_id.version == 4


async def test_who_administers_for_a_shorter_time_does_not_take_the_place_of_who_does_for_good(
    client: Client, database: Database
) -> None:
    own = await sign_in(client)
    async with transaction(database.writers) as session:
        other = await people.add_user(session, SYSTEM, now=NOON, name="Kun I Dag")
        other.seen_at = NOON
        await people.grant_role(session, SYSTEM, other.id, Role.ADMIN, now=NOON, starts_on=TODAY, ends_on=TODAY)
        with pytest.raises(LastAdministrator):
            await people.require_other_admin(session, own, TODAY)
        await people.require_other_admin(session, other.id, TODAY)  # control: the one for good stays
