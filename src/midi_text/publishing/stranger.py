"""What a stranger does with an exported model: loads it without this package and goes once each way.

Run as a program of its own (`python -I stranger.py MODEL`), never imported: it stands for a process on a machine
where midi-text is not installed, so an installed one is made invisible first. MODEL is a folder or a repository's
name. Everything must load through the Auto classes with `trust_remote_code=True`; then a prompt becomes MIDI and that
MIDI becomes words. It prints one JSON object with what came out, and any failure is an ordinary traceback.
"""

import importlib.abc
import json
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

PROMPT = "a slow waltz in D minor for violin and piano, 4 bars"


class HidePackage(importlib.abc.MetaPathFinder):
    """Makes `import midi_text` fail as it does where the package is not installed."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: Any = None) -> None:
        """Refuses the package and leaves every other name to the finders that follow."""
        if name.split(".")[0] == "midi_text":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def visit(model: str) -> dict[str, Any]:
    """Loads every part of `model`, composes, captions; returns what a caller can check."""
    sys.meta_path.insert(0, HidePackage())
    from transformers import AutoConfig, AutoModel, AutoModelForSeq2SeqLM, AutoProcessor, AutoTokenizer, pipeline

    parts = {
        auto.__name__: type(auto.from_pretrained(model, trust_remote_code=True)).__name__
        for auto in (AutoConfig, AutoTokenizer, AutoProcessor, AutoModel, AutoModelForSeq2SeqLM)
    }
    composed = pipeline("text-to-midi", model=model, trust_remote_code=True)(PROMPT, seed=0)
    captioned = pipeline("midi-to-text", model=model, trust_remote_code=True)(composed.midi)
    return {"parts": parts, "midi_bytes": len(composed.midi), "caption": captioned.text}


def main() -> NoReturn:
    """Visits the model named on the command line."""
    sys.stdout.write(json.dumps(visit(sys.argv[1])) + "\n")
    sys.exit(0)


if __name__ == "__main__":
    main()
