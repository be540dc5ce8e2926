"""Data from files: made-up archives in every standard shape come back exact; wrong ones are one clear error."""

import hashlib
import io
import os
import pickle
import tarfile

import numpy as np
import pytest
import torch

import eoslib as eos
from eoslib import cifar

N = 6  # images a batch


@pytest.fixture(scope="module")
def raw():
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (6 * N, 3, 32, 32), dtype=np.uint8)
    images[:, 0, 0, 0] = 77  # a pixel that never changes
    return images, np.arange(6 * N) % 10


@pytest.fixture(scope="module")
def files(raw, tmp_path_factory):
    """The same images in six shapes: two archives, two folders, an .npz, and the expected training mean and spread."""
    images, labels = raw
    root = tmp_path_factory.mktemp("cifar")
    for kind, folder in (("python", "cifar-10-batches-py"), ("binary", "cifar-10-batches-bin")):
        (root / kind / folder).mkdir(parents=True)
        for i, name in enumerate([f"data_batch_{j}" for j in range(1, 6)] + ["test_batch"]):
            part, y = images[i * N : (i + 1) * N].reshape(N, -1), labels[i * N : (i + 1) * N]
            if kind == "python":
                batch = {b"data": part, b"labels": y.tolist(), b"batch_label": b"made up"}
                (root / kind / folder / name).write_bytes(pickle.dumps(batch, protocol=4))
            else:
                record = np.concatenate([y[:, None].astype(np.uint8), part], axis=1)
                (root / kind / folder / f"{name}.bin").write_bytes(record.tobytes())
        with tarfile.open(root / f"{kind}.tar.gz", "w:gz") as archive:
            archive.add(root / kind / folder, arcname=folder)
    hwc = images.transpose(0, 2, 3, 1)
    np.savez(
        root / "some.npz", x_train=hwc[: 5 * N], y_train=labels[: 5 * N], x_test=hwc[5 * N :], y_test=labels[5 * N :]
    )
    return root


@pytest.mark.parametrize(
    "name", ["python.tar.gz", "binary.tar.gz", "python", "python/cifar-10-batches-py", "binary", "some.npz"]
)
@pytest.mark.parametrize(("split", "n"), [("train", 17), ("test", N)])
def test_every_shape_of_the_file_gives_the_papers_images(files, raw, name, split, n):
    images, labels = raw
    data = eos.cifar10(files / name, n, split=split, verify=False)
    train = images[: 5 * N] / 255
    first = 0 if split == "train" else 5 * N
    spread = train.std(axis=0)
    expected = (images[first : first + n] / 255 - train.mean(axis=0)) / np.where(spread > 0, spread, 1)
    np.testing.assert_allclose(data.x.numpy(), expected, atol=1e-12)
    assert data.y.argmax(1).tolist() == labels[first : first + n].tolist() and (data.y.sum(1) == 1).all()
    assert data.x.shape == (n, 3, 32, 32) and data.x.dtype == torch.float64 and (data.x[:, 0, 0, 0] == 0).all()
    assert f"CIFAR-10 {split}, standardised over 30 images of" in data.name  # not the 50,000


def test_a_pickle_as_python_2_wrote_it_is_read(raw, tmp_path):
    """Protocol 2 with byte strings, as in the archive of 2009: numpy's old module name included."""
    images, _ = raw
    part = images[:1].reshape(1, -1)
    head = (
        b"\x80\x02}q\x01(U\x04dataq\x02cnumpy.core.multiarray\n_reconstruct\nq\x03cnumpy\nndarray\nq\x04K\x00\x85U\x01b"
        b"\x87Rq\x05(K\x01K\x01M\x00\x0c\x86cnumpy\ndtype\nq\x06U\x02u1K\x00K\x01\x87Rq\x07(K\x03U\x01|NNNJ\xff\xff\xff"
        b"\xffJ\xff\xff\xff\xffK\x00tb\x89T" + (3072).to_bytes(4, "little")
    )
    record = head + part.tobytes() + b"tbU\x06labelsq\x08]q\x09K\x03au."
    for name in ["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"]:
        (tmp_path / name).write_bytes(record)
    data = eos.cifar10(tmp_path, 5)
    assert data.y.argmax(1).tolist() == [3] * 5 and (data.x == 0).all()
    assert np.array_equal(cifar._pickled(record)[0], images[:1])


def test_a_pickle_that_would_run_code_does_not(files, tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    for name in ["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"]:
        (tmp_path / name).write_bytes(pickle.dumps({b"data": Evil(), b"labels": []}))
    with pytest.raises(ValueError, match="which no CIFAR-10 file needs"):
        eos.cifar10(tmp_path, 1)
    assert not (tmp_path / "ran").exists()


def test_the_checksums_are_asked_for(files, monkeypatch):
    with pytest.raises(ValueError, match=r"checksum.*Download cifar-10-python"):
        eos.cifar10(files / "python.tar.gz", 5)
    known = hashlib.md5((files / "python.tar.gz").read_bytes()).hexdigest()
    monkeypatch.setattr(cifar, "CHECKSUMS", {known: "python"})
    assert len(eos.cifar10(files / "python.tar.gz", 5)) == 5


def test_single_precision_saves_half_the_memory(files):
    assert eos.cifar10(files / "some.npz", 5, dtype=torch.float32).x.dtype == torch.float32


DAMAGES = ["truncated", "text", "no batch", "no dict", "no zip", "short record", "labels", "shape", "keys"]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_wrong_file_is_one_clear_error(files, raw, tmp_path, damage):
    path = tmp_path / "wrong.tar.gz"
    whole = (files / "python.tar.gz").read_bytes()
    if damage == "truncated":
        path.write_bytes(whole[: len(whole) // 2])
    elif damage == "text":
        path.write_text("<html>Not Found</html>")
    elif damage == "no batch":
        with tarfile.open(path, "w:gz") as archive:
            archive.addfile(tarfile.TarInfo("readme.html"), io.BytesIO())
    elif damage == "no zip":
        path = tmp_path / "wrong.npz"
        path.write_bytes(b"PK\x03\x04 and no more")
    elif damage == "no dict":
        path = tmp_path / "python"
        path.mkdir()
        for i in range(1, 6):
            (path / f"data_batch_{i}").write_bytes(pickle.dumps([1]))
    elif damage == "short record":
        path = tmp_path / "bin"
        path.mkdir()
        for i in range(1, 6):
            (path / f"data_batch_{i}.bin").write_bytes(b"\x01" * 3000)
    else:
        path = tmp_path / "wrong.npz"
        images = raw[0].transpose(0, 2, 3, 1)[:, : 16 if damage == "shape" else 32]
        labels = raw[1] + (damage == "labels")
        np.savez(path, x_train=images, **{"labels" if damage == "keys" else "y_train": labels})
    with pytest.raises(ValueError, match=r"is not CIFAR-10, or damaged: .*www\.cs\.toronto\.edu"):
        eos.cifar10(path, 1, verify=False)


@pytest.mark.parametrize(("n", "split", "says"), [(0, "train", "n is 0"), (31, "train", "30 train"), (1, "dev", "dev")])
def test_bad_input_is_a_sentence(files, n, split, says):
    with pytest.raises(ValueError, match=says):
        eos.cifar10(files / "some.npz", n, split=split)


def test_a_missing_file_says_where_to_get_it(tmp_path):
    with pytest.raises(FileNotFoundError, match="Download cifar-10-python"):
        eos.cifar10(tmp_path / "nowhere.tar.gz")
    with pytest.raises(FileNotFoundError, match="Download WikiText-2"):
        eos.wikitext2(tmp_path)


def test_words_become_windows_and_the_next_word_is_the_target(tmp_path):
    (tmp_path / "wiki.train.tokens").write_text(" \n = A b = \n\n a b a b a\n b a <unk> c\n", "utf-8")
    words = ["<eos>", "=", "A", "b", "=", "<eos>", "<eos>", "a", "b", "a", "b", "a", "<eos>", "b", "a", "<unk>", "c"]
    data = eos.wikitext2(tmp_path, windows=4, length=4, vocabulary=5)
    kept = ["<unk>", "<eos>", "b", "a", "="]  # the most frequent, the first seen first
    number = [kept.index(word) if word in kept else 0 for word in words]
    assert data.x.long().flatten().tolist() == number[:16]
    assert data.y.argmax(2).flatten().tolist() == number[1:17] and data.y.shape == (4, 4, 5)
    assert data.name == "wiki.train.tokens, 5 words"
    for options in ({"windows": 5}, {"windows": 0}, {"vocabulary": 1}):
        with pytest.raises(ValueError, match="ask for fewer"):
            eos.wikitext2(tmp_path / "wiki.train.tokens", **({"windows": 4, "length": 4, "vocabulary": 5} | options))
