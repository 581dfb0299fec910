"""The house stands as designed: imports go down only, and the wheel holds what the package reads.

Floors are read from the files with `ast`, so a forbidden import is found even inside a function.
"""

import ast
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from midi_text.publishing.portable import portable_files

PACKAGE = Path(__file__).parents[1] / "src" / "midi_text"
FILES = sorted(PACKAGE.rglob("*.py"))
FLAT = [path for path in FILES if path.name.endswith("_midi_text.py")]
ANALYSIS = [path for path in FILES if path.parent.name == "facts"]
PORTABLE = [*FLAT, *(path for path in ANALYSIS if path.stem != "__init__")]

# Floors from the ground up. A room may import from lower floors, and on its own floor only as NEIGHBOURS says.
FLOORS = {
    "ground": 0,
    "records": 1,
    "workers": 1,
    "data": 2,
    "training": 2,
    "evaluation": 2,
    "baselines": 2,
    "rendering": 2,
    "study": 2,
    "search": 2,
    "reports": 3,
    "publishing": 3,
    "feedback": 3,
    "live": 3,
    "demo": 3,
    "cli": 4,
    "__main__": 5,
}
NEIGHBOURS = {("training", "data"), ("baselines", "data"), ("publishing", "reports")}
# The portable files that may use torch and transformers; the rest is knowledge of music and runs without either.
OF_THE_MODEL = {
    "cache",
    "decoding",
    "guidance",
    "alignment",
    "configuration",
    "embedding",
    "layers",
    "modeling",
    "tokenization",
    "processing",
    "constraints",
    "generation",
    "pipeline",
    "windows",
}
# What the room of the analysis stands on; all other flat files may stand on it.
BELOW_THE_ANALYSIS = {"bars", "facts", "key", "score", "smf"}


def room(path: Path) -> str:
    if path in PORTABLE or path in ANALYSIS:
        return "ground"
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_modules(path: Path) -> Iterator[str]:
    """Absolute names of everything `path` imports; `from x import y` yields both "x" and "x.y"."""
    package = ["midi_text", *path.relative_to(PACKAGE).parent.parts]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, (base, node.module)))
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def rooms_imported(path: Path) -> set[str]:
    names = (name.split(".")[1] for name in imported_modules(path) if name.startswith("midi_text."))
    rooms = ("ground" if name.endswith("_midi_text") or name == "facts" else name for name in names)
    return {
        name for name in rooms if (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file() or name == "ground"
    }


def relative(paths: list[Path]) -> list[object]:
    return [pytest.param(path, id=str(path.relative_to(PACKAGE))) for path in paths]


INSIDE = [path for path in FILES if path != PACKAGE / "__init__.py"]


@pytest.mark.parametrize("path", relative(INSIDE))
def test_imports_go_down_only(path: Path):
    here = room(path)
    assert here in FLOORS, f"{here} stands on no floor: give it one in design and in FLOORS"
    for other in rooms_imported(path) - {here}:
        assert FLOORS[other] < FLOORS[here] or (here, other) in NEIGHBOURS, f"{here} must not import {other}"


@pytest.mark.parametrize("path", relative(INSIDE))
def test_no_file_imports_the_package_root(path: Path):
    assert "midi_text" not in set(imported_modules(path))


@pytest.mark.parametrize("path", relative(PORTABLE))
def test_portable_files_import_only_siblings_and_libraries(path: Path):
    text = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.level:
            sibling = imported_file(path, node)
            assert sibling in PORTABLE, f"line {node.lineno}: must be `from .sibling import name`"
            assert node.col_offset == 0, f"line {node.lineno}: must stand at the top of the file, where export finds it"
            below = sibling.name.removesuffix("_midi_text.py") in BELOW_THE_ANALYSIS
            assert below or path in FLAT or sibling in ANALYSIS, f"line {node.lineno}: {sibling.name} stands above"
    assert not any(name.split(".")[0] == "midi_text" for name in absolute_imports(text))


@pytest.mark.parametrize("name", portable_files())
def test_exported_files_name_only_one_another(name: str):
    # transformers finds the files to copy with a regular expression, which reads docstrings as well.
    text = portable_files()[name]
    found = re.findall(r"^\s*from\s+\.(\S+)\s+import", text, flags=re.MULTILINE)
    found += re.findall(r"^\s*import\s+\.(\S+)\s*$", text, flags=re.MULTILINE)
    assert {f"{other}.py" for other in found} <= set(portable_files())


def imported_file(path: Path, node: ast.ImportFrom) -> Path:
    """The file that a relative import names."""
    folder = path.parents[node.level - 1]
    return folder.joinpath(*(node.module or "").split(".")).with_suffix(".py")


def absolute_imports(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module


def libraries(path: Path) -> set[str]:
    return {name.split(".")[0] for name in absolute_imports(path.read_text(encoding="utf-8"))}


def siblings(path: Path) -> set[Path]:
    """The portable files that `path` imports, directly or through others."""
    found: set[Path] = set()
    queue = [path]
    while queue:
        file = queue.pop()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level:
                sibling = imported_file(file, node)
                if sibling.is_file() and sibling not in found:
                    found.add(sibling)
                    queue.append(sibling)
    return found


def test_the_model_knows_no_music_library():
    path = PACKAGE / "modeling_midi_text.py"
    for part in {path, *siblings(path)}:
        assert not libraries(part) & {"miditok", "symusic"}, part.name


@pytest.mark.parametrize(
    "path", relative([path for path in PORTABLE if path.name.split("_midi_")[0] not in OF_THE_MODEL])
)
def test_knowledge_of_music_needs_no_torch(path: Path):
    for part in {path, *siblings(path)}:
        assert not libraries(part) & {"torch", "transformers"}, part.name


def test_no_room_for_leftovers():
    names = {path.stem for path in FILES} | {path.name for path in PACKAGE.rglob("*") if path.is_dir()}
    assert not names & {"util", "utils", "common", "constants", "helper", "helpers", "misc"}


def test_the_wheel_holds_what_the_package_reads(tmp_path: Path):
    """Every file git would keep under the package is in the wheel, and nothing else of the repository but the cards."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(command, cwd=PACKAGE.parents[1], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    expected = {
        str(path.relative_to(PACKAGE.parent))
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    cards = {f"midi_text/publishing/hub_cards/{path.name}" for path in (PACKAGE.parents[1] / "hub_cards").iterdir()}
    assert names == expected | cards
    assert {"midi_text/py.typed", "midi_text/publishing/hub_cards/model_card.md"} <= names
