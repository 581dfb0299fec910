"""An exported model works for people who do not have the package, from a folder and from a Hub.

`exported` is made once, unverified; the tests then say piece by piece what `export` with its verification promises.
"""

import dataclasses
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from local_hub import TOKEN, LocalHub
from reports_made import made_report
from test_records import MANIFEST, RUN

from midi_text.publishing import export as exporting
from midi_text.publishing.export import ExportError, export, visit_as_stranger
from midi_text.publishing.push import push
from midi_text.records import Papers, RecordError, hash_file

PARTS = {
    "AutoConfig": "MidiTextConfig",
    "AutoTokenizer": "MidiTextTokenizer",
    "AutoProcessor": "MidiTextProcessor",
    "AutoModel": "MidiTextModel",
    "AutoModelForSeq2SeqLM": "MidiTextForConditionalGeneration",
}


@pytest.fixture(scope="module")
def papers(tiny_checkpoint: Path) -> Papers:
    checkpoint_hash = hash_file(tiny_checkpoint / "model.safetensors")
    return Papers(MANIFEST, RUN, made_report(checkpoint_hash=checkpoint_hash))


@pytest.fixture(scope="module")
def exported(tiny_checkpoint: Path, papers: Papers, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("export") / "model"
    return export(tiny_checkpoint, target, repo_id="user/tiny", papers=papers, verify=False)


@pytest.fixture(scope="module")
def hub(exported: Path) -> Iterator[LocalHub]:
    """A Hub that holds the exported model as "user/tiny"."""
    with pytest.MonkeyPatch.context() as patch, LocalHub() as server:
        patch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
        push(exported, "user/tiny", token=TOKEN, endpoint=server.url)
        yield server


def test_the_folder_holds_what_the_hub_needs(exported: Path):
    names = {path.name for path in exported.iterdir()}
    assert {"README.md", "config.json", "generation_config.json", "model.safetensors"} <= names
    assert {"tokenizer.json", "tokenizer_config.json", "midi_tokenizer.json", "event_merges.json"} <= names
    assert {"processor_config.json", "data_manifest.json", "run_record.json", "evaluation_report.json"} <= names
    assert not [name for name in names if name.endswith((".bin", ".pt", ".pkl", ".part"))]


def test_the_code_is_the_ground_floor(exported: Path):
    """Word for word, but for the lines that import from the one room that is no flat file."""
    package = Path(exporting.__file__).parents[1]
    originals = {path.name: path for path in package.glob("*_midi_text.py")}
    originals |= {f"facts_{path.name}": path for path in (package / "facts").glob("*.py") if path.stem != "__init__"}
    assert {path.name for path in exported.glob("*.py")} == set(originals)
    for name, path in originals.items():
        pairs = zip(path.read_text().splitlines(), (exported / name).read_text().splitlines(), strict=True)
        for old, new in pairs:
            assert new == old or re.fullmatch(r"from \.\w+ import .+", new), f"{name}: {new}"


def test_the_config_names_every_class(exported: Path):
    config = json.loads((exported / "config.json").read_text())
    named = config["auto_map"].values()
    tokenizer = json.loads((exported / "tokenizer_config.json").read_text())
    named = [*named, tokenizer["auto_map"]["AutoTokenizer"][1]]
    named += json.loads((exported / "processor_config.json").read_text())["auto_map"].values()
    named += [pipeline["impl"] for pipeline in config["custom_pipelines"].values()]
    assert set(config["custom_pipelines"]) == {"text-to-midi", "midi-to-text"}
    for name in named:
        module, cls = name.split(".")
        assert f"\nclass {cls}(" in (exported / f"{module}.py").read_text(), name
    assert tokenizer["tokenizer_class"] == "MidiTextTokenizer"
    assert config["dtype"] == "bfloat16"


def test_the_config_matches_the_golden_file(exported: Path):
    config = json.loads((exported / "config.json").read_text())
    del config["transformers_version"]
    assert config == json.loads((Path(__file__).with_name("golden") / "config.json").read_text())


def test_nothing_of_this_machine_is_exported(exported: Path):
    for path in exported.glob("*.json"):
        text = path.read_text()
        assert str(exported.parent) not in text, path.name
        assert "local_files_only" not in text, path.name


def test_weights_are_bfloat16_and_shared_once(exported: Path):
    from safetensors import safe_open

    with safe_open(exported / "model.safetensors", framework="pt") as weights:
        assert {str(weights.get_slice(key).get_dtype()) for key in weights.keys()} == {"BF16"}  # noqa: SIM118
        assert not [key for key in weights.keys() if "lm_head" in key]  # noqa: SIM118


def test_a_stranger_goes_once_each_way_from_the_folder(exported: Path):
    seen = visit_as_stranger(exported)
    assert seen["parts"] == PARTS
    assert seen["midi_bytes"] > 50
    assert seen["caption"]


def test_a_stranger_goes_once_each_way_from_the_hub(hub: LocalHub):
    seen = visit_as_stranger("user/tiny", hub.environment)
    assert seen["parts"] == PARTS
    assert seen["midi_bytes"] > 50
    assert seen["caption"]


def test_a_friend_needs_no_trust(hub: LocalHub, tmp_path: Path):
    """With the package imported, everything loads by the repository's name without `trust_remote_code`."""
    script = """
import midi_text
from transformers import AutoModelForSeq2SeqLM, AutoProcessor, AutoTokenizer, pipeline
for auto in (AutoModelForSeq2SeqLM, AutoProcessor, AutoTokenizer):
    assert type(auto.from_pretrained("user/tiny")).__module__.startswith("midi_text."), auto
composed = pipeline("text-to-midi", model="user/tiny")("a waltz, 2 bars", seed=0)
captioned = pipeline("midi-to-text", model="user/tiny")(composed.midi)
from huggingface_hub import ModelCard
assert ModelCard.load("user/tiny").data.pipeline_tag == "text-to-audio"
"""
    environment = os.environ | hub.environment | {"HF_HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", script], env=environment, check=True, timeout=100)


def test_export_verifies_and_leaves_nothing_when_it_fails(
    tiny_checkpoint: Path, papers: Papers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(exporting.AUTO_MAPS["config.json"], "AutoModel", "modeling_midi_text.Missing")
    with pytest.raises(ExportError, match="Missing"):
        export(tiny_checkpoint, tmp_path / "model", repo_id="user/tiny", papers=papers)
    assert not list(tmp_path.iterdir())


def test_export_needs_an_empty_folder(tiny_checkpoint: Path, papers: Papers, tmp_path: Path):
    (tmp_path / "mine").touch()
    with pytest.raises(FileExistsError, match="must be new or empty"):
        export(tiny_checkpoint, tmp_path, repo_id="user/tiny", papers=papers)


def test_export_needs_its_papers(tiny_checkpoint: Path, papers: Papers, tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=r"data_manifest\.json"):
        export(tiny_checkpoint, tmp_path / "model", repo_id="user/tiny")
    other = dataclasses.replace(papers, report=made_report())
    with pytest.raises(RecordError, match="must speak of the weights"):
        export(tiny_checkpoint, tmp_path / "model", repo_id="user/tiny", papers=other)
    assert not list(tmp_path.iterdir())
