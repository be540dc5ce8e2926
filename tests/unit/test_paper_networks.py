"""The paper's networks: counted by formula, compared with torch's own layers, and curved as finite differences say."""

import math

import pytest
import torch
from torch import nn

import eoslib as eos


def count(net):
    return sum(p.numel() for p in net.parameters())


def conv(a, b, bias=1):
    return b * (9 * a + bias)


@pytest.mark.parametrize("batchnorm", [False, True])
def test_parameters_are_as_many_as_by_hand(batchnorm):
    assert count(eos.fc("relu")) == 656_810 == 3072 * 200 + 200 + 200 * 200 + 200 + 200 * 10 + 10
    assert count(eos.chebyshev_net()) == 300 and count(eos.deep_linear()) == 20 * 50 * 50
    assert count(eos.fc(depth=4)) == 656_810 + 2 * (200 * 200 + 200)
    assert count(eos.cnn(batchnorm=batchnorm)) == conv(3, 32) + conv(32, 32) + 10 * (32 * 64 + 1) + batchnorm * 2 * 64
    widths = [3, 64, 128, 256, 256, 512, 512, 512, 512]
    convolutions = sum(conv(a, b) + batchnorm * 2 * b for a, b in zip(widths, widths[1:], strict=False))
    assert count(eos.vgg11(batchnorm=batchnorm)) == convolutions + 2 * 512 * 513 + 10 * 513


def test_resnet32_has_the_known_count_and_the_short_cuts_batchnorms():
    widths = [3] + [16] * 11 + [32] * 10 + [64] * 10
    plain = sum(conv(a, b, 0) + 2 * b for a, b in zip(widths, widths[1:], strict=False)) + 10 * 65
    assert plain == 464_154  # the ResNet-32 of the literature, whose short cuts have no parameters
    assert count(eos.resnet32()) == plain + 2 * 16 + 2 * 32
    assert len([m for m in eos.resnet32().modules() if isinstance(m, nn.Conv2d)]) == 31  # and the linear layer


def test_residual_branches_start_at_zero_and_short_cuts_pad():
    net, x = eos.resnet32(dtype=torch.float64), torch.rand(4, 16, 8, 8, dtype=torch.float64)
    blocks = [m for m in net if type(m).__name__ == "Block"]
    assert len(blocks) == 15 and torch.equal(blocks[0](x), x)  # x ≥ 0 passes the ReLU
    wide = blocks[5](x)
    assert wide.shape == (4, 32, 4, 4) and (wide[:, 16:] == 0).all()
    halved = x[:, :, ::2, ::2]
    scaled = (halved - halved.mean((0, 2, 3), keepdim=True)) / halved.var((0, 2, 3), keepdim=True, correction=0).sqrt()
    torch.testing.assert_close(wide[:, :16], scaled.clamp_min(0), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("net", [eos.vgg11(seed=1), eos.vgg11(batchnorm=True), eos.resnet32()], ids=lambda n: n.name)
def test_the_image_networks_read_cifar_and_start_as_the_paper_says(net):
    assert net(torch.randn(4, 3, 32, 32)).shape == (4, 10)
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d) and layer.weight.numel() > 10_000:
            assert layer.weight.std().item() == pytest.approx(math.sqrt(2 / (9 * layer.out_channels)), rel=0.05)
            assert layer.bias is None or (layer.bias == 0).all()
    assert not any(isinstance(layer, nn.Dropout) for layer in net.modules())


@pytest.mark.parametrize("pool", ["max", "average"])
@pytest.mark.parametrize("batchnorm", [False, True])
def test_the_cnns_order_is_convolution_activation_batchnorm_pool(pool, batchnorm):
    net = eos.cnn("elu", pool=pool, batchnorm=batchnorm, channels=4, image=(1, 8, 8))
    pools = {"max": nn.MaxPool2d, "average": nn.AvgPool2d}
    stage = [nn.Conv2d, nn.ELU, *([nn.BatchNorm2d] if batchnorm else []), pools[pool]]
    assert [type(m) for m in net] == [*stage, *stage, nn.Flatten, nn.Linear]
    digits = eos.digits(20)
    images = eos.Dataset(digits.x.view(-1, 1, 8, 8), digits.y, "digits")
    objective = eos.Objective(net, images)
    assert eos.descend(objective, eos.GradientDescent(0.1), steps=2, progress=False).loss[2] < objective.loss(
        objective.w0
    )


def test_the_chebyshev_and_deep_linear_nets_start_from_xaviers_normal():
    net = eos.chebyshev_net(width=20_000)
    assert net[0].weight.std().item() == pytest.approx(1.9 * math.sqrt(2 / 20_001), rel=0.03)
    assert (net[0].bias == 0).all()
    assert net[2].weight.std().item() == pytest.approx(math.sqrt(2 / 20_001), rel=0.03) and net[2].bias is None
    deep = eos.deep_linear(3, 200)
    assert all(layer.weight.std().item() == pytest.approx(math.sqrt(1 / 200), rel=0.03) for layer in deep)
    x = torch.randn(5, 200, dtype=torch.float64)
    torch.testing.assert_close(deep(x), x @ (deep[2].weight @ deep[1].weight @ deep[0].weight).T)


def test_whitened_data_start_deep_linear_nets_where_the_paper_does():
    data = eos.whitened_linear(50, 50, seed=0)
    assert torch.allclose(data.x.T @ data.x, 50 * torch.eye(50, dtype=torch.float64))
    fitted = torch.linalg.lstsq(data.x, data.y).solution
    assert fitted.std() == pytest.approx(1, rel=0.05) and torch.allclose(data.x @ fitted, data.y)


def test_a_layer_of_the_transformer_is_torchs():
    net = eos.transformer(7, width=6, heads=2, layers=1, hidden=5, seed=1)
    theirs = nn.TransformerEncoderLayer(6, 2, 5, dropout=0.0, batch_first=True, dtype=torch.float64)
    ours, attention = net[1], theirs.self_attn
    pairs = [
        (attention.in_proj_weight, ours.ask.weight), (attention.in_proj_bias, ours.ask.bias),
        (attention.out_proj.weight, ours.mix.weight), (attention.out_proj.bias, ours.mix.bias),
        (theirs.linear1.weight, ours.think[0].weight), (theirs.linear1.bias, ours.think[0].bias),
        (theirs.linear2.weight, ours.think[2].weight), (theirs.linear2.bias, ours.think[2].bias),
    ]  # fmt: skip
    with torch.no_grad():
        for target, source in pairs:
            target.copy_(source)
        x = torch.randn(3, 4, 6, dtype=torch.float64)
        mask = nn.Transformer.generate_square_subsequent_mask(4, dtype=torch.float64)
        torch.testing.assert_close(ours(x), theirs(x, src_mask=mask, is_causal=True))


def test_the_transformer_reads_no_word_before_its_time_and_knows_positions():
    net = eos.transformer(7, width=6, heads=2, layers=2, hidden=5)
    a = torch.tensor([[1, 2, 3, 4]])
    b = torch.tensor([[1, 2, 3, 6]])
    torch.testing.assert_close(net(a)[:, :3], net(b)[:, :3])
    assert not torch.allclose(net(a)[:, 3], net(b)[:, 3])
    same = net(torch.tensor([[2, 2, 2]]))
    assert not torch.allclose(same[:, 0], same[:, 1])
    place = net[0](torch.zeros(1, 3)) - math.sqrt(6) * net[0].table[0]
    assert place[0, 2, 0].item() == pytest.approx(math.sin(2)) and place[0, 1, 5].item() == pytest.approx(
        math.cos(1e4 ** (-4 / 6))
    )


@pytest.mark.parametrize("loss", ["mse", "cross-entropy"])
def test_language_is_learnt_word_by_word_with_a_true_hessian(loss):
    stream = torch.arange(25) % 4
    y = torch.eye(4, dtype=torch.float64)[stream[1:]].view(6, 4, 4)
    data = eos.Dataset(stream[:-1].view(6, 4).double(), y, "0123")
    net = eos.transformer(4, width=4, heads=2, layers=1, hidden=4, activation="tanh")
    whole, parts = eos.Objective(net, data, loss=loss), eos.Objective(net, data, loss=loss, chunk=4)
    outputs = net(data.x).detach().reshape(24, 4)
    by_hand = {
        "mse": 0.5 * ((outputs - y.view(24, 4)) ** 2).sum() / 24,
        "cross-entropy": -(outputs.log_softmax(1) * y.view(24, 4)).sum() / 24,
    }
    assert whole.loss(whole.w0) == pytest.approx(by_hand[loss].item()) == parts.loss(whole.w0)
    v = torch.randn(2, len(whole.w0), dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    difference = (whole.gradient(whole.w0 + 1e-5 * v[0]) - whole.gradient(whole.w0 - 1e-5 * v[0])) / 2e-5
    hv = whole.at(whole.w0).hvp(v)
    torch.testing.assert_close(hv[0], difference, rtol=1e-6, atol=1e-6 * float(difference.norm()))
    torch.testing.assert_close(parts.at(whole.w0).hvp(v[0]), hv[0])
    trained = eos.descend(whole, eos.Adam(0.05), steps=60, every=0, progress=False)
    assert whole.accuracy(trained.w) == 1.0


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: eos.fc("swoosh"), "swoosh"),
        (lambda: eos.cnn("relu", pool="min"), "There is no pool 'min'"),
        (lambda: eos.transformer(10, width=5, heads=5), "even width"),
        (lambda: eos.transformer(10, width=6, heads=4), "heads=4"),
        (lambda: eos.whitened_linear(3, 4), "n=3 and d=4"),
    ],
)
def test_bad_input_is_a_sentence(make, says):
    with pytest.raises(ValueError, match=says):
        make()
