from dataclasses import replace

import numpy as np
import pytest
import symusic

from midi_text.evaluation.accuracy.rhythm import make_melody, measure
from midi_text.evaluation.accuracy.row import LabelledPiece
from midi_text.facts.rhythm import measure_rhythm
from midi_text.facts.view import view_score
from midi_text.score_midi_text import read_score


def value(rows, fact, measure, source):
    return next(row for row in rows if (row.fact, row.measure, row.source) == (fact, measure, source)).value


def tune(upbeat, last):
    """Quarters in 4/4: so many before bar 1 and so many in the last bar, over chords that fill the bars."""
    score = symusic.Score(480)
    melody, chords = symusic.Track(), symusic.Track()
    for beat in range(4 - upbeat, 16 + last):
        melody.notes.append(symusic.Note(beat * 480, 480, 72, 80))
    for bar in range(1, 5):
        chords.notes.append(symusic.Note(bar * 1920, 1920, 48, 80))
    score.tracks.extend([melody, chords])
    return read_score(score).score


def test_made_melodies_are_what_they_are_called():
    for kind, trait in (("swing", "swing"), ("triplets", "triplets"), ("dotted rhythms", "dotted rhythms")):
        assert trait in measure_rhythm(view_score(read_score(make_melody(kind, 0.0, 1)).score)).traits
    one, two = (make_melody("swing", 0.02, 5) for _ in range(2))
    assert np.array_equal(one.tracks[0].notes.numpy()["time"], two.tracks[0].notes.numpy()["time"])


def test_figures_of_a_few_pieces():
    played = np.random.default_rng(0)
    drums = symusic.Score(480)
    kit = symusic.Track(is_drum=True)
    for bar in range(8):
        for beat, key in ((0, 36), (1, 38), (2, 36), (3, 38)):
            for half in (0, 240):
                kit.notes.append(symusic.Note(bar * 1920 + beat * 480 + half, 60, 42, int(played.integers(20, 127))))
            kit.notes.append(symusic.Note(bar * 1920 + beat * 480, 60, key, int(played.integers(90, 127))))
    drums.tracks.append(kit)
    rock = LabelledPiece(
        "groove/a", "test", "groove", read_score(drums).score, {"drum_style": "rock", "beat_or_fill": "beat"}
    )
    tunes = [
        LabelledPiece(f"nottingham/{upbeat}{last}", "test", "nottingham", tune(upbeat, last), {})
        for upbeat, last in ((1, 3), (1, 4), (0, 4))
    ]
    rows = measure([rock, *tunes, replace(tunes[1], id="nottingham/seen", split="train")], synthetic=2)
    assert value(rows, "pickup", "last bar as short as the upbeat, %", "nottingham") == 50
    assert value(rows, "pickup", "last bar full without an upbeat, %", "nottingham") == 100
    assert value(rows, "drumming", "a backbeat or its kin, %", "groove: rock, pop, funk, soul, hip-hop, punk") == 100
    assert value(rows, "performed", "right, whole, %", "groove") == 100
    assert value(rows, "performed", "right, quantised, %", "nottingham") == pytest.approx(100)
    assert value(rows, "triplets", "found, %", "synthetic, 0") == 100
