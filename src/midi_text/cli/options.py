"""What several commands take: the checkpoint, where to compute, and kinds of numbers."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..records import WEIGHTS_FILE

PRETRAINED = Path(__file__).parents[1] / "pretrained"


def model_options() -> argparse.ArgumentParser:
    """A parent parser with the options that `load_pipeline` needs."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--model", metavar="PATH_OR_ID", help="a checkpoint's folder or Hub name [the embedded one]")
    parser.add_argument("--device", help='where to compute, such as "cpu" or "cuda:0" [the fastest there is]')
    return parser


def at_least_one(text: str) -> int:
    """A whole number from 1 on."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number, at least 1; got {text!r}")
    return int(text)


def seed(text: str) -> int:
    """A whole number that torch takes as a seed."""
    if not text.isdecimal() or int(text) >= 2**63:
        raise argparse.ArgumentTypeError(f"must be a whole number from 0 to 2^63 - 1; got {text!r}")
    return int(text)


def load_pipeline(task: str, model: str | None, device: str | None) -> Any:
    """A pipeline on the named checkpoint, or on the one that comes with the package.

    Raises:
        FileNotFoundError: If there is no checkpoint there.
        OSError: If it cannot be loaded.
    """
    from transformers import pipeline

    if model is None:
        if not (PRETRAINED / WEIGHTS_FILE).is_file():
            raise FileNotFoundError(
                f"this installation has no weights of its own in {PRETRAINED}; name a checkpoint with --model"
            )
        model = str(PRETRAINED)
    folder = Path(model)
    local = folder.exists() or folder.is_absolute() or model.startswith(".")
    if local and not (folder / "config.json").is_file():
        raise FileNotFoundError(f"--model must be a checkpoint's folder or a Hub name; {folder} holds no config.json")
    try:
        return pipeline(task, model=model, device=device)
    except OSError as error:
        raise OSError(f"the checkpoint {model} cannot be loaded: {error}") from error
