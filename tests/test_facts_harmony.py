"""Chords, loops, cadences and their traits on small written-out scores."""

from dataclasses import replace
from itertools import pairwise

import pytest
import symusic
from hypothesis import given
from random_scores import scores

from midi_text.evaluation.accuracy.chord_pieces import chord_pieces
from midi_text.evaluation.accuracy.chords import compare, harte
from midi_text.facts.cadences import cadence_kind
from midi_text.facts.chord import QUALITIES, Chord
from midi_text.facts.chords import beat_grid
from midi_text.facts.form import Form, Section
from midi_text.facts.harmony import Harmony, measure_harmony
from midi_text.facts.keys import measure_tonality
from midi_text.facts.view import view_score
from midi_text.key_midi_text import Key
from midi_text.score_midi_text import read_score

C_MAJOR, A_MINOR = Key.parse("C major"), Key.parse("A minor")


def score_of(*tracks, metre=(4, 4), drums=False):
    """Tracks of (start, length in quarter notes, pitch)."""
    score = symusic.Score(480)
    score.time_signatures.append(symusic.TimeSignature(0, *metre))
    for notes in tracks:
        track = symusic.Track(program=0, is_drum=drums)
        for start, length, pitch in notes:
            track.notes.append(symusic.Note(round(start * 480), round(length * 480), pitch, 80))
        score.tracks.append(track)
    return read_score(score).score


def blocks(symbols, length=4.0):
    """Block chords, one a symbol, its bass below."""
    notes = []
    for place, symbol in enumerate(symbols.split()):
        chord = Chord.parse(symbol)
        notes.append((place * length, length, 36 + chord.bass))
        notes += [(place * length, length, 60 + (tone - 60) % 12) for tone in chord.tones]
    return notes


def harmony_of(*tracks, metre=(4, 4), form=None):
    view = view_score(score_of(*tracks, metre=metre))
    return measure_harmony(view, measure_tonality(view), form)


def names(harmony):
    return [span.chord and span.chord.name for span in harmony.chords]


def test_block_chords_are_read_with_their_inversions():
    harmony = harmony_of(blocks("C Am7 F/A G7/B C/G D7/F# G C"))
    assert names(harmony) == ["C", "Am7", "F/A", "G7/B", "C/G", "D7/F#", "G", "C"]
    assert [span.start_beat for span in harmony.chords] == [4.0 * bar for bar in range(8)]
    assert harmony.chords[-1].end_beat == 32.0


# A sixth chord has the notes of a seventh chord on another root, and is named
# after that; a bare fifth is heard as the chord of the key, a major seventh over a minor triad as passing.
@pytest.mark.parametrize("quality", [quality for quality in QUALITIES if quality not in ("5", "6", "min6", "minmaj7")])
def test_every_quality_is_heard_between_plain_chords(quality):
    symbol = Chord(7, quality, 7).name
    assert names(harmony_of(blocks(f"C {symbol} C {symbol} C"))) == ["C", symbol, "C", symbol, "C"]


def test_alberti_bass_and_passing_notes_are_one_chord_a_bar():
    alberti = [(bar * 4 + step / 2, 0.5, pitch) for bar, figure in enumerate([(48, 55, 52, 55), (47, 55, 50, 55)] * 2)
               for step, pitch in enumerate(figure * 2)]  # fmt: skip
    tune = [(0, 1, 76), (1, 0.5, 74), (1.5, 0.5, 72), (2, 2, 79), (4, 1, 77), (5, 1, 74), (6, 2, 71),
            (8, 1, 72), (9, 1, 74), (10, 2, 76), (12, 1, 74), (13, 1, 72), (14, 2, 71)]  # fmt: skip
    assert [chord.root for chord in harmony_of(alberti, tune).progression] == [0, 7, 0, 7]


def test_a_walking_bass_does_not_change_the_chord():
    comping = [(bar * 4 + beat, 1.5, pitch) for bar, shell in enumerate([(60, 64, 67, 70), (60, 63, 65, 69)] * 2)
               for beat in (0, 2.5) for pitch in shell]  # fmt: skip
    walk = [(beat, 1, pitch) for beat, pitch in enumerate([36, 40, 43, 42, 41, 45, 48, 47] * 2)]
    assert [chord.root for chord in harmony_of(comping, walk).progression] == [0, 5, 0, 5]


def test_chords_change_twice_a_bar_and_on_every_beat_of_a_chorale():
    assert names(harmony_of(blocks("C G Am F C G C", 2.0))) == ["C", "G", "Am", "F", "C", "G", "C"]
    chorale = "C G/B C F C/E F G C Am E/G# Am Dm C/G G C"
    assert names(harmony_of(blocks(chorale, 1.0))) == chorale.split()


@pytest.mark.parametrize(
    ("metre", "beats"),
    [((4, 4), 4), ((3, 4), 3), ((6, 8), 2), ((12, 8), 4), ((3, 8), 1), ((2, 2), 4), ((4, 2), 8), ((5, 8), 2),
     ((1, 32), 1)],
)  # fmt: skip
def test_beats_of_a_bar(metre, beats):
    grid = beat_grid(view_score(score_of([(0, 0.1, 60)], metre=metre)))
    assert grid.size[0] == beats
    assert grid.lines[0] == 0
    assert len(grid.lines) == len(grid.bar) + 1


def test_no_chord_where_nothing_or_one_upbeat_sounds():
    harmony = harmony_of([(3, 1, 67)], [(start + 4, length, pitch) for start, length, pitch in blocks("C F")],
                         [(start + 32, length, pitch) for start, length, pitch in blocks("G C")])  # fmt: skip
    assert names(harmony) == [None, "C", "F", None, "G", "C"]


def test_drums_have_no_chords():
    view = view_score(score_of([(0, 1, 36), (1, 1, 38)], drums=True))
    assert measure_harmony(view, measure_tonality(view)) == Harmony((), (), 0, (), ())


def test_a_loop_with_a_varied_round_is_found_from_its_beginning():
    harmony = harmony_of(blocks("Am F C G Am7 F C Gsus4 Am Dm C G Am F C G"))
    assert [chord.name for chord in harmony.loop] == ["Am", "F", "C", "G"]
    assert harmony.loop_repeats >= 3
    assert "repeated chord loop" in harmony.traits


def test_a_loop_begins_after_the_introduction():
    harmony = harmony_of(blocks("Bb F Eb Bb C Am F G C Am F G C Am F G C Am F G"))
    assert [chord.name for chord in harmony.loop] == ["C", "Am", "F", "G"]
    assert harmony.loop_repeats == 4


def test_three_chords_in_half_bars_are_a_loop_of_three():
    harmony = harmony_of(blocks("G D C " * 8, 2.0))
    assert [chord.name for chord in harmony.loop] == ["G", "D", "C"]
    assert harmony.loop_repeats == 8


def test_what_does_not_come_round_is_no_loop():
    harmony = harmony_of(blocks("C Dm G Am Em F E Am D7 G Bb F C Gm D Bm"))
    assert harmony.loop == ()
    assert harmony.loop_repeats == 0
    assert "repeated chord loop" not in harmony_of(blocks("C F C F Dm G Em Am Bb Eb Ab G C E Am D")).traits


def test_one_chord_throughout_is_no_loop():
    assert harmony_of(blocks("C " * 16)).loop == ()


BLUES = "C7 C7 C7 C7 F7 F7 C7 C7 G7 F7 C7 G7"


@pytest.mark.parametrize(
    ("symbols", "holds"),
    [
        (BLUES, True),
        (BLUES + " " + BLUES, True),
        ("C7 F7 C7 C7 F7 F7 C7 C7 G7 G7 C7 C7", True),
        ("C7 C7 C7 C7 Am Am C7 C7 G7 F7 C7 C7", False),
        ("C C C C F F C C G F", False),
    ],
)
def test_twelve_bar_blues(symbols, holds):
    assert ("twelve-bar blues" in harmony_of(blocks(symbols)).traits) == holds


@pytest.mark.parametrize(
    ("symbols", "holds"),
    [
        ("Am Dm G C F Bdim E Am", True),
        ("C Em Am Dm G C", True),
        ("C F C F C F C", False),
        ("C Am Dm G C", False),  # four different roots only
    ],
)
def test_circle_of_fifths(symbols, holds):
    assert ("circle of fifths" in harmony_of(blocks(symbols)).traits) == holds


def test_pedal_point():
    upper = [(start, length, pitch) for start, length, pitch in blocks("C F G7 F G7 C") if pitch >= 60]
    held = [(0, 24, 36)]
    moving = [(start, length, pitch) for start, length, pitch in blocks("C F G7 F G7 C") if pitch < 60]
    assert "pedal point" in harmony_of(upper, held).traits
    assert "pedal point" not in harmony_of(upper, moving).traits


@pytest.mark.parametrize(
    ("key", "symbols", "kind"),
    [
        (C_MAJOR, "Dm G7 C", "authentic"), (A_MINOR, "Dm E Am", "authentic"), (C_MAJOR, "F Bdim/D C", "authentic"),
        (C_MAJOR, "G F C", "plagal"), (A_MINOR, "E Dm Am", "plagal"), (A_MINOR, "Am E7 A", "authentic"),
        (C_MAJOR, "C Dm G", "half"), (A_MINOR, "Am Dm E", "half"), (C_MAJOR, "C D7 G", "half"),
        (C_MAJOR, "F G7 Am", "deceptive"), (A_MINOR, "Dm E7 F", "deceptive"),
        (C_MAJOR, "F G7 C/E", None), (C_MAJOR, "F Em C", None), (A_MINOR, "Dm Em Am", None), (C_MAJOR, "C", None),
        (C_MAJOR, "Am F", None), (C_MAJOR, "Am F/A C", None),
    ],
)  # fmt: skip
def test_cadences(key, symbols, kind):
    assert cadence_kind([Chord.parse(symbol) for symbol in symbols.split()], key) == kind


def test_cadences_stand_at_the_ends_of_sections():
    form = Form((Section("A", 0, 4), Section("B", 4, 4)), 0.0, ())
    harmony = harmony_of(blocks("C F Dm G C Am G7 C"), form=form)
    assert [(cadence.bar, cadence.kind) for cadence in harmony.cadences] == [(3, "half"), (7, "authentic")]
    assert "authentic cadence at the end" in harmony.traits


def test_an_uncertain_key_cannot_tell_a_half_close_from_a_plagal_one():
    view = view_score(score_of(blocks("C F Dm G C F Dm G")))
    for certain in (0.9, 0.6):
        sure = replace(view, facts=replace(view.facts, key=C_MAJOR, key_confidence=certain))
        traits = measure_harmony(sure, measure_tonality(sure)).traits
        assert ("half cadence at the end" in traits) == (certain > 0.8)


def test_a_half_cadence_within_is_none_at_the_end():
    form = Form((Section("A", 0, 4), Section("B", 4, 4)), 0.0, ())
    harmony = harmony_of(blocks("C F Dm G C Am F Em"), form=form)
    assert [cadence.kind for cadence in harmony.cadences] == ["half"]
    assert not any("cadence" in trait for trait in harmony.traits)


def test_harmonic_rhythm():
    fast, slow = "fast harmonic rhythm", "slow harmonic rhythm"
    walk = "C F/A G Am F/A C/E Dm C/G G C Am Dm G C F G"
    assert fast in harmony_of(blocks(walk, 1.0)).traits
    assert slow in harmony_of(blocks("C F G C", 16.0)).traits
    assert not {fast, slow} & set(harmony_of(blocks("C F G C", 4.0)).traits)


def test_sevenths_must_fill_much_of_the_time():
    assert "seventh chords" in harmony_of(blocks("Dm7 G7 Cmaj7 Am7 Dm7 G7 Cmaj7")).traits
    assert "seventh chords" not in harmony_of(blocks("C F G7 C Am F G7 C")).traits
    assert "seventh chords" not in harmony_of(blocks("C G7 C G7 C G7 C G7")).traits


def test_a_diminished_seventh_leads_to_what_follows():
    assert [chord.name for chord in harmony_of(blocks("Am Bdim7 Am C#dim7/E Dm")).progression][1::2] == [
        "G#dim7",
        "C#dim7",
    ]


def test_the_harmony_moves_with_the_notes():
    notes = blocks("C Am7 F/A G7/B C/G D7/F# G C")
    lifted = [(start, length, pitch + 3) for start, length, pitch in notes]
    assert harmony_of(lifted) == harmony_of(notes).transposed(3)
    assert harmony_of(lifted).numerals(Key(3, "major")) == ("I", "vi7", "IV", "V7", "I", "V7/V", "V", "I")


@given(scores())
def test_any_score_has_a_harmony(score):
    view = view_score(score)
    harmony = measure_harmony(view, measure_tonality(view))
    spans = harmony.chords
    assert bool(spans) == bool(len(view.pitched))
    assert all(before.end_beat == after.start_beat for before, after in pairwise(spans))
    assert all(span.start_beat < span.end_beat for span in spans)
    assert len(harmony.loop) <= 8
    assert all(0 <= cadence.bar < view.bars for cadence in harmony.cadences)


def test_accuracy_counts_time_as_mir_eval_does():
    harmony = harmony_of(blocks("C Am7 G F"))
    labels = [(0, 4, "C:maj"), (4, 6, "A:min"), (6, 8, "C:maj/3"), (8, 10, "G:sus4"), (10, 12, "N"), (12, 16, "F:maj7")]
    time = compare(harmony, [(begin, end, harte(name)) for begin, end, name in labels])
    # Compared and right: N is left out, the suspended chord has no maj-min triad and no seventh, Am7 is not Am.
    assert time.tolist() == [[14, 12], [12, 10], [12, 4], [12, 12]]


def test_synthetic_pieces_hold_the_chords_they_are_made_from():
    pieces = chord_pieces(4, seed=3)
    assert [piece.score for piece in pieces] == [piece.score for piece in chord_pieces(4, seed=3)]
    for piece in pieces:
        basses = next(track for track in piece.score.tracks if track.program == 32).notes.numpy()
        for begin, end, chord in piece.spans:
            first = [pitch for time, pitch in zip(basses["time"], basses["pitch"], strict=True)
                     if abs(time / piece.score.ticks_per_quarter - begin) < 0.2]  # fmt: skip
            assert chord.bass in {pitch % 12 for pitch in first}
            assert begin < end
