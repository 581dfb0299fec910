"""The README keeps its promises: its Python runs, its commands parse, its files and make targets are there.

The Python blocks run in order in one namespace, offline, on the embedded checkpoint; where a checkout has none yet, on
a random one.
"""

import re
import shlex
from pathlib import Path

import pytest
from transformers.pipelines import PIPELINE_REGISTRY

import midi_text
from midi_text.cli import make_parser

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PACKAGE = ROOT / "src" / "midi_text"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    lines = "".join(blocks("sh")).splitlines()
    return [line for line in lines if line.startswith("midi-text ")]


@pytest.mark.timeout(300)
def test_python_blocks_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest):
    if not (midi_text.PRETRAINED / "model.safetensors").is_file():
        tiny = request.getfixturevalue("tiny_checkpoint")
        monkeypatch.setattr(midi_text, "PRETRAINED", tiny)
        for task in ("text-to-midi", "midi-to-text"):
            monkeypatch.setitem(PIPELINE_REGISTRY.supported_tasks[task]["default"], "model", (str(tiny), "main"))
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {}
    for code in blocks("python"):
        exec(compile(code, "README.md", "exec"), namespace)
    piece, pieces = namespace["piece"], namespace["pieces"]
    assert (piece.facts.bars, piece.facts.time_signature, piece.facts.tempo_bpm) == (4, (6, 8), 72)
    assert [made.facts.bars for made in pieces] == [4, 4]
    assert namespace["about"].text
    assert namespace["inputs"]["input_ids"].shape[0] == 1


@pytest.mark.parametrize("command", commands())
def test_commands_parse(command: str):
    words = shlex.split(command, comments=True)
    if "|" in words:
        words = words[: words.index("|")]
    assert callable(make_parser().parse_args(words[1:]).run)


def test_every_command_is_told():
    parser = make_parser()
    known = next(action for action in parser._actions if action.choices and "compose" in action.choices).choices
    assert {shlex.split(command)[1] for command in commands()} == set(known)


def test_make_targets_exist():
    targets = re.findall(r"\bmake ([\w-]+)", "\n".join(re.findall(r"```sh\n.*?```|`[^`\n]+`", README, flags=re.DOTALL)))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert {"run", "test"} <= set(targets)
    for target in targets:
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target


def test_the_file_tree_stands():
    (tree,) = re.findall(r"^```\n(src/midi_text/\n.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)
    for line in tree.splitlines()[1:]:
        names = line.strip().split("  ")[0]
        if line.startswith("    "):
            for name in names.split(", "):
                assert (PACKAGE / f"{name}_midi_text.py").is_file(), name
        elif "*" not in names:
            assert (PACKAGE / names).exists(), names


def test_linked_files_exist():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("https://") or (ROOT / target).is_file(), target
