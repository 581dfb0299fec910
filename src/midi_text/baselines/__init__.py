"""The ancestors: classic systems, trained and scored on the same notes as the main model. Needs the extra ``train``.

`load` reads a folder that `training.train_baseline` wrote, whichever of the three kinds it holds.
"""

from __future__ import annotations

import json
from pathlib import Path

from .base import Baseline
from .note_lstm import NoteLstm
from .sequence_vae import SequenceVae
from .wavenet import WaveNet

KINDS: dict[str, type[Baseline]] = {kind.kind: kind for kind in (NoteLstm, SequenceVae, WaveNet)}


def load(path: str | Path) -> Baseline:
    """The baseline in a folder, in float32, ready to write and to be scored.

    Raises:
        FileNotFoundError: If the folder holds no ``config.json``.
        ValueError: If what it holds is no baseline.
    """
    config = Path(path) / "config.json"
    if not config.is_file():
        raise FileNotFoundError(f"{path} must be a baseline's folder; it holds no config.json (best/ of a run has one)")
    found = json.loads(config.read_text(encoding="utf-8")).get("model_type")
    for kind in KINDS.values():
        if kind.config_class.model_type == found:
            return kind.from_pretrained(path, dtype="float32").eval()
    known = ", ".join(kind.config_class.model_type for kind in KINDS.values())
    raise ValueError(f"{path} must hold one of {known}; it holds {found!r}")


__all__ = ["KINDS", "Baseline", "NoteLstm", "SequenceVae", "WaveNet", "load"]
