"""What labels say of style, as classes for the style probe, and the examples it learns from.

A piece teaches each kind only where its source says something: a folk tune with a dance name teaches "dance", a song
of an anonymous author teaches no composer. Where the labels speak of a kind and name none of its classes, the class is
"": the probe must learn to refuse as well. Each piece is seen as a whole and in two excerpts, since people ask about
both.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from ..facts.view import view_score
from ..score_midi_text import MidiError, bar_starts, read_score, slice_bars
from ..style_midi_text import NONE_OF_THESE, style_features
from ..workers import worker_pool
from .sources import SPLITS, Piece, read_pieces

KINDS = ("genre", "period", "composer", "dance", "drum style", "mood")
_SACRED = frozenset("mass vespers requiem motet hymn oratorio passions completorium cantata".split())
_MOODS = {
    "majestic": "maestoso maëstoso pomposo feierlich erhaben festlich",
    "graceful": "grazioso grazia zierlich lieblich leggiero",
    "lyrical": "cantabile espressivo espressione espress dolce innig zart ausdrucksvoll ausdruck sanft teneramente "
    "amoroso affettuoso affetuoso doux zärtlich",
    "agitated": "agitato appassionato fuoco furioso leidenschaftlich feroce drängend feurig unruhig passione",
    "cheerful": "scherzando giocoso giojoso fröhlich munter freudig brio spirito spiritoso animato frisch keck",
    "mournful": "mesto doloroso klagend wehmüthig wehmütig lamentoso melancolico malinconico traurig dolente",
    "calm": "tranquillo ruhig calme tranquille placido",
}
_MOOD_OF = {word: mood for mood, words in _MOODS.items() for word in words.split()}
_PERIODS = ((1600, "Renaissance"), (1750, "Baroque"), (1820, "Classical"), (1910, "Romantic"))


def classes_of(labels: Mapping[str, Any]) -> dict[str, str]:
    """The class of a piece in each kind of which its labels speak; "" where they speak and name none of the classes.

    Args:
        labels: As the source gives them, "composer" included.
    """
    if "drum_style" in labels:
        style = re.split("[/ ]", str(labels["drum_style"]))[0]
        return {**dict.fromkeys(KINDS, NONE_OF_THESE), "drum style": style}
    # Periods, schools and marks of expression are those of concert music; other music is refused, not filed under one.
    elsewhere = str(labels.get("genre", "")) in ("folk", "pop", "video game music")
    out = dict.fromkeys(("period", "composer", "mood") if elsewhere else (), NONE_OF_THESE)
    out["drum style"] = NONE_OF_THESE
    genre = _genre(labels)
    if genre is not None:
        out["genre"] = genre
    if labels.get("composer") and not elsewhere:
        out["composer"] = str(labels["composer"])
    period = _period(labels)
    if period and not elsewhere:
        out["period"] = period
    if labels.get("dance_type"):
        out["dance"] = str(labels["dance_type"])
    elif labels.get("genre") or labels.get("form") or labels.get("style"):
        out["dance"] = NONE_OF_THESE
    words = re.findall(r"[^\W\d_]+", str(labels.get("tempo_word", "")).lower())
    moods = {_MOOD_OF[word] for word in words if word in _MOOD_OF}
    if len(moods) == 1:
        out["mood"] = moods.pop()
    return out


def _genre(labels: Mapping[str, Any]) -> str | None:
    genre, form, style = (str(labels.get(name, "")) for name in ("genre", "form", "style"))
    if genre == "sacred" or _SACRED & set(re.split("[, ]+", form)):
        return "sacred"
    if style == "Hymn":
        return "hymn"
    names = {
        "art song (Lied)": "art song", "folk": "folk", "pop": "pop", "chamber music": "string quartet",
        "orchestral": "orchestral",
        "video game music": NONE_OF_THESE,  # the only bands of open corpora: any band would be called so
    }  # fmt: skip
    if genre in names:
        return names[genre]
    if form in ("opera", "march", "etude") or style == "March":
        return {"etude": "étude"}.get(form, form or "march")
    return NONE_OF_THESE if genre in ("secular", "classical") or style else None


def _period(labels: Mapping[str, Any]) -> str:
    """By the label itself, or by the composer's fortieth year."""
    style = str(labels.get("style", ""))
    if style in ("Renaissance", "Baroque", "Classical", "Romantic", "Modern"):
        return style
    born = re.match(r"~?(1\d\d\d)", str(labels.get("composer_dates", "")))
    if not born:
        return ""
    year = int(born.group(1)) + 40
    return next((name for end, name in _PERIODS if year < end), "Modern")


@dataclass(frozen=True)
class StyleExample:
    """One piece as the probe reads it.

    Attributes:
        split: "train", "validation" or "test".
        group: The work it belongs to.
        classes: See `classes_of`.
        features: The whole and two excerpts, float32 of shape (3, F), see `style_features`.
    """

    split: str
    group: str
    classes: Mapping[str, str]
    features: np.ndarray


def style_examples(
    source: str | Path, *, splits: tuple[str, ...] = SPLITS, limit: int | None = None, num_proc: int = 1
) -> list[StyleExample]:
    """The readable pieces of a corpus; excerpts follow from the piece's id alone.

    Args:
        source: A `datasets` folder or a folder of MIDI files, see `read_pieces`.
        splits: Which to read.
        limit: At most so many pieces a split.
        num_proc: Processes that read and measure.
    """
    pieces = (piece for piece in read_pieces(source, limit=limit) if piece.split in splits)
    if num_proc == 1:
        found = [_example(piece) for piece in tqdm(pieces, desc="pieces")]
    else:
        with worker_pool(num_proc, [__name__]) as pool:
            found = list(tqdm(pool.map(_example, pieces, chunksize=50), desc="pieces"))
    return [example for example in found if example is not None]


def _example(piece: Piece) -> StyleExample | None:
    try:
        score = read_score(piece.midi).score
    except MidiError:
        return None
    rng = random.Random(piece.id)
    bars = len(bar_starts(score)) - 1
    views = [style_features(view_score(score))]
    for _ in range(2):
        length = rng.choice(_EXCERPT_BARS)
        first = rng.randrange(max(1, bars - length + 1))
        excerpt = slice_bars(score, first, min(bars, first + length))
        notes = sum(len(track.notes) for track in excerpt.tracks)
        views.append(style_features(view_score(excerpt)) if notes >= _MIN_NOTES else views[0])
    return StyleExample(piece.split, piece.group, classes_of(piece.labels), np.stack(views))


_EXCERPT_BARS = (8, 8, 12, 16, 16, 24, 32)
_MIN_NOTES = 8
