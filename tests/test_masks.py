"""Masked music: columns lose nothing, what is hidden is a piece of its own, and nothing else changes."""

import numpy as np
import pytest
import symusic
from hypothesis import given, settings
from hypothesis import strategies as st
from random_scores import scores

from midi_text.events_midi_text import EventVocabulary
from midi_text.masks_midi_text import (
    ColumnReader,
    Columns,
    Mask,
    bar_sizes,
    column_reader,
    hidden_ids,
    masked_ids,
    windows,
)
from midi_text.score_midi_text import bar_starts, slice_bars
from midi_text.tokenization_midi_text import MidiTextTokenizer

VOCABULARY = EventVocabulary()
READER = ColumnReader(VOCABULARY.names)


@pytest.fixture(scope="module")
def tokenizer() -> MidiTextTokenizer:
    return MidiTextTokenizer.from_corpus(["a waltz"], [[]], text_vocab_size=320, music_vocab_size=1024)


def columns_of(score: symusic.Score) -> Columns:
    return READER.read(VOCABULARY.encode(score))


def names_of(columns: Columns) -> str:
    return " ".join(VOCABULARY.names[i] for i in READER.write(columns))


def small_piece() -> symusic.Score:
    """Three bars of 4/4 and 3/4; piano throughout, a violin in the first and last bar; the tempo rises in the last."""
    score = symusic.Score(48)
    score.time_signatures.extend([symusic.TimeSignature(0, 4, 4), symusic.TimeSignature(192, 3, 4)])
    score.tempos.extend([symusic.Tempo(0, 100), symusic.Tempo(336 + 48, 140)])
    piano, violin = symusic.Track(program=0), symusic.Track(program=40)
    for start in (0, 192, 336, 336 + 96):
        piano.notes.append(symusic.Note(start, 48, 60, 64))
    for start in (0, 336 + 48):
        violin.notes.append(symusic.Note(start, 48, 72, 100))
    score.tracks.extend([piano, violin])
    return score


@st.composite
def masked(draw):
    """A score's columns and a mask that hides a note."""
    columns = columns_of(draw(scores()))
    programs = draw(st.none() | st.sets(st.sampled_from(columns.programs), min_size=1))
    chosen = None if programs is None else tuple(sorted(programs))
    sounding = np.unique(columns.notes[np.isin(columns.notes[:, 2], chosen or columns.programs), 0]).tolist()
    bars = draw(st.sets(st.integers(0, columns.bars - 1))) | {draw(st.sampled_from(sounding))}
    return columns, Mask(tuple(sorted(bars)), chosen)


@settings(max_examples=40)
@given(scores())
def test_columns_keep_every_event(score: symusic.Score):
    events = VOCABULARY.encode(score)
    assert READER.write(READER.read(events)).tolist() == events


@settings(max_examples=40)
@given(masked())
def test_what_is_hidden_comes_back_and_nothing_else_moves(case: tuple[Columns, Mask]):
    columns, mask = case
    shown, hidden = columns.shown(mask), columns.hidden(mask)
    assert len(shown.notes) + len(hidden.notes) == len(columns.notes)
    assert shown.metres.tolist() == columns.metres.tolist()
    assert shown.tempi.tolist() == columns.tempi.tolist()
    filled = shown.filled(mask, hidden)
    assert sorted(filled.notes.tolist()) == sorted(columns.notes.tolist())
    again = READER.read(READER.write(filled))
    assert all(np.array_equal(getattr(again, name), getattr(filled, name)) for name in ("metres", "tempi", "notes"))
    again = READER.read(READER.write(hidden))
    assert again.notes.tolist() == hidden.notes.tolist()
    assert again.metres.tolist() == hidden.metres.tolist()
    assert (hidden.tempi[0, :2] == 0).all(), "a piece begins with its tempo"


@settings(max_examples=40)
@given(scores(), st.data())
def test_a_hidden_run_is_written_as_the_vocabulary_writes_it(score: symusic.Score, data: st.DataObject):
    whole = VOCABULARY.quantize(score)
    columns, lines = columns_of(score), bar_starts(whole)
    first = data.draw(st.sampled_from(sorted(set(columns.notes[:, 0].tolist()))))
    last = data.draw(st.integers(first + 1, columns.bars))
    excerpt = slice_bars(whole, first, last)
    for track in excerpt.tracks:  # slicing clips what rings on; hiding does not
        (source,) = [t for t in whole.tracks if (t.program, t.is_drum) == (track.program, track.is_drum)]
        inside = [note for note in source.notes if lines[first] <= note.time < lines[last]]
        shift = int(lines[first])
        moved = [symusic.Note(note.time - shift, note.duration, note.pitch, note.velocity) for note in inside]
        track.notes = symusic.core.NoteTickList(moved)
    hidden = columns.hidden(Mask(tuple(range(first, last))))
    assert READER.write(hidden).tolist() == VOCABULARY.encode(excerpt)


def test_the_events_of_a_small_mask(tokenizer: MidiTextTokenizer):
    columns = column_reader(tokenizer).read(VOCABULARY.encode(small_piece()))
    mask = Mask((0, 2), (40,))
    source = masked_ids(tokenizer, columns, mask)
    spelt = [*tokenizer.convert_ids_to_tokens(source)]
    assert spelt[:4] == ["<mask>", "<|midi:Program_40|>", "<mask>", "<|midi:Bar_None|>"]
    assert [i for i, name in enumerate(spelt) if name == "<mask>"] == [0, 2, len(spelt) - 13]
    read = [name for i in source for name in tokenizer.token_events[i]]
    assert " ".join(read) == (
        "Program_40 Bar_None TimeSig_4/4 Position_0 Tempo_100.0 Program_0 Pitch_60 Velocity_63 Duration_1.0.12 "
        "Bar_None TimeSig_3/4 Position_0 Pitch_60 Velocity_63 Duration_1.0.12 "
        "Bar_None TimeSig_3/4 Position_0 Pitch_60 Velocity_63 Duration_1.0.12 Position_12 Tempo_140.0 "
        "Position_24 Pitch_60 Velocity_63 Duration_1.0.12"
    )
    written = [name for i in hidden_ids(tokenizer, columns, mask) for name in tokenizer.token_events[i]]
    assert " ".join(written) == (
        "Bar_None TimeSig_4/4 Position_0 Tempo_100.0 Program_40 Pitch_72 Velocity_103 Duration_1.0.12 "
        "Bar_None TimeSig_3/4 Position_12 Tempo_140.0 Pitch_72 Velocity_103 Duration_1.0.12"
    )
    assert names_of(columns.hidden(Mask((1,)))) == (
        "Bar_None TimeSig_3/4 Position_0 Tempo_100.0 Program_0 Pitch_60 Velocity_63 Duration_1.0.12"
    )


def test_what_is_written_beyond_the_mask_is_left_out():
    columns = columns_of(small_piece())
    mask = Mask((1,), (40,))
    written = columns_of(small_piece())  # three bars, piano and violin
    filled = columns.filled(mask, written)
    added = [row for row in filled.notes.tolist() if row not in columns.notes.tolist()]
    assert [(row[0], row[1], row[2]) for row in added] == [(1, 0, 40)]
    assert filled.metres.tolist() == columns.metres.tolist()
    assert filled.tempi.tolist() == columns.tempi.tolist()


def test_flat_music_has_one_velocity_and_the_tempo_that_holds_longest():
    columns = columns_of(small_piece())
    flat = columns.flat(READER.middle_velocity)
    assert "Velocity_63" in names_of(flat)
    assert "Velocity_103" not in names_of(flat)
    assert names_of(flat).count("Tempo_") == 1
    assert "Tempo_100.0" in names_of(flat)
    assert flat.notes[:, [0, 1, 2, 3, 5]].tolist() == columns.notes[:, [0, 1, 2, 3, 5]].tolist()


@settings(max_examples=40)
@given(scores(), st.data())
def test_a_window_is_a_piece_of_its_own(score: symusic.Score, data: st.DataObject):
    columns = columns_of(score)
    first = data.draw(st.integers(0, columns.bars - 1))
    last = data.draw(st.integers(first + 1, columns.bars))
    window = columns.window(first, last)
    assert window.bars == last - first
    assert window.tempi[0, :2].tolist() == [0, 0]
    inside = columns.notes[(columns.notes[:, 0] >= first) & (columns.notes[:, 0] < last)]
    inside[:, 0] -= first
    assert window.notes.tolist() == inside.tolist()
    assert READER.read(READER.write(window)).metres.tolist() == columns.metres[first:last].tolist()


@settings(max_examples=40)
@given(st.data())
def test_windows_hold_every_hidden_bar_once_and_fit(data: st.DataObject):
    count = data.draw(st.integers(1, 40))
    shown = data.draw(st.lists(st.integers(2, 40), min_size=count, max_size=count))
    bars = sorted(data.draw(st.sets(st.integers(0, count - 1), min_size=1)))
    hidden = [data.draw(st.integers(2, 40)) if bar in bars else 0 for bar in range(count)]
    found = windows(shown, hidden, bars, 104, 84)
    assert [bar for window in found for bar in window.bars] == bars
    for window, following in zip(found, [*found[1:], None], strict=True):
        assert window.first <= window.bars[0]
        assert window.bars[-1] < window.last
        assert sum(hidden[bar] for bar in window.bars) <= 80
        assert sum(shown[b] + (0 if b in window.bars else hidden[b]) for b in range(window.first, window.last)) <= 100
        assert following is None or window.last <= following.bars[0]


def test_bar_sizes_count_the_mask_with_its_bar(tokenizer: MidiTextTokenizer):
    columns = columns_of(small_piece())
    ids = masked_ids(tokenizer, columns, Mask((1,)))
    plain = bar_sizes(tokenizer, tokenizer.merge([READER.write(columns.shown(Mask((1,))))])[0], 4)
    assert bar_sizes(tokenizer, ids, 4).tolist() == (plain + [0, 1, 0, 0]).tolist()
    assert plain[1] == 2
    assert plain[3] == 0


def test_impossible_masks_are_refused():
    columns = columns_of(small_piece())
    for bars in ((), (1, 0), (2, 2), (-1, 0)):
        with pytest.raises(ValueError, match="bars must be one or more, ascending"):
            Mask(bars)
    with pytest.raises(ValueError, match="programs must be one or more"):
        Mask((0,), ())
    with pytest.raises(ValueError, match="from 0 to 2; got 3"):
        columns.hides(Mask((3,)))
    with pytest.raises(ValueError, match="must hide at least one note"):
        columns.hidden(Mask((1,), (40,)))
    with pytest.raises(ValueError, match="bar 2 must fit the model by itself"):
        windows([5, 50, 5], [5, 5, 5], [0, 1], 40, 40)
