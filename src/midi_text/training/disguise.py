"""Music in disguise: the same notes under another tempo and other instruments, with words and a sketch that tell which.

From its first notes a piece gives away much of what is said of it: a model that can guess learns to guess, and asked
for a sitar where pianos are usual it writes for the piano. What was drawn at random can only be read.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..facts.analysis import Analysis
from ..facts.difficulty import Difficulty
from ..facts.parts import Parts
from ..facts.texture import Texture
from ..facts_midi_text import DRUMS, MusicFacts
from ..sketch_midi_text import Sketch

_TEMPI = range(40, 211)
_REACH = 12  # semitones beyond its range that a program may be given: most of what a piano plays is for no flute
# The lowest and the highest MIDI pitch that programs are written for; what only makes noises is left out.
# Source: the recommended ranges of General MIDI 2 (MMA RP-024), neighbours that nearly agree taken together.
_RANGES: dict[tuple[int, int], tuple[int, ...]] = {
    (21, 108): (0, 1, 2, 3, 19, *range(80, 86), 87),
    (28, 103): (4, 5, 46),
    (36, 96): (7, 16, 17, 18, 20, 50, 51, *range(61, 64), 86, *range(88, 104)),
    (41, 89): (6,),
    (60, 108): (8,),
    (72, 108): (9, 72),
    (53, 89): (11, 21, 23),
    (48, 84): (12, 41, 54, 105),
    (65, 96): (13,),
    (60, 84): (10, 14, 15, 22, 79),
    (40, 86): tuple(range(24, 32)),
    (28, 55): (*range(32, 40), 43, 58),
    (55, 96): (40, 110),
    (36, 72): (42, 57, 67),
    (28, 96): (44, 45, 48, 49),
    (36, 57): (47,),
    (48, 79): (52, 53, 104, 106, 108, 111),
    (58, 94): (56, 59, 68),
    (41, 77): (60, 66, 109),
    (49, 87): (64, 65),
    (52, 81): (69,),
    (34, 64): (70,),
    (50, 91): (71,),
    (60, 96): (73, 74, 75, 76, 78),
    (55, 84): (77, 107),
    (52, 76): (114,),
}
_RANGE = {program: keys for keys, programs in _RANGES.items() for program in programs}
_NO_PARTS, _NO_TEXTURE, _NO_GRADE = Parts((), ()), Texture(None, (), 0.0, 0.0), Difficulty(None, 0, 0.0, ())


@dataclass(frozen=True)
class Disguise:
    """What becomes of a piece's tempo and instruments, and of all that is said of them.

    Attributes:
        tempo_bpm: The tempo of the piece, if it has but one, and what it becomes; None leaves it.
        programs: What a program becomes: one that reaches its notes. Instruments that differ stay different, drums
            stay drums.
    """

    tempo_bpm: tuple[int, int] | None
    programs: Mapping[int, int]

    @classmethod
    def draw(cls, told: Sketch, facts: MusicFacts, rng: random.Random) -> Disguise:
        """A disguise of what is told of a piece: what is not told could not be read, and stays."""
        tempo = None if told.tempo_bpm is None else (told.tempo_bpm, rng.choice(_TEMPI))
        programs: dict[int, int] = {}
        worn = {each.program for each in facts.instruments}
        for each in facts.instruments:
            if each.program in told.programs and each.program != DRUMS:
                fits = [
                    program
                    for program, (low, high) in _RANGE.items()
                    if low - _REACH <= each.lowest_pitch and each.highest_pitch <= high + _REACH and program not in worn
                ]
                if fits:
                    programs[each.program] = rng.choice(fits)
                    worn.add(programs[each.program])
        return cls(tempo, programs)

    def events(self, base_events: Sequence[str], events: np.ndarray) -> np.ndarray:
        """Event ids of the piece, shape ``(E,)``; ``base_events`` are the events by id."""
        changed = {f"Program_{old}": f"Program_{new}" for old, new in self.programs.items()}
        if self.tempo_bpm:
            old, new = self.tempo_bpm
            changed[f"Tempo_{float(old)}"] = f"Tempo_{float(new)}"
        ids = {name: number for number, name in enumerate(base_events)}
        table = np.arange(len(base_events), dtype=np.uint16)
        for before, after in changed.items():
            table[ids[before]] = ids[after]
        made: np.ndarray = table[events]
        return made

    def sketch(self, sketch: Sketch) -> Sketch:
        """What is told of the piece in the language of music."""
        tempo = self.tempo_bpm[1] if self.tempo_bpm else sketch.tempo_bpm
        return replace(sketch, tempo_bpm=tempo, programs=tuple(self.programs.get(p, p) for p in sketch.programs))

    def facts(self, facts: MusicFacts) -> MusicFacts:
        """What is measured of it."""
        if self.tempo_bpm:
            faster = self.tempo_bpm[1] / facts.tempo_bpm
            facts = replace(
                facts,
                tempo_bpm=float(self.tempo_bpm[1]),
                duration_seconds=facts.duration_seconds / faster,
                notes_per_second=facts.notes_per_second * faster,
            )
        played = (replace(each, program=self.programs.get(each.program, each.program)) for each in facts.instruments)
        return replace(facts, instruments=tuple(played))

    def analysis(self, analysis: Analysis) -> Analysis:
        """What a closer look finds, without what it knows by the instruments: roles, texture, how hard it is."""
        return replace(analysis, parts=_NO_PARTS, texture=_NO_TEXTURE, difficulty=_NO_GRADE)
