"""Examples of the tasks that change music: source and target make the row again, and fit the model."""

import random
import re
from dataclasses import replace

import numpy as np
import pytest
import symusic

from midi_text.data.batches import Example, Row
from midi_text.data.captions import write_caption
from midi_text.events_midi_text import EventVocabulary
from midi_text.facts.analysis import analyze
from midi_text.facts_midi_text import measure_facts
from midi_text.masks_midi_text import Mask, column_reader, hidden_ids, lead_in, masked_ids
from midi_text.prompt_midi_text import read_prompt
from midi_text.sketch_midi_text import Sketch, sketch_of
from midi_text.tokenization_midi_text import MidiTextTokenizer
from midi_text.training import masking, objectives
from midi_text.training.disguise import Disguise
from midi_text.training.invented import invented
from midi_text.training.masking import draw_infill, draw_vary, is_expressive, masked_pair, played_rows, refine_pair
from midi_text.training.objectives import CHANGES, make_example
from midi_text.truth_midi_text import contradicts

VOCABULARY = EventVocabulary()


@pytest.fixture(scope="module")
def tokenizer() -> MidiTextTokenizer:
    return MidiTextTokenizer.from_corpus(["a waltz"], [[]], text_vocab_size=320, music_vocab_size=1024)


def row_of(seed: int, bars: int = 12, played: bool = True) -> Row:
    """Piano and violin, drums now and then."""
    rng = random.Random(seed)
    score = symusic.Score(48)
    score.time_signatures.append(symusic.TimeSignature(0, 3, 4))
    score.tempos.append(symusic.Tempo(0, 90))
    for program, every in ((0, 1), (40, 2), (0, 5)):
        track = symusic.Track(program=program, is_drum=every == 5)
        for beat in range(0, 3 * bars, every):
            velocity = rng.choice((40, 64, 100)) if played else 80
            track.notes.append(symusic.Note(48 * beat, 48, 60 + rng.choice((0, 2, 4, 7)), velocity))
        score.tracks.append(track)
    events, heard = VOCABULARY.encode_and_quantize(score)
    facts = measure_facts(heard)
    return Row("made", np.array(events, np.uint16), facts, analyze(heard, facts), {"captions": ["A made-up dance."]})


def written_notes(tokenizer: MidiTextTokenizer, example: Example) -> int:
    """Notes of the target that are not given."""
    whole, given = (tokenizer.decode_score(ids) for ids in (example.target_ids, example.target_ids[: example.given]))
    return whole.note_num() - given.note_num()


@pytest.mark.parametrize("task", CHANGES)
def test_an_example_reads_and_writes_its_task(tokenizer: MidiTextTokenizer, task: str):
    row, told = row_of(1), 0
    for seed in range(40):
        example = make_example(tokenizer, row, task, random.Random(seed))
        assert example.source_ids[0] == tokenizer.task_id(task)
        assert example.target_ids[-1] == tokenizer.eos_token_id
        notes = written_notes(tokenizer, example)
        assert example.notes == notes > 0
        told += bool(tokenizer.decode_text(example.source_ids))
        start = tokenizer.convert_tokens_to_ids("<midi>")
        assert (start in example.source_ids) == (task != "continue")
        assert (tokenizer.mask_token_id in example.source_ids) == (task in ("infill", "vary"))
        assert make_example(tokenizer, row, task, random.Random(seed)) == example, "the seed decides"
    assert 12 <= told <= 28, "words come half the time"


def test_drawn_masks_hide_what_they_should(tokenizer: MidiTextTokenizer):
    columns, rng = column_reader(tokenizer).read(row_of(2, bars=16).events), random.Random(0)
    kinds = set()
    for _ in range(200):
        mask = draw_infill(columns, rng)
        assert columns.hides(mask).any()
        assert columns.hides(Mask(mask.bars[-1:], mask.programs)).any()
        run = mask.bars == tuple(range(mask.bars[0], mask.bars[-1] + 1))
        whole = len(mask.bars) > masking.LONGEST_RUN
        assert run
        assert not whole or mask.programs is not None
        assert mask.programs is None or 0 < len(mask.programs) < len(columns.programs)
        kinds.add((mask.programs is not None, whole))
        share = len(draw_vary(columns, rng).bars) / columns.bars
        assert 1 / 16 <= share <= 13 / 16
    assert kinds == {(False, False), (True, False), (True, True)}


def test_refine_gives_the_dynamics_of_what_was_played(tokenizer: MidiTextTokenizer):
    reader = column_reader(tokenizer)
    played = reader.read(row_of(3).events)
    pair = refine_pair(tokenizer, played, words=0)
    assert pair is not None
    flat, target = (tokenizer.decode_score(ids) for ids in (pair.music, pair.target))
    for one, other in zip(flat.tracks, target.tracks, strict=True):
        a, b = one.notes.numpy(), other.notes.numpy()
        assert all(np.array_equal(a[name], b[name]) for name in ("time", "duration", "pitch"))
        assert len(set(a["velocity"])) == 1 < len(set(b["velocity"]))
    even = row_of(3, played=False)
    assert not is_expressive(reader.read(even.events))
    assert make_example(tokenizer, even, "refine", random.Random(0)).source_ids[0] == tokenizer.task_id("infill")


def test_touch_is_the_dynamics_of_a_few_bars(tokenizer: MidiTextTokenizer):
    row, found = row_of(3), set()
    reader = column_reader(tokenizer)
    whole = reader.read(row.events)
    windows = [whole.window(first, last) for last in range(1, whole.bars + 1) for first in range(last)]
    targets = [tokenizer.merge([reader.write(window)])[0] for window in windows if len(window.notes)]
    for seed in range(12):
        pair = refine_pair(tokenizer, whole, words=0, rng=random.Random(seed), few=True)
        assert pair is not None
        assert 0 < pair.notes <= masking.TOUCHED < len(whole.notes)
        found.add(targets.index(pair.target))
    assert len(found) > 3
    assert make_example(tokenizer, row, "touch", random.Random(0)).source_ids[0] == tokenizer.task_id("refine")


def test_rows_that_were_played_are_found(tokenizer: MidiTextTokenizer):
    rows = [row_of(3), row_of(3, played=False), row_of(4)]

    class Table:
        events = np.concatenate([row.events for row in rows])
        lengths = np.array([len(row.events) for row in rows])

        def __len__(self) -> int:
            return len(rows)

    assert played_rows(Table(), column_reader(tokenizer)).tolist() == [True, False, True]  # type: ignore[arg-type]


@pytest.mark.parametrize("task", CHANGES)
def test_what_is_longer_than_the_model_becomes_a_window(tokenizer: MidiTextTokenizer, task: str, monkeypatch):
    monkeypatch.setattr(masking, "MAX_SOURCE", 260)
    monkeypatch.setattr(masking, "MAX_TARGET", 120)
    monkeypatch.setattr(objectives, "CHANGE_PROMPTS", 0.0)
    row = row_of(4, bars=24)
    lengths = set()
    for seed in range(20):
        example = make_example(tokenizer, row, task, random.Random(seed))
        assert len(example.source_ids) <= 260
        assert len(example.target_ids) <= 120
        assert written_notes(tokenizer, example) == example.notes > 0
        lengths.add(len(example.target_ids))
    assert len(lengths) > 1


def test_a_window_reads_nothing_of_what_it_should_write(tokenizer: MidiTextTokenizer, monkeypatch):
    monkeypatch.setattr(masking, "MAX_SOURCE", 260)
    monkeypatch.setattr(masking, "MAX_TARGET", 120)
    columns = column_reader(tokenizer).read(row_of(5, bars=24).events)
    mask = Mask(tuple(range(24)), (40,))
    whole = tokenizer.decode_score(hidden_ids(tokenizer, columns, mask))
    pair = masked_pair(tokenizer, columns, mask, words=0)
    assert not any(track.program == 40 for track in tokenizer.decode_score(pair.music).tracks)
    (written,) = tokenizer.decode_score(pair.target).tracks
    assert written.notes == whole.tracks[0].notes[: len(written.notes)]
    assert 0 < pair.notes < len(whole.tracks[0].notes)


@pytest.mark.parametrize("programs", [None, (40,)])
def test_the_decoder_goes_on_from_the_bars_before(tokenizer: MidiTextTokenizer, programs):
    columns = column_reader(tokenizer).read(row_of(5, bars=8).events)
    mask = Mask((4, 6), programs)
    pair = masked_pair(tokenizer, columns, mask, words=0)
    bars, lead = lead_in(tokenizer, columns, mask)
    assert bars == 4
    assert pair.target[: pair.given] == lead
    assert pair.target == hidden_ids(tokenizer, columns, Mask((0, 1, 2, 3, 4, 6), programs))
    assert pair.music == masked_ids(tokenizer, columns, mask), "the encoder reads what it read before"
    fewer, lead = lead_in(tokenizer, columns, mask, room=len(lead) - 1)
    assert 0 < fewer < 4
    assert hidden_ids(tokenizer, columns, mask.led(fewer))[: len(lead)] == lead
    assert lead_in(tokenizer, columns, mask, room=3) == (0, [])
    assert lead_in(tokenizer, columns, Mask((0, 4))) == (0, [])


def test_a_disguise_changes_what_is_told_and_no_note(tokenizer: MidiTextTokenizer):
    row = row_of(3)
    told = sketch_of(row.facts, row.analysis)
    assert told.tempo_bpm == 90
    assert sorted(told.programs) == [0, 40, 128]
    disguise = Disguise.draw(told, row.facts, random.Random(0))
    sketch, events = disguise.sketch(told), disguise.events(tokenizer.base_events, row.events)
    score = VOCABULARY.decode(VOCABULARY.names[event] for event in events)
    heard = measure_facts(score)
    assert sketch.tempo_bpm == round(heard.tempo_bpm) != 90
    assert sorted(sketch.programs) == sorted(heard.programs)
    assert len(set(sketch.programs)) == 3
    assert 128 in sketch.programs, "drums stay"
    assert not {0, 40} & set(sketch.programs)
    assert replace(sketch, tempo_bpm=90, programs=told.programs) == told
    said = disguise.facts(row.facts)
    assert set(said.instruments) == set(heard.instruments)
    assert said.duration_seconds == pytest.approx(heard.duration_seconds, rel=1e-3)
    assert replace(said, **{f: getattr(heard, f) for f in ("instruments", "duration_seconds", "notes_per_second")}) == (
        replace(heard, key_confidence=said.key_confidence)
    )
    assert not disguise.analysis(row.analysis).parts.parts, "a woodblock has no melody"

    nothing = Disguise.draw(Sketch(), row.facts, random.Random(0))
    assert nothing.sketch(Sketch()) == Sketch()
    assert nothing.facts(row.facts) == row.facts
    assert np.array_equal(nothing.events(tokenizer.base_events, row.events), row.events), "what is not told stays"


def test_a_disguise_reaches_the_notes_that_it_is_given(tokenizer: MidiTextTokenizer):
    row = row_of(3)
    deep = replace(
        row.facts,
        instruments=tuple(
            replace(each, lowest_pitch=24, highest_pitch=30) if each.program == 40 else each
            for each in row.facts.instruments
        ),
    )
    told = sketch_of(deep, row.analysis)
    drawn = {Disguise.draw(told, deep, random.Random(seed)).programs[40] for seed in range(80)}
    assert {32, 58} <= drawn, "a bass and a tuba"
    assert not {56, 73, 110} & drawn, "no trumpet, flute or fiddle"
    wide = replace(deep, instruments=tuple(replace(e, lowest_pitch=0, highest_pitch=127) for e in deep.instruments))
    assert not Disguise.draw(told, wide, random.Random(0)).programs, "what no other instrument reaches, stays"


def test_retelling_reads_measurements_and_no_music(tokenizer: MidiTextTokenizer, monkeypatch):
    monkeypatch.setattr(objectives, "INVENTED", {"retell": 0.0})
    row = row_of(3)
    for seed in range(20):
        example = make_example(tokenizer, row, "retell", random.Random(seed))
        assert example.source_ids[0] == tokenizer.task_id("caption")
        assert max(example.source_ids) < tokenizer.music_offset
        assert "12 bars" in tokenizer.decode_text(example.source_ids)
        assert "made-up" not in tokenizer.decode_text(example.target_ids), (
            "what people said of the music is not measured"
        )


def test_what_is_said_of_invented_music_is_true_of_it():
    row, told = row_of(3), set()
    drumless = replace(row.facts, instruments=row.facts.instruments[:1])
    for seed in range(120):
        facts, analysis = invented(row.facts, row.analysis, random.Random(seed))
        ask = read_prompt(write_caption(facts, {}, random.Random(seed), analysis=analysis))
        assert not [each for each in ask.statements if contradicts(each.fact, each.value, facts, analysis)]
        told.add((facts.bars, facts.time_signature, analysis.form.plan))
        assert (facts.key, facts.tempo_bpm, facts.programs) == (row.facts.key, 90, row.facts.programs)
        assert sum(section.bars for section in analysis.form.sections) == facts.bars
        _, analysis = invented(drumless, row.analysis, random.Random(seed))
        assert set(analysis.drumming.traits) <= set(row.analysis.drumming.traits), "no drums, no new beat"
    assert len(told) > 100


@pytest.mark.parametrize("task", ["retell", "caption"])
def test_a_caption_believes_the_line_before_the_music(tokenizer: MidiTextTokenizer, task: str, monkeypatch):
    monkeypatch.setattr(objectives, "INVENTED", {task: 1.0})
    row, agreed = row_of(3), 0
    row.labels.clear()
    for seed in range(80):
        example = make_example(tokenizer, row, task, random.Random(seed))
        line, caption = (tokenizer.decode_text(ids) for ids in (example.source_ids, example.target_ids))
        if "bars" not in line:  # written from the notes alone, of which nothing is invented
            assert task == "caption"
            continue
        bars = int(re.search(r"(\d+) bars", line)[1])
        said = [each.value for each in read_prompt(caption).statements if each.fact == "bars"]
        assert said in ([], [(bars, bars)]), (line, caption)
        agreed += bool(said) and bars != 12
    assert agreed > 10


def test_a_caption_says_nothing_that_cannot_be_heard(tokenizer: MidiTextTokenizer):
    row = replace(row_of(3), labels={"composer": "Zbigniew Q", "date": "1854", "title": "Dawn", "genre": "Folk"})
    captions = [make_example(tokenizer, row, "caption", random.Random(seed)).target_ids for seed in range(60)]
    told = " ".join(tokenizer.decode_text(ids) for ids in captions)
    assert "folk" in told
    assert not re.search("Zbigniew|1854|century|Dawn", told)


@pytest.mark.parametrize("task", ["compose", "caption"])
def test_what_is_said_of_disguised_music_is_true_of_it(tokenizer: MidiTextTokenizer, task: str, monkeypatch):
    monkeypatch.setattr(objectives, "DISGUISED", dict.fromkeys(objectives.DISGUISED, 0.5))
    monkeypatch.setattr(objectives, "INVENTED", {"caption": 0.0})
    row, disguises = row_of(3), 0
    row.labels.clear()
    for seed in range(120):
        example = make_example(tokenizer, row, task, random.Random(seed))
        words, music = example.source_ids, example.target_ids
        if task == "caption":
            words, music = music, words
        score = tokenizer.decode_score(music)
        facts = measure_facts(score)
        analysis, ask = analyze(score, facts), read_prompt(tokenizer.decode_text(words))
        said = [each for each in ask.statements if contradicts(each.fact, each.value, facts, analysis)]
        assert not said, (tokenizer.decode_text(words), facts)
        disguises += round(facts.tempo_bpm) != 90
        plain = make_example(tokenizer, row, task, random.Random(seed), augment=False)
        music = plain.source_ids if task == "caption" else plain.target_ids
        assert round(measure_facts(tokenizer.decode_score(music)).tempo_bpm) == 90
    assert 24 <= disguises <= 80
