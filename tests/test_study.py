"""Performances made from a reference with known slips, and exercises measured anew."""

import random
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from symusic.core import NoteTick, ScoreTick, TempoTick, TimeSignatureTick, TrackTick

from midi_text.facts.analysis import analyze
from midi_text.facts_midi_text import measure_facts
from midi_text.key_midi_text import Key
from midi_text.score_midi_text import read_score, write_score
from midi_text.study.advice import advise, pitch_name
from midi_text.study.assess import EXTRA, MISSING, RIGHT, WRONG, assess
from midi_text.study.exercises import write_exercise
from midi_text.study.picture import draw_assessment

TUNE = (60, 62, 64, 65, 67, 69, 67, 65, 64, 62, 60, 62, 64, 67, 64, 60, 59, 62, 67, 65, 64, 62, 64, 60)


def score(notes: list[tuple[float, float, int, int]], tempo: float = 100) -> ScoreTick:
    """Notes as (beat, length, pitch, velocity) on one track, 4/4."""
    made = ScoreTick(480)
    made.tempos.append(TempoTick(0, qpm=tempo))
    made.time_signatures.append(TimeSignatureTick(0, 4, 4))
    made.tracks.append(TrackTick("", 0, False))
    for beat, length, pitch, velocity in notes:
        made.tracks[0].notes.append(NoteTick(round(beat * 480), round(length * 480), pitch, velocity))
    return read_score(made).score


def reference() -> list[tuple[float, float, int, int]]:
    """Six bars of a tune in quarter notes over whole-bar fifths, growing louder."""
    melody = [(float(i), 0.9, pitch, 50 + 2 * i) for i, pitch in enumerate(TUNE)]
    return melody + [(4.0 * bar, 3.8, pitch, 60) for bar in range(6) for pitch in (48, 55)]


def test_a_faultless_performance():
    made = assess(score(reference()), score(reference(), tempo=80))
    assert made.share_right == 1
    assert {note.verdict for note in made.notes} == {RIGHT}
    assert made.tempo_bpm == pytest.approx(80, rel=1e-3)
    assert made.reference_tempo_bpm == pytest.approx(100, rel=1e-3)
    assert made.timing_spread_seconds < 0.002
    assert made.dynamics_correlation == pytest.approx(1)
    text = advise(made)
    assert "All 36 notes are right" in text
    assert "80 quarter notes a minute, slower than the 100" in text


def test_each_slip_is_found_where_it_is():
    played = reference()
    played[5] = (5.0, 0.9, 70, 60)  # A4 played as Bb4 in bar 2
    del played[14]  # E4 on the third beat of bar 4 is missing
    played.append((17.5, 0.3, 80, 70))  # nobody wrote this one, in bar 5
    made = assess(score(reference()), score(played))
    slips = [(n.verdict, n.bar, n.expected_pitch, n.played_pitch) for n in made.notes if n.verdict != RIGHT]
    assert slips == [(WRONG, 1, 69, 70), (MISSING, 3, 64, None), (EXTRA, 4, None, 80)]
    assert made.share_right == pytest.approx(34 / 36)
    of_bar = {bar.bar: bar for bar in made.bars}
    assert (of_bar[1].wrong, of_bar[3].missing, of_bar[4].extra) == (1, 1, 1)
    assert of_bar[0].right == of_bar[0].expected == 6
    text = advise(made, Key.parse("C major"))
    assert "34 of 36 notes are right (94 %)" in text
    assert "Bar 2: Bb4 instead of A4." in text
    assert "Bar 4: E4 is missing." in text
    assert "Bar 5: Ab5 is not" in text


def test_tempo_and_timing_are_told_apart():
    """A player who slows down evenly is in time with himself; one early bar is heard through it."""
    slower = [(beat + beat**2 / 120, length, pitch, velocity) for beat, length, pitch, velocity in reference()]
    made = assess(score(reference()), score(slower))
    first, last = made.tempo_curve[1][1], made.tempo_curve[-2][1]
    assert first == pytest.approx(98, rel=0.06)
    assert last == pytest.approx(100 / (1 + 23 / 60), rel=0.06)
    assert made.timing_spread_seconds < 0.015
    assert "slowed down" in advise(made)
    hasty = [(b - 0.15 if 12 <= b < 16 else b, length, p, v) for b, length, p, v in reference()]
    made = assess(score(reference()), score(hasty))
    late = [note.late_seconds for note in made.notes if note.bar == 3]
    assert max(late) < -0.02
    assert "in bar 4 they come" in advise(made)
    assert "early" in advise(made)


def test_a_written_change_of_tempo_is_no_fault():
    changing = score(reference())
    changing.tempos.append(TempoTick(480 * 12, qpm=50))
    made = assess(changing, changing)
    assert made.timing_spread_seconds < 0.005
    assert made.tempo_curve[0][1] == pytest.approx(100, rel=0.02)
    assert made.tempo_curve[-1][1] == pytest.approx(50, rel=0.02)


def test_many_random_slips_are_counted():
    rng = random.Random(3)
    notes = [(i / 2, 0.45, 60 + (i * 7) % 25, rng.randint(40, 90)) for i in range(160)]
    played, missing, wrong = [], 0, 0
    for beat, length, pitch, velocity in notes:
        draw = rng.random()
        if draw < 0.04:
            missing += 1
            continue
        wrong += draw < 0.08
        played.append((beat + rng.gauss(0, 0.01) + 0.1, length, pitch + (draw < 0.08), velocity))
    made = assess(score(notes), score(played, tempo=91))
    assert (made.count(MISSING), made.count(WRONG), made.count(EXTRA)) == (missing, wrong, 0)


def test_another_piece_gets_no_advice_on_notes():
    other = [(float(i), 0.9, 90 - 3 * (i % 7), 60) for i in range(24)]
    assert "same piece?" in advise(assess(score(reference()), score([*other, *reference()[24:]])))


def test_too_few_notes_are_refused():
    with pytest.raises(ValueError, match="the performance must have 2 to 10,000 pitched notes; it has 1"):
        assess(score(reference()), score(reference()[:1]))


@pytest.mark.parametrize(
    ("pitch", "key", "name"),
    [(66, "D minor", "F#4"), (66, "Db major", "Gb4"), (61, "D minor", "C#4"), (70, "D minor", "Bb4"),
     (71, "Db major", "Cb5"), (60, "C# minor", "B#3"), (68, "C major", "Ab4"), (60, "F major", "C4")],
)  # fmt: skip
def test_pitches_are_spelled_in_their_key(pitch, key, name):
    assert pitch_name(pitch, Key.parse(key)) == name


@pytest.mark.parametrize("ending", ["svg", "png"])
def test_the_picture(tmp_path: Path, ending):
    played = reference()
    del played[4]
    path = tmp_path / f"lesson.{ending}"
    draw_assessment(assess(score(reference()), score(played)), score(reference()), path)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    if ending == "svg":
        text = "".join(ElementTree.parse(path).getroot().itertext())
        assert ElementTree.parse(path).getroot().tag.endswith("svg")
        assert "missing (1)" in text
        assert "right (35)" in text
    else:
        assert path.read_bytes().startswith(b"\x89PNG")
        assert path.stat().st_size > 5000


def test_a_picture_needs_a_known_ending(tmp_path: Path):
    with pytest.raises(ValueError, match=r"must end in \.png, \.svg or \.pdf; got lesson\.txt"):
        draw_assessment(assess(score(reference()), score(reference())), score(reference()), tmp_path / "lesson.txt")


@pytest.mark.parametrize(
    ("prompt", "key", "traits", "hand"),
    [
        ("dotted rhythms in G major, left hand, easy", "G major", {"dotted rhythms"}, "left"),
        ("triplets in D minor, right hand, intermediate, 3/4", "D minor", {"triplets"}, "right"),
        ("Alberti bass in C major", "C major", {"Alberti bass"}, "both"),
        ("walking bass in F major", "F major", {"walking bass"}, "both"),
        ("a siciliano in E minor", "E minor", {"siciliano"}, "right"),
        ("parallel thirds in A major, 12 bars", "A major", {"parallel thirds"}, "right"),
        ("syncopated, both hands, hard, in Bb major", "Bb major", {"syncopated"}, "both"),
    ],
)
def test_an_exercise_is_what_was_asked(prompt, key, traits, hand):
    made = write_exercise(prompt, seed=1)
    score = read_score(write_score(made.score)).score  # as a player of the file gets it
    facts = measure_facts(score)
    assert facts.key == Key.parse(key)
    assert traits <= analyze(score, facts).traits
    assert made.hand == hand
    assert all(row.met for row in made.agreement)
    pitches = [int(p) for track in score.tracks for p in track.notes.numpy()["pitch"]]
    assert {"left": max(pitches) <= 69, "right": min(pitches) >= 55, "both": len(score.tracks) == 2}[hand]
    assert facts.bars == (12 if "12 bars" in prompt else 8)


def test_levels_differ():
    def busiest(level: str) -> tuple[float, int]:
        facts = [write_exercise(f"an exercise in C major, right hand, {level}", seed).facts for seed in range(4)]
        speeds = [f.notes_per_second for f in facts]
        return sum(speeds), sum(f.highest_pitch - f.lowest_pitch for f in facts)

    easy, intermediate, hard = (busiest(level) for level in ("easy", "intermediate", "hard"))
    assert easy < intermediate < hard
    assert easy[1] < intermediate[1] < hard[1]


def test_the_same_seed_gives_the_same_exercise():
    one, same, other = (write_exercise("triplets in C major", seed).score for seed in (5, 5, 6))
    assert write_score(one) == write_score(same) != write_score(other)


def test_no_words_no_exercise():
    with pytest.raises(ValueError, match="needs words, such as"):
        write_exercise("  ")


def test_what_cannot_be_met_is_named():
    with pytest.raises(ValueError, match=r"unmet: .*easy"):
        write_exercise("steady sixteenths at 200 bpm, easy")
