import numpy as np
import pytest
import symusic
from hypothesis import given
from random_scores import scores

from midi_text.evaluation.accuracy import form as accuracy
from midi_text.evaluation.accuracy.form_pieces import make_forms
from midi_text.evaluation.accuracy.row import LabelledPiece
from midi_text.facts.boundaries import most_likely_sections
from midi_text.facts.form import measure_form
from midi_text.facts.similarity import MAX_ROWS, compare_bars, self_similarity
from midi_text.facts.traits import TRAITS
from midi_text.facts.view import view_score
from midi_text.score_midi_text import read_score

BEAT = 480
PITCHES = {"C": 60, "D": 62, "E": 64, "F": 65, "G": 67, "A": 69, "B": 71, "c": 72, "d": 74, "e": 76, "f": 77, "g": 79}
# Four bars each, one token a note: a letter and its length in quarter notes where that is not one.
PHRASES = {
    "ode": "E E F G G F E D C C D E D1.5 C.5 C2",
    "twinkle": "C C G G A A G2 F F E E D D C2",
    "jacques": "C D E C C D E C E F G2 E F G2",
    "bells": "E E E2 E E E2 E G C1.5 D.5 E4",
    "doodle": "c.5 c.5 d.5 e.5 c.5 e.5 d.5 G.5 c.5 c.5 d.5 e.5 c B c.5 c.5 d.5 e.5 f.5 e.5 d.5 c.5 B.5 G.5 A.5 B.5 c c",
    "scarborough": "D2 D A2 A E1.5 F.5 E D4 A3",
    "auld": "G c1.5 c.5 c e d1.5 c.5 d e c1.5 c.5 e g g3",
    "greensleeves": "A c2 d e1.5 f.5 e d2 B G1.5 A.5 B c3",
    "danny": "B.5 c.5 d e1.5 d.5 e g e.5 d.5 c A2 c e f g2 f.5 e.5",
    "saints": "C E F G3 C E F G2 E2 C3",
    "bridge": "G1.5 F.5 E G F1.5 E.5 D2 F1.5 E.5 D F E1.5 D.5 C2",
}
CHORDS = {
    "ode": "CGCG",
    "twinkle": "CFFC",
    "jacques": "CCCC",
    "bells": "CCFC",
    "doodle": "CFGC",
    "scarborough": "DDAD",
    "bridge": "GDGC",
    "auld": "CGCF",
    "greensleeves": "ACGE",
    "danny": "GCFA",
    "saints": "CCEG",
}


THEME = ("ode", "bridge")  # eight bars that come together


def notes_of(phrase):
    """(onset, length, pitch) in quarter notes."""
    at, notes = 0.0, []
    for token in PHRASES[phrase].split():
        length = float(token[1:] or 1)
        notes.append((at, length, PITCHES[token[0]]))
        at += length
    return notes


def piece(*phrases, up=None, accompanied=True):
    """A score of phrases one after the other, each over a chord a bar; `up` moves phrases by place."""
    score = symusic.Score(BEAT)
    tune, chords = symusic.Track(name="tune", program=73), symusic.Track(name="chords", program=0)
    for place, phrase in enumerate(phrases):
        start, higher = 16 * place, (up or {}).get(place, 0)
        for onset, length, pitch in notes_of(phrase):
            tune.notes.append(
                symusic.Note(round((start + onset) * BEAT), round(length * BEAT), pitch + 12 + higher, 90)
            )
        for bar, root in enumerate(CHORDS[phrase]):
            for pitch in (0, 4, 7):
                time = (start + 4 * bar) * BEAT
                chords.notes.append(symusic.Note(time, 4 * BEAT, PITCHES[root] - 12 + pitch + higher, 70))
    score.tracks.extend([tune, chords] if accompanied else [tune])
    return read_score(score).score


def form_of(*phrases, **how):
    return measure_form(view_score(piece(*phrases, **how)))


def lengths(form):
    return [section.bars for section in form.sections]


@pytest.mark.parametrize("accompanied", [True, False])
@pytest.mark.parametrize(
    ("phrases", "plan"),
    [
        (("ode", "ode", "bridge", "ode"), "AABA"),
        (("twinkle", "bridge", "twinkle"), "ABA"),
        (("ode", "ode", "doodle", "doodle"), "AABB"),
        (("ode", "bells", "ode", "doodle"), "ABAC"),
        (("ode", "doodle", "ode", "bells", "ode"), "ABACA"),
        (("twinkle",) * 4, "AAAA"),
    ],
)
def test_phrases_of_known_songs_get_their_letters_and_bars(phrases, plan, accompanied):
    form = form_of(*phrases, accompanied=accompanied)
    assert form.plan == plan
    assert [section.first_bar for section in form.sections] == list(range(0, 4 * len(plan), 4))


def test_a_return_at_another_pitch_keeps_its_letter():
    assert form_of("ode", "doodle", "ode", up={2: 2}).plan == "ABA"


def test_a_varied_return_keeps_its_letter():
    score = piece("ode", "ode", "bridge", "ode")
    tune = score.tracks[0]
    del tune.notes[48:50]
    tune.notes[-2].pitch += 2
    assert measure_form(view_score(score)).plan == "AABA"


def test_a_tune_over_new_chords_keeps_its_letter_but_its_bars_do_not_come_again():
    form = form_of("ode", "bridge", "ode", "bridge")
    assert form.repeated_share == 1
    score = piece("ode", "bridge", "ode", "bridge")
    for note in score.tracks[1].notes[24:]:
        note.pitch += 3
        note.velocity = 40
    other = measure_form(view_score(score))
    assert other.plan == form.plan
    assert other.repeated_share < 0.5


def test_short_neighbours_that_always_come_together_are_one_section():
    form = form_of("ode", "doodle", "ode", "doodle")
    assert (form.plan, lengths(form)) == ("AA", [8, 8])


def test_a_short_piece_is_one_section():
    assert lengths(form_of("ode")) == [4]
    assert form_of("ode").traits == ()


@pytest.mark.parametrize(
    ("phrases", "trait"),
    [
        (("ode", "ode", "doodle", "doodle"), "binary form"),
        (("ode", "ode", "bridge", "ode"), "ternary form"),
        ((*THEME, "doodle", "auld", *THEME, "danny", "saints", *THEME), "rondo form"),
        (("ode", "doodle", "ode", "bells", "ode"), "opening returns at the end"),
        (("twinkle",) * 4, "repetitive"),
    ],
)
def test_traits_hold_where_their_rule_does(phrases, trait):
    assert trait in form_of(*phrases).traits


@pytest.mark.parametrize(
    ("phrases", "trait"),
    [
        (("ode", "ode", "ode", "doodle"), "binary form"),  # the parts are not of one size
        (("ode", "doodle"), "binary form"),  # eight bars that are one section
        (("twinkle", "bridge", "twinkle"), "ternary form"),  # twelve bars
        (("ode", "bells", "ode", "doodle"), "ternary form"),  # the last section is new
        ((*THEME, "doodle", "auld", *THEME, "doodle", "auld", *THEME), "rondo form"),  # a rondo's episodes differ
        (("ode", "doodle", "ode", "bells", "ode"), "rondo form"),  # four bars make no episode
        (("ode", "bells", "ode", "doodle"), "rondo form"),
        (("ode", "bells", "ode", "doodle"), "opening returns at the end"),
        (("ode", "ode"), "opening returns at the end"),  # it never went away
        (("ode", "bells", "ode", "doodle"), "through-composed"),
        (("scarborough", "ode", "greensleeves", "saints", "bridge", "danny", "auld"), "through-composed"),  # 28 bars
        (("scarborough", "ode", "bridge", "twinkle"), "repetitive"),
    ],
)
def test_traits_are_silent_where_their_rule_does_not_hold(phrases, trait):
    assert trait not in form_of(*phrases).traits


def test_music_in_which_nothing_returns_is_through_composed():
    rng = np.random.default_rng(3)
    score = symusic.Score(BEAT)
    track = symusic.Track()
    for bar in range(64):
        low = (48, 60, 72)[bar // 8 % 3]  # eight bars in one register, then others
        for onset in sorted(rng.choice(16, 4 + bar // 8 % 5, replace=False)):
            pitch = low + int(rng.integers(0, 16))
            track.notes.append(symusic.Note(round((4 * bar + onset / 4) * BEAT), BEAT // 4, pitch, 80))
    score.tracks.append(track)
    assert "through-composed" in measure_form(view_score(read_score(score).score)).traits


def test_bars_come_again_by_their_notes():
    assert form_of("twinkle", "scarborough").repeated_share == 0
    assert form_of("scarborough", "ode", "scarborough").repeated_share == pytest.approx(8 / 12)


def test_the_matrix_is_symmetric_with_ones_on_the_diagonal():
    matrix = self_similarity(view_score(piece("ode", "doodle", "ode")))
    assert matrix.shape == (12, 12)
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-6)
    np.testing.assert_allclose(np.diagonal(matrix), 1, atol=1e-6)
    assert matrix[1, 9] > 0.99 > 0.5 > matrix[0, 5]


def test_the_melody_is_compared_free_of_transposition_and_the_content_is_not():
    alike = compare_bars(view_score(piece("doodle", "doodle", up={1: 1})))
    assert np.diagonal(alike.melody[1:4, 5:8]).min() > 0.9
    assert np.diagonal(alike.content[:4, 4:]).max() < 0.5


def test_drums_alone_have_sections_by_their_patterns():
    score = symusic.Score(BEAT)
    track = symusic.Track(is_drum=True)
    rock = [(0, 36), (1, 38), (2, 36), (3, 38), *((x / 2, 42) for x in range(8))]
    toms = [(0, 45), (0.75, 45), (1.5, 47), (2.25, 47), (3, 50), (3.5, 43)]
    for bar in range(24):
        for onset, pitch in toms if 8 <= bar < 16 else rock:
            track.notes.append(symusic.Note(round((4 * bar + onset) * BEAT), 100, pitch, 90))
    score.tracks.append(track)
    form = measure_form(view_score(read_score(score).score))
    assert {section.letter for section in form.sections if 8 <= section.first_bar < 16} == {"B"}
    assert {section.letter for section in form.sections if not 8 <= section.first_bar < 16} == {"A"}


def test_a_long_piece_is_read_in_groups_of_bars():
    score = symusic.Score(1)
    track = symusic.Track()
    for bar in range(0, 3000, 2):
        track.notes.append(symusic.Note(4 * bar, 4, 60 if bar < 1500 else 72, 80))
    score.tracks.append(track)
    view = view_score(read_score(score).score)
    assert len(self_similarity(view)) <= MAX_ROWS
    form = measure_form(view)
    assert sum(lengths(form)) == view.bars == 2999


def test_more_than_26_letters_are_not_needed():
    rng = np.random.default_rng(5)
    score = symusic.Score(4)
    track = symusic.Track()
    for bar in range(0, 400):
        low = 30 + 60 * (bar // 8 % 2)  # the register changes every eight bars, the notes never return
        for onset in rng.choice(16, 6, replace=False):
            track.notes.append(symusic.Note(16 * bar + int(onset), 1, low + int(rng.integers(0, 24)), 80))
    score.tracks.append(track)
    form = measure_form(view_score(read_score(score).score))
    assert form.plan == "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    assert sum(lengths(form)) == 400


@given(scores())
def test_any_score_has_sections_without_gaps(score):
    view = view_score(score)
    form = measure_form(view)
    edge = 0
    for section in form.sections:
        assert section.first_bar == edge
        assert section.bars >= min(4, view.bars)
        edge += section.bars
    assert edge == view.bars
    assert list(dict.fromkeys(form.plan)) == sorted(set(form.plan))
    assert set(form.traits) <= set(TRAITS["form"])
    assert 0 <= form.repeated_share <= 1


def test_sections_are_chosen_together_with_their_lengths():
    odds = np.full(16, -3.0)
    odds[[4, 11]] = 2.0  # 4 + 7 + 5 costs more than 4 + 12, but both bar lines are likely
    assert most_likely_sections(odds).tolist() == [0, 4, 11]
    odds[11] = 0.5
    assert most_likely_sections(odds).tolist() == [0, 4]


# The figures


def test_each_boundary_is_hit_once():
    truth, found = np.array([8, 16]), np.array([7, 9, 20])
    assert accuracy.detection(truth, found, 1) == (1, 3, 2)
    assert accuracy.detection(truth, found, 0) == (0, 3, 2)
    assert accuracy.detection(truth, found, 4) == (2, 3, 2)
    assert accuracy.f_measure(1, 3, 2) == pytest.approx(0.4)
    assert accuracy.f_measure(0, 0, 0) == 1


def test_pairs_of_bars_with_one_letter():
    assert accuracy.pairwise(np.array(list("AABB")), np.array(list("AAAB"))) == (1, 3, 2)


def test_the_plan_is_laid_where_it_agrees_with_the_music():
    score = piece("ode", "ode", "bridge", "ode")
    score.tracks[0].name = "MELODY"
    late = score.shift_time(2 * 4 * BEAT)
    plan = accuracy.read_plan("A4 A4 B4 A4")
    assert plan == [("A", 4), ("A", 4), ("B", 4), ("A", 4)]
    assert accuracy.find_offset(view_score(read_score(score).score), [plan]) == 0
    assert accuracy.find_offset(view_score(read_score(late).score), [plan]) == 2


def labelled(name, score, **labels):
    return LabelledPiece(name, "test", name.split("/")[0], score, labels)


def test_accuracy_rows_of_a_song_that_is_heard_as_it_was_written():
    score = piece("ode", "ode", "doodle", "doodle")
    score.tracks[0].name = "MELODY"
    rows = accuracy.measure([labelled("pop909/1", score, structure="A4 A4 B4 B4", structure_2="A8 B8")])
    values = {row.measure: row.value for row in rows}
    assert values["boundary F1 in the very bar"] == pytest.approx((1 + 0.5) / 2)  # 1 of 1 found, with 2 more
    assert values["boundary F1 within one bar, the other listener"] == pytest.approx(0.5)
    assert values["pairwise F1 of letters"] == 1
    assert {row.n for row in rows} == {1}


def test_pieces_made_to_a_plan_follow_it():
    tunes = [
        labelled(f"nottingham/{phrase}", piece(phrase, "scarborough"), key="C major")
        for phrase in ("ode", "auld", "greensleeves", "danny")
    ]
    made = make_forms(tunes, 8)
    assert [plan for _, plan in made] == ["AABA", "ABA", "AABB", "ABAC", "ABACA", "ABAB", "ABCD", "AAB"]
    assert [view_score(score).bars for score, _ in made] == [8 * len(plan) for _, plan in made]
    assert make_forms(tunes[:3], 8) == []  # too few for four letters


def test_phrases_that_repeat_inside_make_no_pieces():
    tunes = [labelled(f"nottingham/{i}", piece("bells", "bells"), key="C major") for i in range(4)]
    assert make_forms(tunes, 1) == []
