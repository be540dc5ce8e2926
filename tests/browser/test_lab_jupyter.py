"""The same widgets live in JupyterLab: they run, take arrow keys, and Python sees what the reader chose."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, TimeoutError

from tests.browser.conftest import PATIENCE, Desk, Log

CELLS = [
    "import eoslib as eos\n\nlab = eos.Lab(lr=0.2)\nlab",
    'print("the kernel has", lab.lr)',
    "import eoslib as eos\n\nsmall = eos.Quadratic(curvature=[10, 1])\nsmall",
    'print("the kernel has", small.w0[1])',
    "import eoslib as eos\n\nnetwork = eos.Objective(eos.mlp(1, 8, 1, seed=0), eos.chebyshev(3))\n"
    "live = eos.live(network, eos.GradientDescent(lr=0.1))\nlive",
    'print("the kernel has", live.run.lrs[-1] if not live.playing and len(live.run.step) > 60 else 0)',
]


def notebook(*sources: str) -> str:
    cells = [
        {"cell_type": "code", "id": f"c{k}", "metadata": {}, "source": source, "execution_count": None, "outputs": []}
        for k, source in enumerate(sources)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return json.dumps({"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5})


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a JupyterLab with one notebook, and nothing of this machine's own settings."""
    folder, own = tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("settings")
    (folder / "live.ipynb").write_text(notebook(*CELLS))
    port = free_port()
    environment = {**os.environ, "JUPYTER_CONFIG_DIR": str(own), "JUPYTERLAB_SETTINGS_DIR": str(own), "HOME": str(own)}
    command = [
        Path(sys.executable).with_name("jupyter"), "lab", "--no-browser", "--allow-root", f"--port={port}",
        "--ServerApp.port_retries=0", "--IdentityProvider.token=", f"--notebook-dir={folder}",
        "--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]  # fmt: skip
    with (own / "server.log").open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        try:
            wait_until_up(f"http://127.0.0.1:{port}/api", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(60)


def wait_until_up(address: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < deadline:
        assert server.poll() is None, "jupyter lab ended by itself"
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            time.sleep(0.3)
    pytest.fail(f"jupyter lab did not answer at {address}")


def run_cell(page: Page, index: int) -> None:
    page.locator(".jp-Notebook .jp-Cell").nth(index).locator(".jp-Editor").click()
    page.keyboard.press("Control+Enter")


def open_and_run(desk: Desk, jupyter: str, index: int) -> tuple[Page, Log, Locator]:
    page, log = desk.open(f"{jupyter}/lab/tree/live.ipynb", height=1100)
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    widget = page.locator("[data-eos-ready=true]")
    for _ in range(6):  # JupyterLab drops what is run before its kernel answers, even after it says idle
        run_cell(page, index)
        with contextlib.suppress(TimeoutError):
            widget.wait_for(timeout=PATIENCE / 6)
            break
    return page, log, widget


def kernel_says(page: Page, index: int) -> float:
    run_cell(page, index)
    answer = page.locator(".jp-OutputArea-output", has_text=re.compile(r"the kernel has \d"))
    answer.wait_for()
    return float(answer.inner_text().split()[-1])


def test_the_widget_is_live_in_jupyterlab(desk: Desk, jupyter: str) -> None:
    page, log, widget = open_and_run(desk, jupyter, 0)
    widget.get_by_role("button", name="Run").click()
    element = widget.element_handle()
    page.wait_for_function("(el) => Number(el.dataset.steps) > 200", arg=element)
    widget.get_by_role("button", name="Pause").click()

    name, value = (widget.locator(f".eos-readings {tag}").nth(1).bounding_box() for tag in ("dt", "dd"))
    assert name and value
    assert name["y"] + name["height"] <= value["y"] + 1, "JupyterLab's own list style puts a name over its value"

    slider = widget.get_by_role("slider", name="step size η", exact=True)
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    chosen = widget.evaluate("(el) => el.eos.state().lr")
    assert 0.2 < chosen < 0.3

    assert kernel_says(page, 1) == pytest.approx(chosen)
    assert log.outside == []


def test_a_small_widget_is_live_in_jupyterlab(desk: Desk, jupyter: str) -> None:
    page, log, widget = open_and_run(desk, jupyter, 2)
    widget.get_by_role("slider", name="start point").focus()
    for _ in range(3):
        page.keyboard.press("ArrowDown")  # JupyterLab would take it for the notebook's own
    assert widget.evaluate("(el) => el.eos.state().w0") == [1, 0.85]
    assert widget.get_by_role("button", name="Copy link").count() == 0  # the address belongs to JupyterLab
    assert kernel_says(page, 3) == 0.85
    assert log.outside == []


def test_a_run_in_the_kernel_is_watched_and_steered(desk: Desk, jupyter: str) -> None:
    """It trains while the kernel answers, and the next steps have the step size that the reader turned to."""
    page, log, widget = open_and_run(desk, jupyter, 4)
    element = widget.element_handle()
    widget.get_by_role("button", name="Run").click()
    page.wait_for_function("(el) => el.eos.state().points > 30", arg=element)
    slider = widget.get_by_role("slider", name="step size η", exact=True)
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    chosen, before = widget.evaluate("(el) => [el.eos.state().lr, el.eos.state().points]")
    assert chosen > 0.1
    page.wait_for_function("([el, before]) => el.eos.state().points > before + 30", arg=[element, before])
    widget.get_by_role("button", name="Pause").click()
    assert kernel_says(page, 5) == pytest.approx(chosen)
    assert log.outside == []
