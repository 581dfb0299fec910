"""The names of the traits an analysis can find: one closed list for measuring, for words and for prompts.

A trait is a yes-or-no statement about a score with a rule that stands at the attribute it is made from; the module
that measures it is named beside it. "No" means that the rule does not hold, not that the opposite does.
"""

from __future__ import annotations

TRAITS: dict[str, tuple[str, ...]] = {
    "tonality": ("modulates", "stays in one key", "chromatic", "diatonic", "pentatonic", "picardy third"),
    "harmony": (
        "repeated chord loop", "seventh chords", "circle of fifths", "twelve-bar blues", "pedal point",
        "authentic cadence at the end", "half cadence at the end", "plagal cadence at the end",
        "fast harmonic rhythm", "slow harmonic rhythm",
    ),
    "form": ("binary form", "ternary form", "rondo form", "through-composed", "repetitive",
             "opening returns at the end"),
    "motifs": ("returning motif", "sequences"),
    "rhythm": (
        "swing", "syncopated", "on the beat", "dotted rhythms", "triplets", "steady eighths", "steady sixteenths",
        "pickup", "siciliano", "tresillo", "habanera",
    ),
    "drumming": (
        "four on the floor", "backbeat", "rock beat", "shuffle", "swing ride", "disco beat", "half-time", "double-time",
        "breakbeat", "bossa nova", "samba", "train beat", "waltz beat", "march beat", "blast beat", "drum fills",
    ),
    "parts": (
        "walking bass", "Alberti bass", "oom-pah", "oom-pah-pah", "block chords", "broken chords", "ostinato",
        "pedal bass", "octave doubling", "parallel thirds", "tremolo", "unison",
    ),
    "texture": (
        "homophonic", "chorale", "arpeggiated", "contrapuntal", "imitative", "melody and accompaniment",
        "unaccompanied line",
    ),
    "expression": (
        "rubato", "steady tempo", "slows at the end", "speeds up", "slows down", "crescendo", "diminuendo",
        "swells and fades", "contrasting dynamics", "even dynamics", "performed", "engraved",
    ),
    "difficulty": ("easy piano", "intermediate piano", "virtuosic piano"),
}  # fmt: skip
ALL_TRAITS: frozenset[str] = frozenset(name for names in TRAITS.values() for name in names)
