"""The page without a browser: limits, what the player is told, the endpoints as documented, the Space's folder."""

import ast
import base64
import io
import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import symusic

pytest.importorskip("gradio", reason="needs the extra: pip install 'midi-text[demo]'")
import gradio as gr
import soundfile
from demo_server import HOSTILE, RefusedError, call, distant_notes, served

import midi_text  # noqa: F401 - teaches transformers the model
from midi_text.agreement_midi_text import Agreement
from midi_text.demo import limits
from midi_text.demo.answers import Form
from midi_text.demo.compose_tab import _from_link
from midi_text.demo.panels import agreement_table, words
from midi_text.demo.playback import SAMPLE_RATE, Recorder, playback
from midi_text.demo.shelf import Shelf
from midi_text.demo.writing import Draft
from midi_text.facts.analysis import analyze
from midi_text.pipeline_midi_text import Composition
from midi_text.publishing.space import export_space, space_files
from midi_text.score_midi_text import write_score

ROOT = Path(__file__).parents[1]


def scale(bars: int = 4) -> symusic.Score:
    """C major up, in quarter notes of half a second."""
    score = symusic.Score(480)
    track = symusic.Track(program=0)
    for step in range(4 * bars):
        track.notes.append(symusic.Note(480 * step, 480, 60 + (0, 2, 4, 5)[step % 4], 80))
    score.tracks.append(track)
    return score


@pytest.mark.parametrize(
    ("data", "says"),
    [(b"", "empty"), (b"\0" * (limits.MAX_BYTES + 1), "too large: at most 1 MB"), *HOSTILE.values()],
    ids=["empty", "large", *HOSTILE],
)
def test_hostile_files_are_refused_in_words(data: bytes, says: str, tmp_path: Path):
    path = tmp_path / "secret-folder.mid"
    path.write_bytes(data)
    with pytest.raises(gr.Error, match=says) as refused:
        limits.kindly(limits.read_upload)(path)
    assert not [leak for leak in ("secret", "max_notes") if leak in str(refused.value)]
    assert "<bytes>" not in str(refused.value)


def test_no_file_and_no_base64():
    with pytest.raises(ValueError, match="choose a MIDI file"):
        limits.read_upload(None)
    with pytest.raises(ValueError, match="base64"):
        limits.read_base64("not base64!")
    with pytest.raises(ValueError, match="too large"):
        limits.read_base64("A" * (limits.MAX_BYTES * 2))


def test_errors_nobody_foresaw_show_no_trace(caplog: pytest.LogCaptureFixture):
    @limits.kindly
    def whole() -> None:
        raise KeyError("/home/somebody/weights")

    @limits.kindly
    def in_parts() -> Iterator[int]:
        yield 1
        raise OSError("/home/somebody/disk full")

    with pytest.raises(gr.Error, match="Something went wrong") as shown:
        whole()
    assert "somebody" not in str(shown.value)
    with pytest.raises(gr.Error, match="Something went wrong"):
        list(in_parts())
    assert "somebody" in caplog.text  # it is in the log for whoever runs the page


def test_words_from_outside_are_escaped():
    row = Agreement("key", "<script>", "<b>", False)
    assert "<script>" not in agreement_table([row]) + words("<script>", "<b>")
    assert "not met" in agreement_table([row])


def test_what_the_player_is_told():
    score = scale()
    told = playback(score, [], analysis=analyze(score), changed=[2], marks=[(1.0, 62, "right")])
    assert told["bars"] == [0, 2, 4, 6, 8]
    assert told["notes"][1] == [0.5, 1.0, 62, 80, 0]
    assert (told["parts"], told["drums"], told["changed"]) == (["Acoustic Grand Piano"], [False], [2])
    assert told["marks"] == [[0.5, 62, "right"]]
    assert told["lanes"]["key"][0][:2] == [0, 8]
    json.dumps(told)


def test_sound_in_pieces_is_the_sound_in_one():
    score = scale()
    whole, pieces = Recorder(), Recorder()
    whole.record(score, 480 * 16 + 1)
    for bar in (1, 2, 3, 4):
        pieces.record(score, 480 * 4 * bar + (bar == 4))
    assert [piece["at"] for piece in pieces.pieces] == [0, 2, 4, 6]

    def mixed(recorder: Recorder) -> np.ndarray:
        out = np.zeros((SAMPLE_RATE * 15, 2))
        for piece in recorder.pieces:
            sound, rate = soundfile.read(io.BytesIO(base64.b64decode(piece["flac"])))
            assert rate == SAMPLE_RATE
            start = round(piece["at"] * rate)
            out[start : start + len(sound)] += sound
        return out[: SAMPLE_RATE * 8]

    one, other = mixed(whole), mixed(pieces)
    assert np.abs(one).max() > 0.05
    assert np.corrcoef(one[:, 0], other[:, 0])[0, 1] > 0.999


def test_the_shelf_clears_itself():
    shelf = Shelf(keep_seconds=-1)
    old = Path(shelf.put("a.mid", b"1"))
    new = Path(shelf.put("b.mid", b"2"))
    assert new.read_bytes() == b"2"
    assert not old.exists()


def test_a_piece_that_begins_late_has_no_sound_in_the_player():
    score = scale()
    for note in score.tracks[0].notes:
        note.time += 480 * 2 * 130
    assert playback(score)["sound"] == []
    score.tracks[0].notes.append(symusic.Note(0, 480, 60, 80))
    (piece,) = playback(score)["sound"]
    assert len(base64.b64decode(piece["flac"])) < 1_000_000  # not the silence until the rest


class _Request:
    def __init__(self, **query: str) -> None:
        self.query_params = query


def test_a_link_fills_the_form_and_only_with_what_can_be():
    asked = _from_link(_Request(prompt="a jig", seed="7", bars="8", key="D minor", instruments="flute,<b>", tempo="90"))
    assert asked == ("a jig", "7", 1, "D minor", 90, "", ["flute"], 8)
    assert _from_link(_Request(seed="x", candidates="99", key="H", metre="1/1", bars="inf")) == (
        "", "x", 4, "", None, "", [], None,
    )  # fmt: skip


@pytest.fixture(scope="module")
def address(tiny_checkpoint: Path) -> Iterator[str]:
    with served(tiny_checkpoint) as (url, _):
        yield url


@pytest.fixture(scope="module")
def answers(tiny_checkpoint: Path):
    from transformers import AutoModelForSeq2SeqLM, AutoProcessor

    from midi_text.demo.serve import answers_of
    from midi_text.pipeline_midi_text import TextToMidiPipeline

    model = AutoModelForSeq2SeqLM.from_pretrained(tiny_checkpoint)
    return answers_of(TextToMidiPipeline(model=model, processor=AutoProcessor.from_pretrained(tiny_checkpoint)))


def test_bars_come_while_they_are_written(answers):
    *drafts, made = answers.compose(Form("a piece", seed=3, bars=6, instruments=("piano",)))
    assert isinstance(made, Composition)
    assert made.facts.bars == 6
    assert drafts
    assert all(isinstance(draft, Draft) for draft in drafts)
    assert [draft.bars for draft in drafts] == sorted({draft.bars for draft in drafts})
    (again,) = list(answers.compose(Form("a piece", seed=3, bars=6, instruments=("piano",))))[-1:]
    assert again.midi == made.midi
    last = drafts[-1].score

    def onsets(score: symusic.Score) -> list[tuple[int, int]]:
        until = last.end()
        return sorted((n.time, n.pitch) for track in score.tracks for n in track.notes if n.time < until)

    assert set(onsets(last)) <= set(onsets(made.score))


def test_who_leaves_frees_the_model(answers):
    parts = answers.compose(Form("a piece", seed=3, bars=32))
    next(parts)
    parts.close()  # waits for the thread
    assert list(answers.compose(Form("a piece", seed=3, bars=2)))[-1].facts.bars == 2


def test_what_takes_too_long_is_stopped(answers, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("midi_text.demo.writing.MAX_SECONDS", -1.0)
    with pytest.raises(TimeoutError, match="took too long"):
        list(answers.compose(Form("a piece", bars=4)))


@pytest.mark.parametrize(
    ("form", "says"),
    [
        (Form("x" * 1001), "at most 1,000 characters"),
        (Form("x", bars=65), "1 to 64 bars"),
        (Form("x", seed=-1), "seed"),
        (Form("x", candidates=9), "candidates"),
        (Form("x", key="H dur"), "key"),
    ],
)
def test_forms_that_cannot_be(answers, form: Form, says: str):
    with pytest.raises(ValueError, match=says):
        list(answers.compose(form))


def test_the_documented_api_works(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (python,) = re.findall(r"^```python\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    show = "\nprint('bars', piece['facts']['bars'])\n"
    done = subprocess.run(
        [sys.executable, "-c", f"URL = {address!r}\n{python}{show}"],
        check=True,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert "bars 4" in done.stdout
    assert (tmp_path / "waltz.mid").read_bytes().startswith(b"MThd")
    (shell,) = re.findall(r"^```sh\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    subprocess.run(["sh", "-ec", shell], check=True, cwd=tmp_path, env={**os.environ, "URL": address}, timeout=60)
    (exercise,) = json.loads((tmp_path / "answer.json").read_text())
    assert exercise["hand"] == "right"
    assert all(row["met"] for row in exercise["agreement"])


def test_every_endpoint_is_told_and_nothing_else_is_open(address: str):
    with urllib.request.urlopen(f"{address}/gradio_api/info", timeout=30) as reply:
        named = json.load(reply)["named_endpoints"]
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    assert set(named) == set(re.findall(r"^\| `(/\w+)`", text, flags=re.MULTILINE))
    for name, about in named.items():
        (row,) = re.findall(rf"^\| `{name}` .*$", text, flags=re.MULTILINE)
        for parameter in about["parameters"]:
            assert f"`{parameter['parameter_name']}`" in row, (name, parameter)


def test_the_api_refuses_in_words(address: str):
    with pytest.raises(RefusedError, match="base64"):
        call(address, "describe", "!!")
    with pytest.raises(RefusedError, match="too long"):
        call(address, "describe", base64.b64encode(distant_notes(5000)).decode())


def rpc(address: str, method: str, **params: object) -> dict:
    """One answer of the page as an MCP server."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    head = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    with urllib.request.urlopen(urllib.request.Request(f"{address}/gradio_api/mcp/", body, head), timeout=60) as reply:
        lines = reply.read().decode().splitlines()
    return json.loads(next(line for line in lines if line.startswith("data: ")).removeprefix("data: "))["result"]


def test_the_endpoints_are_tools_for_language_models(address: str):
    pytest.importorskip("mcp", reason="needs the extra: pip install 'midi-text[demo]'")
    tools = {tool["name"]: tool for tool in rpc(address, "tools/list")["tools"]}
    assert set(tools) == {"compose", "describe", "change", "practise", "assess"}
    assert "MIDI file in words" in tools["describe"]["description"]
    assert set(tools["assess"]["inputSchema"]["properties"]) == {"reference_base64", "performance_base64"}
    wish = {"prompt": "triplets in C major, right hand, easy", "seed": 3}
    made = rpc(address, "tools/call", name="practise", arguments=wish)
    assert not made.get("isError")
    exercise = ast.literal_eval(made["content"][0]["text"])  # Gradio writes Python, not JSON
    assert exercise["hand"] == "right"
    assert base64.b64decode(exercise["midi_base64"]).startswith(b"MThd")
    refused = rpc(address, "tools/call", name="describe", arguments={"midi_base64": "!!"})
    assert refused["isError"]
    assert "base64" in refused["content"][0]["text"]
    assert "Traceback" not in json.dumps(refused)


def test_assessing_through_the_api(address: str):
    midi = base64.b64encode(write_score(scale())).decode()
    found = call(address, "assess", midi, midi)
    assert found["share_right"] == 1
    assert "16 notes" in found["advice"]


def upload(address: str, name: str, size: int) -> bytes:
    """Sends a file as a browser does."""
    head = f'--B\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'.encode()
    body = head + b"MThd" + b"\0" * size + b"\r\n--B--\r\n"
    asked = urllib.request.Request(
        f"{address}/gradio_api/upload", body, {"Content-Type": "multipart/form-data; boundary=B"}
    )
    with urllib.request.urlopen(asked, timeout=60) as reply:
        return reply.read()


def test_large_uploads_and_paths_in_names(address: str, tmp_path: Path):
    with pytest.raises((urllib.error.URLError, ConnectionError)):  # 413, or the line is cut before all is sent
        upload(address, "a.mid", 200_000_000)
    (kept,) = json.loads(upload(address, "../../../../../../tmp/evil.mid", 30))
    assert Path(kept).name == "evil.mid"
    assert ".." not in kept
    assert Path(kept).parent != Path("/tmp")


def test_the_repository_shows_the_space_as_it_is():
    for name, text in space_files().items():
        there = (ROOT / "demo" / name).read_text(encoding="utf-8")
        if name == "README.md":  # the version is that of the machine
            text, there = (re.sub(r"sdk_version: \S+", "", part) for part in (text, there))
        if name == "requirements.txt":  # an editable installation may be older than pyproject.toml
            assert there.splitlines() == sorted(there.splitlines())
            continue
        assert there == text, f"demo/{name} is not what export_space writes"


def test_the_exported_space_stands_alone(tmp_path: Path):
    folder = export_space(tmp_path / "space", model_id="user/tiny")
    assert (folder / "README.md").read_text().startswith("---\ntitle: midi-text")
    assert (folder / "midi_text" / "demo" / "static" / "player.js").is_file()
    code = "import midi_text, pathlib, sys; import app; print(pathlib.Path(midi_text.__file__).parent)"
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == str(folder / "midi_text"), done.stderr
    with pytest.raises(FileExistsError, match="must not be there yet"):
        export_space(folder)
    assert not list(tmp_path.glob(".*"))
