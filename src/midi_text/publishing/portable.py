"""The ground floor as a model repository carries it: flat files that import one another as siblings.

A repository's code is loaded file by file from one folder, so there can be no package inside. The `*_midi_text.py`
files are flat already and are copied word for word; those of the room `facts/` become `facts_<name>.py`, and only the
lines that import them change: `from .facts.view import` becomes `from .facts_view import`. Such imports stand on lines
of their own at the top of a file, which a test holds, so no parser is needed to find them.
"""

from __future__ import annotations

import re
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
ROOM = "facts"
_FROM_THE_ROOM = re.compile(rf"^from \.{ROOM}\.(\w+) import", re.MULTILINE)
_FROM_BELOW = re.compile(r"^from \.\.(\w+) import", re.MULTILINE)
_FROM_INSIDE = re.compile(r"^from \.(\w+) import", re.MULTILINE)


def portable_files() -> dict[str, str]:
    """The files by the name they have in a model repository, and their text there."""
    files = {}
    for path in sorted(PACKAGE.glob("*_midi_text.py")):
        files[path.name] = _FROM_THE_ROOM.sub(rf"from .{ROOM}_\1 import", path.read_text(encoding="utf-8"))
    for path in sorted((PACKAGE / ROOM).glob("[a-z]*.py")):
        text = _FROM_INSIDE.sub(rf"from .{ROOM}_\1 import", path.read_text(encoding="utf-8"))
        files[f"{ROOM}_{path.name}"] = _FROM_BELOW.sub(r"from .\1 import", text)
    return files
