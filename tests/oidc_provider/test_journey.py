"""People sign in and out by a real provider, in a real browser, as they would on their first day."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route
from sqlalchemy import create_engine, text

from catalog.core.settings import Settings
from tests.browser.test_accessibility import overflow, violations
from tests.oidc_provider.conftest import OpenPage


def ask(settings: Settings, query: str) -> list[Any]:
    engine = create_engine(settings.database)
    with engine.connect() as connection:
        rows = [tuple(row) for row in connection.execute(text(query))]
    engine.dispose()
    return rows


def take_roles_away(settings: Settings, name: str) -> None:
    engine = create_engine(settings.database)
    with engine.begin() as connection:
        query = (
            "UPDATE role_grant SET ended_at = granted_at WHERE user_id IN (SELECT id FROM person WHERE name = :name)"
        )
        assert connection.execute(text(query), {"name": name}).rowcount
    engine.dispose()


def sign_in(page: Page, login: str) -> None:
    """From our sign-in page through the provider's forms, and back."""
    page.get_by_role("link", name="Continue with Kommune-login").click()
    page.locator("input[name=login]").fill(login)
    page.locator("input[name=password]").fill("any")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(lambda url: "/sign-in/provider/return" not in url and "/interaction/" not in url)


def is_signed_in(page: Page, service: str) -> bool:
    return any(each["name"] == "hylde-session" and each["value"] for each in page.context.cookies(service))


def test_somebody_new_with_a_pseudonym_and_a_number_is_a_teacher_and_signs_out_of_both(
    open_page: OpenPage, service: str, shared_app: Settings, issuer: str
) -> None:
    assert ask(shared_app, "SELECT count(*) FROM external_identity WHERE subject = '0f3a-pseudonym'") == [(0,)]
    page = open_page("/sign-in?next=/privacy")
    sign_in(page, "0f3a-pseudonym")
    # The browser came from another site, and the session's cookie went along with the very next request:
    assert (page.url, page.locator("a.me").text_content()) == (f"{service}/privacy", "My account")
    found = ask(
        shared_app,
        "SELECT person.name, mail, role, school.code, role_grant.origin FROM person"
        " JOIN role_grant ON role_grant.user_id = person.id JOIN school ON school.id = role_grant.school_id"
        " JOIN external_identity ON external_identity.user_id = person.id"
        " WHERE subject = '0f3a-pseudonym'",
    )
    assert found == [("", "", "teacher", "751001", "provider")]
    assert is_signed_in(page, service)

    page.goto("/sign-in")
    page.locator("main").get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{issuer}/session/end**")  # our policy lets the form lead there
    page.get_by_role("button", name="Yes, sign me out").click()
    page.wait_for_url(f"{service}/sign-in**")
    assert not is_signed_in(page, service)
    page.get_by_role("link", name="Continue with Kommune-login").click()
    assert page.locator("input[name=login]").is_visible()  # the provider knows nobody any more


def test_control_without_the_issuer_in_our_policy_the_browser_would_not_go_there(
    open_page: OpenPage, service: str, refused: list[str]
) -> None:
    page = open_page()
    sign_in(page, "buyer")

    def forget_the_issuer(route: Route) -> None:
        answer = route.fetch()
        policy = re.sub("form-action [^;]*", "form-action 'self'", answer.headers["content-security-policy"])
        route.fulfill(response=answer, headers=answer.headers | {"content-security-policy": policy})

    page.route("**/sign-in", forget_the_issuer)
    page.goto("/sign-in")
    page.locator("main").get_by_role("button", name="Sign out").click()
    page.wait_for_timeout(1000)
    assert page.url == f"{service}/sign-in"
    assert [line for line in refused if "form-action" in line] == refused != []
    refused.clear()


def test_who_comes_back_is_known_and_is_led_to_where_they_were_going(
    open_page: OpenPage, service: str, shared_app: Settings
) -> None:
    for _ in range(2):
        page = open_page("/sign-in?next=/find%3Fq%3Ddansk")
        sign_in(page, "leader")
        assert page.url == f"{service}/find?q=dansk"
        assert page.locator("a.me").text_content() == "Ida Krog"
    found = ask(
        shared_app,
        "SELECT name, mail, (SELECT count(*) FROM role_grant WHERE user_id = person.id) FROM person"
        " WHERE name = 'Ida Krog'",
    )
    assert found == [("Ida Krog", "ida@sundby.example", 2)]


def test_it_works_without_script(open_page: OpenPage, service: str) -> None:
    page = open_page("/sign-in?next=/privacy", script=False)
    sign_in(page, "leader")
    assert page.url == f"{service}/privacy"
    assert is_signed_in(page, service)


def test_somebody_of_a_school_elsewhere_is_told_and_not_stored(
    open_page: OpenPage, service: str, shared_app: Settings
) -> None:
    before = ask(shared_app, "SELECT count(*) FROM person")
    page = open_page()
    sign_in_refused(page, "from-elsewhere")
    assert page.get_by_role("heading", level=1).text_content() == "You are not signed in"
    assert "Ask those who look after Hylde" in (page.text_content("main") or "")
    assert (is_signed_in(page, service), ask(shared_app, "SELECT count(*) FROM person")) == (False, before)


def sign_in_refused(page: Page, login: str) -> None:
    page.get_by_role("link", name="Continue with Kommune-login").click()
    page.locator("input[name=login]").fill(login)
    page.locator("input[name=password]").fill("any")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()
    page.wait_for_selector("section.message")


def test_who_breaks_off_at_the_provider_is_told_so_and_can_begin_again(open_page: OpenPage, service: str) -> None:
    page = open_page()
    page.get_by_role("link", name="Continue with Kommune-login").click()
    page.get_by_role("link", name="Cancel").click()
    page.wait_for_selector("section.message")
    assert "you broke the sign-in off" in (page.text_content("main") or "")
    page.get_by_role("link", name="To the sign-in page").click()
    sign_in(page, "buyer")
    assert is_signed_in(page, service)


def test_the_way_back_again_is_refused_in_the_same_window_and_in_another(open_page: OpenPage, service: str) -> None:
    page, backs = open_page(), []
    page.on("request", lambda request: backs.append(request.url) if "/return?" in request.url else None)
    sign_in(page, "buyer")
    for each in (page, open_page()):
        each.goto(backs[0])
        assert "began in another browser" in (each.text_content("main") or "")
    assert is_signed_in(page, service)


@pytest.mark.parametrize("language", ["da", "sv", "en"])
def test_axe_finds_nothing_on_the_pages_of_the_way(open_page: OpenPage, shared_app: Settings, language: str) -> None:
    for width in (1280, 320):
        page = open_page("/sign-in/provider/return", language=language, width=width)
        assert (violations(page), overflow(page)) == ([], [])
        page = open_page("/sign-in", language="en", width=width)
        sign_in(page, "buyer")
        take_roles_away(shared_app, "Per Holm")
        page.goto("/sign-in/provider/no-role")
        page.wait_for_selector("section.message")
        assert (violations(page), overflow(page)) == ([], [])
