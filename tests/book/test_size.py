"""Size and order are promises: short modules, a library for one sitting, imports that only go down the floors."""

import ast
from pathlib import Path

import pytest

LIBRARY = Path(__file__).resolve().parents[2] / "eoslib"
FLOORS = {
    "data": 0, "networks": 0, "landscape": 0, "schedules": 0, "checkpoint": 0,
    "objective": 1, "eigensolver": 1,
    "curvature": 2, "spectrum": 2, "operators": 2,
    "optimizers": 2, "trajectory": 2,
    "adaptive": 3, "log": 3, "tracker": 3,
    "stack": 4, "measures": 4, "flows": 4, "descent": 4,
    "batches": 5, "memory": 5,
    "cifar": 5, "convolutional": 5, "language": 5,  # the paper's sizes: read when they are needed
    "sweeps": 5, "theory": 5, "plots": 5, "widget": 5, "lab": 5, "explorables": 5, "sketch": 5, "checks": 5,
    "typeset": 5,
    "record": 5, "thinning": 5, "replay": 5, "training": 5,
    "experiment": 6, "small": 6, "fullsize": 7,
    "tasks": 6, "tasks_parabolas": 7, "tasks_lanczos": 7, "tasks_edge": 7,
    "tasks_thresholds": 7,
    "tasks_stabilisation": 7, "tasks_reproduce": 7,
    "main_text": 8, "section_four": 8, "appendix": 8, "followups": 8, "experiments": 10, "cli": 11,
    "__init__": 12, "__main__": 12, "sphinxext": 12,
}  # fmt: skip
# (module, what it may import beside it): a widget its base, a record its parts
SIDEWAYS = {("lab", "widget"), ("explorables", "widget"), ("sketch", "widget"), ("replay", "widget"),
            ("record", "thinning"), ("replay", "record"),
            ("training", "widget"), ("training", "record"), ("training", "replay")}  # fmt: skip
MODULES = sorted(path.stem for path in LIBRARY.glob("*.py"))


def imports(module: str) -> set[str]:
    """The modules of eoslib that a module imports, anywhere in its text."""
    found = set()
    for node in ast.walk(ast.parse((LIBRARY / f"{module}.py").read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "eoslib":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("eoslib."):
            found.add(node.module.split(".")[1])
        elif isinstance(node, ast.ImportFrom) and node.level:
            found |= {(node.module or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("eoslib.")}
    return found


def length(module: str) -> int:
    return len((LIBRARY / f"{module}.py").read_text("utf-8").splitlines())


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_short_and_has_a_floor(module: str) -> None:
    assert module in FLOORS, f"give {module} a floor"
    assert length(module) <= 250


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down(module: str) -> None:
    for other in imports(module):
        floor = FLOORS.get(other, FLOORS["__init__"])  # a name from the front door belongs to the top
        lower = floor < FLOORS[module] or (module, other) in SIDEWAYS
        assert lower, f"{module} (floor {FLOORS[module]}) imports {other} (floor {floor})"


def test_the_floors_can_be_read_in_one_sitting(capsys: pytest.CaptureFixture[str]) -> None:
    lengths = {module: length(module) for module in MODULES if FLOORS[module] <= 4}
    with capsys.disabled():
        print(f"\neoslib, floors 0 to 4: {sum(lengths.values()):,} lines in {len(lengths)} modules")
    assert sum(lengths.values()) <= 2850
