"""Where in the bar things happen: onsets laid on the grid of sixteenths and triplets, line by line.

People play near the grid, not on it, and a third of a beat lies only a twelfth from a quarter of it. So the four or
three parts of a quarter note are not chosen note by note but for all onsets of a line in a quarter together: the
division that they, and a little the other lines, fit better holds for all of them. Positions are in twelfths of a
quarter note from the bar line, in which sixteenths (3) and triplets (4) are whole; finer values go to the nearest of
these. A line is what one hand would play: the notes of a track, or its upper and its lower half where it plays in two
registers at once. Lost: quintuplets and thirty-seconds.

Source: grid fitting as least residual among candidate divisions, after C. Raphael, "A hybrid graphical model for
rhythmic parsing", Artificial Intelligence 137 (2002), without its transition model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .view import Notes, View

TWELFTHS = 12  # steps in a quarter note
_NEAR = 0.045  # quarter notes; within it lie 95 % of the onsets of engraved and beat-aligned files, half of random ones
_OTHERS = 0.25  # how much the other lines count when a line's division of a quarter is chosen
_WIDE = 12  # semitones in one bar beyond which a track that plays chords has an upper and a lower line


@dataclass(frozen=True, eq=False)
class Lines:
    """The onsets of some lines, one for each line and moment, sorted by line, then time.

    Attributes:
        line: Number of the line, int64, shape (n,).
        bar: Bar of the onset, shape (n,); an onset just before a bar line belongs to it, so this may be `View.bars`.
        step: Twelfths of a quarter note from the bar line, shape (n,).
        time: Twelfths of a quarter note from the start of the piece, shape (n,).
        raw: Quarter notes from the bar line as played, float64, shape (n,).
        length: Twelfths of a quarter note that the longest of its notes lasts, float64, shape (n,).
        fit: Share of the onsets that lie within `_NEAR` of the grid, 0..1; about half where bars mean nothing.
    """

    line: np.ndarray
    bar: np.ndarray
    step: np.ndarray
    time: np.ndarray
    raw: np.ndarray
    length: np.ndarray
    fit: float

    def __len__(self) -> int:
        return len(self.line)

    def where(self, chosen: np.ndarray) -> Lines:
        """The onsets of a mask or of indices."""
        line, bar, step, time, raw, length = (
            column[chosen] for column in (self.line, self.bar, self.step, self.time, self.raw, self.length)
        )
        return Lines(line, bar, step, time, raw, length, self.fit)


def bar_steps(view: View) -> np.ndarray:
    """Length of every bar in twelfths of a quarter note, int64, shape (bars,), at least 1."""
    return np.maximum(48 * view.metres[:, 0] // view.metres[:, 1], 1)


def lay_out(view: View, notes: Notes, line: np.ndarray) -> Lines:
    """Lays notes on the grid.

    Args:
        view: The score.
        notes: Some of its notes.
        line: The line of each, int64, shape (n,).
    """
    if not len(notes):
        none = np.zeros(0, np.int64)
        return Lines(none, none, none, none, np.zeros(0), np.zeros(0), 0.0)
    bar = view.bar_of(notes.time)
    raw = view.beats(notes.time - view.bar_lines[bar])
    step, miss = _snap(line, bar, raw)
    lengths = bar_steps(view)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    late = step >= lengths[bar]
    time = np.where(late, starts[bar + 1], starts[bar] + step)
    bar, step = bar + late, np.where(late, 0, step)
    order = np.lexsort((time, line))
    new = np.flatnonzero(_changes(line[order], time[order]))
    first = order[new]
    longest = TWELFTHS * view.beats(np.maximum.reduceat(notes.duration[order], new))
    fit = float((miss < _NEAR).mean())
    return Lines(line[first], bar[first], step[first], time[first], raw[first], longest, fit)


def hand_lines(view: View, notes: Notes) -> np.ndarray:
    """The line of each pitched note: twice its track, plus one in the upper half of a track in two registers.

    Returns:
        int64, shape (n,). A track is cut in a bar at the middle of what it plays there, if that spans more than an
        octave and the track as a whole sounds several notes at a time.
    """
    if not len(notes):
        return np.zeros(0, np.int64)
    chords = np.array([_plays_chords(track.notes) for track in view.tracks])
    cell = notes.track * (view.bars + 1) + view.bar_of(notes.time)
    order = np.argsort(cell, kind="stable")
    starts = np.flatnonzero(_changes(cell[order]))
    low, high = np.minimum.reduceat(notes.pitch[order], starts), np.maximum.reduceat(notes.pitch[order], starts)
    sizes = np.diff(np.append(starts, len(order)))
    upper = np.zeros(len(order), bool)
    upper[order] = (2 * notes.pitch[order] > np.repeat(low + high, sizes)) & np.repeat(high - low > _WIDE, sizes)
    return 2 * notes.track + (upper & chords[notes.track])


def _plays_chords(notes: Notes) -> bool:
    """Whether a track sounds more than 1.3 notes at a time: overlapping legato alone stays below."""
    ends = np.maximum.accumulate(notes.end)
    silence = np.maximum(notes.time[1:] - ends[:-1], 0).sum()
    return bool(notes.duration.sum() > 1.3 * (ends[-1] - notes.time[0] - silence))


def _snap(line: np.ndarray, bar: np.ndarray, raw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Steps of onsets, and how far each lies from its step in quarter notes; both of shape (n,)."""
    fours, threes = np.round(raw * 4), np.round(raw * 3)
    off_four, off_three = np.abs(raw - fours / 4), np.abs(raw - threes / 3)
    quarter = np.cumsum(_changes(bar * 1024 + np.minimum(raw, 1023).astype(np.int64)))  # onsets come in order
    cost_four, cost_three = np.zeros(len(raw)), np.zeros(len(raw))
    own = np.unique(line * (quarter[-1] + 1) + quarter, return_inverse=True)[1]
    for index, weight in ((own, 1.0), (quarter, _OTHERS)):
        cost_four += weight * np.bincount(index, off_four)[index]
        cost_three += weight * np.bincount(index, off_three)[index]
    # Where the piece as a whole goes in sixteenths, three in a quarter must fit clearly better to be believed.
    ternary = cost_three < cost_four * (1.0 if off_three.sum() < off_four.sum() else 0.5)
    step = np.where(ternary, 4 * threes, 3 * fours).astype(np.int64)
    return step, np.where(ternary, off_three, off_four)


def _changes(*columns: np.ndarray) -> np.ndarray:
    """Mask of the rows that differ from the row before, the first included."""
    mask = np.zeros(len(columns[0]), bool)
    mask[:1] = True
    for column in columns:
        mask[1:] |= column[1:] != column[:-1]
    return mask
