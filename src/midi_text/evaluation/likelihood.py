"""Likelihood: what a note of held-out music costs, in bits, −Σ log₂ p / notes.

Counted per note, not per token, so that figures survive a change of tokenizer; the sum runs over everything that says
the notes (bars, metres, positions, tempi, programs, pitches, velocities, durations) and the end of the excerpt. Every
system reads the same excerpts:

- ``model``: the model, teacher forced, told the excerpt's prompt; ``model_untold``: with an empty prompt. A score may
  be written in many merges of events; only the tokenizer's own is counted, so the true figure is not higher.
- ``bigram``: each event given the one before, before merging; Witten-Bell interpolation of bigram, unigram and
  uniform distribution (Chen & Goodman, 1999), counted on training excerpts.
- any further system, by a function that tells its bits of each excerpt: a column of its own.
- ``lzma``: the event ids as little-endian uint16 bytes in a raw LZMA2 stream, preset 9 extreme, each excerpt by itself;
  ``lzma_together``: all excerpts of one source in one stream, so that one may copy from another. Neither knows the
  training music; neither needs to say where an excerpt ends.

`target_bits` is the common measure below: what a model pays for given ids under given sources. With it the true bars of
an infilled piece can be compared with and without what follows them, and a continuation with and without words.
"""

from __future__ import annotations

import logging
import lzma
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch

from ..processing_midi_text import MidiTextProcessor
from ..records import EvaluationReport, Measurement
from .intervals import ratio

logger = logging.getLogger(__name__)
SYSTEMS = ("model", "model_untold", "bigram", "lzma", "lzma_together")
"""Names that no further system may have."""
_FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME}]


@dataclass(frozen=True)
class Excerpt:
    """Held-out music.

    Attributes:
        source: The collection it comes from.
        events: Event ids before merging, shape ``(E,)``.
        prompt: Words that ask for it.
        notes: How many notes it has.
    """

    source: str
    events: np.ndarray
    prompt: str
    notes: int


def lzma_bits(events: np.ndarray) -> float:
    """Bits of event ids, shape ``(E,)``, compressed by themselves."""
    data = np.asarray(events, "<u2").tobytes()
    return 8.0 * len(lzma.compress(data, format=lzma.FORMAT_RAW, filters=_FILTERS))


class Bigram:
    """Event given event, smoothed: λ(a)·p(b|a) + (1 − λ(a))·p(b), λ(a) = n(a) / (n(a) + kinds of event after a).

    The unigram p(b) is interpolated with the uniform distribution in the same way. One symbol beyond the events
    stands for both start and end.

    Args:
        counts: How often event b (column) follows event a (row), shape ``(events + 1, events + 1)``.
    """

    def __init__(self, counts: np.ndarray):
        counts = np.asarray(counts, np.float64)
        single = counts.sum(0)
        kinds, seen = (single > 0).sum(), single.sum()
        unigram = (single + kinds / len(single)) / (seen + kinds) if seen else np.full(len(single), 1 / len(single))
        follow, total = (counts > 0).sum(1, keepdims=True), counts.sum(1, keepdims=True)
        known = np.maximum(total + follow, 1)  # a row never seen leaves everything to the unigram
        p = np.where(total > 0, (counts + follow * unigram) / known, unigram)
        self._bits = -np.log2(p)
        self._edge = len(single) - 1

    @classmethod
    def fit(cls, sequences: Iterable[np.ndarray], size: int) -> Self:
        """Counts sequences of event ids below ``size``, each shape ``(E,)``."""
        counts = np.zeros((size + 1) * (size + 1), np.int64)
        for group in _groups(sequences, 1000):
            pairs = [_with_edges(events, size) for events in group]
            a, b = (np.concatenate([pair[part] for pair in pairs]) for part in (slice(None, -1), slice(1, None)))
            counts += np.bincount(a * (size + 1) + b, minlength=len(counts))
        return cls(counts.reshape(size + 1, size + 1))

    def bits(self, events: np.ndarray) -> float:
        """Bits of event ids, shape ``(E,)``, and of their end."""
        padded = _with_edges(events, self._edge)
        return float(self._bits[padded[:-1], padded[1:]].sum())


def model_bits(
    model: Any,
    processor: MidiTextProcessor,
    excerpts: Sequence[Excerpt],
    *,
    told: bool = True,
    ids_per_batch: int = 8192,
) -> np.ndarray:
    """Bits of each excerpt under the model, its end included.

    Args:
        model: A `MidiTextForConditionalGeneration`; it is put into evaluation mode.
        processor: Of the same checkpoint.
        excerpts: The music.
        told: Whether the encoder reads the prompt or an empty one.
        ids_per_batch: See `target_bits`.

    Returns:
        Shape ``(len(excerpts),)``.
    """
    end = processor.tokenizer.eos_token_id
    targets = [[*ids, end] for ids in processor.tokenizer.merge([excerpt.events for excerpt in excerpts])]
    sources = [processor.encode("compose", excerpt.prompt if told else "") for excerpt in excerpts]
    return target_bits(model, processor, sources, targets, ids_per_batch=ids_per_batch)


@torch.inference_mode()
def target_bits(
    model: Any,
    processor: MidiTextProcessor,
    sources: Sequence[Sequence[int]],
    targets: Sequence[Sequence[int]],
    *,
    given: Sequence[int] | None = None,
    ids_per_batch: int = 8192,
) -> np.ndarray:
    """Bits of targets under their sources, teacher forced.

    Args:
        model: A `MidiTextForConditionalGeneration`; it is put into evaluation mode.
        processor: Of the same checkpoint.
        sources: Joint ids for the encoder, one sequence a target.
        targets: Joint ids for the decoder, with ``</s>`` where the end is to be paid for.
        given: How many of a target's first ids are given and cost nothing, such as the music before a continuation.
        ids_per_batch: Targets times the longest one's ids in a batch, at most; a longer one makes its own.

    Returns:
        Shape ``(len(targets),)``.

    Raises:
        ValueError: If the numbers of sources, targets and given ids differ.
    """
    given = [0] * len(targets) if given is None else given
    if not len(sources) == len(targets) == len(given):
        raise ValueError(
            f"each target needs one source and one count; got {len(targets)}, {len(sources)} and {len(given)}"
        )
    model.eval()
    pad = processor.tokenizer.pad_token_id
    out = np.zeros(len(targets))
    for rows in _batches([len(ids) for ids in targets], ids_per_batch):
        inputs = processor.pad([sources[row] for row in rows]).to(model.device)
        labels = processor.pad([targets[row] for row in rows])["input_ids"].to(model.device)
        shifted = model.prepare_decoder_input_ids_from_labels(labels)
        logits = model(**inputs, decoder_input_ids=shifted, use_cache=False).logits
        nats = torch.nn.functional.cross_entropy(
            logits.float().flatten(0, 1), labels.flatten(), ignore_index=pad, reduction="none"
        ).view(labels.shape)
        free = torch.tensor([given[row] for row in rows], device=nats.device)
        paid = torch.arange(nats.shape[1], device=nats.device) >= free[:, None]
        out[rows] = (nats.double() * paid).sum(1).cpu().numpy() / math.log(2)
        logger.info("likelihood: %d targets of %d ids", len(rows), labels.shape[1])
    return out


def evaluate_likelihood(
    model: Any,
    processor: MidiTextProcessor,
    excerpts: Iterable[Excerpt],
    training_events: Iterable[np.ndarray],
    *,
    systems: Mapping[str, Callable[[Sequence[Excerpt]], np.ndarray]] | None = None,
    checkpoint_hash: str = "",
    ids_per_batch: int = 8192,
) -> EvaluationReport:
    """Bits per note of the model, the bigram, LZMA and further systems, in all and by source.

    Args:
        model: See `model_bits`.
        processor: Of the same checkpoint.
        excerpts: Held-out music with prompts.
        training_events: Event ids of training excerpts, for the bigram.
        systems: Further systems by name: functions from excerpts to the bits of each, shape ``(excerpts,)``.
        checkpoint_hash: SHA-256 of the weights, for the report.
        ids_per_batch: See `target_bits`.

    Returns:
        Rows ``bits_per_note/<system>`` and ``bits_per_note/<system>/<source>``, ``model_to_bigram`` (the ratio),
        ``excerpts``, ``excerpts/<source>``, ``notes`` and ``notes/<source>``.

    Raises:
        ValueError: If there is no excerpt or one without a note, or a system's name is taken or its bits are not one
            finite number an excerpt.
    """
    excerpts = list(excerpts)
    if not excerpts or min(excerpt.notes for excerpt in excerpts) < 1:
        raise ValueError(f"likelihood needs excerpts with at least one note each; got {len(excerpts)} excerpts")
    bigram = Bigram.fit(training_events, len(processor.tokenizer.base_events))
    bits = {
        "model": model_bits(model, processor, excerpts, ids_per_batch=ids_per_batch),
        "model_untold": model_bits(model, processor, excerpts, told=False, ids_per_batch=ids_per_batch),
        "bigram": np.array([bigram.bits(excerpt.events) for excerpt in excerpts]),
        "lzma": np.array([lzma_bits(excerpt.events) for excerpt in excerpts]),
    }
    for name, system in (systems or {}).items():
        paid = np.asarray(system(excerpts), np.float64)
        if name in SYSTEMS or paid.shape != (len(excerpts),) or not np.isfinite(paid).all():
            raise ValueError(
                f"system {name!r} must have a name of its own and tell one finite number of bits for each of "
                f"{len(excerpts)} excerpts; got shape {paid.shape}"
            )
        bits[name] = paid
    rows = likelihood_rows([e.source for e in excerpts], [e.notes for e in excerpts], bits) + _together(excerpts)
    return EvaluationReport("held-out likelihood", checkpoint_hash, len(excerpts), 0, tuple(rows))


def likelihood_rows(sources: Sequence[str], notes: Sequence[int], bits: Mapping[str, np.ndarray]) -> list[Measurement]:
    """The rows of a report from what each system paid.

    Args:
        sources: Of each excerpt.
        notes: Of each excerpt.
        bits: For each system, of each excerpt; the ratio row needs "model" and "bigram".
    """
    note = np.array(notes)
    source = np.array(sources)
    rows = [row for system, paid in bits.items() for row in system_rows(system, sources, note, paid)]
    if {"model", "bigram"} <= set(bits):
        rows.append(ratio("model_to_bigram", bits["model"], bits["bigram"]))
    for what, each in (("excerpts", np.ones(len(note))), ("notes", note)):
        rows.append(Measurement(what, float(each.sum()), None, None))
        for name in sorted(set(sources)):
            rows.append(Measurement(f"{what}/{name}", float(each[source == name].sum()), None, None))
    return rows


def system_rows(system: str, sources: Sequence[str], notes: np.ndarray, bits: np.ndarray) -> list[Measurement]:
    """Bits per note of one system, in all and by source; sources in which it hears no note have no row.

    Args:
        system: Its name.
        sources: Of each excerpt.
        notes: That the bits of each excerpt say, shape ``(excerpts,)``: a model of pitched notes hears no drums.
        bits: Of each excerpt, shape ``(excerpts,)``.
    """
    source = np.array(sources)
    rows = [ratio(f"bits_per_note/{system}", bits[notes > 0], notes[notes > 0])]
    for name in sorted(set(source[notes > 0].tolist())):
        own = (notes > 0) & (source == name)
        rows.append(ratio(f"bits_per_note/{system}/{name}", bits[own], notes[own]))
    return rows


def likelihood_table(report: EvaluationReport) -> str:
    """The report of `evaluate_likelihood` as a Markdown table: a row a source, a column a system."""
    value = {row.metric: row.value for row in report.rows}
    systems = [name.split("/")[1] for name in value if name.startswith("bits_per_note/") and name.count("/") == 1]
    sources = [name.split("/")[1] for name in value if name.startswith("notes/")]
    lines = [
        f"| source | excerpts | notes | {' | '.join(systems)} |",
        f"|---|---:|---:|{'---:|' * len(systems)}",
    ]
    for name, suffix in [*((name, f"/{name}") for name in sources), ("**all**", "")]:
        cells = [f"{value[f'bits_per_note/{system}{suffix}']:.2f}" for system in systems]
        counts = [f"{value[f'{what}{suffix}']:,.0f}" for what in ("excerpts", "notes")]
        lines.append(f"| {' | '.join([name, *counts, *cells])} |")
    return "\n".join(lines)


def _together(excerpts: Sequence[Excerpt]) -> list[Measurement]:
    """LZMA of each source in one stream; no interval, because nothing in it is an item by itself."""
    rows, bits, notes = [], 0.0, 0
    for source in sorted({excerpt.source for excerpt in excerpts}):
        own = [excerpt for excerpt in excerpts if excerpt.source == source]
        paid, heard = lzma_bits(np.concatenate([e.events for e in own])), sum(e.notes for e in own)
        rows.append(Measurement(f"bits_per_note/lzma_together/{source}", paid / heard, None, None))
        bits, notes = bits + paid, notes + heard
    return [Measurement("bits_per_note/lzma_together", bits / notes, None, None), *rows]


def _with_edges(events: np.ndarray, edge: int) -> np.ndarray:
    return np.concatenate([[edge], np.asarray(events, np.int64), [edge]])


def _groups(items: Iterable[np.ndarray], size: int) -> Iterable[list[np.ndarray]]:
    group: list[np.ndarray] = []
    for item in items:
        group.append(item)
        if len(group) == size:
            yield group
            group = []
    if group:
        yield group


def _batches(lengths: Sequence[int], ids_per_batch: int) -> Iterable[list[int]]:
    """Row numbers in batches of similar length, longest first."""
    order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    while order:
        count = max(1, ids_per_batch // lengths[order[0]])
        yield order[:count]
        order = order[count:]
