"""Scores for hypothesis, the same in every run and without a time limit, since CI machines are slow and shared."""

import symusic
from hypothesis import settings
from hypothesis import strategies as st

from midi_text.score_midi_text import read_score

settings.register_profile("hermetic", deadline=None, derandomize=True, database=None)
settings.load_profile("hermetic")


@st.composite
def scores(draw):
    """Small scores of any metres, tempi, programs and drums."""
    score = symusic.Score(draw(st.sampled_from([1, 24, 96, 480])))
    beat = score.ticks_per_quarter
    for time, signature in draw(
        st.lists(
            st.tuples(st.integers(0, 20), st.sampled_from([(4, 4), (3, 4), (6, 8), (5, 8), (2, 2), (1, 16)])),
            max_size=3,
            unique_by=lambda change: change[0],
        )
    ):
        score.time_signatures.append(symusic.TimeSignature(time * beat, *signature))
    for time, bpm in draw(st.dictionaries(st.integers(0, 20), st.integers(30, 250), max_size=3)).items():
        score.tempos.append(symusic.Tempo(time * beat, bpm))
    note = st.tuples(st.integers(0, 20), st.integers(1, 12), st.integers(24, 100), st.integers(1, 127))
    for _ in range(draw(st.integers(1, 3))):
        track = symusic.Track(program=draw(st.integers(0, 127)), is_drum=draw(st.booleans()))
        for time, duration, pitch, velocity in draw(st.lists(note, min_size=1, max_size=12)):
            track.notes.append(symusic.Note(time * beat, duration * beat, pitch, velocity))
        score.tracks.append(track)
    return read_score(score).score
