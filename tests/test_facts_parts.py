"""Roles, registers and figures of parts: each rule on written-out bars that have it, and on some that nearly do."""

import numpy as np
import pytest
import symusic
from hypothesis import given
from random_scores import scores
from test_facts import part, pitch_of, score_of, slow_waltz

from midi_text.facts.hands import left_hand
from midi_text.facts.parts import measure_parts
from midi_text.facts.traits import TRAITS
from midi_text.facts.view import view_score
from midi_text.score_midi_text import read_score, transpose

# Mozart, Sonata facile K. 545, the first four bars and their repetition.
SONATA_RIGHT = "C5:2 E5 G5 B4:1.5 C5:0.25 D5:0.25 C5 -:1 A5:2 G5 C6 G5 F5:0.5 E5:0.5 E5 -:1 "
SONATA_LEFT = (
    "C4:0.5 G4:0.5 E4:0.5 G4:0.5 C4:0.5 G4:0.5 E4:0.5 G4:0.5 D4:0.5 G4:0.5 F4:0.5 G4:0.5 C4:0.5 G4:0.5 E4:0.5 G4:0.5 "
    "C4:0.5 A4:0.5 F4:0.5 A4:0.5 C4:0.5 G4:0.5 E4:0.5 G4:0.5 B3:0.5 G4:0.5 D4:0.5 G4:0.5 C4:0.5 G4:0.5 E4:0.5 G4:0.5 "
)
# A jazz bass on D minor seventh, four bars, and a tune off its beats.
WALK = "D2 E2 F2 G2 A2 G2 F2 E2 D2 F2 G2 A2 B2 A2 F2 E2 "
TUNE = "-:0.5 A4:1 C5:0.5 D5:2 -:1.5 F5:0.5 E5:0.5 D5:1.5 -:0.5 C5:1 A4:0.5 G4:2 -:0.5 A4:3.5 "
MARCH_TUNE = "G4:1.5 E4:0.5 C5:2 B4:1.5 D5:0.5 G4:2 "
SCALE = "C5:0.5 D5:0.5 E5:0.5 F5:0.5 G5:0.5 F5:0.5 E5:0.5 D5:0.5 "


def parts_of(*tracks, metre=(4, 4), bpm=120):
    return measure_parts(view_score(score_of(*tracks, tempi=((0, bpm),), metres=((0, *metre),))))


def traits_of(*tracks, metre=(4, 4), bpm=120):
    return set(parts_of(*tracks, metre=metre, bpm=bpm).traits)


def on_one_track(*tracks):
    joined = symusic.Track(program=tracks[0].program)
    for track in tracks:
        joined.notes.extend(track.notes)
    return joined


def test_a_sonata_has_an_alberti_bass_whether_its_hands_are_tracks_or_not():
    hands = part(SONATA_RIGHT * 2), part(SONATA_LEFT * 2)
    assert "Alberti bass" in traits_of(*hands)
    assert "Alberti bass" in traits_of(on_one_track(*hands))
    assert parts_of(*hands).parts[1].figure == "Alberti bass"


@pytest.mark.parametrize(
    "left",
    [
        "C3:0.5 C4:0.5 " * 32,  # murky octaves
        "C4:0.5 E4:0.5 G4:0.5 C5:0.5 " * 16,  # a chord that only rises
        "G4:0.5 E4:0.5 C4:0.5 E4:0.5 " * 16,  # upside down
        "C4:0.5 E4:0.5 G4:0.5 E4:0.5 " * 16,  # up and down
        "C3:0.5 G4:0.5 E4:0.5 G4:0.5 " * 16,  # wider than a hand
        "C4:1 G4:1 E4:1 G4:1 " * 8,  # too slow
        "C4:0.5 G4:0.5 E4:0.5 G4:0.5 C4:2 " * 2 + "C4:4 " * 14,  # once, then held notes
    ],
)
def test_what_is_not_quite_an_alberti_bass(left):
    assert "Alberti bass" not in traits_of(part(SONATA_RIGHT * 2), part(left))


def test_an_alberti_figure_alone_is_no_bass():
    assert "Alberti bass" not in traits_of(part(SONATA_LEFT * 2, program=60))


def test_a_walking_bass_walks_on_every_beat():
    assert "walking bass" in traits_of(part(TUNE * 2, program=65), part(WALK * 2, program=32))


@pytest.mark.parametrize(
    "bass",
    [
        "D2 A2 D2 A2 " * 8,  # roots and fifths
        "D2 D2 D2 D2 E2 E2 E2 E2 " * 4,  # it stands
        "D2:2 E2:2 F2:2 G2:2 " * 4,  # too slow
        "D2 E2 F2 F2 F2 E2 D2 D2 " * 4,  # it stands every other beat
        "D2 E2 F2:2 " * 8,  # it waits
        "C2 A2 D2 B2 " * 8,  # it jumps
        " ".join(f"{note[:-1]}{int(note[-1]) + 3}" for note in (WALK * 2).split()),  # three octaves too high
    ],
)
def test_what_is_not_quite_a_walking_bass(bass):
    assert "walking bass" not in traits_of(part(TUNE * 2, program=65), part(bass, program=32))


def test_a_bass_may_walk_through_chords_where_a_hand_would_only_break_them():
    walk = "C2 E2 G2 A2 Bb2 A2 G2 E2 F2 A2 C3 D3 Eb3 D3 C3 A2 "
    assert "walking bass" in traits_of(part(TUNE * 2, program=65), part(walk * 2, program=32))
    assert "walking bass" not in traits_of(part(TUNE * 2, program=65), part("C2 E2 G2 C3 F2 A2 C3 F3 " * 4, program=0))


def test_two_voices_note_against_note_are_no_melody_over_a_walking_bass():
    above = " ".join(reversed(WALK.replace("3", "5").replace("2", "4").split())) + " "
    assert "walking bass" not in traits_of(part(above * 2), part(WALK * 2))
    assert "walking bass" in traits_of(part(TUNE * 2), part(WALK * 2))


def test_a_low_tune_on_its_own_is_no_bass():
    assert "walking bass" not in traits_of(part(WALK * 2, program=24))
    assert "walking bass" in traits_of(part(WALK * 2, program=32))  # but the bass player alone walks


def test_the_bass_of_a_chorale_does_not_walk_though_it_goes_by_step():
    bass = WALK * 2
    above = [" ".join(f"{note[:-1]}{int(note[-1]) + octaves}" for note in bass.split()) for octaves in (1, 2, 3)]
    assert "walking bass" not in traits_of(*(part(line, program=42) for line in (*above, bass)))


def test_oom_pah_in_one_hand_and_in_a_band():
    hand = "C3:0.5 E4+G4:0.5 G2:0.5 E4+G4:0.5 " * 4 + "G2:0.5 F4+G4:0.5 D3:0.5 F4+G4:0.5 " * 4
    assert "oom-pah" in traits_of(part(MARCH_TUNE * 2), part(hand), metre=(2, 4))
    tuba, horns = part("C2 -:1 G1 -:1 " * 8, program=58), part("-:1 E4+G4 -:1 E4+G4 " * 8, program=60)
    tune = part(MARCH_TUNE * 4, program=56)
    assert "oom-pah" in traits_of(tune, tuba, horns)
    assert "oom-pah" not in traits_of(tune, tuba)


@pytest.mark.parametrize(
    "hand",
    [
        "C3:0.5 G3:0.5 G2:0.5 G3:0.5 " * 8,  # no chords
        "E4+G4:0.5 C3:0.5 E4+G4:0.5 G2:0.5 " * 8,  # the chord comes first
        "C4:0.5 C3+E3:0.5 C4:0.5 C3+E3:0.5 " * 8,  # the chord lies below
    ],
)
def test_what_is_not_quite_oom_pah(hand):
    assert "oom-pah" not in traits_of(part(MARCH_TUNE * 2), part(hand), metre=(2, 4))


def test_a_waltz_goes_oom_pah_pah_and_a_minuet_does_not():
    assert "oom-pah-pah" in measure_parts(view_score(slow_waltz())).traits
    # Petzold's minuet in G (BWV Anh. 114): two voices.
    right = "D5 G4:0.5 A4:0.5 B4:0.5 C5:0.5 D5 G4 G4 E5 C5:0.5 D5:0.5 E5:0.5 F#5:0.5 G5 G4 G4 "
    left = "G3+B3+D4:2 A3 B3:3 C4:3 B3:3 "
    assert "oom-pah-pah" not in traits_of(part(right * 2), part(left * 2), metre=(3, 4))
    assert "oom-pah-pah" not in traits_of(part(right * 2), part("G3 B3 D4 " * 8), metre=(3, 4))
    assert "oom-pah-pah" not in traits_of(part(right * 2), part("D4 G3+B3 G3+B3 " * 8), metre=(3, 4))  # upside down


def test_block_chords_are_chords_of_one_hand():
    chords = "C4+E4+G4 C4+E4+G4 C4+F4+A4:2 B3+D4+G4 B3+D4+G4 C4+E4+G4:2 "
    assert "block chords" in traits_of(part(SCALE * 4), part(chords * 2))
    assert "block chords" not in traits_of(part(SCALE * 4), part(chords.replace("+E4", "").replace("+D4", "") * 2))
    runs = "C4+E4+G4:0.5 D4:0.5 E4:0.5 F4:0.5 C4+E4+G4:0.5 A4:0.5 G4:0.5 F4:0.5 "
    assert "block chords" not in traits_of(part(SCALE * 4), part(runs * 4))
    assert "block chords" not in traits_of(part(chords * 2, program=52))  # four singers are no chord player


def test_broken_chords_leap_through_the_notes_of_a_chord():
    # Bach, the prelude in C: two bars, half of each.
    bars = ("C4:0.25 E4:0.25 G4:0.25 C5:0.25 E5:0.25 G4:0.25 C5:0.25 E5:0.25 ", "C4:0.25 D4:0.25 A4:0.25 D5:0.25 " * 2)
    assert "broken chords" in traits_of(part(bars[0] * 16, program=24))
    assert "broken chords" not in traits_of(part(SCALE * 8, program=24))
    for words in ("C4:0.5 G4:0.5 C5:0.5 G4:0.5 ", "C4:0.5 D4:0.5 E4:0.5 D4:0.5 "):  # no chord; no leaps
        assert "broken chords" not in traits_of(part(words * 16, program=24))
    boogie = "C2:0.5 C3:0.5 E2:0.5 E3:0.5 G2:0.5 G3:0.5 A2:0.5 A3:0.5 "
    assert "broken chords" not in traits_of(part(boogie * 8, program=24))
    assert "broken chords" not in traits_of(part("C4:0.5 C4:0.5 E4:0.5 E4:0.5 " * 16, program=24))


def test_an_ostinato_repeats_its_notes_not_only_its_rhythm():
    ground = "D3 A2 B2 F#2 G2 D2 G2 A2 "  # Pachelbel's, in two bars of 4/4
    moved = [f"{note}{octave} " * 2 + f"G{octave} A{octave} " for octave in "23" for note in "CDEF"]
    tune = "F#5:4 E5:4 D5:4 C#5:4 B4:4 A4:4 B4:4 C#5:4 "
    assert "ostinato" in traits_of(part(tune, program=40), part(ground * 4, program=42))
    assert "ostinato" not in traits_of(part(tune, program=40), part("".join(moved), program=42))
    twice = "".join(f"{one}3 A2 {one}3 B2 " * 2 for one in "DEFG")
    assert "ostinato" not in traits_of(part(tune, program=40), part(twice, program=42))
    assert "ostinato" not in traits_of(part(tune, program=40), part("D3 D3 D3 D3 " * 8, program=42))  # nothing moves


def test_a_pedal_bass_stays():
    tune = "D5 E5 F#5 G5 A5 G5 F#5 E5 " * 4
    assert "pedal bass" in traits_of(part(tune, program=109), part("D3+A3:4 " * 8, program=109))
    assert "pedal bass" not in traits_of(part(tune, program=109), part("D3:4 G3:4 A3:4 G3:4 " * 2, program=109))
    assert "pedal bass" not in traits_of(part("D3:4 " * 8, program=109))  # nothing above it
    rest = "D3+F#3+A3:2 G3+B3+D4:2 D3+F#3+A3:2 A3+C#4+E4:2 " * 4
    assert "pedal bass" not in traits_of(part(tune), part(rest))  # it comes back, and does not stay
    triad = "D5 F#5 A5 F#5 D5 A4 F#4 A4 " * 4
    assert "pedal bass" not in traits_of(part(triad, program=109), part("D3:4 " * 8, program=109))  # one chord


def test_octave_doubling_in_a_hand_and_between_instruments():
    octaves = "C2+C3 G2+G3 A2+A3 E2+E3 " * 4
    assert "octave doubling" in traits_of(part(SCALE * 4), part(octaves))
    high = SCALE.replace("5:", "6:")
    assert "octave doubling" in traits_of(part(SCALE * 4, program=40), part(high * 4, program=72))
    sixths = "E4:0.5 F4:0.5 G4:0.5 A4:0.5 B4:0.5 A4:0.5 G4:0.5 F4:0.5 "
    assert "octave doubling" not in traits_of(part(SCALE * 4, program=40), part(sixths * 4, program=72))
    fifths = octaves.replace("+C3", "+G2").replace("+G3", "+D3").replace("+A3", "+E3").replace("+E3 ", "+B2 ")
    assert "octave doubling" not in traits_of(part(SCALE * 4), part(fifths))


def test_parallel_thirds_in_a_hand_and_between_flutes():
    lower = "A4:0.5 B4:0.5 C5:0.5 D5:0.5 E5:0.5 D5:0.5 C5:0.5 B4:0.5 "
    both = " ".join(f"{b.split(':')[0]}+{a}" for a, b in zip(SCALE.split(), lower.split(), strict=True))
    assert "parallel thirds" in traits_of(part(SCALE * 4, program=73), part(lower * 4, program=73))
    assert "parallel thirds" in traits_of(part((both + " ") * 4, program=0), part("C3:4 " * 4, program=0))
    wide = both.replace("A4+", "G4+").replace("B4+", "A4+").replace("D5+", "C5+").replace("E5+", "D5+") + " "
    assert "parallel thirds" not in traits_of(part(wide * 4, program=0), part("C3:4 " * 4, program=0))
    fourths = "G4:0.5 A4:0.5 B4:0.5 C5:0.5 D5:0.5 C5:0.5 B4:0.5 A4:0.5 "
    assert "parallel thirds" not in traits_of(part(SCALE * 4, program=73), part(fourths * 4, program=73))


def test_tremolo_is_fast():
    shake = "C4:0.125 E4:0.125 " * 64
    assert "tremolo" in traits_of(part(shake, program=40), bpm=100)
    assert "tremolo" in traits_of(part("G4:0.125 " * 128, program=105), bpm=100)
    assert "tremolo" not in traits_of(part(shake, program=40), bpm=40)
    assert "tremolo" not in traits_of(part("C4:0.125 D4:0.125 " * 64, program=40), bpm=100)  # a trill


def test_unison_is_all_together():
    assert "unison" in traits_of(part(SCALE * 4, program=40), part(SCALE.replace("5:", "4:") * 4, program=42))
    assert "unison" not in traits_of(part(SCALE * 4, program=40))
    other = "C4:0.5 B3:0.5 A3:0.5 G3:0.5 F3:0.5 G3:0.5 A3:0.5 B3:0.5 "
    assert "unison" not in traits_of(part(SCALE * 4, program=40), part(other * 4, program=42))


def test_roles_of_a_song_with_piano_and_bass():
    voice = part("E5:1.5 D5:0.5 C5 D5 E5:3 -:1 F5:1.5 E5:0.5 D5 C5 B4:3 -:1 " * 2, program=53)
    piano = part("C4+E4+G4 C4+E4+G4 " * 8 + "D4+F4+B4 D4+F4+B4 " * 8)
    bass = part("C2:2 G2:2 " * 4 + "D2:2 G2:2 " * 4, program=33)
    drums = part("C2 D2 C2 D2 " * 8, drums=True)
    found = parts_of(piano, voice, drums, bass)
    assert [one.role for one in found.parts] == ["accompaniment", "melody", "drums", "bass"]
    assert [one.program for one in found.role("melody")] == [53]
    assert found.parts[1].melody_chance > 0.9


def test_a_bass_that_moves_more_than_the_rest_is_no_melody():
    bass = part("G2:0.5 A2:0.5 B2:0.5 D3:0.5 E3 D3 A2:0.5 B2:0.5 C#3:0.5 E3:0.5 F#3 E3 " * 4, program=33, velocity=110)
    pads = part("G4+B4+D5:4 A4+C#5+E5:4 " * 4, program=89, velocity=60)
    assert [one.role for one in parts_of(bass, pads).parts] == ["bass", "accompaniment"]


def test_names_and_programs_do_not_make_a_melody():
    tune, chords = "E5:1.5 D5:0.5 C5 D5 E5:3 -:1 F5:1.5 E5:0.5 D5 C5 B4:3 -:1 " * 2, "C4+E4+G4 C4+E4+G4 " * 16
    disguised = part(chords, program=53)
    disguised.name = "Melody"
    assert [one.role for one in parts_of(disguised, part(tune, program=0)).parts] == ["accompaniment", "melody"]


def test_a_doubled_melody_has_two_parts_and_a_second_voice_is_a_countermelody():
    tune = "C5:2 D5:2 E5:2 G5:2 F5:2 E5:2 D5:4 "
    high = tune.replace("5:", "6:")
    counter = "-:1 E4:0.5 F4:0.5 G4:0.5 A4:0.5 B4 C5 B4:0.5 A4:0.5 G4 F4 E4:0.5 D4:0.5 C4 D4 E4:0.5 D4:0.5 C4 -:2 "
    chords = "C3+E3+G3:4 G2+B2+D3:4 F3+A3+C4:4 G2+B2+D3:4 "
    tracks = [
        part(words * 2, program=program) for words, program in ((tune, 40), (high, 73), (counter, 71), (chords, 0))
    ]
    assert [one.role for one in parts_of(*tracks).parts] == ["melody", "melody", "countermelody", "accompaniment"]


def test_two_players_of_one_melody_do_not_take_it_from_each_other():
    tune, chords = "E5:1.5 D5:0.5 C5 D5 E5:3 -:1 F5:1.5 E5:0.5 D5 C5 B4:3 -:1 " * 2, "C4+E4+G4 C4+E4+G4 " * 16
    tracks = [part(tune, program=program) for program in (24, 25, 26, 27)]
    assert [one.role for one in parts_of(*tracks, part(chords)).parts] == ["melody"] * 4 + ["accompaniment"]


def test_one_track_alone_is_the_melody_unless_it_is_a_bass():
    assert parts_of(part(SCALE * 4, program=73)).parts[0].role == "melody"
    drums = part("C2 D2 C2 D2 " * 8, drums=True)
    assert [one.role for one in parts_of(part(WALK * 2, program=33), drums).parts] == ["bass", "drums"]


@pytest.mark.parametrize(
    ("pitch", "register"),
    [
        ("B2", "bass"),
        ("C3", "tenor"),
        ("G#3", "tenor"),
        ("A3", "alto"),
        ("E4", "alto"),
        ("F4", "soprano"),
        ("E5", "soprano"),
        ("F5", "high"),
    ],
)
def test_register_by_the_median(pitch, register):
    one = parts_of(part(f"{pitch} " * 8)).parts[0]
    assert one.register == register
    assert one.lowest_pitch == one.highest_pitch == one.median_pitch == pitch_of(pitch)


@pytest.mark.parametrize(("held", "articulation"), [(0.5, "staccato"), (0.75, "detached"), (1.0, ""), (1.1, "legato")])
def test_articulation_of_a_part(held, articulation):
    assert parts_of(part(SCALE * 4, held=held)).parts[0].articulation == articulation
    assert parts_of(part("C4 D4 E4", held=held)).parts[0].articulation == ""  # too few notes to tell


def test_hands_part_where_the_gap_is_and_follow_it_up():
    left, right = [36, 43, 40, 43] * 8, [64, 65, 67, 65] * 8
    for octaves in (0, 1, 2):
        track = symusic.Track()
        for place, pitches in enumerate(zip(left, right, strict=True)):
            track.notes.extend([symusic.Note(240 * place, 240, pitch + 12 * octaves, 80) for pitch in pitches])
        notes = view_score(score_of(track)).notes
        assert np.array_equal(left_hand(notes, 480), notes.pitch < 50 + 12 * octaves)


def test_transposing_the_result_is_measuring_the_transposed_score():
    score = slow_waltz()
    assert measure_parts(view_score(score)).transposed(3) == measure_parts(view_score(transpose(score, 3)))


@given(scores())
def test_any_score_has_parts(score):
    view = view_score(score)
    found = measure_parts(view)
    assert [one.track for one in found.parts] == [track.index for track in view.tracks]
    assert set(found.traits) <= set(TRAITS["parts"])
    assert all((one.role == "drums") == (one.program == 128) for one in found.parts)
    assert sum(one.melody_chance for one in found.parts) == pytest.approx(
        float(any(one.program < 128 for one in found.parts)), abs=0.01
    )


def test_many_bars_and_many_tracks_are_no_trouble():
    score = symusic.Score(24)
    score.time_signatures.append(symusic.TimeSignature(0, 1, 32))
    for index in range(100):
        track = symusic.Track(program=index)
        track.notes.extend([symusic.Note(3 * (index + 100 * k), 60_000, 30 + k, 80) for k in range(40)])
        score.tracks.append(track)
    view = view_score(read_score(score).score)
    assert view.bars > 20_000
    assert len(measure_parts(view).parts) == 100


def test_timpani_carry_no_melody_beside_others():
    strokes, chords = "C5:1 G4:1 " * 8, "C3+E3+G3:4 " * 4
    for program, role in ((47, "accompaniment"), (73, "melody")):
        roles = {
            one.program: one.role for one in parts_of(part(strokes, program=program), part(chords, program=48)).parts
        }
        assert roles[program] == role
    assert [one.role for one in parts_of(part(strokes, program=47)).parts] == ["melody"]
