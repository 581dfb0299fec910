"""How right rhythm, drumming and expression are.

Few sources say anything of rhythm. So the figures of swing, triplets and dotted notes come from melodies made with them
and played with a growing looseness; an upbeat is checked by its complement, the last bar, which the rule never sees;
syncopation by genres that are known to have it or not (rags by their titles, songs of POP909, hymns, dance tunes); drum
families by the styles that the drummers of the Groove MIDI Dataset named. A style is not a pattern: such shares show
that a trait goes with what it should go with, not how often it is right; that needs eyes.

Whether a piece was played is known of whole collections: drummers and POP909's and piano-midi.de's pianists played (or
sequenced by hand), the others were engraved. It is measured of whole pieces and of twelve bars after quantisation.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import numpy as np
import symusic

from ...events_midi_text import EventVocabulary
from ...facts.drumming import Drumming, measure_drumming
from ...facts.expression import measure_expression
from ...facts.rhythm import Rhythm, measure_rhythm
from ...facts.view import View, view_score
from ...score_midi_text import read_score, slice_bars
from .row import AccuracyRow, LabelledPiece

PLAYED = ("groove", "pop909", "piano-midi")
ENGRAVED = ("polish", "lieder", "quartets", "orchestra", "mutopia", "nottingham")
BACKBEATS = ("backbeat", "rock beat", "half-time", "double-time", "breakbeat", "disco beat", "shuffle")
_FIGURES = {  # lengths of the notes of a beat or two, in quarter notes
    "straight": ((0.5, 0.5), (0.25,) * 4, (0.5, 0.25, 0.25), (1.0,)),
    "dotted rhythms": ((0.75, 0.25), (1.5, 0.5)),
    "triplets": ((1 / 3, 1 / 3, 1 / 3),),
}
_Found = TypeVar("_Found", Rhythm, Drumming)
_TICKS = 480
_EXCERPT = 12  # bars
_RAG = re.compile(r"\brag\b|ragtime", re.IGNORECASE)


def measure(pieces: Sequence[LabelledPiece], synthetic: int = 100) -> list[AccuracyRow]:
    """Accuracy of rhythm, drumming and expression on the pieces outside of training, and on `synthetic` melodies each.

    Rags, of which there are few, are those of every split.
    """
    held = [piece for piece in pieces if piece.split != "train"]
    views = {piece.id: view_score(piece.score) for piece in held}
    return [
        *_made(synthetic),
        *_swells(synthetic),
        *_upbeats(held, views),
        *_syncopation(pieces, held, views),
        *_drums([piece for piece in held if piece.source == "groove"], views),
        *_played(held, views),
    ]


def make_melody(kind: str, looseness: float, seed: int, bars: int = 16) -> symusic.Score:
    """A melody of a kind over a bass in half notes.

    Args:
        kind: "swing", "dotted rhythms", "triplets" or "straight": what eight of ten beats hold.
        looseness: Standard deviation of onsets in quarter notes.
        seed: Settles notes, ratio and tempo.
        bars: Length, in bars of 4/4.
    """
    rng = np.random.default_rng([seed, len(kind), round(looseness * 1000)])
    ratio = rng.uniform(1.5, 2.4)
    figures = _FIGURES | {"swing": ((ratio / (1 + ratio), 1 / (1 + ratio)),)}
    score = symusic.Score(_TICKS)
    score.tempos.append(symusic.Tempo(0, float(rng.integers(70, 150))))
    score.time_signatures.append(symusic.TimeSignature(0, 4, 4))
    melody, bass = symusic.Track(), symusic.Track(program=32)

    def play(track: symusic.Track, at: float, length: float, pitch: int) -> None:
        onset = max(0, round((at + rng.normal(0, looseness)) * _TICKS))
        track.notes.append(symusic.Note(onset, max(1, round(0.9 * length * _TICKS)), pitch, 80))

    at = 0.0
    while at < 4 * bars - 1e-6:
        name = kind if rng.random() < 0.8 else "straight"
        choices = [figure for figure in figures[name] if at + sum(figure) < 4 * bars + 1e-6]
        if kind == "swing" and name == "straight":
            choices = [(1.0,)]
        for length in choices[rng.integers(len(choices))]:
            play(melody, at, length, int(rng.integers(60, 80)))
            at += length
        at = round(at, 6)
    for half in range(2 * bars):
        play(bass, 2.0 * half, 2.0, int(rng.integers(36, 48)))
    score.tracks.extend([melody, bass])
    return score


def _made(count: int) -> list[AccuracyRow]:
    rows = []
    note = "made melodies: onsets deviate by so many quarter notes; straight ones hold eighths and sixteenths"
    for looseness in (0.0, 0.02, 0.04):
        found = {
            kind: [
                measure_rhythm(view_score(read_score(make_melody(kind, looseness, seed)).score))
                for seed in range(count)
            ]
            for kind in ("straight", "swing", "dotted rhythms", "triplets")
        }
        for trait in ("swing", "dotted rhythms", "triplets"):
            right = sum(trait in rhythm.traits for rhythm in found[trait])
            wrong = sum(trait in rhythm.traits for kind in found for rhythm in found[kind] if kind != trait)
            source = f"synthetic, {looseness:g}"
            rows.append(AccuracyRow(trait, "found, %", source, 100 * right / count, count, note))
            rows.append(AccuracyRow(trait, "found elsewhere, %", source, 100 * wrong / (3 * count), 3 * count, note))
    return rows


def _swells(count: int) -> list[AccuracyRow]:
    """Courses of dynamics in made pieces of 16 bars, with velocities that scatter by so much."""
    rows = []
    note = "made pieces: quarter notes of 60 +- a course of 16 to 30 velocities, which scatter by so much"
    rise = np.linspace(-1, 1, 64)
    shapes = {"even": 0 * rise, "crescendo": rise, "diminuendo": -rise, "swells and fades": 1 - 2 * abs(rise)}
    for scatter in (4, 8):
        rng = np.random.default_rng(scatter)
        right, wrong = dict.fromkeys(shapes, 0), dict.fromkeys(shapes, 0)
        for name, shape in shapes.items():
            for _ in range(count):
                velocity = np.clip(60 + shape * rng.uniform(16, 30) + rng.normal(0, scatter, 64), 1, 127)
                track = symusic.Track()
                for beat, level in enumerate(velocity):
                    track.notes.append(symusic.Note(beat * _TICKS, _TICKS, 60 + beat % 7, round(level)))
                score = symusic.Score(_TICKS)
                score.tracks.append(track)
                found = measure_expression(view_score(read_score(score).score)).dynamics_course
                right[name] += found == name
                if found != name and found in wrong:
                    wrong[found] += 1
        for name in shapes:
            source = f"synthetic, {scatter}"
            others = count * (len(shapes) - 1)
            rows.append(AccuracyRow("dynamics", f"{name} found, %", source, 100 * right[name] / count, count, note))
            rows.append(
                AccuracyRow("dynamics", f"{name} found elsewhere, %", source, 100 * wrong[name] / others, others, note)
            )
    return rows


def _upbeats(pieces: Sequence[LabelledPiece], views: dict[str, View]) -> list[AccuracyRow]:
    """How often the last bar of the melody is as short as the upbeat asks, and how often full where none is said."""
    rows = []
    note = "the highest track ends where an upbeat would begin; not where a fermata, a coda or rests close the piece"
    for source in ("nottingham",):
        said, unsaid = [], []
        for piece in pieces:
            view = views[piece.id]
            if piece.source != source or view.bars < 4 or view.facts.metre_changes:
                continue
            pickup = measure_rhythm(view).pickup_quarters
            melody = max(view.tracks, key=lambda track: float(track.notes.pitch.mean())).notes
            rest = float(view.beats(view.bar_lines[-1] - melody.end.max()))
            if pickup:
                said.append(abs(rest - pickup) < 0.2)
            else:
                unsaid.append(rest < 0.2)
        for kind, hits in (("as short as the upbeat", said), ("full without an upbeat", unsaid)):
            if hits:
                row = AccuracyRow("pickup", f"last bar {kind}, %", source, 100 * float(np.mean(hits)), len(hits), note)
                rows.append(row)
    return rows


def _syncopation(
    pieces: Sequence[LabelledPiece], held: Sequence[LabelledPiece], views: dict[str, View]
) -> list[AccuracyRow]:
    def is_rag(piece: LabelledPiece) -> bool:  # folk tunes called so are none
        return piece.source == "mutopia" and bool(_RAG.search(str(piece.labels.get("title", "")) + piece.id))

    groups: dict[str, tuple[Iterable[LabelledPiece], str]] = {
        "rags": (filter(is_rag, pieces), "titles in mutopia, all splits"),
        "pop909": ((piece for piece in held if piece.source == "pop909"), "pop songs: mostly, but not all"),
        "hymns": ((p for p in held if p.labels.get("style") == "Hymn"), "mutopia: should be none"),
        "nottingham": ((piece for piece in held if piece.source == "nottingham"), "dance tunes: should be few"),
        "polish": ((piece for piece in held if piece.source == "polish"), "before 1900 mostly: should be few"),
    }
    rows = []
    for name, (group, note) in groups.items():
        found = [measure_rhythm(views.get(piece.id) or view_score(piece.score)) for piece in group]
        if found:
            for trait in ("syncopated", "swing"):
                rows.append(AccuracyRow(trait, "said, %", name, _percent(found, _has(trait)), len(found), note))
    return rows


def _has(*traits: str) -> Callable[[Rhythm | Drumming], bool]:
    return lambda found: not set(traits).isdisjoint(found.traits)


def _percent(found: Sequence[_Found], holds: Callable[[_Found], bool]) -> float:
    return 100 * sum(map(holds, found)) / len(found)


def _drums(pieces: Sequence[LabelledPiece], views: dict[str, View]) -> list[AccuracyRow]:
    beats: list[tuple[str, Drumming]] = []
    fills: list[bool] = []
    for piece in pieces:
        found = measure_drumming(views[piece.id])
        if piece.labels["beat_or_fill"] == "beat" and views[piece.id].bars >= 4:
            beats.append((str(piece.labels["drum_style"]), found))
            fills += (np.diff(found.fill_bars) % 4 == 0).tolist()
    rows = []
    note = "the drummer's own word for the style of the whole recording, not for its pattern"
    for name, styles, traits in (
        ("rock, pop, funk, soul, hip-hop, punk", ("rock", "pop", "funk", "soul", "hiphop", "punk"), BACKBEATS),
        ("latin, afrocuban, afrobeat", ("latin", "afrocuban", "afrobeat"), BACKBEATS),
        ("jazz", ("jazz",), ("swing ride",)),
        ("all but jazz", ("rock", "pop", "funk", "soul", "hiphop", "punk", "latin", "afro"), ("swing ride",)),
        ("samba", ("latin/brazilian samba", "latin/samba"), ("samba",)),
        ("all but samba", ("rock", "pop", "funk", "soul", "hiphop", "punk", "jazz", "afro"), ("samba",)),
    ):
        group = [found for style, found in beats if style.startswith(styles)]
        if group:
            measure = " or ".join(traits) if len(traits) < 3 else "a backbeat or its kin"
            rows.append(
                AccuracyRow(
                    "drumming", f"{measure}, %", f"groove: {name}", _percent(group, _has(*traits)), len(group), note
                )
            )
    every = [found for _, found in beats]
    if every:
        named = _percent(every, lambda found: found.pattern is not None)
        rows.append(
            AccuracyRow("drumming", "a pattern named, %", "groove", named, len(every), "beats of 4 bars or more")
        )
    if fills:
        note = "fills close groups of bars: by chance 25 % would"
        share = 100 * float(np.mean(fills))
        rows.append(
            AccuracyRow("drum fills", "a multiple of 4 bars after the last one, %", "groove", share, len(fills), note)
        )
    return rows


def _played(pieces: Sequence[LabelledPiece], views: dict[str, View]) -> list[AccuracyRow]:
    vocabulary = EventVocabulary()
    said: dict[tuple[str, str], list[bool | None]] = {}
    for piece in pieces:
        if piece.source not in PLAYED + ENGRAVED:
            continue
        view = views[piece.id]
        first = random.Random(piece.id).randrange(max(1, view.bars - _EXCERPT))
        excerpt = slice_bars(piece.score, first, min(first + _EXCERPT, view.bars))
        said.setdefault((piece.source, "whole"), []).append(measure_expression(view).performed)
        if excerpt.note_num():
            quantised = view_score(vocabulary.quantize(excerpt))
            said.setdefault((piece.source, "quantised"), []).append(measure_expression(quantised).performed)
    rows = []
    for part in ("whole", "quantised"):
        note = f"{part} pieces; the source tells" if part == "whole" else "twelve bars in 12 positions a beat"
        pairs = [(source in PLAYED, answer) for (source, kind), all_ in said.items() if kind == part for answer in all_]
        for source in (*PLAYED, *ENGRAVED):
            answers = said.get((source, part), [])
            if answers:
                right = 100 * sum(answer is (source in PLAYED) for answer in answers) / len(answers)
                rows.append(AccuracyRow("performed", f"right, {part}, %", source, right, len(answers), note))
        for truth, name in ((True, "performed"), (False, "engraved")):
            claimed = [true for true, answer in pairs if answer is truth]
            if claimed:
                right = 100 * sum(true is truth for true in claimed) / len(claimed)
                rows.append(
                    AccuracyRow("performed", f"precision of {name}, {part}, %", "all", right, len(claimed), note)
                )
    return rows
