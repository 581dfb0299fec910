"""The figures of accuracy of parts: what they count, on pieces whose names tell the truth or lie."""

import pytest
from test_facts import part, score_of

from midi_text.evaluation.accuracy.parts import measure
from midi_text.evaluation.accuracy.row import LabelledPiece

TUNE = "E5:1.5 D5:0.5 C5 D5 E5:3 -:1 F5:1.5 E5:0.5 D5 C5 B4:3 -:1 " * 2
BRIDGE = "-:12 G5:0.5 A5:0.5 G5:0.5 F5:0.5 E5:0.5 D5:0.5 C5:0.5 D5:0.5 "
CHORDS = "C4+E4+G4 C4+E4+G4 " * 16


def piece(names, words, source="pop909", split="test", name="a"):
    tracks = [part(one) for one in words]
    for track, given in zip(tracks, names, strict=True):
        track.name = given
    return LabelledPiece(f"{source}/{name}", split, source, score_of(*tracks), {})


def figures(*pieces):
    return {(row.measure, row.source): row for row in measure(pieces)}


def test_the_melody_of_a_named_track_is_found_by_track_and_by_note():
    found = figures(piece(("MELODY", "BRIDGE", "PIANO"), (TUNE, BRIDGE, CHORDS)))
    assert found["track found, %", "pop909"].value == 100
    assert found["F1 of notes: melody", "pop909"].value == 100
    assert found["F1 of notes: melody", "pop909"].n == 20


def test_a_name_is_only_truth_and_never_an_input():
    swapped = piece(("PIANO", "BRIDGE", "MELODY"), (TUNE, BRIDGE, CHORDS))
    found = figures(swapped)
    assert found["track found, %", "pop909"].value == 0
    assert found["F1 of notes: melody", "pop909"].value == 0
    both = figures(swapped, piece(("MELODY", "BRIDGE", "PIANO"), (TUNE, BRIDGE, CHORDS), name="b"))
    assert both["track found, %", "pop909"].value == 50
    # Hits 20; said 20 + 20 notes of tunes; true 96 notes of chords + 20.
    assert both["F1 of notes: melody", "pop909"].value == pytest.approx(100 * 2 * 20 / (40 + 116))


def test_training_pieces_are_not_counted():
    assert measure([piece(("MELODY", "BRIDGE", "PIANO"), (TUNE, BRIDGE, CHORDS), split="train")]) == []


def test_hands_of_named_tracks():
    right, left = "E5 F5 G5 F5 " * 8, "C3 G3 E3 G3 " * 8
    found = figures(piece(("Piano right", "Piano left"), (right, left), source="piano-midi"))
    assert found["notes in the right hand, %", "piano-midi"].value == 100
    crossed = figures(piece(("Piano left", "Piano right"), (right, left), source="piano-midi"))
    assert crossed["notes in the right hand, %", "piano-midi"].value == 0
