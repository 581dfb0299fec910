"""Progressions as locks, on a random model: whatever it wants, strong beats stand on the asked chords."""

import itertools
from pathlib import Path
from typing import Any

import pytest
import symusic
from transformers import pipeline

from midi_text import TextToMidiPipeline, Wishes
from midi_text.chord_locks_midi_text import BarChords, read_progression, starts
from midi_text.facts.chord import Chord
from midi_text.key_midi_text import Key
from midi_text.locks_midi_text import Locks
from midi_text.request_midi_text import understand

LENGTH = {"4/4": 192, "3/4": 144, "6/8": 144}  # ticks of a bar


@pytest.fixture(scope="module")
def compose(tiny_checkpoint: Path) -> TextToMidiPipeline:
    return pipeline("text-to-midi", model=str(tiny_checkpoint), device="cpu")


def named(*bars: str) -> tuple[BarChords, ...]:
    return tuple(tuple(map(Chord.parse, bar.split())) for bar in bars)


def check(score: symusic.Score, bars: tuple[BarChords, ...], metre: str) -> int:
    """Every pitched note against the progression, in ticks; the number of notes looked at."""
    length, seen = LENGTH[metre], 0
    for note in (note for track in score.tracks if not track.is_drum for note in track.notes):
        bar, at = divmod(note.time, length)
        chords = bars[bar % len(bars)]
        begins = [length * number // len(chords) for number in range(len(chords))]
        which = max(number for number, begin in enumerate(begins) if begin <= at)
        tones = chords[which].pitch_classes | {chords[which].bass}
        seen += 1
        if at in begins or at == 0 or (metre[0] in "46" and at == length // 2):
            assert note.pitch % 12 in tones
        if at in begins and note.pitch < 60:
            assert note.pitch % 12 == chords[which].bass
        after = [*begins[which + 1 :], length][0] + bar * length
        if note.end > after:  # it sounds on: into a chord that has it, perhaps ahead of it
            following = chords[which + 1] if which + 1 < len(chords) else bars[(bar + 1) % len(bars)][0]
            assert note.pitch % 12 in following.pitch_classes | {following.bass}
    return seen


@pytest.mark.parametrize(
    ("bars", "metre"),
    [(("Dm", "Gm", "A7", "Dm"), "4/4"), (("C G", "Am"), "4/4"), (("Em7", "Cmaj7/E"), "3/4"), (("F", "Bb C"), "6/8")],
)
def test_strong_beats_and_basses_are_those_of_the_chords(compose: TextToMidiPipeline, bars: Any, metre: str):
    made = compose(
        "", seed=5, chords=list(bars), bars=4, time_signature=metre, instruments=["piano"], max_new_tokens=200
    )
    assert made.facts.bars == 4
    assert check(made.score, named(*bars), metre) > 2
    rows = {row.fact: row for row in made.agreement}
    assert rows["chords"].asked == " ".join(chord.name for chord in itertools.chain(*named(*bars)))
    assert rows["bars"].met


def test_each_row_of_a_batch_has_its_own_chords(compose: TextToMidiPipeline):
    inputs = [
        {"prompt": "", "chords": "Dm | Gm", "key": "D minor"},
        {"prompt": "piano over C Am F G7"},
        {"prompt": "drums alone", "chords": "C"},
    ]
    made = compose(inputs, batch_size=3, seed=2, bars=4, time_signature="4/4", max_new_tokens=160)
    assert check(made[0].score, named("Dm", "Gm"), "4/4")
    assert check(made[1].score, named("C", "Am", "F", "G7"), "4/4")
    assert made[2].facts.programs == (128,)


def test_a_chord_may_leave_the_key_and_then_the_piece_need_not_close_in_it(compose: TextToMidiPipeline):
    made = compose("", seed=3, chords="C | Ab | Eb7", bars=3, key="C major", time_signature="4/4", max_new_tokens=120)
    assert check(made.score, named("C", "Ab", "Eb7"), "4/4")
    assert made.facts.bars == 3


def test_progressions_are_read_a_bar_each():
    assert read_progression("Dm | C G |") == named("Dm", "C G") == read_progression(["Dm", "C G"])
    assert read_progression("Dm Gm, A7") == named("Dm", "Gm", "A7")
    request = understand("a waltz", Wishes(chords=["Dm", "C G"], bars=8))
    assert request.locks.chords == named("Dm", "C G")
    assert request.text.endswith("Chords: Dm | C G.")
    assert understand("a waltz over Dm Gm A7 Dm").locks.chords == named("Dm", "Gm", "A7", "Dm")
    assert understand("a song in C major, I-vi-IV-V").locks.chords == named("C", "Am", "F", "G")


@pytest.mark.parametrize(("metre", "count", "places"), [(404, 2, [0, 24]), (304, 2, [0, 24]), (608, 2, [0, 36])])
def test_chords_share_the_beats_of_a_bar(metre: int, count: int, places: list[int]):
    assert starts(named("C " * count)[0], metre) == places


@pytest.mark.parametrize("chords", ["", "Dm | | C", ["C D E F G"], ["Xyz"]])
def test_what_is_no_progression_is_refused(chords: Any):
    with pytest.raises(ValueError, match="chord"):
        read_progression(chords)


def test_bars_without_chords_are_refused():
    with pytest.raises(ValueError, match="chords must be bars of one to 4"):
        Locks(chords=((),), key=Key(0, "major"))
