"""Event ids come out of arrays exactly as miditok writes them one object at a time."""

import pytest
import symusic
from hypothesis import given
from random_scores import scores

from midi_text.events_midi_text import EventVocabulary

VOCABULARY = EventVocabulary()


def as_miditok_writes(score: symusic.Score) -> list[int]:
    midi = VOCABULARY.midi
    return midi.encode(VOCABULARY._prepare(score), encode_ids=False, no_preprocess_score=True).ids


@given(scores())
def test_any_score_is_written_as_miditok_writes_it(score):
    assert VOCABULARY.encode(score) == as_miditok_writes(score)


def test_a_change_of_metre_and_a_silent_bar():
    """One bar of 3/4 with a violin, a silent bar of 6/8, then drums and piano together at a new tempo."""
    score = symusic.Score(12)
    score.time_signatures = symusic.core.TimeSignatureTickList(
        [symusic.TimeSignature(0, 3, 4), symusic.TimeSignature(36, 6, 8)]
    )
    score.tempos = symusic.core.TempoTickList([symusic.Tempo(0, 90), symusic.Tempo(72, 60)])
    for program, is_drum, time, duration, pitch in (
        (40, False, 12, 24, 74),
        (0, False, 72, 6, 60),
        (0, True, 72, 3, 38),
    ):
        track = symusic.Track(program=program, is_drum=is_drum)
        track.notes.append(symusic.Note(time, duration, pitch, 80))
        score.tracks.append(track)
    events = [VOCABULARY.names[i] for i in VOCABULARY.encode(score)]
    assert events == [
        *("Bar_None", "TimeSig_3/4", "Position_0", "Tempo_90.0"),
        *("Position_12", "Program_40", "Pitch_74", "Velocity_79", "Duration_2.0.12"),
        *("Bar_None", "TimeSig_6/8", "Bar_None", "TimeSig_6/8", "Position_0", "Tempo_60.0"),
        *("Program_0", "Pitch_60", "Velocity_79", "Duration_1.0.12"),
        *("Program_-1", "PitchDrum_38", "Velocity_79", "Duration_0.6.12"),
    ]
    assert VOCABULARY.encode(score) == as_miditok_writes(score)


def test_a_score_without_notes_is_an_error():
    with pytest.raises(ValueError, match="at least one note"):
        VOCABULARY.encode(symusic.Score(12))
