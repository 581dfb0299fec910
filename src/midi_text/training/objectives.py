"""What the tasks ask: a built row becomes what the model reads and what it should write.

Music is transposed at random and its words move with it, and words are written anew each time a row is met, so that
no caption is learned by heart. One prompt in ten is empty: the model also learns music without being told anything.
"""

from __future__ import annotations

import random

from ..data.batches import Example, Row
from ..data.captions import write_caption, write_prompt
from ..tokenization_midi_text import MidiTextTokenizer

EMPTY_PROMPTS = 0.1
TRANSPOSITIONS = range(-5, 7)


def make_example(
    tokenizer: MidiTextTokenizer, row: Row, task: str, rng: random.Random, augment: bool = True
) -> Example:
    """One example of a task.

    Args:
        tokenizer: Of the run.
        row: The built row.
        task: ``"compose"`` or ``"caption"``.
        rng: Draws transposition and words.
        augment: Whether to transpose and to leave prompts empty; off for validation.

    Raises:
        ValueError: If the task is not one of these.
    """
    facts, events = row.facts, row.events
    if augment and facts.lowest_pitch is not None and facts.highest_pitch is not None:
        semitones = rng.choice(TRANSPOSITIONS)
        if facts.lowest_pitch + semitones >= 0 and facts.highest_pitch + semitones <= 127:
            facts, events = facts.transposed(semitones), tokenizer.transposed(events, semitones)
    (music,) = tokenizer.merge([events])
    end = tokenizer.eos_token_id
    if task == "compose":
        prompt = "" if augment and rng.random() < EMPTY_PROMPTS else write_prompt(facts, row.labels, rng)
        return Example(tokenizer.prompt_ids("compose", text=prompt), [*music, end], facts.notes)
    if task == "caption":
        words = tokenizer.encode_text(write_caption(facts, row.labels, rng))
        return Example(tokenizer.prompt_ids("caption", music=music), [*words, end], facts.notes)
    raise ValueError(f"task must be 'compose' or 'caption'; got {task!r}")
