"""What was measured, in words: true, short, and read beside the notes by checkpoints that know it."""

from pathlib import Path

import pytest
import symusic
from hypothesis import given
from random_scores import scores

from midi_text.facts.analysis import analyze
from midi_text.facts_midi_text import measure_facts
from midi_text.measured_midi_text import measured_words
from midi_text.processing_midi_text import MAX_TEXT_IDS, MidiTextProcessor
from midi_text.score_midi_text import read_score
from midi_text.vocabulary_midi_text import INSTRUMENTS


def waltz(bars: int = 16) -> symusic.Score:
    """A tune for violin over oom-pah-pah by a piano, in D minor."""
    score = symusic.Score(48)
    score.time_signatures.append(symusic.TimeSignature(0, 3, 4))
    score.tempos.append(symusic.Tempo(0, qpm=72))
    tune, chords = symusic.Track(program=40), symusic.Track(program=0)
    for bar in range(bars):
        root = (50, 55, 57, 50)[bar % 4]
        third = 4 if root == 57 else 3
        for beat, step in enumerate((0, third, 7)):
            start = 144 * bar + 48 * beat
            tune.notes.append(symusic.Note(start, 48, root + 24 + step, 80))
            for pitch in (root - 12,) if not beat else (root + third, root + 7):
                chords.notes.append(symusic.Note(start, 48, pitch, 60))
    for track in (tune, chords):
        score.tracks.append(track)
    return score


def test_a_line_says_what_was_measured():
    facts = measure_facts(waltz())
    said = measured_words(facts, analyze(waltz(), facts)).split("; ")
    tempo = "72 BPM, slow, moderately slow, larghetto, adagio, adagietto, andante"
    assert said[:6] == ["3/4", tempo, "D minor", "16 bars, sixteen bars", "40 s, 0:40", "piano, violin"]
    assert "melody violin" in said
    assert "chords Dm Gm A Dm Gm, Dm-Gm-A-Dm-Gm" in said
    assert "form AAAA, A (bars 1-4), A (bars 5-8), A (bars 9-12), A (bars 13-16)" in said
    assert "moderately dense, moderately busy" in said
    assert len(said) == len(set(said))


def test_a_line_says_when_no_form_is_heard():
    facts = measure_facts(waltz(4))
    assert "form unclear" in measured_words(facts, analyze(waltz(4), facts)).split("; ")


def test_a_line_moves_with_its_music_and_leaves_out_what_is_not_sure():
    facts = measure_facts(waltz())
    analysis = analyze(waltz(), facts)
    assert "F minor" in measured_words(facts.transposed(3), analysis.transposed(3)).split("; ")
    unsure = measured_words(type(facts)(**{**vars(facts), "key_confidence": 0.5}), analysis)
    assert "minor" not in unsure


@given(scores())
def test_any_music_can_be_said(score: symusic.Score):
    score = read_score(score).score
    facts = measure_facts(score)
    line = measured_words(facts, analyze(score, facts))
    assert f"; {facts.bars} bars" in line
    assert INSTRUMENTS[facts.programs[0]].written[0] in line


@pytest.mark.parametrize("reads", [False, True])
def test_it_stands_before_the_notes_of_music_to_describe(tiny_checkpoint: Path, reads: bool):
    processor = MidiTextProcessor.from_pretrained(tiny_checkpoint)
    processor.sketches = reads
    score = waltz()
    facts = measure_facts(score)
    analysis = analyze(score, facts)
    ids, music = processor.encode_measured(read_score(score), facts, analysis)
    said = measured_words(facts, analysis) if reads else ""
    shown = processor.decode_text(ids)
    assert said.startswith(shown), "as much of it as the encoder reads of words"
    assert ("D minor" in shown) == reads
    assert ids[-1 - len(music.ids) : -1] == music.ids
    assert music.bars_read == music.bars_total == 16
    (row,) = processor(midi=score)["input_ids"].tolist()
    assert row[: len(ids)] == ids, "a call of the processor reads the same"


def test_long_music_leaves_room_for_it(tiny_checkpoint: Path):
    processor = MidiTextProcessor.from_pretrained(tiny_checkpoint)
    processor.sketches = True
    score = waltz(400)
    facts = measure_facts(score)
    ids, music = processor.encode_measured(read_score(score), facts, analyze(score, facts))
    assert len(ids) <= processor.max_source_length
    assert len(ids) > processor.max_source_length - MAX_TEXT_IDS
    assert 0 < music.bars_read < music.bars_total
