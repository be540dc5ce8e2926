"""The Lab in Firefox, where one is installed: it runs in a worker, gives node's bits, and follows η.

Firefox speaks WebDriver BiDi itself: a websocket is all that is needed to drive it.
"""

import itertools
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import websocket

from eoslib.lab import Lab
from eoslib.sphinxext import module_script
from eoslib.widget import STATIC
from tests.browser.test_engine_bits import CASES, STEPS, expected

FIREFOX = shutil.which("firefox") or shutil.which("firefox-esr")
PATIENCE = 120  # s
__all__ = ["expected"]  # the fixture
pytestmark = pytest.mark.skipif(not FIREFOX, reason="Firefox is not installed")


class Firefox:
    """One tab of a Firefox without a window."""

    def __init__(self, profile: Path) -> None:
        command = [str(FIREFOX), "--headless", "--profile", str(profile), "--remote-debugging-port", "0", "--no-remote"]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr
        said = next(line for line in self.process.stderr if "WebDriver BiDi listening on" in line)
        self.socket = websocket.create_connection(f"{said.split()[-1]}/session", timeout=PATIENCE, suppress_origin=True)
        self.numbers = itertools.count()
        self.call("session.new", capabilities={})
        self.tab = self.call("browsingContext.getTree")["contexts"][0]["context"]

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while (answer := json.loads(self.socket.recv())).get("id") != number:
            pass  # an event
        assert answer["type"] == "success", answer
        return dict(answer["result"])

    def open(self, url: str) -> None:
        self.call("browsingContext.navigate", context=self.tab, url=url, wait="complete")

    def evaluate(self, expression: str) -> Any:
        text = f"JSON.stringify({expression})"
        done = self.call("script.evaluate", expression=text, target={"context": self.tab}, awaitPromise=False)
        assert done["type"] == "success", done
        return json.loads(done["result"].get("value", "null"))

    def wait(self, expression: str) -> None:
        until = time.monotonic() + PATIENCE
        while not self.evaluate(expression):
            assert time.monotonic() < until, f"{expression} stays false"
            time.sleep(0.1)

    def close(self) -> None:
        self.socket.close()
        self.process.terminate()
        self.process.communicate(timeout=30)  # also closes the pipe


@pytest.fixture(scope="module")
def firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    firefox = Firefox(tmp_path_factory.mktemp("profile"))
    yield firefox
    firefox.close()


@pytest.mark.parametrize("policy", CASES.values(), ids=CASES.keys())
def test_firefox_gives_nodes_bits(
    firefox: Firefox, expected: dict[str, list[float]], tmp_path: Path, policy: str
) -> None:
    scripts = [module_script("lab").replace("</", "<\\/"), (STATIC / "eos-mount.js").read_text("utf-8")]
    file = tmp_path / "page.html"
    file.write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f"<title>Lab</title><body>{Lab.static_html({})}" + "".join(f"<script>{script}</script>" for script in scripts),
        encoding="utf-8",
    )
    firefox.open(file.as_uri())
    firefox.wait("Boolean(document.querySelector('.eos-mount').eos)")
    lab = "document.querySelector('.eos-mount').eos"
    firefox.evaluate(f"({lab}.set('max_steps', {STEPS - 1}), {lab}.set('running', true), 0)")
    firefox.wait(f"{lab}.state().end !== ''")
    assert firefox.evaluate(f"{lab}.state().engine") == "worker"
    for column, values in expected.items():
        assert firefox.evaluate(f"{lab}.history().{column}") == values, column
    firefox.evaluate(f"({lab}.set('lr', 0.2), {lab}.set('max_steps', 5), {lab}.set('running', true), 0)")
    firefox.wait(f"{lab}.state().end !== ''")
    assert firefox.evaluate(f"{lab}.history().threshold") == [10] * 6
