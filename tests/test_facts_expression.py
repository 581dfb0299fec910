import numpy as np
import pytest
import symusic
from hypothesis import given
from random_scores import scores

from midi_text.events_midi_text import EventVocabulary
from midi_text.facts.expression import measure_expression
from midi_text.facts.traits import TRAITS
from midi_text.facts.view import view_score
from midi_text.score_midi_text import read_score

BEAT = 480


def piece(velocities, tempi=(100,), jitter=0.0, pitches=(60, 64, 67), programs=(0,)):
    """Chords in quarter notes of 4/4, one for each row of velocities; `tempi` are those of the bars, the last holds."""
    rng = np.random.default_rng(0)
    score = symusic.Score(BEAT)
    score.time_signatures.append(symusic.TimeSignature(0, 4, 4))
    for bar, bpm in enumerate(tempi):
        score.tempos.append(symusic.Tempo(bar * 4 * BEAT, bpm))
    for part, program in enumerate(programs):
        track = symusic.Track(program=program)
        for beat, row in enumerate(np.atleast_2d(velocities)):
            time = max(0, round((beat + rng.normal(0, jitter)) * BEAT))
            row = row[part :: len(programs)]
            for pitch, velocity in zip(pitches, np.resize(row, len(pitches)), strict=True):
                if velocity:
                    track.notes.append(symusic.Note(time, BEAT, pitch, int(velocity)))
        score.tracks.append(track)
    return read_score(score).score


def expression_of(*args, **kwargs):
    return measure_expression(view_score(piece(*args, **kwargs)))


def bars(*levels):
    """Four beats of each level, shape (beats, 1)."""
    return np.repeat(levels, 4)[:, None]


EVEN = bars(*[80] * 16)
PLAYED = np.random.default_rng(3).integers(40, 110, (64, 3))


def courses(traits):
    return set(traits) & set(TRAITS["expression"][:6])


@pytest.mark.parametrize(
    ("tempi", "course"),
    [
        ([100], "steady"),
        ([100, 101, 99, 100] * 4, "steady"),
        ([100] * 14 + [90, 70], "slows at the end"),
        ([100, 88, 108, 94, 104, 86, 110, 95] * 2, "rubato"),
        (list(range(80, 112, 2)), "speeds up"),
        (list(range(112, 80, -2)), "slows down"),
        ([100] * 8 + [140] * 8, "changes"),  # two sections
        ([100, 80, 100, 70] * 4, "changes"),  # a chorale with fermatas
        ([100] * 8 + [92] * 8, "changes"),
    ],
)
def test_the_tempo_course(tempi, course):
    found = expression_of(EVEN, tempi)
    assert found.tempo_course == course
    expected = {"steady": {"steady tempo"}, "changes": set()}.get(course, {course})
    assert courses(found.traits) == expected


def test_rubato_may_slow_at_the_end_too():
    found = expression_of(EVEN, [100, 88, 108, 94, 104, 86, 110, 95, 100, 88, 108, 94, 104, 86, 80, 60])
    assert courses(found.traits) == {"rubato", "slows at the end"}


def test_a_short_slow_bar_in_the_middle_is_no_ritardando():
    assert "slows at the end" not in expression_of(EVEN, [100] * 7 + [70] + [100] * 8).traits


def test_without_a_tempo_or_a_beat_nothing_is_said_of_it():
    unknown = piece(EVEN)
    unknown.tempos = []
    assert courses(measure_expression(view_score(unknown)).traits) == set()
    free = symusic.Score(BEAT)
    free.tempos.append(symusic.Tempo(0, 120))
    track = symusic.Track()
    for onset in np.sort(np.random.default_rng(1).uniform(0, 64, 200)):
        track.notes.append(symusic.Note(round(onset * BEAT), BEAT, 60, 80))
    free.tracks.append(track)
    assert courses(measure_expression(view_score(free)).traits) == set()


SWELL = (50, 55, 62, 70, 78, 84, 90, 96, 96, 90, 84, 78, 70, 62, 55, 50)


@pytest.mark.parametrize(
    ("levels", "course", "trait"),
    [
        ([80] * 16, "even", "even dynamics"),
        ([80, 84] * 8, "even", "even dynamics"),
        (range(40, 104, 4), "crescendo", "crescendo"),
        (range(104, 40, -4), "diminuendo", "diminuendo"),
        (SWELL, "swells and fades", "swells and fades"),
        ([96, 96, 49, 49] * 4, "contrasting", "contrasting dynamics"),
        ([64] * 8 + [96] * 8, "varied", None),  # one step up is no crescendo
        ([64, 70, 76, 70] * 4, "varied", None),
    ],
)
def test_the_course_of_dynamics(levels, course, trait):
    found = expression_of(bars(*levels))
    assert found.dynamics_course == course
    assert set(found.traits) & set(TRAITS["expression"][5:10]) == ({trait} if trait else set())


def test_loudness_is_the_mean_of_eight_stretches():
    assert expression_of(bars(*range(40, 104, 8))).loudness == (40, 48, 56, 64, 72, 80, 88, 96)


def test_a_loud_instrument_that_joins_in_is_no_crescendo():
    quiet, loud = np.full(64, 60), np.where(np.arange(64) < 40, 0, 110)
    found = expression_of(np.stack([quiet, loud], 1), programs=(40, 56), pitches=(60,))
    assert found.loudness[-1] > found.loudness[0] + 16
    assert found.dynamics_course == "even"


def test_velocities_that_change_from_note_to_note_are_played():
    played = expression_of(PLAYED, jitter=0.03)
    assert played.performed is True
    assert "performed" in played.traits
    in_time = expression_of(PLAYED)  # played to the grid: no word of human timing
    assert in_time.performed is True
    assert not {"performed", "engraved"} & set(in_time.traits)


def test_dynamics_in_steps_and_exact_onsets_are_engraved():
    found = expression_of(bars(*[64] * 6, *[96] * 4, *[49] * 6))
    assert found.performed is False
    assert "engraved" in found.traits


def test_what_may_be_either_is_left_open():
    flat_but_loose = expression_of(EVEN, jitter=0.05)
    hairpins = expression_of(np.arange(30, 94)[:, None])  # every note louder, no two levels in most bars
    few = expression_of(bars(80, 80, 80)[:5])
    for found in (flat_but_loose, few):
        assert found.performed is None
        assert not {"performed", "engraved"} & set(found.traits)
    assert hairpins.performed is not True


def test_quantised_music_is_judged_as_what_it_came_from():
    vocabulary = EventVocabulary()
    for velocities in (PLAYED, bars(*[64] * 6, *[96] * 4, *[49] * 6)):
        score = piece(velocities, jitter=0.0)
        before, after = (measure_expression(view_score(s)) for s in (score, vocabulary.quantize(score)))
        assert before.performed == after.performed
        assert before.tempo_course == after.tempo_course
        assert before.dynamics_course == after.dynamics_course


@given(scores())
def test_any_score_has_an_expression(score):
    found = measure_expression(view_score(score))
    assert len(found.loudness) == 8
    assert all(1 <= level <= 127 for level in found.loudness)
    assert set(found.traits) <= set(TRAITS["expression"])
