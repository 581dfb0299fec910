"""Metrics against cases worked out by hand: what is right scores 1, each corruption costs its own row and no other."""

import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from test_adherence import MADE, music

from midi_text.constraints_midi_text import MusicLogitsProcessor
from midi_text.evaluation import likelihood, speed, truth
from midi_text.evaluation.intervals import ratio
from midi_text.evaluation.likelihood import (
    Bigram,
    Excerpt,
    likelihood_rows,
    likelihood_table,
    lzma_bits,
    model_bits,
    system_rows,
    target_bits,
)
from midi_text.facts_midi_text import measure_facts
from midi_text.key_midi_text import Key
from midi_text.modeling_midi_text import MidiTextForConditionalGeneration
from midi_text.processing_midi_text import MidiTextProcessor
from midi_text.records import EvaluationReport
from midi_text.score_midi_text import read_score
from midi_text.tokenization_midi_text import MidiTextTokenizer

# -- intervals


def test_ratio_of_sums():
    assert ratio("x", [1, 0, 1, 0]).value == 0.5
    weighted = ratio("x", [6.0, 1.0], [2, 1])
    assert weighted.value == pytest.approx(7 / 3)
    assert (weighted.low, weighted.high) == (1.0, 3.0)
    assert ratio("x", [3.0], [2]) == replace(weighted, value=1.5, low=None, high=None)
    assert ratio("x", [0.0, 0.0], [0, 0]).value == 0
    same = ratio("x", [1.0] * 50)
    assert (same.low, same.value, same.high) == (1, 1, 1)
    half = ratio("x", [0, 1] * 50)
    assert 0.37 < half.low < 0.43  # 0.5 ± 1.96 · 0.05
    assert 0.57 < half.high < 0.63
    with pytest.raises(ValueError, match="at least one item"):
        ratio("x", [])


# -- likelihood


def test_bigram_by_hand():
    bigram = Bigram.fit([np.array([0, 1]), np.array([0, 1])], size=2)
    # Each of the three symbols is seen twice, so p(b) = 1/3; after each symbol one kind follows, twice:
    # p(the one that follows) = (2 + 1/3) / 3 = 7/9, p(another) = 1/9.
    assert bigram.bits(np.array([0, 1])) == pytest.approx(3 * -math.log2(7 / 9))
    assert bigram.bits(np.array([1])) == pytest.approx(-math.log2(1 / 9) - math.log2(7 / 9))


def test_bigram_probabilities_sum_to_one_even_for_what_was_never_seen():
    bigram = Bigram.fit([np.array([0, 3, 3, 1]), np.array([3])], size=6)
    assert np.exp2(-bigram._bits).sum(1) == pytest.approx(np.ones(7))
    assert np.isfinite(bigram.bits(np.array([5, 4, 2])))
    assert Bigram.fit([], size=3).bits(np.array([0, 1])) == pytest.approx(3 * 2.0)


def test_lzma_pays_for_news_not_for_repetition():
    rng = np.random.default_rng(0)
    news = rng.integers(0, 600, 400)
    assert lzma_bits(np.tile(news[:20], 20)) < 0.15 * lzma_bits(news)
    assert lzma_bits(np.concatenate([news, news])) < 1.1 * lzma_bits(news)
    assert lzma_bits(news) > 400 * math.log2(600) * 0.99


def test_rows_by_source_and_in_all():
    bits = {"model": np.array([10.0, 30.0, 8.0]), "bigram": np.array([20.0, 60.0, 16.0])}
    report = EvaluationReport("x", "", 3, 0, tuple(likelihood_rows(["b", "b", "a"], [1, 3, 4], bits)))
    assert report.value("bits_per_note/model") == 6
    assert report.value("bits_per_note/model/a") == 2
    assert report.value("bits_per_note/model/b") == 10
    assert report.value("model_to_bigram") == 0.5
    assert report.value("notes/b") == 4
    assert likelihood_table(report).splitlines() == [
        "| source | excerpts | notes | model | bigram |",
        "|---|---:|---:|---:|---:|",
        "| a | 1 | 4 | 2.00 | 4.00 |",
        "| b | 2 | 4 | 10.00 | 20.00 |",
        "| **all** | 3 | 8 | 6.00 | 12.00 |",
    ]


@pytest.fixture(scope="module")
def processor(tiny_checkpoint: Path) -> MidiTextProcessor:
    return MidiTextProcessor(MidiTextTokenizer.from_pretrained(tiny_checkpoint))


@pytest.fixture(scope="module")
def excerpts(processor: MidiTextProcessor) -> list[Excerpt]:
    found = []
    for i, program in enumerate((0, 40, 73, 32, 56)):
        score = music(60 + 20 * i, (4, 4), Key(i, "major"), (program, 128)[: 1 + i % 2], 4)
        events = np.array(processor.tokenizer.events.encode(score))
        notes = sum(len(track.notes) for track in score.tracks)
        found.append(Excerpt("made", events, f"4 bars in {Key(i, 'major').name}", notes))
    return found


class Uniform(torch.nn.Module):
    """A model that knows nothing."""

    device = torch.device("cpu")

    def __init__(self, size: int):
        super().__init__()
        self.size = size

    def prepare_decoder_input_ids_from_labels(self, labels):
        return labels

    def forward(self, decoder_input_ids, **inputs):
        return SimpleNamespace(logits=torch.zeros(*decoder_input_ids.shape, self.size))


def test_a_uniform_model_pays_the_same_for_every_id(processor: MidiTextProcessor, excerpts: list[Excerpt]):
    ids = [len(merged) + 1 for merged in processor.tokenizer.merge([e.events for e in excerpts])]
    paid = model_bits(Uniform(2048), processor, excerpts, ids_per_batch=2 * max(ids))
    assert paid == pytest.approx(11.0 * np.array(ids), rel=1e-5)


def test_model_bits_are_the_loss_whatever_the_batch(
    tiny_checkpoint: Path, processor: MidiTextProcessor, excerpts: list[Excerpt]
):
    model = MidiTextForConditionalGeneration.from_pretrained(tiny_checkpoint, dtype=torch.float32)
    together = model_bits(model, processor, excerpts)
    alone = np.concatenate([model_bits(model, processor, [excerpt]) for excerpt in excerpts])
    assert together == pytest.approx(alone, rel=1e-4)
    (ids,) = processor.tokenizer.merge([excerpts[0].events])
    with torch.inference_mode():
        loss = model(
            **processor.pad([processor.encode("compose", excerpts[0].prompt)]),
            labels=torch.tensor([[*ids, processor.tokenizer.eos_token_id]]),
            num_items_in_batch=1,
        ).loss
    assert together[0] == pytest.approx(float(loss) / math.log(2), rel=1e-4)
    assert not np.array_equal(model_bits(model, processor, excerpts, told=False), together)


def test_what_is_given_costs_nothing(processor: MidiTextProcessor):
    sources, targets = [[5, 6], [7]], [[9, 10, 11, 2], [9, 2]]
    uniform = Uniform(2048)
    assert target_bits(uniform, processor, sources, targets) == pytest.approx([44, 22])
    assert target_bits(uniform, processor, sources, targets, given=[3, 0]) == pytest.approx([11, 22])
    with pytest.raises(ValueError, match="each target needs one source"):
        target_bits(uniform, processor, sources, targets, given=[1])


def test_further_systems_have_columns(processor: MidiTextProcessor, excerpts: list[Excerpt]):
    uniform, training = Uniform(len(processor.tokenizer)), [e.events for e in excerpts]
    systems = {"lstm": lambda given: np.array([8.0 * e.notes for e in given])}
    report = likelihood.evaluate_likelihood(uniform, processor, excerpts, training, systems=systems)
    assert report.value("bits_per_note/lstm") == report.value("bits_per_note/lstm/made") == 8
    assert "| lstm |" in likelihood_table(report)
    for name, told in (("model", np.zeros(5)), ("x", np.zeros(4)), ("x", np.full(5, np.nan))):
        with pytest.raises(ValueError, match="a name of its own and tell one finite number"):
            likelihood.evaluate_likelihood(uniform, processor, excerpts, training, systems={name: lambda _, t=told: t})


def test_evaluate_likelihood(processor: MidiTextProcessor, excerpts: list[Excerpt]):
    uniform = Uniform(len(processor.tokenizer))
    report = likelihood.evaluate_likelihood(uniform, processor, excerpts, [e.events for e in excerpts])
    assert report.value("notes") == sum(e.notes for e in excerpts)
    assert report.value("bits_per_note/model") == report.value("bits_per_note/model_untold")
    assert report.value("bits_per_note/bigram") < report.value("bits_per_note/model")
    assert report.value("bits_per_note/lzma_together") < report.value("bits_per_note/lzma")
    assert "lzma_together" in likelihood_table(report)
    assert EvaluationReport.from_json(report.to_json()) == report
    with pytest.raises(ValueError, match="at least one note"):
        likelihood.evaluate_likelihood(uniform, processor, [], [])


# -- truth

FACTS = measure_facts(read_score(music(**MADE)).score)  # D minor, 3/4, 100 BPM, piano, violin, drums, 8 bars


def test_judged_by_hand():
    true = truth.judge("An 8-bar piece in D minor for violin, piano and drums, in 3/4 at 100 BPM.", FACTS)
    assert true.stated == {"all": 8, "bars": 1, "key": 1, "instruments": 4, "metre": 1, "tempo": 1}  # "and no others"
    assert not true.wrong
    false = truth.judge("A piece in D major for violin and flute at 100 BPM, without drums.", FACTS)
    assert false.stated["all"] == 6
    assert false.wrong == {"all": 4, "key": 1, "instruments": 3}
    assert not truth.judge("A piece for violin and other instruments.", FACTS).wrong
    assert not truth.judge("A mysterious piece.", FACTS).stated


def test_every_fact_that_is_read_has_a_group():
    from midi_text.truth_midi_text import _JUDGES, ANALYSIS_FACTS
    from midi_text.vocabulary_midi_text import CLASSES

    assert set(truth.GROUPS) == {*_JUDGES, *CLASSES, *ANALYSIS_FACTS}


def test_truth_by_kind_of_words():
    words = ["A piece in D major for violin.", "A piece in D minor at 100 BPM.", "Lovely."]
    report = EvaluationReport("x", "", 3, 0, tuple(truth.truth_rows([(FACTS, text) for text in words], "own_words")))
    assert report.value("contradicted/own_words") == 2 / 5
    assert report.value("contradicted/own_words/key") == 1 / 2
    assert report.value("contradicted/own_words/tempo") == 0
    assert report.value("captions_with_statements/own_words") == 2 / 3
    assert report.value("statements_per_caption/own_words") == 5 / 3
    assert report.value("stated/own_words/instruments") == 2 / 3
    with pytest.raises(KeyError):
        report.value("contradicted/own_words/metre")  # never stated
    with pytest.raises(ValueError, match="at least one caption"):
        truth.truth_rows([], "own_words")


def test_a_system_that_hears_no_drums_pays_for_the_notes_it_hears():
    rows = system_rows("lstm", ["a", "a", "b"], np.array([2, 0, 4]), np.array([6.0, 0.0, 4.0]))
    assert {row.metric: row.value for row in rows} == {
        "bits_per_note/lstm": 10 / 6,
        "bits_per_note/lstm/a": 3,
        "bits_per_note/lstm/b": 1,
    }


# -- speed and the real pipeline


@pytest.fixture(scope="module")
def pipeline(tiny_checkpoint: Path):
    from transformers import pipeline

    import midi_text  # noqa: F401  registers the pipelines

    made = pipeline("text-to-midi", model=str(tiny_checkpoint))
    made.model.config.max_target_length = 64
    return made


def test_speed_of_a_real_pipeline(pipeline):
    plain = MusicLogitsProcessor.__call__
    report = speed.evaluate_speed(pipeline, prompts=["one bar of piano"], batch_sizes=(1, 2), runs=2, warmup=0)
    assert MusicLogitsProcessor.__call__ is plain
    assert report.value("threads") == torch.get_num_threads()
    for size in (1, 2):
        assert 0 < report.value(f"seconds_to_first_token/batch_{size}") < report.value(f"seconds/batch_{size}")
        assert 0 < report.value(f"share_of_constraints/batch_{size}") < 1
        assert 0 < report.value(f"notes_per_second/batch_{size}") < report.value(f"tokens_per_second/batch_{size}")
        assert report.value(f"real_time_factor/batch_{size}") > 0
    with pytest.raises(ValueError, match="runs >= 1"):
        speed.evaluate_speed(pipeline, runs=0)
