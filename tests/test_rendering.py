"""``midi-text render``: the files that were asked for, and what it says of them."""

import json
from pathlib import Path

import pytest
import symusic

pytest.importorskip("matplotlib", reason="needs midi-text[eval]")
pytest.importorskip("soundfile", reason="needs midi-text[audio]")

from midi_text.cli import main


@pytest.fixture
def midi(tmp_path: Path) -> Path:
    score = symusic.Score(48)
    track = symusic.Track(program=0)
    track.notes.extend([symusic.Note(48 * beat, 48, 60 + beat % 5, 80) for beat in range(16)])
    score.tracks.append(track)
    score.dump_midi(tmp_path / "song.mid")
    return tmp_path / "song.mid"


def made(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - {"song.mid"}


def test_everything_beside_the_file(midi: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["render", str(midi), "--audio", "--roll", "--matrix", "--curves", "--json"]) == 0
    assert made(midi.parent) == {"song.wav", "song-roll.png", "song-matrix.png", "song-curves.png"}
    said = json.loads(capsys.readouterr().out)
    assert said["file"] == str(midi)
    assert said["roll"] == str(midi.with_name("song-roll.png"))
    assert said["loudness_lufs"] == pytest.approx(-16, abs=0.5)
    assert 8 <= said["duration_seconds"] < 13


def test_named_files_in_new_folders(midi: Path, capsys: pytest.CaptureFixture[str]):
    audio, roll = midi.parent / "new/a.flac", midi.parent / "new/b.svg"
    assert main(["render", str(midi), "--audio", str(audio), "--roll", str(roll), "--theme", "dark"]) == 0
    assert made(midi.parent) == {"new/a.flac", "new/b.svg"}
    said = capsys.readouterr().out
    assert f"{audio}: " in said
    assert "-16.0 LUFS" in said
    assert str(roll) in said
    assert ">song</text>" in roll.read_text(encoding="utf-8")


def test_the_title_and_the_colours(midi: Path):
    roll = midi.parent / "roll.svg"
    assert main(["render", str(midi), "--roll", str(roll), "--title", "Scale", "--colour", "instrument"]) == 0
    drawn = roll.read_text(encoding="utf-8")
    assert ">Scale</text>" in drawn
    assert ">Acoustic Grand Piano</text>" in drawn


def test_nothing_asked_for_is_a_mistake(midi: Path, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as left:
        main(["render", str(midi)])
    assert left.value.code == 2
    assert "--audio, --roll, --matrix or --curves" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "match"),
    [
        (["--audio", "--sound-font", "none.sf2"], "there is none at none.sf2"),
        (["--audio", "--sample-rate", "10"], "from 8000 to 192000; got 10"),
        (["--roll", "roll.bmp"], "must end in .png or .svg"),
    ],
)
def test_errors_are_one_line(
    midi: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    match: str,
):
    monkeypatch.chdir(midi.parent)
    assert main(["render", "song.mid", *options]) == 1
    said = capsys.readouterr()
    assert match in said.err
    assert len(said.err.splitlines()) == 1
    assert not said.out
    assert not made(midi.parent)
