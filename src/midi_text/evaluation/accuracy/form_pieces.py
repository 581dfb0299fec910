"""Pieces made to a plan: phrases of real tunes, put together as AABA or the like.

A phrase is eight bars of a tune from Nottingham with its chords, moved to C; the letters of a plan are phrases of
different tunes of one metre. When a phrase returns it is varied: one note of ten is left out, one of ten moves a step,
velocities change. Only phrases whose halves are not alike are used, since AABA made of them could as well be heard
twice as fine. What such pieces cannot tell: real sections contrast in more than their tune, or in less.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from symusic.core import ScoreTick

from ...facts.similarity import compare_bars
from ...facts.view import view_score
from ...key_midi_text import Key
from ...score_midi_text import slice_bars
from .made import note_list
from .row import LabelledPiece

PLANS = ("AABA", "ABA", "AABB", "ABAC", "ABACA", "ABAB", "ABCD", "AAB")
PHRASE = 8  # bars
VARIED = 0.1  # share of notes left out, and of notes moved
HALVES_ALIKE = 0.4  # mean content


def make_forms(tunes: Sequence[LabelledPiece], count: int, seed: int = 0) -> list[tuple[ScoreTick, str]]:
    """Pieces and their plans.

    Args:
        tunes: Pieces with a `key` label.
        count: How many to make.
        seed: Of the choice of plans, phrases and variations.

    Returns:
        `count` pieces; none if no metre has enough tunes for the plans.
    """
    rng = np.random.default_rng(seed)
    phrases: dict[tuple[int, int], list[ScoreTick]] = {}
    for tune in tunes:
        for metre, phrase in _phrases(tune):
            phrases.setdefault(metre, []).append(phrase)
    rich = [found for found in phrases.values() if len(found) >= max(len(set(plan)) for plan in PLANS)]
    made = []
    for number in range(count if rich else 0):
        plan = PLANS[number % len(PLANS)]
        letters = sorted(set(plan))
        source = rich[rng.integers(len(rich))]
        chosen = dict(zip(letters, rng.choice(len(source), len(letters), replace=False), strict=True))
        made.append((_join([source[chosen[letter]] for letter in plan], plan, rng), plan))
    return made


def _phrases(tune: LabelledPiece) -> list[tuple[tuple[int, int], ScoreTick]]:
    """The tune's first phrase, by metre, if it is whole and its halves differ."""
    view = view_score(tune.score)
    begin = 1 if view.notes.time[0] > view.bar_lines[0] else 0  # after an upbeat
    if view.bars < begin + PHRASE or len(view.tracks) != 2 or len({tuple(metre) for metre in view.metres.tolist()}) > 1:
        return []
    half = PHRASE // 2
    halves = compare_bars(view).content[begin : begin + half, begin + half : begin + PHRASE]
    if np.diagonal(halves).mean() > HALVES_ALIKE:
        return []
    phrase = slice_bars(tune.score, begin, begin + PHRASE)
    if len(phrase.tracks) != 2:
        return []
    tonic = Key.parse(tune.labels["key"]).tonic
    for track in phrase.tracks:
        notes = track.notes.numpy()
        moved = notes["pitch"].astype(np.int64) - (tonic if tonic < 6 else tonic - 12)
        track.notes = note_list(notes["time"], notes["duration"], moved, notes["velocity"])
    numerator, denominator = view.metres[0].tolist()
    return [((numerator, denominator), phrase)]


def _join(phrases: Sequence[ScoreTick], plan: str, rng: np.random.Generator) -> ScoreTick:
    """The phrases one after the other; those whose letter was heard before are varied."""
    score = phrases[0].copy()
    line = view_score(score).bar_lines
    length = PHRASE * int(line[1] - line[0])
    for index, track in enumerate(score.tracks):
        parts = []
        for place, phrase in enumerate(phrases):
            notes = phrase.tracks[index].notes.numpy()
            scale = score.ticks_per_quarter / phrase.ticks_per_quarter
            time, duration = ((notes[name] * scale).astype(np.int64) for name in ("time", "duration"))
            pitch, velocity = (notes[name].astype(np.int64) for name in ("pitch", "velocity"))
            kept = np.ones(len(time), bool)
            if plan[place] in plan[:place]:
                kept = rng.random(len(time)) >= VARIED
                pitch = pitch + (rng.random(len(time)) < VARIED) * rng.choice([-2, -1, 1, 2], len(time))
                velocity = velocity + rng.integers(-10, 11, len(time))
            parts.append(np.stack([time + place * length, duration, pitch, velocity])[:, kept])
        time, duration, pitch, velocity = np.concatenate(parts, axis=1)
        track.notes = note_list(time, duration, pitch, velocity)
    return score
