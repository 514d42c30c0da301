"""A real browser on the real service: the demo municipality, served on a loopback port for as long as the package runs.

Every page is watched: what the security policy refuses and every error of a script fail the test at its end.
"""

import asyncio
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from catalog.app import create_app, open_region
from catalog.core.actor import SYSTEM
from catalog.core.db import open_database
from catalog.core.settings import Settings
from seed.load import load_demo
from tests.conftest import NOON, PROOF_KEY, TODAY

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
LOCALES = {"da": "da-DK", "sv": "sv-SE", "en": "en-GB"}
DESKTOP, PHONE, SMALL = 1280, 390, 320
WATCH = """
    window.refused = [];
    document.addEventListener("securitypolicyviolation", (e) => window.refused.push(e.violatedDirective));
"""
OpenBrowser: TypeAlias = Callable[..., Page]


@pytest.fixture(scope="package")
def chromium() -> str:
    found = next((path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    return found


@pytest.fixture(scope="package")
def address(chromium: str, tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[str]:
    """The service with the demo in it; asked for only where there is a browser."""
    folder = tmp_path_factory.mktemp("served")
    shutil.copy(migrated_sqlite, folder / "hylde.sqlite")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = Settings(
        municipality="Sundby Kommune",
        data_folder=folder,
        secret=PROOF_KEY,
        demo=True,
        base_url=f"http://127.0.0.1:{port}",
    )
    server = uvicorn.Server(uvicorn.Config("", port=port, log_level="warning", ws="none", lifespan="on"))
    thread = threading.Thread(target=asyncio.run, args=(_serve(settings, server),))
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.05)
    assert server.started, "the service did not start; its log says why"
    yield settings.base_url
    server.should_exit = True
    thread.join()


async def _serve(settings: Settings, server: uvicorn.Server) -> None:
    database = open_database(settings.database)
    await load_demo(database, SYSTEM, open_region(settings), TODAY)
    server.config.app = create_app(settings, database, now=lambda: NOON)
    await server.serve()
    await database.close()


@pytest.fixture(scope="package")
def browser(chromium: str, address: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = opened.new_page()
        _wait_for_the_index(page, address)
        page.close()
        yield opened
        opened.close()


def _wait_for_the_index(page: Page, address: str) -> None:
    deadline = time.monotonic() + 60
    while page.goto(f"{address}/find?q=") and page.locator("#count").text_content(timeout=5000) != "300 resources":
        assert time.monotonic() < deadline, "the demo was not indexed within a minute"
        page.wait_for_timeout(300)


@pytest.fixture
def open_browser(browser: Browser, address: str) -> Iterator[OpenBrowser]:
    """A reader's window of a width, in a language, with script or without."""
    pages: list[Page] = []
    errors: list[str] = []

    def open_one(path: str = "/find", *, width: int = DESKTOP, language: str = "en", script: bool = True) -> Page:
        context = browser.new_context(
            base_url=address,
            viewport={"width": width, "height": 844},
            locale=LOCALES[language],
            java_script_enabled=script,
            reduced_motion="reduce",
        )
        context.add_init_script(WATCH)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda line: errors.append(line.text) if "Content Security Policy" in line.text else None)
        pages.append(page)
        page.goto(path)
        return page

    yield open_one
    for page in pages:
        errors += page.evaluate("window.refused ?? []")
        page.context.close()
    assert errors == []


def until(page: Page, truth: str, seconds: float = 10) -> None:
    """Wait until an expression is true; the browser's own waiting would need what our policy forbids."""
    deadline = time.monotonic() + seconds
    while not page.evaluate(truth):
        assert time.monotonic() < deadline, f"never true: {truth}"
        page.wait_for_timeout(50)
