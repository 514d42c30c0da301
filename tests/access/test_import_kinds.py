"""Whoever looks into an import or takes it back may also do by hand what its kind does; by hand, as the table is."""

import pytest
from litestar import Litestar

from tests.access.visitors import KINDS
from tests.access.world import World, sign_in_as
from tests.catalog.web.direct import Browser

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WHO = {
    "resources": {"reviewer", "admin"},
    "decisions": {"reviewer", "admin"},
    "schools": {"admin"},
    "head-counts": {"admin"},
    "devices": {"admin"},
}


async def test_an_import_of_a_kind_that_one_may_not_do_is_forbidden(app: Litestar, world: World) -> None:
    wrong, allowed = [], 0
    for kind in KINDS:
        async with Browser(app) as browser:
            await sign_in_as(browser, world, kind)
            for imported, who in WHO.items():
                path = f"/admin/imports/{world.things['batches'][imported]}"
                answers = [await browser.get(path), await browser.get(f"{path}/undo")]
                answers.append(await browser.post(f"{path}/undo"))
                told = {answer.status_code for answer in answers}
                is_allowed = str(kind) in who
                allowed += is_allowed
                expected = {200} if is_allowed else {401, 403}
                if not told <= expected:
                    wrong.append((str(kind), imported, told))
    assert wrong == []
    assert allowed == sum(len(who) for who in WHO.values())
