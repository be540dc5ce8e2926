"""Data sets and networks: closed forms, PyTorch's own initialisation, and sentences for bad input."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import eoslib as eos
from eoslib.networks import ACTIVATIONS


@given(degree=st.integers(0, 12), n=st.integers(2, 40))
def test_chebyshev_is_the_cosine_form(degree, n):
    data = eos.chebyshev(degree=degree, n=n)
    expected = np.cos(degree * np.arccos(np.linspace(-1, 1, n)))
    assert data.x.shape == data.y.shape == (n, 1)
    np.testing.assert_allclose(data.y[:, 0].numpy(), expected, atol=1e-12)


def test_digits_are_centred_scaled_and_one_hot():
    data = eos.digits(500)
    assert data.x.shape == (500, 64) and data.y.shape == (500, 10)
    assert data.x.mean(0).abs().max() < 1e-12
    assert data.x.std(correction=0).item() == pytest.approx(1.0)
    assert (data.y.sum(1) == 1).all() and data.y[:5].argmax(1).tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_mlp_is_pytorchs_default_initialisation_bit_for_bit(activation):
    torch.manual_seed(7)
    expected = [torch.nn.Linear(3, 5, dtype=torch.float64), torch.nn.Linear(5, 2, dtype=torch.float64)]
    net = eos.mlp(3, 5, 2, activation=activation, seed=7)
    pairs = zip(net.parameters(), [q for layer in expected for q in layer.parameters()], strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    assert isinstance(net[1], ACTIVATIONS[activation]) and len(net) == 3


def test_mlp_leaves_the_global_random_state_alone():
    torch.manual_seed(1)
    first = torch.rand(3)
    torch.manual_seed(1)
    eos.mlp(2, 3, 1, seed=5)
    assert torch.equal(first, torch.rand(3))


def test_seeds_differ():
    a, b = (next(eos.mlp(2, 3, 1, seed=s).parameters()) for s in (0, 1))
    assert not torch.equal(a, b)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: eos.chebyshev(degree=-1), "degree=-1"),
        (lambda: eos.chebyshev(degree=3, n=1), "n=1"),
        (lambda: eos.digits(0), "n=0"),
        (lambda: eos.digits(1798), "n=1798"),
        (lambda: eos.mlp(1, 0, 1), r"widths \(1, 0, 1\)"),
        (lambda: eos.mlp(4), r"widths \(4,\)"),
        (lambda: eos.mlp(1, 2.5, 1), "2.5"),
        (lambda: eos.mlp(1, 2, 1, activation="swoosh"), "swoosh"),
        (lambda: eos.Dataset(torch.zeros(3, 1), torch.zeros(4, 1), "odd"), "3 examples and y holds 4"),
        (lambda: eos.Dataset(torch.zeros(0, 1), torch.zeros(0, 1), "none"), "empty"),
        (lambda: eos.Dataset(torch.zeros(3), torch.zeros(3), "flat"), "column"),
        (lambda: eos.Dataset(torch.tensor([[float("nan")]]), torch.zeros(1, 1), "holes"), "nan"),
    ],
)
def test_bad_input_is_a_sentence(make, says):
    with pytest.raises(ValueError, match=says) as caught:
        make()
    assert str(caught.value).endswith(".")
