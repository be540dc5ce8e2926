"""Long runs of SGD for the chapter on it: sharpness and batch sharpness over 20,000 steps, three seeds a case.

python benchmarks/stochastic.py [CASE …] [--out FILE] [--steps N] writes a JSON file, the cases not named left as they
are in it; the chapter reads book/records/sgd.json. The steps are taken by a gradient written out in NumPy, several
times cheaper at this size and compared with eoslib's before the first step; everything measured is eoslib's.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch

import eoslib as eos
from eoslib.trajectory import provenance

ROOT = Path(__file__).resolve().parents[1]
LR, SEEDS, POINTS = 0.3, (0, 1, 2), 50
# name: (share of labels drawn anew, scale of the initialisation, batch)
CASES = {
    "batch 16": (0.3, 0.5, 16),
    "true labels": (0.0, 0.5, 16),
    "torch's start": (0.3, 1.0, 16),
    "batch 64": (0.3, 0.5, 64),
}
Layers = list[tuple[np.ndarray, np.ndarray]]  # weights (out, in) and biases (out,)


def noisy_digits(share: float, n: int = 1000) -> eos.Dataset:
    """Digits, with the labels of a share of the images (the same every time) drawn anew from all ten classes."""
    data, generator = eos.digits(n), torch.Generator().manual_seed(0)
    chosen = torch.rand(n, generator=generator) < share
    drawn = torch.eye(10, dtype=torch.float64)[torch.randint(10, (n,), generator=generator)]
    return eos.Dataset(data.x, torch.where(chosen[:, None], drawn, data.y), f"digits, {share:.0%} of labels drawn anew")


def objective(seed: int, scale: float, data: eos.Dataset) -> eos.Objective:
    """A ReLU network 64-32-32-10 whose starting weights are `scale` times torch's."""
    module = eos.mlp(64, 32, 32, 10, activation="relu", seed=seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter *= scale
    return eos.Objective(module, data)


def gradient(layers: Layers, x: np.ndarray, y: np.ndarray) -> Layers:
    """The gradient of the square loss of a ReLU network on one batch, layer by layer."""
    h = [x]
    for weight, bias in layers[:-1]:
        h.append(np.maximum(h[-1] @ weight.T + bias, 0))
    back, slopes = (h[-1] @ layers[-1][0].T + layers[-1][1] - y) / len(x), []
    for (weight, _), below in zip(layers[::-1], h[::-1], strict=True):
        slopes.append((back.T @ below, back.sum(0)))
        back = (back @ weight) * (below > 0)
    return slopes[::-1]


def views(w: np.ndarray, sizes: tuple[int, ...] = (64, 32, 32, 10)) -> Layers:
    """The weights and biases inside the flat vector w: writing to them writes to w."""
    layers, at = [], 0
    for m, k in zip(sizes, sizes[1:], strict=False):
        layers.append((w[at : at + m * k].reshape(k, m), w[at + m * k : at + m * k + k]))
        at += m * k + k
    return layers


def run(loss: eos.Objective, sgd: eos.SGD, steps: int) -> dict[str, list[float]]:
    """What is measured at about POINTS of the steps; sharpness and batch sharpness in units of 2/η."""
    w, x, y, n = loss.w0.numpy().copy(), loss.dataset.x.numpy(), loss.dataset.y.numpy(), len(loss.dataset)
    layers, track = views(w), eos.SharpnessTracker()
    measure = eos.batch_sharpness(loss, batch=sgd.batch, batches=200)
    columns: dict[str, list[float]] = {name: [] for name in ("step", "loss", "sharpness", "batch sharpness")}
    first = np.concatenate([part.ravel() for layer in gradient(layers, x[:16], y[:16]) for part in layer])
    assert np.allclose(first, loss.batch(torch.arange(16)).gradient(loss.w0).numpy(), rtol=1e-10, atol=1e-14)
    for t in range(steps + 1):
        if t % max(1, steps // POINTS) == 0:
            point = loss.at(torch.from_numpy(w.copy()))
            sharp, batch = track(point).values.item(), measure(eos.Visit(t, t * LR, point.w.detach(), point.loss, w))
            row = (t, float(f"{point.loss:.4g}"), round(sharp * LR / 2, 4), round(batch * LR / 2, 4))
            for column, value in zip(columns.values(), row, strict=True):
                column.append(value)
        i = sgd.indices(t, n).numpy()
        for (weight, bias), (dw, db) in zip(layers, gradient(layers, x[i], y[i]), strict=True):
            weight -= LR * dw
            bias -= LR * db
    return columns


def main() -> None:
    """Run the cases and write what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", default=list(CASES))
    parser.add_argument("--out", type=Path, default=ROOT / "_build" / "sgd.json")
    parser.add_argument("--steps", type=int, default=20_000)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = json.loads(options.out.read_text())["rows"] if options.out.exists() else []
    origin = provenance(lr=LR, cases={name: list(case) for name, case in CASES.items()}, steps=options.steps)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    for name in options.cases:
        share, scale, batch = CASES[name]
        data, started = noisy_digits(share), time.process_time()
        rows = [row for row in rows if row["case"] != name]
        for seed in SEEDS:
            columns = run(objective(seed, scale, data), eos.SGD(LR, batch=batch, seed=seed), options.steps)
            rows.append({"case": name, "seed": seed, **columns})
        options.out.write_text(json.dumps({"rows": rows, "provenance": origin}) + "\n")
        print(f"{name}: {time.process_time() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
