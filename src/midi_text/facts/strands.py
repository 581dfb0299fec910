"""Strands: the notes that one hand or one instrument plays, onset by onset, all strands of a piece in one table.

Accompaniment figures are things that a hand does: a left hand alternates bass and chords whether or not a right hand
sings above it in the same track. So a polyphonic keyboard track gives two strands, its hands (`hands`), any other
track one; what accompanies a melody is one more, all tracks and hands together, since tuba and horns share an oom-pah,
and so may the hands of a pianist. Everything is laid out in flat arrays over onsets, so that a rule is a few array
operations for all strands.

Source: the idea is ours, the hands are those of `hands`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..bars_midi_text import seconds_at
from .hands import split_hands
from .roles import Tracks
from .view import Notes, View

KEYBOARDS = frozenset((*range(8), *range(16, 24), 46))  # pianos, organs and accordions, harp
TOGETHER = -1  # the strand of all that accompanies
NEVER = 1e6
POLYPHONIC = 0.9  # a keyboard track with fewer single onsets than this is played with two hands


@dataclass(frozen=True, eq=False)
class Strands:
    """All onsets of all strands, by strand, then time; shape (m,) unless said otherwise.

    Attributes:
        track: Index into `View.tracks` of each strand, `TOGETHER` for the accompaniment as a whole; shape (s,).
        under: Whether it accompanies from below: a left hand, or a track that is neither melody nor the only one and
            has no hands; shape (s,).
        strand: Row in `track`.
        time: Tick.
        size: Notes that start.
        low: Their lowest pitch.
        high: Their highest.
        octaves: Whether they are one pitch class in more than one octave.
        next_beats: Quarter notes to the strand's next onset; `NEVER` after its last.
        next_seconds: The same in seconds.
        cell: Which bar of which strand: rows of the arrays below.
        position: Quarter notes since the bar line.
        cell_start: First onset of each cell, shape (c,).
        cell_strand: Strand of each cell, shape (c,).
        cell_bar: Bar of each cell, shape (c,).
        bar_beats: Quarter notes in its bar, shape (c,).
    """

    track: np.ndarray
    under: np.ndarray
    strand: np.ndarray
    time: np.ndarray
    size: np.ndarray
    low: np.ndarray
    high: np.ndarray
    octaves: np.ndarray
    next_beats: np.ndarray
    next_seconds: np.ndarray
    cell: np.ndarray
    position: np.ndarray
    cell_start: np.ndarray
    cell_strand: np.ndarray
    cell_bar: np.ndarray
    bar_beats: np.ndarray

    def __len__(self) -> int:
        return len(self.time)

    @cached_property
    def one(self) -> np.ndarray:
        """Onsets of one note or of one pitch class in octaves."""
        return (self.size == 1) | self.octaves

    @cached_property
    def count(self) -> np.ndarray:
        """Onsets of each cell, shape (c,)."""
        return np.diff(np.append(self.cell_start, len(self)))

    @cached_property
    def pitches(self) -> np.ndarray:
        """Different lowest pitches of each cell, shape (c,)."""
        ordered = np.sort(self.cell * 128 + self.low)
        first = np.concatenate([[True], ordered[1:] != ordered[:-1]])
        return np.bincount(ordered[first] >> 7, minlength=len(self.cell_start))

    def total(self, values: np.ndarray) -> np.ndarray:
        """Sum over the onsets of each cell, shape (c,)."""
        return np.add.reduceat(values.astype(np.float64), self.cell_start)


def lay_strands(view: View, tracks: Tracks, roles: Mapping[int, str]) -> Strands | None:
    """The strands of a piece; None without pitched notes.

    Args:
        view: The piece.
        tracks: Its pitched tracks.
        roles: Role by track.
    """
    pieces: list[Notes] = []
    owners: list[int] = []
    hands: list[str] = []
    pairs = _paired(view, tracks)
    for index, single in zip(tracks.index.tolist(), tracks.column("single").tolist(), strict=True):
        track = view.tracks[index]
        split = [(track.notes, pairs.get(index, ""))]
        if track.program in KEYBOARDS and single < POLYPHONIC and index not in pairs:
            split = [*zip(split_hands(track.notes, view.ticks_per_quarter), ("left", "right"), strict=True)]
        for notes, hand in split:
            if len(notes):
                pieces.append(notes)
                owners.append(index)
                hands.append(hand)
    others = [index for index, role in roles.items() if role != "melody"]
    if len(others) > 1 or (others and owners.count(others[0]) > 1):
        accompanies = np.zeros(len(view.tracks), np.bool_)
        accompanies[others] = True
        pieces.append(view.pitched.where(accompanies[view.pitched.track]))
        owners.append(TOGETHER if len(others) > 1 else others[0])
        hands.append("")
    under = [
        hand == "left" or (hand == "" and index != TOGETHER and len(roles) > 1 and roles[index] != "melody")
        for index, hand in zip(owners, hands, strict=True)
    ]
    return _table(view, pieces, np.array(owners), np.array(under)) if pieces else None


def _paired(view: View, tracks: Tracks) -> dict[int, str]:
    """Hand by track, where just two tracks of one keyboard program are the two hands of a player."""
    keyboards = [(view.tracks[index].program, index) for index in tracks.index.tolist()]
    keyboards = [(program, index) for program, index in keyboards if program in KEYBOARDS]
    if len(keyboards) != 2 or keyboards[0][0] != keyboards[1][0]:
        return {}
    (_, one), (_, other) = keyboards
    low_first = tracks.median_pitch[tracks.index == one] < tracks.median_pitch[tracks.index == other]
    return {one: "left", other: "right"} if low_first else {one: "right", other: "left"}


def _table(view: View, pieces: list[Notes], tracks: np.ndarray, under: np.ndarray) -> Strands:
    of_note = np.repeat(np.arange(len(pieces)), [len(notes) for notes in pieces])
    time = np.concatenate([notes.time for notes in pieces])
    pitch = np.concatenate([notes.pitch for notes in pieces])
    new = np.append(True, (np.diff(time) > view.together) | (np.diff(of_note) != 0))
    first = np.flatnonzero(new)
    size = np.diff(np.append(first, len(time)))
    strand, onset = of_note[first], time[first]
    low, high = np.minimum.reduceat(pitch, first), np.maximum.reduceat(pitch, first)
    one_class = np.logical_and.reduceat((pitch - np.repeat(low, size)) % 12 == 0, first)
    same = np.append(strand[1:] == strand[:-1], False)
    seconds = seconds_at(view.score, onset)
    bar = view.bar_of(onset)
    cell_new = np.append(True, (np.diff(bar) != 0) | (np.diff(strand) != 0))
    cell_start = np.flatnonzero(cell_new)
    cell_bar = bar[cell_start]
    bar_lengths = view.beats(np.diff(view.bar_lines))
    return Strands(
        track=tracks,
        under=under,
        strand=strand,
        time=onset,
        size=size,
        low=low,
        high=high,
        octaves=one_class & (high > low),
        next_beats=np.where(same, np.append(view.beats(np.diff(onset)), 0), NEVER),
        next_seconds=np.where(same, np.append(np.diff(seconds), 0), NEVER),
        cell=np.cumsum(cell_new) - 1,
        position=view.beats(onset - view.bar_lines[bar]),
        cell_start=cell_start,
        cell_strand=strand[cell_start],
        cell_bar=cell_bar,
        bar_beats=bar_lengths[cell_bar],
    )
