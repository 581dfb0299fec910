"""Keys of a piece and where they change: small pieces written out, with the traits that hold and that do not."""

import numpy as np
import pytest
import symusic
from hypothesis import assume, given
from hypothesis import strategies as st
from random_scores import scores

from midi_text.facts.keys import KeySpan, measure_tonality
from midi_text.facts.sounding import sounding_time
from midi_text.facts.traits import TRAITS
from midi_text.facts.view import view_score
from midi_text.facts_midi_text import measure_facts
from midi_text.key_midi_text import KEYS, Key, estimate_piece_key
from midi_text.score_midi_text import read_score, transpose

STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11, "#": 1, "b": -1}
C_MAJOR, A_MINOR = Key(0, "major"), Key(9, "minor")


def piece(words, sharps=None, semitones=0):
    """A piano piece in 4/4 from words like "C4 E4+G4:2 -:1": pitches together, quarter notes long, "-" a rest."""
    score, track, now = symusic.Score(480), symusic.Track(), 0
    for word in words.split():
        names, _, length = word.partition(":")
        ticks = round(480 * float(length or 1))
        for name in names.split("+") if names != "-" else ():
            pitch = 12 * (int(name[-1]) + 1) + sum(STEPS[sign] for sign in name[:-1]) + semitones
            track.notes.append(symusic.Note(now, ticks, pitch, 80))
        now += ticks
    score.tracks.append(track)
    if sharps is not None:
        score.key_signatures.append(symusic.KeySignature(0, sharps, 0))
    return read_score(score).score


def tonality(words, **given_facts):
    return measure_tonality(view_score(piece(words, **given_facts)))


TONIC = "C3+E4+G4 C5 E5 G5 "
IN_C = TONIC + "F3+A4 C5 A4 F4 G3+B4 D5 F5 B4 C3+C5:2 E4+G4:2 "  # I IV V7 I, four bars
IN_A_MINOR = "A2+C4+E4 A4 C5 E5 D3+F4 A4 F4 D4 E3+G#4 B4 D5 G#4 A2+A4:2 C4+E4:2 "


def moved(words, semitones):
    """The same words higher, by note number, spelled with sharps."""
    names = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")

    def higher(name):
        pitch = 12 * int(name[-1]) + sum(STEPS[sign] for sign in name[:-1]) + semitones
        return f"{names[pitch % 12]}{pitch // 12}"

    def word_higher(word):
        pitches, colon, length = word.partition(":")
        return "+".join(higher(name) for name in pitches.split("+")) + colon + length

    return " ".join(word_higher(word) for word in words.split()) + " "


def test_a_piece_in_one_key_has_one_span():
    found = tonality(IN_C * 3)
    assert found.spans == (KeySpan(0, 12, C_MAJOR),)
    assert found.outside_share == 0
    assert set(found.traits) == {"stays in one key", "diatonic"}


def test_twelve_bars_in_another_key_are_a_modulation():
    found = tonality(IN_C * 2 + moved(IN_C, 2) * 3 + IN_C * 2)
    assert [span.key for span in found.spans] == [C_MAJOR, Key(2, "major"), C_MAJOR]
    assert (found.spans[0].first_bar, found.spans[-1].end_bar) == (0, 28)
    assert abs(found.spans[1].first_bar - 8) <= 1
    assert abs(found.spans[1].end_bar - 20) <= 1
    assert "modulates" in found.traits
    assert "stays in one key" not in found.traits


def test_one_bar_of_the_dominant_of_the_dominant_is_none():
    visit = "D3+F#4 A4 C5 F#4 "
    found = tonality(IN_C + IN_C + TONIC + visit + "G3+B4 D5 G4 B4 " + TONIC + IN_C)
    assert found.spans == (KeySpan(0, 16, C_MAJOR),)
    assert "modulates" not in found.traits
    assert "diatonic" not in found.traits


def test_another_mode_on_the_same_tonic_is_no_modulation_but_not_one_key():
    minor = "C3+Eb4+G4 C5 Eb5 G5 F3+Ab4 C5 Ab4 F4 G3+B4 D5 F5 B4 C3+C5:2 Eb4+G4:2 "
    found = tonality(IN_C * 3 + minor * 5 + IN_C * 3)
    assert Key(0, "minor") in [span.key for span in found.spans]
    assert not {"modulates", "stays in one key"} & set(found.traits)


def test_four_bars_are_too_few_to_speak_of_staying():
    assert "stays in one key" not in tonality(IN_C).traits


def test_chromatic_and_diatonic_exclude_each_other():
    scale = "C4:0.5 C#4:0.5 D4:0.5 D#4:0.5 E4:0.5 F4:0.5 F#4:0.5 G4:0.5 "
    assert "chromatic" in tonality((TONIC + scale) * 4 + TONIC).traits
    assert not {"chromatic", "diatonic"} & set(tonality(IN_C * 2 + scale + IN_C).traits)


def test_a_minor_key_has_its_leading_tone():
    found = tonality(IN_A_MINOR * 3)
    assert found.spans == (KeySpan(0, 12, A_MINOR),)
    assert "diatonic" in found.traits


def test_five_tones_are_pentatonic_and_seven_are_not():
    amazing = "G4 C5:2 E5:0.5 C5:0.5 E5:2 D5 C5:2 A4 G4:2 G4 C5:2 E5:0.5 C5:0.5 E5:2 D5 G5:3 "
    assert "pentatonic" in tonality(amazing * 2).traits
    assert "pentatonic" not in tonality(amazing + IN_C).traits
    assert "pentatonic" not in tonality("C4 G4 D5 G4 " * 8).traits  # three tones are no scale of five


@pytest.mark.parametrize(
    ("ending", "holds"),
    [
        ("A2+E4+A4+C#5:4", True),
        ("A2+E4+A4+C5:4", False),  # a plain minor chord
        ("A2+E4+A4:4", False),  # no third
        ("C#3+E4+A4+C#5:4", False),  # the third in the bass is no close
    ],
)
def test_picardy_third(ending, holds):
    assert ("picardy third" in tonality(IN_A_MINOR * 3 + ending).traits) == holds


def test_a_major_piece_has_no_picardy_third():
    assert "picardy third" not in tonality(IN_C * 2).traits


def test_sounding_time_by_hand():
    """C for a bar and a half of 4/4, then E for half a bar."""
    view = view_score(piece("C4:6 E4:2"))
    assert sounding_time(view.pitched, view.bar_lines)[:, [0, 4]].tolist() == [[1920, 0], [960, 960]]


def test_drums_have_no_key():
    score = piece("C4 E4 G4 C4")
    score.tracks[0].is_drum = True
    found = measure_tonality(view_score(read_score(score).score))
    assert (found.spans, found.traits) == ((), ())


def test_the_bass_note_at_the_end_tells_relative_keys():
    """The same wandering quarter notes, ending on C or on A."""
    wander = "E4 G4 A4 C5 B4 A4 G4 E4 D4 E4 G4 A4 "
    assert measure_facts(piece(wander * 2 + "G3+D4+F4:2 C3+C4+E4:4")).key == C_MAJOR
    assert measure_facts(piece(wander * 2 + "E3+D4+G#4:2 A2+C4+A4:4")).key == A_MINOR


def test_the_signature_decides_where_notes_do_not():
    """A tune on the tones that C, F and G major share."""
    doubtful = "G4 A4 C5 D5 E5 D5 C5 A4 " * 3 + "G4:4"
    keys = {sharps: measure_facts(piece(doubtful, sharps=sharps)).key for sharps in (-1, 1)}
    assert keys[1] == Key(7, "major")
    assert keys[-1] in (Key(5, "major"), Key(2, "minor"))


def test_a_signature_that_clear_notes_contradict_does_not_count():
    assert measure_facts(piece(IN_C * 3, sharps=4)).key == C_MAJOR


def test_no_accidentals_state_nothing():
    in_g = piece(IN_C * 2, semitones=7)
    stated = piece(IN_C * 2, semitones=7, sharps=0)
    assert measure_facts(in_g) == measure_facts(stated)


def test_the_signature_that_holds_longest_counts():
    score = piece("G4 A4 C5 D5 E5 D5 C5 A4 " * 3 + "G4:4", sharps=-1)
    score.key_signatures.append(symusic.KeySignature(480, 1, 0))
    assert measure_facts(score).key == Key(7, "major")


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_every_key_is_told_from_a_cadence(key):
    words = IN_C if key.mode == "major" else IN_A_MINOR
    notes = piece(words, semitones=key.tonic - (0 if key.mode == "major" else 9)).tracks[0].notes.numpy()
    found, confidence = estimate_piece_key({name: column.astype(np.int64) for name, column in notes.items()}, 1920)
    assert found == key
    assert confidence > 0.9


@given(scores(), st.integers(-6, 6))
def test_tonality_moves_with_the_notes(score, semitones):
    view = view_score(score)
    found = measure_tonality(view)
    assert set(found.traits) <= set(TRAITS["tonality"])
    assert 0 <= found.outside_share <= 1
    if found.spans:
        edges = [found.spans[0].first_bar, *(span.end_bar for span in found.spans)]
        assert edges == sorted(set(edges))
        assert (edges[0], edges[-1]) == (0, view.bars)
        assert all(a.key != b.key for a, b in zip(found.spans, found.spans[1:], strict=False))
    assume(view.facts.key_confidence > 0.6 and len(found.spans) == 1)  # on a tie either key may win
    assert measure_tonality(view_score(transpose(score, semitones))).spans == found.transposed(semitones).spans


def test_twenty_thousand_bars_are_heard_in_steps():
    score, track = symusic.Score(480), symusic.Track()
    time = np.arange(20_000, dtype=np.int32) * 1920
    pitch = np.tile(np.array([60, 65, 67, 60], np.int8), 5_000)
    track.notes = symusic.core.NoteTickList.from_numpy(time, np.full_like(time, 1920), pitch, np.full_like(pitch, 80))
    score.tracks.append(track)
    spans = measure_tonality(view_score(read_score(score).score)).spans
    assert (spans[0].first_bar, spans[-1].end_bar) == (0, 20_000)
