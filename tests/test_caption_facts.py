"""Facts of captions by hand: what a caption claims, what follows from what, and what two analyzers make of it."""

from dataclasses import replace

import numpy as np
import pytest
import symusic

from midi_text.evaluation.caption_facts import (
    CaptionCase,
    Measured,
    caption_rows,
    claims,
    coverage,
    entails,
    f1_of_sums,
)
from midi_text.evaluation.independent import Independent, agreement_rows, measure_independently
from midi_text.evaluation.intervals import of_sums
from midi_text.facts.analysis import analyze
from midi_text.facts.chord import Chord
from midi_text.facts_midi_text import Key, measure_facts
from midi_text.score_midi_text import read_score, write_score
from midi_text.vocabulary_midi_text import FAMILIES

D_MINOR, F_MAJOR = Key(2, "minor"), Key(5, "major")
C, F, G = (Chord.parse(name) for name in "CFG")
OTHER = Independent(60.0, (3, 4), D_MINOR, (0, 40), 8, 24.0)
"""A slow waltz in D minor, eight bars for violin and piano, as somebody else measured it."""


def waltz() -> symusic.Score:
    """Eight bars of 3/4 in D minor at 60 BPM, a violin over a piano."""
    score = symusic.Score(48)
    score.tempos.append(symusic.Tempo(0, 60))
    score.time_signatures.append(symusic.TimeSignature(0, 3, 4))
    violin, piano = symusic.Track(program=40), symusic.Track(program=0)
    for beat, step in enumerate((0, 2, 3, 5, 7, 8, 11, 12, 8, 7, 5, 3, 2, 0, 7, 5, 3, 2, 3, 0, 2, 0, 7, 0)):
        violin.notes.append(symusic.Note(beat * 48, 48, 62 + step, 80))
        piano.notes.append(symusic.Note(beat * 48, 48, (50, 57, 53)[beat % 3], 60))
    score.tracks.extend([violin, piano])
    return score


@pytest.fixture(scope="module")
def ours() -> Measured:
    score = read_score(waltz()).score
    return Measured(measure_facts(score), analyze(score))


# -- claims


def test_claims_are_what_a_reader_would_take_from_it():
    assert claims("A slow piece in D minor for violin and piano. The piano plays softly, in D minor.") == (
        ("tempo_bpm", (20.0, 76)),
        ("key", D_MINOR),
        ("program", 40),
        ("program", 0),
        ("dynamics", "soft"),
        ("only", frozenset((0, 40))),
    )
    assert claims("Sad baroque music.") == ()
    assert ("only", FAMILIES["strings"].programs) in claims("A piece of music for strings")
    assert not any(fact == "only" for fact, _ in claims("A piece of music for violin and other instruments"))


@pytest.mark.parametrize(
    ("stated", "wanted", "both_ways"),
    [
        (("key", D_MINOR), ("mode", "minor"), False),
        (("tempo_bpm", (60.0, 60.0)), ("tempo_bpm", (20.0, 76)), False),
        (("tempo_bpm", (60.0, 60.0)), ("tempo_bpm", (60.4, 60.4)), True),
        (("bars", (8, 8)), ("bars", (7, 9)), False),
        (("duration_seconds", (30.0, 30.0)), ("duration_seconds", (31.0, 31.0)), True),
        (("program", 40), ("family", "strings"), False),
        (("family", "acoustic guitar"), ("family", "guitar"), False),
        (("no_family", "strings"), ("no_program", 40), False),
        (("no_family", "guitar"), ("no_family", "acoustic guitar"), False),
        (("melody_program", 40), ("melody_family", "strings"), False),
        (("melody_program", 40), ("program", 40), False),
        (("only", frozenset((0,))), ("only", frozenset((0, 40))), False),
        (("dynamics", "very soft"), ("dynamics", "soft"), False),
        (("texture", "monophonic"), ("texture", "thin"), False),
        (("chords", (C, F, G)), ("chords", (F, G)), False),
    ],
)
def test_what_follows_from_what(stated, wanted, both_ways: bool):
    assert entails(stated, stated)
    assert entails(wanted, wanted)
    assert entails(stated, wanted) is True
    assert entails(wanted, stated) is both_ways


@pytest.mark.parametrize(
    ("stated", "wanted"),
    [
        (("key", D_MINOR), ("key", F_MAJOR)),
        (("key", D_MINOR), ("mode", "major")),
        (("tempo_bpm", (60.0, 60.0)), ("bars", (60, 60))),
        (("program", 40), ("family", "brass")),
        (("program", 40), ("no_program", 40)),
        (("bass_program", 32), ("melody_program", 32)),
        (("bass_program", 32), ("melody_family", "bass")),
        (("register", "high"), ("register", "wide")),
        (("chords", (C, F, G)), ("chords", (C, G))),
        (("trait", "swing"), ("no_trait", "swing")),
    ],
)
def test_what_does_not_follow(stated, wanted):
    assert not entails(stated, wanted)


# -- figures


def test_precision_recall_and_f1_by_hand():
    # Said: minor (true), 3/4 (true), fast (wrong), piano (true), no others (wrong). Wanted and true: D minor, 3/4,
    # strings, slow: the reference's flute and "no others but flute and strings" are not borne out.
    case = CaptionCase(
        "A fast piece in a minor key for piano in 3/4.",
        ("A slow piece of music in 3/4 in D minor for strings and flute.",),
        {"other": OTHER},
    )
    value = {row.metric: row.value for row in caption_rows([case], "x")}
    assert value["claims/other/x"] == 5
    assert value["judged/other/x"] == 1
    assert value["precision/other/x"] == 3 / 5
    assert value["contradicted/other/x"] == 2 / 5
    assert value["recall/other/x"] == 1 / 4
    assert value["f1/other/x"] == pytest.approx(2 * 0.6 * 0.25 / 0.85)
    assert value["precision/other/x/instruments"] == 1 / 2
    assert value["recall/other/x/metre"] == 1
    assert value["recall/other/x/key"] == 0
    assert value["precision/other/x/key"] == 1
    assert value["coverage/other/x"] == 2 / 6  # metre and piano, of tempo, metre, length, key, piano, violin


def test_a_reference_is_perfect_beside_itself_and_what_is_wrong_costs_what_it_should(ours: Measured):
    text = "A slow waltz in D minor for violin and piano, eight bars at 60 BPM, 24 seconds."
    analyzers = {"ours": ours, "independent": measure_independently(write_score(waltz()))}
    value = {row.metric: row.value for row in caption_rows([CaptionCase(text, (text,), analyzers)], "x")}
    for analyzer in analyzers:
        for figure in ("precision", "recall", "f1", "coverage"):
            assert value[f"{figure}/{analyzer}/x"] == pytest.approx(1)
    wrong = CaptionCase(text.replace("D minor", "F major"), (text,), analyzers)
    changed = {row.metric: row.value for row in caption_rows([wrong], "x")}
    assert changed["contradicted/ours/x/key"] == changed["contradicted/independent/x/key"] == 1
    assert changed["contradicted/ours/x/tempo"] == 0
    assert changed["recall/ours/x/key"] == 0
    nothing = {row.metric: row.value for row in caption_rows([CaptionCase("Lovely.", (text,), analyzers)], "x")}
    assert nothing["recall/ours/x"] == nothing["coverage/ours/x"] == 0
    assert "precision/ours/x" not in nothing


def test_an_analyzer_without_an_opinion_does_not_judge(ours: Measured):
    text = "A piece of music for violin and piano with a walking bass, staccato."
    found = {}
    for name, analyzer in (("ours", ours), ("bare", Measured(ours.facts)), ("other", OTHER)):
        rows = caption_rows([CaptionCase(text, (), {name: analyzer})], "x")
        found[name] = {row.metric.split("/")[0]: row.value for row in rows if row.metric.endswith("/x")}
    # Claims: violin, piano, no others, walking bass, staccato; the last two are wrong.
    assert [found[name]["judged"] for name in ("ours", "bare", "other")] == [1, 4 / 5, 3 / 5]
    assert [found[name]["precision"] for name in ("ours", "bare", "other")] == [3 / 5, 3 / 4, 1]
    assert "recall" not in found["ours"]


def test_coverage_counts_a_key_only_where_there_is_one():
    drums = Independent(120.0, (4, 4), None, (128,), 4, 8.0)
    assert coverage([("time_signature", (4, 4)), ("program", 128)], drums) == (2, 4)
    assert coverage([("mode", "minor"), ("family", "strings"), ("bars", (7, 9))], OTHER) == (2, 6)


def test_caption_rows_need_captions_of_one_kind():
    with pytest.raises(ValueError, match="got 0 captions"):
        caption_rows([], "x")
    with pytest.raises(ValueError, match="judged by the same analyzers"):
        caption_rows([CaptionCase("", (), {"a": OTHER}), CaptionCase("", (), {"b": OTHER})], "x")


def test_figures_of_sums():
    table = np.array([[1.0, 2, 1, 4], [2, 2, 1, 4]] * 20)
    row = of_sums("f1", table, f1_of_sums)
    assert row.value == pytest.approx(2 * 0.75 * 0.25)
    assert 0.3 < row.low < row.value < row.high < 0.45
    assert f1_of_sums(np.zeros((1, 4))) == 0
    assert of_sums("f1", table[:1], f1_of_sums).low is None
    with pytest.raises(ValueError, match="at least one item"):
        of_sums("f1", [], f1_of_sums)


# -- the second analyzer


def test_the_second_analyzer_finds_the_same_by_other_means(ours: Measured):
    assert measure_independently(write_score(waltz())) == replace(OTHER, duration_seconds=pytest.approx(24.0))
    rows = agreement_rows([(ours, OTHER), (ours, replace(OTHER, key=F_MAJOR, bars=9))])
    value = {row.metric.split("/")[1]: row.value for row in rows}
    assert (value["key"], value["key_or_relative"], value["mode"], value["bars"]) == (0.5, 1, 0.5, 0.5)
    assert value["metre"] == value["tempo"] == value["instruments"] == value["duration"] == 1
    with pytest.raises(ValueError, match="at least one piece"):
        agreement_rows([])


def test_summed_notes_give_music21_the_key_it_hears_in_all_of_them():
    from music21 import note, stream

    score = waltz()
    whole = stream.Stream()
    for track in score.tracks:
        for each in track.notes:
            whole.append(note.Note(each.pitch, quarterLength=each.duration / 48))
    heard = whole.analyze("key")
    assert measure_independently(write_score(score)).key == Key(heard.tonic.pitchClass, heard.mode)


def test_the_second_analyzer_takes_what_holds_longest(tmp_path):
    score = waltz()
    score.tempos.append(symusic.Tempo(5 * 144, 200))  # three bars at 200: 2.7 seconds of 17.7
    score.time_signatures.append(symusic.TimeSignature(6 * 144, 2, 4))
    score.tracks.append(symusic.Track(program=73))  # without notes
    write_score(score, tmp_path / "a.mid")
    found = measure_independently(tmp_path / "a.mid")
    assert (found.tempo_bpm, found.time_signature, found.bars) == (60, (3, 4), 9)
    drums = symusic.Score(48)
    drums.tracks.append(symusic.Track(is_drum=True))
    drums.tracks[0].notes.append(symusic.Note(0, 48, 36, 80))
    heard = measure_independently(write_score(drums))
    assert (heard.key, heard.programs, heard.time_signature) == (None, (128,), (4, 4))
    drums.tracks[0].notes.clear()
    with pytest.raises(ValueError, match="at least one note"):
        measure_independently(drums.dumps_midi())
