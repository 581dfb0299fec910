"""What adherence hears in a MIDI file: everything it measures, each thing once and only when a figure asks for it.

The file alone is read, as a stranger would: its first tempo and first metre are those that a player shows when it is
opened, and the key is heard by Aarden-Essen correlation over all sounding time (music21's default), which is not the
estimator that captions, locks and the agreement table use.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from symusic.core import ScoreTick

from ..bars_midi_text import bar_segments, bar_starts, last_tick, tempo_map
from ..facts.analysis import Analysis, analyze
from ..facts_midi_text import MusicFacts, measure_facts
from ..key_midi_text import Key, estimate_key


class Heard:
    """A score, as `read_score` gives it, and what is measured on it.

    Raises:
        ValueError: If it has no notes.
    """

    def __init__(self, score: ScoreTick):
        self.score = score
        self.facts: MusicFacts = measure_facts(score)

    @cached_property
    def key(self) -> Key | None:
        """See `heard_key`."""
        return heard_key(self.score)

    @cached_property
    def first_tempo_bpm(self) -> float:
        """The tempo at the start, quarter notes a minute, to a hundredth (MIDI stores microseconds)."""
        return round(float(60e6 / tempo_map(self.score)[1][0]), 2)

    @cached_property
    def first_metre(self) -> tuple[int, int]:
        """The metre of the first bar."""
        _, numerator, denominator, _ = bar_segments(self.score, last_tick(self.score))[0]
        return numerator, denominator

    @cached_property
    def analysis(self) -> Analysis:
        """The closer look: chords and form; some 20 ms a piece."""
        return analyze(self.score, self.facts)


def heard_key(score: ScoreTick) -> Key | None:
    """The key by Aarden-Essen correlation over the sounding time of pitch classes; None without pitched notes."""
    pitched = [track.notes.numpy() for track in score.tracks if len(track.notes) and not track.is_drum]
    if not pitched:
        return None
    pitches, durations = (np.concatenate([notes[name] for notes in pitched]) for name in ("pitch", "duration"))
    return estimate_key(pitches, durations, profile="aarden-essen")[0]


def empty_bar_share(score: ScoreTick) -> float:
    """Share of the bars, up to the end of the last note, in which no note sounds."""
    notes = [track.notes.numpy() for track in score.tracks if len(track.notes)]
    starts = np.sort(np.concatenate([n["time"] for n in notes]).astype(np.int64))
    ends = np.sort(np.concatenate([n["time"].astype(np.int64) + n["duration"] for n in notes]))
    lines = bar_starts(score)
    sounding = np.searchsorted(starts, lines[1:], "left") - np.searchsorted(ends, lines[:-1], "right")
    return float((sounding <= 0).mean())
