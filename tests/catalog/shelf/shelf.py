"""A small shelf of known resources, for the pages that find them."""

import uuid
from datetime import date

from catalog.core.db import Database, transaction
from catalog.vocabularies.region import Region
from tests.factories import places, rule, runs_on, store

ENGLISH = {"accept-language": "en"}


async def small_shelf(database: Database, region: Region) -> dict[str, uuid.UUID]:
    """Seven resources: two subjects, three platforms, five outcomes."""
    async with transaction(database.writers) as session:
        found = {
            title: await store(session, region, title, placements=places(*pairs), claims=runs_on(*platforms), **more)
            for title, pairs, platforms, more in (
                ("Læselyst", [("dansk", "2"), ("dansk", "3")], ["web", "ipados"], {"price_model": "free"}),
                ("Læsetrappen", [("dansk", "4")], ["web"], {"logins": ["unilogin"]}),
                ("Læs af", [("dansk", "4")], ["ipados"], {"form": "app"}),
                ("Brøkbyen", [("matematik", "4")], ["ipados"], {"publisher": "Forlaget Nordvest"}),
                ("Brøkhuset", [("matematik", "5")], ["web"], {"publisher": "Forlaget Nordvest"}),
                ("Klimakassen", [("natur-teknologi", "4")], ["chromeos"], {}),
                ("Gammel nok", [("matematik", "4")], ["web"], {}),
            )
        }
        await rule(session, region, found["Læselyst"], valid_until=date(2027, 7, 31))
        await rule(session, region, found["Læsetrappen"], "conditional")
        await rule(session, region, found["Læs af"], "rejected", use_instead_id=found["Læsetrappen"])
        await rule(session, region, found["Brøkbyen"])
        await rule(session, region, found["Gammel nok"], valid_until=date(2026, 9, 30))
    return found
