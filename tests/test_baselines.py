"""The ancestors are what they say: causal, exact where exact, the same after saving, resumable, audible."""

import json
import math
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import symusic
import torch
from huggingface_hub.errors import StrictDataclassError
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file
from test_build import piece

from midi_text.baselines import KINDS, NoteLstm, SequenceVae, WaveNet, load
from midi_text.baselines.corpus import MusicTable
from midi_text.baselines.note_lstm import NoteLstmConfig, grid_nats
from midi_text.baselines.notes import KEYS, LOWEST, NoteReader, Notes, write_notes
from midi_text.baselines.sequence_vae import (
    TIMES,
    Segments,
    SequenceVaeConfig,
    between,
    divergence_from_prior,
    polish,
    time_class,
)
from midi_text.baselines.settings import BaselineSettings
from midi_text.baselines.training import train_baseline
from midi_text.baselines.wavenet import RingBuffers, WaveNetConfig
from midi_text.cli import main
from midi_text.data.examples import event_vocabulary
from midi_text.records import EvaluationReport, RunRecord
from midi_text.score_midi_text import read_score

VOCABULARY = event_vocabulary()
EVENTS = len(VOCABULARY.names)
SIZES: dict[str, dict[str, int]] = {
    "lstm": {"window": 5, "embedding": 6, "hidden": 7, "windows_per_row": 3},
    "vae": {"segment": 9, "latent": 3, "embedding": 6, "hidden": 8},
    "wavenet": {"channels": 6, "skip_channels": 10, "layers_per_stack": 3, "stacks": 2, "crop": 40},
}


@dataclass
class Heard:
    """An excerpt as evaluation gives it."""

    events: np.ndarray
    notes: int


def make(kind: str, **changes: int):
    torch.manual_seed(1)
    made = KINDS[kind]
    return made(made.config_class(event_count=EVENTS, **{**SIZES[kind], **changes})).eval()


def events_of(score: symusic.Score) -> np.ndarray:
    return np.array(VOCABULARY.encode(score))


def places(score: symusic.Score) -> set[tuple[int, int]]:
    """When each note starts, on a grid of 48 a quarter, and its pitch."""
    ticks = score.resample(48)
    return {(note.time, note.pitch) for track in ticks.tracks for note in track.notes}


ROWS = [events_of(piece(seed, bars=4)) for seed in range(3)]
DRUMS = events_of(piece(1, bars=4, drums=True))


# -- notes -------------------------------------------------------------------------------------------------------


def test_notes_are_read_as_a_musician_counts_them():
    score = symusic.Score(480)
    score.time_signatures.append(symusic.TimeSignature(0, 6, 8))
    score.time_signatures.append(symusic.TimeSignature(1440, 3, 4))
    track, drums = symusic.Track(program=40), symusic.Track(is_drum=True)
    track.notes.append(symusic.Note(0, 240, 60, 80))  # an eighth
    track.notes.append(symusic.Note(720, 720, 10, 80))  # below the piano
    track.notes.append(symusic.Note(1440 + 480, 480, 67, 80))  # second beat of the 3/4 bar
    track.notes.append(symusic.Note(1440 + 480, 960, 64, 80))
    drums.notes.append(symusic.Note(0, 240, 36, 80))
    score.tracks.append(track)
    score.tracks.append(drums)
    notes = NoteReader(VOCABULARY.names).read(events_of(score))
    assert (notes.key + LOWEST).tolist() == [60, 22, 64, 67]
    assert notes.step.tolist() == [0.0, 1.5, 2.5, 0.0]
    assert notes.duration.tolist() == [0.5, 1.5, 2.0, 1.0]


def test_what_is_written_is_read_again():
    rng = np.random.default_rng(3)
    step = rng.integers(1, 30, 40) / 12
    notes = Notes(rng.integers(0, KEYS, 40), step.astype(np.float32), (rng.integers(1, 96, 40) / 12).astype(np.float32))
    again = NoteReader(VOCABULARY.names).read(events_of(write_notes(notes)))
    assert again.key.tolist() == notes.key.tolist()
    np.testing.assert_allclose(again.step, notes.step, atol=1e-5)
    np.testing.assert_allclose(again.duration, notes.duration, atol=1e-5)


def test_drums_have_no_pitched_notes_and_no_notes_make_no_score():
    empty = NoteReader(VOCABULARY.names).read(DRUMS)
    assert len(empty) == 0
    with pytest.raises(ValueError, match="at least one note"):
        write_notes(empty)


# -- all three ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_saved_and_loaded_it_says_the_same(kind: str, tmp_path: Path):
    model = make(kind)
    model.save_pretrained(tmp_path)
    again = load(tmp_path)
    assert type(again) is type(model)
    excerpts = [Heard(row, 12) for row in ROWS]
    np.testing.assert_allclose(again.bits_per_note(excerpts), model.bits_per_note(excerpts), rtol=1e-6)
    assert model.notes_counted(excerpts).tolist() == [12, 12, 12]


@pytest.mark.parametrize("kind", KINDS)
def test_it_learns_one_batch_by_heart(kind: str):
    model = make(kind, **({"hidden": 40} if kind != "wavenet" else {"channels": 32, "skip_channels": 32}))
    batch = model.training_batch(ROWS[:2], np.random.default_rng(0))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    before = model(**batch).loss.item()
    for _ in range(100):
        loss = model(**batch).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert model(**batch).loss.item() < 0.4 * before


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_gives_the_same_piece_and_a_start_stands_at_its_beginning(kind: str):
    model = make(kind)
    start = VOCABULARY.quantize(piece(2, bars=2))
    first, again, other = (model.generate_score(seed=seed, notes=20, start=start) for seed in (5, 5, 6))
    assert first == again
    assert first != other
    heard, given = places(first), places(start)
    assert given <= heard
    assert len(given) < first.note_num() <= len(given) + 20
    assert first.tempos[0].qpm == start.tempos[0].qpm
    free = model.generate_score(seed=5, notes=20)
    assert 1 <= free.note_num() <= 20
    read_score(free)


@pytest.mark.parametrize("kind", KINDS)
def test_requests_that_make_no_sense(kind: str):
    model = make(kind)
    with pytest.raises(ValueError, match="notes must be at least 1"):
        model.generate_score(seed=0, notes=0)
    with pytest.raises(ValueError, match="temperature must be positive"):
        model.generate_score(seed=0, temperature=0.0)
    with pytest.raises((ValueError, StrictDataclassError), match="hiden"):
        KINDS[kind].config_class(hiden=3)
    with pytest.raises((ValueError, StrictDataclassError), match="at least 1"):
        KINDS[kind].config_class(event_count=0)
    other = KINDS[kind](KINDS[kind].config_class(event_count=7, **SIZES[kind]))
    with pytest.raises(ValueError, match="train it again"):
        other.generate_score(seed=0, notes=3)


@pytest.mark.parametrize("kind", ["lstm", "vae"])
def test_note_models_do_not_hear_drums(kind: str):
    model = make(kind)
    assert model.bits_per_note([Heard(DRUMS, 12)]).tolist() == [0.0]
    assert model.notes_counted([Heard(DRUMS, 12)]).tolist() == [0]
    with pytest.raises(ValueError, match="drums"):
        model.training_batch([DRUMS], np.random.default_rng(0))
    with pytest.raises(ValueError, match="only drums"):
        model.generate_score(seed=0, notes=4, start=piece(1, bars=4, drums=True))


def test_load_says_what_is_missing(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=r"no config\.json"):
        load(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "midi_text"}')
    with pytest.raises(ValueError, match="midi_text_wavenet; it holds 'midi_text'"):
        load(tmp_path)


# -- WaveNet -----------------------------------------------------------------------------------------------------


def test_the_future_does_not_change_the_past_and_the_field_is_as_wide_as_it_says():
    model = make("wavenet")
    field = model.config.receptive_field
    assert field == 15
    symbols = torch.randint(0, EVENTS + 1, (2, 40), generator=torch.Generator().manual_seed(0))
    changed = symbols.clone()
    changed[:, 20] = (changed[:, 20] + 1) % (EVENTS + 1)
    moved = (model.logits(symbols) != model.logits(changed)).any(-1).any(0)
    assert not moved[:20].any()
    assert moved[20]
    assert moved[20 + field - 1]
    assert not moved[20 + field :].any()


def test_one_symbol_at_a_time_equals_the_whole():
    model = make("wavenet")
    symbols = torch.randint(0, EVENTS + 1, (3, 37), generator=torch.Generator().manual_seed(0))
    buffers = RingBuffers(model.config, 3, model.embed.weight)
    with torch.inference_mode():
        steps = torch.stack([model.next_logits(symbols[:, i], buffers) for i in range(37)], 1)
        torch.testing.assert_close(steps, model.logits(symbols), rtol=1e-4, atol=1e-5)


def test_wavenet_bits_are_those_of_every_event_and_the_end():
    model = make("wavenet")
    whole = torch.tensor([0, *(ROWS[0] + 1).tolist(), 0])
    with torch.inference_mode():
        logs = model.logits(whole[None, :-1]).double().log_softmax(-1)[0]
    by_hand = -logs.gather(1, whole[1:, None]).sum().item() / math.log(2)
    together = model.training_batch(ROWS, np.random.default_rng(0))  # padded rows cost nothing for their padding
    assert model.bits_per_note([Heard(ROWS[0], 12)])[0] == pytest.approx(by_hand, rel=1e-5)
    assert model(**together).bits.item() == pytest.approx(
        model.bits_per_note([Heard(r, 12) for r in ROWS]).sum(), rel=1e-5
    )
    assert together["notes"].tolist() == [12, 12, 12]


# -- the LSTM pair -----------------------------------------------------------------------------------------------


def test_lstm_bits_are_those_of_the_next_note_in_its_window():
    model = make("lstm")
    notes = NoteReader(VOCABULARY.names).read(ROWS[0])
    bits = 0.0
    with torch.inference_mode():
        for i in range(len(notes)):
            keys = ([KEYS] * 5 + notes.key.tolist())[i : i + 5]
            times = ([[0.0, 0.0]] * 5 + np.stack([notes.step, notes.duration], 1).tolist())[i : i + 5]
            scores, guessed = model.predict(torch.tensor([keys]), torch.tensor([times]))
            assert (guessed >= 0).all()
            bits -= scores.double().log_softmax(-1)[0, notes.key[i]].item() / math.log(2)
            next_times = torch.tensor([[notes.step[i], notes.duration[i]]])
            bits += grid_nats(guessed, next_times, torch.ones(2)).sum().item() / math.log(2)
    assert model.bits_per_note([Heard(ROWS[0], 12)])[0] == pytest.approx(bits, rel=1e-5)


@given(median=st.floats(0, 8), width=st.floats(0.005, 4))
def test_the_times_of_the_grid_have_all_the_probability(median: float, width: float):
    grid = torch.arange(12 * 200, dtype=torch.float64) / 12
    nats = grid_nats(torch.tensor(median).double(), grid, torch.tensor(width).double())
    assert torch.exp(-nats).sum().item() == pytest.approx(1, abs=1e-6)
    assert (grid[nats.argmin()] - median).abs() <= 0.5 / 12 + 1e-9


def test_likely_times_are_learned_at_every_width():
    times = torch.tensor([0.0, 0.5, 8.0])
    for width in (1e-4, 0.1, 10.0):
        widths, medians = torch.full((3,), width, requires_grad=True), torch.zeros(3, requires_grad=True)
        grid_nats(medians, times, widths).sum().backward()
        assert torch.isfinite(widths.grad).all()
        assert torch.isfinite(medians.grad).all()


def test_average_mode_uses_the_start_then_the_training_then_everything():
    model = make("lstm")
    with pytest.raises(ValueError, match="learn_averages"):
        model.generate_score(seed=0, notes=3, mode="average")
    with pytest.raises(ValueError, match="mode must be one of"):
        model.generate_score(seed=0, notes=3, mode="mean")
    training = Notes(np.array([39, 39, 41]), np.array([1, 2, 3], np.float32), np.array([1, 1, 4], np.float32))
    model.learn_averages([events_of(write_notes(training))])
    assert model.averages[39].tolist() == [1.5, 1.0, 2.0]
    start = Notes(np.array([41]), np.array([0.5], np.float32), np.array([0.25], np.float32))
    table = model._averages_for(start)
    np.testing.assert_allclose(table[41], [0.5, 0.25])
    np.testing.assert_allclose(table[39], [1.5, 1.0])
    np.testing.assert_allclose(table[3], [2.0, 2.0])
    score = model.generate_score(seed=4, notes=30, start=write_notes(start), mode="average")
    heard = NoteReader(VOCABULARY.names).read(events_of(score))
    np.testing.assert_allclose(heard.duration[1:], np.rint(table[heard.key[1:], 1] * 12) / 12, atol=1e-5)
    assert score != model.generate_score(seed=4, notes=30, start=write_notes(start), mode="model")


# -- the VAE -----------------------------------------------------------------------------------------------------


def test_the_vae_writes_without_looking_ahead():
    model = make("vae")
    z = torch.randn(1, 3, generator=torch.Generator().manual_seed(0))
    key = torch.arange(9)[None]
    nats = []
    with torch.inference_mode():
        for last in range(1, 10):  # what n notes cost does not depend on the notes after them
            seen = [torch.where(torch.arange(9) < last, part, -100)[None][0] for part in (key, key, key + 1)]
            nats.append(model.nats(Segments(*seen), z).item())
        other = model.nats(Segments(key.clone(), key, torch.where(key == 8, 20, key + 1)), z).item()
    assert all(a < b for a, b in pairwise(nats))
    assert nats[-1] != pytest.approx(other)


def test_divergence_and_the_way_between():
    mean, log_variance = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, math.log(4)]])
    assert divergence_from_prior(mean, log_variance).item() == pytest.approx(0.5 * (1 + 4 - 1 - math.log(4)))
    assert divergence_from_prior(torch.zeros(1, 2), torch.zeros(1, 2)).item() == 0
    points = between(torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]]), 3)
    torch.testing.assert_close(points[1], torch.tensor([[math.sqrt(0.5), math.sqrt(0.5)]]))
    torch.testing.assert_close(between(torch.ones(1, 2), torch.ones(1, 2), 2)[1], torch.ones(1, 2))


def test_times_have_the_nearest_class():
    assert TIMES[time_class(np.array([0.0, 1 / 3, 2.04, 2.6, 100.0]))].tolist() == [0.0, 4 / 12, 2.0, 2.5, 8.0]


def test_interpolation_goes_from_one_piece_to_the_other():
    model = make("vae")
    first, last = piece(1, bars=4), piece(2, bars=4)
    ways = model.interpolate(first, last, 3, seed=7)
    assert len(ways) == 3
    assert all(way.note_num() > 0 for way in ways)
    assert ways == model.interpolate(first, last, 3, seed=7)
    with pytest.raises(ValueError, match="count must be at least 2"):
        model.interpolate(first, last, 1, seed=7)


def test_polishing_asks_the_refine_task():
    asked = {}

    class Answer:
        score = piece(3)

    def pipeline(request, **options):
        asked.update(request, **options)
        return Answer()

    raw = make("vae").generate_score(seed=0, notes=12)
    assert polish(raw, pipeline, "tenderly", seed=4) is Answer.score
    assert asked == {"prompt": "tenderly", "midi": raw, "task": "refine", "seed": 4}


# -- training and the shell --------------------------------------------------------------------------------------


def settings(kind: str) -> BaselineSettings:
    return BaselineSettings(
        kind=kind, model=SIZES[kind], steps=6, rows_per_batch=3, warmup_steps=2,
        validate_every=3, validation_rows=3, save_every=3,
    )  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_going_on_after_a_stop_equals_a_straight_run(kind: str, data: Path, tmp_path: Path):
    straight = train_baseline(data, tmp_path / "straight", settings(kind))
    assert straight is not None
    assert train_baseline(data, tmp_path / "run", settings(kind), max_seconds=0.0) is None
    with pytest.raises(FileExistsError, match="--resume"):
        train_baseline(data, tmp_path / "run", settings(kind))
    resumed = train_baseline(data, tmp_path / "run", settings(kind), resume=True)
    assert resumed is not None
    assert resumed.losses == straight.losses
    assert resumed.tokens_seen == straight.tokens_seen
    one, two = (load_file(tmp_path / name / "best" / "model.safetensors") for name in ("straight", "run"))
    assert all(torch.equal(one[name], two[name]) for name in one)
    record = RunRecord.load(tmp_path / "run" / "best" / "run_record.json")
    assert record.settings["kind"] == kind
    assert record.bits_per_note == min(point.validation for point in record.losses) / math.log(2)
    assert not list((tmp_path / "run").glob(".*.part"))


def test_settings_that_make_no_sense():
    with pytest.raises(ValueError, match="kind must be one of lstm, vae, wavenet"):
        BaselineSettings(kind="gru")
    with pytest.raises(ValueError, match="steps must be at least 1"):
        BaselineSettings(steps=0)
    with pytest.raises(ValueError, match="mixed_precision"):
        BaselineSettings(mixed_precision="fp8")


def test_rows_are_spread_and_drawn_by_length(data: Path):
    table = MusicTable(data, "train")
    assert len(table.spread(10**6)) == len(table)
    assert [row.notes for row in table.spread(2)] == [table[0].notes, table[len(table) // 2].notes]
    drawn = table.draw(4, np.random.default_rng(0))
    assert all(VOCABULARY.names[events[0]] == "Bar_None" for events in drawn)
    with pytest.raises(IndexError, match="row"):
        table[len(table)]


def test_from_the_shell(data: Path, tiny_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    run = tmp_path / "run"
    for kind, config in (("lstm", NoteLstmConfig), ("wavenet", WaveNetConfig), ("vae", SequenceVaeConfig)):
        train_baseline(data, run / kind, settings(kind))
        assert type(load(run / kind / "best").config) is config
    best = str(run / "lstm" / "best")
    words = ["compose-baseline", best, "-o", str(tmp_path / "a.mid"), "--seed", "1", "--notes", "9", "--json"]
    assert main([*words, "--data", str(data), "--start-notes", "5", "--mode", "average"]) == 0
    assert json.loads(capsys.readouterr().out)["notes"] == read_score(tmp_path / "a.mid").score.note_num() == 14
    with pytest.raises(SystemExit):
        main(["compose-baseline", str(run / "vae" / "best"), "-o", "x.mid", "--mode", "model"])
    report = tmp_path / "report.json"
    folders = [str(run / kind / "best") for kind in KINDS]
    assert main(["evaluate-baseline", str(data), *folders, "--excerpts", "4", "-o", str(report), "--json"]) == 0
    rows = EvaluationReport.load(report)
    excerpts = MusicTable(data, "test").spread(4)
    bits = load(folders[2]).bits_per_note(excerpts)
    assert rows.value("baselines/bits_per_note/wavenet") == pytest.approx(bits.sum() / sum(e.notes for e in excerpts))
    source = excerpts[0].source
    assert rows.value(f"baselines/bits_per_note/lstm/{source}") > 0
    assert rows.value("baselines/bits_per_note/bigram") > 0
    words = ["evaluate", "--parts", "likelihood", "--data", str(data), "--model", str(tiny_checkpoint), "--json"]
    ancestors = [word for kind in ("lstm", "wavenet") for word in ("--ancestor", f"my_{kind}={run / kind / 'best'}")]
    assert main([*words, *ancestors, "--excerpts", "4", "-o", str(report)]) == 0
    beside = EvaluationReport.load(report)
    for kind in ("lstm", "wavenet"):
        for end in ("", f"/{source}"):
            same = rows.value(f"baselines/bits_per_note/{kind}{end}")
            assert beside.value(f"likelihood/bits_per_note/my_{kind}{end}") == pytest.approx(same)
    assert beside.value(f"likelihood/bits_per_note/model/{source}") > 0
    arguments = ["train-baseline", str(data), str(tmp_path / "new"), "--kind", "lstm", "--steps", "2"]
    assert main([*arguments, "--rows-per-batch", "2", "--validation-rows", "2"]) == 0
    assert (tmp_path / "new" / "best" / "config.json").exists()


def test_the_kinds_have_their_names():
    assert {"lstm": NoteLstm, "vae": SequenceVae, "wavenet": WaveNet} == KINDS
