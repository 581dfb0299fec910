"""Continue, infill, vary and refine on a random model: whatever it writes, what nobody asked to change stays."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import symusic
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from random_scores import scores
from transformers import pipeline

from midi_text import MidiTextForConditionalGeneration, TextToMidiPipeline, measure_facts, read_score
from midi_text.changes_midi_text import ChangeWishes, read_bars, read_change
from midi_text.cli import main
from midi_text.constraints_midi_text import MusicLogitsProcessor, SameNotesLogitsProcessor
from midi_text.locks_midi_text import Locks
from midi_text.masks_midi_text import column_reader
from midi_text.score_midi_text import bar_starts, write_score
from midi_text.tokenization_midi_text import MidiTextTokenizer


@pytest.fixture(scope="module")
def pipe(tiny_checkpoint: Path) -> TextToMidiPipeline:
    made = pipeline("text-to-midi", model=str(tiny_checkpoint), device="cpu")
    made.model.config.max_target_length = 140  # a random model ends only where it must
    return made


@pytest.fixture(scope="module")
def tokenizer(pipe: TextToMidiPipeline) -> MidiTextTokenizer:
    return pipe.processor.tokenizer


def song(bars: int = 6, swing: int = 7) -> symusic.Score:
    """Piano and violin in 3/4, then 4/4 from bar 5 on; onsets off the grid, a pedal and a slowing tempo."""
    score = symusic.Score(480)
    score.time_signatures.extend([symusic.TimeSignature(0, 3, 4), symusic.TimeSignature(4 * 1440, 4, 4)])
    score.tempos.extend([symusic.Tempo(0, 90), symusic.Tempo(3 * 1440 + 480, 72)])
    piano, violin = symusic.Track("Left and right", 0), symusic.Track("Solo", 40)
    beats = sum(3 if bar < 4 else 4 for bar in range(bars))
    for beat in range(beats):
        piano.notes.append(symusic.Note(480 * beat + swing * (beat % 2), 430, 48 + beat % 5, 50 + beat % 60))
        if beat % 2 == 0:
            violin.notes.append(symusic.Note(480 * beat + swing, 700, 72 + beat % 7, 90))
    piano.controls.append(symusic.ControlChange(100, 64, 127))
    score.tracks.extend([piano, violin])
    return read_score(score).score


def notes_of(score: symusic.Score, first: int = 0, last: int = 2**31 - 1) -> list[tuple]:
    return sorted(
        (track.is_drum, track.program, note.time, note.pitch, note.duration, note.velocity)
        for track in score.tracks
        for note in track.notes
        if first <= note.time < last
    )


def test_a_continuation_leaves_the_piece_and_has_the_bars_asked(pipe: TextToMidiPipeline):
    before = song()
    made = pipe("", midi=before, bars=3, seed=1)
    lines = bar_starts(before)
    assert notes_of(made.score, 0, int(lines[-1])) == notes_of(before)
    assert made.facts.bars == 9
    assert (made.task, made.changed_bars) == ("continue", (6, 7, 8))
    assert [row.met for row in made.agreement] == [True] * len(made.agreement)
    assert measure_facts(made.original).bars == 6
    assert len(made.score.tracks[0].controls) == 1
    assert [t.time for t in made.score.tempos] == [t.time for t in before.tempos], "the tempo goes on"
    again = measure_facts(symusic.Score.from_midi(made.midi))
    assert again.notes == made.facts.notes


def test_words_steer_a_continuation(pipe: TextToMidiPipeline):
    made = pipe("faster, at 140 BPM, add strings and drums", midi=song(), bars=4, seed=2)
    rows = {row.fact: row for row in made.agreement}
    assert all(row.met for row in made.agreement), rows
    assert made.facts.has_drums
    assert {48, 49}.intersection(made.facts.programs)
    assert made.score.tempos[-1].qpm == pytest.approx(140, abs=0.1)
    without = pipe("without violin", midi=song(), bars=2, seed=3)
    new = int(bar_starts(song())[-1])
    assert {note[1] for note in notes_of(without.score, new)} == {0}


def test_only_the_asked_bars_change(pipe: TextToMidiPipeline):
    before = song()
    made = pipe("", midi=write_score(before), task="infill", at_bars="3,5", seed=1)
    assert made.changed_bars == (2, 4)
    lines = [int(line) for line in bar_starts(before)]
    kept = [(0, lines[2] - 20), (lines[3] - 20, lines[4] - 20), (lines[5] - 20, lines[6])]
    for first, last in kept:
        assert notes_of(made.score, first, last) == notes_of(before, first, last)
    assert [track.name for track in made.score.tracks] == ["Left and right", "Solo"][: len(made.score.tracks)]
    assert len(made.score.tracks[0].controls) == 1
    for first, last in ((lines[2], lines[3]), (lines[4], lines[5])):
        assert notes_of(made.score, first, last) != notes_of(before, first, last)
        assert notes_of(made.score, first, last), "no bar of a whole infill is empty"
    assert set(made.facts.programs) <= {0, 40}


def test_only_the_asked_tracks_change(pipe: TextToMidiPipeline):
    before = song()
    made = pipe("", midi=before, task="infill", at_tracks=[2], at_bars=[1, 2], seed=4, num_candidates=2)
    piano = next(track for track in made.score.tracks if track.program == 0)
    assert notes_of_track(piano) == notes_of_track(before.tracks[0])
    assert set(made.facts.programs) == {0, 40}
    assert len(made.others) == 1
    assert all(row.met for row in made.agreement)
    whole = read_change(pipe.processor.tokenizer, before, "", ChangeWishes("infill", at_tracks=[2]))
    assert whole.changed_bars == tuple(range(6))


def notes_of_track(track: symusic.Track) -> list[tuple]:
    return [(n.time, n.duration, n.pitch, n.velocity) for n in track.notes]


def test_a_variation_changes_the_share_asked(pipe: TextToMidiPipeline):
    made = pipe("", midi=song(), task="vary", strength=0.5, seed=3)
    assert len(made.changed_bars) == 3
    assert made.agreement[-1].met
    assert pipe("", midi=song(), task="vary", strength=0.5, seed=3).midi == made.midi


def test_refining_keeps_every_note(pipe: TextToMidiPipeline):
    before = song()
    made = pipe("", midi=before, task="refine", seed=5)
    assert [note[:5] for note in notes_of(made.score)] == [note[:5] for note in notes_of(before)]
    assert len({note[5] for note in notes_of(made.score)}) > 1
    assert all(0.5 * 90 <= tempo.qpm <= 1.6 * 90 for tempo in made.score.tempos)
    assert made.agreement[-1].met


@settings(max_examples=6)
@given(scores(), st.data())
def test_what_is_not_asked_to_change_does_not(pipe: TextToMidiPipeline, score: symusic.Score, data: st.DataObject):
    """On any score, as the model hears it: every note of a bar that was not named."""
    tokenizer = pipe.processor.tokenizer
    reader, vocabulary = column_reader(tokenizer), tokenizer.events
    before = reader.read(vocabulary.encode(score))
    task = data.draw(st.sampled_from(["continue", "infill", "vary", "refine"]))
    asked: dict = {"infill": {"at_bars": [data.draw(st.integers(1, before.bars))]}, "continue": {"bars": 2}}.get(
        task, {}
    )
    made = pipe("", midi=score, task=task, seed=data.draw(st.integers(0, 9)), **asked)
    after = reader.read(vocabulary.encode(made.score))
    columns = [0, 1, 2, 3, 5] if task == "refine" else range(6)
    kept = [row for row in before.notes.tolist() if task == "refine" or row[0] not in made.changed_bars]
    found = [row for row in after.notes.tolist() if task == "refine" or row[0] not in made.changed_bars]
    assert sorted([row[i] for i in columns] for row in found) == sorted([row[i] for i in columns] for row in kept)
    assert after.metres[: before.bars].tolist() == before.metres[: after.bars].tolist()


def test_seconds_become_whole_bars(tokenizer: MidiTextTokenizer):
    change = read_change(tokenizer, song(), "", ChangeWishes(seconds=10))
    assert change.changed_bars == (6, 7, 8), "of 3 1/3 seconds each"
    assert read_change(tokenizer, song(), "", ChangeWishes("vary", strength=1.0)).changed_bars == tuple(range(6))


def test_long_pieces_are_written_in_windows(tokenizer: MidiTextTokenizer):
    """The drafts of pieces that do not fit, answered by the original itself, give the original again."""
    score = song(bars=30)
    for wishes in (ChangeWishes("vary", strength=1.0), ChangeWishes("infill", at_bars="2-29"), ChangeWishes("refine")):
        change = read_change(tokenizer, score, "", wishes, rooms=(160, 160))
        drafts = 0
        while (draft := change.draft()) is not None:
            drafts += 1
            assert len(draft.music) <= 160
            if wishes.task == "refine":
                change.take(draft.music)
            else:
                bars = change._window.bars
                count = draft.locks.begin + len(bars)
                assert draft.locks.bars == (count, count)
                assert len(draft.locks.metres) == count
                hidden = change.before.hidden(type(change.mask)(bars).led(draft.locks.begin))
                (ids,) = tokenizer.merge([column_reader(tokenizer).write(hidden)])
                assert ids[: len(draft.primed)] == draft.primed
                assert len(ids) < 160
                change.take(ids)
        assert drafts > 3
        _, wanted, kept = change.result()
        assert wanted == kept
        if wishes.task != "refine":
            assert change.columns.notes.tolist() == change.before.notes.tolist()


def test_a_continuation_beyond_the_context_goes_on_from_the_last_bars(tokenizer: MidiTextTokenizer):
    change = read_change(tokenizer, song(bars=40), "", ChangeWishes(bars=30), rooms=(200, 200))
    lengths = []
    while (draft := change.draft()) is not None:
        count = draft.locks.bars[0] - draft.locks.begin
        bar = ["Bar_None", "TimeSig_4/4", "Position_0", "Program_0", "Pitch_60", "Velocity_63", "Duration_1.0.12"]
        change.take([*draft.primed, *tokenizer.event_ids(bar * count)])
        assert len(draft.primed) < 200
        assert draft.locks.begin > 0
        assert draft.locks.closes == (change._left == 0)
        lengths.append(count)
    assert len(lengths) > 1
    assert sum(lengths) == 30
    assert bar_starts(change.result()[0])[-1] == bar_starts(song(bars=40))[-1] + 30 * 1920


def test_rows_of_different_beginnings_go_on_as_if_alone(tiny_checkpoint: Path, pipe: TextToMidiPipeline):
    """Greedily, a batch whose rows are padded on the left writes what each row writes by itself."""
    model = MidiTextForConditionalGeneration.from_pretrained(tiny_checkpoint).eval()
    processor = pipe.processor
    starts = [[1, 300, 301, 302, 303], [1, 310]]
    sources = [processor.encode("continue", "a waltz"), processor.encode("continue", "")]
    options = {"do_sample": False, "max_new_tokens": 8, "eos_token_id": None}
    both = model.generate(
        **processor.pad(sources),
        **{f"decoder_{name}": value for name, value in processor.pad_left(starts).items()},
        **options,
    )
    for row, source, start in zip(both, sources, starts, strict=True):
        alone = model.generate(**processor.pad([source]), decoder_input_ids=torch.tensor([start]), **options)
        assert row[-8:].tolist() == alone[0, -8:].tolist()


def test_the_locks_hold_the_metre_of_each_bar(tokenizer: MidiTextTokenizer):
    metres = ((3, 4), (6, 8), (2, 4))
    locks = Locks(metres=metres, bars=(3, 3), tempo_bpm=(90, 90), rests=True, programs=(40,))
    rules = MusicLogitsProcessor(tokenizer.token_events, tokenizer.eos_token_id, 200, locks)
    generator = torch.Generator().manual_seed(1)
    ids = torch.tensor([[1]])
    while ids[0, -1] != tokenizer.eos_token_id:
        scores = rules(ids, torch.randn(1, len(tokenizer), generator=generator))
        ids = torch.cat([ids, scores.softmax(-1).multinomial(1, generator=generator)], 1)
    columns = column_reader(tokenizer).read(
        np.array(tokenizer.event_ids(e for i in ids[0].tolist() for e in tokenizer.token_events[i]))
        - tokenizer.music_offset
    )
    names = tokenizer.base_events
    assert [names[i] for i in columns.metres] == ["TimeSig_3/4", "TimeSig_6/8", "TimeSig_2/4"]
    assert columns.programs == (40,)
    for wrong in ({"metres": metres, "bars": (2, 2)}, {"begin": 3, "bars": (3, 3)}, {"begin": 1}):
        with pytest.raises(ValueError, match=r"metres must be one for each|begin must be"):
            Locks(**wrong)


def test_any_choice_keeps_the_notes_of_a_script(tokenizer: MidiTextTokenizer):
    change = read_change(tokenizer, song(), "", ChangeWishes("refine"))
    draft = change.draft()
    rules = SameNotesLogitsProcessor(tokenizer.token_events, tokenizer.eos_token_id, [(draft.script, draft.tempi)])
    generator = torch.Generator().manual_seed(1)
    ids = torch.tensor([[1]])
    while ids[0, -1] != tokenizer.eos_token_id:
        scores = rules(ids, torch.randn(1, len(tokenizer), generator=generator))
        assert scores.isfinite().any()
        ids = torch.cat([ids, scores.softmax(-1).multinomial(1, generator=generator)], 1)
        assert ids.shape[1] <= rules.most_tokens + 1
    change.take(ids[0, 1:-1].tolist())
    assert change.draft() is None
    assert change.columns.notes[:, [0, 1, 2, 3, 5]].tolist() == change.before.notes[:, [0, 1, 2, 3, 5]].tolist()
    assert len(change.columns.tempi) > 1


@pytest.mark.parametrize(("median", "chosen"), [(True, 1), (False, 2)])
def test_greedy_dynamics_are_medians(tokenizer: MidiTextTokenizer, median: bool, chosen: int):
    change = read_change(tokenizer, song(), "", ChangeWishes("refine"))
    draft, reader = change.draft(), column_reader(tokenizer)
    velocities = [reader.velocities[i] for i in (2, 7, 15)]
    weights = dict(zip((tokenizer.base_events[i] for i in velocities), (0.3, 0.3, 0.4), strict=True))
    scores = torch.full((1, len(tokenizer)), -9.0)
    for token, events in enumerate(tokenizer.token_events):
        for event in events:
            scores[0, token] = np.log(weights[event]) if event in weights else scores[0, token]
    scripts = [(draft.script, draft.tempi)]
    rules = SameNotesLogitsProcessor(tokenizer.token_events, tokenizer.eos_token_id, scripts, median=median)
    ids = torch.tensor([[1]])
    while ids[0, -1] != tokenizer.eos_token_id:
        ids = torch.cat([ids, rules(ids, scores).argmax(-1, keepdim=True)], 1)
    change.take(ids[0, 1:-1].tolist())
    assert set(change.columns.notes[:, 4].tolist()) == {velocities[chosen]}


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"task": "infill", "at_bars": "5-9"}, "bars 1 to 6; got 5-9"),
        ({"task": "infill", "at_bars": "0"}, "bars 1 to 6; got 0"),
        ({"task": "infill", "at_bars": "all"}, "must read like '9-16'"),
        ({"task": "infill", "at_tracks": [3]}, "1 Acoustic Grand Piano, 2 Violin; got 3"),
        ({"task": "infill"}, "needs at_bars, at_tracks"),
        ({"task": "vary", "strength": 0}, r"in \(0, 1\]"),
        ({"task": "vary", "strength": 1.5}, r"in \(0, 1\]"),
        ({"task": "refine", "strength": 0.5}, "belongs to the task 'vary'"),
        ({"task": "continue", "at_bars": "1"}, "belongs to the task 'infill'"),
        ({"task": "compose"}, "takes no midi"),
        ({"task": "dance"}, "task must be one of compose, continue"),
    ],
)
def test_what_cannot_be_asked_is_refused(pipe: TextToMidiPipeline, asked: dict, message: str):
    with pytest.raises(ValueError, match=message):
        pipe("", midi=song(), **asked)


def test_a_task_and_a_piece_belong_together(pipe: TextToMidiPipeline):
    with pytest.raises(ValueError, match="'vary' needs midi="):
        pipe("a waltz", task="vary")
    with pytest.raises(ValueError, match="at_bars can only be asked of a piece"):
        pipe("a waltz", at_bars="1")
    with pytest.raises(ValueError, match="no note"):
        pipe("", midi=symusic.Score(480))
    with pytest.raises(ValueError, match="leave no instrument"):
        pipe("without violin, without piano", midi=song(), seed=1)
    assert read_bars([2, 1], 3) == (0, 1)


def test_a_list_may_mix_tasks(pipe: TextToMidiPipeline):
    inputs = [
        {"prompt": "a waltz, 2 bars"},
        {"midi": song(), "task": "vary", "strength": 0.2},
        {"midi": song(), "prompt": "add drums", "bars": 1},
        {"midi": song(), "task": "refine"},
    ]
    made = pipe(inputs, seed=1, batch_size=4)
    assert [each.task for each in made] == ["compose", "vary", "continue", "refine"]
    assert [each.facts.bars for each in made] == [2, 6, 7, 6]
    assert all(each.agreement[-1].met for each in made[1:])


def test_the_commands(tiny_checkpoint: Path, tmp_path: Path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "song.mid"
    write_score(song(), path)
    folder = shutil.copytree(tiny_checkpoint, tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "max_target_length": 140}))
    model = ("--model", str(folder), "--seed", "1")
    for words, name in (
        (("continue", "song.mid", "add drums", "--bars", "2"), "song-continue.mid"),
        (("infill", "song.mid", "--bars", "2-3", "--track", "2"), "song-infill.mid"),
        (("vary", "song.mid", "--strength", "0.2"), "song-vary.mid"),
        (("refine", "song.mid", "--json"), "song-refine.mid"),
    ):
        assert main([*words, *model]) == 0
        out = capsys.readouterr().out
        if "--json" in words:
            item = json.loads(out)
            assert (item["task"], item["song"], item["midi"]) == ("refine", "song.mid", name)
        else:
            assert "what nobody asked to change" in out
        assert measure_facts(read_score(tmp_path / name).score).notes > 10
    assert read_score(path).score.note_num() == song().note_num()
    for words, message in (
        (("infill", "song.mid"), "needs --bars, --track"),
        (("vary", "song.mid", "-o", "song.mid"), "is the piece to change"),
        (("vary", "none.mid"), "none.mid"),
    ):
        assert main([*words, *model]) == 1
        assert message in capsys.readouterr().err
