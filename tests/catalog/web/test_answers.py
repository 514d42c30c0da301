"""What every answer carries: headers, a request id, and errors that programs and people can use."""

import re
import uuid
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Request, get, post
from litestar import _parsers as litestar_parsers
from litestar.di import NamedDependency
from litestar.params import FromQuery
from structlog.types import EventDict

from catalog.core.actor import Actor, Permission
from catalog.core.db import Database
from catalog.core.errors import Invalid, TooManyRequests
from catalog.core.settings import Settings
from catalog.resources.errors import IdentifierTaken
from catalog.web.access import PUBLIC
from catalog.web.forms import FormReader, read_form
from catalog.web.security import HEADERS
from tests.catalog.web.direct import Browser, account, build

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DETAIL = "postgresql://hylde:hunter2@host"


@get(["/probe/bug", "/api/probe/bug"], opt=PUBLIC)
async def bug() -> str:
    raise RuntimeError(DETAIL)


@get(["/probe/invalid", "/api/probe/invalid"], opt=PUBLIC)
async def invalid() -> str:
    raise Invalid(errors={"title": "field-missing", "url": "too-long"})


@get("/api/probe/taken", opt=PUBLIC)
async def taken() -> str:
    raise IdentifierTaken(scheme="isbn13", value="9788702000009", resource_id=uuid.UUID(int=5))


@get(["/probe/often", "/api/probe/often"], opt=PUBLIC)
async def often() -> str:
    raise TooManyRequests(retry_after=30)


@get(["/probe/role", "/api/probe/role"], opt=PUBLIC)
async def role(actor: NamedDependency[Actor]) -> str:
    actor.require(Permission.DECIDE)
    return "yes"


@get("/api/probe/number", opt=PUBLIC)
async def number(n: FromQuery[int]) -> int:
    return n


@post("/probe/form", opt=PUBLIC)
async def form(request: Request[Any, Any, Any]) -> int:
    return len(FormReader(await read_form(request)).text("text", longest=600_000))


MULTIPART = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--x--'
PROBES = (bug, invalid, taken, often, role, number)
REQUESTS: dict[str, tuple[int, str, str, dict[str, Any]]] = {
    "200": (200, "GET", "/sign-in", {}),
    "json": (200, "GET", "/health/live", {}),
    "ready": (200, "GET", "/health/ready", {}),
    "303": (303, "GET", "/language?language=sv", {}),
    "400": (400, "GET", "/api/probe/number?n=x", {}),
    "400 form": (400, "POST", "/sign-in", {"headers": {"content-type": "multipart/form-data"}}),
    "403": (403, "GET", "/probe/role", {}),
    "410": (410, "POST", "/invitation", {"data": account("x")}),
    "404": (404, "GET", "/no/such/page", {}),
    "404 program": (404, "GET", "/api/no/such/thing", {}),
    "404 static": (404, "GET", "/static/app.css", {}),
    "405": (405, "DELETE", "/health/live", {}),
    "413": (413, "POST", "/sign-in", {"data": {"username": "x" * 22_000_000}}),
    "422": (422, "GET", "/probe/invalid", {}),
    "429": (429, "GET", "/probe/often", {}),
    "500": (500, "GET", "/probe/bug", {}),
    "500 program": (500, "GET", "/api/probe/bug", {}),
    "openapi": (200, "GET", "/api/openapi/openapi.json", {}),
}


@pytest.fixture
async def probing(settings: Settings, database: Database) -> Browser:
    return Browser(build(settings, database, *PROBES))


async def ask(browser: Browser, name: str) -> httpx.Response:
    status, method, path, more = REQUESTS[name]
    answer = await browser.request(method, path, **more)
    assert answer.status_code == status, answer.text
    return answer


@pytest.mark.parametrize("name", REQUESTS)
async def test_every_answer_has_the_security_headers_and_a_request_id(probing: Browser, name: str) -> None:
    answer = await ask(probing, name)
    missing = {header for header, value in HEADERS.items() if answer.headers.get(header) != value}
    assert missing == set()
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])
    assert "cache-control" in answer.headers
    assert "strict-transport-security" not in answer.headers


async def test_a_static_file_has_them_too_and_so_has_not_modified(browser: Browser) -> None:
    url = browser.app.state.static_files.url("app.css")
    answer = await browser.get(url)
    again = await browser.get(url, headers={"if-none-match": answer.headers["etag"]})
    assert (answer.status_code, again.status_code) == (200, 304)
    assert all(each.headers[header] == value for each in (answer, again) for header, value in HEADERS.items())


async def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere(browser: Browser) -> None:
    sent = (await browser.get("/health/live")).headers["content-security-policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in sent.split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["frame-ancestors"] == "'none'"
    assert {rules[name] for name in ("script-src", "style-src", "connect-src", "font-src", "form-action")} == {"'self'"}
    assert "unsafe" not in sent
    assert "http" not in sent


async def test_over_https_the_browser_is_told_to_stay_there(settings: Settings, database: Database) -> None:
    secure = Settings(base_url="https://hylde.example", data_folder=settings.data_folder, secret=settings.secret)
    async with Browser(build(secure, database)) as browser:
        for path in ("/health/live", "/no/such/page"):
            sent = (await browser.get(path)).headers["strict-transport-security"]
            assert sent.startswith("max-age=31536000")


async def test_a_request_id_of_our_proxy_is_taken_and_a_strange_one_is_not(
    settings: Settings, database: Database
) -> None:
    behind = msgspec.structs.replace(settings, trusted_proxies="127.0.0.0/8")
    probing = Browser(build(behind, database, *PROBES))
    for name in ("json", "404", "500"):
        _, method, path, _ = REQUESTS[name]
        given = await probing.request(method, path, headers={"x-request-id": "from-the-proxy-1"})
        strange = await probing.request(method, path, headers={"x-request-id": "a b\tc"})
        assert given.headers["x-request-id"] == "from-the-proxy-1"
        assert re.fullmatch("[0-9a-f]{32}", strange.headers["x-request-id"])


@pytest.mark.parametrize("trusted", ["", "10.0.0.0/8, ::1"])
async def test_a_request_id_of_a_client_is_not_taken(settings: Settings, database: Database, trusted: str) -> None:
    probing = Browser(build(msgspec.structs.replace(settings, trusted_proxies=trusted), database, *PROBES))
    answer = await probing.get("/health/live", headers={"x-request-id": "made-up-by-a-client"})
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])


@pytest.mark.parametrize("name", ["500", "500 program"])
async def test_a_bug_is_told_without_detail_and_logged_with_it(
    probing: Browser, name: str, logged: list[EventDict]
) -> None:
    answer = await ask(probing, name)
    assert "hunter2" not in answer.text
    assert "RuntimeError" not in answer.text
    noted = next(event for event in logged if event["event"] == "request failed")
    assert (noted["code"], str(noted["exc_info"])) == ("unexpected", DETAIL)
    line = next(event for event in logged if event["event"] == "request")
    assert (line["status"], line["path"]) == (500, REQUESTS[name][2])


async def test_the_page_of_a_bug_names_the_number_that_support_asks_for(probing: Browser) -> None:
    answer = await ask(probing, "500")
    assert f"<code>{answer.headers['x-request-id']}</code>" in answer.text


async def test_a_query_is_never_logged(probing: Browser, logged: list[EventDict]) -> None:
    await probing.get("/invitation?key=hunter2")
    assert len(logged) == 1
    assert "hunter2" not in str(logged)


@pytest.mark.parametrize(
    ("path", "headers", "is_problem"),
    [
        ("/api/probe/invalid", {}, True),
        ("/api/probe/invalid", {"accept": "text/html"}, True),
        ("/api/nothing", {"accept": "text/html"}, True),
        ("/probe/invalid", {"accept": "application/json"}, True),
        ("/probe/invalid", {"accept": "application/problem+json"}, True),
        ("/nothing", {"accept": "application/json"}, True),
        ("/probe/invalid", {}, False),
        ("/probe/invalid", {"accept": "text/html,application/json;q=0.9"}, False),
        ("/nothing", {"accept": "*/*"}, False),
    ],
)
async def test_programs_get_a_problem_and_people_a_page(
    probing: Browser, path: str, headers: dict[str, str], is_problem: bool
) -> None:
    answer = await probing.get(path, headers=headers)
    kind = answer.headers["content-type"].split(";")[0]
    assert kind == ("application/problem+json" if is_problem else "text/html")
    if is_problem:
        assert {"type", "title", "status", "detail", "instance"} <= answer.json().keys()
    else:
        assert "<h1" in answer.text


async def test_a_problem_tells_its_members_and_is_said_in_english_whatever_the_reader_speaks(probing: Browser) -> None:
    answer = await probing.get("/api/probe/taken", headers={"accept-language": "sv"})
    assert answer.status_code == 409
    assert answer.json() == {
        "type": "/problems/identifier-taken",
        "title": "Another resource already has this identifier",
        "status": 409,
        "detail": "Another resource already has the identifier 9788702000009.",
        "instance": "/api/probe/taken",
        "scheme": "isbn13",
        "value": "9788702000009",
        "resourceId": str(uuid.UUID(int=5)),
    }
    assert (await probing.get("/api/probe/invalid")).json()["errors"] == {"title": "field-missing", "url": "too-long"}


async def test_who_must_wait_is_told_how_long(probing: Browser) -> None:
    program, person = await probing.get("/api/probe/often"), await probing.get("/probe/often")
    assert (program.headers["retry-after"], program.json()["retryAfter"]) == ("30", 30)
    assert (person.headers["retry-after"], " 30 " in person.text) == ("30", True)


async def test_a_method_that_is_not_answered_is_told_which_are(probing: Browser) -> None:
    answer = await probing.delete("/sign-in")
    assert {"GET", "POST"} <= set(answer.headers["allow"].split(", "))


async def test_a_permission_that_is_missing_is_told_by_its_name(probing: Browser) -> None:
    assert (await probing.get("/api/probe/role")).json()["permission"] == "decide"
    assert (await probing.get("/probe/role")).status_code == 403


async def test_a_form_within_the_limit_is_taken_and_one_beyond_is_not(settings: Settings, database: Database) -> None:
    async with Browser(build(settings, database, form)) as browser:
        for size, status in ((500_000, 201), (512_001, 413)):
            answer = await browser.post("/probe/form", data={"text": "x" * size})
            assert answer.status_code == status


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/x-www-form-urlencoded", b"text=%ff%fe", 400),
        ("application/x-www-form-urlencoded", b"text=\xff", 400),
        ("application/x-www-form-urlencoded", b"&".join([b"a=b"] * 20_000), 400),
        ("application/x-www-form-urlencoded; charset=nope", b"text=a%00b", 201),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--x--',
            400,
        ),
        ("multipart/form-data", b"", 400),
        ("text/plain", b"text=a", 201),
    ],
)
async def test_a_form_in_hostile_bytes_is_no_failure_of_ours(
    settings: Settings, database: Database, kind: str, body: bytes, status: int
) -> None:
    async with Browser(build(settings, database, form)) as browser:
        answer = await browser.post("/probe/form", content=body, headers={"content-type": kind})
        assert answer.status_code == status


async def test_what_was_sent_is_not_kept_in_memory(settings: Settings, database: Database) -> None:
    async with Browser(build(settings, database, form)) as browser:
        before = litestar_parsers.parse_url_encoded_form_data.cache_info()
        await browser.post("/probe/form", data={"text": "secret of a reader"})
    assert litestar_parsers.parse_url_encoded_form_data.cache_info() == before
