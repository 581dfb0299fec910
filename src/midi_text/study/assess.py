"""A performance beside its reference: which notes were right, wrong, missing or extra, and how they were timed.

The notes are aligned by parangonar (Peter and Widmer, "Symbolic Music Alignment", 2023), which follows a player through
changes of tempo, skipped notes and slips. A missing note and an extra one that came at its time, within half a beat and
an octave, are one *wrong* note. The player's time is a local line over the reference's (weighted by a bell of half a
bar's width), so a written change of tempo is followed; what is left is the timing of each note, early below zero.
Loudness is compared after both players' means are taken away, since keyboards differ. The reference's own tempo and
dynamics are no law: they are what is compared with.

Lost: pedals, lengths of notes, ornaments that the reference does not write out (they count as extra).
"""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from symusic.core import ScoreTick

from ..bars_midi_text import seconds_at
from ..facts.view import Notes, View, view_score

MAX_NOTES = 10_000
_SAME_TIME_BEATS, _NEAR_PITCH = 0.5, 12  # of a wrong note and the one it stands for
_LIMITS_SECONDS = (2.0, 1.0, 0.5, 0.25, 0.15)
_JITTER_SECONDS = _LIMITS_SECONDS[-1]  # no note this near to the line is taken for another
RIGHT, WRONG, MISSING, EXTRA = "right", "wrong", "missing", "extra"


@dataclass(frozen=True)
class NoteVerdict:
    """One note of the reference, of the performance, or of both.

    Attributes:
        verdict: "right", "wrong" (another pitch was played), "missing" or "extra".
        bar: In the reference, from 0.
        beat: Quarter notes from the start of the reference.
        expected_pitch: MIDI pitch; None for an extra note.
        played_pitch: MIDI pitch; None for a missing note.
        late_seconds: Against the player's own local tempo; negative is early; None unless it was played right.
        louder: Velocity against the reference, both without their means; None unless it was played right.
    """

    verdict: str
    bar: int
    beat: float
    expected_pitch: int | None
    played_pitch: int | None
    late_seconds: float | None
    louder: float | None


@dataclass(frozen=True)
class BarVerdict:
    """One bar of the reference, from 0: how many notes it asks for, and how they fared."""

    bar: int
    expected: int
    right: int
    wrong: int
    missing: int
    extra: int


@dataclass(frozen=True)
class Assessment:
    """A performance beside its reference.

    Attributes:
        notes: Every note, in the order of the reference.
        bars: Every bar of the reference that asks for notes or got some.
        share_right: Right notes over notes of the reference, 0..1.
        tempo_bpm: The player's mean tempo, quarter notes a minute.
        reference_tempo_bpm: The reference's, over the same stretch.
        tempo_curve: (quarter notes from the start, quarter notes a minute), at every onset that was played right.
        timing_spread_seconds: Standard deviation of `late_seconds`.
        dynamics_correlation: Of the velocities of right notes, -1..1; None where either player has no dynamics.
    """

    notes: tuple[NoteVerdict, ...]
    bars: tuple[BarVerdict, ...]
    share_right: float
    tempo_bpm: float
    reference_tempo_bpm: float
    tempo_curve: tuple[tuple[float, float], ...]
    timing_spread_seconds: float
    dynamics_correlation: float | None

    def count(self, verdict: str) -> int:
        """How many notes got a verdict."""
        return sum(note.verdict == verdict for note in self.notes)


def assess(reference: ScoreTick, performance: ScoreTick) -> Assessment:
    """Compares a performance with its reference; drums are left out.

    Args:
        reference: The piece as it should be, as `read_score` gives it.
        performance: The piece as it was played.

    Raises:
        ValueError: If either has fewer than 2 or more than `MAX_NOTES` pitched notes, or if too few of them match to
            follow the player.
        ModuleNotFoundError: If the extra `study` is not installed.
    """
    asked, played = view_score(reference), view_score(performance)
    for name, view in (("reference", asked), ("performance", played)):
        if not 2 <= len(view.pitched) <= MAX_NOTES:
            raise ValueError(f"the {name} must have 2 to {MAX_NOTES:,} pitched notes; it has {len(view.pitched):,}")
    times = seconds_at(played.score, played.pitched.time)
    pairs, line = _followed(asked, played.pitched, times, _align(asked, played.pitched, times))
    notes = _verdicts(asked, played.pitched, times, pairs, line)
    right = [note for note in notes if note.verdict == RIGHT]
    onsets = np.unique(asked.pitched.time[pairs[:, 0]])
    beats, meant = asked.beats(onsets), seconds_at(asked.score, onsets)
    length, spent = beats[-1] - beats[0], line.seconds(meant[[0, -1]]) @ (-1, 1)
    tempi = 60 / (line.slope(meant) * _seconds_a_quarter(asked, onsets))
    return Assessment(
        notes=tuple(notes),
        bars=_bars(notes),
        share_right=len(right) / len(asked.pitched),
        tempo_bpm=float(60 * length / max(spent, 1e-9)),
        reference_tempo_bpm=float(60 * length / (meant[-1] - meant[0])),
        tempo_curve=tuple(zip(beats.tolist(), tempi.tolist(), strict=True)),
        timing_spread_seconds=float(np.std([note.late_seconds or 0.0 for note in right])),
        dynamics_correlation=_correlation(asked.pitched.velocity[pairs[:, 0]], played.pitched.velocity[pairs[:, 1]]),
    )


def _seconds_a_quarter(view: View, ticks: np.ndarray) -> np.ndarray:
    """The reference's own tempo at each tick, shape (n,)."""
    quarter = view.ticks_per_quarter
    return seconds_at(view.score, ticks + quarter) - seconds_at(view.score, ticks)


def _align(asked: View, played: Notes, times: np.ndarray) -> np.ndarray:
    """Pairs of notes that match, (reference, performance) indices, shape (pairs, 2), in the order of the reference."""
    try:
        with warnings.catch_warnings():  # a parser that it imports uses what Python has deprecated
            warnings.simplefilter("ignore")
            import parangonar
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("assessing needs parangonar; run: pip install 'midi-text[study]'") from error
    notes = asked.pitched
    beats, lengths = asked.beats(notes.time), asked.beats(notes.duration)
    score = _table(
        {"onset_beat": beats, "duration_beat": lengths, "onset_quarter": beats, "duration_quarter": lengths},
        {"onset_div": notes.time, "duration_div": notes.duration, "pitch": notes.pitch, "voice": notes.track + 1},
    )
    milliseconds = np.round(times * 1000).astype(np.int64)
    performance = _table(
        {"onset_sec": times, "duration_sec": _until_next(times)},
        {"onset_tick": milliseconds, "pitch": played.pitch, "velocity": played.velocity, "track": played.track},
    )
    logging.getLogger("parangonar").setLevel(logging.ERROR)  # it tells of every chord that it samples
    state = np.random.get_state()  # noqa: NPY002 - the aligner draws from numpy's global generator
    np.random.seed(0)  # noqa: NPY002
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = parangonar.AutomaticNoteMatcher()(score, performance)
    finally:
        np.random.set_state(state)  # noqa: NPY002
    pairs = [(int(m["score_id"]), int(m["performance_id"])) for m in found if m["label"] == "match"]
    return np.array(sorted(pairs), np.int64).reshape(-1, 2)


def _followed(asked: View, played: Notes, times: np.ndarray, pairs: np.ndarray) -> tuple[np.ndarray, _Tempo]:
    """The pairs that lie on one line of time, and that line.

    A repeated note can be paired with its neighbour; such pairs stand far from the others. They are parted, the line
    is drawn again, and a note of the same pitch within half a beat takes their place.
    """
    meant = seconds_at(asked.score, asked.pitched.time)
    width = float(np.median(np.diff(seconds_at(asked.score, asked.bar_lines)))) / 2
    for _ in range(2):
        if len(np.unique(meant[pairs[:, 0]])) < 2:
            raise ValueError("the performance must follow the reference; fewer than two of its notes match")
        line = _Tempo(meant[pairs[:, 0]], times[pairs[:, 1]], width)
        off = np.abs(times[pairs[:, 1]] - line.seconds(meant[pairs[:, 0]]))
        pairs = pairs[off <= max(6 * float(np.median(off)), _JITTER_SECONDS)]
    left = np.setdiff1d(np.arange(len(meant)), pairs[:, 0])
    free = np.setdiff1d(np.arange(len(played)), pairs[:, 1])
    where = line.meant_at(times[free])
    reach = _SAME_TIME_BEATS * _seconds_a_quarter(asked, asked.pitched.time)
    more = []
    for i in left:
        distance = np.where(played.pitch[free] == asked.pitched.pitch[i], np.abs(where - meant[i]), np.inf)
        if len(free) and distance.min() <= reach[i]:
            nearest = int(np.argmin(distance))
            more.append((i, free[nearest]))
            free, where = np.delete(free, nearest), np.delete(where, nearest)
    pairs = np.array(sorted([*map(tuple, pairs), *more]), np.int64).reshape(-1, 2)
    return pairs, _Tempo(meant[pairs[:, 0]], times[pairs[:, 1]], width)


def _until_next(times: np.ndarray) -> np.ndarray:
    """A length for the aligner, which looks at onsets: until the next onset, at most a second; shape (n,)."""
    return np.clip(np.diff(times, append=times[-1] + 1), 0.01, 1.0)


def _table(floats: dict[str, np.ndarray], integers: dict[str, np.ndarray]) -> np.ndarray:
    """Columns as the structured array that partitura's readers make; ids are row numbers."""
    kinds = [(name, "f4") for name in floats] + [(name, "i4") for name in integers] + [("id", "U16")]
    table = np.zeros(len(integers["pitch"]), dtype=kinds)
    for name, column in (floats | integers).items():
        table[name] = column
    table["id"] = [str(number) for number in range(len(table))]
    return table


class _Tempo:
    """The player's time as a function of the reference's, both in seconds: local lines through the matched onsets.

    Robust locally weighted regression (Cleveland 1979) with a bell-shaped kernel: onsets far from the line weigh
    little when it is drawn again; how far is far shrinks, so that one stray onset cannot push its neighbours out.
    Outside the matched onsets the nearest line goes on.
    """

    def __init__(self, meant: np.ndarray, times: np.ndarray, width: float):
        self._meant, which = np.unique(meant, return_inverse=True)
        self._times = np.array([np.median(times[which == i]) for i in range(len(self._meant))])
        self._width = width
        self._trust = np.ones(len(self._meant))
        for limit in _LIMITS_SECONDS:
            off = np.abs(self._times - self.seconds(self._meant))
            far = off / max(6 * float(np.median(off)), limit)
            self._trust = np.maximum(1 - far**2, 0.0) ** 2 + 1e-6

    def _lines(self, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Value and slope of the local line at each of the reference's seconds."""
        values, slopes = np.empty(len(at)), np.empty(len(at))
        for number, here in enumerate(np.clip(at, self._meant[0], self._meant[-1])):
            width = self._width
            while True:  # wide enough for two onsets
                near = slice(*np.searchsorted(self._meant, (here - 3 * width, here + 3 * width)))
                if near.stop - near.start > 1:
                    break
                width *= 2
            x, y = self._meant[near] - here, self._times[near]
            weight = np.exp(-0.5 * (x / width) ** 2) * self._trust[near]
            weight /= weight.sum()
            mean_x, mean_y = weight @ x, weight @ y
            slope = weight @ ((x - mean_x) * (y - mean_y)) / max(weight @ (x - mean_x) ** 2, 1e-12)
            slopes[number] = max(slope, 1e-3)  # time does not run backwards
            values[number] = mean_y + slope * (at[number] - here - mean_x)
        return values, slopes

    def seconds(self, meant: np.ndarray) -> np.ndarray:
        """When the player reaches the reference's seconds, shape (n,)."""
        return self._lines(meant)[0]

    def slope(self, meant: np.ndarray) -> np.ndarray:
        """The player's seconds for each of the reference's, shape (n,)."""
        return self._lines(meant)[1]

    def meant_at(self, seconds: np.ndarray) -> np.ndarray:
        """The reference's second that the player is at, shape (n,); beyond the ends the first or the last."""
        return np.interp(seconds, np.maximum.accumulate(self.seconds(self._meant)), self._meant)


def _verdicts(asked: View, played: Notes, times: np.ndarray, pairs: np.ndarray, line: _Tempo) -> list[NoteVerdict]:
    notes = asked.pitched
    beats, bars = asked.beats(notes.time), asked.bar_of(notes.time)
    meant = seconds_at(asked.score, notes.time)
    late = times[pairs[:, 1]] - line.seconds(meant[pairs[:, 0]])
    velocity, asked_velocity = played.velocity[pairs[:, 1]], notes.velocity[pairs[:, 0]]
    louder = velocity - velocity.mean() - asked_velocity + asked_velocity.mean()
    found = [
        NoteVerdict(RIGHT, int(bars[i]), float(beats[i]), int(notes.pitch[i]), int(played.pitch[j]), float(t), float(v))
        for (i, j), t, v in zip(pairs, late, louder, strict=True)
    ]
    missing = np.setdiff1d(np.arange(len(notes)), pairs[:, 0])
    extra = np.setdiff1d(np.arange(len(played)), pairs[:, 1])
    # The reference's ticks at which the extra notes came: between two onsets as far as in seconds.
    ticks = np.interp(line.meant_at(times[extra]), meant, notes.time)
    free = dict(zip(extra.tolist(), (ticks / asked.ticks_per_quarter).tolist(), strict=True))
    for i in missing:
        near = [
            (round(8 * abs(beat - beats[i])), abs(int(played.pitch[j]) - int(notes.pitch[i])), j)
            for j, beat in free.items()
            if abs(beat - beats[i]) <= _SAME_TIME_BEATS and 0 < abs(played.pitch[j] - notes.pitch[i]) <= _NEAR_PITCH
        ]
        place = int(bars[i]), float(beats[i]), int(notes.pitch[i])
        if near:
            j = min(near)[2]
            del free[j]
            found.append(NoteVerdict(WRONG, *place, int(played.pitch[j]), None, None))
        else:
            found.append(NoteVerdict(MISSING, *place, None, None, None))
    for j, beat in free.items():
        bar = int(asked.bar_of(np.array([int(beat * asked.ticks_per_quarter)]))[0])
        found.append(NoteVerdict(EXTRA, bar, beat, None, int(played.pitch[j]), None, None))
    return sorted(found, key=lambda note: (note.beat, note.expected_pitch or note.played_pitch or 0))


def _bars(notes: list[NoteVerdict]) -> tuple[BarVerdict, ...]:
    found = []
    for bar in sorted({note.bar for note in notes}):
        of = [note.verdict for note in notes if note.bar == bar]
        counts: dict[str, Any] = {verdict: of.count(verdict) for verdict in (RIGHT, WRONG, MISSING, EXTRA)}
        found.append(BarVerdict(bar, expected=len(of) - counts[EXTRA], **counts))
    return tuple(found)


def _correlation(one: np.ndarray, other: np.ndarray) -> float | None:
    if len(one) < 3 or one.std() == 0 or other.std() == 0:
        return None
    return float(np.corrcoef(one, other)[0, 1])
