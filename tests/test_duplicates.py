"""Copies are found whatever was done to them, and different tunes are left in peace."""

import random
from collections.abc import Callable

import numpy as np
import pytest
import symusic
from symusic.core import NoteTickList

from midi_text.data.duplicates import Outline, align, find_matches, groups, outline
from midi_text.score_midi_text import read_score, slice_bars, transpose

# "Twinkle, twinkle, little star" (quarters, a half at each line's end) and the "Ode to Joy" theme, as degrees of C.
TWINKLE = [
    60,
    60,
    67,
    67,
    69,
    69,
    67,
    65,
    65,
    64,
    64,
    62,
    62,
    60,
    67,
    67,
    65,
    65,
    64,
    64,
    62,
    67,
    67,
    65,
    65,
    64,
    64,
    62,
]
ODE = [
    64,
    64,
    65,
    67,
    67,
    65,
    64,
    62,
    60,
    60,
    62,
    64,
    64,
    62,
    62,
    64,
    64,
    65,
    67,
    67,
    65,
    64,
    62,
    60,
    60,
    62,
    64,
    62,
    60,
    60,
]


def tune(pitches: list[int], program: int = 0, bass: bool = True) -> symusic.Score:
    """A melody in quarters, twice through, over whole-note fifths."""
    score = symusic.Score(96)
    melody = symusic.Track(program=program)
    for number, pitch in enumerate(pitches * 2):
        melody.notes.append(symusic.Note(96 * number, 90, pitch, 80))
    score.tracks.append(melody)
    if bass:
        low = symusic.Track(program=32)
        for bar in range(len(pitches) // 2):
            low.notes.append(symusic.Note(384 * bar, 380, 36 if bar % 2 else 43, 60))
        score.tracks.append(low)
    return read_score(score).score


def melody(seed: int, notes: int = 160) -> list[int]:
    """A walk by steps and small leaps that no other seed takes."""
    rng = random.Random(seed)
    pitches = [67]
    for _ in range(notes - 1):
        pitches.append(min(84, max(55, pitches[-1] + rng.choice((-5, -4, -3, -2, -1, 1, 2, 3, 4, 5)))))
    return pitches


def edited(
    score: symusic.Score, edit: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
) -> symusic.Score:
    """The score with other onsets and durations."""
    copy = score.copy()
    for track in copy.tracks:
        notes = track.notes.numpy()
        time, duration = edit(notes["time"].astype(float), notes["duration"].astype(float))
        track.notes = NoteTickList.from_numpy(
            np.maximum(np.round(time), 0).astype(np.int32),
            np.maximum(np.round(duration), 1).astype(np.int32),
            notes["pitch"],
            notes["velocity"],
        )
    return read_score(copy).score


def reorchestrated(score: symusic.Score) -> symusic.Score:
    """All notes on one marimba, with a drum on every beat."""
    copy = symusic.Score(score.ticks_per_quarter)
    track, drums = symusic.Track(program=12), symusic.Track(is_drum=True)
    for one in score.tracks:
        track.notes.extend(one.notes)
    for beat in range(40):
        drums.notes.append(symusic.Note(96 * beat, 24, 38, 80))
    copy.tracks = symusic.core.TrackTickList([track, drums])
    return read_score(copy).score


def jittered(score: symusic.Score) -> symusic.Score:
    rng = np.random.default_rng(1)
    return edited(score, lambda time, duration: (time + rng.normal(3, 2, len(time)), duration))


CHANGES = {
    "transposed": lambda score: transpose(score, 5),
    "faster": lambda score: edited(score, lambda time, duration: (time / 2, duration / 2)),
    "slower and lower": lambda score: transpose(edited(score, lambda t, d: (t * 1.5, d * 1.5)), -3),
    "re-quantised": lambda score: edited(score, lambda t, d: (np.round(t / 32) * 32, np.round(d / 32) * 32)),
    "played": jittered,
    "re-orchestrated": reorchestrated,
    "re-orchestrated and transposed": lambda score: transpose(reorchestrated(score), 2),
    "cut": lambda score: slice_bars(score, 6, 22),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_copy_is_found_whatever_was_done_to_it(change):
    others = [tune(melody(seed)) for seed in range(6)]
    copy = CHANGES[change](others[3])
    (match,) = find_matches([outline(score) for score in [*others, copy]])
    assert (match.first, match.second) == (3, 6)
    assert match.share > 0.9


@pytest.mark.parametrize(("change", "semitones"), [("transposed", 5), ("slower and lower", -3)])
def test_a_change_of_key_and_tempo_leaves_an_exact_copy(change, semitones):
    score = tune(melody(0))
    (match,) = find_matches([outline(score), outline(CHANGES[change](score))])
    assert match.exact
    assert match.semitones == semitones


def test_a_copy_with_a_wrong_note_is_no_exact_one():
    wrong = melody(0)
    wrong[50] += 1
    (match,) = find_matches([outline(tune(melody(0))), outline(tune(wrong))])
    assert not match.exact
    assert 0.9 < match.share < 1


def test_well_known_tunes_are_not_each_other():
    assert find_matches([outline(tune(TWINKLE)), outline(tune(ODE))]) == []
    assert align(outline(tune(TWINKLE)).lines[0], outline(tune(ODE)).lines[0])[0] == 0


def test_studies_made_of_scales_are_no_copies_of_music_with_scales():
    scale = [60 + 12 * octave + step for octave in range(2) for step in (0, 2, 4, 5, 7, 9, 11)]
    study = (scale + scale[::-1]) * 2
    piece = melody(1)[:80] + scale + melody(2)[:60] + scale[::-1] + melody(3)[:70]
    assert find_matches([outline(tune(study, bass=False)), outline(tune(piece, bass=False))]) == []


def test_grooves_are_compared_for_exact_copies_only():
    def groove(snare: int) -> Outline:
        score = symusic.Score(96)
        track = symusic.Track(is_drum=True)
        for beat in range(64):
            track.notes.append(symusic.Note(96 * beat, 24, snare if beat % 2 else 36, 80))
        score.tracks.append(track)
        return outline(read_score(score).score)

    assert [(m.first, m.second, m.exact) for m in find_matches([groove(38), groove(40), groove(38)])] == [(0, 2, True)]


def test_one_note_and_nothing_at_all():
    single = symusic.Score(96)
    single.tracks.append(symusic.Track())
    single.tracks[0].notes.append(symusic.Note(0, 96, 60, 80))
    assert find_matches([]) == []
    assert find_matches([outline(read_score(single).score)]) == []
    assert len(find_matches([outline(read_score(single).score)] * 3)) == 2


def test_pairs_become_groups():
    assert groups(7, [(1, 2), (5, 6), (2, 5)]) == [0, 1, 1, 3, 4, 1, 1]
