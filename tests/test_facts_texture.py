"""Texture: pieces of a few bars written out, each with the texture it is known for, and what any score must give."""

import pytest
import symusic
from hypothesis import given
from random_scores import scores
from test_facts import nursery_song, part, score_of, slow_waltz

from midi_text.facts.imitation import count_imitations
from midi_text.facts.parts import measure_parts
from midi_text.facts.texture import measure_texture
from midi_text.facts.traits import TRAITS
from midi_text.facts.view import view_score
from midi_text.score_midi_text import read_score

# Bach, Invention No. 1 in C (BWV 772), the first four bars; mordents left out.
INVENTION_RIGHT = (
    "-:0.25 C4:0.25 D4:0.25 E4:0.25 F4:0.25 D4:0.25 E4:0.25 C4:0.25 G4:0.5 C5:0.5 B4:0.5 C5:0.5 "
    "D5:0.25 G4:0.25 A4:0.25 B4:0.25 C5:0.25 A4:0.25 B4:0.25 G4:0.25 D5:0.5 G5:0.5 F5:0.5 G5:0.5 "
    "E5:0.25 A5:0.25 G5:0.25 F5:0.25 E5:0.25 G5:0.25 F5:0.25 A5:0.25 "
    "G5:0.25 F5:0.25 E5:0.25 D5:0.25 C5:0.25 E5:0.25 D5:0.25 F5:0.25 "
    "E5:0.25 D5:0.25 C5:0.25 B4:0.25 A4:0.25 C5:0.25 B4:0.25 D5:0.25 "
    "C5:0.25 B4:0.25 A4:0.25 G4:0.25 F#4:0.25 A4:0.25 G4:0.25 B4:0.25 "
)
INVENTION_LEFT = (
    "-:2.25 C3:0.25 D3:0.25 E3:0.25 F3:0.25 D3:0.25 E3:0.25 C3:0.25 "
    "G3:0.5 G2:0.5 -:1.25 G3:0.25 A3:0.25 B3:0.25 C4:0.25 A3:0.25 B3:0.25 G3:0.25 "
    "C4:0.5 B3:0.5 C4:0.5 D4:0.5 E4:0.5 G3:0.5 A3:0.5 B3:0.5 C4:0.5 E3:0.5 F#3:0.5 G3:0.5 A3:0.5 B3:0.5 C4:1 "
)
# The round "Frère Jacques", sung twice.
ROUND = (
    "C5 D5 E5 C5 C5 D5 E5 C5 E5 F5 G5:2 E5 F5 G5:2 "
    + "G5:0.5 A5:0.5 G5:0.5 F5:0.5 E5 C5 " * 2
    + "C5 G4 C5:2 C5 G4 C5:2 "
)
# Two bars of the prelude in C (BWV 846).
PRELUDE = (
    "C4:0.25 E4:0.25 G4:0.25 C5:0.25 E5:0.25 G4:0.25 C5:0.25 E5:0.25 " * 2
    + "C4:0.25 D4:0.25 A4:0.25 D5:0.25 F5:0.25 A4:0.25 D5:0.25 F5:0.25 " * 2
)


def texture_of(score):
    view = view_score(score)
    return measure_texture(view, measure_parts(view))


def test_a_song_without_accompaniment():
    found = texture_of(nursery_song())
    assert found.traits == ("unaccompanied line",)
    assert (found.kind, found.voices, found.synchrony) == ("unaccompanied line", 1.0, 0.0)


def test_two_tracks_or_two_voices_are_not_unaccompanied():
    tune = "C5 D5 E5 F5 G5 F5 E5 D5 " * 2
    assert "unaccompanied line" not in texture_of(score_of(part(tune), part("-:1 C4:3 " * 4))).traits
    dialogue = score_of(part("C5 D5 E5 F5 -:4 " * 2), part("-:4 G5 F5 E5 D5 " * 2))
    assert "unaccompanied line" not in texture_of(dialogue).traits
    assert "unaccompanied line" not in texture_of(score_of(part(tune.replace("E5", "C5+E5")))).traits
    assert "unaccompanied line" not in texture_of(score_of(part(tune, held=3))).traits  # notes ring on


def test_drums_accompany_a_line():
    drums = symusic.Track(program=0, is_drum=True)
    drums.notes.extend([symusic.Note(480 * beat, 120, 36, 80) for beat in range(16)])
    tune = part("C5 D5 E5 F5 G5 F5 E5 D5 " * 2)
    assert texture_of(score_of(tune, drums)).traits == ()


def test_a_chorale():
    """The Old Hundredth, its first two lines in four parts, sung and then played by one organist."""
    voices = [
        "G4:2 G4 F#4 E4 D4 G4 A4 B4:2 B4:2 B4 B4 A4 G4 C5 B4 A4:2 ",
        "D4:2 D4 D4 B3 B3 D4 F#4 G4:2 G4:2 G4 G4 F#4 E4 E4 D4 F#4:2 ",
        "B3:2 B3 A3 G3 F#3 B3 D4 D4:2 D4:2 D4 D4 D4 B3 A3 G3 D4:2 ",
        "G3:2 G3 D3 E3 B2 G2 D3 G3:2 G3:2 G3 G3 D3 E3 A2 B2 D3:2 ",
    ]
    assert texture_of(score_of(*(part(words * 2, program=52) for words in voices))).kind == "chorale"
    organ = symusic.Track(program=19)
    for words in voices:
        organ.notes.extend(part(words * 2).notes)
    found = texture_of(score_of(organ))
    assert found.kind == "chorale"
    assert {"chorale", "homophonic"} <= set(found.traits)
    assert found.synchrony > 0.9
    assert found.voices == pytest.approx(4, abs=0.3)


def test_repeated_chords_are_homophonic_but_no_chorale():
    found = texture_of(score_of(part("C4+E4+G4+C5 " * 12 + "C4+F4+A4+C5 " * 12 + "B3+D4+G4+B4 " * 12, program=19)))
    assert "homophonic" in found.traits
    assert "chorale" not in found.traits


def test_an_invention_is_contrapuntal_and_imitative():
    score = score_of(part(INVENTION_RIGHT, program=6), part(INVENTION_LEFT, program=6))
    assert {"contrapuntal", "imitative"} <= set(texture_of(score).traits)
    assert texture_of(score).kind == "contrapuntal"
    assert not {"chorale", "homophonic", "melody and accompaniment"} & set(texture_of(score).traits)


def test_a_round_is_imitative_and_a_duet_in_thirds_is_not():
    voices = [part("-:8 " * entry + ROUND * 2, program=52) for entry in range(3)]
    assert "imitative" in texture_of(score_of(*voices)).traits
    together = [part(ROUND.replace("5", octave) * 2, program=52) for octave in ("5", "4", "3")]
    assert "imitative" not in texture_of(score_of(*together)).traits


def test_an_entry_counts_only_while_the_other_voice_goes_on():
    follow = "-:16 " + ROUND  # the second singer waits until the first has ended a half of the tune
    first, second = part(ROUND, program=73), part(follow, program=73)
    assert count_imitations(view_score(score_of(first, second))) > 0
    alone = part("C5 D5 E5 C5 C5 D5 E5 C5 -:8 E5 F5 G5:2 ", program=73)
    echo = part("-:8 C5 D5 E5 C5 C5 D5 E5 C5 ", program=73)
    assert count_imitations(view_score(score_of(alone, echo))) == 0


def test_two_players_of_one_riff_do_not_imitate():
    riff = "C4:0.5 E4:0.5 G4:0.5 A4:0.5 Bb4:0.5 A4:0.5 G4:0.5 E4:0.5 -:4 "
    first, second = part(riff * 6, program=29), part("-:8 " + riff * 5, program=30)
    assert count_imitations(view_score(score_of(first, second))) == 0


def test_a_figure_that_one_hand_repeats_is_no_fugue():
    figure = "G3:0.25 A3:0.25 B3:0.25 D4:0.25 C4:0.25 A3:0.25 B3:0.25 G3:0.25 "
    higher = "D4:0.25 E4:0.25 F#4:0.25 A4:0.25 G4:0.25 E4:0.25 F#4:0.25 D4:0.25 "
    left = figure * 4 + higher * 4
    both = symusic.Track()
    for track in (part(left * 2), part("-:4 B5:1.5 D6:0.5 G5:2 F#5:1.5 A5:0.5 D6:2 " * 2)):
        both.notes.extend(track.notes)
    assert count_imitations(view_score(score_of(both))) == 0


def test_a_waltz_is_melody_and_accompaniment():
    found = texture_of(slow_waltz())
    assert found.kind == "melody and accompaniment"
    assert not {"contrapuntal", "chorale", "homophonic", "imitative", "unaccompanied line"} & set(found.traits)


def test_a_prelude_of_broken_chords_is_arpeggiated_and_a_scale_is_not():
    assert "arpeggiated" in texture_of(score_of(part(PRELUDE * 4, held=2))).traits
    leaps = [
        part(words * 16, program=program)
        for words, program in (("C3:2 ", 70), ("-:0.5 G3:0.5 -:0.5 G3:0.5 ", 60), ("-:1 E4:1 ", 73))
    ]
    assert "arpeggiated" not in texture_of(score_of(*leaps)).traits  # from one player to another
    scale = "C4:0.25 D4:0.25 E4:0.25 F4:0.25 G4:0.25 F4:0.25 E4:0.25 D4:0.25 " * 16
    assert "arpeggiated" not in texture_of(score_of(part(scale, held=2))).traits


def test_drums_and_few_notes_have_no_texture():
    drums = texture_of(score_of(part("C2 D2 C2 D2 " * 8, drums=True)))
    assert (drums.kind, drums.traits) == (None, ())
    assert texture_of(score_of(part("C4 E4 G4"))).traits == ()


@given(scores())
def test_any_score_has_a_texture(score):
    found = texture_of(score)
    assert set(found.traits) <= set(TRAITS["texture"])
    assert (found.kind is None) == (not found.traits)
    assert found.kind is None or found.kind in found.traits
    assert 0 <= found.synchrony <= 1
    assert found.voices <= view_score(score).facts.max_polyphony


def test_many_entries_in_many_bars_are_no_trouble():
    score = symusic.Score(24)
    for voice in range(12):
        track = symusic.Track(program=voice)
        track.notes.extend(
            [symusic.Note(96 * k + 12 * (k % 3), 12, 40 + (7 * k + voice) % 40, 80) for k in range(3000)]
        )
        score.tracks.append(track)
    assert texture_of(read_score(score).score).voices > 1
