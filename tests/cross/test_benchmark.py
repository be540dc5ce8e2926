"""The benchmark itself, on a stretch of its smallest workload: who is timed where, and compared with what."""

import math

import pytest
import sharpness as benchmark
import torch

COMPARE, PEERS = 2, 3
PLAN = benchmark.Plan(seeds=1, steps=4, compare=COMPARE, peers=PEERS)


@pytest.fixture(scope="module")
def seen():
    """By method, its visits at the four steps; and the w at which the exact value was asked for."""
    asked, exact = [], benchmark.exact

    def asking(name, work, w):
        asked.append(w)
        return exact(name, work, w)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(benchmark, "exact", asking)
        visits = list(benchmark.visits("A", 0, PLAN, "cpu"))
    methods = {method for method, _ in visits}
    return {method: [v for m, v in visits if m == method] for method in methods}, asked


def test_ours_is_timed_at_every_step_and_the_peers_at_some(seen):
    visits, _ = seen
    assert {method: len(v) for method, v in visits.items()} == {
        "eoslib": 4, "eigsh": 2, "curvlinops": 2, "PyHessian": 2}  # fmt: skip
    assert all(v.cost > 0 and v.hvps >= 1 for method in visits.values() for v in method)


def test_errors_are_those_of_the_steps_compared(seen):
    visits, _ = seen
    assert [math.isnan(v.error) for v in visits["eoslib"]] == [False, True, False, True]
    assert [math.isnan(v.error) for v in visits["eigsh"]] == [False, True]  # steps 0 and 3
    assert max(visits["eoslib"][0].error, visits["eoslib"][2].error) < 1e-3
    assert visits["eigsh"][0].error < 1e-10


def test_the_steps_are_those_of_gradient_descent(seen):
    _, asked = seen
    work = benchmark.workload("A")
    w = work.single.w0
    for t in range(work.edge + COMPARE):
        if t == work.edge:
            assert torch.equal(w, asked[0])
        w = w - work.lr(t, math.nan) * work.single.gradient(w)
    assert torch.equal(w, asked[1]) and len(asked) == 2


def test_a_row_counts_what_is_wrong():
    visits = [benchmark.Visit(cost, 2, error) for cost, error in ((1.0, 0.0), (2.0, 0.02), (6.0, math.nan))]
    row = benchmark.row("A", "ours", visits)
    assert (row.cost, row.mean, row.hvps, row.worst) == (2.0, 3.0, 2, 0.02)
    assert (row.wrong, row.compared, row.timed) == (1, 2, 3)
