"""The pages of signing in and of people, as a person uses them in a browser, with and without script."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, SMALL, OpenBrowser
from tests.browser.test_accessibility import overflow, violations

ADMIN = "Administrator"
PASSWORD = "fjorten blå ugler synger"  # noqa: S105 - of an invented person


def enter_demo(page: Page, role: str) -> None:
    """Sign in as the first of the demo's people who holds a role."""
    page.goto("/sign-in?next=/admin/users")
    page.locator("li.work", has_text=role).first.get_by_role("button").click()


def found(page: Page) -> list[str]:
    return [*violations(page), *overflow(page)]


@pytest.mark.parametrize(("language", "width"), [("da", DESKTOP), ("sv", SMALL), ("en", PHONE)])
def test_axe_finds_nothing_and_nothing_is_too_wide(open_browser: OpenBrowser, language: str, width: int) -> None:
    page = open_browser("/sign-in", width=width, language=language)
    assert found(page) == []
    page.locator("form[action='/sign-in'] button").click()
    page.wait_for_selector("[data-error-summary]")
    assert found(page) == []
    enter_demo(page, {"da": "Administrator", "sv": "Administratör", "en": "Administrator"}[language])
    assert page.url.endswith("/admin/users")
    for address in ("/admin/users", "/admin/users?q=nobody-at-all", "/admin/users/new", "/sign-in"):
        page.goto(address)
        assert (address, found(page)) == (address, [])
    page.goto("/admin/users")
    page.locator("th[role=rowheader] a").first.click()
    assert found(page) == []
    page.locator("form[action$='/roles'] button").last.click()
    page.wait_for_selector("[data-error-summary]")
    assert found(page) == []
    page.locator("form[action$='/link'] button").click()
    page.wait_for_selector("#link-text")
    assert found(page) == []
    link = page.locator("#link-text").input_value()
    page.goto(link)
    assert found(page) == []
    page.goto("/invitation?key=nothing")
    assert found(page) == []


@pytest.mark.parametrize("script", [True, False])
def test_a_newcomer_is_invited_and_comes_in(open_browser: OpenBrowser, script: bool) -> None:
    page = open_browser("/sign-in", language="en", script=script)
    enter_demo(page, ADMIN)
    page.get_by_role("link", name="Invite somebody").click()
    page.locator("#name").fill("Inge Bregnvig")
    page.locator("#role").select_option("reviewer")
    page.get_by_label("The whole municipality").check()
    page.get_by_role("button", name="Make the link").click()
    link = page.locator("#link-text").input_value()

    newcomer = open_browser(link, language="en", script=script)
    name = f"inge.{'with' if script else 'without'}"
    newcomer.locator("#username").fill(name)
    newcomer.locator("#password").fill(PASSWORD)
    newcomer.locator("#again").fill(PASSWORD)
    newcomer.get_by_role("button", name="Open the account").click()
    expect(newcomer.locator("a.me")).to_have_text("Inge Bregnvig")
    newcomer.goto("/sign-in")
    newcomer.locator("main").get_by_role("button", name="Sign out").click()
    expect(newcomer.locator("a.me")).to_have_text("Sign in")
    newcomer.goto("/admin")
    newcomer.get_by_role("main").get_by_role("link", name="Sign in").click()
    newcomer.locator("#username").fill(name)
    newcomer.locator("#password").fill(PASSWORD)
    newcomer.locator("form[action='/sign-in'] button").click()
    newcomer.wait_for_url("**/admin")
