"""A real Chromium, the built book over http, and a record of everything a page asks for or complains about."""

import functools
import html as entities
import http.server
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    Response,
    sync_playwright,
)

from eoslib.sphinxext import module_script
from eoslib.widget import STATIC, Widget
from tests.conftest import missing

PATIENCE = 180_000  # ms; generous, because a busy machine with two cores must pass too
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
POLICY = "default-src 'none'; script-src 'unsafe-inline' blob:; style-src 'unsafe-inline'; worker-src 'none'"
Open = Callable[..., Locator]
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


@pytest.fixture(scope="session")
def axe(root: Path, node: str) -> Path:
    """The accessibility checker axe-core, one of the development packages of widgets/package-lock.json."""
    file = root / "widgets" / "node_modules" / "axe-core" / "axe.min.js"
    if not file.exists():
        places = f"{Path(node).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        npm = shutil.which("npm", path=places)
        if not npm:
            missing("npm")
        command = [str(npm), "ci", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=root / "widgets", env={**os.environ, "PATH": places}, check=True, timeout=600)
    return file


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


@pytest.fixture
def mount(desk: Desk, tmp_path: Path) -> Open:
    """Opens a page with one widget; `raw` stands in for its stored state. The page may ask for nothing at all."""

    def open_page(
        widget: type[Widget],
        state: Any = None,
        *,
        raw: str | None = None,
        part: str = "",
        beside: tuple[type[Widget], ...] = (),
        **options: Any,
    ) -> Locator:
        twin = widget.static_html(state or {})
        if raw is not None:
            stored = twin.split('data-eos-state="')[1].split('"')[0]
            twin = twin.replace(stored, entities.escape(raw, quote=True))
        modules = [module_script(one.module).replace("</", "<\\/") for one in (widget, *beside)]
        scripts = [*modules, (STATIC / "eos-mount.js").read_text("utf-8")]
        theme = options.get("scheme", "light")
        page_file = tmp_path / "page.html"
        page_file.write_text(
            f'<!doctype html><html lang="en" data-theme="{theme}"><meta charset="utf-8">'
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
            f'<meta name="viewport" content="width=device-width"><title>{widget.__name__}</title><body>{twin}'
            + "".join(one.static_html({}) for one in beside)
            + "".join(f"<script>{script}</script>" for script in scripts),
            encoding="utf-8",
        )
        page, log = desk.open(page_file.as_uri() + part, **options)
        page.wait_for_function("n => document.querySelectorAll('[data-eos-ready]').length === n", arg=1 + len(beside))
        assert (log.outside, log.errors) == ([], [])
        return page.locator(".eos-mount").first

    return open_page
