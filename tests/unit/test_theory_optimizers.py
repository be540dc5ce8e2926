"""Gradient descent on a parabola: the closed form, the loop and the threshold tell the same story."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import eoslib as eos
from eoslib import theory

STEP_SIZES = st.floats(1e-3, 10)


@settings(deadline=None)
@given(lr=STEP_SIZES, curvature=st.floats(-5, 5), x0=st.floats(-3, 3))
def test_descending_a_parabola_is_the_closed_form(lr, curvature, x0):
    bowl, optimizer = eos.quadratic([curvature], w0=[x0]), eos.GradientDescent(lr=lr)
    w, path = bowl.w0, [x0]
    for _ in range(10):
        w, _ = optimizer.step(w, optimizer.init(w), bowl.gradient(w))
        path.append(w.item())
    exact = theory.quadratic_path(lr, curvature, x0, 10)
    np.testing.assert_allclose(path, exact, rtol=1e-9, atol=1e-12 * np.abs(exact).max() + 1e-300)


@given(lr=STEP_SIZES, curvature=st.floats(1e-3, 1e3))
def test_it_diverges_exactly_above_two_over_eta(lr, curvature):
    grows = abs(theory.multiplier(lr, curvature)) > 1
    assert theory.regime(lr, curvature).startswith("diverges") == grows
    if abs(curvature * lr / 2 - 1) > 1e-12:  # at equality rounding may decide either way
        assert grows == (curvature > theory.threshold(lr))


def test_one_step_is_torch_sgds():
    w, g = torch.tensor([1.0, -2.0]), torch.tensor([0.3, 0.7])
    parameter = torch.nn.Parameter(w.clone())
    parameter.grad = g.clone()
    torch.optim.SGD([parameter], lr=0.1).step()
    new, _ = eos.GradientDescent(lr=0.1).step(w, (), g)
    torch.testing.assert_close(new, parameter.detach(), rtol=2e-7, atol=0)  # one rounding may differ (fused)


def test_growth_just_above_the_threshold():
    assert theory.steps_to_grow(10, lr=0.1, sharpness=21.0) == pytest.approx(math.log(10) / math.log(1.1))
    assert theory.steps_to_grow(10, lr=0.1, sharpness=20.0) == math.inf
    assert theory.steps_to_grow(10, lr=0.1, sharpness=19.0) == math.inf


@pytest.mark.parametrize("lr", [0.0, -0.1, math.nan, math.inf, "0.1", None])
def test_a_bad_step_size_is_a_sentence(lr):
    with pytest.raises(ValueError, match="give a finite step size above 0"):
        eos.GradientDescent(lr=lr)


@pytest.mark.parametrize("lr", [0.0, -0.1, math.nan, math.inf])
def test_a_bad_step_size_in_the_theory_too(lr):
    with pytest.raises(ValueError, match="give a finite step size above 0"):
        theory.threshold(lr)


@settings(deadline=None)
@given(lr=st.floats(0.01, 0.2), alpha=st.floats(0.05, 1), beta=st.floats(1, 100))
def test_the_stabilising_map_turns_around_delta_with_the_period_of_its_linear_part(lr, alpha, beta):
    delta, small, t = math.sqrt(2 * alpha / beta), 1e-6, np.arange(61)
    x, _ = theory.self_stabilisation(lr, alpha, beta, x0=delta * (1 + small), steps=60)
    angle, growth = math.atan2(lr * math.sqrt(2 * alpha), 1), math.sqrt(1 + 2 * alpha * lr**2)
    expected = small * growth**t * np.cos(angle * t)  # eigenvalues 1 ± iη√(2α) of the Jacobian at (δ, 0)
    np.testing.assert_allclose(np.abs(x) / delta - 1, expected, atol=1e-3 * small)
    assert (np.sign(x) == np.where(t % 2, -1, 1)).all()


@pytest.mark.parametrize(("options", "name"), [
    ({"lr": 0.0, "alpha": 1.0, "beta": 1.0, "steps": 3}, "lr is 0"),
    ({"lr": 0.1, "alpha": -1.0, "beta": 1.0, "steps": 3}, "alpha is -1"),
    ({"lr": 0.1, "alpha": 1.0, "beta": 0.0, "steps": 3}, "beta 0"),
    ({"lr": 0.1, "alpha": 1.0, "beta": 1.0, "steps": -1}, "steps -1"),
])  # fmt: skip
def test_the_stabilising_map_refuses_constants_that_mean_nothing(options, name):
    with pytest.raises(ValueError, match=name):
        theory.self_stabilisation(x0=0.1, **options)
