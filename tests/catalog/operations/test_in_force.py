"""Settings as they may be shown: no part of a password, however it is written, and nothing that nobody looked at."""

import pytest

from catalog.core.settings import Settings
from catalog.operations.in_force import (
    ADDRESSES,
    SHOWN,
    database_without_secrets,
    settings_in_force,
    without_secrets,
)

HIDDEN = "Hemmelig-7391"
SIGNS = ("#", "/", "?", "@", ":", "%", "[", "]", " ", "\\", "//", "/@", "#@", "?x=", ":1/", "@/")


class LaterSettings(Settings, frozen=True, kw_only=True):
    api_pepper: str = ""


def test_a_setting_that_nobody_has_looked_at_is_hidden() -> None:
    row = settings_in_force(LaterSettings(api_pepper=HIDDEN), {})[-1]
    assert (row.name, row.value, row.is_hidden) == ("HYLDE_API_PEPPER", "", True)
    assert set(Settings.__struct_fields__) >= SHOWN | ADDRESSES


@pytest.mark.parametrize("address", ["embedded:", "", "https://hylde.example", "http://[::1]:8000"])
def test_control_an_address_without_a_secret_is_shown_whole(address: str) -> None:
    assert without_secrets(address) == address


@pytest.mark.parametrize("address", ["", "sqlite:///data/hylde.sqlite", "postgresql://db.example:5433/hylde"])
def test_control_a_database_without_a_secret_is_shown_whole(address: str) -> None:
    assert database_without_secrets(address) == address


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+asyncpg", "smtp+starttls", "https", "sqlite"])
def test_no_part_of_a_password_is_shown_whatever_signs_it_holds(scheme: str, sign: str) -> None:
    for secret in (f"hem{sign}lig", f"{sign}hemlig", f"hemlig{sign}", f"12{sign}34hem{sign}lig"):
        for who in (f"hylde:{secret}@", f"{secret}@", f":{secret}@"):
            address = f"{scheme}://{who}db/x"
            for shown in (without_secrets(address), database_without_secrets(address)):
                assert not any(part in shown for part in ("hem", "lig", "12", "34")), (address, shown)


def test_what_else_an_address_holds_is_left_out() -> None:
    assert without_secrets("https://nina:hem@login.example:444/sundby?key=lig#lig") == "https://login.example:444"
    assert database_without_secrets("postgresql://hylde:hem#lig@db/hylde?password=lig") == "postgresql://db/hylde"
    assert [without_secrets(odd) for odd in ("plain", "smtp:hemlig", "://x", "smtp://", "http://[")] == ["…"] * 5
    assert database_without_secrets("no address") == "…"
