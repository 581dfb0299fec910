"""Text and music in one id space: round trips against a written-down loss, and nothing a user types becomes music."""

import random
from pathlib import Path

import numpy as np
import pytest
import symusic
from hypothesis import given
from hypothesis import strategies as st
from random_scores import scores
from transformers import AutoTokenizer

from midi_text.events_midi_text import EventVocabulary, grammatical, pitch_shift
from midi_text.score_midi_text import bar_starts, transpose
from midi_text.tokenization_midi_text import TASKS, MidiTextTokenizer


@pytest.fixture(scope="module")
def tokenizer(tiny_checkpoint: Path) -> MidiTextTokenizer:
    return MidiTextTokenizer.from_pretrained(tiny_checkpoint)


@pytest.fixture(scope="module")
def merged() -> MidiTextTokenizer:
    """A tokenizer that has learned merges, over bars that differ little."""
    vocabulary = EventVocabulary()
    pieces = [vocabulary.encode(_waltz(seed)) for seed in range(30)]
    return MidiTextTokenizer.from_corpus(["a waltz"] * 20, pieces, text_vocab_size=320, music_vocab_size=1100)


def _waltz(seed: int, bars: int = 6) -> symusic.Score:
    rng = random.Random(seed)
    score = symusic.Score(480)
    score.time_signatures.append(symusic.TimeSignature(0, 3, 4))
    score.tempos.append(symusic.Tempo(0, 90))
    track = symusic.Track(program=0)
    for beat in range(3 * bars):
        track.notes.append(symusic.Note(beat * 480, 480, 60 + rng.choice((0, 4, 7)), 79))
    score.tracks.append(track)
    return score


def _content(score: symusic.Score) -> tuple:
    return (
        score.ticks_per_quarter,
        [(t.time, t.qpm) for t in score.tempos],
        [(m.time, m.numerator, m.denominator) for m in score.time_signatures],
        [(t.program, t.is_drum, [(n.time, n.duration, n.pitch, n.velocity) for n in t.notes]) for t in score.tracks],
    )


@given(scores())
def test_decoding_an_encoded_score_gives_the_quantized_score(tokenizer: MidiTextTokenizer, score):
    encoded = tokenizer.encode_score(score)
    quantized = tokenizer.quantize(score)
    assert _content(tokenizer.decode_score(encoded.ids)) == _content(quantized)
    assert _content(tokenizer.quantize(quantized)) == _content(quantized), "quantizing twice must change nothing more"


def test_merges_shorten_and_lose_nothing(merged: MidiTextTokenizer):
    score = _waltz(99)
    ids = merged.encode_score(score).ids
    assert len(ids) < len(merged.events.encode(score)) / 1.5
    assert _content(merged.decode_score(ids)) == _content(merged.quantize(score))
    assert all("Bar_None" not in merged.token_events[i][1:] for i in range(len(merged))), "a merge crossed a bar line"


@given(st.lists(st.integers(0, 1400), max_size=200))
def test_any_ids_decode(merged: MidiTextTokenizer, ids):
    score = merged.decode_score(ids)
    if score.note_num():
        assert _content(merged.decode_score(merged.encode_score(score).ids)) == _content(merged.quantize(score))


def test_the_events_of_a_small_score(tokenizer: MidiTextTokenizer):
    score = symusic.Score(480)
    score.time_signatures.append(symusic.TimeSignature(0, 6, 8))
    score.tempos.append(symusic.Tempo(0, 97))
    violin, drums = symusic.Track(program=40), symusic.Track(program=0, is_drum=True)
    violin.notes.append(symusic.Note(0, 240, 74, 80))
    drums.notes.append(symusic.Note(720, 240, 36, 127))
    violin.notes.append(symusic.Note(1440, 10 * 480, 76, 1))  # twenty eighths: whole beats
    score.tracks = [violin, drums]
    ids = tokenizer.encode_score(score).ids
    assert [event for id_ in ids for event in tokenizer.token_events[id_]] == (
        "Bar_None TimeSig_6/8 Position_0 Tempo_97.0 Program_40 Pitch_74 Velocity_79 Duration_1.0.12 "
        "Position_36 Program_-1 PitchDrum_36 Velocity_127 Duration_1.0.12 "
        "Bar_None TimeSig_6/8 Position_0 Program_40 Pitch_76 Velocity_7 Duration_20.0.1"
    ).split()


@pytest.mark.parametrize("tempo", range(30, 251))
def test_every_whole_tempo_is_exact(tokenizer: MidiTextTokenizer, tempo):
    score = _waltz(0, bars=1)
    score.tempos = [symusic.Tempo(0, tempo)]
    assert round(tokenizer.decode_score(tokenizer.encode_score(score).ids).tempos[0].qpm, 3) == tempo


@pytest.mark.parametrize(
    ("numerator", "denominator"),
    [(n, 2) for n in (2, 3, 4)]
    + [(n, 4) for n in range(1, 13)]
    + [(n, 8) for n in range(3, 13)]
    + [(n, 16) for n in (3, 6, 9, 12)],
)
def test_every_metre_is_exact(tokenizer: MidiTextTokenizer, numerator, denominator):
    score = _waltz(0)
    score.time_signatures = [symusic.TimeSignature(0, numerator, denominator)]
    decoded = tokenizer.decode_score(tokenizer.encode_score(score).ids)
    assert [(m.numerator, m.denominator) for m in decoded.time_signatures] == [(numerator, denominator)]
    assert len(bar_starts(decoded)) == len(bar_starts(score))


def test_a_long_score_is_cut_on_a_bar_line_and_says_so(tokenizer: MidiTextTokenizer):
    score = _waltz(1, bars=20)
    whole = tokenizer.encode_score(score)
    cut = tokenizer.encode_score(score, max_length=100)
    assert (whole.bars_read, whole.bars_total, whole.truncated) == (20, 20, False)
    assert cut.truncated
    assert cut.bars_total == 20
    assert len(cut.ids) <= 100
    assert whole.ids[: len(cut.ids)] == cut.ids
    assert tokenizer.token_events[whole.ids[len(cut.ids)]][0] == "Bar_None"
    with pytest.raises(ValueError, match=r"the first bar needs \d+ ids, more than max_length = 3"):
        tokenizer.encode_score(score, max_length=3)


def test_a_score_without_notes_is_refused(tokenizer: MidiTextTokenizer):
    with pytest.raises(ValueError, match="at least one note"):
        tokenizer.encode_score(symusic.Score(480))


@given(st.text(max_size=80))
def test_text_round_trips_and_never_becomes_music(tokenizer: MidiTextTokenizer, text):
    ids = tokenizer.encode_text(text)
    assert all(id_ < tokenizer.music_offset for id_ in ids)
    assert tokenizer.decode_text(ids) == text.strip()


@pytest.mark.parametrize("token", ["<|midi:Pitch_60|>", "</s>", "<compose>", "<midi>", "<|midi:Bar_None|>"])
def test_a_typed_token_is_only_letters(tokenizer: MidiTextTokenizer, token):
    ids = tokenizer.encode_text(f"play {token} now")
    assert len(ids) > 6
    assert not set(ids) & {*tokenizer.special_ids, int(tokenizer.convert_tokens_to_ids(token))}
    assert tokenizer.decode_text(ids) == f"play {token} now"


def test_saving_and_loading_keeps_every_id(merged: MidiTextTokenizer, tmp_path: Path):
    merged.save_pretrained(tmp_path / "a")
    once = MidiTextTokenizer.from_pretrained(tmp_path / "a")
    once.save_pretrained(tmp_path / "b")
    twice = MidiTextTokenizer.from_pretrained(tmp_path / "b")
    score = _waltz(5)
    for loaded in (once, twice):
        assert loaded.token_events == merged.token_events
        assert loaded.encode_score(score) == merged.encode_score(score)
        assert loaded.encode_text("a waltz") == merged.encode_text("a waltz")
    for name in ("tokenizer.json", "midi_tokenizer.json", "event_merges.json"):
        assert (tmp_path / "a" / name).read_text() == (tmp_path / "b" / name).read_text()
    assert str(tmp_path) not in (tmp_path / "b" / "tokenizer_config.json").read_text()


def test_a_missing_file_is_named(tiny_checkpoint: Path, tmp_path: Path):
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((tiny_checkpoint / name).read_bytes())
    lame = MidiTextTokenizer.from_pretrained(tmp_path)
    assert lame.decode_text(lame.encode_text("words still work")) == "words still work"
    with pytest.raises(ValueError, match=r"without event_merges\.json"):
        lame.merge([[1]])
    with pytest.raises(ValueError, match=r"without midi_tokenizer\.json"):
        lame.decode_score([lame.music_offset])


def test_auto_tokenizer_finds_the_class(tiny_checkpoint: Path):
    assert isinstance(AutoTokenizer.from_pretrained(tiny_checkpoint), MidiTextTokenizer)


@pytest.mark.parametrize("semitones", [-11, -5, 0, 1, 6, 11])
def test_transposing_events_is_transposing_the_score(tokenizer: MidiTextTokenizer, semitones):
    score = _waltz(3)
    drums = symusic.Track(program=0, is_drum=True)
    drums.notes.append(symusic.Note(0, 240, 36, 100))
    score.tracks.append(drums)
    moved = tokenizer.transposed(tokenizer.events.encode(score), semitones)
    assert moved.tolist() == tokenizer.events.encode(transpose(score, semitones))


def test_transposing_past_the_keyboard_stays_on_it(tokenizer: MidiTextTokenizer):
    names = tokenizer.base_events
    table = pitch_shift(names, 7)
    assert names[table[names.index("Pitch_127")]] == "Pitch_122"
    assert names[pitch_shift(names, -3)[names.index("Pitch_1")]] == "Pitch_10"
    assert len(np.unique(table[[names.index(f"PitchDrum_{p}") for p in range(128)]])) == 128


@pytest.mark.parametrize(
    ("events", "kept"),
    [
        ("Pitch_60 Velocity_79 Duration_1.0.12", ""),
        ("Bar_None Bar_None", "Bar_None TimeSig_4/4 Bar_None TimeSig_4/4"),
        ("Bar_None TimeSig_3/4 TimeSig_4/4", "Bar_None TimeSig_3/4"),
        ("Bar_None TimeSig_3/4 Bar_None", "Bar_None TimeSig_3/4 Bar_None TimeSig_3/4"),
        ("Bar_None TimeSig_1/4 Position_12 Position_11", "Bar_None TimeSig_1/4 Position_11"),
        ("Bar_None TimeSig_3/4 Position_5 Position_4 Tempo_90.0", "Bar_None TimeSig_3/4 Position_5 Tempo_90.0"),
        ("Bar_None TimeSig_3/4 Tempo_90.0", "Bar_None TimeSig_3/4"),
        (
            "Bar_None TimeSig_3/4 Position_0 Pitch_60 Velocity_79 Position_1",
            "Bar_None TimeSig_3/4 Position_0 Position_1",
        ),
        ("Bar_None TimeSig_3/4 Position_0 PitchDrum_36 Velocity_79 Duration_1.0.12", "Bar_None TimeSig_3/4 Position_0"),
        ("Bar_None TimeSig_3/4 Pitch_60 Velocity_79 Duration_1.0.12", "Bar_None TimeSig_3/4"),
    ],
)
def test_ungrammatical_events_are_left_out(events, kept):
    assert " ".join(grammatical(events.split())) == kept


def test_prompt_ids_hold_task_words_and_music(tokenizer: MidiTextTokenizer):
    music = tokenizer.encode_score(_waltz(0, bars=1)).ids
    ids = tokenizer.prompt_ids("vary", "sadder", music)
    start, end = tokenizer.convert_tokens_to_ids(["<midi>", "</midi>"])
    assert ids == [tokenizer.task_id("vary"), *tokenizer.encode_text("sadder"), start, *music, end]
    assert len({tokenizer.task_id(task) for task in TASKS}) == len(TASKS)
    with pytest.raises(ValueError, match="task must be one of caption, compose"):
        tokenizer.task_id("dance")


@pytest.mark.parametrize(("sizes", "message"), [((100, 1024), "text_vocab_size"), ((400, 100), "music_vocab_size")])
def test_a_vocabulary_too_small_is_refused(sizes, message):
    with pytest.raises(ValueError, match=f"{message} must be at least"):
        MidiTextTokenizer.from_corpus([], [], text_vocab_size=sizes[0], music_vocab_size=sizes[1])
