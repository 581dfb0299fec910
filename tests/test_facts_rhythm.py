import numpy as np
import pytest
import symusic
from hypothesis import given
from random_scores import scores

from midi_text.facts.rhythm import measure_rhythm
from midi_text.facts.traits import TRAITS
from midi_text.facts.view import view_score
from midi_text.score_midi_text import read_score

BEAT = 480


def rhythm_of(*tracks, metres=((0, 4, 4),), bpm=100, jitter=0.0, drums=()):
    """The rhythm of tracks of (onset, length, pitch) in quarter notes."""
    rng = np.random.default_rng(0)
    score = symusic.Score(BEAT)
    score.tempos.append(symusic.Tempo(0, bpm))
    for time, numerator, denominator in metres:
        score.time_signatures.append(symusic.TimeSignature(round(time * BEAT), numerator, denominator))
    for notes, is_drum in [(track, False) for track in tracks] + [(drums, True)] * bool(drums):
        track = symusic.Track(is_drum=is_drum)
        for onset, length, pitch in notes:
            time = max(0, round((onset + rng.normal(0, jitter) * bool(jitter)) * BEAT))
            track.notes.append(symusic.Note(time, round(length * BEAT), pitch, 80))
        score.tracks.append(track)
    return measure_rhythm(view_score(read_score(score).score))


def line(lengths, bars=8, pitch=72, bar=4.0, silent=(), start=0.0):
    """A bar of note lengths, played `bars` times; the places in `silent` are rests."""
    notes = []
    for number in range(bars):
        at = start + number * bar
        for place, length in enumerate(lengths):
            if place not in silent:
                notes.append((at, length, pitch + place % 5))
            at += length
    return notes


EIGHTHS, QUARTERS = [0.5] * 8, [1.0] * 4
SWUNG = [2 / 3, 1 / 3] * 4
DOTTED = [0.75, 0.25] * 4
TRIPLETS = [1 / 3] * 12
CHARLESTON = [1.5, 1, 1.5]  # the second note held over the middle of the bar
RAGTIME = [0.25, 0.5, 0.25] * 4


@pytest.mark.parametrize(
    ("lengths", "subdivision"),
    [([2.0, 2.0], "half"), (QUARTERS, "quarter"), (EIGHTHS, "eighth"), (TRIPLETS, "triplet"), (DOTTED, "sixteenth")],
)
def test_the_subdivision_is_the_finest_common_value(lengths, subdivision):
    assert rhythm_of(line(lengths)).subdivision == subdivision


def test_one_run_of_sixteenths_in_eight_bars_of_eighths_is_not_common_use():
    run = line([0.25] * 4 + [0.5] * 6, bars=1)
    assert rhythm_of(run + line(EIGHTHS, bars=15, start=4)).subdivision == "eighth"


@pytest.mark.parametrize("jitter", [0.0, 0.015])
def test_swung_eighths_have_a_ratio_and_count_as_eighths(jitter):
    found = rhythm_of(line(SWUNG), jitter=jitter)
    assert found.swing_ratio == pytest.approx(2.0, abs=0.2)
    assert "swing" in found.traits
    assert "triplets" not in found.traits
    assert found.subdivision == "eighth"


def test_hard_swing_still_counts_as_eighths():
    found = rhythm_of(line([0.7, 0.3] * 4), jitter=0.01)
    assert found.swing_ratio == pytest.approx(7 / 3, abs=0.2)
    assert found.subdivision == "eighth"
    assert "dotted rhythms" not in found.traits


def test_the_swing_of_a_ride_cymbal_is_heard_below_straight_quarters():
    ride = line(SWUNG, pitch=51)
    assert "swing" in rhythm_of(line(QUARTERS), drums=ride).traits


@pytest.mark.parametrize("lengths", [EIGHTHS, DOTTED, TRIPLETS, [1, 1, 1, 2 / 3, 1 / 3]])
def test_even_dotted_or_rare_eighths_do_not_swing(lengths):
    bars = 4 if len(lengths) == 5 else 8
    found = rhythm_of(line(lengths, bars=bars))
    assert found.swing_ratio is None
    assert "swing" not in found.traits


def test_a_file_that_lies_late_on_its_own_bar_lines_does_not_swing():
    for start in (1 / 6, 0.11):
        late = line([0.5, 0.5, 1], start=start, silent=(2,), bar=2)
        assert rhythm_of(late, metres=((0, 2, 4),)).swing_ratio is None
    comping = [(beat + 2 / 3, 0.3, 60) for beat in range(32)]
    assert "swing" in rhythm_of(comping, line(QUARTERS, pitch=40)).traits


def test_off_beat_eighths_have_the_syncopation_that_the_rule_gives():
    off_beats = [(bar * 4 + at + 0.5, 1.0, 72) for bar in range(8) for at in range(4)]
    alone = rhythm_of(off_beats)  # levels skipped: 1 + 2 + 1 + 3 in four quarters; the last has no successor
    assert alone.syncopation == pytest.approx((7 * 8 - 3) / (2 * 31))
    assert "syncopated" not in alone.traits  # nobody hears what the bar lines say
    assert "syncopated" in rhythm_of(off_beats, line(QUARTERS, pitch=40)).traits


def test_a_line_held_over_the_beats_is_syncopated_over_a_steady_bass():
    bass = line(EIGHTHS, pitch=40)
    assert "syncopated" in rhythm_of(line(RAGTIME), bass).traits
    straight = rhythm_of(line([0.5, 0.25, 0.25] * 4), bass)
    assert straight.syncopation == 0
    assert "syncopated" not in straight.traits


def test_hands_that_take_turns_are_not_syncopated():
    bass = line([0.5] * 8, silent=(1, 3, 5, 7), pitch=40)
    chords = line([0.5] * 8, silent=(0, 2, 4, 6), pitch=64)
    assert rhythm_of(bass, chords).syncopation == 0


def test_an_upbeat_on_the_first_bar_line_is_no_syncopation():
    """As some engravers export it: everything a quarter early, long notes lie across the bar lines."""
    hymn = [1.0, 1.0, 2.0]
    late = [(0, 1.0, 67)] + line(hymn, start=1, bars=8)
    early = [(onset - 1, length, pitch) for onset, length, pitch in line(hymn, bars=8) if onset >= 1]
    for notes in (late, early):
        assert "syncopated" not in rhythm_of(notes).traits


def test_a_chorale_is_on_the_beat_and_running_eighths_are_not():
    assert "on the beat" in rhythm_of(line(QUARTERS)).traits
    assert "on the beat" not in rhythm_of(line(EIGHTHS)).traits
    assert "on the beat" not in rhythm_of(line(CHARLESTON)).traits


@pytest.mark.parametrize("jitter", [0.0, 0.015])
@pytest.mark.parametrize("lengths", [DOTTED, [1.5, 0.5, 1, 1], [1.0, 0.75, 0.25, 2.0]])
def test_dotted_rhythms(lengths, jitter):
    assert "dotted rhythms" in rhythm_of(line(lengths), jitter=jitter).traits


@pytest.mark.parametrize("lengths", [EIGHTHS, SWUNG, [0.25, 0.75] * 4, [3.0, 1.0]])
def test_what_is_not_dotted(lengths):
    """Even and swung eighths, the Scotch snap, and a dotted half note with a quarter."""
    assert "dotted rhythms" not in rhythm_of(line(lengths)).traits


def test_a_dotted_melody_is_heard_above_running_sixteenths_of_the_same_track():
    assert "dotted rhythms" in rhythm_of(line(DOTTED, pitch=76) + line([0.25] * 16, pitch=45)).traits


@pytest.mark.parametrize("jitter", [0.0, 0.015])
def test_triplets_against_eighths(jitter):
    found = rhythm_of(line(TRIPLETS), line(EIGHTHS, pitch=40), jitter=jitter)
    assert "triplets" in found.traits


@pytest.mark.parametrize(
    ("lengths", "metre", "bar"),
    [([0.25] * 16, (0, 4, 4), 4), ([0.5] * 6, (0, 6, 8), 3), ([0.5, 0.25, 0.25] * 4, (0, 4, 4), 4)],
)
def test_three_of_other_values_are_no_triplets(lengths, metre, bar):
    assert "triplets" not in rhythm_of(line(lengths, bar=bar), metres=(metre,)).traits


def test_steady_streams():
    assert "steady eighths" in rhythm_of(line(EIGHTHS)).traits
    assert "steady sixteenths" in rhythm_of(line([0.25] * 16)).traits
    assert "steady eighths" in rhythm_of(line([0.5] * 6, bar=3), metres=((0, 6, 8),)).traits
    broken = rhythm_of(line([0.5, 0.5, 1.0, 0.5, 0.5, 1.0]))
    assert not {"steady eighths", "steady sixteenths"} & set(broken.traits)


def test_a_stream_shared_by_two_hands_is_steady():
    low, high = line([0.5] * 8, silent=(1, 3, 5, 7), pitch=40), line([0.5] * 8, silent=(0, 2, 4, 6), pitch=64)
    assert "steady eighths" in rhythm_of(low, high).traits


def test_a_pickup_after_rests_or_in_a_short_first_bar():
    after_rests = rhythm_of([(3, 1, 67), *line(QUARTERS, start=4, bars=4)])
    assert after_rests.pickup_quarters == 1
    assert "pickup" in after_rests.traits
    short = rhythm_of([(0, 0.5, 67), (0.5, 0.5, 69), *line([1.0] * 3, start=1, bar=3)], metres=((0, 1, 4), (1, 3, 4)))
    assert short.pickup_quarters == 1


def test_what_is_no_pickup():
    on_one = rhythm_of(line(QUARTERS))
    after_an_eighth = rhythm_of(line(EIGHTHS, silent=(0,)))  # as a fugue subject enters
    into_nothing = rhythm_of([(3, 1, 67), *line(QUARTERS, start=4, bars=4, silent=(0,))])
    held_over = rhythm_of([(3, 2, 67), *line(QUARTERS, start=4, bars=4)])
    grace_note = rhythm_of([(3.9, 0.1, 67), *line(QUARTERS, start=4, bars=4)])
    drum_fill = rhythm_of(line(QUARTERS, start=4, bars=4), drums=[(2 + place / 4, 0.2, 38) for place in range(8)])
    for found in (drum_fill, on_one, after_an_eighth, into_nothing, held_over, grace_note):
        assert found.pickup_quarters == 0
        assert "pickup" not in found.traits


def test_a_siciliano_is_slow_and_dotted():
    figure = [0.75, 0.25, 0.5, 1.0, 0.5]
    six_eight = ((0, 6, 8),)
    assert "siciliano" in rhythm_of(line(figure, bar=3), metres=six_eight, bpm=72).traits
    assert "siciliano" not in rhythm_of(line(figure, bar=3), metres=six_eight, bpm=160).traits  # a gigue
    assert "siciliano" not in rhythm_of(line([1.0, 0.5, 1.0, 0.5], bar=3), metres=six_eight, bpm=72).traits
    assert "siciliano" not in rhythm_of(line([0.75, 0.25, 1.0, 1.0], bar=3), metres=((0, 3, 4),), bpm=72).traits


def test_tresillo_and_habanera_are_exact():
    melody, two_four = line([0.5] * 4, bar=2, pitch=76), ((0, 2, 4),)
    tresillo = rhythm_of(melody, line([0.75, 0.75, 0.5], bar=2, pitch=40), metres=two_four).traits
    habanera = rhythm_of(melody, line([0.75, 0.25, 0.5, 0.5], bar=2, pitch=40), metres=two_four).traits
    neither = rhythm_of(melody, line([0.5, 0.5, 0.5, 0.5], bar=2, pitch=40), metres=two_four).traits
    march = rhythm_of(melody, line([0.75, 0.25, 1.0], bar=2, pitch=40), metres=two_four).traits
    assert "tresillo" in tresillo
    assert "habanera" not in tresillo
    assert "habanera" in habanera
    assert "tresillo" not in habanera
    assert not {"tresillo", "habanera"} & set(neither)
    assert not {"tresillo", "habanera"} & set(march)
    assert "tresillo" in rhythm_of(melody, line([1.5, 1.5, 1.0], pitch=40)).traits
    hymn = rhythm_of(line([1.5, 0.5, 1, 1]), line(QUARTERS, pitch=48)).traits
    krakowiak = rhythm_of(
        line([0.75, 0.25, 0.5, 0.5], bar=2), line([1.0, 1.0], bar=2, pitch=40), metres=two_four
    ).traits
    assert "habanera" not in krakowiak  # the tune has it, not what it stands on
    assert "habanera" not in hymn  # a dotted quarter, an eighth and two quarters are every other hymn's


def test_nothing_is_said_where_onsets_keep_to_no_beat():
    rng = np.random.default_rng(1)
    free = [(onset, 0.4, 60 + place % 12) for place, onset in enumerate(np.sort(rng.uniform(0, 64, 200)))]
    found = rhythm_of(free)
    assert found.traits == ()
    assert found.swing_ratio is None


@given(scores())
def test_any_score_has_a_rhythm(score):
    found = measure_rhythm(view_score(score))
    assert found.subdivision in ("half", "quarter", "eighth", "triplet", "sixteenth")
    assert 0 <= found.syncopation <= 1
    assert found.pickup_quarters >= 0
    assert set(found.traits) <= set(TRAITS["rhythm"])
