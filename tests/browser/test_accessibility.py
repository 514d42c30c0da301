"""Every page of the reader's, in three languages: axe finds nothing, and nothing is wider than a small phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import DESKTOP, PHONE, SMALL, OpenBrowser

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}}
PAGES = {
    "everything": "/find?q=",
    "found": "/find?q=l%C3%A6s&decision=approved",
    "words": "/find?q=matematik+4.+klasse+ipad",
    "nothing": "/find?decision=approved&platform=linux&grade=0&login=feide",
    "refused": "/find?q=br%C3%B8kpizzeriaet",
    "choose": "/choose",
    "accessibility": "/accessibility",
    "privacy": "/privacy",
    "error": "/nowhere",
}
RESOURCES = ("decision=conditional", "decision=rejected", "decision=pilot", "decision=expired")
"""The first resource that each search finds is opened."""
LANGUAGES = ("da", "sv", "en")


def violations(page: Page) -> list[str]:
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{each['id']}: {node['html'][:160]}" for each in found for node in each["nodes"]]


def overflow(page: Page) -> list[str]:
    """Elements that reach beyond the window, where the page can be scrolled sideways."""
    found: list[str] = page.evaluate(
        """() => document.documentElement.scrollWidth <= document.documentElement.clientWidth ? [] :
        [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
        .map((e) => e.outerHTML.slice(0, 120))"""
    )
    return found


def open_resource(page: Page, query: str) -> None:
    page.goto(f"/find?{query}")
    page.locator(".card h2 a").first.click()
    page.wait_for_selector(".verdict")


@pytest.mark.parametrize(("language", "width"), [("da", DESKTOP), ("sv", DESKTOP), ("en", DESKTOP), ("da", PHONE)])
def test_axe_finds_nothing_on_any_page(open_browser: OpenBrowser, language: str, width: int) -> None:
    page = open_browser("/privacy", width=width, language=language)
    for name, path in PAGES.items():
        page.goto(path)
        assert (name, violations(page)) == (name, [])
    for query in RESOURCES:
        open_resource(page, query)
        assert (query, violations(page)) == (query, [])
    page.locator("#report form button").click()
    page.wait_for_selector("[data-error-summary]")
    assert violations(page) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_in_the_sheet_and_the_menu_of_a_phone(open_browser: OpenBrowser, language: str) -> None:
    page = open_browser("/find?q=matematik+4.+klasse", width=PHONE, language=language)
    page.locator("[data-open-sheet]").click()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.locator(".menu-button").click()
    assert violations(page) == []


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_is_wider_than_a_small_phone(open_browser: OpenBrowser, language: str, script: bool) -> None:
    page = open_browser("/privacy", width=SMALL, language=language, script=script)
    for name, path in PAGES.items():
        page.goto(path)
        assert (name, overflow(page)) == (name, [])
    for query in RESOURCES:
        open_resource(page, query)
        assert (query, overflow(page)) == (query, [])


def test_axe_would_find_a_fault(open_browser: OpenBrowser) -> None:
    page = open_browser()
    page.evaluate("document.querySelector('#q').parentElement.previousElementSibling.remove()")
    page.evaluate("document.querySelector('#q').removeAttribute('placeholder')")
    assert any(fault.startswith("label") for fault in violations(page))
