"""Pages of whoever is signed in: one click in the demo, axe finds nothing in three languages, nothing is too wide."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import DESKTOP, PHONE, SMALL, OpenBrowser
from tests.browser.test_accessibility import LANGUAGES, overflow, violations

TEACHER, REVIEWER, IT = "Mette Sandholm", "Sara Klitgren", "Ida Havtorn"
LEADER, PURCHASING, PRIVACY = "Birgit Ålekrog", "Karen Lyngborg", "Lars Dybvad-Sø"
ADMINISTRATOR, WITHOUT_ROLE = "Anna Revleby", "Viggo Strandmark"
PAGES: dict[str, tuple[str, ...]] = {
    TEACHER: ("/", "/account", "/account/tokens/new", "/schools", "/devices"),
    REVIEWER: ("/", "/admin", "/admin/imports", "/admin/services"),
    IT: ("/", "/devices", "/admin/operations"),
    LEADER: ("/", "/schools"),
    PURCHASING: ("/", "/devices"),
    PRIVACY: ("/", "/admin/audit", "/admin/users"),
    ADMINISTRATOR: ("/", "/admin/users", "/admin/users/new", "/schools/new", "/schools/import", "/admin/operations"),
    WITHOUT_ROLE: ("/", "/account"),
}
BEHIND = {
    LEADER: ("/schools", ("", "/pupils", "/devices")),
    ADMINISTRATOR: ("/schools", ("/edit", "/close", "/merge")),
}
"""Pages of the first thing that a list leads to."""


def enter(page: Page, person: str) -> None:
    page.goto("/sign-in")
    page.locator("li", has_text=person).get_by_role("button").click()
    page.wait_for_selector("a.me[href='/account']", state="attached")


def addresses(page: Page, person: str) -> list[str]:
    """Every page that is looked at as somebody, those behind a list too."""
    found = list(PAGES[person])
    listed, ways = BEHIND.get(person, ("", ()))
    if listed:
        page.goto(listed)
        first = page.locator("main a[href^='/schools/']:not([href*='new']):not([href*='import'])").first
        address = (first.get_attribute("href") or "").split("?")[0]
        found += [address + way for way in ways]
    if person == ADMINISTRATOR:
        page.goto("/admin/users")
        address = page.locator("main a[href^='/admin/users/']:not([href$='new'])").first.get_attribute("href") or ""
        found += [address, f"{address}/data", f"{address}/erase"]
    return found


@pytest.mark.parametrize("person", PAGES)
@pytest.mark.parametrize(("language", "width"), [("da", DESKTOP), ("sv", PHONE), ("en", DESKTOP)])
def test_axe_finds_nothing_on_the_pages_of_staff(
    open_browser: OpenBrowser, person: str, language: str, width: int
) -> None:
    page = open_browser("/sign-in", width=width, language=language)
    assert violations(page) == []
    enter(page, person)
    for address in addresses(page, person):
        answer = page.goto(address)
        assert answer is not None
        assert (address, answer.status) == (address, 200)
        assert (address, violations(page)) == (address, [])


@pytest.mark.parametrize("person", PAGES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_of_staff_is_wider_than_a_small_phone(open_browser: OpenBrowser, person: str, language: str) -> None:
    page = open_browser("/sign-in", width=SMALL, language=language, script=False)
    assert overflow(page) == []
    enter(page, person)
    for address in addresses(page, person):
        page.goto(address)
        assert (address, overflow(page)) == (address, [])


def test_who_signs_out_is_out(open_browser: OpenBrowser) -> None:
    page = open_browser("/sign-in")
    enter(page, TEACHER)
    page.goto("/sign-in")
    page.locator("main form[action='/sign-out'] button").click()
    page.wait_for_load_state()
    assert page.goto("/account") is not None
    assert page.locator("a.me").get_attribute("href") == "/sign-in"
