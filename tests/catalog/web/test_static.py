"""Static files: names that hold their hash, kept for ever, and nothing else of the disk."""

import re
from pathlib import Path

import pytest

from catalog.core.errors import NotFound
from catalog.web.static import FOLDER, StaticFiles
from tests.catalog.web.direct import Browser

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LINK = re.compile(r"url\(\s*['\"]?([^'\")]+)['\"]?\s*\)")


@pytest.fixture(scope="module")
def files() -> StaticFiles:
    return StaticFiles()


@only_sqlite
async def test_a_file_is_kept_for_ever_and_known_again(browser: Browser, files: StaticFiles) -> None:
    url = files.url("app.css")
    assert re.fullmatch(r"/static/app\.[0-9a-f]{16}\.css", url)
    first = await browser.get(url)
    again = await browser.get(url, headers={"if-none-match": first.headers["etag"]})
    other = await browser.get(url, headers={"if-none-match": '"something else"'})

    assert (first.status_code, again.status_code, other.status_code) == (200, 304, 200)
    assert first.headers["cache-control"] == again.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert first.headers["content-type"].startswith("text/css")
    assert again.content == b""
    assert again.headers["etag"] == first.headers["etag"]


@only_sqlite
@pytest.mark.parametrize(
    "path",
    [
        "/static/app.css",
        "/static/app.0000000000000000.css",
        "/static/../static.py",
        "/static/..%2fstatic.py",
        "/static/%2e%2e/%2e%2e/app.py",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/..%5c..%5capp.py",
        "/static/app.css%00",
        "/static/",
    ],
)
async def test_nothing_else_is_served(browser: Browser, path: str) -> None:
    answer = await browser.get(path)
    assert answer.status_code == 404
    assert "import" not in answer.text


@only_sqlite
async def test_every_file_that_is_served_has_a_type_and_every_name_answers(
    browser: Browser, files: StaticFiles
) -> None:
    names = [
        path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.suffix in {".css", ".js", ".svg"}
    ]
    assert len(names) > 5
    for name in names:
        answer = await browser.get(files.url(name))
        assert answer.status_code == 200, name
        assert answer.headers["content-type"].split(";")[0] in {"text/css", "text/javascript", "image/svg+xml"}


@only_sqlite
async def test_every_address_in_a_style_sheet_leads_to_a_file(browser: Browser, files: StaticFiles) -> None:
    sheets = [path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.css")]
    followed = set[str]()
    for sheet in sheets:
        for target in LINK.findall((await browser.get(files.url(sheet))).text):
            if not target.startswith(("data:", "#", "%23")):
                followed.add(target)
                assert (await browser.get(target)).status_code == 200, (sheet, target)
    assert any(target.endswith(".woff2") for target in followed)


def test_a_name_changes_with_its_content_and_with_what_its_links_lead_to(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("body { background: url('img/b.svg') }")
    (tmp_path / "img").mkdir()
    (tmp_path / "img/b.svg").write_text("<svg/>")
    before = StaticFiles(tmp_path)
    (tmp_path / "img/b.svg").write_text("<svg></svg>")
    after = StaticFiles(tmp_path)

    assert before.url("a.css") != after.url("a.css")
    sheet = after.find(after.url("a.css").removeprefix("/static/")).content.decode()
    assert f'url("{after.url("img/b.svg")}")' in sheet
    assert StaticFiles(tmp_path).url("a.css") == after.url("a.css")


def test_a_page_cannot_link_to_a_file_that_is_not_there(files: StaticFiles) -> None:
    with pytest.raises(KeyError):
        files.url("no-such.css")
    with pytest.raises(NotFound):
        files.find("no-such.css")
