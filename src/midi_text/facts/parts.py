"""Who plays what: melody, bass, accompaniment, drums; register, range, articulation and figures of each part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from .doublings import find_doublings
from .figures import find_figures
from .roles import Tracks, describe_tracks
from .strands import TOGETHER, Strands, lay_strands
from .traits import TRAITS
from .view import Track, View

REGISTERS = ("bass", "tenor", "alto", "soprano", "high")
REGISTER_BOUNDS = (48, 57, 65, 77)  # C3, A3, F4, F5: median pitches of choir parts lie between
BASS_PITCH = 55
LEAST_BARS = 2
SHARE = {
    "walking bass": 0.4, "Alberti bass": 0.15, "oom-pah": 0.25, "oom-pah-pah": 0.25, "block chords": 0.5,
    "broken chords": 0.35, "ostinato": 0.5, "octave doubling": 0.4, "parallel thirds": 0.3, "tremolo": 0.25,
    "unison": 0.5, "pedal bass": 0.3,
}  # fmt: skip


@dataclass(frozen=True)
class Part:
    """One track and what it does.

    Attributes:
        track: Index into `View.tracks`.
        program: 0..127; 128 for drums.
        role: "melody", "countermelody", "bass", "accompaniment" or "drums".
        lowest_pitch: MIDI pitch.
        highest_pitch: MIDI pitch.
        register: "bass", "tenor", "alto", "soprano" or "high", by the median pitch; "" for drums.
        articulation: "staccato", "detached", "legato" or "".
        figure: The trait among `TRAITS["parts"]` that its notes make most of the time; None for none.
    """

    track: int
    program: int
    role: str
    lowest_pitch: int
    highest_pitch: int
    register: str
    articulation: str
    figure: str | None
    melody_chance: float


@dataclass(frozen=True)
class Parts:
    """The parts of a piece, in the order of its tracks, and their traits."""

    parts: tuple[Part, ...]
    traits: tuple[str, ...]

    def role(self, name: str) -> tuple[Part, ...]:
        """The parts of one role."""
        return tuple(part for part in self.parts if part.role == name)

    def transposed(self, semitones: int) -> Parts:
        """The same, `semitones` higher; drums stay."""
        return replace(
            self,
            parts=tuple(
                part
                if part.role == "drums"
                else replace(
                    part, lowest_pitch=part.lowest_pitch + semitones, highest_pitch=part.highest_pitch + semitones
                )
                for part in self.parts
            ),
        )


def measure_parts(view: View) -> Parts:
    """The parts of a piece."""
    tracks = describe_tracks(view)
    roles = _roles(view, tracks)
    strands = lay_strands(view, tracks, roles)
    own: dict[int, str] = {}
    traits: tuple[str, ...] = ()
    if strands:
        figures = find_figures(view, strands)
        own = _own_figures(strands, figures)
        traits = _traits(view, strands, figures, find_doublings(view, tracks, roles))
    confidence = dict(zip(tracks.index.tolist(), tracks.melody.tolist(), strict=True))
    parts = tuple(
        Part(
            track=track.index,
            program=track.program,
            role=roles.get(track.index, "drums"),
            lowest_pitch=int(track.notes.pitch.min()),
            highest_pitch=int(track.notes.pitch.max()),
            register=_register(track),
            articulation=_articulation(track),
            figure=own.get(track.index),
            melody_chance=round(confidence.get(track.index, 0.0), 3),
        )
        for track in view.tracks
    )
    return Parts(parts, traits)


def _roles(view: View, tracks: Tracks) -> dict[int, str]:
    """Role by pitched track."""
    k = len(tracks.index)
    names = ["accompaniment"] * k
    if not k:
        return {}
    low = tracks.median_pitch <= BASS_PITCH
    bass = (tracks.column("single") >= 0.8) & (tracks.column("coverage") >= 0.1)
    programs = np.array([view.tracks[index].program for index in tracks.index])
    named = (programs >= 32) & (programs < 40)
    bass &= (low & (tracks.column("bottom") >= 0.6)) | (named & (tracks.column("bottom") >= 0.3))
    best = int(np.argmax(tracks.melody))
    chance = np.sort(tracks.melody)[::-1]
    sure = k == 1 or chance[0] >= 0.5 or (chance[0] >= 0.35 and chance[0] >= 2 * chance[1])
    for row in np.flatnonzero(bass).tolist():
        names[row] = "bass"
    if sure and not (k == 1 and named[0]):
        names[best] = "melody"
        for row, role in _beside(view, tracks, best).items():
            if names[row] == "accompaniment" or role == "melody":
                names[row] = role
    return dict(zip(tracks.index.tolist(), names, strict=True))


def _beside(view: View, tracks: Tracks, best: int) -> dict[int, str]:
    """Tracks that double the melody, and those that go their own melodic way beside it."""
    melody = view.tracks[tracks.index[best]].notes
    keys = np.unique(melody.time * 12 + melody.pitch % 12)
    times = np.unique(melody.time)
    found = {}
    for row, index in enumerate(tracks.index):
        if row == best or tracks.column("single")[row] < 0.8:
            continue
        notes = view.tracks[index].notes
        same = np.isin(notes.time * 12 + notes.pitch % 12, keys)
        if same.mean() >= 0.8 and same.sum() >= 0.5 * len(melody):
            found[row] = "melody"
        elif (
            tracks.column("joined")[row] >= 0.8
            and tracks.column("coverage")[row] >= 0.2
            and tracks.column("step")[row] >= 0.35
            and tracks.column("variety")[row] >= np.log2(6)
            and np.isin(notes.time, times).mean() <= 0.6
        ):
            found[row] = "countermelody"
    return found


def _traits(
    view: View, strands: Strands, figures: Mapping[str, np.ndarray], doublings: Mapping[str, np.ndarray]
) -> tuple[str, ...]:
    """The figures that enough bars of the piece hold, in any strand."""
    found = []
    for name in TRAITS["parts"]:
        bars = doublings[name].copy() if name in doublings else np.zeros(view.bars, np.bool_)
        if name in figures:
            bars[strands.cell_bar[figures[name]]] = True
        if bars.sum() >= max(LEAST_BARS, SHARE[name] * view.bars):
            found.append(name)
    return tuple(found)


def _own_figures(strands: Strands, figures: Mapping[str, np.ndarray]) -> dict[int, str]:
    """The figure that most bars of a track hold, by track, where half of its bars hold it."""
    track = strands.track[strands.cell_strand]
    # Bars of both hands of a track count once.
    width = int(strands.cell_bar.max()) + 1
    place = np.where(track == TOGETHER, -1, track * width + strands.cell_bar)
    played = np.bincount(np.unique(place[place >= 0]) // width)
    best: dict[int, tuple[float, str]] = {}
    for name, cells in figures.items():
        held = np.bincount(np.unique(place[cells & (place >= 0)]) // width, minlength=len(played))
        for index in np.flatnonzero((held > 0) & (held >= max(0.5, SHARE[name]) * played)).tolist():
            best[index] = max(best.get(index, (0.0, "")), (held[index] / played[index], name))
    return {index: name for index, (_, name) in best.items()}


def _register(track: Track) -> str:
    if track.is_drums:
        return ""
    return REGISTERS[int(np.searchsorted(REGISTER_BOUNDS, np.median(track.notes.pitch), side="right"))]


def _articulation(track: Track) -> str:
    onsets, which = np.unique(track.notes.time, return_inverse=True)
    if track.is_drums or len(onsets) < 8:
        return ""
    before = which < len(onsets) - 1
    ratio = float(np.median(track.notes.duration[before] / np.diff(onsets)[which[before]]))
    if ratio <= 0.6:
        return "staccato"
    if ratio <= 0.85:
        return "detached"
    return "legato" if ratio >= 1.05 else ""
