"""Which track is the melody, a second melody, the bass: a look at each track among the others.

Every pitched track is described by a few numbers that hold whatever its program or name: how often it is the highest
and the lowest that sounds, how much of the piece it covers, whether it plays one note at a time, how it moves. A
conditional logit (softmax over the tracks of one piece) with the coefficients below says how likely each is the melody.
Lost: a melody that wanders from instrument to instrument has no track; it is found only where one track holds most of
it.

Source: D. Rizo et al., "A pattern recognition approach for melody track selection in MIDI files", ISMIR (2006), for the
features of a track alone; the place among the others and the coefficients are ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .view import View

FEATURES = (
    "single", "joined", "coverage", "sole", "top", "bottom", "density", "step", "leap", "variety", "loud", "vocal",
    "slow",
)  # fmt: skip
# Fitted on the training splits of POP909, lieder, sung parts over keyboards, Nottingham, quartets (first violin),
# piano-midi.de (right hand) and Simutrans (tracks called melody), POP909 three to five times as heavy as each other;
# L2 0.005 on standardised features.
MELODY = {
    "joined": 9.3, "coverage": -2.1, "sole": 6.6, "top": 4.4, "bottom": -2.0, "density": -0.9, "step": 2.1,
    "leap": -2.3, "variety": -0.94, "loud": 2.8, "vocal": 4.4, "slow": -14.0,
}  # fmt: skip
WEIGHTS = np.array([MELODY.get(name, 0.0) for name in FEATURES])
BASS_PITCH = 55  # G3
BASSES = range(32, 40)
PERCUSSIVE = (47, *range(112, 128))  # timpani, percussion, effects
VOICE = range(55, 77)
LONGEST_BEATS = 8  # a note is looked at in its first beats only: a drone of a whole piece tells no more


@dataclass(frozen=True, eq=False)
class Tracks:
    """The pitched tracks described, one row each.

    Attributes:
        index: Indices into `View.tracks`, shape (k,).
        features: Shape (k, len(FEATURES)): `single` share of onsets with one note; `joined` share of notes that last
            at most a quarter beyond the track's next onset; `coverage` beats in which it
            sounds / beats of the piece in which any does; `sole` = single * coverage; `top`, `bottom` share of its
            beats in which it holds the highest, lowest pitch; `density` log notes per sounding beat; `step`, `leap`
            share of the moves of its top line by 1-2, by more than 7 semitones; `variety` log2 of the number of its
            pitches; `loud` mean velocity less that of all, / 32; `vocal` share of its notes from G3 to E5; `slow`
            share of its onsets that are more than two beats before the next.
        median_pitch: Shape (k,).
        melody: Probability of being the melody, shape (k,), sum 1.
    """

    index: np.ndarray
    features: np.ndarray
    median_pitch: np.ndarray
    melody: np.ndarray

    def column(self, name: str) -> np.ndarray:
        """One feature of all tracks, shape (k,)."""
        return self.features[:, FEATURES.index(name)]


def describe_tracks(view: View) -> Tracks:
    """The pitched tracks and their features; none of both without pitched notes."""
    notes = view.pitched
    index = np.array([track.index for track in view.tracks if not track.is_drums], np.int64)
    which = np.searchsorted(index, notes.track)
    k = len(index)
    if not k:
        return Tracks(index, np.zeros((0, len(FEATURES))), np.zeros(0), np.zeros(0))
    order = np.lexsort((notes.pitch, notes.time, which))
    which, time, end, pitch = (values[order] for values in (which, notes.time, notes.end, notes.pitch))
    count = np.bincount(which, minlength=k)
    # The last note of each onset of a track is its highest: the track's top line.
    top = np.append((which[1:] != which[:-1]) | (time[1:] != time[:-1]), True)
    line_which, line_time, line_pitch = which[top], time[top], pitch[top]
    onsets = np.bincount(line_which, minlength=k)
    size = np.diff(np.append(-1, np.flatnonzero(top)))
    same = line_which[1:] == line_which[:-1]
    move, mover = np.abs(np.diff(line_pitch))[same], line_which[:-1][same]
    moves = np.maximum(np.bincount(mover, minlength=k), 1)
    gap = np.append(np.where(same, np.diff(line_time), 1 << 40), 1 << 40)
    onset_of = np.cumsum(np.append(0, top[:-1]))
    joined = end - time <= 1.25 * gap[onset_of]
    coverage, highest, lowest, beats = _among_others(view, which, time, end, pitch, k)
    single = np.bincount(line_which, size == 1) / onsets
    starts = np.append(0, np.cumsum(count)[:-1])
    by_pitch = np.lexsort((pitch, which))
    new = np.append(True, np.diff(pitch[by_pitch]) != 0)
    new[starts] = True
    features = [
        single,
        np.bincount(which, joined) / count,
        coverage,
        single * coverage,
        highest,
        lowest,
        np.log(count / beats),
        np.bincount(mover, (move > 0) & (move < 3), minlength=k) / moves,
        np.bincount(mover, move > 7, minlength=k) / moves,
        np.log2(np.add.reduceat(new, starts, dtype=np.int64)),
        (np.bincount(which, notes.velocity[order]) / count - notes.velocity.mean()) / 32,
        np.bincount(which, (pitch >= VOICE[0]) & (pitch <= VOICE[-1])) / count,
        np.bincount(mover, np.diff(line_time)[same] > 2 * view.ticks_per_quarter, minlength=k) / moves,
    ]
    table = np.stack(features, axis=1)
    chance = np.exp(table @ WEIGHTS - (table @ WEIGHTS).max())
    median = pitch[by_pitch][starts + (count - 1) // 2]
    return Tracks(index, table, median.astype(np.float64), chance / chance.sum())


def _among_others(
    view: View, which: np.ndarray, time: np.ndarray, end: np.ndarray, pitch: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """By beat: share of the piece's beats each track sounds in, of its beats as highest and as lowest, its beats."""
    first = time // view.ticks_per_quarter
    held = np.clip((end - 1) // view.ticks_per_quarter - first + 1, 1, LONGEST_BEATS)
    note = np.repeat(np.arange(len(time)), held)
    beat = first[note] + np.arange(len(note)) - np.repeat(np.cumsum(held) - held, held)
    beat = np.unique(beat, return_inverse=True)[1]
    total = int(beat.max()) + 1
    cell = np.sort((which[note] * total + beat) * 128 + pitch[note])
    place = cell >> 7
    ends = np.append(np.flatnonzero(np.diff(place)), len(place) - 1)
    begins = np.append(0, ends[:-1] + 1)
    track, beat = np.divmod(place[ends], total)
    high, low = cell[ends] & 127, cell[begins] & 127
    most, least = np.zeros(total, np.int64), np.full(total, 128)
    np.maximum.at(most, beat, high)
    np.minimum.at(least, beat, low)
    sounding = np.bincount(track, minlength=k)
    return (
        sounding / total,
        np.bincount(track, high == most[beat], minlength=k) / sounding,
        np.bincount(track, low == least[beat], minlength=k) / sounding,
        sounding,
    )


def assign_roles(view: View, tracks: Tracks) -> dict[int, str]:
    """Role by pitched track: "melody", "countermelody", "bass" or "accompaniment".

    A track of single notes is the bass if it has the lowest pitch in 60 % of its beats and its median is at most G3,
    or, with the program of a bass, in 30 %. Of the others the likeliest is the melody if it is, with those that double
    it in unison or octaves, as likely as all others together, or twice as likely as the next and more than a third;
    those that double it are melody too. A countermelody plays mostly single notes, moves by step in three moves of ten
    or more, and at most 70 % of its onsets are with the melody's. Timpani, percussion and sound effects carry no melody
    beside others.
    """
    k = len(tracks.index)
    if not k:
        return {}
    names = np.full(k, "accompaniment", dtype=object)
    programs = np.array([view.tracks[index].program for index in tracks.index])
    named = (programs >= BASSES[0]) & (programs <= BASSES[-1])
    bass = (tracks.column("single") >= 0.8) & (tracks.column("coverage") >= 0.1)
    bass &= ((tracks.median_pitch <= BASS_PITCH) & (tracks.column("bottom") >= 0.6)) | (
        named & (tracks.column("bottom") >= 0.3)
    )
    if bass.all():
        bass[np.argmax(tracks.melody)] = bool(k == 1 and named[0])
    names[bass] = "bass"
    if bass.all():
        return dict(zip(tracks.index.tolist(), names.tolist(), strict=True))
    struck = np.isin(programs, PERCUSSIVE) if k > 1 else np.zeros(k, np.bool_)
    best = int(np.argmax(np.where(bass | struck, -1, tracks.melody)))
    if bass[best] or struck[best]:
        return dict(zip(tracks.index.tolist(), names.tolist(), strict=True))
    doubles, apart = _beside_melody(view, tracks, best)
    doubles[best] = True
    chance, next_best = tracks.melody[doubles].sum(), tracks.melody[~doubles].max(initial=0)
    if chance >= 0.5 or (chance >= 0.35 and chance >= 2 * next_best):
        moves = (tracks.column("joined") >= 0.7) & (tracks.column("step") >= 0.3)
        moves &= (tracks.column("coverage") >= 0.2) & (tracks.column("variety") >= np.log2(6))
        names[apart & moves & ~bass] = "countermelody"
        names[doubles & ~struck] = "melody"
    return dict(zip(tracks.index.tolist(), names.tolist(), strict=True))


def _beside_melody(view: View, tracks: Tracks, best: int) -> tuple[np.ndarray, np.ndarray]:
    """Which tracks of mostly single notes double the melody, and which have onsets of their own, bool of shape (k,)."""
    melody = view.tracks[tracks.index[best]].notes
    keys = np.sort(melody.time * 12 + melody.pitch % 12)
    doubles, apart = np.zeros(len(tracks.index), np.bool_), np.zeros(len(tracks.index), np.bool_)
    for row in np.flatnonzero(tracks.column("single") >= 0.6).tolist():
        notes = view.tracks[tracks.index[row]].notes
        same = _among(notes.time * 12 + notes.pitch % 12, keys)
        doubles[row] = same.mean() >= 0.8 and same.sum() >= 0.5 * len(melody)
        apart[row] = not doubles[row] and _among(notes.time, melody.time).mean() <= 0.7
    return doubles, apart


def _among(values: np.ndarray, ordered: np.ndarray) -> np.ndarray:
    """Which values are among some in order, at least one: `np.isin` without its sorting."""
    return ordered[np.minimum(np.searchsorted(ordered, values), len(ordered) - 1)] == values
