"""A run on disk, half way: its state in one file, written whole or not at all, read without executing anything."""

from __future__ import annotations

import hashlib
import os
import pickle
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

__all__ = ["Keeper", "identity", "read", "whole"]

FORMAT = "eoslib-checkpoint-4"
SAVE_EVERY = 60.0  # seconds between two checkpoints: what a crash may cost


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A file beside `path` to write to, which takes its place when all is written; gone when writing fails."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def identity(w0: Tensor, **facts: object) -> dict[str, str]:
    """What must agree for a state to be of the same run: where it started, by its hash, and every other fact as text.

    A function is known by its name alone, as its address is another in every process.
    """
    start = hashlib.sha256(w0.cpu().numpy().tobytes()).hexdigest()[:12]
    return {"w0": start} | {name.replace("_", " "): re.sub(r" at 0x[0-9a-f]+", "", str(x)) for name, x in facts.items()}


def read(path: Path, identity: Mapping[str, str], device: torch.device) -> dict[str, Any] | None:
    """The state in the file; None where there is no file.

    Raises ValueError when it is damaged, or belongs to a run of another identity.
    """
    if not path.exists():
        return None
    try:
        content = torch.load(path, weights_only=True, map_location=device)
        if not isinstance(content, dict) or content["format"] != FORMAT:
            raise KeyError("format")
        theirs, state = content["identity"], dict(content["state"])
    except (KeyError, TypeError, RuntimeError, EOFError, ValueError, OSError, pickle.UnpicklingError) as error:
        raise ValueError(f"{path} is not a checkpoint that this version of eoslib wrote, or it is damaged "
                         f"({type(error).__name__}). Remove it to begin again.") from error  # fmt: skip
    other = [f"{name} was {theirs.get(name, 'not noted')} and is {ours}" for name, ours in identity.items()
             if theirs.get(name) != ours]  # fmt: skip
    if other:
        raise ValueError(f"{path} is a checkpoint of another run: {'; '.join(other)}. Name another file, or remove it.")
    return state


class Keeper:
    """The checkpoint of a run with `state_dict` and `load_state_dict`: where its file exists, it is taken up at once.

    It holds the state, tensors and plain numbers, and the identity that a run must have. No path, no checkpoint.
    """

    def __init__(
        self, path: str | Path | None, identity: Mapping[str, str], run: Any, device: torch.device
    ) -> None:
        self.path, self.identity, self.run, self.done = Path(path) if path else None, identity, run, False
        state = read(self.path, identity, device) if self.path else None
        if state is None:
            self.keep()  # a place that cannot be written to comes out now, and not when the run ends
        else:
            run.load_state_dict(state)
            self.done, self._saved = state["done"], time.monotonic()

    def keep(self, *, done: bool = False) -> None:
        """Write the run's state as it is."""
        self._saved = time.monotonic()
        if self.path:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with whole(self.path) as part:
                state = self.run.state_dict() | {"done": done}
                torch.save({"format": FORMAT, "identity": dict(self.identity), "state": state}, part)

    def glance(self) -> None:
        """Write it if the last time is a minute ago."""
        if time.monotonic() - self._saved > SAVE_EVERY:
            self.keep()
