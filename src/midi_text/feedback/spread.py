"""A spread of prompts to practise on: every key, tempo, metre and size of band as often as any other.

They are written as training's prompts are, about music that does not exist: facts are drawn and put into words. None is
a prompt of FactPrompts, and their wordings are others than those of its grid, which stays what it is: a test.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import TypeVar

from ..data.captions import write_prompt
from ..evaluation.gold import Gold, Prompt, gold_of
from ..evaluation.prompt_files import load_fact_prompts
from ..facts_midi_text import DRUMS, InstrumentFacts, MusicFacts
from ..key_midi_text import Key
from ..prompt_midi_text import read_prompt

_METRES = ((4, 4), (4, 4), (4, 4), (3, 4), (3, 4), (2, 4), (6, 8))
_BARS = (4, 8, 8, 12, 16, 16)
_TEMPI = ((40, 60), (60, 75), (75, 90), (90, 110), (110, 130), (130, 150), (150, 180))
_PROGRAMS = (0, 0, 4, 6, 11, 16, 19, 21, 22, 24, 25, 27, 29, 32, 33, 40, 41, 42, 43, 46, 48, 52, 56, 57, 58, 60, 61, 65,
             66, 68, 70, 71, 73, 74, 75, 81, 89, 105)  # fmt: skip
_PLAYERS = (1, 1, 2, 2, 3, 4)
_DRUMS = (False, False, False, True)
_Level = TypeVar("_Level")


def spread(count: int, seed: int = 0) -> list[Prompt]:
    """Prompts that state something that can be measured.

    Args:
        count: How many.
        seed: Of the draw.

    Raises:
        ValueError: If ``count`` is not positive.
    """
    if count < 1:
        raise ValueError(f"a spread needs at least one prompt; got {count}")
    rng = random.Random(f"spread:{seed}")
    tests = {prompt.text for prompt in load_fact_prompts().prompts}
    keys = _cycle([Key(tonic, mode) for tonic in range(12) for mode in ("major", "minor")], rng)
    tempi, metres, bars = _cycle(_TEMPI, rng), _cycle(_METRES, rng), _cycle(_BARS, rng)
    players, drums = _cycle(_PLAYERS, rng), _cycle(_DRUMS, rng)
    prompts: list[Prompt] = []
    while len(prompts) < count:
        programs = (*rng.sample(_PROGRAMS, next(players)), *((DRUMS,) if next(drums) else ()))
        facts = _facts(
            rng.randint(*next(tempi)), next(metres), next(keys), tuple(dict.fromkeys(programs)), next(bars), rng
        )
        text = write_prompt(facts, {}, rng)
        gold = gold_of(read_prompt(text))
        if gold != Gold(styles=gold.styles) and text not in tests:
            prompts.append(Prompt(f"spread-{len(prompts):05d}", text, gold, "spread"))
    return prompts


def _cycle(levels: Sequence[_Level], rng: random.Random) -> Iterator[_Level]:
    """The levels in random order, over and over, each as often as any other."""
    while True:
        yield from rng.sample(list(levels), len(levels))


def _facts(
    tempo: int, metre: tuple[int, int], key: Key, programs: tuple[int, ...], bars: int, rng: random.Random
) -> MusicFacts:
    """The facts of a piece that somebody could have written."""
    quarters = bars * metre[0] * 4 / metre[1]
    notes = max(16, round(quarters * rng.uniform(1, 4)))
    seconds = quarters * 60 / tempo
    low = rng.randint(36, 60)
    voices = len(programs) - (DRUMS in programs)
    return MusicFacts(
        tempo_bpm=float(tempo),
        tempo_changes=False,
        time_signature=metre,
        metre_changes=False,
        key=key,
        key_confidence=1.0,
        instruments=tuple(InstrumentFacts(program, notes // len(programs) + 1, low, low + 24) for program in programs),
        bars=bars,
        duration_seconds=seconds,
        notes=notes,
        notes_per_second=notes / seconds,
        lowest_pitch=low,
        highest_pitch=low + rng.randint(12, 40),
        polyphony=float(voices) * rng.uniform(1, 2),
        max_polyphony=2 * voices + 1,
        velocity_mean=rng.uniform(40, 110),
        velocity_spread=8.0,
        articulation=rng.uniform(0.5, 1.1),
    )
