"""Which words of style the labels of a piece bear out, by kind: the gold for captions (`evaluation.styles`).

The captions of the training data choose a few words of the labels (`labels`); here every word that the same tables
allow counts, read by the same reader into canonical ones. A kind is absent where no label speaks of it: a title says
nothing of the genre, "Allegro" nothing of the mood. Lost: what the reader has no word for ("secular", "Kyrie").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...prompt_midi_text import read_prompt
from ...style_words_midi_text import STYLE_KIND
from ..styles import classes_of
from .label_tables import GENRES, STYLES
from .labels import forms, moods

_SPEAK_OF = {"genre": ("genre", "style", "drum_style"), "kind": ("form", "dance_type", "movement")}


def label_styles(labels: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """Kind ("genre", "period", "mood", "kind", "composer") -> the words that are true of the piece.

    Args:
        labels: As the corpus holds them; values that are not text are skipped. A composer is named as the label does.
    """
    text = {name: " ".join(value.split()) for name, value in labels.items() if isinstance(value, str) and value.strip()}
    words = [text.get(name, "") for names in _SPEAK_OF.values() for name in names]
    for name, table in (("genre", GENRES), ("style", STYLES)):
        for kinds in table.get(text.get(name, ""), ((), ())):
            words += kinds
    words += forms(text)
    period = classes_of(text).get("period", "")
    character = moods(text.get("tempo_word", ""))
    found: dict[str, set[str]] = {}
    for each in filter(None, (*words, period, *character)):
        for style in read_prompt(f"a piece of music, {each}").styles:
            found.setdefault(STYLE_KIND[style], set()).add(style)
    spoken = {kind for kind, names in _SPEAK_OF.items() if any(name in text for name in names)}
    spoken |= {"kind"} if forms(text) else set()
    spoken |= {"period"} if period else set()
    spoken |= {"mood"} if character else set()
    gold = {kind: frozenset(found.get(kind, ())) for kind in sorted(spoken)}
    return {**gold, "composer": frozenset((text["composer"],))} if "composer" in text else gold
