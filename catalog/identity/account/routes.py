"""The API's answer to «who am I»: what a token, or a person, may do right now."""

from litestar import get
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.actor import Visitor
from catalog.identity.account.schemas import Me
from catalog.identity.account.service import who_asks
from catalog.web.access import SIGNED_IN
from catalog.web.api import BEARER, V1, refusals


@get(f"{V1}/me", opt=SIGNED_IN, operation_id="getMe", tags=["Access"], responses=refusals(401), security=BEARER)
async def read_me(session: NamedDependency[AsyncSession], visitor: NamedDependency[Visitor]) -> Me:
    """Whose token it is, and what it may do."""
    return await who_asks(session, visitor)


handlers = [read_me]
