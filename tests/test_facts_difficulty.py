"""Difficulty: a first minuet, a virtuoso study, and what is not for one piano."""

import pytest
import symusic
from hypothesis import given
from random_scores import scores
from test_facts import part, score_of, slow_waltz

from midi_text.facts.difficulty import measure_difficulty
from midi_text.facts.traits import TRAITS
from midi_text.facts.view import view_score

# Petzold's minuet in G (BWV Anh. 114), eight bars: level 1 of Henle's nine.
MINUET_RIGHT = (
    "D5 G4:0.5 A4:0.5 B4:0.5 C5:0.5 D5 G4 G4 E5 C5:0.5 D5:0.5 E5:0.5 F#5:0.5 G5 G4 G4 "
    "C5 D5:0.5 C5:0.5 B4:0.5 A4:0.5 B4 C5:0.5 B4:0.5 A4:0.5 G4:0.5 F#4 G4:0.5 A4:0.5 B4:0.5 G4:0.5 A4:3 "
)
MINUET_LEFT = "G3:2 A3 B3:3 C4:3 B3:3 A3:3 G3:3 D4 B3 G3 D4 D3:0.5 C4:0.5 B3:0.5 A3:0.5 "


def difficulty_of(*tracks, metre=(4, 4), bpm=120):
    return measure_difficulty(view_score(score_of(*tracks, tempi=((0, bpm),), metres=((0, *metre),))))


def study(beats=64):
    """In the manner of Chopin's op. 10 no. 1: sixteenths up and down four octaves over the left hand's octaves."""
    right, left = [], []
    for beat in range(0, beats, 8):
        root = (48, 53, 46, 51, 56, 49, 54, 47)[beat // 8 % 8]
        rise = [root + 12 * octave + step for octave in range(4) for step in (0, 7, 12, 16)]
        right += rise + rise[::-1] + rise[:0]
        left += [(root - 24, root - 12)] * 2
    score_right, score_left = symusic.Track(), symusic.Track()
    score_right.notes.extend([symusic.Note(120 * k, 120, pitch, 90) for k, pitch in enumerate(right)])
    score_left.notes.extend([symusic.Note(1920 * k, 1900, pitch, 90) for k, both in enumerate(left) for pitch in both])
    return score_right, score_left


def test_a_minuet_is_easy():
    found = difficulty_of(part(MINUET_RIGHT), part(MINUET_LEFT), metre=(3, 4), bpm=140)
    assert found.grade <= 2
    assert found.traits == ("easy piano",)
    assert found.largest_span == 0  # one note at a time in each hand
    assert found.notes_per_second == pytest.approx(4.5, abs=1)


def test_a_presto_in_octaves_is_not_easy_though_each_hand_plays_one_note_at_a_time():
    """In the manner of the finale of Chopin's op. 35."""
    turns = "F#{} F{} E{} Eb{} D{} Eb{} B{} C{} A{} Bb{} G{} Ab{} ".replace("{}", "{0}:0.33")
    right, left = (part((turns * 8).format(octave)) for octave in (5, 4))
    found = difficulty_of(right, left, bpm=220)
    assert found.notes_per_second > 9
    assert "easy piano" not in found.traits
    assert difficulty_of(right, left, bpm=80).traits == ("easy piano",)


def test_a_study_is_virtuosic_and_easier_when_slow():
    found = difficulty_of(*study(), bpm=176)
    assert found.grade >= 8
    assert found.traits == ("virtuosic piano",)
    assert found.largest_span == 12
    assert found.notes_per_second == pytest.approx(176 / 60 * 4, rel=0.1)
    assert difficulty_of(*study(), bpm=60).grade < found.grade


def test_hands_on_one_track_are_found():
    both = symusic.Track()
    for track in study():
        both.notes.extend(track.notes)
    assert difficulty_of(both, bpm=176).grade == difficulty_of(*study(), bpm=176).grade


def test_only_pieces_for_one_piano_have_a_grade():
    assert measure_difficulty(view_score(slow_waltz())).grade is None  # with a violin
    organ = difficulty_of(part(MINUET_RIGHT, program=19), part(MINUET_LEFT, program=19))
    assert (organ.grade, organ.largest_span, organ.notes_per_second, organ.traits) == (None, 0, 0.0, ())
    hands = [part(MINUET_RIGHT), part(MINUET_LEFT)]
    assert difficulty_of(*hands, part("C2 D2 C2 D2", drums=True)).grade is None
    assert difficulty_of(*hands, part(MINUET_LEFT)).grade is None
    assert difficulty_of(part("C4 D4 E4 F4 G4 F4 E4 D4 " * 3)).grade is None  # too little to tell


@given(scores())
def test_any_score_is_judged_or_not(score):
    found = measure_difficulty(view_score(score))
    assert set(found.traits) <= set(TRAITS["difficulty"])
    assert found.grade is None or 1 <= found.grade <= 9
    assert found.grade is not None or not found.traits
