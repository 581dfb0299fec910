"""The tempo of somebody who plays, from onsets alone.

`estimate_tempo` compares pulses: how well do the onsets agree with a pulse, with its halves or thirds, and with its
quarters or sixths? Each agreement is the length of the mean of the onsets as unit vectors on the circle of that period
(the Fourier tempogram of P. Grosche and M. Müller, "Extracting predominant local pulse information from music
recordings", IEEE TASLP 19 (2011)), so the phase does not matter. Whether a pulse or its double is felt, agreement alone
cannot tell; people prefer a pulse near 120 a minute, which is weighed as in D. Ellis, "Beat tracking by dynamic
programming", JNMR 36 (2007), and one on which mostly something is struck. `fit_grid` then moves tempo and phase to the
least squares of the onsets' distances from the grid. What cannot be heard: where the bar begins; the first onset is
taken for a bar line.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .grid import Grid

FEWEST_ONSETS = 5  # four intervals: with three, one rubato makes any pulse likely
SLOWEST_BPM, FASTEST_BPM = 45.0, 170.0  # pulses that people walk or dance to
_CHORD = 0.04  # seconds within which notes are one onset: fingers of a chord rarely spread further
_PREFERRED_BPM, _SPREAD = 115.0, 0.8  # the felt pulse and its standard deviation in octaves
_LEVELS = (0.4, 0.35, 0.25)  # weight of the pulse, its first and its second division
_MISS = 0.35  # of a grid step: an onset further off belongs to no step and is left out of the fit
_STEPS = 4  # grid steps in a quarter note


def distinct_onsets(times: np.ndarray) -> np.ndarray:
    """The onsets, in order, chords counted once by their first note; seconds."""
    ordered = np.sort(np.asarray(times, np.float64))
    return ordered[np.append(True, np.diff(ordered) > _CHORD)] if len(ordered) else ordered


def estimate_tempo(
    times: np.ndarray, metre: tuple[int, int] = (4, 4), bounds: tuple[float, float] | None = None
) -> float | None:
    """Quarter notes a minute.

    Args:
        times: Onsets in seconds, in any order.
        metre: In compound metres (6/8, 9/8, 12/8) the pulse is three eighths long and divides by three.
        bounds: The only tempi possible, in quarter notes a minute.

    Returns:
        None where there are too few onsets to say.
    """
    onsets = distinct_onsets(times)
    if len(onsets) < FEWEST_ONSETS:
        return None
    compound = metre[1] >= 8 and metre[0] % 3 == 0
    quarters = 1.5 if compound else 1.0  # in a pulse
    low, high = bounds if bounds else (SLOWEST_BPM * quarters, FASTEST_BPM * quarters)
    pulses = np.geomspace(low / quarters, max(high, low * 1.001) / quarters, 400)
    divisions = (1, 3, 6) if compound else (1, 2, 4)
    since = onsets - onsets[0]
    turns = pulses[:, None] / 60 * since
    fit = sum(
        weight * np.abs(np.exp(2j * np.pi * division * turns).mean(1))
        for weight, division in zip(_LEVELS, divisions, strict=True)
    )
    felt = np.exp(-0.5 * (np.log2(pulses / _PREFERRED_BPM) / _SPREAD) ** 2)
    struck = np.minimum(1, len(onsets) / (1 + turns[:, -1]))  # a pulse that is mostly silent is not felt
    return float(pulses[int((fit * felt * struck).argmax())] * quarters)


def fit_grid(grid: Grid, times: np.ndarray, most: float = 0.08) -> Grid:
    """The grid nearest to the onsets that tempo and phase can reach.

    Args:
        grid: Where the beat is believed to be.
        times: Onsets in seconds.
        most: The largest share by which the tempo may change; the phase may move by a grid step at most.

    Returns:
        A grid with the same first bar; the same grid where there are too few onsets, or none near it.
    """
    onsets, start = distinct_onsets(times), grid.start
    slowest, fastest = grid.tempo_bpm * (1 - most), grid.tempo_bpm * (1 + most)
    step = 60 / (estimate_tempo(onsets, grid.metre, (slowest, fastest)) or grid.tempo_bpm) / _STEPS
    if len(onsets):  # as a whole they may lie up to half a step off
        start += float(np.angle(np.exp(2j * np.pi * (onsets - start) / step).mean())) / (2 * np.pi) * step
    for _ in range(3):  # the better the fit, the more onsets find their step
        place = (onsets - start) / step
        nearest = np.round(place)
        near = np.abs(place - nearest) < _MISS
        if near.sum() < FEWEST_ONSETS or np.ptp(nearest[near]) < _STEPS:
            return grid
        slope, offset = np.polyfit(nearest[near], onsets[near], 1)
        slope = float(np.clip(slope, 60 / fastest / _STEPS, 60 / slowest / _STEPS))
        offset = float((onsets[near] - slope * nearest[near]).mean())
        step, start = slope, float(np.clip(offset, grid.start - step, grid.start + step))
    return replace(grid, start=start, tempo_bpm=60 / (step * _STEPS))
