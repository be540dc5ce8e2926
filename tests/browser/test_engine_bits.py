"""The engine in Chromium gives node's bits, with WebAssembly and where a content security policy forbids it."""

import json
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[2]
STEPS = 600  # past the edge, where a last bit would have grown
CASES = {
    "WebAssembly": "script-src 'unsafe-inline' 'wasm-unsafe-eval' blob:",
    "JavaScript": "script-src 'unsafe-inline' blob:",
}
ALLOWED = """() => {
  try { return Boolean(new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0))); } catch { return false; }
}"""
COLUMN = "([name, n]) => document.getElementById('lab').eos.history()[name].slice(0, n)"
NODE = """
import { Descent } from "./src/descent.mjs";
import { DEFAULTS } from "./src/settings.mjs";
const descent = new Descent(DEFAULTS), rows = Array.from({ length: Number(process.argv[1]) }, () => descent.advance());
console.log(JSON.stringify({ loss: rows.map((r) => r.loss), sharpness: rows.map((r) => r.sharpness) }));
"""


@pytest.fixture(scope="module")
def expected(node: str) -> dict[str, list[float]]:
    done = subprocess.run(
        [node, "--input-type=module", "--eval", NODE, str(STEPS)],
        cwd=ROOT / "widgets", capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


@pytest.mark.parametrize("policy", CASES.values(), ids=CASES.keys())
def test_chromium_gives_nodes_bits(browser: Browser, expected: dict[str, list[float]], policy: str) -> None:
    bundle = (ROOT / "eoslib" / "static" / "lab.js").read_text(encoding="utf-8")
    script = bundle.rpartition("export{")[0]
    exported = bundle.rpartition("export{")[2].split(" as default")[0]
    page = browser.new_page()
    page.set_content(f'<meta http-equiv="Content-Security-Policy" content="{policy}"><div id="lab"></div>')
    mount = f"{exported}.render({{ model: {{ get: () => undefined }}, el: document.getElementById('lab') }});"
    page.add_script_tag(content=f"{script}\n{mount}", type="module")
    assert page.evaluate(ALLOWED) is ("wasm" in policy)
    page.wait_for_function("() => document.getElementById('lab').eos?.history().step.length > 0")
    page.get_by_label("speed").select_option(label="as fast as it can")
    page.evaluate("() => document.getElementById('lab').eos.set('running', true)")
    page.wait_for_function("(n) => document.getElementById('lab').eos.history().step.length >= n", arg=STEPS)
    assert page.evaluate("() => document.getElementById('lab').eos.state().engine") == "worker"
    for column, values in expected.items():
        assert page.evaluate(COLUMN, [column, STEPS]) == values, column
    page.close()
