"""The course of tempo and dynamics, and whether people played it.

Tempo is what the tempo map says, averaged over each bar; a file without tempo events, or one whose onsets keep to no
beat, hides the tempo of its player, and then nothing is said. Dynamics are note velocities, each against the mean of
its track, so that a loud instrument that joins in is no crescendo. People give away that they play by velocities that
change from note to note and inside chords, and by onsets beside the grid; scores written out by programs have marks
(p, f, hairpins) in steps and exact onsets. Velocities are compared in 16 levels and the grid is the one of our events,
so that quantised music is judged as the music it came from; where it cannot be told, it is left open.

Source: velocity and timing deviation as the two carriers of expressive performance, C. E. Cancino-Chacón et al.,
"Computational models of expressive music performance", Frontiers in Digital Humanities 5 (2018); thresholds measured on
the training pieces of an open-licence corpus.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..bars_midi_text import seconds_at
from .grid import lay_out
from .view import View

_STRETCHES = 8
_LEVEL = 8  # velocities in one of the 16 levels of an event vocabulary
_ALIGNED = 0.7  # share of onsets near the grid from which the tempo map is the tempo
_EXACT = 0.05  # of a thirty-second or a triplet sixteenth: more is no rounding of ticks


@dataclass(frozen=True)
class Expression:
    """How a piece is played.

    Attributes:
        tempo_course: Of the bars with notes, each at its length over its duration; the body is all but the last two.
            "steady": no bar further than 3 % from the median. "slows at the end": 8 bars or more, the last at most
            .85 of the median and slower than nine in ten. "rubato": the tempo changes in half of the bars or more,
            its deviation over the body is at least 5 % of the mean, it turns in a quarter of the bars or more, and no
            one tempo holds in 40 % of the bars: a beat that only fermatas and marks interrupt is no rubato.
            "speeds up", "slows down": from the first to the last quarter of the body by 12 % or more, in steps of
            which none makes up half of it. "changes": anything else. Where two hold, the later named here.
        dynamics_course: "even": the standard deviation of bars is at most 3. "crescendo", "diminuendo": the eight
            stretches go up (down) by 16 or more, never back by more than 3, in more than one step. "swells and fades":
            up by 12 or more to a stretch between, then down by as much, in each half never back by more than 4.
            "contrasting": neighbouring bars differ by 20 or more at least 3 times, in one bar of 12, both ways.
            "varied": anything else.
        loudness: Mean velocity of eight equal stretches of the piece, 1..127; silent ones as the one before.
        performed: True if velocities, in 16 levels, differ in more than half of the steps from note to note of an
            instrument and in 40 % of those inside its chords, and it has 3 levels or more in a usual bar; False if in
            at most 25 % of the steps, with 2 levels or fewer, and at most 2 % of the onsets lie beside the grid; None
            where it cannot be told, or with fewer than 16 notes.
        traits: "steady tempo": `tempo_course` is "steady", a tempo is given and 70 % of the onsets lie near the grid.
            "rubato", "slows at the end", "speeds up", "slows down": see `tempo_course`; the second beside the first
            too. "crescendo", "diminuendo", "swells and fades", "contrasting dynamics", "even dynamics":
            `dynamics_course`, over 4 bars and 16 notes or more. "performed": `performed` is True, and 15 % of the
            onsets beside the grid, or rubato, show it in the timing as well. "engraved": `performed` is False.
    """

    tempo_course: str
    dynamics_course: str
    loudness: tuple[int, ...]
    performed: bool | None
    traits: tuple[str, ...]


def measure_expression(view: View) -> Expression:
    """How a piece is played."""
    bars = np.unique(view.bar_of(view.notes.time))
    tempo_traits, tempo = _tempo(view, bars)
    loudness, dynamics = _dynamics(view, bars)
    beside = _beside_the_grid(view)
    performed = _performed(view, beside)
    traits = tempo_traits
    if len(bars) >= 4 and len(view.notes) >= 16 and dynamics != "varied":
        traits += (f"{dynamics} dynamics" if dynamics in ("even", "contrasting") else dynamics,)
    if performed and (beside > 0.15 or "rubato" in traits):
        traits += ("performed",)
    if performed is False:
        traits += ("engraved",)
    return Expression(tempo, dynamics, loudness, performed, traits)


def _tempo(view: View, bars: np.ndarray) -> tuple[tuple[str, ...], str]:
    """The traits of tempo, and the tempo course."""
    quarters = np.diff(view.bar_lines) / view.ticks_per_quarter
    tempo = (60 * quarters / np.diff(seconds_at(view.score, view.bar_lines)))[bars]
    median = float(np.median(tempo))
    if np.abs(tempo / median - 1).max() <= 0.03:
        known = len(view.score.tempos) > 0 and _keeps_time(view)
        return (("steady tempo",) if known else ()), "steady"
    ends = len(tempo) >= 8 and tempo[-1] <= 0.85 * median and bool(tempo[-1] < 0.99 * np.quantile(tempo[:-1], 0.1))
    body = tempo[:-2] if len(tempo) >= 8 else tempo
    steps = np.diff(body)
    moves = steps[np.abs(steps) > 0.01 * median]
    turns = int((np.sign(moves[1:]) != np.sign(moves[:-1])).sum())
    course = "changes"
    if len(body) >= 4:
        if ends:
            course = "slows at the end"
        free = len(moves) >= 0.5 * len(steps) and turns >= 0.25 * len(steps)
        usual = np.bincount(np.round(50 * body / body.max()).astype(np.int64)).max()  # within a fiftieth of the fastest
        if free and body.std() >= 0.05 * body.mean() and usual < 0.4 * len(body):
            course = "rubato"
        quarter = len(body) // 4
        change = float(body[-quarter:].mean() - body[:quarter].mean())
        gradual = np.abs(steps).max() < 0.5 * abs(change)
        if abs(change) >= 0.12 * body[:quarter].mean() and gradual:
            course = "speeds up" if change > 0 else "slows down"
    named = dict.fromkeys([course, "slows at the end" if ends and course != "slows down" else course])
    return tuple(name for name in named if name != "changes"), course


def _keeps_time(view: View) -> bool:
    """Whether the onsets lie on the beats of the file and their parts."""
    return lay_out(view, view.notes, np.zeros(len(view.notes), np.int64)).fit >= _ALIGNED


def _dynamics(view: View, bars: np.ndarray) -> tuple[tuple[int, ...], str]:
    """Loudness of the stretches, and the dynamics course."""
    notes = view.notes
    span = int(notes.end.max() - notes.time[0])
    stretch = np.minimum((notes.time - notes.time[0]) * _STRETCHES // max(span, 1), _STRETCHES - 1)
    counts = np.bincount(stretch, minlength=_STRETCHES)
    sounding = np.maximum.accumulate(np.where(counts > 0, np.arange(_STRETCHES), 0))
    loudness = (np.bincount(stretch, notes.velocity, minlength=_STRETCHES) / np.maximum(counts, 1))[sounding]
    tracks = np.bincount(notes.track)
    mean = np.bincount(notes.track, notes.velocity) / np.maximum(tracks, 1)
    own = notes.velocity - mean[notes.track]
    curve = (np.bincount(stretch, own, minlength=_STRETCHES) / np.maximum(counts, 1))[sounding]
    bar = np.searchsorted(bars, view.bar_of(notes.time))
    by_bar = np.bincount(bar, own) / np.bincount(bar)
    return tuple(round(x) for x in loudness.tolist()), _dynamics_course(curve, by_bar)


def _dynamics_course(curve: np.ndarray, by_bar: np.ndarray) -> str:
    """The course of velocities against the mean: of the stretches, shape (8,), and of the bars."""
    if by_bar.std() <= 3:
        return "even"
    for course, line in (("crescendo", curve), ("diminuendo", -curve)):
        steps, rise = np.diff(line), line[-1] - line[0]
        if rise >= 16 and steps.min() >= -3 and steps.max() < 0.7 * rise:
            return course
    peak = int(np.argmax(curve))
    if (
        0 < peak < len(curve) - 1
        and curve[peak] - max(curve[0], curve[-1]) >= 12
        and np.diff(curve[: peak + 1]).min() >= -4
        and np.diff(curve[peak:]).max() <= 4
    ):
        return "swells and fades"
    jumps = np.diff(by_bar)
    up, down = int((jumps >= 20).sum()), int((jumps <= -20).sum())
    return "contrasting" if up and down and up + down >= max(3, len(jumps) / 12) else "varied"


def _beside_the_grid(view: View) -> float:
    """Share of the onsets that lie on no thirty-second and no triplet sixteenth, nor where events round those to."""
    position = view.beats(view.notes.time - view.bar_lines[view.bar_of(view.notes.time)])
    tolerance = max(_EXACT / 12, 1.01 / view.ticks_per_quarter)
    misses = [np.abs(position * parts - np.round(position * parts)) / parts > tolerance for parts in (8, 6)]
    return float(np.logical_and.reduce(misses).mean())


def _performed(view: View, beside: float) -> bool | None:
    """See `Expression.performed`."""
    notes = view.notes
    if len(notes) < 16:
        return None
    part = np.array([track.program for track in view.tracks])[notes.track]  # events hold one track a program
    order = np.lexsort((notes.time, part))
    part, time, level = part[order], notes.time[order], notes.velocity[order] // _LEVEL
    differs, same = level[1:] != level[:-1], part[1:] == part[:-1]
    chord = same & (time[1:] == time[:-1])
    step = same & ~chord
    steps = float(differs[step].mean()) if step.any() else 0.0
    inside = float(differs[chord].mean()) if chord.sum() >= 8 else 1.0
    levels = _levels_in_a_bar(part * (view.bars + 1) + view.bar_of(time), level)
    if steps > 0.5 and inside >= 0.4 and levels >= 3:
        return True
    return False if steps <= 0.25 and levels <= 2 and beside <= 0.02 else None


def _levels_in_a_bar(cell: np.ndarray, level: np.ndarray) -> float:
    """How many levels a part has in a bar: the median over those of 6 notes or more, else over all; both (n,)."""
    cells, counts = np.unique(cell, return_counts=True)
    pairs = np.unique(cell * (127 // _LEVEL + 1) + level) // (127 // _LEVEL + 1)
    different = np.bincount(np.searchsorted(cells, pairs))
    full = counts >= 6
    return float(np.median(different[full] if full.any() else different))
