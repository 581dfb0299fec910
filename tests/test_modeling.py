"""The model computes the same thing however it is asked: cached, padded, batched, compiled, saved.

Every size in the fixtures differs from every other, so that a swapped dimension cannot pass unnoticed.
"""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional
from transformers import BatchEncoding, DataCollatorForSeq2Seq, Seq2SeqTrainer, Seq2SeqTrainingArguments
from transformers.cache_utils import EncoderDecoderCache

from midi_text.configuration_midi_text import MidiTextConfig
from midi_text.layers_midi_text import rotary_tables, rotate
from midi_text.modeling_midi_text import MidiTextForConditionalGeneration, MidiTextModel, shift_right

BATCH, SOURCE, TARGET, VOCABULARY = 3, 7, 11, 211
CLOSE = {"atol": 2e-5, "rtol": 1e-4}


def tiny_config(**changes: object) -> MidiTextConfig:
    sizes = {
        "vocab_size": VOCABULARY,
        "music_offset": 53,
        "d_model": 48,
        "num_encoder_layers": 2,
        "num_decoder_layers": 4,
        "num_heads": 6,
        "num_key_value_heads": 3,
        "d_ff": 88,
        "initializer_range": 0.2,  # large, so that every part speaks up in the outputs
    }
    return MidiTextConfig(**{**sizes, **changes})


@pytest.fixture
def model() -> MidiTextForConditionalGeneration:
    torch.manual_seed(5)
    return MidiTextForConditionalGeneration(tiny_config()).eval()


@pytest.fixture
def source() -> Tensor:
    return torch.randint(3, VOCABULARY, (BATCH, SOURCE), generator=torch.Generator().manual_seed(1))


@pytest.fixture
def target() -> Tensor:
    return torch.randint(3, VOCABULARY, (BATCH, TARGET), generator=torch.Generator().manual_seed(2))


# -- parts


def test_rotation_keeps_length_and_depends_on_distance_only() -> None:
    query, key = torch.randn(2, 1, 1, 1, 10, generator=torch.Generator().manual_seed(0)).unbind(0)
    products = []
    for shift in (0, 17):
        tables = rotary_tables(torch.tensor([[3 + shift, 8 + shift]]), 10, 10_000.0, torch.float32)
        at = [tuple(t[:, i : i + 1] for t in tables) for i in (0, 1)]
        turned = rotate(query, at[0]), rotate(key, at[1])
        assert torch.allclose(turned[0].norm(), query.norm())
        products.append((turned[0] * turned[1]).sum())
    assert torch.allclose(products[0], products[1], atol=1e-5)


def test_shift_right() -> None:
    labels = torch.tensor([[5, 6, 2, -100], [7, 2, -100, -100]])
    assert shift_right(labels, 0, 1).tolist() == [[1, 5, 6, 2], [1, 7, 2, 0]]


def test_initial_weights_are_scaled_and_uniform_to_begin_with() -> None:
    torch.manual_seed(0)
    config = tiny_config(d_model=240, initializer_range=0.02)
    model = MidiTextForConditionalGeneration(config)
    layer = model.model.decoder.layers[1]
    assert layer.self_attn.qkv_proj.weight.std().item() == pytest.approx(0.02, rel=0.05)
    for output in (layer.self_attn.o_proj, layer.cross_attn.o_proj, layer.feed_forward.down_proj):
        assert output.weight.std().item() == pytest.approx(0.02 / 12**0.5, rel=0.05)
    ids = torch.randint(3, VOCABULARY, (BATCH, TARGET))
    loss = model(input_ids=ids, labels=ids.flip(1)).loss.item()
    assert loss == pytest.approx(torch.tensor(VOCABULARY).log().item(), rel=0.1)


# -- inputs and outputs


def test_shapes_of_all_outputs(model: MidiTextForConditionalGeneration, source: Tensor, target: Tensor) -> None:
    model.set_attn_implementation("eager")
    out = model(input_ids=source, decoder_input_ids=target, output_attentions=True, output_hidden_states=True)
    assert out.logits.shape == (BATCH, TARGET, VOCABULARY)
    assert out.encoder_last_hidden_state.shape == (BATCH, SOURCE, 48)
    assert [h.shape for h in out.encoder_hidden_states] == [(BATCH, SOURCE, 48)] * 3
    assert [h.shape for h in out.decoder_hidden_states] == [(BATCH, TARGET, 48)] * 5
    assert [w.shape for w in out.encoder_attentions] == [(BATCH, 6, SOURCE, SOURCE)] * 2
    assert [w.shape for w in out.decoder_attentions] == [(BATCH, 6, TARGET, TARGET)] * 4
    assert [w.shape for w in out.cross_attentions] == [(BATCH, 6, TARGET, SOURCE)] * 4
    for weights in (*out.encoder_attentions, *out.decoder_attentions, *out.cross_attentions):
        assert torch.allclose(weights.sum(-1), torch.ones(()), atol=1e-5)


def test_embeddings_in_place_of_ids(model: MidiTextForConditionalGeneration, source: Tensor, target: Tensor) -> None:
    by_ids = model(input_ids=source, decoder_input_ids=target).logits
    embedding = model.get_input_embeddings()
    by_embeddings = model(inputs_embeds=embedding(source), decoder_inputs_embeds=embedding(target)).logits
    assert torch.equal(by_ids, by_embeddings)


def test_encoder_outputs_are_reused(model: MidiTextForConditionalGeneration, source: Tensor, target: Tensor) -> None:
    encoded = model.get_encoder()(input_ids=source)
    expected = model(input_ids=source, decoder_input_ids=target).logits
    assert torch.equal(model(encoder_outputs=encoded, decoder_input_ids=target).logits, expected)
    as_tuple = model(encoder_outputs=(encoded.last_hidden_state,), decoder_input_ids=target, return_dict=False)
    assert torch.equal(as_tuple[0], expected)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (("decoder_input_ids",), "encoder needs either ids or embeddings, found neither"),
        (("input_ids",), "decoder needs either ids or embeddings, found neither"),
        (("input_ids", "inputs_embeds", "decoder_input_ids"), "encoder needs either ids or embeddings, found both"),
    ],
)
def test_missing_inputs_are_named(
    model: MidiTextForConditionalGeneration, source: Tensor, inputs: tuple[str, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        model(**dict.fromkeys(inputs, source))


def test_decoder_without_source_says_so(model: MidiTextForConditionalGeneration, target: Tensor) -> None:
    with pytest.raises(ValueError, match="needs a source: pass encoder_hidden_states"):
        model.model.decoder(input_ids=target)


def test_only_asked_positions_are_scored(
    model: MidiTextForConditionalGeneration, source: Tensor, target: Tensor
) -> None:
    full = model(input_ids=source, decoder_input_ids=target).logits
    last = model(input_ids=source, decoder_input_ids=target, logits_to_keep=2).logits
    assert torch.allclose(last, full[:, -2:], **CLOSE)


# -- what may and may not have an effect


def test_later_ids_do_not_change_earlier_scores(
    model: MidiTextForConditionalGeneration, source: Tensor, target: Tensor
) -> None:
    changed = target.clone()
    changed[:, 6:] = target.flip(0)[:, 6:]
    a = model(input_ids=source, decoder_input_ids=target).logits
    b = model(input_ids=source, decoder_input_ids=changed).logits
    assert torch.allclose(a[:, :6], b[:, :6], **CLOSE)
    assert not torch.allclose(a[:, 6], b[:, 6], atol=1e-2)


def test_every_source_position_matters(model: MidiTextForConditionalGeneration, source: Tensor, target: Tensor) -> None:
    expected = model(input_ids=source, decoder_input_ids=target).logits[:, 0]
    for position in range(SOURCE):
        changed = source.clone()
        changed[:, position] = (source[:, position] + 9) % VOCABULARY
        assert not torch.allclose(model(input_ids=changed, decoder_input_ids=target).logits[:, 0], expected, atol=1e-3)


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_masked_positions_do_not_matter(
    model: MidiTextForConditionalGeneration, source: Tensor, target: Tensor, attention: str
) -> None:
    model.set_attn_implementation(attention)
    mask = torch.ones_like(source)
    mask[0, 4:] = 0
    mask[1, :2] = 0
    filler = torch.where(mask == 0, 99, source)
    a = model(input_ids=source, attention_mask=mask, decoder_input_ids=target).logits
    b = model(input_ids=filler, attention_mask=mask, decoder_input_ids=target).logits
    assert torch.allclose(a, b, **CLOSE)


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_padded_equals_single(
    model: MidiTextForConditionalGeneration, source: Tensor, target: Tensor, attention: str, side: str
) -> None:
    """Rows of different length, padded on either side, score as each row alone."""
    model.set_attn_implementation(attention)
    rows = [(source[i, :s], target[i, :t]) for i, (s, t) in enumerate(((SOURCE, 4), (2, TARGET), (5, 8)))]
    ids, mask = torch.zeros(BATCH, SOURCE, dtype=torch.long), torch.zeros(BATCH, SOURCE, dtype=torch.long)
    decoder_ids, decoder_mask = torch.zeros_like(target), torch.zeros_like(target)
    for i, (s, t) in enumerate(rows):
        where_s = slice(SOURCE - len(s), None) if side == "left" else slice(len(s))
        where_t = slice(TARGET - len(t), None) if side == "left" else slice(len(t))
        ids[i, where_s], mask[i, where_s] = s, 1
        decoder_ids[i, where_t], decoder_mask[i, where_t] = t, 1
    padded = model(
        input_ids=ids, attention_mask=mask, decoder_input_ids=decoder_ids, decoder_attention_mask=decoder_mask
    ).logits
    assert padded.isfinite().all()
    for i, (s, t) in enumerate(rows):
        single = model(input_ids=s[None], decoder_input_ids=t[None]).logits[0]
        assert torch.allclose(padded[i][decoder_mask[i].bool()], single, **CLOSE)


def test_sdpa_equals_eager(model: MidiTextForConditionalGeneration, source: Tensor, target: Tensor) -> None:
    mask = torch.ones_like(source)
    mask[2, 3:] = 0
    logits = []
    for attention in ("sdpa", "eager"):
        model.set_attn_implementation(attention)
        logits.append(model(input_ids=source, attention_mask=mask, decoder_input_ids=target).logits)
    assert torch.allclose(*logits, **CLOSE)


def test_grouped_heads_equal_repeated_heads(source: Tensor, target: Tensor) -> None:
    """Multi-query attention is multi-head attention whose key heads are the same."""
    torch.manual_seed(0)
    one = MidiTextModel(tiny_config(num_key_value_heads=1)).eval()
    many = MidiTextModel(tiny_config(num_key_value_heads=6)).eval()
    weights = one.state_dict()
    for name, weight in weights.items():
        if name.endswith(("qkv_proj.weight", "kv_proj.weight")):
            queries = weight[:48] if "qkv" in name else weight[:0]
            keys, values = weight[len(queries) :].chunk(2)
            weights[name] = torch.cat((queries, keys.repeat(6, 1), values.repeat(6, 1)))
    many.load_state_dict(weights)
    a, b = (m(input_ids=source, decoder_input_ids=target).last_hidden_state for m in (one, many))
    assert torch.allclose(a, b, **CLOSE)


# -- decoding step by step


def test_cached_equals_uncached(model: MidiTextForConditionalGeneration, source: Tensor, target: Tensor) -> None:
    mask = torch.ones_like(source)
    mask[1, 5:] = 0
    expected = model(input_ids=source, attention_mask=mask, decoder_input_ids=target).logits
    encoded, cache, steps = model.get_encoder()(input_ids=source, attention_mask=mask), None, []
    for first, last in ((0, 4), (4, 5), (5, 8), *((i, i + 1) for i in range(8, TARGET))):
        out = model(
            encoder_outputs=encoded,
            attention_mask=mask,
            decoder_input_ids=target[:, first:last],
            past_key_values=cache,
            use_cache=True,
        )
        cache = out.past_key_values
        steps.append(out.logits)
    assert isinstance(cache, EncoderDecoderCache)
    assert torch.allclose(torch.cat(steps, dim=1), expected, **CLOSE)


def test_no_cache_unless_asked(model: MidiTextForConditionalGeneration, source: Tensor, target: Tensor) -> None:
    assert model(input_ids=source, labels=target).past_key_values is None
    assert model(input_ids=source, decoder_input_ids=target, use_cache=False).past_key_values is None


def greedy(model: MidiTextForConditionalGeneration, source: Tensor, **settings: object) -> Tensor:
    return model.generate(source, do_sample=False, max_new_tokens=9, eos_token_id=None, **settings)


def test_generation_is_the_argmax_of_forward(model: MidiTextForConditionalGeneration, source: Tensor) -> None:
    ids = greedy(model, source)
    assert ids.shape == (BATCH, 10)
    scores = model(input_ids=source, decoder_input_ids=ids[:, :-1]).logits
    assert torch.equal(scores.argmax(-1), ids[:, 1:])
    assert torch.equal(greedy(model, source, use_cache=False), ids)


def test_static_cache_writes_the_same_ids(model: MidiTextForConditionalGeneration, source: Tensor) -> None:
    assert torch.equal(greedy(model, source, cache_implementation="static"), greedy(model, source))


def test_batch_writes_the_same_ids_as_rows(model: MidiTextForConditionalGeneration, source: Tensor) -> None:
    mask = torch.ones_like(source)
    mask[0, 3:] = 0
    batch = greedy(model, source.masked_fill(mask == 0, 0), attention_mask=mask)
    for i in range(BATCH):
        assert torch.equal(batch[i], greedy(model, source[i : i + 1, : int(mask[i].sum())])[0])


def test_primed_decoder_goes_on_in_a_padded_batch(model: MidiTextForConditionalGeneration, source: Tensor) -> None:
    """Beginnings of different length, padded on the left, go on as each alone."""
    beginnings = [torch.tensor([1, 60, 70]), torch.tensor([1, 80]), torch.tensor([1, 90, 100, 110])]
    ids, mask = torch.zeros(BATCH, 4, dtype=torch.long), torch.zeros(BATCH, 4, dtype=torch.long)
    for i, beginning in enumerate(beginnings):
        ids[i, 4 - len(beginning) :], mask[i, 4 - len(beginning) :] = beginning, 1
    batch = greedy(model, source, decoder_input_ids=ids, decoder_attention_mask=mask)
    for i, beginning in enumerate(beginnings):
        single = greedy(model, source[i : i + 1], decoder_input_ids=beginning[None])
        assert torch.equal(batch[i, 4:], single[0, len(beginning) :])


@pytest.mark.parametrize(
    "settings",
    [
        {"do_sample": True, "top_p": 0.9},
        {"do_sample": False, "num_beams": 4},
        {"do_sample": True, "num_return_sequences": 2},
    ],
)
def test_sampling_and_beams_run_and_repeat(
    model: MidiTextForConditionalGeneration, source: Tensor, settings: dict[str, object]
) -> None:
    results = []
    for _ in range(2):
        torch.manual_seed(3)
        results.append(model.generate(source, max_new_tokens=6, **settings))
    assert results[0].shape[0] == BATCH * int(str(settings.get("num_return_sequences", 1)))
    assert torch.equal(*results)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")  # inductor's own
def test_compiled_static_step_equals_eager_step(model: MidiTextForConditionalGeneration, source: Tensor) -> None:
    expected = greedy(model, source)
    compiled = copy.deepcopy(model)
    compiled.forward = torch.compile(compiled.forward, fullgraph=True)
    assert torch.equal(greedy(compiled, source, cache_implementation="static"), expected)


# -- loss and learning


def test_loss_equals_the_sum_by_hand(model: MidiTextForConditionalGeneration, source: Tensor, target: Tensor) -> None:
    labels = target.clone()
    labels[0, 5:] = labels[2, 9:] = -100
    out = model(input_ids=source, labels=labels)
    inputs = [[1, *(0 if label == -100 else label for label in row[:-1])] for row in labels.tolist()]
    logits = model(input_ids=source, decoder_input_ids=torch.tensor(inputs)).logits
    scored = [
        -functional.log_softmax(logits[b, t], dim=-1)[labels[b, t]]
        for b in range(BATCH)
        for t in range(TARGET)
        if labels[b, t] != -100
    ]
    assert torch.allclose(out.logits, logits, **CLOSE)
    assert torch.allclose(out.loss, torch.stack(scored).mean(), **CLOSE)
    divided = model(input_ids=source, labels=labels, num_items_in_batch=torch.tensor(50)).loss
    assert torch.allclose(divided, torch.stack(scored).sum() / 50, **CLOSE)


def test_overfits_one_batch(source: Tensor, target: Tensor) -> None:
    torch.manual_seed(0)
    model = MidiTextForConditionalGeneration(tiny_config(initializer_range=0.05)).train()
    labels = torch.cat((target, torch.full((BATCH, 1), 2)), dim=1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for _ in range(60):
        loss = model(input_ids=source, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.05
    written = model.eval().generate(source, do_sample=False, max_new_tokens=TARGET + 5)
    assert torch.equal(written[:, 1:], labels)


def gradients(model: MidiTextForConditionalGeneration, source: Tensor, target: Tensor) -> dict[str, Tensor]:
    model.zero_grad()
    model(input_ids=source, labels=target).loss.backward()
    return {name: parameter.grad.clone() for name, parameter in model.named_parameters()}


@pytest.mark.filterwarnings("ignore:`gradient_checkpointing_enable` is deprecated:FutureWarning")  # 5.17 has no other
@pytest.mark.parametrize("reentrant", [False, True])
def test_gradient_checkpointing_gives_the_same_gradients(
    model: MidiTextForConditionalGeneration, source: Tensor, target: Tensor, reentrant: bool
) -> None:
    model.train()
    expected = gradients(model, source, target)
    assert all(gradient.abs().sum() > 0 for gradient in expected.values())
    model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": reentrant})
    if reentrant:
        model.enable_input_require_grads()
    actual = gradients(model, source, target)
    assert actual.keys() == expected.keys()
    for name, gradient in expected.items():
        assert torch.allclose(actual[name], gradient, **CLOSE), name


def test_dropout_acts_in_training_only(source: Tensor, target: Tensor) -> None:
    torch.manual_seed(0)
    model = MidiTextForConditionalGeneration(tiny_config(dropout=0.3))
    for training, same in ((True, False), (False, True)):
        model.train(training)
        a, b = (model(input_ids=source, decoder_input_ids=target).logits for _ in range(2))
        assert torch.equal(a, b) is same


def test_autocast_stays_close(model: MidiTextForConditionalGeneration, source: Tensor, target: Tensor) -> None:
    expected = model(input_ids=source, labels=target).loss
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = model(input_ids=source, labels=target).loss
    assert loss.item() == pytest.approx(expected.item(), rel=0.02)
    loss.backward()


def test_sequence_to_sequence_trainer_accepts_the_model(tmp_path: Path, source: Tensor, target: Tensor) -> None:
    torch.manual_seed(0)
    model = MidiTextForConditionalGeneration(tiny_config(initializer_range=0.05))
    rows = [
        {"input_ids": source[i, : 7 - i].tolist(), "labels": target[i, : 11 - 2 * i].tolist()} for i in range(BATCH)
    ]
    settings = Seq2SeqTrainingArguments(
        output_dir=str(tmp_path),
        max_steps=6,
        per_device_train_batch_size=2,
        gradient_accumulation_steps=2,
        learning_rate=5e-3,
        report_to="none",
        use_cpu=True,
        disable_tqdm=True,
        logging_steps=2,
        save_strategy="no",
        seed=1,
    )

    class Padder:
        """The one method of a tokenizer that the collator needs."""

        padding_side = "right"

        def pad(self, features: list[dict[str, list[int]]], **_: object) -> BatchEncoding:
            longest = max(len(f["input_ids"]) for f in features)
            ids = [f["input_ids"] + [0] * (longest - len(f["input_ids"])) for f in features]
            mask = [[1] * len(f["input_ids"]) + [0] * (longest - len(f["input_ids"])) for f in features]
            return BatchEncoding({"input_ids": torch.tensor(ids), "attention_mask": torch.tensor(mask)})

    trainer = Seq2SeqTrainer(
        model=model, args=settings, train_dataset=rows, data_collator=DataCollatorForSeq2Seq(Padder(), model=model)
    )
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert len(losses) == 3
    assert losses[-1] < losses[0]


# -- to disk and back


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_save_and_load_keep_the_scores(
    model: MidiTextForConditionalGeneration, source: Tensor, target: Tensor, tmp_path: Path, dtype: torch.dtype
) -> None:
    model.to(dtype).save_pretrained(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"config.json", "generation_config.json", "model.safetensors"}
    loaded = MidiTextForConditionalGeneration.from_pretrained(tmp_path, dtype=dtype).eval()
    assert loaded.dtype == dtype
    assert loaded.lm_head.weight is loaded.model.shared.weight
    a, b = (m(input_ids=source, decoder_input_ids=target).logits for m in (model, loaded))
    assert torch.equal(a, b)


def test_default_dtype_is_the_one_on_disk(model: MidiTextForConditionalGeneration, tmp_path: Path) -> None:
    model.bfloat16().save_pretrained(tmp_path)
    assert MidiTextForConditionalGeneration.from_pretrained(tmp_path).dtype == torch.bfloat16


def test_model_without_head_loads_from_the_same_folder(
    model: MidiTextForConditionalGeneration, source: Tensor, target: Tensor, tmp_path: Path
) -> None:
    model.save_pretrained(tmp_path)
    loaded = MidiTextModel.from_pretrained(tmp_path).eval()
    expected = model.model(input_ids=source, decoder_input_ids=target).last_hidden_state
    assert torch.equal(loaded(input_ids=source, decoder_input_ids=target).last_hidden_state, expected)


def tied(model: MidiTextForConditionalGeneration) -> bool:
    inner = model.model
    weights = (model.lm_head.weight, inner.encoder.embed_tokens.weight, inner.decoder.embed_tokens.weight)
    return all(weight is inner.shared.weight for weight in weights)


@pytest.mark.parametrize("size", [VOCABULARY + 6, VOCABULARY - 20])
def test_weights_stay_tied_after_resize_and_load(
    model: MidiTextForConditionalGeneration, target: Tensor, tmp_path: Path, size: int
) -> None:
    assert tied(model)
    before = model.model.shared.weight[:150].clone()
    model.resize_token_embeddings(size, mean_resizing=False)
    assert tied(model)
    assert model.config.vocab_size == size
    assert torch.equal(model.model.shared.weight[:150], before)
    ids = target.clamp(max=size - 1)
    assert model(input_ids=ids, labels=ids).logits.shape == (BATCH, TARGET, size)
    model.save_pretrained(tmp_path)
    loaded = MidiTextForConditionalGeneration.from_pretrained(tmp_path)
    assert tied(loaded)
    assert torch.equal(loaded.model.shared.weight, model.model.shared.weight)
