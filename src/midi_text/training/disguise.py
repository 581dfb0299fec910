"""Music in disguise: the same notes under another tempo and other instruments, and a sketch that tells which.

From its first notes a piece gives away much of what its sketch says: a model that can guess learns to guess, and asked
for a sitar where pianos are usual it writes for the piano. What was drawn at random can only be read.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..facts_midi_text import DRUMS
from ..sketch_midi_text import Sketch

_TEMPI = range(40, 211)
_PROGRAMS = range(120)  # the last eight General MIDI programs are noises


def disguised(
    base_events: Sequence[str], events: np.ndarray, sketch: Sketch, rng: random.Random
) -> tuple[np.ndarray, Sketch]:
    """The events and the sketch with another tempo and other instruments, where the sketch names them.

    Args:
        base_events: The events by id.
        events: Event ids of the music; one tempo where the sketch has one.
        sketch: What is told of it.
        rng: Draws tempo and programs; instruments that differ stay different, drums stay drums.
    """
    changed: dict[str, str] = {}
    if sketch.tempo_bpm is not None:
        tempo = rng.choice(_TEMPI)
        changed[f"Tempo_{float(sketch.tempo_bpm)}"] = f"Tempo_{float(tempo)}"
        sketch = replace(sketch, tempo_bpm=tempo)
    pitched = [program for program in sketch.programs if program != DRUMS]
    others = dict(zip(pitched, rng.sample(_PROGRAMS, len(pitched)), strict=True))
    changed.update((f"Program_{old}", f"Program_{new}") for old, new in others.items())
    sketch = replace(sketch, programs=tuple(others.get(program, program) for program in sketch.programs))
    ids = {name: number for number, name in enumerate(base_events)}
    table = np.arange(len(base_events), dtype=np.uint16)
    for old, new in changed.items():
        table[ids[old]] = ids[new]
    return table[events], sketch
