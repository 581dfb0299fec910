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
_PROGRAMS = range(120)  # the last eight General MIDI programs are noises
_NO_PARTS, _NO_TEXTURE, _NO_GRADE = Parts((), ()), Texture(None, (), 0.0, 0.0), Difficulty(None, 0, 0.0, ())


@dataclass(frozen=True)
class Disguise:
    """What becomes of a piece's tempo and instruments, and of all that is said of them.

    Attributes:
        tempo_bpm: The tempo of the piece, if it has but one, and what it becomes; None leaves it.
        programs: What a program becomes; instruments that differ stay different, drums stay drums.
    """

    tempo_bpm: tuple[int, int] | None
    programs: Mapping[int, int]

    @classmethod
    def draw(cls, told: Sketch, rng: random.Random) -> Disguise:
        """A disguise of what is told of a piece: what is not told could not be read, and stays."""
        pitched = [program for program in told.programs if program != DRUMS]
        tempo = None if told.tempo_bpm is None else (told.tempo_bpm, rng.choice(_TEMPI))
        return cls(tempo, dict(zip(pitched, rng.sample(_PROGRAMS, len(pitched)), strict=True)))

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
