"""Prompts whose every fact is known: a balanced grid, put into sentences that a user might type.

Tonic and mode, tempo bin, metre, number of instruments with or without drums, and number of bars are drawn so that
each level occurs equally often (up to one), independently of the others; the tempo is a whole number anywhere in its
bin, the instruments are familiar ones of all families. The sentences are this module's own, not those that captions
and training prompts are made from, so that a model is not examined in the words it was taught in.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from ..key_midi_text import Key
from ..vocabulary_midi_text import DRUMS, INSTRUMENTS, key_spellings

TEMPO_MARKS = (40, 60, 70, 90, 110, 140, 160, 210)  # the bins of the TB metric, see `adherence.tempo_bin`
TEMPO_LIMITS = (30, 250)
METRES = ((4, 4), (3, 4), (2, 4), (6, 8), (2, 2), (12, 8))
BARS = range(4, 33)
PITCHED = range(1, 6)  # pitched instruments, with and without drums beside them
_TONICS_AND_MODES = [Key(tonic, mode) for tonic in range(12) for mode in ("major", "minor")]
# Piano, harpsichord, vibraphone, marimba, organs, accordion, guitars, basses, strings, choir, brass, reeds, flutes,
# synthesizers, sitar, banjo, fiddle, steel drums.
_PROGRAMS = (0, 4, 6, 11, 12, 16, 19, 21, 24, 25, 27, 29, 32, 33, 40, 41, 42, 43, 46, 48, 52, 53, 56, 57, 58, 60,
             61, 65, 66, 68, 70, 71, 73, 74, 75, 81, 89, 104, 105, 110, 114)  # fmt: skip
_TEMPLATES = (
    "Write {a_bars}-bar piece in {key} for {instruments}, in {metre} time at {tempo} BPM.",
    "Can you make me {bars} bars of music in {metre}? {Instruments}, {key}, {tempo} bpm please.",
    "I need a tune in the key of {key} with {instruments}. Tempo {tempo} BPM, time signature {metre}, {bars} bars.",
    "{Instruments}. {key}. {metre}. {tempo} bpm. {bars} bars.",
    "key: {key}; tempo: {tempo} bpm; time signature: {metre}; length: {bars} bars; instruments: {instruments}",
    "At {tempo} beats per minute, in {metre}, {bars} measures for {instruments} in {key}.",
    "A background loop for my game: {bars} bars, {key}, {tempo} BPM, {metre}, played by {instruments}.",
    "compose something for {instruments} in {key}, {metre} time, {tempo} bpm, {bars} bars long",
)
_Level = TypeVar("_Level")


@dataclass(frozen=True)
class GridPrompt:
    """A prompt and what it asks, all of it.

    Attributes:
        text: The words.
        tempo_bpm: Quarter notes a minute.
        time_signature: Of every bar.
        key: Tonic and mode.
        programs: The programs that must sound, 128 for drums, and no other may.
        bars: Number of bars.
    """

    text: str
    tempo_bpm: int
    time_signature: tuple[int, int]
    key: Key
    programs: tuple[int, ...]
    bars: int

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, the key by name."""
        return {
            "text": self.text,
            "tempo_bpm": self.tempo_bpm,
            "time_signature": list(self.time_signature),
            "key": self.key.name,
            "programs": list(self.programs),
            "bars": self.bars,
        }


def grid_prompts(n: int = 500, seed: int = 0) -> list[GridPrompt]:
    """The first ``n`` prompts of the grid that ``seed`` draws.

    Raises:
        ValueError: If ``n`` is not positive.
    """
    if n < 1:
        raise ValueError(f"n must be at least 1; got {n}")
    rng = random.Random(f"grid:{seed}")
    keys = _balanced(_TONICS_AND_MODES, n, rng)
    low, high = TEMPO_LIMITS
    bins = list(zip((low - 1, *TEMPO_MARKS), (*TEMPO_MARKS, high), strict=True))
    tempi = [rng.randint(mark + 1, next_mark) for mark, next_mark in _balanced(bins, n, rng)]
    metres = _balanced(METRES, n, rng)
    bands = [
        tuple(rng.sample(_PROGRAMS, pitched)) + (DRUMS,) * drums
        for pitched, drums in _balanced([(pitched, drums) for pitched in PITCHED for drums in (0, 1)], n, rng)
    ]
    lengths = _balanced(BARS, n, rng)
    templates = _balanced(_TEMPLATES, n, rng)
    return [
        GridPrompt(_words(template, *asked, rng), *asked)
        for template, asked in zip(templates, zip(tempi, metres, keys, bands, lengths, strict=True), strict=True)
    ]


def _balanced(levels: Sequence[_Level], n: int, rng: random.Random) -> list[_Level]:
    """``n`` levels in random order, each as often as any other up to one."""
    rounds = [level for _ in range(n // len(levels)) for level in levels]
    drawn = rounds + rng.sample(list(levels), n % len(levels))
    rng.shuffle(drawn)
    return drawn


def _words(
    template: str,
    tempo_bpm: int,
    time_signature: tuple[int, int],
    key: Key,
    programs: Sequence[int],
    bars: int,
    rng: random.Random,
) -> str:
    names = [rng.choice(INSTRUMENTS[program].written) for program in programs]
    *first, last = names
    band = f"{', '.join(first)}{rng.choice((' and ', ', ')) if first else ''}{last}"
    return template.format(
        a_bars=f"{'an' if bars in (8, 11, 18) else 'a'} {bars}",
        bars=bars,
        key=rng.choice(key_spellings(key)),
        metre="{}/{}".format(*time_signature),
        tempo=tempo_bpm,
        instruments=band,
        Instruments=band[0].upper() + band[1:],
    )
