"""The objective: losses in closed form, gradients and Hessians against closed forms, then finite differences."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import eoslib as eos
from eoslib.networks import ACTIVATIONS

ONE_HOT = torch.eye(3, dtype=torch.float64)


def classification(n=12, seed=0):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 4, generator=generator, dtype=torch.float64)
    return eos.Dataset(x, ONE_HOT[torch.arange(n) % 3], "made up")


def test_square_loss_is_the_papers_half_sum_over_outputs_mean_over_examples():
    net = eos.mlp(4, 3)
    data = classification()
    with torch.no_grad():
        by_hand = sum(0.5 * float(((net(x) - y) ** 2).sum()) for x, y in zip(data.x, data.y, strict=True)) / 12
    objective = eos.Objective(net, data)
    assert objective.loss(objective.w0) == pytest.approx(by_hand, rel=1e-14)


def test_cross_entropy_at_zero_weights_is_log_of_the_number_of_classes():
    objective = eos.Objective(eos.mlp(4, 3), classification(), loss="cross-entropy")
    assert objective.loss(torch.zeros_like(objective.w0)) == pytest.approx(math.log(3), rel=1e-14)


def test_linear_regression_hessian_is_the_input_covariance():
    """f(x) = W x without bias and square loss: H = I ⊗ XᵀX/n, whatever w is."""
    data = classification()
    objective = eos.Objective(eos.mlp(4, 3, bias=False), data)
    expected = torch.kron(torch.eye(3, dtype=torch.float64), data.x.T @ data.x / 12)
    assert torch.allclose(eos.dense_hessian(objective, objective.w0), expected, atol=1e-14)


def test_softmax_regression_hessian_in_closed_form():
    """H = (1/n) Σ_i (diag p_i − p_i p_iᵀ) ⊗ x_i x_iᵀ."""
    data = classification()
    objective = eos.Objective(eos.mlp(4, 3, bias=False), data, loss="cross-entropy")
    with torch.no_grad():
        p = torch.softmax(objective.outputs(objective.w0), dim=1)
    blocks = [torch.kron(torch.diag(q) - torch.outer(q, q), torch.outer(x, x)) for q, x in zip(p, data.x, strict=True)]
    assert torch.allclose(eos.dense_hessian(objective, objective.w0), sum(blocks) / 12, atol=1e-14)


def test_deep_linear_saddle_has_the_spectrum_plus_minus_one():
    """L = ½(1 − xy)² at 0: H = [[0, −1], [−1, 0]]; the sharpness is +1, not a mix of ±1."""
    saddle = eos.Landscape(lambda w: 0.5 * (1 - w[0] * w[1]) ** 2, torch.zeros(2, dtype=torch.float64))
    expected = torch.tensor([[0.0, -1.0], [-1.0, 0.0]], dtype=torch.float64)
    assert torch.equal(eos.dense_hessian(saddle, saddle.w0), expected)
    assert eos.top_eigenpairs(saddle, saddle.w0).values.item() == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("loss", ["mse", "cross-entropy"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradient_and_hvp_agree_with_finite_differences(activation, loss):
    objective = eos.Objective(eos.mlp(4, 6, 5, 3, activation=activation, seed=3), classification(), loss=loss)
    generator = torch.Generator().manual_seed(1)
    w, v = objective.w0, torch.randn(len(objective.w0), generator=generator, dtype=torch.float64)
    h = 1e-5
    slope = (objective.loss(w + h * v) - objective.loss(w - h * v)) / (2 * h)
    point = objective.at(w)
    assert float(point.gradient @ v) == pytest.approx(slope, rel=1e-7)
    difference = (objective.gradient(w + h * v) - objective.gradient(w - h * v)) / (2 * h)
    assert torch.allclose(point.hvp(v), difference, atol=1e-7 * float(difference.norm()))


def test_one_point_serves_many_vectors_and_batches():
    objective = eos.Objective(eos.mlp(4, 6, 3), classification())
    point = objective.at(objective.w0)
    vectors = torch.randn(5, len(objective.w0), dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    one_by_one = torch.stack([point.hvp(v) for v in vectors])
    assert torch.allclose(point.hvp(vectors), one_by_one, atol=1e-14)
    assert torch.equal(point.gradient, objective.gradient(objective.w0))
    assert point.loss == objective.loss(objective.w0)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.floats(-3, 3))
def test_hvp_is_linear_and_symmetric(seed, scale):
    objective = eos.Objective(eos.mlp(4, 5, 3, activation="gelu", seed=seed), classification(seed=seed))
    generator = torch.Generator().manual_seed(seed)
    u, v = torch.randn(2, len(objective.w0), generator=generator, dtype=torch.float64)
    hvp = objective.at(objective.w0).hvp
    assert torch.allclose(hvp(scale * u + v), scale * hvp(u) + hvp(v), atol=1e-12)
    assert float(u @ hvp(v)) == pytest.approx(float(v @ hvp(u)), abs=1e-12)


def test_the_network_is_left_as_it_was_and_frozen_parameters_stay_out():
    net = eos.mlp(4, 5, 3)
    net[0].weight.requires_grad_(False)
    before = [q.clone() for q in net.parameters()]
    objective = eos.Objective(net, classification())
    objective.gradient(objective.w0 + 1)
    assert len(objective.w0) == 5 + 15 + 3
    assert all(torch.equal(a, b) for a, b in zip(before, net.parameters(), strict=True))


def test_a_linear_function_has_no_curvature():
    plane = eos.Landscape(lambda w: 3 * w.sum(), torch.ones(2, dtype=torch.float64))
    assert plane.at(plane.w0).hvp(torch.ones(2, dtype=torch.float64)).tolist() == [0.0, 0.0]
    slope = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)  # something else that wants gradients
    tilted = eos.Landscape(lambda w: w @ slope, torch.ones(2, dtype=torch.float64))
    assert tilted.at(tilted.w0).hvp(torch.ones(2, dtype=torch.float64)).tolist() == [0.0, 0.0]


def test_objects_print_as_sentences():
    objective = eos.Objective(eos.mlp(64, 32, 32, 10), eos.digits(500))
    assert str(objective) == "tanh network 64-32-32-10 (3,466 parameters) on digits (500 examples), square loss"


def test_accuracy_is_the_share_of_right_classes():
    data = eos.Dataset(ONE_HOT, ONE_HOT, "identity")
    objective = eos.Objective(eos.mlp(3, 3, bias=False), data)
    assert objective.accuracy(torch.eye(3, dtype=torch.float64).flatten()) == 1.0
    assert objective.accuracy(torch.eye(3, dtype=torch.float64).roll(1, 0).flatten()) == 0.0
    scalar = eos.Objective(eos.mlp(1, 2, 1), eos.chebyshev(3))
    assert math.isnan(scalar.accuracy(scalar.w0))


class Wrapped(nn.Module):
    """A network that hands its outputs over in a container, as those of many libraries do."""

    def __init__(self, wrap):
        super().__init__()
        self.net, self.wrap = eos.mlp(4, 3), wrap

    def forward(self, x):
        return self.wrap(self.net(x))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: eos.Objective(Wrapped(lambda z: (z,)), classification()), "returns a tuple; wrap it"),
        (lambda: eos.Objective(Wrapped(lambda z: {"logits": z}), classification()), "returns a dict; wrap it"),
        (lambda: eos.Objective(nn.Bilinear(4, 4, 3).double(), classification()), "cannot read inputs.*positional"),
        (lambda: eos.Objective(eos.mlp(4, 3).half(), classification()), "float16.*32 or 64 bits"),
        (lambda: eos.Objective(eos.mlp(4, 3), [classification()]), r"got a list; .*eos.Dataset\(x, y\)"),
        (lambda: eos.Objective(eos.mlp(4, 3), classification(), loss=nn.MSELoss()), r"the loss MSELoss\(\)"),
        (lambda: eos.Objective(eos.mlp(4, 3), eos.Dataset(torch.ones(3, 4), torch.ones(3, 1))), "one_hot"),
        (lambda: eos.Dataset(torch.ones(3, 4), torch.arange(3)), "one_hot"),
        (lambda: eos.Dataset(torch.ones(3, 4).numpy(), torch.ones(3, 1)), "x is ndarray and y Tensor"),
        (lambda: eos.Landscape(lambda w: 2 * w, torch.ones(2)).gradient(torch.ones(2)), r"shape \(2,\)"),
        (lambda: eos.Landscape(lambda w: torch.ones(()), torch.ones(2)).at(torch.ones(2)), "requires_grad=False"),
        (lambda: eos.quadratic([1.0, math.nan]), r"curvature \[1.0, nan\]"),
        (lambda: eos.quadratic([1.0, math.inf]), r"curvature \[1.0, inf\]"),
        (lambda: eos.Objective(eos.mlp(4, 3), classification(), loss="hinge"), "hinge"),
        (lambda: eos.Objective(eos.mlp(5, 3), classification()), r"inputs of shape \(12, 4\)"),
        (lambda: eos.Objective(eos.mlp(4, 2), classification()), r"\(12, 2\).*\(12, 3\)"),
        (lambda: eos.Objective(nn.Tanh(), classification()), "no trainable parameters"),
        (lambda: eos.Objective(eos.mlp(1, 1), eos.chebyshev(3), loss="cross-entropy"), "probabilities"),
        (lambda: eos.Objective(nn.Sequential(eos.mlp(4, 3), nn.Dropout(0.5)), classification()), "dropout"),
        (lambda: eos.quadratic([[1.0, 2.0], [0.0, 1.0]]), "symmetric"),
        (lambda: eos.quadratic([1.0], w0=[1.0, 2.0]), "2 entries"),
        (lambda: eos.Landscape(torch.sum, torch.tensor([float("inf")])), "inf"),
        (lambda: eos.Landscape(torch.sum, torch.ones(2, 2)), "vector of floats"),
        (lambda: eos.quadratic([1.0, 2.0]).loss(torch.ones(3)), r"shape \(3,\)"),
        (lambda: eos.quadratic([1.0, 2.0]).at(torch.ones(2).double()).hvp(torch.ones(3)), r"shape \(3,\)"),
        (lambda: eos.quadratic([1.0, 2.0]).loss(torch.ones(2)), r"use w.to\(torch.float64\)"),
    ],
)
def test_bad_input_is_a_sentence(make, says):
    with pytest.raises(ValueError, match=says):
        make()


@pytest.mark.parametrize("loss", ["mse", "cross-entropy"])
def test_weighted_examples_make_every_batch(loss):
    objective = eos.Objective(eos.mlp(4, 5, 3), classification(), loss=loss)
    indices, w = torch.tensor([3, 0, 7, 3]), objective.w0
    whole, half = objective.batch(indices), objective.batch(indices[:2])
    mean = torch.full((4,), 0.25, dtype=torch.float64)
    assert float(objective.weighted(w, indices, mean)) == pytest.approx(whole.loss(w), rel=1e-12)
    padded = torch.tensor([0.5, 0.5, 0.0, 0.0], dtype=torch.float64)  # a share of 0 is no example
    assert float(objective.weighted(w, indices, padded)) == pytest.approx(half.loss(w), rel=1e-12)
    gradient = torch.func.grad(objective.weighted)(w, indices, padded)
    torch.testing.assert_close(gradient, half.gradient(w), rtol=1e-12, atol=1e-15)


def test_an_example_of_batchnorm_has_no_loss_of_its_own():
    network = nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.Linear(5, 3)).double()
    objective = eos.Objective(network, classification())
    assert not objective.separable
    with pytest.raises(ValueError, match="one batch at a time"):
        objective.weighted(objective.w0, torch.arange(2), torch.ones(2, dtype=torch.float64))
    network.eval()
    assert eos.Objective(network, classification()).separable


def test_dropout_that_the_loss_does_not_show_is_refused_all_the_same():
    """Behind the dropout all weights are 0, so the loss at w0 is the same for every draw; one step later it is not."""
    last = nn.Linear(8, 3)
    nn.init.zeros_(last.weight)
    with pytest.raises(ValueError, match="drew random numbers"):
        eos.Objective(nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5), last), classification())


def test_batchnorm_without_running_statistics_reads_its_batch_in_eval_mode_too():
    network = nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5, track_running_stats=False), nn.Linear(5, 3)).double()
    network.eval()
    with pytest.raises(ValueError, match="another loss"):
        eos.Objective(network, classification(), chunk=5)
    whole, ghosts = eos.Objective(network, classification()), eos.Objective(network, classification(), ghost_batch=4)
    assert not whole.separable and whole.loss(whole.w0) != pytest.approx(ghosts.loss(ghosts.w0))


def test_accuracy_is_of_the_function_that_is_trained():
    """With ghost batches, an example is classified beside those it is trained with."""
    torch.manual_seed(0)
    network, data = nn.Sequential(nn.Linear(64, 5), nn.BatchNorm1d(5), nn.Linear(5, 10)).double(), eos.digits(60)
    objective = eos.Objective(network, data, ghost_batch=6)
    right = [network(x).argmax(-1) == y.argmax(-1) for x, y in zip(data.x.split(6), data.y.split(6), strict=True)]
    assert objective.accuracy(objective.w0) == pytest.approx(float(torch.cat(right).double().mean()))
    assert objective.accuracy(objective.w0) != eos.Objective(network, data).accuracy(objective.w0)


def test_chunks_bound_what_the_network_sees_at_once_from_the_start():
    seen = []
    net = eos.mlp(4, 3)
    net.register_forward_pre_hook(lambda _, inputs: seen.append(len(inputs[0])))
    objective = eos.Objective(net, classification(), chunk=5)
    objective.accuracy(objective.w0)
    assert max(seen) == 5


def test_a_point_keeps_its_w_when_the_callers_moves_on():
    objective = eos.Objective(eos.mlp(4, 5, 3), classification(), chunk=5)
    w = objective.w0.clone()
    point, v = objective.at(w), torch.ones_like(w)
    before = point.hvp(v)
    w += 1
    assert torch.equal(point.hvp(v), before)


def test_word_numbers_stay_whole():
    torch.manual_seed(0)
    data = eos.Dataset(torch.tensor([[0, 3], [2, 1], [3, 3]]), ONE_HOT)
    net = nn.Sequential(nn.Embedding(4, 5), nn.Flatten(), nn.Linear(10, 3))
    objective = eos.Objective(net, data, loss="cross-entropy")
    expected = nn.functional.cross_entropy(net(data.x), data.y.argmax(1)).item()
    assert objective.loss(objective.w0) == pytest.approx(expected, rel=1e-6)
    assert eos.descend(objective, eos.GradientDescent(0.1), steps=3, progress=False).loss[-1] < expected


def test_fused_attention_has_no_second_derivative_and_the_error_says_what_to_do():
    layer = nn.TransformerEncoderLayer(4, 2, 6, dropout=0.0, batch_first=True)
    net = nn.Sequential(layer, nn.Flatten(), nn.Linear(12, 3))
    objective = eos.Objective(net, eos.Dataset(torch.randn(5, 3, 4), torch.randn(5, 3)))
    with pytest.raises(RuntimeError, match=r"SDPBackend\.MATH"):
        eos.top_eigenpairs(objective, objective.w0)
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        exact = torch.linalg.eigvalsh(eos.dense_hessian(objective, objective.w0))[-1]
        found = eos.top_eigenpairs(objective, objective.w0, tol=1e-4).values
    assert found.item() == pytest.approx(exact.item(), rel=1e-3)


def test_recurrent_and_tied_networks_have_torchs_own_gradient():
    class Reader(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell, self.out, self.back = nn.LSTM(4, 6, batch_first=True), nn.Linear(6, 3), nn.Linear(3, 6)
            self.back.weight = nn.Parameter(self.out.weight.T.detach().clone())
            self.last = nn.Linear(6, 3)
            self.last.weight = self.out.weight  # tied

        def forward(self, x):
            return self.last(torch.tanh(self.back(self.out(self.cell(x)[0][:, -1]))))

    torch.manual_seed(0)
    net, x, y = Reader().double(), torch.randn(7, 5, 4).double(), torch.randn(7, 3).double()
    objective = eos.Objective(net, eos.Dataset(x, y))
    (0.5 * (net(x) - y).square().sum() / 7).backward()
    assert torch.allclose(objective.gradient(objective.w0), torch.cat([q.grad.flatten() for q in net.parameters()]))
