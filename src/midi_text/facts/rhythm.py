"""Rhythm: swing, syncopation, dotted notes, triplets, subdivision, upbeat; the metre when none is stated.

All but swing is read from onsets on the grid of `grid`, in which small deviations of players are gone; where the onsets
of a file do not lie on any grid (played freely, without tempo events) nothing is said. A rhythm belongs to a line, not
to the sum of all parts: running quavers below do not hide a dotted melody. Drums count where there is nothing else, and
for swing. Note values are those of the notation, so "eighth" is half a quarter note in 2/2 and 6/8 too.

Source: syncopation after H. C. Longuet-Higgins and C. S. Lee, "The rhythmic interpretation of monophonic music", Music
Perception 1 (1984), summed over lines as M. A. G. Witek et al., "Syncopation, body-movement and pleasure in groove
music", PLoS ONE 9 (2014), but without weights for instruments; swing as the ratio of A. Friberg and A. Sundström,
"Swing ratios and ensemble timing in jazz performance", Music Perception 19 (2002).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .grid import TWELFTHS, Lines, bar_steps, hand_lines, lay_out
from .metre import hear_metre
from .view import View

_FIT = 0.7  # onsets on the grid, from which bars and beats mean something: 0.5 are by chance, 0.9 usual
_STRONG = 0.2  # syncopation from which a piece is called syncopated
_MAIN = 0.2  # share of the onsets from which a line is a main one
_COMMON = 0.1  # share of onsets from which a value is in common use
# Drum keys by the limb that plays them: kick 0, snare, side stick and clap 1, hi-hat and cymbals 2, all others 3.
_LIMB = np.full(128, 3)
_LIMB[[35, 36]] = 0
_LIMB[37:41] = 1
_LIMB[[22, 26, 42, 44, 46, 49, 51, 52, 53, 55, 57, 59]] = 2
_SWUNG = (0.57, 0.76)  # where the second eighth of a beat may lie: ratios of 1.3 to 3.2, as jazz drummers play
_ON_BEAT = 0.09  # quarter notes by which a swung beat may be played early or late
_DOTTED = 0.72  # from a median there on it is a dotted rhythm, .75
_TRESILLO = ((16, (0, 6, 12)), (16, (0, 3, 6, 8, 11, 14)), (8, (0, 3, 6)))  # sixteenths in a bar, onsets on them
# Not in twice these values: hymns and songs in 4/4 go so, and no one hears a habanera in them.
_HABANERA = ((16, (0, 3, 4, 6, 8, 11, 12, 14)), (8, (0, 3, 4, 6)))


@dataclass(frozen=True)
class Rhythm:
    """The rhythm of a piece.

    Attributes:
        subdivision: The finest value in common use: "half", "quarter", "eighth", "triplet" or "sixteenth" (or finer):
            at least 10 % of the moments of onset need it. Swung eighths are eighths.
        swing_ratio: Length of the first over the second eighth of a beat where eighths are played long-short: from
            the median place of onsets that are alone inside a quarter of their line, where 75 % of at least 8 such
            lie at .57 to .76 of it, their median below .72, and half of those quarters begin or end with an onset on
            the beat; None where they are even or dotted, or too few, or where four quarters in ten are divided
            further.
        syncopation: 0 (none) .. 1, of the most syncopated of the main lines (those with a fifth of all onsets): the sum
            of how many metrical levels each onset lies below the strongest position that passes before the next onset
            of its line, no more than a bar away, if the note is held over it or no other line strikes there; over twice
            the quarters that the line lasts. Off-beat eighths alone give .875 in 4/4; ragtime has .26 to .6.
        pickup_quarters: Length of the upbeat before the first full bar, in quarter notes; 0 without one, or with drums
            alone. The first bar is shorter than the second by its signature, or silent for at least its first half;
            the second begins with an onset, and no note is held into it.
        heard_metre: The metre heard in the onsets, whatever the file states.
        heard_metre_confidence: 0..1.
        traits: None unless 70 % of the onsets lie within .045 quarter notes of the grid, or it swings. "swing":
            `swing_ratio` is given, and triplets fill less than a third of the quarters. "syncopated": `syncopation`
            is at least .2, and more than .6 of it is left wherever else one puts the bar lines (some files begin with
            an upbeat on their first bar line). "on the beat": `syncopation` is at most .02, and 75 % of the moments
            of onset lie on beats. "dotted rhythms": in 25 % of the quarters with onsets, and 4 or more, some line
            plays a dotted eighth and a sixteenth that begin on a quarter (in compound metres: on a beat), or
            elsewhere a dotted quarter and an eighth. "triplets": in 10 % of the quarters, and 4 or more, some line
            plays the second and third part of a quarter cut in three and no sixteenth; not in metres of eighths, nor
            where it swings. "steady eighths", "steady sixteenths": pitched onsets fill 90 % of such slots from the
            first to the last, over 8 quarters or more, and 5 % or fewer lie between. "pickup": `pickup_quarters` > 0.
            "siciliano": 6/8 or 12/8, at most 72 dotted quarters a minute, and some line plays dotted eighth,
            sixteenth, eighth in 30 % of its beats, 4 or more. "tresillo": some line plays 3+3+2 sixteenths, or such
            eighths, and nothing else in half of its bars, 4 or more; "habanera": likewise 3+1+2+2 sixteenths,
            in the lowest line.
    """

    subdivision: str
    swing_ratio: float | None
    syncopation: float
    pickup_quarters: float
    heard_metre: tuple[int, int]
    heard_metre_confidence: float
    traits: tuple[str, ...]


def measure_rhythm(view: View) -> Rhythm:
    """The rhythm of a piece."""
    limbs = lay_out(view, view.drums, 2 * len(view.tracks) + _LIMB[view.drums.pitch])
    line_of_note = hand_lines(view, view.pitched)
    lines = lay_out(view, view.pitched, line_of_note) if len(view.pitched) else limbs
    swing = _swing(view, lines, limbs)
    moments = _moments(lines)
    metre, confidence = hear_metre(view)
    if swing is None and lines.fit < _FIT:
        return Rhythm(_subdivision(moments, False), None, 0.0, 0.0, metre, confidence, ())
    syncopation, pickup = _syncopation(view, lines), _pickup(view)
    triplets = _share(lines, _triplets(view, lines))
    straight = swing is None and len(view.pitched) > 0
    found = {
        "swing": swing is not None and triplets < 0.33,
        "syncopated": _syncopated(view, lines, syncopation),
        "on the beat": syncopation <= 0.02 and _on_beats(view, moments) >= 0.75,
        "dotted rhythms": straight and _share(lines, _dotted(view, lines)) >= 0.25,
        "triplets": straight and triplets >= 0.1,
        "steady eighths": len(view.pitched) > 0 and _steady(moments, 6),
        "steady sixteenths": len(view.pitched) > 0 and _steady(moments, 3),
        "pickup": pickup > 0,
        "siciliano": _siciliano(view, lines),
        "tresillo": _ostinato(view, lines, _TRESILLO),
        "habanera": _ostinato(view, lines.where(_lowest(view, lines, line_of_note)), _HABANERA),
    }
    return Rhythm(
        subdivision=_subdivision(moments, swing is not None),
        swing_ratio=swing,
        syncopation=syncopation,
        pickup_quarters=pickup,
        heard_metre=metre,
        heard_metre_confidence=confidence,
        traits=tuple(name for name, holds in found.items() if holds),
    )


def _moments(lines: Lines) -> Lines:
    """The onsets of all lines together, one for each moment."""
    _, first = np.unique(lines.time, return_index=True)
    return lines.where(first)


def _subdivision(moments: Lines, swings: bool) -> str:
    at = np.bincount(moments.step % 24, minlength=24)
    phase = at[:12] + at[12:]
    need = {
        "sixteenth": phase[3] + phase[9] * (not swings),
        "triplet": (phase[4] + phase[8]) * (not swings),
        "eighth": phase[6] + (phase[4] + phase[8] + phase[9]) * swings,
        "quarter": at[12],
    }
    return next((name for name, count in need.items() if count >= _COMMON * len(moments)), "half")


def _swing(view: View, lines: Lines, limbs: Lines) -> float | None:
    """The swing ratio, from the quarters in which a line has one onset inside."""
    if _compound(*view.facts.time_signature):
        return None
    places, anchored, divided = [], [], 0
    for part in (lines, limbs) if len(view.pitched) and len(limbs) else (lines,):
        inside = np.abs(part.raw % 1 - 0.5) < 0.33  # nearer to a beat it may be that beat, early or late
        cell = (part.line * (view.bars + 1) + part.bar) * 1024 + np.minimum(part.raw, 1023).astype(np.int64)
        _, first, count = np.unique(cell[inside], return_index=True, return_counts=True)
        alone = np.flatnonzero(inside)[first[count == 1]]
        places.append(part.raw[alone] % 1)
        # A file that lies beside its own bar lines, late by a third of a beat, does not swing: nothing is on its beats.
        quarter = part.bar * 1024 + np.minimum(part.raw, 1023).astype(np.int64)
        early, late = part.raw % 1 < _ON_BEAT, part.raw % 1 > 1 - _ON_BEAT
        beats = np.concatenate([quarter[early], quarter[late] + 1])
        anchored.append(np.isin(quarter[alone], beats) | np.isin(quarter[alone] + 1, beats))
        divided += len(count)
    place = np.concatenate(places)
    swung = (place > _SWUNG[0]) & (place < _SWUNG[1])
    if len(place) < 8 or swung.mean() < 0.75 or len(place) < 0.6 * divided:
        return None
    if np.concatenate(anchored)[swung].mean() < 0.5:
        return None
    middle = float(np.median(place[swung]))
    return middle / (1 - middle) if middle < _DOTTED else None


def _compound(numerator: int | np.ndarray, denominator: int | np.ndarray) -> bool | np.ndarray:
    """Whether the beats of a metre are dotted, or of many metres."""
    return (numerator % 3 == 0) & ((numerator > 3) | (denominator >= 8))


def _levels(metre: tuple[int, int]) -> list[int]:
    """Steps between the positions of each metrical level, coarse to fine, the first a bar."""
    numerator, denominator = metre
    beat = 48 // denominator if denominator <= 16 else 3
    if _compound(*metre):
        groups = numerator // 3
        periods = [numerator, numerator // 2 if groups in (2, 4) else 3, 3, 1]
    else:
        periods = [numerator, numerator // 2 if numerator in (4, 8) else 1, 1]
    steps = [period * beat for period in periods]
    while steps[-1] > 3 and steps[-1] % 2 == 0:
        steps.append(steps[-1] // 2)
    return list(dict.fromkeys(steps))


def _level_table(view: View) -> tuple[np.ndarray, np.ndarray]:
    """The metre of every bar as a row number, with one row more, and for each row its levels; (bars + 1,), (M, 7)."""
    code, row = np.unique(view.metres[:, 0] * 128 + view.metres[:, 1], return_inverse=True)
    table = np.full((len(code), 7), 1)
    for i, metre in enumerate(code.tolist()):
        steps = _levels(divmod(metre, 128))[:7]
        table[i, : len(steps)] = steps
    return np.append(row, row[-1:]), table


def _syncopation(view: View, lines: Lines, later: int = 0) -> float:
    """See `Rhythm.syncopation`; as if the bar lines lay so many steps earlier."""
    row, table = _level_table(view)
    lengths = np.append(bar_steps(view), bar_steps(view)[-1:])
    gap = _gaps(lines)
    length = lengths[lines.bar]
    chosen = (gap > 0) & (gap <= length)
    if not chosen.any():
        return 0.0
    length, gap, time, lasts = length[chosen], gap[chosen], lines.time[chosen], lines.length[chosen]
    here = (lines.step[chosen] + later) % length
    periods = table[row[lines.bar[chosen]]]
    parts = np.where(np.isin(here % TWELFTHS, (4, 8)), 6, here)  # a triplet is as weak as an eighth off the beat
    own = np.argmax(parts[:, None] % periods == 0, axis=1)  # the last period, 1, divides all
    passed = (here + gap - 1)[:, None] // periods > here[:, None] // periods
    passed[:, 0] = here + gap > length  # the bar line itself
    level = np.argmax(passed, axis=1)
    period = periods[np.arange(len(here)), level]
    until = np.where(level == 0, length, (here // period + 1) * period) - here
    counts = passed.any(1) & ((lasts > until) | ~np.isin(time + until, lines.time))
    rise = np.where(counts, np.maximum(own - level, 0), 0)
    line = lines.line[chosen]
    onsets = np.bincount(line)
    main = onsets >= _MAIN * onsets.sum()
    shares = np.bincount(line, rise)[main] / (2 * np.bincount(line, gap)[main] / TWELFTHS)
    return min(1.0, float(shares.max())) if main.any() else 0.0


def _syncopated(view: View, lines: Lines, syncopation: float) -> bool:
    """Whether syncopation is strong, and no other place of the bar lines explains it away."""
    bar = int(np.median(bar_steps(view)))
    return syncopation >= _STRONG and all(
        _syncopation(view, lines, later) > 0.6 * syncopation for later in range(6, min(bar, 96), 6)
    )


def _on_beats(view: View, moments: Lines) -> float:
    """Share of the moments that lie on a beat."""
    metres = np.concatenate([view.metres, view.metres[-1:]])[moments.bar]
    beat = np.maximum(48 // metres[:, 1], 1) * np.where(_compound(*metres.T), 3, 1)
    return float((moments.step % beat == 0).mean())


def _quarters(lines: Lines) -> np.ndarray:
    """The quarter note in which each onset lies, numbered through the piece."""
    return lines.bar * 64 + np.minimum(lines.step // TWELFTHS, 63)


def _share(lines: Lines, found: np.ndarray) -> float:
    """Quarters found over quarters with onsets; 0 for fewer than 4."""
    return len(found) / len(np.unique(_quarters(lines))) if len(found) >= 4 else 0.0


def _triplets(view: View, lines: Lines) -> np.ndarray:
    """The quarters (as `_quarters`) in which some line plays triplets."""
    metres = np.concatenate([view.metres, view.metres[-1:]])
    simple = metres[lines.bar, 1] < 8
    phase = lines.step % TWELFTHS
    quarter = _quarters(lines)
    cell, index = np.unique(lines.line * ((view.bars + 1) * 64) + quarter, return_inverse=True)
    parts = np.bincount(index, np.where(np.isin(phase, (4, 8)), 1, np.where(np.isin(phase, (3, 9)), -9, 0)))
    return np.unique(quarter[(parts[index] == 2) & simple]) if len(cell) else quarter


def _dotted(view: View, lines: Lines) -> np.ndarray:
    """The quarters (as `_quarters`) in which some line begins a long-short pair of 3:1; two for a dotted quarter."""
    step, first, quarter = lines.step, _gaps(lines), _quarters(lines)
    second = np.append(first[1:], 0)
    eighth = (first == 9) & (second == 3) & (step % 12 == 0)
    dotted_quarter = (first == 18) & (second == 6) & (step % 12 == 0)
    if _compound(*view.facts.time_signature):  # there a dotted quarter is a beat, and a dotted eighth opens one
        eighth, dotted_quarter = (first == 9) & (second == 3) & (step % 18 == 0), np.zeros_like(eighth)
    return np.unique(np.concatenate([quarter[eighth], quarter[dotted_quarter], quarter[dotted_quarter] + 1]))


def _gaps(lines: Lines) -> np.ndarray:
    """Steps from each onset to the next of its line, 0 where the line ends, shape (n,)."""
    return np.append(np.where(np.diff(lines.line) == 0, np.diff(lines.time), 0), 0)


def _siciliano(view: View, lines: Lines) -> bool:
    numerator, denominator = view.facts.time_signature
    if (numerator, denominator) not in ((6, 8), (12, 8)) or view.facts.tempo_bpm / 1.5 > 72 or len(lines) < 3:
        return False
    first = _gaps(lines)
    figure = (first == 9) & (np.append(first[1:], 0) == 3) & (lines.step % 18 == 0)
    cells = np.unique(np.stack([lines.line, lines.bar, lines.step // 18]), axis=1)[0]
    played = np.bincount(lines.line[figure], minlength=lines.line.max() + 1)
    return bool(((played >= 4) & (played >= 0.3 * np.bincount(cells, minlength=len(played)))).any())


def _steady(moments: Lines, slot: int) -> bool:
    """Whether the onsets fill the slots of so many steps."""
    on = moments.step % slot == 0
    slots = (moments.time[-1] - moments.time[0]) // slot + 1
    return bool(slots * slot >= 8 * TWELFTHS and on.sum() >= 0.9 * slots and on.mean() >= 0.95)


def _ostinato(view: View, lines: Lines, patterns: tuple[tuple[int, tuple[int, ...]], ...]) -> bool:
    """Whether some line plays one of the patterns in half of its bars."""
    lengths = np.append(bar_steps(view), 0)[lines.bar] // 3
    mark = np.where(lines.step % 3 == 0, 1 << np.minimum(lines.step // 3, 20), 1 << 21)
    cell, first, index = np.unique(lines.line * (view.bars + 1) + lines.bar, return_index=True, return_inverse=True)
    mask = np.bincount(index, mark).astype(np.int64)
    hit = np.zeros(len(cell), bool)
    for length, slots in patterns:
        hit |= (mask == sum(1 << slot for slot in slots)) & (lengths[first] == length)
    line = lines.line[first]
    hits, bars = np.bincount(line, hit), np.bincount(line)
    return bool(((hits >= 4) & (hits >= 0.5 * bars)).any())


def _lowest(view: View, lines: Lines, line_of_note: np.ndarray) -> np.ndarray:
    """Which onsets are of the line whose notes are the lowest on average, bool of shape (n,); none of drums."""
    if not len(line_of_note):
        return np.zeros(len(lines), bool)
    count = np.bincount(line_of_note)
    mean = np.bincount(line_of_note, view.pitched.pitch) / np.maximum(count, 1)
    return np.asarray(lines.line == np.where(count > 0, mean, np.inf).argmin())


def _pickup(view: View) -> float:
    """See `Rhythm.pickup_quarters`."""
    if view.bars < 2 or not len(view.pitched):
        return 0.0
    notes = view.notes
    if view.pitched.time[0] >= view.bar_lines[1]:  # a drummer's fill is no upbeat
        return 0.0
    first = float(view.beats(notes.time[0] - view.bar_lines[0]))
    lengths = view.beats(np.diff(view.bar_lines[:3]))
    down = np.abs(view.beats(notes.time - view.bar_lines[1])) < 0.1
    held = (notes.time < view.bar_lines[1]) & (view.beats(notes.end - view.bar_lines[1]) > 0.1)
    length = float(lengths[0]) - first
    late = first >= lengths[0] / 2 - 0.1 or lengths[0] < lengths[1] - 0.1
    return round(length * 4) / 4 if late and length > 0.2 and down.any() and not held.any() else 0.0
