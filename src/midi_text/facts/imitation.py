"""Imitation: one voice begins, another follows with the same music.

A head is how a voice enters: its first notes at the start or after a rest. A head imitates an earlier one of another
voice when its rhythm is the same, its intervals are the same or nearly (a tonal answer changes one a little, a
transposition in the scale many by a semitone), it comes later by a beat or more but within a few bars, and the earlier
voice goes on meanwhile. Lost: inversion, augmentation and entries that no rest precedes.

Source: the textbook definition of an imitative entry (K. Kennan, "Counterpoint"); the tolerances are ours.
"""

from __future__ import annotations

import numpy as np

from .hands import split_hands
from .view import Notes, View

LENGTH = 7  # notes of a head
REST_BEATS = 1.5
LATEST_BARS = 4
GOES_ON = 3  # notes of the earlier voice while the later one has its head
MOST_HEADS = 300


def count_imitations(view: View) -> int:
    """How many entries imitate an earlier one: between voices, and of a subject that opens the piece alone."""
    return _between_voices(view) + _answers(view)


def _between_voices(view: View) -> int:
    lines = [line for line in _lines(view) if len(line) > LENGTH]
    if len(lines) < 2:
        return 0
    heads = [_heads(view, line) for line in lines]
    voice = np.repeat(np.arange(len(heads)), [len(head[0]) for head in heads])
    start, time, move = (np.concatenate(columns) for columns in zip(*heads, strict=True))
    order = np.argsort(start, kind="stable")[:MOST_HEADS]
    voice, start, time, move = voice[order], start[order], time[order], move[order]
    same = (time[:, None] == time[None]).all(2) & _alike(move[:, None], move[None])
    same &= ((move != 0).sum(1) >= LENGTH // 2)[:, None] & (voice[:, None] != voice[None])
    bar = view.bar_of(start)
    same &= start[None] - start[:, None] >= view.ticks_per_quarter
    same &= bar[None] - bar[:, None] <= LATEST_BARS
    # What another voice plays at the same time is doubled, not imitated.
    together = (np.abs(start[None] - start[:, None]) * 4 < view.ticks_per_quarter) & (voice[:, None] != voice[None])
    same &= ~(together & (time[:, None] == time[None]).all(2)).any(0)
    end = start + time[:, -1] * view.ticks_per_quarter // 12
    followers = np.flatnonzero(same.any(0))
    leaders = len(start) - 1 - np.argmax(same[::-1, followers], axis=0)  # the last one before
    return sum(
        bool(np.diff(np.searchsorted(lines[voice[leader]].time, [start[follower], end[follower]]))[0] >= GOES_ON)
        for leader, follower in zip(leaders.tolist(), followers.tolist(), strict=True)
    )


def _alike(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Whether moves, along the last axis, are equal but for a transposition in the scale or a tonal answer."""
    off = np.abs(one - other)
    return (off.max(-1) <= 2) & (off.sum(-1) <= 4) & ((off > 0).sum(-1) <= LENGTH // 2)


def _heads(view: View, line: Notes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Start, onsets from there in twelfths of a quarter, shape (h, LENGTH), and moves of the heads of a line."""
    rest = view.beats(line.time[1:] - np.maximum.accumulate(line.end)[:-1])
    enters = np.append(True, rest >= REST_BEATS)[: max(len(line) - LENGTH + 1, 0)]
    first = np.flatnonzero(enters)[:MOST_HEADS]
    window = first[:, None] + np.arange(LENGTH)
    time = line.time[window] - line.time[first][:, None]
    return line.time[first], np.round(view.beats(time) * 12).astype(np.int64), np.diff(line.pitch[window], axis=1)


def _answers(view: View) -> int:
    """Entries, early on, of the subject with which the piece opens in one voice, while other notes go on."""
    notes = view.pitched
    subject = notes.where(np.arange(min(LENGTH + 1, len(notes))))
    step = view.ticks_per_quarter // 12 or 1
    if len(notes) < 3 * LENGTH:
        return 0
    if (subject.time[1:] < subject.end[:-1] - step).any() or not subject.time[LENGTH]:
        return 0
    moves = subject.pitch - subject.pitch[0]
    if (np.diff(moves) != 0).sum() < LENGTH // 2:
        return 0
    early = (view.bar_of(notes.time) <= view.bar_of(subject.time[:1]) + 3 * LATEST_BARS) & (
        notes.time >= subject.time[0] + view.ticks_per_quarter
    )
    start = notes.where(early)
    # Which pitches start at each place of the subject, counted from every candidate: a grid of time by pitch.
    slot = (notes.time - notes.time[0] + step // 2) // step
    key = np.unique(slot * 256 + notes.pitch)
    place = (start.time + subject.time[:, None] - subject.time[0] - notes.time[0] + step // 2) // step
    wanted = place * 256 + start.pitch + moves[:, None]
    exact = np.isin(wanted, key)
    near = exact | np.isin(wanted + 1, key) | np.isin(wanted - 1, key)
    far = near | np.isin(wanted + 2, key) | np.isin(wanted - 2, key)
    off = (~exact).astype(np.int64) + ~near
    fits = far.all(0) & (off.sum(0) <= 4) & ((off > 0).sum(0) <= LENGTH // 2)
    within = np.searchsorted(notes.time, [start.time, start.time + subject.time[LENGTH] - subject.time[0]])
    busy = within[1] - within[0] >= LENGTH + 3  # more than the answer itself
    entries = np.flatnonzero(fits & busy)
    # A subject that comes back at its own pitch before any answer is a figure that one hand repeats.
    again = np.flatnonzero(exact.all(0) & (start.pitch == subject.pitch[0]))
    return 0 if len(again) and (not len(entries) or again[0] <= entries[0]) else len(entries)


def _lines(view: View) -> list[Notes]:
    """The voices: the tracks' top lines, or those of the two halves of a single track."""
    tracks = [track.notes for track in view.tracks if not track.is_drums]
    if len(tracks) == 1:
        tracks = [*split_hands(tracks[0], view.ticks_per_quarter)]
    return [notes.top_line(view.together) for notes in tracks if len(notes)]
