"""What parts do with one another: thirds and octaves beside the melody, all in unison, and a bass that stays.

Rules by bar, strict like those of `figures`: the melody track is laid beside every other track that plays one note at
a time, and the lowest pitch of each bar is followed through the piece. Lost: doublings of another track than the
melody, and by part of a chord.

Source: the terms are those of the New Grove Dictionary ("Doubling", "Unison", "Pedal point"), the rules are ours.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .roles import Tracks
from .view import View

TRIAD = np.isin(np.arange(12), (0, 3, 4, 7))
PEDAL_BARS = 4
LONGEST_BARS = 32  # a note is followed through so many bars: a drone of a whole piece may end there


def find_doublings(view: View, tracks: Tracks, roles: Mapping[int, str]) -> dict[str, np.ndarray]:
    """Which bars hold "parallel thirds", "octave doubling", "unison", "pedal bass": name -> bool of shape (bars,)."""
    thirds, octaves = _beside_melody(view, tracks, roles)
    return {
        "parallel thirds": thirds,
        "octave doubling": octaves,
        "unison": _unison(view),
        "pedal bass": _pedal(view),
    }


def _beside_melody(view: View, tracks: Tracks, roles: Mapping[int, str]) -> tuple[np.ndarray, np.ndarray]:
    """Bars in which another track strikes with three in four of three or more melody notes, in thirds or octaves."""
    thirds, octaves = np.zeros(view.bars, np.bool_), np.zeros(view.bars, np.bool_)
    if "melody" not in roles.values() or len(roles) < 2:
        return thirds, octaves
    leader = int(tracks.index[np.argmax(tracks.melody)])
    melody = view.tracks[leader].notes
    bar = view.bar_of(melody.time)
    count = np.bincount(bar, minlength=view.bars)
    moves = np.bincount(np.unique(bar * 128 + melody.pitch) >> 7, minlength=view.bars) >= 3
    for index, single in zip(tracks.index.tolist(), tracks.column("single").tolist(), strict=True):
        if index == leader or single < 0.8:
            continue
        other = view.tracks[index].notes
        place = np.minimum(np.searchsorted(other.time, melody.time), len(other) - 1)
        apart = np.where(other.time[place] == melody.time, np.abs(melody.pitch - other.pitch[place]), 0)
        for found, here in ((thirds, (apart == 3) | (apart == 4)), (octaves, (apart == 12) | (apart == 24))):
            struck = np.bincount(bar, here, minlength=view.bars)
            found |= moves & (struck >= 3) & (struck >= 0.75 * count)
    return thirds, octaves


def _unison(view: View) -> np.ndarray:
    """Bars in which nine in ten of three or more onsets are one pitch class, struck by two tracks or more."""
    notes = view.pitched
    first = notes.onsets()
    if len(first) < 3:
        return np.zeros(view.bars, np.bool_)
    size = np.diff(np.append(first, len(notes)))
    classes = notes.pitch % 12
    one = np.logical_and.reduceat(classes == np.repeat(classes[first], size), first)
    many = np.maximum.reduceat(notes.track, first) > np.minimum.reduceat(notes.track, first)
    bar = view.bar_of(notes.time[first])
    count = np.bincount(bar, minlength=view.bars)
    return (count >= 3) & (np.bincount(bar, one & many, minlength=view.bars) >= 0.9 * count)


def _pedal(view: View) -> np.ndarray:
    """Runs of four bars or more on one lowest pitch that sounds for three quarters of each, under music that moves on.

    Of what sounds above it, by length, 20 % or more are notes of a beat or longer that are neither its third nor its
    fifth: a bass that stays because the chord stays is no pedal.
    """
    notes = view.pitched
    if not len(notes) or view.bars < PEDAL_BARS:
        return np.zeros(view.bars, np.bool_)
    first = view.bar_of(notes.time)
    held = np.clip(view.bar_of(notes.end - 1) - first + 1, 1, LONGEST_BARS)
    note = np.repeat(np.arange(len(notes)), held)
    bar = first[note] + np.arange(len(note)) - np.repeat(np.cumsum(held) - held, held)
    begins, ends = view.bar_lines[bar], view.bar_lines[bar + 1]
    sounds = np.minimum(notes.end[note], ends) - np.maximum(notes.time[note], begins)
    lowest, highest = np.full(view.bars, 128), np.full(view.bars, -1)
    np.minimum.at(lowest, bar, notes.pitch[note])
    np.maximum.at(highest, bar, notes.pitch[note])
    bass = notes.pitch[note] == lowest[bar]
    stays = np.bincount(bar, np.where(bass, sounds, 0), minlength=view.bars) >= 0.75 * np.diff(view.bar_lines)
    stays &= (highest > lowest + 2) & (lowest < 128)
    same = np.append(False, (lowest[1:] == lowest[:-1]) & stays[1:] & stays[:-1])
    # A run is a stretch of `same`, and the bar before it.
    group = np.cumsum(~same)
    above = (notes.pitch[note] - lowest[bar]) % 12
    upper = np.bincount(group, np.bincount(bar, np.where(above > 0, sounds, 0), minlength=view.bars))
    foreign = ~TRIAD[above] & (notes.duration[note] >= 0.9 * view.ticks_per_quarter)
    strange = np.bincount(bar, np.where(foreign, sounds, 0), minlength=view.bars)
    lasts = (np.bincount(group) >= PEDAL_BARS) & (np.bincount(group, strange) >= 0.2 * upper)
    return stays & lasts[group]
