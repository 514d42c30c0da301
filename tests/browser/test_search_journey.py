"""The search journey as a teacher walks it: on a desktop and on phones, with script and without."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, SMALL, OpenBrowser, until

WIDTHS = (DESKTOP, PHONE, SMALL)


def titles(page: Page) -> list[str]:
    return page.locator(".card h2").all_inner_texts()


def number(page: Page) -> int:
    return int(re.sub(r"\D", "", page.locator("#count").inner_text()))


def asked(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def searched(page: Page, count: int) -> None:
    """Wait until the answer is there: the status says its number."""
    expect(page.locator("#count")).to_have_text(re.compile(rf"^\s*{count} resources?\s*$"))


def tally(page: Page, box: str) -> int:
    return int(page.locator(f"label:has(#{box}) .tally").inner_text())


@pytest.mark.parametrize("width", WIDTHS)
def test_three_letters_show_results_while_typing(open_browser: OpenBrowser, width: int) -> None:
    page = open_browser(width=width)
    before = number(page)
    length = page.evaluate("history.length")
    page.locator("#q").press_sequentially("læs", delay=60)
    page.wait_for_url("**q=l%C3%A6s")
    expect(page.locator(".card mark").first).to_have_text(re.compile("^læs", re.IGNORECASE))
    assert 0 < number(page) < before
    assert page.evaluate("history.length") == length  # typing replaces the address
    assert page.title() == "Find “læs” – Hylde"
    expect(page.locator("#q")).to_be_focused()


def test_facets_narrow_with_right_counts_and_a_chip_takes_one_away(open_browser: OpenBrowser) -> None:
    page = open_browser("/find?q=l%C3%A6s")
    everything, approved = number(page), tally(page, "decision-approved")
    page.locator("#decision-approved").check()
    searched(page, approved)
    assert asked(page) == {"q": ["læs"], "decision": ["approved"]}
    web = tally(page, "platform-web")
    page.locator("#platform-web").check()
    searched(page, web)
    assert tally(page, "decision-approved") == web
    page.get_by_role("link", name="Remove the filter Approved").click()
    expect(page.locator("#decision-approved")).not_to_be_checked()
    assert asked(page) == {"q": ["læs"], "platform": ["web"]}
    page.get_by_role("link", name="Clear all").click()
    searched(page, everything)


def test_back_restores_the_results_the_filters_and_the_place(open_browser: OpenBrowser) -> None:
    page = open_browser("/find?q=")
    page.locator("#decision-approved").check()
    page.wait_for_url("**decision=approved**")
    first, on_ipad = titles(page), tally(page, "platform-ipados")
    page.locator("#platform-ipados").check()
    searched(page, on_ipad)
    page.locator(".card").nth(12).scroll_into_view_if_needed()
    page.evaluate("window.scrollTo(0, 1500)")
    until(page, "window.scrollY === 1500")
    shown = titles(page)
    page.locator(".card h2 a").nth(8).click()
    expect(page.locator("h1")).to_have_text(shown[8])
    page.go_back()
    expect(page.locator("#platform-ipados")).to_be_checked()
    assert titles(page) == shown
    until(page, "Math.abs(window.scrollY - 1500) < 60")
    page.go_back()
    expect(page.locator("#platform-ipados")).not_to_be_checked()
    expect(page.locator(".card h2")).to_have_text(first)
    page.go_forward()
    expect(page.locator("#platform-ipados")).to_be_checked()
    expect(page.locator(".card h2")).to_have_text(shown)


def test_the_order_is_chosen_and_kept_in_the_address(open_browser: OpenBrowser) -> None:
    page = open_browser("/find?q=")
    page.locator("#sort").select_option("title")
    page.wait_for_url("**sort=title**")
    expect(page.locator(".card h2").first).not_to_have_text("")
    page.reload()
    assert page.locator("#sort").input_value() == "title"


def test_words_become_filters_and_a_choice_takes_the_words_out(open_browser: OpenBrowser) -> None:
    page = open_browser()
    page.locator("#q").press_sequentially("matematik 4. klasse ipad ", delay=20)
    expect(page.locator("#chips .recognised")).to_have_count(2)
    count = number(page)
    page.locator("#facet-grade").get_by_role("link", name="Grade 5").click()
    expect(page.locator("#q")).to_have_value("matematik ipad")
    assert asked(page)["grade"] == ["4", "5"]
    assert number(page) >= count
    page.locator("#chips .recognised").click()
    page.wait_for_url("**literal=ipad**")


@pytest.mark.parametrize("width", [PHONE, SMALL])
def test_on_a_phone_the_filters_are_a_sheet_that_says_how_many(open_browser: OpenBrowser, width: int) -> None:
    page = open_browser("/find?q=l%C3%A6s", width=width)
    page.get_by_role("button", name="Filters").click()
    sheet = page.get_by_role("dialog")
    expect(sheet).to_be_visible()
    approved = tally(page, "decision-approved")
    sheet.locator("#decision-approved").check()
    expect(sheet.get_by_role("button", name=f"Show {approved} results")).to_be_visible()
    expect(sheet.locator("#sheet-title")).to_have_text(re.compile(r"Filters\s*\(1\)"))
    assert page.evaluate("document.documentElement.scrollWidth") == width
    sheet.get_by_role("button", name=f"Show {approved} results").click()
    expect(sheet).to_be_hidden()
    assert number(page) == approved
    expect(page.get_by_role("button", name="Filters (1)")).to_be_visible()
    page.get_by_role("button", name="Filters").click()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()


@pytest.mark.parametrize("width", WIDTHS)
def test_without_a_script_the_same_way_is_walked_by_forms_and_links(open_browser: OpenBrowser, width: int) -> None:
    page = open_browser(width=width, script=False)
    page.locator("#q").fill("læs")
    page.get_by_role("button", name="Search").click()
    everything = number(page)
    if width < DESKTOP:
        page.locator("#filters > summary").click()
    approved = tally(page, "decision-approved")
    page.locator("#decision-approved").check()
    page.get_by_role("button", name="Use these filters").click()
    assert number(page) == approved
    page.get_by_role("link", name="Remove the filter Approved").click()
    assert number(page) == everything
    title = titles(page)[0]
    page.locator(".card h2 a").first.click()
    expect(page.locator("h1")).to_have_text(title)
    page.get_by_role("link", name="Back to the results").click()
    assert (number(page), titles(page)[0]) == (everything, title)


@pytest.mark.parametrize("script", [True, False])
def test_the_language_changes_and_the_search_stays(open_browser: OpenBrowser, script: bool) -> None:
    page = open_browser("/find?q=l%C3%A6s&decision=approved", script=script)
    count = number(page)
    page.get_by_role("button", name="Dansk").click()
    expect(page.locator("html")).to_have_attribute("lang", "da")
    assert asked(page) == {"q": ["læs"], "decision": ["approved"]}
    assert number(page) == count
    page.get_by_role("button", name="Svenska").click()
    expect(page.locator("html")).to_have_attribute("lang", "sv")


def test_after_typing_the_language_changes_the_search_that_is_shown(open_browser: OpenBrowser) -> None:
    page = open_browser()
    page.locator("#q").press_sequentially("brøk", delay=20)
    page.wait_for_url("**q=br%C3%B8k")
    page.get_by_role("button", name="Dansk").click()
    expect(page.locator("#q")).to_have_value("brøk")


@pytest.mark.parametrize("width", [DESKTOP, SMALL])
@pytest.mark.parametrize("script", [True, False])
def test_school_and_grades_are_chosen_once_and_kept(open_browser: OpenBrowser, script: bool, width: int) -> None:
    page = open_browser("/find?q=br%C3%B8k", script=script, width=width)
    page.get_by_role("link", name="Choose your school and grade once").click()
    page.locator("#school").select_option(label="Mågebækskolen")
    for grade in ("4", "5"):
        page.locator(f"input[name=grade][value='{grade}']").check(force=True)  # a tile covers its box
    page.get_by_role("button", name="Keep my choice").click()
    assert asked(page) == {"q": ["brøk"], "grade": ["4", "5"]}
    expect(page.locator(".kept")).to_contain_text("Mågebækskolen, grades 4–5")
    page.goto("/")
    assert asked(page) == {"grade": ["4", "5"]}
    page.get_by_role("link", name="Clear all").click()
    assert "grade" not in asked(page)
    page.get_by_role("link", name="Change school or grade").click()
    page.get_by_role("button", name="Forget my choice").click()
    page.goto("/")
    assert asked(page) == {}


@pytest.mark.parametrize("script", [True, False])
def test_an_error_is_reported_from_the_page_where_it_was_seen(open_browser: OpenBrowser, script: bool) -> None:
    page = open_browser("/find?q=br%C3%B8k", script=script)
    page.locator(".card h2 a").first.click()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert").first).to_contain_text("1 thing to correct")
    page.locator("#about").select_option("link")
    page.locator("#text").fill("Linket virker ikke")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Thank you.")).to_be_visible()
    assert page.url.endswith("reported=1#report")


def test_a_refused_name_is_answered_above_the_hits(open_browser: OpenBrowser) -> None:
    page = open_browser()
    page.locator("#q").press_sequentially("brøkpizzeriaet", delay=10)
    expect(page.locator(".ruling h2")).to_have_text("Brøkpizzeriaet is not approved")
    page.locator(".ruling .instead a").first.click()
    expect(page.locator(".verdict")).to_contain_text("Approved")


def test_a_slash_goes_to_the_search_field_until_it_is_switched_off(open_browser: OpenBrowser) -> None:
    page = open_browser()
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.goto("/accessibility")
    page.locator("input[data-setting=slash]").uncheck()
    page.goto("/find?q=")
    page.keyboard.press("/")
    expect(page.locator("#q")).not_to_be_focused()


def test_the_whole_way_is_walked_by_keyboard(open_browser: OpenBrowser) -> None:
    page = open_browser()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("/")
    page.keyboard.type("brøk", delay=20)
    page.wait_for_url("**q=br%C3%B8k")
    expect(page.locator(".card mark").first).to_be_visible()
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('.card') !== null"):
            break
    title = page.evaluate("document.activeElement.innerText")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(title)


def test_when_the_search_cannot_be_reached_the_page_says_so_and_keeps_what_it_has(open_browser: OpenBrowser) -> None:
    page = open_browser()
    before = titles(page)
    page.route("**/find?*", lambda route: route.abort())
    page.locator("#q").press_sequentially("brøk", delay=10)
    expect(page.locator("#trouble")).to_be_visible()
    assert titles(page) == before
    page.unroute("**/find?*")
    page.locator("#q").press_sequentially("er", delay=10)
    expect(page.locator("#trouble")).to_be_hidden()
