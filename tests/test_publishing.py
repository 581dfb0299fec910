"""Cards, export and push; the Hub they go to is the one in `local_hub`."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import huggingface_hub
import pytest
import yaml
from huggingface_hub import HfApi, ModelCard
from huggingface_hub.errors import EntryNotFoundError, RepositoryNotFoundError, RevisionNotFoundError
from local_hub import TOKEN, LocalHub
from reports_made import made_report
from test_records import MANIFEST, RUN

from midi_text.publishing import cards
from midi_text.publishing.cards import dataset_card, model_card, space_card
from midi_text.publishing.push import PushError, push
from midi_text.publishing.space import export_space
from midi_text.records import Papers, RecordError
from midi_text.reports.tables import REQUIRED

REPORT = made_report()
TRAINED = dataclasses.replace(RUN, settings={"tasks": {"opening": 0.5, "compose": 0.3, "caption": 0.2, "vary": 0.0}})
PAPERS = Papers(MANIFEST, TRAINED, REPORT)


@pytest.fixture(scope="module")
def hub() -> Iterator[LocalHub]:
    with LocalHub() as server:
        yield server


@pytest.fixture
def api(hub: LocalHub, monkeypatch: pytest.MonkeyPatch) -> HfApi:
    """A client of the local Hub; the tests' offline switch is lifted for it."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    return HfApi(endpoint=hub.url, token=TOKEN)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Looks like an exported model as far as `push` cares."""
    home = tmp_path / "exported"
    home.mkdir()
    (home / "README.md").write_text(model_card(PAPERS, repo_id="user/tiny"))
    (home / "config.json").write_text('{"model_type": "midi_text"}')
    (home / "model.safetensors").write_bytes(bytes(range(256)) * 64)
    return home


# -- cards


def test_model_card_matches_the_golden_file():
    golden = Path(__file__).with_name("golden") / "model_card.md"
    assert model_card(PAPERS, repo_id="user/tiny") == golden.read_text(encoding="utf-8")


def test_model_card_front_matter_is_what_the_hub_indexes():
    data = ModelCard(model_card(PAPERS, repo_id="user/tiny")).data
    assert data.library_name == "transformers"
    assert data.pipeline_tag == "text-to-audio"
    assert {"text-to-midi", "midi-to-text"} <= set(data.tags)
    indexed = {result.metric_type: result for result in data.eval_results}
    assert set(REQUIRED) - set(indexed) == {"adherence/examples", "own_share/examples"}
    assert not any(name.startswith(("human", "likelihood/excerpts")) for name in indexed)
    assert indexed["adherence/key"].metric_value == 0.875
    assert indexed["own_share/key"].metric_value == 0.5
    assert indexed["adherence/key"].task_name == "the model, locks on"
    assert indexed["own_share/key"].task_name == "the model, locks off"
    assert indexed["likelihood/bits_per_note/model"].dataset_split == "test"


def test_model_card_says_what_the_locks_do_and_what_was_not_trained():
    card = model_card(PAPERS, repo_id="user/tiny")
    assert "| key (CK) | 87.5 % | 50.0 % |" in card
    assert "It was not trained to continue, infill, vary, refine" in card
    assert "86 % are Tunes" in card
    assert "Not measured: human pieces, shuffled; rules and templates." in card
    silent = Papers(MANIFEST, RUN, REPORT)
    assert "does not say which tasks" in model_card(silent, repo_id="user/tiny")


def test_dataset_card_credits_every_source():
    card = dataset_card(MANIFEST, repo_id="user/corpus")
    for source in MANIFEST.sources:
        assert source.attribution in card
        assert source.licence in card
    assert "- 1: no notes" in card


def test_space_card_front_matter_and_figures():
    card = space_card(PAPERS, title="MIDI and words", model_id="user/tiny", gradio_version="6.31.0")
    front = yaml.safe_load(card.split("---")[1])
    assert front["sdk"] == "gradio"
    assert front["sdk_version"] == "6.31.0"
    assert front["models"] == ["user/tiny"]
    assert "Of answers to 10 prompts (seed 3, weights `efefefefefefefef`)" in card
    assert "| key (CK) | 87.5 % | 50.0 % |" in card


@pytest.mark.parametrize("name", REQUIRED)
def test_a_row_that_is_missing_makes_no_card(name: str):
    rows = tuple(row for row in REPORT.rows if row.metric != name)
    less = Papers(MANIFEST, TRAINED, dataclasses.replace(REPORT, rows=rows))
    with pytest.raises(RecordError, match=rf"it lacks {name}\. Measure the checkpoint"):
        model_card(less, repo_id="user/tiny")
    with pytest.raises(RecordError, match=name):
        space_card(less, title="a", model_id="user/tiny", gradio_version="6.31.0")


def test_a_number_that_is_missing_is_an_error_and_no_gap():
    with pytest.raises(RecordError, match=r"model_card\.md must show something that its papers do not hold: 'locks'"):
        cards._render("model_card.md", front="", repo_id="user/tiny", manifest=MANIFEST, run=RUN)


def test_weights_must_be_those_that_were_measured(tmp_path: Path):
    PAPERS.save(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"other")
    with pytest.raises(RecordError, match=r"it measured efef.*Evaluate this checkpoint anew: midi-text evaluate"):
        Papers.of_checkpoint(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(FileNotFoundError):
        Papers.of_checkpoint(tmp_path)


def test_a_source_without_an_address_is_named_plainly():
    sources = (dataclasses.replace(MANIFEST.sources[0], url=""),)
    assert "| Tunes | CC0-1.0 |" in dataset_card(dataclasses.replace(MANIFEST, sources=sources), repo_id="user/corpus")


def test_papers_must_belong_together():
    with pytest.raises(RecordError, match="must be trained on the data of its manifest"):
        Papers(dataclasses.replace(MANIFEST, seed=8), TRAINED, REPORT)


def test_papers_round_trip(tmp_path: Path):
    PAPERS.save(tmp_path)
    assert Papers.load(tmp_path) == PAPERS


# -- push


def test_push_and_read_back(api: HfApi, hub: LocalHub, folder: Path, tmp_path: Path):
    url = push(folder, "user/pushed", token=TOKEN, endpoint=hub.url)
    assert url.startswith(f"{hub.url}/user/pushed/commit/")
    info = api.model_info("user/pushed", files_metadata=True)
    weights = next(file for file in info.siblings if file.rfilename == "model.safetensors")
    assert weights.lfs is not None
    assert info.card_data.pipeline_tag == "text-to-audio"
    read = {result.metric_type: result.metric_value for result in info.card_data.eval_results}
    assert read["adherence/key"] == 0.875
    assert read["own_share/key"] == 0.5
    copy = Path(api.snapshot_download("user/pushed", local_dir=tmp_path / "copy"))
    for path in folder.iterdir():
        assert (copy / path.name).read_bytes() == path.read_bytes()


def test_pushing_again_replaces_what_is_there(api: HfApi, hub: LocalHub, folder: Path):
    push(folder, "user/again", token=TOKEN, endpoint=hub.url)
    (folder / "README.md").write_text("new")
    (folder / "config.json").rename(folder / "extra.json")
    (folder / "config.json").write_text("{}")
    push(folder, "user/again", token=TOKEN, endpoint=hub.url)
    (folder / "extra.json").unlink()
    push(folder, "user/again", token=TOKEN, endpoint=hub.url)
    assert set(api.list_repo_files("user/again")) == {".gitattributes", "README.md", "config.json", "model.safetensors"}
    assert len(api.list_repo_commits("user/again")) == 4


@pytest.mark.parametrize(("repo_type", "file"), [("dataset", "data/train.parquet"), ("space", "pages/app.py")])
def test_other_kinds_need_only_a_card(api: HfApi, hub: LocalHub, tmp_path: Path, repo_type: str, file: str):
    (tmp_path / "README.md").write_text("---\ntags: [music]\n---\n")
    (tmp_path / file).parent.mkdir()
    (tmp_path / file).write_bytes(b"PAR1")
    push(tmp_path, "user/other", repo_type=repo_type, token=TOKEN, endpoint=hub.url)
    tree = {item.path for item in api.list_repo_tree("user/other", repo_type=repo_type, recursive=True)}
    assert tree == {".gitattributes", "README.md", file.split("/")[0], file}


def test_the_space_goes_to_the_hub(api: HfApi, hub: LocalHub, tmp_path: Path):
    pytest.importorskip("gradio", reason="needs the extra: pip install 'midi-text[demo]'")
    folder = export_space(tmp_path / "space", model_id="user/tiny")
    push(folder, "user/page", repo_type="space", token=TOKEN, endpoint=hub.url)
    assert api.space_info("user/page").sdk == "gradio"
    there = set(api.list_repo_files("user/page", repo_type="space")) - {".gitattributes"}
    assert there == {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert {"app.py", "README.md", "requirements.txt", "midi_text/demo/static/player.js"} <= there


def test_private_repositories_are_hidden(api: HfApi, hub: LocalHub, folder: Path):
    push(folder, "user/private", private=True, token=TOKEN, endpoint=hub.url)
    assert api.model_info("user/private").private
    with pytest.raises(RepositoryNotFoundError):
        HfApi(endpoint=hub.url, token=False).model_info("user/private")


@pytest.mark.parametrize("token", [False, "hf_wrong"])
def test_a_push_without_the_right_says_what_to_do(api: HfApi, hub: LocalHub, folder: Path, token: str):
    with pytest.raises(PushError, match="hf auth login"):
        push(folder, "user/denied", token=token, endpoint=hub.url)


def test_a_push_without_a_network_says_what_to_do(api: HfApi, folder: Path):
    with pytest.raises(PushError, match=r"must be reachable .*Check the network"):
        push(folder, "user/tiny", token=TOKEN, endpoint="http://127.0.0.1:9")


def test_a_push_offline_says_what_to_do(hub: LocalHub, folder: Path):
    with pytest.raises(PushError, match="HF_HUB_OFFLINE"):
        push(folder, "user/tiny", token=TOKEN, endpoint=hub.url)


def test_a_bad_name_and_a_bad_folder_are_refused(api: HfApi, hub: LocalHub, folder: Path, tmp_path: Path):
    with pytest.raises(PushError, match='must be named "user/name"'):
        push(folder, "user/na me", token=TOKEN, endpoint=hub.url)
    with pytest.raises(FileNotFoundError, match=r"must hold README\.md"):
        push(tmp_path, "user/tiny", token=TOKEN, endpoint=hub.url)


def test_what_is_not_there_answers_404(api: HfApi, hub: LocalHub, folder: Path):
    push(folder, "user/there", token=TOKEN, endpoint=hub.url)
    with pytest.raises(RepositoryNotFoundError):
        api.model_info("user/absent")
    with pytest.raises(RevisionNotFoundError):
        api.model_info("user/there", revision="absent")
    with pytest.raises(EntryNotFoundError):
        api.hf_hub_download("user/there", "absent.json")
    with pytest.raises(EntryNotFoundError):
        list(api.list_repo_tree("user/there", "absent"))
    assert any(line.endswith("404") for line in hub.log)
