"""Prompt adherence: does the written MIDI hold what the prompt asked?

Everything is read from the MIDI file, as a stranger would: the gold is the prompt's (`grid.GridPrompt`), never a
prediction, and the key is heard by Aarden-Essen correlation (music21's default), which is not the estimator that
captions and the agreement table use. What is measured of one prompt:

- ``decodes``: the system wrote a file and it can be read; ``has_notes``: with a note in it.
- ``ends``: the piece ended by itself, before the limit of tokens.
- ``tempo``: the tempo that sounds longest is the asked one within half a beat a minute, and it does not change.
- ``tempo_bin``, ``tempo_bin_near``: TB and TBT (Text2midi, Bhandari et al., 2025): bin(b) is the number of marks in
  (40, 60, 70, 90, 110, 140, 160, 210) that b exceeds; the bins of asked and first tempo are equal, or differ by less
  than 2.
- ``metre``: every bar has the asked metre. ``bars``: their number is the asked one.
- ``instruments``: every asked program sounds, drums included; ``no_other_instrument``: none else does.
- ``key``: the asked tonic and mode are heard (CK); ``key_or_relative``: or those of the relative key, A minor for
  C major (CKD, as its text defines it).
- ``empty_bars``: share of a piece's bars in which nothing sounds; 1 for a piece without notes.

A piece that cannot be read counts as failed in every row. The first sample is taken; nothing is re-ranked.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from symusic.core import ScoreTick

from ..bars_midi_text import bar_starts, tempo_map
from ..facts_midi_text import measure_facts
from ..key_midi_text import Key, estimate_key
from ..records import EvaluationReport
from ..score_midi_text import MidiError, read_score
from ..truth_midi_text import contradicts
from .grid import TEMPO_MARKS, GridPrompt
from .grid import grid_prompts as grid_prompts
from .intervals import ratio

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Adherence:
    """How one piece fares; see the module for what each field means."""

    decodes: bool = False
    ends: bool = False
    has_notes: bool = False
    tempo: bool = False
    tempo_bin: bool = False
    tempo_bin_near: bool = False
    metre: bool = False
    bars: bool = False
    instruments: bool = False
    no_other_instrument: bool = False
    key: bool = False
    key_or_relative: bool = False
    empty_bars: float = 1.0


@dataclass(frozen=True)
class Outcome:
    """One prompt, answered: a line of the results file.

    Attributes:
        index: Of the prompt.
        adherence: How the piece fares.
        heard: What was measured, as text, for people who look for reasons.
        notes: Notes written.
        seconds: Wall time, the batch's shared out among its prompts.
    """

    index: int
    adherence: Adherence
    heard: dict[str, Any]
    notes: int
    seconds: float


def tempo_bin(tempo_bpm: float) -> int:
    """The TB bin of a tempo, 0..8: how many marks it exceeds, strictly."""
    return sum(tempo_bpm > mark for mark in TEMPO_MARKS)


def heard_key(score: ScoreTick) -> Key | None:
    """The key by Aarden-Essen correlation over the sounding time of pitch classes; None without pitched notes."""
    pitched = [track.notes.numpy() for track in score.tracks if len(track.notes) and not track.is_drum]
    if not pitched:
        return None
    pitches, durations = (np.concatenate([notes[name] for notes in pitched]) for name in ("pitch", "duration"))
    return estimate_key(pitches, durations, profile="aarden-essen")[0]


def empty_bar_share(score: ScoreTick) -> float:
    """Share of the bars, up to the end of the last note, in which no note sounds."""
    notes = [track.notes.numpy() for track in score.tracks if len(track.notes)]
    starts = np.sort(np.concatenate([n["time"] for n in notes]).astype(np.int64))
    ends = np.sort(np.concatenate([n["time"].astype(np.int64) + n["duration"] for n in notes]))
    lines = bar_starts(score)
    sounding = np.searchsorted(starts, lines[1:], "left") - np.searchsorted(ends, lines[:-1], "right")
    return float((sounding <= 0).mean())


def score_adherence(asked: GridPrompt, midi: bytes, ends: bool = True) -> tuple[Adherence, dict[str, Any]]:
    """Holds one MIDI file to one prompt.

    Args:
        asked: The prompt.
        midi: A Standard MIDI File of any system.
        ends: Whether the system ended it by itself; nobody can see that in the file.

    Returns:
        The figures, and what was heard.
    """
    try:
        score = read_score(midi).score
    except MidiError as error:
        return Adherence(ends=ends), {"error": str(error)}
    facts = measure_facts(score)
    key = heard_key(score)
    first_tempo = float(60e6 / tempo_map(score)[1][0])
    bins = abs(tempo_bin(round(first_tempo, 2)) - tempo_bin(asked.tempo_bpm))
    sounding, wanted = set(facts.programs), set(asked.programs)
    held = Adherence(
        decodes=True,
        ends=ends,
        has_notes=facts.notes > 0,
        tempo=not contradicts("tempo_bpm", (asked.tempo_bpm,) * 2, facts) and not facts.tempo_changes,
        tempo_bin=bins == 0,
        tempo_bin_near=bins < 2,
        metre=facts.time_signature == asked.time_signature and not facts.metre_changes,
        bars=facts.bars == asked.bars,
        instruments=wanted <= sounding,
        no_other_instrument=sounding <= wanted,
        key=key == asked.key,
        key_or_relative=key in (asked.key, asked.key.relative),
        empty_bars=empty_bar_share(score),
    )
    heard = {
        "tempo_bpm": facts.tempo_bpm,
        "time_signature": "{}/{}".format(*facts.time_signature),
        "bars": facts.bars,
        "programs": list(facts.programs),
        "key": key.name if key else None,
        "notes": facts.notes,
    }
    return held, heard


def evaluate_adherence(
    pipeline: Any,
    prompts: Sequence[GridPrompt],
    *,
    batch_size: int = 16,
    locks: bool = True,
    seed: int = 0,
    results: str | os.PathLike[str] | None = None,
    checkpoint_hash: str = "",
) -> EvaluationReport:
    """Lets a pipeline answer prompts and measures the answers.

    Args:
        pipeline: A text-to-midi pipeline; called with a list of texts, ``batch_size``, ``seed`` and ``locks``.
        prompts: See `grid_prompts`.
        batch_size: Prompts written together. The music depends on it, as sampling does on a batch.
        locks: False lets the model ignore what is asked: its own share.
        seed: Of the first batch; prompts are taken from small to large, and the batch after i of them has ``seed + i``.
        results: A file for one JSON line a prompt. If it is there, the run goes on where it ends.
        checkpoint_hash: SHA-256 of the weights, for the report and to keep the results of two checkpoints apart.

    Returns:
        A row for every field of `Adherence`, then ``notes_per_second`` over all.

    Raises:
        ValueError: If there is no prompt, or the results file belongs to another run.
    """
    if not prompts or batch_size < 1:
        raise ValueError(f"adherence needs prompts and a batch_size >= 1; got {len(prompts)} and {batch_size}")
    run = {
        "prompts": len(prompts),
        "locks": locks,
        "seed": seed,
        "batch_size": batch_size,
        "checkpoint_hash": checkpoint_hash,
    }
    order = sorted(range(len(prompts)), key=lambda index: _size(prompts[index]))
    log = _Results(Path(results), run, prompts) if results is not None else None
    outcomes = log.outcomes() if log else []
    for start in range(len(outcomes), len(prompts), batch_size):
        batch = order[start : start + batch_size]
        answers = _compose(pipeline, [prompts[index].text for index in batch], seed + start, locks)
        limit = pipeline.model.config.max_target_length
        for index, (answer, seconds) in zip(batch, answers, strict=True):
            outcomes.append(_outcome(index, prompts[index], answer, seconds, limit))
        if log:
            log.write(outcomes)
        logger.info("adherence: %d of %d prompts", len(outcomes), len(prompts))
    outcomes.sort(key=lambda outcome: outcome.index)
    return summarize(outcomes, f"prompt adherence, locks {'on' if locks else 'off'}", checkpoint_hash, seed)


def summarize(outcomes: Sequence[Outcome], name: str, checkpoint_hash: str, seed: int) -> EvaluationReport:
    """The outcomes of a run as a report.

    Raises:
        ValueError: If there is none.
    """
    rows = [
        ratio(field.name, [float(getattr(outcome.adherence, field.name)) for outcome in outcomes])
        for field in fields(Adherence)
    ]
    rows.append(ratio("notes_per_second", [o.notes for o in outcomes], [o.seconds for o in outcomes]))
    return EvaluationReport(name, checkpoint_hash, len(outcomes), seed, tuple(rows))


def _size(asked: GridPrompt) -> float:
    """About how much music is asked: a batch takes as long as its longest piece, so like goes with like."""
    beats, unit = asked.time_signature
    return asked.bars * beats / unit * len(asked.programs)


def _compose(pipeline: Any, texts: list[str], seed: int, locks: bool) -> list[tuple[Any, float]]:
    """For each text the first sample and its share of the wall time.

    Where a batch fails, each text is tried alone, and None stands for a failure.
    """
    try:
        pieces = pipeline(texts, batch_size=len(texts), seed=seed, locks=locks)
        return [(piece, piece.generation_seconds / len(texts)) for piece in pieces]
    except (ValueError, RuntimeError) as error:
        if len(texts) == 1:
            logger.warning("no music for %r: %s", texts[0], error)
            return [(None, 0.0)]
        return [answer for text in texts for answer in _compose(pipeline, [text], seed, locks)]


def _outcome(index: int, asked: GridPrompt, piece: Any, seconds: float, limit: int) -> Outcome:
    if piece is None:
        return Outcome(index, Adherence(), {"error": "no music"}, 0, 0.0)
    adherence, heard = score_adherence(asked, piece.midi, ends=piece.tokens < limit)
    return Outcome(index, adherence, heard, heard.get("notes", 0), seconds)


class _Results:
    """The results file: a line that names the run, then one line a prompt; whole lines only count."""

    def __init__(self, path: Path, run: dict[str, Any], prompts: Sequence[GridPrompt]):
        self.path, self.run, self.prompts = path, run, prompts

    def outcomes(self) -> list[Outcome]:
        """What an earlier run left.

        Raises:
            ValueError: If it was another run.
        """
        lines = list(self._lines())
        if not lines:
            return []
        found, *rest = lines
        if found != {"run": self.run} or any(line["prompt"] != self.prompts[line["index"]].to_dict() for line in rest):
            raise ValueError(
                f"{self.path} must hold results of the same run ({self.run}, the same prompts); found {found}. "
                "Remove it or choose another file."
            )
        return [
            Outcome(line["index"], Adherence(**line["adherence"]), line["heard"], line["notes"], line["seconds"])
            for line in rest
        ]

    def write(self, outcomes: Sequence[Outcome]) -> None:
        """All of it anew, whole or not at all: a few hundred lines."""
        lines: list[dict[str, Any]] = [{"run": self.run}]
        lines += [{"prompt": self.prompts[outcome.index].to_dict(), **asdict(outcome)} for outcome in outcomes]
        part = self.path.with_name(f".{self.path.name}.part")
        part.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
        part.replace(self.path)

    def _lines(self) -> Iterator[dict[str, Any]]:
        if self.path.exists():
            for line in self.path.read_text(encoding="utf-8").splitlines():
                yield json.loads(line)
