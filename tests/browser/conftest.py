"""A real Chromium, the built book over http, and a record of everything a page asks for or complains about."""

import functools
import http.server
import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, sync_playwright

from tests.conftest import missing

PATIENCE = 180_000  # ms; generous, because a busy machine with two cores must pass too
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--no-sandbox", "--disable-background-networking"]


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """The tests read the browser's log, not the server's."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
        if not found and not Path(playwright.chromium.executable_path).exists():
            missing("Chromium")
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site(html: Path) -> Iterator[str]:
    """The address of the built book, served from this process."""
    handler = functools.partial(QuietHandler, directory=str(html))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@dataclass
class Log:
    """What one page asked for and complained about."""

    origin: str  # requests that start with it are the page's own
    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def request(self, request: Request) -> None:
        if not request.url.startswith((self.origin, "data:", "blob:")):
            self.outside.append(request.url)

    def response(self, response: Response) -> None:
        if response.status >= 400:
            self.errors.append(f"{response.status} {response.url}")

    def console(self, message: ConsoleMessage) -> None:
        # a page opened as a file may not preload the theme's icon fonts; the icons are drawn as SVG anyway
        font = self.origin.startswith("file") and "/fontawesome/" in message.text + message.location.get("url", "")
        if message.type == "error" and not font:
            self.errors.append(f"{message.text} {message.location.get('url', '')}")


class Desk:
    """Opens pages in fresh contexts and keeps their logs."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.contexts: list[BrowserContext] = []

    def open(self, url: str, *, width: int = 1280, height: int = 800, scheme: str = "light") -> tuple[Page, Log]:
        context = self.browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        self.contexts.append(context)
        context.set_default_timeout(PATIENCE)
        page, log = context.new_page(), Log("file://" if url.startswith("file") else "/".join(url.split("/")[:3]))
        page.on("request", log.request)
        page.on("console", log.console)
        page.on("pageerror", lambda error: log.errors.append(str(error)))
        page.on("response", log.response)
        page.goto(url)
        return page, log


@pytest.fixture
def desk(browser: Browser) -> Iterator[Desk]:
    desk = Desk(browser)
    yield desk
    for context in desk.contexts:
        context.close()
