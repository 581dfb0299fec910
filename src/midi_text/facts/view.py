"""A score as arrays: what every question about it starts from, made once.

Times are ticks as in the score, int64; `beats` turns them into quarter notes, whatever the metre. Bars are numbered
from 0 and lie between bar lines as in `bars_midi_text`. Notes are sorted by onset, then pitch; a track is one of the
score's tracks that has notes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from symusic.core import ScoreTick

from ..bars_midi_text import bar_segments, bar_starts, last_tick
from ..facts_midi_text import DRUMS, MusicFacts, measure_facts


@dataclass(frozen=True, eq=False)
class Notes:
    """Some notes as columns, each int64 of shape (n,), sorted by onset, then pitch.

    Attributes:
        time: Onset in ticks.
        duration: Length in ticks, >= 1.
        pitch: 0..127.
        velocity: 1..127.
        track: Index into `View.tracks`.
    """

    time: np.ndarray
    duration: np.ndarray
    pitch: np.ndarray
    velocity: np.ndarray
    track: np.ndarray

    def __len__(self) -> int:
        return len(self.time)

    @property
    def end(self) -> np.ndarray:
        """Ticks at which the notes end, shape (n,)."""
        return self.time + self.duration

    def where(self, chosen: np.ndarray) -> Notes:
        """The notes of a mask or of indices."""
        return Notes(
            self.time[chosen], self.duration[chosen], self.pitch[chosen], self.velocity[chosen], self.track[chosen]
        )

    def onsets(self, within: int = 0) -> np.ndarray:
        """Indices of the notes that begin an onset, shape (m,): no more than `within` ticks part notes of one onset."""
        begins = np.ones(len(self), np.bool_)
        begins[1:] = self.time[1:] - self.time[:-1] > within
        return np.flatnonzero(begins)

    def top_line(self, within: int = 0) -> Notes:
        """The last note of every onset as `onsets` has them: the highest where they are exactly together."""
        return self.where(np.append(self.time[1:] - self.time[:-1] > within, True)) if len(self) else self


@dataclass(frozen=True, eq=False)
class Track:
    """One track that has notes; `program` is 128 for drums."""

    index: int
    name: str
    program: int
    notes: Notes

    @property
    def is_drums(self) -> bool:
        """Whether its pitches are drums."""
        return self.program == DRUMS


@dataclass(frozen=True, eq=False)
class View:
    """A score laid out for analysis.

    Attributes:
        score: The score itself, for what is not here (tempo and signature events).
        facts: Its basic facts.
        ticks_per_quarter: Ticks in a quarter note.
        tracks: The tracks that have notes, in the score's order.
        notes: All notes, drums included.
        pitched: The notes of tracks that are not drums.
        drums: The notes of tracks that are.
        bar_lines: Ticks of every bar line, shape (bars + 1,), as `bar_starts`.
        metres: Numerator and denominator of every bar, shape (bars, 2).
    """

    score: ScoreTick
    facts: MusicFacts
    ticks_per_quarter: int
    tracks: tuple[Track, ...]
    notes: Notes
    pitched: Notes
    drums: Notes
    bar_lines: np.ndarray
    metres: np.ndarray

    @property
    def bars(self) -> int:
        """Number of bars."""
        return len(self.bar_lines) - 1

    @property
    def together(self) -> int:
        """Ticks from note to note of one onset, a 24th of a quarter note: played chords are not quite together."""
        return self.ticks_per_quarter // 24

    def beats(self, ticks: np.ndarray) -> np.ndarray:
        """Ticks as quarter notes, float64 of the same shape."""
        return np.asarray(ticks, np.float64) / self.ticks_per_quarter

    def bar_of(self, ticks: np.ndarray) -> np.ndarray:
        """The bar in which each tick lies, 0 .. bars - 1, same shape."""
        return np.searchsorted(self.bar_lines[1:-1], ticks, side="right")

    def position(self, ticks: np.ndarray) -> np.ndarray:
        """Quarter notes since the start of the bar of each tick, float64 of the same shape."""
        return self.beats(ticks - self.bar_lines[self.bar_of(ticks)])


def view_score(score: ScoreTick, facts: MusicFacts | None = None) -> View:
    """Lays out a score, as `read_score` gives it.

    Args:
        score: The score.
        facts: Its basic facts, where they have been measured already.

    Raises:
        ValueError: If it has no notes.
    """
    facts = facts or measure_facts(score)
    tracks = tuple(
        Track(index, track.name, DRUMS if track.is_drum else track.program, _notes(track.notes.numpy(), index))
        for index, track in enumerate(track for track in score.tracks if len(track.notes))
    )
    notes = _sorted([track.notes for track in tracks])
    of_drums = np.array([track.is_drums for track in tracks])[notes.track]
    segments = bar_segments(score, last_tick(score))
    metres = [np.tile((numerator, denominator), (count, 1)) for _, numerator, denominator, count in segments]
    return View(
        score=score,
        facts=facts,
        ticks_per_quarter=score.ticks_per_quarter,
        tracks=tracks,
        notes=notes,
        pitched=notes.where(~of_drums),
        drums=notes.where(of_drums),
        bar_lines=bar_starts(score),
        metres=np.concatenate(metres).astype(np.int64),
    )


def _notes(columns: dict[str, np.ndarray], track: int) -> Notes:
    time, duration, pitch, velocity = (
        columns[name].astype(np.int64) for name in ("time", "duration", "pitch", "velocity")
    )
    return _sorted([Notes(time, duration, pitch, velocity, np.full(len(time), track))])


def _sorted(parts: list[Notes]) -> Notes:
    joined = Notes(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("time", "duration", "pitch", "velocity", "track")
        )
    )
    return joined.where(np.lexsort((joined.pitch, joined.time)))
