"""The npm package ``oidc-provider`` on a loopback port, the service that knows it, and Chromium in front of both."""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from catalog.app import create_app
from catalog.core.db import open_database, transaction
from catalog.core.settings import Settings
from catalog.organisations.models import CodeScheme, School, SchoolCode
from tests.browser.conftest import FLAGS, LOCALES
from tests.conftest import PROOF_KEY

HERE = Path(__file__).parent
CLIENT, CLIENT_PROOF = "hylde", "only-for-tests"
PEOPLE: dict[str, dict[str, Any]] = {
    "0f3a-pseudonym": {"institution": "751001"},
    "from-elsewhere": {"institution": "999999"},
    "leader": {"institution": "751001", "name": "Ida Krog", "email": "ida@sundby.example", "groups": ["heads"]},
    "buyer": {"name": "Per Holm", "groups": ["buyers"]},
}
"""By what they type as their login; a teacher is known by a pseudonym and the number of a school only."""
OpenPage: TypeAlias = Callable[..., Page]


@pytest.fixture(scope="package")
def node() -> str:
    found = shutil.which("node")
    if found is None:
        pytest.skip("no Node here: apt-get install nodejs npm")
    if not (HERE / "node_modules/oidc-provider").is_dir():
        pytest.skip("the provider is not installed: npm ci --prefix tests/oidc_provider")
    return found


@pytest.fixture(scope="package")
def chromium_here() -> str:
    found = next((path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    return found


@pytest.fixture(scope="package")
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        found: int = free.getsockname()[1]
        return found


@pytest.fixture(scope="package")
def issuer(node: str, chromium_here: str, port: int) -> Iterator[str]:
    address = f"http://127.0.0.1:{port}"
    told = {
        "clientId": CLIENT,
        "clientSecret": CLIENT_PROOF,
        "redirectUri": f"{address}/sign-in/provider/return",
        "afterSignOut": f"{address}/sign-in",
        "people": PEOPLE,
    }
    running = subprocess.Popen(
        [node, HERE / "server.mjs"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"OIDC_TEST": json.dumps(told)},
        text=True,
    )
    with running:
        assert running.stdout is not None
        yield running.stdout.readline().strip()
        running.kill()


@pytest.fixture(scope="package")
def settings_here(issuer: str, port: int, tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Settings:
    folder = tmp_path_factory.mktemp("journey")
    shutil.copy(migrated_sqlite, folder / "hylde.sqlite")
    return Settings(
        municipality="Sundby Kommune",
        data_folder=folder,
        secret=PROOF_KEY,
        base_url=f"http://127.0.0.1:{port}",
        oidc_issuer=issuer,
        oidc_client_id=CLIENT,
        oidc_client_secret=CLIENT_PROOF,
        oidc_scope="openid profile email roles",
        oidc_name="Kommune-login",
        oidc_claims="name=name mail=email school=institution roles=groups",
        oidc_roles="heads=school_leader buyers=purchasing",
        oidc_join="teacher",
    )


@pytest.fixture(scope="package")
def service(settings_here: Settings, port: int) -> Iterator[str]:
    """The service with one school, as it runs; its clock is the machine's."""
    server = uvicorn.Server(uvicorn.Config("", port=port, log_level="warning", ws="none", lifespan="on"))
    thread = threading.Thread(target=asyncio.run, args=(_serve(settings_here, server),))
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.05)
    assert server.started, "the service did not start; its log says why"
    yield settings_here.base_url
    server.should_exit = True
    thread.join()


async def _serve(settings: Settings, server: uvicorn.Server) -> None:
    database = open_database(settings.database)
    async with transaction(database.writers) as session:
        school = School(code="751001", name="Sundby Skole", kind="grundskole", grades=["1"])
        session.add(school)
        await session.flush()
        session.add(SchoolCode(school_id=school.id, scheme=CodeScheme.STIL, value="751001"))
    server.config.app = create_app(settings, database)
    await server.serve()
    await database.close()


@pytest.fixture
def shared_app(settings_here: Settings, service: str) -> Settings:
    """The settings of the service that runs, for a look into its database."""
    return msgspec.structs.replace(settings_here)


@pytest.fixture(scope="package")
def window(chromium_here: str, service: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium_here, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def refused() -> list[str]:
    """What the browser says that a security policy refused, and errors of scripts."""
    return []


@pytest.fixture
def open_page(window: Browser, service: str, refused: list[str]) -> Iterator[OpenPage]:
    """Somebody's own browser on the service; whatever was refused fails the test at its end."""
    pages: list[Page] = []

    def open_one(path: str = "/sign-in", *, language: str = "en", width: int = 1280, script: bool = True) -> Page:
        context = window.new_context(
            base_url=service,
            viewport={"width": width, "height": 844},
            locale=LOCALES[language],
            java_script_enabled=script,
            reduced_motion="reduce",
        )
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda line: refused.append(line.text) if "Content Security Policy" in line.text else None)
        page.on("pageerror", lambda error: refused.append(str(error)))
        pages.append(page)
        page.goto(path)
        return page

    yield open_one
    for page in pages:
        page.context.close()
    assert refused == []
