"""Which labels of key and metre count, and how changes of key are counted; the corpus is not needed."""

import pytest
import symusic

from midi_text.bars_midi_text import bar_starts
from midi_text.evaluation.accuracy.key_pieces import (
    engraved_key,
    firm_key,
    harte_key,
    modulating_pieces,
    signed_key,
    stated_key,
)
from midi_text.evaluation.accuracy.keys import matched_changes
from midi_text.evaluation.accuracy.keys import measure as measure_keys
from midi_text.evaluation.accuracy.metre import measure as measure_metre
from midi_text.evaluation.accuracy.metre import stated_metre, strict_class
from midi_text.evaluation.accuracy.row import LabelledPiece
from midi_text.key_midi_text import Key
from midi_text.score_midi_text import read_score

C, G, A_MINOR = Key(0, "major"), Key(7, "major"), Key(9, "minor")
CADENCES = ((48, 64, 67), (53, 65, 69), (55, 62, 71), (48, 60, 64))  # I IV V I in C


def score_of(chords=CADENCES, signatures=((0, 0),), semitones=0, metre=(4, 4)):
    """A chord every half note; signatures are (quarter, sharps)."""
    score, track = symusic.Score(480), symusic.Track()
    score.time_signatures.append(symusic.TimeSignature(0, *metre))
    for place, chord in enumerate(chords):
        for pitch in chord:
            track.notes.append(symusic.Note(960 * place, 960, pitch + semitones, 80))
    score.tracks.append(track)
    for quarter, sharps in signatures:
        score.key_signatures.append(symusic.KeySignature(480 * quarter, sharps, 0))
    return read_score(score).score


def piece(score=None, source="polish", annotations=None, name="one", **labels):
    return LabelledPiece(name, "test", source, score or score_of(), labels, annotations or {})


@pytest.mark.parametrize(
    ("semitones", "signatures", "key"),
    [
        (0, ((0, 0),), C),
        (7, ((0, 1),), G),
        (7, ((0, 0),), None),  # mixolydian, or a signature that says nothing: ends on G without accidentals
        (9, ((0, 0),), A_MINOR),  # whatever the chords: the signature and the last bass note decide
        (7, ((0, 1), (4, -2)), None),  # another signature at the end
        (7, ((0, 1), (4, -2), (6, 1)), G),
        (0, (), None),
    ],
)
def test_signature_and_last_bass_note_make_an_engraved_key(semitones, signatures, key):
    assert engraved_key(score_of(semitones=semitones, signatures=signatures)) == key


@pytest.mark.parametrize(
    ("designation", "stated", "signed", "firm"),
    [
        ("C major", C, C, C),
        ("G major", G, None, None),  # its signature would have a sharp
        ("A minor", A_MINOR, A_MINOR, None),  # the signature fits, the last bass note does not
        ("C ionian", C, C, C),
        ("D dorian", Key(2, "minor"), None, None),
        ("E-flat major", Key(3, "major"), None, None),
        ("C locrian", None, None, None),
        (None, None, None, None),
    ],
)
def test_a_designation_needs_a_second_hand(designation, stated, signed, firm):
    labelled = piece(key=designation)
    assert (stated_key(labelled), signed_key(labelled), firm_key(labelled)) == (stated, signed, firm)


def test_the_key_of_a_work_is_no_label_of_a_movement():
    assert stated_key(piece(source="quartets", key="D minor")) == C
    assert stated_key(piece(score_of(semitones=2), source="quartets", key="D minor")) is None


@pytest.mark.parametrize(
    ("chords", "firm"),
    [
        (["C:maj", "F:maj", "G:maj"], C),
        (["F:maj", "G:7", "C:maj7/3"], C),
        (["N", "C:maj", "A:min", "N"], C),
        (["F:maj", "G:maj", "A:min"], None),
        (["C:min", "G:maj"], None),
        ([], None),
    ],
)
def test_a_song_s_key_needs_a_tonic_chord_at_one_end(chords, firm):
    annotations = {
        "key": [[0, 20, "C:maj"], [20, 30, "Eb:min"]],
        "chords": [[4 * place, 4 * place + 4, name] for place, name in enumerate(chords)],
    }
    labelled = piece(source="pop909", annotations=annotations)
    assert stated_key(labelled) == C
    assert firm_key(labelled) == firm


def test_harte_keys():
    assert harte_key("Gb:maj") == Key(6, "major")
    assert harte_key("C#:min") == Key(1, "minor")


@pytest.mark.parametrize(
    ("found", "truth", "counted"),
    [
        ([C, C, C, G, G, G], [C, C, G, G, G, G], (1, 1, 1)),
        ([C, C, C, C, C, G], [C, G, G, G, G, G], (0, 1, 1)),
        ([C, C, C, C], [C, C, G, G], (0, 0, 1)),
        ([C, G, C, G], [C, C, G, G], (1, 3, 1)),
        ([C, C], [C, C], (0, 0, 0)),
    ],
)
def test_changes_count_within_two_bars_and_once(found, truth, counted):
    assert matched_changes(found, truth) == counted


def test_pieces_put_together_keep_their_bars_and_keys():
    pieces = [piece(score_of(CADENCES * 8), name=str(number), key="C major") for number in range(4)]
    made = list(modulating_pieces(pieces, 20))
    assert len(made) == 20
    assert {whole.keys[0] for whole in made} == {C}
    assert max(len(set(whole.keys)) for whole in made) > 1
    assert all(len(whole.keys) == len(bar_starts(whole.score)) - 1 for whole in made)
    again = list(modulating_pieces(pieces, 20))
    assert [whole.keys for whole in again] == [whole.keys for whole in made]


def test_nothing_to_put_together_gives_nothing():
    assert list(modulating_pieces([piece(key="G major")], 3)) == []


def test_rows_of_keys_count_pieces_and_hits():
    pieces = [piece(score_of(CADENCES * 4), name=str(number), key="C major") for number in range(3)]
    pieces.append(piece(score_of(CADENCES * 4), name="wrong", key="E-flat major"))
    rows = {(row.measure, row.source): (row.value, row.n) for row in measure_keys(pieces, synthetic=4)}
    assert rows["exact, %", "polish"] == (100, 3)
    assert rows["exact, all labels, %", "polish"] == (75, 4)
    assert rows["bars in the right key, %", "synthetic"][1] == 4


@pytest.mark.parametrize(
    ("metre", "strict"),
    [((3, 8), "triple"), ((6, 8), "compound"), ((6, 4), "compound"), ((4, 4), "duple"), ((7, 8), "irregular")],
)
def test_strict_classes(metre, strict):
    assert strict_class(*metre) == strict


def test_a_stated_metre_holds_throughout():
    assert stated_metre(score_of(CADENCES * 4, metre=(3, 4))) == (3, 4)
    changing = score_of(CADENCES * 4, metre=(3, 4))
    changing.time_signatures.append(symusic.TimeSignature(1440, 4, 4))
    assert stated_metre(changing) is None
    changing.time_signatures.clear()
    assert stated_metre(changing) is None


def test_rows_of_metre_leave_training_and_fills_apart():
    waltz = [chord for low, *high in CADENCES for chord in ((low,), tuple(high), tuple(high))] * 4
    score = score_of(waltz, metre=(3, 2))
    pieces = [
        piece(score, name="a"),
        piece(score, name="b", source="groove", beat_or_fill="fill"),
        LabelledPiece("c", "train", "polish", score, {}),
    ]
    rows = {(row.measure, row.source): (row.value, row.n) for row in measure_metre(pieces)}
    assert rows["classes, %", "all but fills"] == rows["classes, %", "polish"] == (100, 1)
    assert rows["classes, %", "groove fills"][1] == 1
    assert rows["classes, 12 bars, %", "all but fills"][1] == 1
