"""The parts of an evaluation: a name in `PARTS` is a name for ``--parts``, a folder of results and a prefix of rows.

Those that answer prompts ("adherence" and "own_share", this model with and without locks; "template", rules; "human"
and "shuffled", held-out human pieces to their own and to other prompts) leave their MIDI in ``--results/PART`` and are
scored from there by the code that scores foreign files, so that a table compares like with like. Those that judge
captions ("truth", "caption_facts", "ngrams", "styles") judge the same ones, written once (`Bench.descriptions`).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tqdm import tqdm

from ..embedding_midi_text import Embedder
from ..evaluation.caption_facts import Analyzer, CaptionCase, Measured, caption_rows
from ..evaluation.changes import infill_rows, refine_rows
from ..evaluation.forms import WAYS, form_prompts, form_rows
from ..evaluation.independent import agreement_rows, measure_independently
from ..evaluation.likelihood import evaluate_likelihood, system_rows
from ..evaluation.ngrams import meteor_missing, ngram_rows
from ..evaluation.retrieval import both_features, chance_rows, fact_features, retrieval_rows
from ..evaluation.round_trip import midi_round_trip, text_round_trip
from ..evaluation.styles import StyleCase, style_rows
from ..evaluation.systems import Model, Template
from ..evaluation.truth import truth_rows
from ..records import EvaluationReport, Measurement
from ..score_midi_text import read_score
from .bench import Bench, read_prompts
from .output import say

_INDEPENDENT = ("music21", "pretty_midi")
_OWN_SHARE = 500  # prompts that are answered without locks, at most
_TRAINING = 1000  # excerpts that the rules beside refining learn from


@dataclass(frozen=True)
class Part:
    """One part.

    Attributes:
        measure: Measures it.
        of_data: Whether it needs ``--data``.
        modules: Of the extra ``eval``, without which there is nothing of it.
    """

    measure: Callable[[Bench, str], EvaluationReport]
    of_data: bool = False
    modules: tuple[str, ...] = ()


def _model(bench: Bench, part: str) -> EvaluationReport:
    locked = part == "adherence"
    system = Model(bench.pipe, locked, bench.args.max_new_tokens)
    prompts = bench.prompts if locked else bench.prompts.first(_OWN_SHARE)
    return bench.answered(part, system, prompts, bench.checkpoint)


def _likelihood(bench: Bench, part: str) -> EvaluationReport:
    pipe, excerpts = bench.pipe, bench.excerpts
    report = evaluate_likelihood(
        pipe.model, pipe.processor, excerpts, bench.training_events(), checkpoint_hash=bench.checkpoint
    )
    rows = [*report.rows]
    for name, folder in bench.args.ancestor:
        from ..baselines import load

        ancestor = load(folder)
        say(f"measuring {name}: {ancestor.bits_are}")
        bits, notes = ancestor.bits_per_note(excerpts), ancestor.notes_counted(excerpts)
        rows += system_rows(name, [excerpt.source for excerpt in excerpts], notes, bits)
    return replace(report, rows=tuple(rows))


def _truth(bench: Bench, part: str) -> EvaluationReport:
    rows = [row for kind in ("own_words", "checked") for row in _truth_of(bench.captions[kind], bench.measured, kind)]
    return _report(bench, part, len(bench.pieces), rows)


def _truth_of(captions: Sequence[str], pieces: Sequence[Measured | None], name: str) -> list[Measurement]:
    there = [(piece, text) for piece, text in zip(pieces, captions, strict=True) if piece is not None]
    return truth_rows([(piece.facts, text, piece.analysis) for piece, text in there if piece.analysis], name)


def _caption_facts(bench: Bench, part: str) -> EvaluationReport:
    analyzers: list[dict[str, Analyzer]] = [{"ours": ours} for ours in bench.measured]
    rows: list[Measurement] = []
    if missing := [name for name in _INDEPENDENT if importlib.util.find_spec(name) is None]:
        say(f"no second judge without {' and '.join(missing)}: pip install 'midi-text[eval]'")
    else:
        heard = [measure_independently(piece) for piece in _progress(bench.pieces, "a second judge listens")]
        analyzers = [{**own, "independent": other} for own, other in zip(analyzers, heard, strict=True)]
        rows += agreement_rows(list(zip(bench.measured, heard, strict=True)))
    for kind, texts in bench.captions.items():
        cases = [CaptionCase(*case) for case in zip(texts, bench.references, analyzers, strict=True)]
        rows += caption_rows(cases, kind)
    return _report(bench, part, len(bench.pieces), rows)


def _ngrams(bench: Bench, part: str) -> EvaluationReport:
    if reason := meteor_missing():
        say(f"no METEOR: {reason}")
    rows = [row for kind, texts in bench.captions.items() for row in ngram_rows(texts, bench.references, kind)]
    return _report(bench, part, len(bench.pieces), rows)


def _styles(bench: Bench, part: str) -> EvaluationReport:
    from ..data.words.gold import label_styles

    gold = [label_styles(row.labels) for row in bench.held_out]
    rows: list[Measurement] = []
    for kind, texts in bench.captions.items():
        rows += style_rows([StyleCase(*case) for case in zip(texts, gold, strict=True)], kind)
    return _report(bench, part, len(gold), rows)


def _retrieval(bench: Bench, part: str) -> EvaluationReport:
    from ..data.captions import write_caption

    pairs = bench.spread(bench.args.pairs)
    texts = [
        write_caption(row.facts, row.labels, bench.rng("retrieval", i), analysis=row.analysis)
        for i, row in enumerate(pairs)
    ]
    rows = chance_rows(len(pairs))
    features = fact_features(texts, [Measured(row.facts, row.analysis) for row in pairs])
    rows += retrieval_rows(*features, "facts")
    embedder = Embedder(bench.pipe.model, bench.pipe.processor)
    if embedder.has_space:
        music = bench.pipe.processor.tokenizer.merge([row.events for row in pairs])
        space = embedder.embed_texts(texts), embedder.embed_music(music)
        rows += retrieval_rows(*space, "contrastive")
        rows += retrieval_rows(*both_features(features, space, embedder.scale), "facts_and_contrastive")
    else:
        say("this checkpoint has no space of words and music; matching by facts alone is measured")
    return _report(bench, part, len(pairs), rows)


def _round_trip(bench: Bench, part: str) -> EvaluationReport:
    """The way from words begins with answers of "adherence"; how true their captions are is told beside it."""
    trips, system = bench.args.trips, Model(bench.pipe, True, bench.args.max_new_tokens)
    chosen = bench.prompts.first(trips)
    midi, pieces = bench.heard(bench.write("adherence", system, bench.prompts, bench.checkpoint), bench.prompts, chosen)
    said = bench.described(midi, f"{part}_text")
    texts, own_words, checked = [p.text for p in chosen.prompts], *zip(*said, strict=True)
    measures = [
        lambda: text_round_trip(texts, pieces, checked),
        lambda: _truth_of(own_words, pieces, "own_words"),
        lambda: _truth_of(checked, pieces, "checked"),
    ]
    if bench.args.data is not None:
        captions = bench.captions["checked"][:trips]
        told = read_prompts("captions", captions)
        _, made = bench.heard(bench.write(f"{part}_midi", system, told, bench.checkpoint), told, told)
        measures.append(lambda: midi_round_trip(bench.measured[:trips], captions, made))
    return _report(bench, part, len(pieces), _rows_of(measures))


def _changes(bench: Bench, part: str) -> EvaluationReport:
    pipe, seed = bench.pipe, bench.args.seed
    training = (row.events for row in bench.spread(_TRAINING, "train"))
    rows = _rows_of(
        [
            lambda: infill_rows(pipe.model, pipe.processor, bench.excerpts, seed=seed),
            lambda: refine_rows(
                pipe, bench.excerpts[: bench.args.trips], training, batch_size=bench.args.batch_size, seed=seed
            ),
        ]
    )
    return _report(bench, part, len(bench.excerpts), rows)


def _sections(bench: Bench, part: str) -> EvaluationReport:
    asked = read_prompts(part, [text for text, _, _ in form_prompts()])
    answers = {}
    for way, copies in WAYS.items():
        system = Model(bench.pipe, copy_sections=copies)
        midi, _ = bench.heard(bench.write(f"{part}_{way}", system, asked, bench.checkpoint), asked, asked)
        answers[way] = [read_score(piece).score if piece else None for piece in midi]
    return _report(bench, part, len(asked.prompts), form_rows(answers))


def _rows_of(measures: Sequence[Callable[[], list[Measurement]]]) -> list[Measurement]:
    """Their rows, without those of which the music or the prompts have nothing: no long pieces, none performed."""
    rows: list[Measurement] = []
    for each in measures:
        try:
            rows += each()
        except ValueError as error:
            say(f"left out: {error}")
    return rows


def _progress(items: Sequence[Any], what: str) -> Any:
    return tqdm(items, desc=what, unit="piece", disable=None, leave=False)


def _report(bench: Bench, part: str, examples: int, rows: Sequence[Measurement]) -> EvaluationReport:
    return EvaluationReport(part, bench.checkpoint, examples, bench.args.seed, tuple(rows))


PARTS: dict[str, Part] = {
    "adherence": Part(_model),
    "own_share": Part(_model),
    "template": Part(lambda bench, part: bench.answered(part, Template(), bench.prompts)),
    "human": Part(lambda bench, part: bench.answered(part, bench.human(False), bench.own_prompts), of_data=True),
    "shuffled": Part(lambda bench, part: bench.answered(part, bench.human(True), bench.own_prompts), of_data=True),
    "likelihood": Part(_likelihood, of_data=True),
    "truth": Part(_truth, of_data=True),
    "caption_facts": Part(_caption_facts, of_data=True),
    "ngrams": Part(_ngrams, of_data=True, modules=("pycocoevalcap", "rouge_score", "sacrebleu")),
    "styles": Part(_styles, of_data=True),
    "retrieval": Part(_retrieval, of_data=True),
    "round_trip": Part(_round_trip),
    "changes": Part(_changes, of_data=True),
    "sections": Part(_sections),
}


def measure_parts(bench: Bench, names: Sequence[str]) -> EvaluationReport:
    """The parts as one report: what each counted comes first, then its rows, called ``part/metric``."""
    rows: list[Measurement] = []
    examples = 0
    for name in names:
        say(f"measuring {name}")
        report = PARTS[name].measure(bench, name)
        rows.append(Measurement(f"{name}/examples", float(report.examples), None, None))
        rows += [replace(row, metric=f"{name}/{row.metric}") for row in report.rows]
        examples += report.examples
    name = f"{' + '.join(names)}, on {bench.prompts.title}"
    return EvaluationReport(name, bench.checkpoint, examples, bench.args.seed, tuple(rows))
