"""Pictures of scores: that they are drawn, from any score, and nothing else is left behind."""

from pathlib import Path

import pytest
import symusic
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from random_scores import scores

pytest.importorskip("matplotlib", reason="needs midi-text[eval]")

from midi_text.rendering.piano_roll import piano_roll_png

PNG = b"\x89PNG\r\n\x1a\n"


def band() -> symusic.core.ScoreTick:
    score = symusic.Score(48)
    for program, is_drum in ((0, False), (40, False), (0, True)):
        track = symusic.Track(program=program, is_drum=is_drum)
        track.notes.append(symusic.Note(0, 48, 36 if is_drum else 60 + program // 4, 80))
        score.tracks.append(track)
    return score


def test_a_score_becomes_a_png(tmp_path: Path):
    piano_roll_png(band(), tmp_path / "roll.png", "A title")
    assert (tmp_path / "roll.png").read_bytes().startswith(PNG)
    assert [path.name for path in tmp_path.iterdir()] == ["roll.png"]


@pytest.mark.parametrize("kept", [[0], [2]], ids=["pitched", "drums"])
def test_pitched_notes_or_drums_alone(tmp_path: Path, kept: list[int]):
    score = band()
    score.tracks = [score.tracks[i] for i in kept]
    piano_roll_png(score, tmp_path / "roll.png")
    assert (tmp_path / "roll.png").read_bytes().startswith(PNG)


@hypothesis_settings(max_examples=2)
@given(scores())
def test_any_score(tmp_path_factory: pytest.TempPathFactory, score: symusic.core.ScoreTick):
    path = tmp_path_factory.mktemp("rolls") / "roll.png"
    piano_roll_png(score, path)
    assert path.read_bytes().startswith(PNG)


def test_a_score_without_notes_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="at least one note"):
        piano_roll_png(symusic.Score(48), tmp_path / "roll.png")
    assert not list(tmp_path.iterdir())
