"""Where the key changes, and how closely the notes keep to it.

Every bar says how well it fits each of the 24 keys (a profile weighs the root of the share of time that each pitch
class sounds); the path of keys with the best sum, less a cost for every change, is found by dynamic programming. A
visit to another key of a bar or two (a tonicisation) costs more than it brings and stays in the key around it.

Source: D. Temperley, "The Cognition of Basic Musical Structures" (2001), ch. 7: fit per segment, cost of change. The
profile is learned by logistic regression on stretches of four to eight bars of training pieces (`learn_bar_profile` of
`evaluation.accuracy.learning`); the costs are those of the best boundaries in training pieces put together from two or
three. Measured by `evaluation.accuracy.keys`. What it cannot tell: a change to the relative key from a phrase that
leans on it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..key_midi_text import KEYS, Key
from .sounding import sounding_time
from .view import Notes, View

MOST_STEPS = 256  # longer pieces are heard in steps of several bars
_MAJOR = (168, -4, 39, -92, 107, 53, -120, 149, -40, -12, -256, -4)  # hundredths, by semitones above the tonic
_MINOR = (205, -116, 55, 89, -83, 42, -75, 168, -11, -215, -48, 3)
_PROFILES = np.array([np.roll(row, key) for row in (_MAJOR, _MINOR) for key in range(12)], np.float64) / 100
_FULL_BAR = 2.0  # quarter notes of sound that make a bar count fully
_CHANGE = 6.0  # cost of a new key, in the logs of the profile
_RELATIVE_CHANGE = 9.0  # a phrase in the relative key is mostly none
_HOME = 2.0  # a piece opens and closes in its main key

_SCALE = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 9, 10, 11)}  # minor: with raised 6th and 7th
_PENTATONIC = (0, 2, 4, 7, 9)
_ABROAD_BARS = 4
_ABROAD_QUARTERS = 12.0
_LONG_ENOUGH = 8  # bars from which to speak of staying in one key
_FEW_NOTES = 16
_CHROMATIC, _DIATONIC, _PENTATONIC_SHARE, _EACH_TONE = 0.12, 0.005, 0.97, 0.03


@dataclass(frozen=True)
class KeySpan:
    """Bars in one key: from `first_bar` up to, not including, `end_bar`."""

    first_bar: int
    end_bar: int
    key: Key


@dataclass(frozen=True)
class Tonality:
    """The keys of a piece.

    Attributes:
        spans: The keys in order; they cover every bar; () without pitched notes. The path of keys that fits the bars
            best when a change costs as much as the evidence of about four clear bars; the main key where there is no
            change.
        outside_share: Share of the pitched sounding time outside the scale of the key in force, 0..1; the scale of a
            minor key is the natural one with raised sixth and seventh.
        traits: "modulates": at least 4 bars, and 12 quarter notes, in keys other than the main one, its relative and
            its parallel key (another mode on the same tonic is no modulation).
            "stays in one key": 8 bars or more, one span, and still one if changes cost half. "chromatic": outside
            share of 12 % or more. "diatonic": at most 0.5 % outside the scale of the main key. "pentatonic": 97 % of
            the sounding time on the five tones of a major pentatonic scale, each 3 % or more. The last three need 16
            pitched notes. "picardy third": in a minor key, the last chord has the tonic in the bass and a major
            third, no minor one, after four bars in which the minor third sounds longer.
    """

    spans: tuple[KeySpan, ...]
    outside_share: float
    traits: tuple[str, ...]

    def transposed(self, semitones: int) -> Tonality:
        """The same, `semitones` higher."""
        return replace(self, spans=tuple(replace(s, key=s.key.transposed(semitones)) for s in self.spans))


def measure_tonality(view: View) -> Tonality:
    """The keys of a piece."""
    home = view.facts.key
    if home is None:
        return Tonality((), 0.0, ())
    step = -(-view.bars // MOST_STEPS)
    firsts = np.arange(0, view.bars, step)
    lines = view.bar_lines[np.append(firsts, view.bars)]
    chroma = sounding_time(view.pitched, lines) / view.ticks_per_quarter
    path = likeliest_keys(chroma, home)
    outside = (chroma * ~_IN_SCALE[path]).sum() / chroma.sum()
    traits = [*_course(chroma, np.diff(lines) / view.ticks_per_quarter, path, home, view.bars)]
    if len(view.pitched) >= _FEW_NOTES:
        traits += _tones(chroma.sum(0) / chroma.sum(), float(outside), home)
    if _has_picardy_third(view.pitched, home, int(lines[max(len(lines) - 5, 0)])):
        traits.append("picardy third")
    starts = np.flatnonzero(np.append(True, path[1:] != path[:-1]))
    ends = [*firsts[starts[1:]], view.bars]
    spans = (KeySpan(int(firsts[s]), int(end), KEYS[path[s]]) for s, end in zip(starts, ends, strict=True))
    return Tonality(tuple(spans), float(outside), tuple(traits))


def likeliest_keys(chroma: np.ndarray, home: Key, cost: float = 1.0) -> np.ndarray:
    """The best path of keys through the bars.

    Args:
        chroma: Quarter notes that each pitch class sounds in each bar, shape (bars, 12).
        home: The main key; the path is there throughout where it finds no change.
        cost: What a change costs, as a multiple of the usual cost.

    Returns:
        Indices into `KEYS`, shape (bars,).
    """
    sound = chroma.sum(1, keepdims=True)
    fit = np.sqrt(chroma / np.where(sound > 0, sound, 1)) @ _PROFILES.T * np.minimum(sound / _FULL_BAR, 1)
    at_home = KEYS.index(home)
    fit[[0, -1], at_home] += _HOME
    score, before = fit[0], np.zeros((len(fit), len(KEYS)), np.int64)
    keys = np.arange(len(KEYS))
    for bar in range(1, len(fit)):
        reached = score[:, None] - cost * _COST
        before[bar] = reached.argmax(0)
        score = reached[before[bar], keys] + fit[bar]
    path = np.full(len(fit), score.argmax())
    for bar in range(len(fit) - 1, 0, -1):
        path[bar - 1] = before[bar, path[bar]]
    return path if (path != path[0]).any() else np.full(len(fit), at_home)


def _table_of_costs() -> np.ndarray:
    """What it costs to go from each key to each, shape (24, 24)."""
    cost = np.full((len(KEYS), len(KEYS)), _CHANGE)
    for index, key in enumerate(KEYS):
        cost[index, [index, KEYS.index(key.relative)]] = 0.0, _RELATIVE_CHANGE
    return cost


def _course(chroma: np.ndarray, quarters: np.ndarray, path: np.ndarray, home: Key, bars: int) -> list[str]:
    """Whether it modulates or stays."""
    parallel = Key(home.tonic, "minor" if home.mode == "major" else "major")
    own = [KEYS.index(key) for key in (home, home.relative, parallel)]
    abroad = ~np.isin(path, own)
    if abroad.sum() * bars / len(path) >= _ABROAD_BARS and quarters[abroad].sum() >= _ABROAD_QUARTERS:
        return ["modulates"]
    stays = bars >= _LONG_ENOUGH and (path == own[0]).all() and (likeliest_keys(chroma, home, 0.5) == own[0]).all()
    return ["stays in one key"] if stays else []


def _tones(share: np.ndarray, outside: float, home: Key) -> list[str]:
    """Traits of the tones in use, from the share of time each pitch class sounds, shape (12,)."""
    found = []
    if outside >= _CHROMATIC:
        found.append("chromatic")
    if share[~_IN_SCALE[KEYS.index(home)]].sum() <= _DIATONIC:
        found.append("diatonic")
    fives = share[(np.arange(12)[:, None] + _PENTATONIC) % 12]
    if ((fives.sum(1) >= _PENTATONIC_SHARE) & (fives.min(1) >= _EACH_TONE)).any():
        found.append("pentatonic")
    return found


def _has_picardy_third(notes: Notes, home: Key, four_bars_before: int) -> bool:
    last = int(notes.time[-1])
    chord = notes.pitch[notes.end > last]
    classes = set((chord - home.tonic) % 12)
    if home.mode != "minor" or (chord.min() - home.tonic) % 12 != 0 or 4 not in classes or 3 in classes:
        return False
    chord_begin = int(notes.time[notes.end > last].min())
    third = sounding_time(notes, np.array([min(four_bars_before, chord_begin), chord_begin]))[0]
    return bool(third[(home.tonic + 3) % 12] > third[(home.tonic + 4) % 12])


_COST = _table_of_costs()
_IN_SCALE = np.array([[(tone - key.tonic) % 12 in _SCALE[key.mode] for tone in range(12)] for key in KEYS])
