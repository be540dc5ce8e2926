"""CIFAR-10 from a file that the reader has: the standard archives, their unpacked folders, or an .npz."""

from __future__ import annotations

import hashlib
import io
import pickle
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import torch

from eoslib.data import Dataset

__all__ = ["cifar10"]

HELP = (
    "Download cifar-10-python.tar.gz (or cifar-10-binary.tar.gz) from https://www.cs.toronto.edu/~kriz/cifar.html and "
    "give its path, or its unpacked folder's, or an .npz with uint8 x_train (n, 32, 32, 3), y_train, x_test, y_test."
)
CHECKSUMS = {"c58f30108f718f92721af3b95e74349a": "python", "c32a1d4ab5d03f1284b67883e8d87530": "binary"}  # md5
NAMES = {"train": [f"data_batch_{i}" for i in range(1, 6)], "test": ["test_batch"]}


def cifar10(
    path: str | Path, n: int = 5000, *, split: str = "train", dtype: torch.dtype = torch.float64, verify: bool = True
) -> Dataset:
    """The first n CIFAR-10 images as the paper prepares them: x of shape (n, 3, 32, 32), y one-hot (n, 10).

    Each of the 3,072 features is divided by 255, then centred and divided by its standard deviation over *all*
    training images in the file: the 50,000 in the standard archives. An .npz may hold fewer, and other ones; the
    data set's name then says so. `split` is "train" or "test"; `verify` compares an archive's checksum.
    Nothing is downloaded, and nothing in the file is executed.
    Raises ValueError, or FileNotFoundError, saying what is wrong with the file and where to get a right one.
    Source: Krizhevsky 2009; the preparation is that of the authors' code.
    """
    path = Path(path)
    if split not in NAMES:
        raise ValueError(f"split is {split!r}; use 'train' or 'test'.")
    if not path.exists():
        raise FileNotFoundError(f"There is no {path}. {HELP}")
    try:
        parts = {s: _npz(path, s) if path.suffix == ".npz" else _standard(path, s, verify) for s in {"train", split}}
    except (LookupError, TypeError, AttributeError, EOFError, OSError, ValueError, pickle.UnpicklingError,
            tarfile.TarError, zipfile.BadZipFile, zlib.error) as error:  # fmt: skip
        raise ValueError(f"{path} is not CIFAR-10, or damaged: {error!r}. {HELP}") from error
    seen, (images, labels) = parts["train"][0], parts[split]
    if not 1 <= n <= len(images):
        raise ValueError(f"n is {n}; {path.name} holds {len(images):,} {split} images, so ask for 1 to that many.")
    mean = seen.mean(axis=0, dtype=np.float64)
    spread = np.sqrt(np.square(seen, dtype=np.uint16).mean(axis=0, dtype=np.float64) - mean**2)
    spread[spread == 0] = 1.0  # a feature that never changes is centred, and that is all
    x = torch.from_numpy((images[:n] - mean) / spread).to(dtype)  # the division by 255 cancels
    over = "" if len(seen) == 50_000 else f", standardised over {len(seen):,} images of {path.name}"
    return Dataset(x, torch.eye(10, dtype=dtype)[torch.from_numpy(labels[:n])], name=f"CIFAR-10 {split}{over}")


def _npz(path: Path, split: str) -> tuple[np.ndarray, np.ndarray]:
    with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
        return _checked(file[f"x_{split}"].transpose(0, 3, 1, 2), file[f"y_{split}"])


def _standard(path: Path, split: str, verify: bool) -> tuple[np.ndarray, np.ndarray]:
    """The images and labels of a split from an archive or a folder, python pickles or binary records."""
    if path.is_dir():
        files = {found.name: found.read_bytes() for found in sorted(path.rglob("*_batch*")) if found.is_file()}
    else:
        if verify and hashlib.md5(path.read_bytes()).hexdigest() not in CHECKSUMS:
            raise ValueError("its checksum is not that of either standard archive")
        with tarfile.open(path) as archive:
            members = {Path(m.name).name: archive.extractfile(m) for m in archive if "_batch" in m.name}
            files = {name: member.read() for name, member in members.items() if member}
    read = [_binary(files[f"{b}.bin"]) if f"{b}.bin" in files else _pickled(files[b]) for b in NAMES[split]]
    return _checked(*(np.concatenate(part) for part in zip(*read, strict=True)))


def _binary(record: bytes) -> tuple[np.ndarray, np.ndarray]:
    rows = np.frombuffer(record, dtype=np.uint8).reshape(-1, 3073)  # a label, then 3 planes of 32 × 32
    return rows[:, 1:].reshape(-1, 3, 32, 32), rows[:, 0]


def _pickled(record: bytes) -> tuple[np.ndarray, np.ndarray]:
    batch = _Arrays(io.BytesIO(record), encoding="bytes").load()
    return batch[b"data"].reshape(-1, 3, 32, 32), np.asarray(batch[b"labels"])


class _Arrays(pickle.Unpickler):
    """Builds numpy arrays and nothing else, so that a pickle from elsewhere can run no code."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in (("numpy", "ndarray"), ("numpy", "dtype")):
            return getattr(np, name)
        if module in ("numpy.core.multiarray", "numpy._core.multiarray") and name == "_reconstruct":
            return np._core.multiarray._reconstruct  # type: ignore[attr-defined]
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no CIFAR-10 file needs")


def _checked(images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1:] != (3, 32, 32) or len(images) != len(labels):
        raise ValueError(f"it holds images {images.dtype} {images.shape} and {len(labels)} labels")
    if len(labels) == 0 or labels.min() < 0 or labels.max() > 9:
        raise ValueError("its labels are not 0 to 9")
    return images, labels.astype(np.int64)
