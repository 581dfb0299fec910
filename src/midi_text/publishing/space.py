"""The folder of the Space: the page as the Hub runs it.

`demo/` of the repository in a form that stands alone: the package travels beside ``app.py``, weights and all, so the
Space needs no package index that knows us, and the card and the requirements are written from what is installed here.
"""

from __future__ import annotations

import os
import re
import shutil
from importlib import metadata
from pathlib import Path

from ..data.stopping import whole_folder
from ..records import Papers
from .cards import space_card

PACKAGE = Path(__file__).parents[1]
TITLE = "midi-text"
_EXTRAS = ("demo", "audio", "study")
APP = '''"""The Space: midi-text's page, as the Hub starts it."""

from transformers import pipeline

import midi_text  # noqa: F401 - teaches transformers the pipeline
from midi_text.demo.serve import answers_of, serve

if __name__ == "__main__":
    serve(answers_of(pipeline("text-to-midi")), server_name="0.0.0.0")
'''


def export_space(folder: str | os.PathLike[str], *, model_id: str = "midi-text/midi-text") -> Path:
    """Writes the Space's folder, whole or not at all.

    Args:
        folder: To make; must not be there yet.
        model_id: The model's repository, for the card.

    Raises:
        FileExistsError: If there is something at `folder`.
        OSError: If it cannot be written.
        RecordError: As `space_files`.
    """
    target = Path(folder)
    if target.exists():
        raise FileExistsError(f"the Space's folder must not be there yet; {target} is. Remove it or name another")
    files = space_files(model_id)
    with whole_folder(target) as part:
        for name, text in files.items():
            (part / name).write_text(text, encoding="utf-8")
        shutil.copytree(PACKAGE, part / "midi_text", ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    return target


def space_files(model_id: str = "midi-text/midi-text") -> dict[str, str]:
    """The files beside the package, by name; the card tells of the weights in the package.

    Raises:
        RecordError: If their papers speak of other weights, or lack what the card shows.
    """
    papers = Papers.of_checkpoint(PACKAGE / "pretrained")
    gradio = metadata.version("gradio")
    return {
        "app.py": APP,
        "README.md": space_card(papers, title=TITLE, model_id=model_id, gradio_version=gradio),
        "requirements.txt": "\n".join(requirements()) + "\n",
    }


def requirements() -> list[str]:
    """What the page needs, as the installed package's metadata has it; the Hub adds gradio itself."""
    needed = set()
    for line in metadata.requires("midi-text") or ():
        name, _, marker = (part.strip() for part in line.partition(";"))
        extra = re.search(r"extra == ['\"]([\w-]+)['\"]", marker)
        if extra is None or extra.group(1) in _EXTRAS:
            needed.add(name)
    return sorted(name for name in needed if not name.startswith(("gradio", "midi-text")))
