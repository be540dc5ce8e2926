"""A run on disk, half way: its state in one file, written whole or not at all, read without executing anything."""

from __future__ import annotations

import os
import pickle
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

__all__ = ["read", "write"]

FORMAT = "eoslib-checkpoint-1"


def write(path: Path, identity: Mapping[str, str], state: Mapping[str, Any]) -> None:
    """Write the state, tensors and plain numbers, and the identity: all that must agree for a run to go on from it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as part:
        torch.save({"format": FORMAT, "identity": dict(identity), "state": dict(state)}, part)
    os.replace(part.name, path)


def read(path: Path, identity: Mapping[str, str], device: torch.device) -> dict[str, Any] | None:
    """The state in the file; None where there is no file.

    Raises ValueError when it is damaged, or belongs to a run of another identity.
    """
    if not path.exists():
        return None
    try:
        content = torch.load(path, weights_only=True, map_location=device)
        if content["format"] != FORMAT:
            raise KeyError("format")
        theirs, state = content["identity"], dict(content["state"])
    except (KeyError, TypeError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as error:
        raise ValueError(f"{path} is not a checkpoint that this version of eoslib wrote, or it is damaged "
                         f"({type(error).__name__}). Remove it to begin again.") from error  # fmt: skip
    other = [f"{name} was {theirs.get(name)} and is {ours}" for name, ours in identity.items()
             if theirs.get(name) != ours]  # fmt: skip
    if other:
        raise ValueError(f"{path} is a checkpoint of another run: {'; '.join(other)}. Name another file, or remove it.")
    return state
