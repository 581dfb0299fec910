"""How well the tasks that change music know the music that was there.

- ``infill/bits_per_note/…``: what a hidden run of bars costs. ``both_sides``: told by ``infill``, which reads the bars
  before and after; ``left_side``: told by ``continue``, which has only read those before. Nobody is told a prompt,
  nobody pays for an end, or for the bars before.
- ``refine/velocity_error/…``: how far the velocity of a note is from the performed one, in steps of the vocabulary's
  16 velocities, in the mean. ``model``: refined greedily, which takes medians; ``constant``: the median of the training
  music; ``rule``: a line through three features, fitted by least squares on the training music: whether a note falls
  on the first beat, whether on a beat, and how high it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from tqdm import tqdm

from ..masks_midi_text import ColumnReader, Columns, Mask, column_reader, hidden_ids, lead_in, masked_ids
from ..processing_midi_text import MidiTextProcessor
from ..records import Measurement
from .intervals import ratio
from .likelihood import Excerpt, target_bits

LONGEST_RUN = 8  # bars
_BEAT = 12  # positions


def infill_rows(
    model: Any, processor: MidiTextProcessor, excerpts: Iterable[Excerpt], *, seed: int = 0, ids_per_batch: int = 8192
) -> list[Measurement]:
    """Bits per note of hidden bars, with and without the bars that follow.

    Args:
        model: A `MidiTextForConditionalGeneration`.
        processor: Of the same checkpoint.
        excerpts: Held-out music; those of fewer than three bars, or that do not fit, are left out.
        seed: Draws the runs.
        ids_per_batch: See `target_bits`.

    Returns:
        ``infill/bits_per_note/both_sides``, ``…/left_side``, ``infill/both_to_left`` (the ratio), ``infill/excerpts``.

    Raises:
        ValueError: If no excerpt is long enough.
    """
    tokenizer, rng = processor.tokenizer, np.random.default_rng(seed)
    reader, config = column_reader(tokenizer), model.config
    infills: list[tuple[list[int], list[int], int]] = []
    lefts: list[tuple[list[int], int]] = []
    notes = []
    for excerpt in excerpts:
        columns = reader.read(excerpt.events)
        mask = _inner_run(columns, rng)
        if mask is None:
            continue
        source = processor.encode("infill", music=masked_ids(tokenizer, columns, mask))
        before, until = (columns.window(0, end) for end in (mask.bars[0], mask.bars[-1] + 1))
        given, target = tokenizer.merge([reader.write(before), reader.write(until)])
        if len(source) > config.max_source_length or len(target) > config.max_target_length:
            continue
        bars, lead = lead_in(tokenizer, columns, mask)
        infills.append((source, hidden_ids(tokenizer, columns, mask.led(bars)), len(lead)))
        lefts.append((target, len(given)))
        notes.append(int(columns.hides(mask).sum()))
    if not notes:
        raise ValueError("infilling is measured on excerpts of three bars or more that fit the model; there is none")
    both = target_bits(
        *(model, processor, [source for source, _, _ in infills], [ids for _, ids, _ in infills]),
        given=[count for _, _, count in infills],
        ids_per_batch=ids_per_batch,
    )
    sources = [processor.encode("continue")] * len(lefts)
    left = target_bits(
        *(model, processor, sources, [ids for ids, _ in lefts]),
        given=[count for _, count in lefts],
        ids_per_batch=ids_per_batch,
    )
    return [
        ratio("infill/bits_per_note/both_sides", both, notes),
        ratio("infill/bits_per_note/left_side", left, notes),
        ratio("infill/both_to_left", both, left),
        Measurement("infill/excerpts", float(len(notes)), None, None),
    ]


def _inner_run(columns: Columns, rng: np.random.Generator) -> Mask | None:
    """A run of bars that ends with a sounding one, with a bar before and a bar after; None where there is none."""
    sounding = np.unique(columns.notes[:, 0])
    ends = sounding[(sounding >= 1) & (sounding < columns.bars - 1)]
    if not len(ends):
        return None
    last = int(rng.choice(ends))
    first = max(1, last + 1 - int(rng.integers(1, LONGEST_RUN + 1)))
    return Mask(tuple(range(first, last + 1)))


class AccentRule:
    """Velocity from the place in the bar and the pitch, by least squares.

    Args:
        training: Performed music.
        reader: Which read it.
    """

    def __init__(self, training: Sequence[Columns], reader: ColumnReader) -> None:
        self.reader = reader
        self._step = {event: step for step, event in enumerate(reader.velocities)}
        features = np.concatenate([self._features(columns) for columns in training])
        steps = np.concatenate([self.steps(columns) for columns in training])
        self.constant = float(np.median(steps))
        self.weights = np.linalg.lstsq(features, steps, rcond=None)[0]

    def steps(self, columns: Columns) -> np.ndarray:
        """The velocity of each note, as a step of the vocabulary."""
        return np.array([self._step[event] for event in columns.notes[:, 4].tolist()], np.float64)

    def predict(self, columns: Columns) -> np.ndarray:
        """The velocity that the rule gives each note, a whole step."""
        steps: np.ndarray = np.rint(self._features(columns) @ self.weights).clip(0, len(self.reader.velocities) - 1)
        return steps

    def _features(self, columns: Columns) -> np.ndarray:
        position, pitch = columns.notes[:, 1], self.reader.values[columns.notes[:, 3]]
        return np.column_stack([np.ones(len(pitch)), position == 0, position % _BEAT == 0, (pitch - 60) / 12])


def refine_rows(
    pipe: Any,
    excerpts: Iterable[Excerpt],
    training_events: Iterable[np.ndarray],
    *,
    batch_size: int = 16,
    seed: int = 0,
) -> list[Measurement]:
    """How far refined velocities are from the performed ones.

    Args:
        pipe: A text-to-midi pipeline.
        excerpts: Held-out music; what was not performed (one velocity only) is left out.
        training_events: Event ids of training excerpts, for constant and rule; the same holds for them.
        batch_size: Pieces refined together.
        seed: Of the pipeline; the choice is greedy.

    Returns:
        ``refine/velocity_error/model``, ``…/constant``, ``…/rule`` and ``refine/excerpts``.

    Raises:
        ValueError: If nothing held out, or nothing to train on, was performed.
    """
    tokenizer = pipe.processor.tokenizer
    reader, vocabulary = column_reader(tokenizer), tokenizer.events
    training = [columns for columns in map(reader.read, training_events) if _is_performed(columns)]
    held_out = [columns for columns in (reader.read(e.events) for e in excerpts) if _is_performed(columns)]
    if not training or not held_out:
        raise ValueError(
            f"refining is measured on music with several velocities; got {len(held_out)} such excerpts "
            f"and {len(training)} to train on"
        )
    rule = AccentRule(training, reader)
    errors: dict[str, list[float]] = {"model": [], "constant": [], "rule": []}
    scores = [vocabulary.decode(vocabulary.names[i] for i in reader.write(columns).tolist()) for columns in held_out]
    changes = ({"midi": score, "task": "refine"} for score in scores)
    pieces = pipe(changes, batch_size=batch_size, do_sample=False, seed=seed)
    progress = tqdm(pieces, total=len(scores), desc="refining", unit="piece", disable=None, leave=False)
    for score, made in zip(scores, progress, strict=True):
        truth = _ordered(reader.read(vocabulary.encode(score)))
        refined = _ordered(reader.read(vocabulary.encode(made.score)))
        steps = rule.steps(truth)
        errors["model"].append(float(np.abs(rule.steps(refined) - steps).sum()))
        errors["constant"].append(float(np.abs(rule.constant - steps).sum()))
        errors["rule"].append(float(np.abs(rule.predict(truth) - steps).sum()))
    notes = [len(columns.notes) for columns in held_out]
    rows = [ratio(f"refine/velocity_error/{name}", each, notes) for name, each in errors.items()]
    return [*rows, Measurement("refine/excerpts", float(len(notes)), None, None)]


def _is_performed(columns: Columns) -> bool:
    return len(np.unique(columns.notes[:, 4])) > 1


def _ordered(columns: Columns) -> Columns:
    """The notes by bar, position, program, pitch and duration: the same for two scores of the same notes."""
    order = np.lexsort([columns.notes[:, column] for column in (5, 3, 2, 1, 0)])
    return Columns(columns.metres, columns.tempi, columns.notes[order])
