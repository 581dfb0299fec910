import numpy as np
import pytest
import symusic
from hypothesis import given
from random_scores import scores

from midi_text.facts.drumming import measure_drumming
from midi_text.facts.traits import TRAITS
from midi_text.facts.view import view_score
from midi_text.score_midi_text import read_score

BEAT = 480
KEYS = {"kick": 36, "snare": 38, "stick": 37, "hat": 42, "open": 46, "pedal": 44, "ride": 51, "crash": 49, "tom": 45}
VELOCITY = {"x": 100, ".": 40}  # an accent, a ghost stroke


def drumming_of(*bars, metre=(4, 4), bpm=110, jitter=0.0):
    """The drumming of bars, each a picture of its limbs: `x` a stroke, `.` a soft one, `-` none; 3 or 4 in a beat."""
    rng = np.random.default_rng(0)
    score = symusic.Score(BEAT)
    score.tempos.append(symusic.Tempo(0, bpm))
    score.time_signatures.append(symusic.TimeSignature(0, *metre))
    track = symusic.Track(is_drum=True)
    length = 4 * BEAT * metre[0] // metre[1]
    for number, bar in enumerate(bars):
        for limb, picture in bar.items():
            strokes = picture.replace(" ", "")
            for place, stroke in enumerate(strokes):
                if stroke != "-":
                    time = number * length + place * length / len(strokes) + rng.normal(0, jitter) * BEAT
                    track.notes.append(symusic.Note(max(0, round(time)), 60, KEYS[limb], VELOCITY[stroke]))
    score.tracks.append(track)
    return measure_drumming(view_score(read_score(score).score))


EIGHTHS = "x-x- x-x- x-x- x-x-"
ROCK = {"hat": EIGHTHS, "snare": "---- x--- ---- x---", "kick": "x--- ---- x-x- ----"}
PATTERNS = {
    "rock beat": ROCK,
    "backbeat": {"hat": EIGHTHS, "snare": "---- x--- ---- x---", "kick": "x--x --x- -x-- --x-"},
    "four on the floor": {"hat": "--x- --x- --x- --x-", "kick": "x--- x--- x--- x---"},
    "disco beat": {"open": "--x- --x- --x- --x-", "snare": "---- x--- ---- x---", "kick": "x--- x--- x--- x---"},
    "shuffle": {"ride": "x-x x-x x-x x-x", "snare": "--- x-- --- x--", "kick": "x-- --- x-- ---"},
    "swing ride": {"ride": "x-- x-x x-- x-x", "pedal": "--- x-- --- x--"},
    "half-time": {"hat": EIGHTHS, "snare": "---- ---- x--- ----", "kick": "x--- --x- ---- ----"},
    "double-time": {"hat": EIGHTHS, "snare": "--x- --x- --x- --x-", "kick": "x--- x--- x--- x---"},
    "breakbeat": {"ride": EIGHTHS, "snare": "---- x--. -.-- x--.", "kick": "x-x- ---- --x- ----"},
    "bossa nova": {"hat": EIGHTHS, "stick": "x--- --x- ---- x---", "kick": "x--- --x- x--- --x-"},
    "samba": {"ride": "x-xx x-xx x-xx x-xx", "kick": "x--x x--x x--x x--x"},
    "train beat": {"snare": "..x. ..x. ..x. ..x.", "kick": "x--- x--- x--- x---"},
    "march beat": {"snare": "x--- x-xx x--- x-x-", "kick": "x--- ---- x--- ----"},
    "blast beat": {"snare": "-x-x -x-x -x-x -x-x", "kick": "x-x- x-x- x-x- x-x-", "ride": EIGHTHS},
}


@pytest.mark.parametrize("jitter", [0.0, 0.02])
@pytest.mark.parametrize("name", PATTERNS)
def test_each_family_names_its_picture(name, jitter):
    found = drumming_of(*[PATTERNS[name]] * 8, bpm=180 if name == "blast beat" else 110, jitter=jitter)
    assert name in found.traits
    assert found.pattern == name
    assert found.pattern_share > 0.8


NEAR_MISSES = [
    ("rock beat", ROCK | {"hat": "x--- x--- x--- x---"}),  # no eighths
    ("rock beat", ROCK | {"snare": "---- ---- x--- ----"}),  # half-time
    ("rock beat", ROCK | {"kick": "x--x ---- -x-x ----"}),  # sixteenths of funk
    ("backbeat", ROCK | {"snare": "x--- x--- x--- x---"}),  # on every beat
    ("backbeat", ROCK | {"snare": "---- .--- ---x .---"}),  # only ghosts on 2 and 4
    ("four on the floor", ROCK),
    ("four on the floor", PATTERNS["samba"]),
    ("disco beat", PATTERNS["four on the floor"]),  # no open hi-hat
    ("shuffle", ROCK),
    ("shuffle", PATTERNS["shuffle"] | {"ride": "xxx xxx xxx xxx"}),  # slow triplets, all three played
    ("swing ride", PATTERNS["shuffle"]),  # the skip after every beat
    ("half-time", ROCK),
    ("double-time", ROCK),
    ("breakbeat", ROCK),
    ("breakbeat", PATTERNS["breakbeat"] | {"snare": "---- x--- ---- x---"}),
    ("bossa nova", PATTERNS["bossa nova"] | {"snare": "---- x--- ---- x---"}),
    ("samba", PATTERNS["four on the floor"]),
    ("train beat", PATTERNS["train beat"] | {"snare": "xxxx xxxx xxxx xxxx"}),  # a roll without accents
    ("train beat", PATTERNS["train beat"] | {"ride": EIGHTHS}),
    ("march beat", PATTERNS["march beat"] | {"hat": EIGHTHS}),
    ("march beat", PATTERNS["march beat"] | {"kick": "x--x --x- -x-- --x-"}),
]


@pytest.mark.parametrize(("name", "bar"), NEAR_MISSES)
def test_a_near_miss_is_not_named(name, bar):
    assert name not in drumming_of(*[bar] * 8).traits


def test_a_shuffle_may_be_in_half_time_with_ghosts_between():
    purdie = {"hat": "x-x x-x x-x x-x", "snare": "-.- -.- x.- -.-", "kick": "x-- --- --- --x"}
    assert {"shuffle", "half-time"} <= set(drumming_of(*[purdie] * 8).traits)


def test_a_blast_is_a_matter_of_speed():
    assert "blast beat" not in drumming_of(*[PATTERNS["blast beat"]] * 8, bpm=90).traits


def test_waltz_beat():
    waltz = {"kick": "x- -- --", "snare": "-- x- x-"}
    assert drumming_of(*[waltz] * 8, metre=(3, 4)).pattern == "waltz beat"
    rock_in_three = {"kick": "x- -- --", "hat": "xx xx xx", "snare": "-- -- x-"}
    assert "waltz beat" not in drumming_of(*[rock_in_three] * 8, metre=(3, 4)).traits


def test_two_bars_of_two_four_are_read_as_one():
    bar = {"hat": "x-x- x-x-", "snare": "---- x---", "kick": "x--- ----"}
    found = drumming_of(*[bar] * 8, metre=(2, 4))
    assert "backbeat" in found.traits
    assert "half-time" not in found.traits


def test_dotted_beats_are_beats_of_triplets():
    shuffle = PATTERNS["shuffle"]
    assert drumming_of(*[shuffle] * 8, metre=(12, 8)).pattern == "shuffle"
    ballad = {"hat": "xxx xxx", "snare": "--- x--", "kick": "x-- ---"}
    assert drumming_of(*[ballad] * 8, metre=(6, 8)).traits == ("backbeat",)


def test_half_the_bars_are_needed():
    silent_snare = ROCK | {"snare": "----"}
    assert "backbeat" in drumming_of(*[ROCK] * 5, *[silent_snare] * 3).traits
    found = drumming_of(*[ROCK] * 3, *[silent_snare] * 5)
    assert "backbeat" not in found.traits
    assert found.pattern is None
    assert found.pattern_share == 0


def test_fills_are_bars_that_leave_the_pattern():
    fill = {"snare": "---- x--- xxxx ----", "kick": "x--- ---- ---- ----", "tom": "---- ---- ---- xxxx"}
    found = drumming_of(*[ROCK] * 3, fill, *[ROCK] * 3, fill)
    assert found.fill_bars == (3, 7)
    assert "drum fills" in found.traits
    assert found.pattern == "rock beat"
    assert found.pattern_share == 1  # of the bars that are no fills


def test_a_groove_on_the_toms_is_no_fill():
    on_toms = ROCK | {"tom": EIGHTHS, "hat": "----"}
    assert drumming_of(*[on_toms] * 8).fill_bars == ()
    assert drumming_of(*[ROCK] * 8, *[on_toms] * 4).fill_bars == ()  # another section
    assert drumming_of(*[ROCK] * 8).fill_bars == ()


def test_no_drums_and_a_single_stroke():
    score = symusic.Score(BEAT)
    track = symusic.Track()
    track.notes.append(symusic.Note(0, BEAT, 36, 80))
    score.tracks.append(track)
    assert measure_drumming(view_score(score)).traits == ()
    assert drumming_of({"kick": "x---"}).pattern is None


@given(scores())
def test_any_score_has_drumming(score):
    view = view_score(score)
    found = measure_drumming(view)
    assert set(found.traits) <= set(TRAITS["drumming"])
    assert (found.pattern is None) == (found.pattern_share == 0)
    assert all(0 <= bar < view.bars for bar in found.fill_bars)


def test_three_bars_are_too_few_to_know_a_fill():
    fill = {"tom": "xxxx xxxx xxxx xxxx"}
    assert drumming_of(ROCK, ROCK, fill).fill_bars == ()
    assert drumming_of(ROCK, ROCK, ROCK, fill).fill_bars == (3,)
