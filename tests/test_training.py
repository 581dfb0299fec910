"""The loop learns, can be stopped anywhere and go on exactly there, and two processes are really two."""

import dataclasses
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from midi_text.modeling_midi_text import MidiTextForConditionalGeneration
from midi_text.processing_midi_text import MidiTextProcessor
from midi_text.records import DataManifest, RunRecord
from midi_text.rendering.piano_roll import draw_piano_roll
from midi_text.score_midi_text import read_score
from midi_text.training import loop
from midi_text.training.loop import Trainer, train
from midi_text.training.samples import PROMPTS
from midi_text.training.settings import TrainingSettings

SETTINGS = TrainingSettings(
    model={"d_model": 32, "num_heads": 2, "num_key_value_heads": 2, "d_ff": 48, "num_encoder_layers": 1,
           "num_decoder_layers": 1, "dropout": 0.1},
    steps=8, events_per_batch=1500, warmup_steps=2, validate_every=4, validation_rows=4, save_every=4,
    mixed_precision="no", samples=0, trackers=(),
)  # fmt: skip


@pytest.fixture(scope="module")
def run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of eight steps without a stop."""
    output = tmp_path_factory.mktemp("runs") / "straight"
    train(data, output, SETTINGS)
    return output


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def assert_equal_weights(a: Path, b: Path) -> None:
    first, second = weights(a), weights(b)
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_run_leaves_weights_processor_and_record(run: Path):
    record = RunRecord.load(run / "best" / "run_record.json")
    assert record.best_step in (4, 8)
    assert record.tokens_seen > 0
    assert 0 < record.bits_per_note < 60
    assert [point.step for point in record.losses][-1] == record.best_step
    model = MidiTextForConditionalGeneration.from_pretrained(run / "best")
    processor = MidiTextProcessor.from_pretrained(run / "best")
    assert model.dtype == torch.bfloat16
    assert model.config.vocab_size == len(processor.tokenizer)
    assert DataManifest.load(run / "best" / "data_manifest.json").hash == record.data_manifest_hash
    assert (run / "best" / "CREDITS.md").read_text().startswith("# Credits")
    assert not list(run.glob(".*.part"))
    assert {path.name for path in run.iterdir()} == {"best", "checkpoint-0000004", "checkpoint-0000008"}


def test_samples_and_figures_come_and_change_nothing(
    run: Path, data: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    caplog.set_level("INFO", "midi_text")
    Trainer(data, tmp_path / "run", dataclasses.replace(SETTINGS, samples=2, trackers=None), draw_piano_roll).run()
    assert_equal_weights(run / "checkpoint-0000008", tmp_path / "run" / "checkpoint-0000008")
    samples = tmp_path / "run" / "samples"
    assert sorted(path.name for path in samples.iterdir()) == ["step-0000004", "step-0000008"]
    for folder in samples.iterdir():
        said = (folder / "samples.md").read_text()
        assert said.count("## prompt-") == len(PROMPTS)
        assert said.count("## piece-") >= 1
        assert all(f"> {prompt}" in said for prompt in PROMPTS)
        for midi in folder.glob("*.mid"):
            assert read_score(midi).score.note_num() > 0
            assert midi.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    assert list((tmp_path / "run").rglob("events.out.tfevents*")), "TensorBoard is the default"
    assert any("tokens/s" in message for message in caplog.messages)


def test_adapters_learn_alone_and_come_out_merged(run: Path, data: Path, tmp_path: Path):
    settings = dataclasses.replace(SETTINGS, init_from=str(run / "best"), lora_rank=2, learning_rate=0.02,
                                   matrix_learning_rate=0.0, base_model="a tiny one")  # fmt: skip
    trainer = Trainer(data, tmp_path / "run", settings)
    learning = [name for name, parameter in trainer.model.named_parameters() if parameter.requires_grad]
    assert learning
    assert all("lora_" in name for name in learning)
    trainer.run()
    before, after = weights(run / "best"), weights(tmp_path / "run" / "best")
    assert before.keys() == after.keys()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed
    assert all(name.split(".")[-2].endswith("_proj") for name in changed)
    assert RunRecord.load(tmp_path / "run" / "best" / "run_record.json").settings["base_model"] == "a tiny one"


def test_going_on_after_a_stop_equals_a_straight_run(run: Path, data: Path, tmp_path: Path):
    stopped = train(data, tmp_path / "run", SETTINGS, max_seconds=0.0)
    assert stopped is None, "one step is not enough for a validation"
    assert [path.name for path in (tmp_path / "run").glob("checkpoint-*")] == ["checkpoint-0000001"]
    record = train(data, tmp_path / "run", SETTINGS, resume=True)
    assert record is not None
    assert_equal_weights(run / "checkpoint-0000008", tmp_path / "run" / "checkpoint-0000008")
    straight = RunRecord.load(run / "best" / "run_record.json")
    assert dataclasses.replace(record, wall_seconds=0.0, name="", losses=()) == dataclasses.replace(
        straight, wall_seconds=0.0, name="", losses=()
    )


def test_a_run_is_not_overwritten(run: Path, data: Path):
    with pytest.raises(FileExistsError, match="holds a run"):
        train(data, run, SETTINGS)


def test_sources_are_weighed_and_must_be_there(data: Path, tmp_path: Path):
    trainer = Trainer(data, tmp_path / "run", dataclasses.replace(SETTINGS, tasks={"compose": 1.0}))
    assert trainer.weights is None
    source = trainer.table.sources[0]
    weighed = dataclasses.replace(SETTINGS, steps=1, validate_every=1, save_every=1, sources={source: 2.5})
    trainer = Trainer(data, tmp_path / "run", weighed)
    assert trainer.weights is not None
    assert set(trainer.weights[[each == source for each in trainer.table.sources]]) == {2.5}
    assert trainer.run() is not None
    with pytest.raises(ValueError, match=f"sources must be of the data, .*{source}.*; got nobody"):
        Trainer(data, tmp_path / "other", dataclasses.replace(SETTINGS, sources={"nobody": 1.0}))


def test_training_lowers_the_loss(data: Path, tmp_path: Path):
    brisk = dataclasses.replace(SETTINGS, learning_rate=4e-3, matrix_learning_rate=0.02)
    settings = dataclasses.replace(brisk, steps=60, validate_every=20, ema_decay=0.8, save_every=60)
    record = train(data, tmp_path / "run", settings)
    assert record is not None
    first, last = record.losses[0].validation, record.losses[-1].validation
    assert first is not None
    assert last is not None
    assert last < 0.9 * first


def test_muon_has_the_decoders_own_matrices_and_adamw_the_rest(data: Path, tmp_path: Path):
    trainer = Trainer(data, tmp_path / "run", SETTINGS)
    names = {id(p): name for name, p in trainer.model.named_parameters()}
    muon, adamw = ([names[id(p)] for g in o.param_groups for p in g["params"]] for o in trainer.optimizers)
    assert sorted(muon + adamw) == sorted(names.values())
    assert muon
    assert all("decoder.layers" in name and "cross_attn" not in name and "norm" not in name for name in muon)
    assert any("cross_attn" in name for name in adamw)


def test_fine_tuning_starts_from_the_given_weights(run: Path, data: Path, tmp_path: Path):
    settings = dataclasses.replace(
        SETTINGS,
        init_from=str(run / "best"),
        steps=1,
        learning_rate=1e-12,
        matrix_learning_rate=1e-12,
        weight_decay=0.0,
    )
    train(data, tmp_path / "run", settings)
    before, after = weights(run / "best"), weights(tmp_path / "run" / "best")
    assert all(torch.allclose(before[name].float(), after[name].float(), atol=1e-2) for name in before)


def test_sigterm_saves_and_ends(data: Path, tmp_path: Path):
    output = tmp_path / "run"
    code = textwrap.dedent(f"""
        import dataclasses, sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from test_training import SETTINGS
        from midi_text.training.loop import Trainer

        class Telling(Trainer):
            def _step(self, batch):
                loss = super()._step(batch)
                print("step", self.progress.step, flush=True)
                return loss

        settings = dataclasses.replace(SETTINGS, steps=100_000, validate_every=10_000, save_every=10_000)
        Telling({str(data)!r}, {str(output)!r}, settings).run()
    """)
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "step 1\n"
        process.send_signal(signal.SIGTERM)
        said, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0, errors[-2000:]
    last = int(said.split()[-1]) if said else 1
    assert [path.name for path in output.glob("checkpoint-*")] == [f"checkpoint-{last:07d}"]


def test_two_processes_share_the_work(data: Path, tmp_path: Path):
    code = tmp_path / "two.py"
    code.write_text(
        textwrap.dedent(f"""
        import dataclasses, sys
        from pathlib import Path
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        import torch
        from test_training import SETTINGS
        from midi_text.training.loop import Trainer
        settings = dataclasses.replace(SETTINGS, steps=4, model={{**SETTINGS.model, "dropout": 0.0}})
        trainer = Trainer({str(data)!r}, {str(tmp_path / "run")!r}, settings)
        assert trainer.accelerator.num_processes == 2, trainer.accelerator.num_processes
        trainer.run()
        weights = torch.cat([p.detach().flatten() for p in trainer.model.parameters()]).double().sum().item()
        # A file each: what two processes print may be mixed within a line.
        said = f"{{trainer.progress.tokens}} {{weights!r}}"
        Path({str(tmp_path)!r}, f"rank-{{trainer.accelerator.process_index}}").write_text(said)
        """)
    )
    config = Path(__file__).parents[1] / "configs" / "two-cpu.yaml"
    command = [sys.executable, "-m", "accelerate.commands.launch", "--config_file", str(config), str(code)]
    environment = {**os.environ, "ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1", "MASTER_PORT": "29613"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stderr
    ranks = [(tmp_path / f"rank-{rank}").read_text().split() for rank in (0, 1)]
    assert ranks[0][0] == ranks[1][0], "every process must count the tokens of all"
    assert ranks[0][1] == ranks[1][1], "the processes must have the same weights"
    assert RunRecord.load(tmp_path / "run" / "best" / "run_record.json").hardware.startswith("2 ×")


@pytest.mark.parametrize(("launched", "used"), [("no", "no"), ("bf16", "bf16"), (None, "no")])
def test_the_precision_is_the_one_launched_or_the_faster(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, launched: str | None, used: str
):
    monkeypatch.delenv("ACCELERATE_MIXED_PRECISION", raising=False)
    if launched is not None:
        monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", launched)
    monkeypatch.setattr(loop, "faster_precision", lambda device: "no")
    trainer = Trainer(data, tmp_path / "run", dataclasses.replace(SETTINGS, mixed_precision="auto"))
    assert trainer.settings.mixed_precision == trainer.accelerator.mixed_precision == used


@pytest.mark.parametrize(
    ("field", "value"), [("steps", 0), ("learning_rate", 0.0), ("ema_decay", 1.0), ("mixed_precision", "fp8")]
)
def test_impossible_settings_are_refused(field, value):
    with pytest.raises(ValueError, match=f"{field} must be"):
        dataclasses.replace(SETTINGS, **{field: value})
