"""How hard a piano piece is to play.

What makes a piece hard can be measured: playing speed, hand displacement, stretches, range, black keys. The grade uses
the scale of the publisher G. Henle (1-3 easy, 4-6 medium, 7-9 difficult): a ridge regression on the 50 movements listed
in `evaluation.accuracy.parts`, of which nine have the publisher's own level and the others one that we recalled. Left
out one work at a time, their rank correlation with the level is 0.92, and 78 % come within one level. Lost: what is
hard to read, to voice or to understand - slow movements come out too easy - and the tempo of scores that give none.

Source: the measures follow V. Sébastien et al., "Score analyzer", ISMIR (2012), and S.-C. Chiu and M.-S. Chen, "A study
on difficulty level recognition of piano sheet music", ISM (2012); the weights are ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..bars_midi_text import seconds_at
from .hands import split_hands
from .view import Notes, View

PIANOS = frozenset(range(4))
LEAST_NOTES = 32
WINDOW_SECONDS = 2.0
# Per log notes a second of both hands, log displacement (semitones a second, + 5), semitone of span, of range, and
# share of black keys; then the constant.
WEIGHTS = np.array([0.55, 0.856, 0.131, 0.105, 0.202])
BIAS = -6.74
WIDEST = 16  # semitones: more in one hand at once means that the hands are told apart wrongly, or that it is rolled
EASY, MEDIUM, HARD = 3.0, (4.2, 6.3), 7.8  # grades before rounding, with room for an error of half a level between
UNHURRIED = 8.0  # notes a second in one hand, sixteenths at 120: the grade counts single notes little, however fast


@dataclass(frozen=True)
class Difficulty:
    """How hard a piano piece is to play.

    Attributes:
        grade: 1 (first lessons) .. 9 (virtuoso); None unless the piece is for one piano: one or two tracks, all of
            them pianos (programs 0 to 3), with 32 notes or more.
        largest_span: Widest reach of one hand, in semitones: the 97th percentile over its onsets; 0 without a grade.
        notes_per_second: Fastest two seconds of one hand, the 90th percentile over its onsets; 0 without a grade.
        traits: "easy piano": the grade, before it is rounded, is at most 3, and no hand plays faster than 8 notes a
            second; "intermediate piano": 4.2 to 6.3; "virtuosic piano": 7.8 or more.
    """

    grade: int | None
    largest_span: int
    notes_per_second: float
    traits: tuple[str, ...]


def measure_difficulty(view: View) -> Difficulty:
    """How hard a piano piece is to play."""
    pianos = len(view.tracks) <= 2 and all(track.program in PIANOS for track in view.tracks)
    hands = [_Hand.of(view, notes) for notes in _hands(view)] if pianos and len(view.notes) >= LEAST_NOTES else []
    if not hands:
        return Difficulty(None, 0, 0.0, ())
    pitch = view.pitched.pitch
    span = max(hand.span for hand in hands)
    value = BIAS + WEIGHTS @ np.array(
        [
            np.log(max(sum(hand.notes_per_second for hand in hands), 1)),
            np.log(max(hand.displacement for hand in hands) + 5),
            min(span, WIDEST),
            np.ptp(pitch),
            np.isin(pitch % 12, (1, 3, 6, 8, 10)).mean(),
        ]
    )
    trait = next(
        (
            name
            for name, low, high in (
                ("easy piano", -np.inf, EASY),
                ("intermediate piano", *MEDIUM),
                ("virtuosic piano", HARD, np.inf),
            )
            if low <= value <= high
        ),
        None,
    )
    fastest = max(hand.notes_per_second for hand in hands)
    if trait == "easy piano" and fastest > UNHURRIED:
        trait = None
    return Difficulty(int(np.clip(round(value), 1, 9)), int(span), round(fastest, 2), (trait,) if trait else ())


def _hands(view: View) -> list[Notes]:
    """The notes of each hand that plays eight or more: two tracks if there are two, else two halves of one."""
    if len(view.tracks) == 2:
        hands = [track.notes for track in view.tracks]
    else:
        hands = [*split_hands(view.pitched, view.ticks_per_quarter)]
    return [notes for notes in hands if len(notes) >= 8]


@dataclass(frozen=True)
class _Hand:
    """What one hand has to do: `displacement` is the 75th percentile of its moves, in semitones a second."""

    span: float
    notes_per_second: float
    displacement: float

    @classmethod
    def of(cls, view: View, notes: Notes) -> _Hand:
        first = notes.onsets(view.together)
        low, high = np.minimum.reduceat(notes.pitch, first), np.maximum.reduceat(notes.pitch, first)
        seconds = seconds_at(view.score, notes.time)
        soon = np.searchsorted(seconds, seconds[first] + WINDOW_SECONDS) - first
        moves = np.abs(np.diff(low + high)) / 2 / np.maximum(np.diff(seconds[first]), 0.05)
        return cls(
            span=float(np.percentile(high - low, 97)),
            notes_per_second=float(np.percentile(soon, 90)) / WINDOW_SECONDS,
            displacement=float(np.percentile(moves, 75)) if len(moves) else 0.0,
        )
