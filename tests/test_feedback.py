"""A round of feedback: prompts that are no test, the best kept, and a verdict that monotony does not pass."""

import dataclasses
import json
import random
from pathlib import Path

import pytest
import torch
from test_build import piece
from transformers import pipeline

from midi_text.configuration_midi_text import MidiTextConfig
from midi_text.data.duplicates import outline
from midi_text.evaluation.answers import write_answers
from midi_text.evaluation.grid import grid_prompts
from midi_text.evaluation.prompt_files import load_fact_prompts
from midi_text.evaluation.systems import Humans, Template
from midi_text.evaluation.template import compose_by_rule
from midi_text.feedback.candidates import Candidate, best_of, write_candidates
from midi_text.feedback.improve import improve
from midi_text.feedback.settings import ImproveSettings
from midi_text.feedback.spread import spread
from midi_text.feedback.verdict import compare
from midi_text.modeling_midi_text import MidiTextForConditionalGeneration
from midi_text.processing_midi_text import MidiTextProcessor
from midi_text.records import EvaluationReport
from midi_text.score_midi_text import read_score, write_score
from midi_text.tokenization_midi_text import MidiTextTokenizer


@pytest.fixture(scope="module")
def short_winded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random checkpoint that writes at most forty tokens."""
    tokenizer = MidiTextTokenizer.from_corpus(["a waltz"], [[]], text_vocab_size=320, music_vocab_size=1024)
    torch.manual_seed(0)
    config = MidiTextConfig(vocab_size=len(tokenizer), music_offset=tokenizer.music_offset, d_model=24, num_heads=3,
                            num_encoder_layers=1, num_decoder_layers=1, num_key_value_heads=1, d_ff=40,
                            max_target_length=40)  # fmt: skip
    folder = tmp_path_factory.mktemp("short") / "short"
    MidiTextForConditionalGeneration(config).save_pretrained(folder)
    MidiTextProcessor(tokenizer).save_pretrained(folder)
    return folder


def candidate(prompt: str, number: int, **changes: object) -> Candidate:
    import base64

    score = read_score(write_score(piece(number, bars=8))).score
    midi = base64.b64encode(write_score(score)).decode()
    made = Candidate(prompt, "a waltz", midi, outline(score).content.hex(), met=0.8, band=0.5, valid=True)
    return dataclasses.replace(made, **changes)


def test_prompts_are_spread_and_no_test():
    prompts = spread(120, seed=3)
    assert prompts == spread(120, seed=3)
    assert {prompt.text for prompt in prompts} != {prompt.text for prompt in spread(120, seed=4)}
    assert len({prompt.id for prompt in prompts}) == 120
    tests = {prompt.text for prompt in load_fact_prompts().prompts}
    assert not tests & {prompt.text for prompt in prompts}
    golds = [prompt.gold for prompt in prompts]
    assert all(gold.to_dict() for gold in golds)
    assert len({gold.key for gold in golds if gold.key}) >= 20
    assert len({gold.time_signature for gold in golds if gold.time_signature}) == 4


def test_a_reward_is_nothing_without_music_and_for_a_copy():
    assert candidate("a", 1).reward == pytest.approx(0.75 * 0.8 + 0.25 * 0.5)
    assert candidate("a", 1, longest_run=20).reward > 0
    assert candidate("a", 1, longest_run=33).reward == 0
    assert candidate("a", 1, valid=False).reward == 0


def test_the_best_are_kept_and_copies_dropped():
    some = [candidate("a", 1, met=0.9), candidate("a", 2, met=1.0), candidate("a", 3, met=0.95),
            candidate("b", 2, met=0.99), candidate("b", 4, met=0.2), candidate("c", 5, valid=False)]  # fmt: skip
    assert best_of(some, 0.7) == [some[1]], "what b wrote is a copy, or too bad"
    assert best_of(some, 0.7, most=2) == [some[1], some[2]]
    assert best_of(some, 0.0, most=9) == [some[1], some[2], some[0], some[4]]


def test_candidates_go_on_where_they_were_stopped(short_winded: Path, tmp_path: Path):
    pipe = pipeline("text-to-midi", model=str(short_winded))
    prompts = spread(4)
    first = list(write_candidates(pipe, prompts, tmp_path, each=2, batch_size=2))
    assert [one.prompt for one in first] == [prompt.id for prompt in prompts for _ in range(2)]
    assert all(read_score(one.midi_bytes).score.note_num() for one in first)
    (tmp_path / "batch-000002.jsonl").unlink()
    kept = (tmp_path / "batch-000000.jsonl").stat().st_mtime_ns
    assert list(write_candidates(pipe, prompts, tmp_path, each=2, batch_size=2)) == first
    assert (tmp_path / "batch-000000.jsonl").stat().st_mtime_ns == kept


@pytest.mark.timeout(600)
def test_a_round_from_candidates_to_a_verdict(short_winded: Path, tmp_path: Path):
    settings = ImproveSettings(prompts=14, candidates=1, steps=2, test_prompts=2, bar=0.5, batch_size=14,
                               events_per_batch=2000)  # fmt: skip
    output = tmp_path / "round"
    (output / "candidates").mkdir(parents=True)
    lines = [json.dumps(dataclasses.asdict(candidate(f"spread-{i:05d}", i))) for i in range(14)]
    (output / "candidates" / "batch-000000.jsonl").write_text("\n".join(lines) + "\n")
    made = improve(short_winded, output, settings)
    assert made.kept == 14
    assert made.verdict is not None
    assert not made.verdict.better, "two steps of a random model"
    assert not (output / "checkpoint").exists()
    report = EvaluationReport.load(output / "report.json")
    assert report.value("gain/met") == pytest.approx(report.value("after/met") - report.value("before/met"))
    assert {"diversity/distinct_3/before", "diversity/distinct_3/after"} <= {row.metric for row in report.rows}
    assert (output / "run" / "best" / "model.safetensors").exists()
    with pytest.raises(ValueError, match="holds a round with other settings"):
        improve(short_winded, output, dataclasses.replace(settings, bar=0.6))


def test_a_bar_that_nothing_reaches_is_told(short_winded: Path, tmp_path: Path):
    folder = tmp_path / "candidates"
    folder.mkdir()
    (folder / "batch-000000.jsonl").write_text(json.dumps(dataclasses.asdict(candidate("spread-00000", 1))) + "\n")
    with pytest.raises(ValueError, match=r"0 of 1 reach the bar of 0.99, the best 0.7\d: lower --bar"):
        improve(short_winded, tmp_path, ImproveSettings(prompts=1, bar=0.99, batch_size=1))


@pytest.mark.parametrize(("field", "value"), [("prompts", 0), ("bar", 1.5), ("test_prompts", 1)])
def test_impossible_rounds_are_refused(field: str, value: float):
    with pytest.raises(ValueError, match=f"{field} must be"):
        ImproveSettings(**{field: value})


def test_better_is_what_meets_more_and_stays_varied(tmp_path: Path):
    prompts = grid_prompts(16, seed=7)
    pieces = {p.id: write_score(compose_by_rule(p.text, random.Random(i))) for i, p in enumerate(prompts)}
    for name, system in (("fair", Template()), ("deaf", Humans(pieces, shuffled=True))):
        write_answers(system, prompts, tmp_path / name)
    better = compare(tmp_path / "deaf", tmp_path / "fair", prompts, most_loss=0.5)
    assert better.better, better.reasons
    worse = compare(tmp_path / "fair", tmp_path / "deaf", prompts, most_loss=0.5)
    assert not worse.better

    one = Humans({prompt.id: pieces[prompts[0].id] for prompt in prompts})
    write_answers(one, prompts, tmp_path / "monotonous")
    verdict = compare(tmp_path / "deaf", tmp_path / "monotonous", prompts)
    assert any(reason.startswith(("distinct_3 fell", "not_in_others fell")) for reason in verdict.reasons)
