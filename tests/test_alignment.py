"""Words and music in one space: features, the loss over pairs, and its place in a run."""

import dataclasses
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import torch
from test_modeling import tiny_config
from test_training import SETTINGS, weights
from torch.nn import functional
from transformers import AutoModel

from midi_text import PRETRAINED
from midi_text.alignment_midi_text import INITIAL_LOGIT_SCALE, contrastive_loss
from midi_text.data.batches import Batch, Example, ExampleTable
from midi_text.modeling_midi_text import MidiTextForConditionalGeneration, MidiTextModel
from midi_text.tokenization_midi_text import EMBED, MidiTextTokenizer
from midi_text.training.contrast import CONTRAST, collate_pairs, held_out_pairs, in_step
from midi_text.training.loop import Trainer, train
from midi_text.training.objectives import make_example

PAIRS = dataclasses.replace(SETTINGS, tasks={CONTRAST: 1.0}, learning_rate=4e-3)


@pytest.fixture
def model() -> MidiTextForConditionalGeneration:
    torch.manual_seed(0)
    return MidiTextForConditionalGeneration(tiny_config(projection_dim=10)).eval()


def some_ids(rows: int = 3, length: int = 7) -> torch.Tensor:
    return torch.randint(5, 200, (rows, length), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("name", ["get_text_features", "get_midi_features"])
def test_features_are_unit_vectors_and_do_not_see_padding(model: MidiTextForConditionalGeneration, name: str):
    ids = some_ids()
    alone = getattr(model, name)(ids)
    assert alone.shape == (3, 10)
    assert alone.dtype == torch.float32
    torch.testing.assert_close(alone.norm(dim=-1), torch.ones(3))
    for before, after in ((0, 5), (4, 0)):
        filled = functional.pad(ids, (before, after), value=model.config.pad_token_id)
        mask = functional.pad(torch.ones_like(ids), (before, after))
        torch.testing.assert_close(getattr(model, name)(filled, mask), alone, atol=1e-5, rtol=1e-4)


def test_words_and_music_have_a_projection_each(model: MidiTextForConditionalGeneration):
    assert not torch.allclose(model.get_text_features(some_ids()), model.get_midi_features(some_ids()))


def test_features_in_half_precision_are_still_unit_vectors(model: MidiTextForConditionalGeneration):
    features = model.to(torch.bfloat16).get_midi_features(some_ids())
    assert features.dtype == torch.float32
    torch.testing.assert_close(features.norm(dim=-1), torch.ones(3))


def test_a_model_without_a_shared_space_says_so():
    model = MidiTextForConditionalGeneration(tiny_config())
    assert not any("alignment" in name for name, _ in model.named_parameters())
    with pytest.raises(ValueError, match=r"projection_dim is 0.*--tasks contrast"):
        model.get_text_features(some_ids())


def test_the_auto_class_gives_the_same_features(model: MidiTextForConditionalGeneration, tmp_path: Path):
    model.save_pretrained(tmp_path)
    loaded = AutoModel.from_pretrained(tmp_path)
    assert isinstance(loaded, MidiTextModel)
    torch.testing.assert_close(loaded.get_midi_features(some_ids()), model.get_midi_features(some_ids()))


def test_a_checkpoint_without_the_space_gets_a_fresh_one(tmp_path: Path):
    torch.manual_seed(3)
    MidiTextForConditionalGeneration(tiny_config()).save_pretrained(tmp_path)
    model = MidiTextForConditionalGeneration.from_pretrained(tmp_path, projection_dim=6)
    alignment = model.model.alignment
    assert alignment is not None
    assert float(alignment.logit_scale.detach()) == pytest.approx(INITIAL_LOGIT_SCALE)
    spread = model.config.initializer_range
    for projection in (alignment.text_projection, alignment.midi_projection):
        assert 0.5 * spread < float(projection.weight.detach().std()) < 2 * spread
    assert model.get_text_features(some_ids()).isfinite().all()


def test_loss_worked_by_hand():
    eye, other = torch.eye(2), torch.arange(2)
    # Cosines 1 on the diagonal and 0 beside it, times 2: the softmax of (2, 0).
    expected = torch.log1p(torch.exp(torch.tensor(-2.0)))
    torch.testing.assert_close(contrastive_loss(eye, eye, torch.tensor(2.0), other, other), expected)


@pytest.mark.parametrize("shared", ["words", "pieces"])
def test_copies_are_nobodys_negatives(shared: str):
    features = functional.normalize(torch.randn(4, 5, generator=torch.Generator().manual_seed(0)), dim=-1)
    groups = {"words": torch.arange(4), "pieces": torch.arange(4)}
    groups[shared] = torch.tensor([7, 8, 7, 9])
    loss = contrastive_loss(features, features, torch.tensor(3.0), **groups)
    logits = 3 * features @ features.T
    kept = [[0, 1, 3], [0, 1, 2, 3], [1, 2, 3], [0, 1, 2, 3]]
    by_hand = sum(torch.logsumexp(logits[i, kept[i]], 0) - logits[i, i] for i in range(4)) / 4
    torch.testing.assert_close(loss, by_hand)
    alike = torch.zeros(4, dtype=torch.long)
    assert contrastive_loss(features, features, torch.tensor(3.0), alike, torch.arange(4)) == 0


def test_steps_are_of_one_kind():
    tasks = ["compose", CONTRAST, "caption", CONTRAST, "compose", CONTRAST, "compose", "caption"]
    plan = [Batch(task, (row,)) for row, task in enumerate(tasks)]
    assert in_step(plan, 1) == plan
    two = in_step(plan, 2)
    assert len(two) == 6
    assert len(set(two)) == 6
    for first, second in zip(two[::2], two[1::2], strict=True):
        assert (first.task == CONTRAST) == (second.task == CONTRAST)


def test_an_example_has_words_and_music_led_by_their_own_token(data: Path):
    import random

    tokenizer = MidiTextTokenizer.from_pretrained(data / "tokenizer")
    row = ExampleTable(data, "train")[0]
    example = make_example(tokenizer, row, CONTRAST, random.Random(0))
    assert example.source_ids[0] == example.target_ids[0] == tokenizer.task_id(EMBED)
    assert tokenizer.convert_ids_to_tokens(example.source_ids[0]) == "<extra_0>"
    assert all(i < tokenizer.music_offset for i in example.source_ids)
    assert tokenizer.decode_text(example.source_ids)
    assert tokenizer.convert_ids_to_tokens([example.target_ids[1], example.target_ids[-1]]) == ["<midi>", "</midi>"]
    assert row.piece


def test_a_corpus_that_names_no_pieces_is_read(data: Path, tmp_path: Path):
    import pyarrow.parquet as pq

    (tmp_path / "data").mkdir()
    (shard,) = (data / "data").glob("train-*")
    pq.write_table(pq.read_table(shard).drop_columns(["piece"]), tmp_path / "data" / shard.name)
    table = ExampleTable(tmp_path, "train")
    assert table[0].piece != table[1].piece


def test_the_loss_falls_on_one_batch(model: MidiTextForConditionalGeneration):
    examples = [
        Example(words, music, 1) for words, music in zip(*(some_ids(6, n).tolist() for n in (5, 9)), strict=True)
    ]
    batch = collate_pairs(examples, list("abcdef"), model.config.pad_token_id)
    words, pieces = batch.pop("words"), batch.pop("pieces")
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    losses = []
    for _ in range(30):
        out = model(**batch)
        loss = contrastive_loss(out.text_features, out.midi_features, out.logit_scale, words, pieces)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.1 * losses[0]
    nats, mrr = held_out_pairs(model, [{**batch, "words": words, "pieces": pieces}])
    assert nats < losses[0]
    assert mrr == 1.0


def test_a_run_of_pairs_alone_keeps_the_weights_that_match_best(data: Path, tmp_path: Path):
    settings = dataclasses.replace(PAIRS, steps=24, validate_every=8, save_every=24)
    trainer = Trainer(data, tmp_path / "run", settings)
    record = trainer.run()
    assert record is not None
    held = [point.validation for point in record.losses]
    assert record.best_step == record.losses[held.index(min(held))].step
    assert trainer.progress.best_pairs == min(held)
    model = MidiTextForConditionalGeneration.from_pretrained(tmp_path / "run" / "best")
    assert model.config.projection_dim == 128
    assert model.get_text_features(some_ids()).shape == (3, 128)


def test_a_run_learns_pairs_beside_other_tasks_and_can_be_stopped(data: Path, tmp_path: Path):
    settings = dataclasses.replace(SETTINGS, tasks={"compose": 0.5, CONTRAST: 0.5})
    train(data, tmp_path / "straight", settings)
    train(data, tmp_path / "stopped", settings, max_seconds=0.0)
    train(data, tmp_path / "stopped", settings, resume=True)
    first, second = (weights(tmp_path / name / "checkpoint-0000008") for name in ("straight", "stopped"))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert "model.alignment.logit_scale" in first


@pytest.mark.skipif(not (PRETRAINED / "model.safetensors").is_file(), reason="needs the embedded weights")
def test_the_embedded_checkpoint_loads(recwarn: pytest.WarningsRecorder):
    model = MidiTextForConditionalGeneration.from_pretrained(PRETRAINED)
    assert not recwarn.list
    if not model.config.projection_dim:
        with pytest.raises(ValueError, match="shared space"):
            model.get_midi_features(some_ids())


def test_two_processes_equal_one_on_the_same_batch(data: Path, tmp_path: Path):
    """Two processes with three and two pairs move the weights as one with all five."""
    code = tmp_path / "two.py"
    code.write_text(
        textwrap.dedent(f"""
        import dataclasses, sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        import torch
        from test_alignment import PAIRS, pairs_of
        from midi_text.training.loop import Trainer

        world = int(sys.argv[1])
        settings = dataclasses.replace(
            PAIRS, tasks={{"contrast": 0.5, "compose": 0.5}}, model={{**PAIRS.model, "dropout": 0.0}}, warmup_steps=0
        )
        trainer = Trainer({str(data)!r}, f"{tmp_path}/run-{{world}}", settings)
        assert trainer.accelerator.num_processes == world
        trainer.model.train()
        shares = [range(5)] if world == 1 else [range(3), range(3, 5)]
        for _ in range(3):
            batch = pairs_of(trainer.table, trainer.tokenizer, shares[trainer.accelerator.process_index])
            loss = trainer._step(batch)
        if trainer.accelerator.is_main_process:
            state = {{name: value.detach() for name, value in trainer.model.named_parameters()}}
            torch.save((loss, state), f"{tmp_path}/{{world}}.pt")
        trainer.accelerator.end_training()
        """)
    )
    environment = {**os.environ, "ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1", "MASTER_PORT": "29617"}
    launch = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2"]
    launch += ["--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no"]
    for command in ([sys.executable, str(code), "1"], [*launch, str(code), "2"]):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=110)
        assert done.returncode == 0, done.stderr[-3000:]
    (loss, one), (other_loss, two) = (torch.load(tmp_path / f"{n}.pt", weights_only=True) for n in (1, 2))
    assert loss == pytest.approx(other_loss, rel=1e-4)
    for name, value in one.items():
        torch.testing.assert_close(two[name], value, atol=2e-4, rtol=1e-3, msg=name)


def pairs_of(table: ExampleTable, tokenizer: MidiTextTokenizer, rows: range) -> dict[str, torch.Tensor]:
    import random

    examples = [make_example(tokenizer, table[i], CONTRAST, random.Random(i), augment=False) for i in rows]
    return collate_pairs(examples, [table[i].piece for i in rows], tokenizer.pad_token_id)
