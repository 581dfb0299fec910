"""Samples: what a model writes on the way, for people to listen to and look at.

The same few prompts and the same few held-out pieces each time, from the same seed, so that folders can be compared.
Pieces are written without locks: what is heard is the model. Captions are its own words, before they are checked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import symusic
import torch

from ..data.batches import ExampleTable
from ..data.stopping import whole_folder
from ..pipeline_midi_text import Composition, Description, MidiToTextPipeline, TextToMidiPipeline
from ..processing_midi_text import MidiTextProcessor
from ..score_midi_text import write_score

PROMPTS = (
    "a slow waltz in D minor for violin and piano, 16 bars",
    "a cheerful jig in G major for flute, 8 bars",
    "a rock song at 130 BPM with drums, bass and overdriven guitar",
    "a string quartet in C major, adagio",
)
PIECES = 3  # held-out ones that are described
MOST_TOKENS = 256  # of a piece
Draw = Callable[[symusic.Score, Path], None]


def held_out_scores(table: ExampleTable, processor: MidiTextProcessor) -> list[symusic.Score]:
    """A few rows as scores, evenly spread over the table."""
    offset, taken = processor.tokenizer.music_offset, min(PIECES, len(table))
    rows = [table[number * len(table) // taken].events.astype(int) + offset for number in range(taken)]
    return [processor.decode_score(ids.tolist()) for ids in rows]


def write_samples(
    model: Any, processor: MidiTextProcessor, pieces: Sequence[symusic.Score], folder: Path, draw: Draw | None = None
) -> None:
    """Answers the prompts and describes the pieces, into a folder that appears whole.

    Args:
        model: A `MidiTextForConditionalGeneration`; it is left in the mode it was in.
        processor: Of the run.
        pieces: To describe.
        folder: Where ``samples.md``, a MIDI file for everything in it and, with ``draw``, a picture of each go.
        draw: Makes a picture of a score; None for none.
    """
    learning, home = model.training, model.name_or_path
    with whole_folder(folder) as part:
        model.name_or_path = str(part)  # the pipelines look there for what may lie beside weights
        compose, describe = (
            kind(model=model, processor=processor) for kind in (TextToMidiPipeline, MidiToTextPipeline)
        )
        with torch.random.fork_rng():  # training goes on as if nothing had been drawn
            made: list[Composition] = compose(
                list(PROMPTS), batch_size=len(PROMPTS), seed=0, locks=False, max_new_tokens=MOST_TOKENS
            )
            told: list[Description] = describe(list(pieces), batch_size=len(pieces), seed=0)
        model.name_or_path = home
        model.train(learning)
        sections = []
        for number, piece in enumerate(made, 1):
            met = "; ".join(f"{row.fact}: {row.asked} → {row.measured}" for row in piece.agreement)
            sections.append(_section(part, f"prompt-{number}", piece.score, f"> {piece.prompt}\n\n{met}", draw))
        for number, (score, words) in enumerate(zip(pieces, told, strict=True), 1):
            check = words.check
            text = f"> {words.model_text}\n\n{check.contradicted_before} of {check.stated_before} statements are wrong"
            sections.append(_section(part, f"piece-{number}", score, text, draw))
        (part / "samples.md").write_text("\n\n".join(sections) + "\n", encoding="utf-8")


def _section(folder: Path, name: str, score: symusic.Score, text: str, draw: Draw | None) -> str:
    write_score(score, folder / f"{name}.mid")
    if draw is None or not score.note_num():
        return f"## {name}.mid\n\n{text}"
    draw(score, folder / f"{name}.png")
    return f"## {name}.mid\n\n{text}\n\n![{name}]({name}.png)"
