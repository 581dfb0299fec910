"""Recipes for bands: who plays what, how fast, over which drumming.

A recipe is what the name of a band makes listeners expect, in a table: General MIDI programs to choose from, a comping
and a bass pattern, the styles of real drumming that go with it, and the tempi at which it is played. The patterns are
the plainest of each style (the Charleston rhythm, the 3-2 half of the clave, the one drop), so that they fit any tune.
Patterns are (onset, length) in quarter notes within one bar of 4/4 or of 3/4.
"""

from __future__ import annotations

from typing import NamedTuple

Pattern = tuple[tuple[float, float], ...]


class Comping(NamedTuple):
    """A program that plays the chords, and how: all notes at once, one after the other, or roots and fifths only."""

    program: int
    four: Pattern
    three: Pattern
    manner: str = "chord"


class Recipe(NamedTuple):
    """A band.

    Attributes:
        name: What it is called in labels: "rock band".
        genre: The style it plays.
        drum_styles: First words of the drum styles that suit it; () for a band without drums.
        tempo_bpm: Slowest and fastest.
        melodies: Programs of which one takes the melody.
        comping: Who plays chords; all of them do.
        bass: Program, and the name of its pattern in `BASS`.
        metres: Beats a bar that it plays.
    """

    name: str
    genre: str
    drum_styles: tuple[str, ...]
    tempo_bpm: tuple[float, float]
    melodies: tuple[int, ...]
    comping: tuple[Comping, ...]
    bass: tuple[int, str]
    metres: tuple[int, ...] = (4,)


_QUARTERS = tuple((float(i), 0.9) for i in range(4))
_EIGHTHS = tuple((i / 2, 0.45) for i in range(8))
_OFFBEATS = tuple((i + 0.5, 0.4) for i in range(4))
_WHOLE: Pattern = ((0.0, 4.0),)
_WHOLE_THREE: Pattern = ((0.0, 3.0),)
_AFTERBEATS: Pattern = ((1.0, 0.8), (2.0, 0.8))
_STRUM: Pattern = ((0.0, 0.9), (1.0, 0.45), (1.5, 0.45), (2.5, 0.45), (3.0, 0.45), (3.5, 0.45))
_STRUM_THREE: Pattern = ((0.0, 0.9), (1.0, 0.45), (1.5, 0.45), (2.0, 0.45), (2.5, 0.45))
_CHARLESTON: Pattern = ((0.0, 1.2), (1.5, 0.4))
_CLAVE: Pattern = ((0.0, 0.4), (1.5, 0.4), (3.0, 0.4))
_SKANK: Pattern = ((1.0, 0.3), (3.0, 0.3))
_SCRATCH: Pattern = ((0.0, 0.2), (0.75, 0.2), (1.5, 0.2), (2.25, 0.2), (2.5, 0.2), (3.5, 0.2))
_RUN = tuple((i / 2, 0.5) for i in range(8))
_RUN_THREE = _RUN[:6]

# Bass patterns for a bar of 4/4: onset, length, and the note: root, fifth, octave, or the way to the next root.
BASS: dict[str, tuple[tuple[float, float, str], ...]] = {
    "roots": ((0.0, 1.9, "root"), (2.0, 1.9, "root")),
    "eighths": tuple((i / 2, 0.45, "root") for i in range(8)),
    "root and fifth": ((0.0, 0.9, "root"), (2.0, 0.9, "fifth")),
    "bossa": ((0.0, 1.4, "root"), (1.5, 0.4, "fifth"), (2.0, 1.4, "fifth"), (3.5, 0.4, "root")),
    "octaves": tuple((i / 2, 0.4, "root" if i % 2 == 0 else "octave") for i in range(8)),
    "walking": ((0.0, 0.95, "root"), (1.0, 0.95, "third"), (2.0, 0.95, "fifth"), (3.0, 0.95, "approach")),
    "one drop": ((0.0, 0.9, "root"), (1.5, 0.4, "root"), (2.5, 0.9, "fifth")),
    "funk": (
        (0.0, 0.6, "root"),
        (0.75, 0.2, "octave"),
        (1.5, 0.4, "root"),
        (2.5, 0.4, "fifth"),
        (3.5, 0.4, "approach"),
    ),
    "whole": ((0.0, 3.8, "root"),),
}

RECIPES: tuple[Recipe, ...] = (
    Recipe(
        "rock band",
        "rock",
        ("rock",),
        (100, 150),
        (29, 27, 65),
        (Comping(29, _EIGHTHS, _RUN_THREE, "power"), Comping(19, _WHOLE, _WHOLE_THREE)),
        (33, "eighths"),
    ),
    Recipe(
        "punk band",
        "punk",
        ("punk",),
        (140, 190),
        (30, 29),
        (Comping(30, _EIGHTHS, _RUN_THREE, "power"),),
        (34, "eighths"),
    ),
    Recipe(
        "pop band",
        "pop",
        ("pop", "rock", "soul"),
        (84, 126),
        (73, 40, 4, 66),
        (Comping(0, _QUARTERS, _QUARTERS[:3]), Comping(25, _STRUM, _STRUM_THREE)),
        (33, "roots"),
    ),
    Recipe(
        "ballad band",
        "pop",
        ("pop", "soul"),
        (60, 84),
        (0, 40, 68, 65),
        (Comping(4, _RUN, _RUN_THREE, "arpeggio"), Comping(48, _WHOLE, _WHOLE_THREE)),
        (33, "whole"),
        (4, 3),
    ),
    Recipe(
        "funk band",
        "funk",
        ("funk",),
        (90, 116),
        (65, 56, 18),
        (Comping(27, _SCRATCH, _SCRATCH[:4]), Comping(7, _CHARLESTON, _CHARLESTON)),
        (36, "funk"),
    ),
    Recipe(
        "jazz quartet",
        "jazz",
        ("jazz",),
        (110, 200),
        (66, 65, 56, 71),
        (Comping(0, _CHARLESTON, _CHARLESTON),),
        (32, "walking"),
    ),
    Recipe(
        "bossa nova band",
        "latin",
        ("latin",),
        (110, 150),
        (73, 65, 11),
        (Comping(24, _CLAVE, _CLAVE[:2]), Comping(4, _WHOLE, _WHOLE_THREE)),
        (32, "bossa"),
    ),
    Recipe(
        "reggae band",
        "reggae",
        ("reggae",),
        (66, 96),
        (56, 18, 57),
        (Comping(27, _SKANK, _SKANK[:1]), Comping(16, _OFFBEATS, _OFFBEATS[:3])),
        (33, "one drop"),
    ),
    Recipe(
        "country band",
        "country",
        ("country", "rock"),
        (96, 140),
        (40, 105, 22),
        (Comping(25, _STRUM, _STRUM_THREE), Comping(26, _OFFBEATS, _OFFBEATS[:3])),
        (33, "root and fifth"),
    ),
    Recipe(
        "soul band",
        "soul",
        ("soul", "gospel"),
        (72, 110),
        (65, 56, 66),
        (Comping(16, _WHOLE, _WHOLE_THREE), Comping(0, _QUARTERS, _QUARTERS[:3])),
        (33, "funk"),
    ),
    Recipe(
        "hip-hop band",
        "hip-hop",
        ("hiphop",),
        (80, 100),
        (4, 11, 80),
        (Comping(4, _CHARLESTON, _CHARLESTON), Comping(89, _WHOLE, _WHOLE_THREE)),
        (38, "roots"),
    ),
    Recipe(
        "disco band",
        "disco",
        ("dance", "soul"),
        (110, 126),
        (48, 61, 81),
        (Comping(27, _OFFBEATS, _OFFBEATS[:3]), Comping(48, _WHOLE, _WHOLE_THREE)),
        (33, "octaves"),
    ),
    Recipe(
        "folk band",
        "folk",
        (),
        (90, 160),
        (40, 73, 110, 21),
        (Comping(25, _STRUM, _STRUM_THREE),),
        (32, "root and fifth"),
        (4, 3),
    ),
    Recipe(
        "waltz orchestra",
        "waltz",
        (),
        (120, 180),
        (40, 73, 71),
        (Comping(48, _WHOLE, _AFTERBEATS), Comping(46, _WHOLE, _RUN_THREE, "arpeggio")),
        (43, "whole"),
        (3,),
    ),
)
