"""What a mail address is: one rule, by the form, by the identity provider and when a mail is sent."""

import uuid

import pytest

from catalog.core.actor import SYSTEM
from catalog.core.db import Database, transaction
from catalog.core.errors import Invalid
from catalog.core.mail import is_address
from catalog.core.settings import Settings
from catalog.identity.oidc.claims import read_claims
from catalog.identity.users.service import invite_person
from tests.conftest import NOON

GOOD = ("nina@sundby.example", "o'hara+it@x.example", "åse@ålesund.example")
BAD = (
    "(x)nina@sundby.example",
    "nina@-sundby.example",
    '"a"b@sundby.example',
    "nina@a:b.example",
    "nina@x.example.." * 9,
)


@pytest.mark.parametrize(("address", "is_good"), [*((each, True) for each in GOOD), *((each, False) for each in BAD)])
async def test_the_form_and_the_provider_take_what_mail_can_be_sent_to(
    database: Database, address: str, *, is_good: bool
) -> None:
    assert is_address(address) is is_good
    told = read_claims({"iss": "https://login.example", "sub": "1", "email": address}, Settings())
    assert told.mail == (address if is_good else "")
    refused: dict[str, str] = {}
    try:
        async with transaction(database.writers) as session:
            key = uuid.UUID(int=5)
            await invite_person(session, SYSTEM, b"x", key, name="Nina Nord", mail=address, role=None, now=NOON)
    except Invalid as error:
        refused = dict(error.errors)
    assert refused == ({} if is_good else {"mail": "not-a-mail-address"})
