"""Whose word on the key of a piece is taken, and pieces that are made to change their key.

A catalogue names the key of a whole work, a collection of psalms calls "C major" what has no accidentals and ends on
G, and a header may name the key of an introduction. So a label counts as firm only where two hands agree:

* engraved music (`engraved_key`): the written signature, the same at the beginning and at the end, and the last bass
  note. Where that note is the tonic of the signature's major or minor key, that is the key; else there is no label.
  The signature alone cannot tell major from minor, the note alone cannot either. Works' keys from catalogues are not
  used at all.
* kern and ABC designations (polish, nottingham): firm where they name that same key. `signed_key` asks only for the
  signature, and so for nothing that an estimate hears.
* POP909, which has no signatures, and whose keys are a program's estimate from the recording: firm where the song's
  annotated chords, made independently, begin or end with the tonic triad of the key annotated longest.

`stated_key` is what is said, firm or not; church modes count as the major or minor key of their final with the same
third. A firm label leans on the last bass note, which an estimate may also use: figures on firm labels flatter, those
on all labels count the label's errors as the estimate's, and the truth lies between.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import symusic
from symusic.core import ScoreTick

from ...bars_midi_text import bar_segments, last_tick
from ...key_midi_text import Key
from ...score_midi_text import bar_starts, read_score, slice_bars
from .made import note_list
from .row import LabelledPiece

DESIGNATED = ("nottingham", "polish")
ENGRAVED = ("lieder", "mutopia", "quartets", "orchestra", "piano-midi")
_MODES = {
    **dict.fromkeys(("major", "ionian", "lydian", "mixolydian"), "major"),
    **dict.fromkeys(("minor", "aeolian", "dorian", "phrygian"), "minor"),
}


def stated_key(piece: LabelledPiece) -> Key | None:
    """The key that the source states for this very piece."""
    if piece.annotations.get("key"):
        held: dict[str, float] = {}
        for begin, end, name in piece.annotations["key"]:
            held[name] = held.get(name, 0) + end - begin
        return harte_key(max(held, key=held.__getitem__))
    if piece.source not in DESIGNATED:
        return engraved_key(piece.score) if piece.source in ENGRAVED else None
    match = re.fullmatch(r"(\S+) (\w+)", piece.labels.get("key") or "")
    if match is None or match[2] not in _MODES:
        return None
    return Key.parse(f"{match[1]} {_MODES[match[2]]}")


def firm_key(piece: LabelledPiece) -> Key | None:
    """The key where two hands agree on it."""
    key = stated_key(piece)
    if key is None:
        return None
    if piece.annotations.get("key"):
        chords = [name for *_, name in piece.annotations.get("chords", ()) if name != "N"]
        return key if chords and key in (_tonic_of(chords[0]), _tonic_of(chords[-1])) else None
    return key if key == engraved_key(piece.score) else None


def signed_key(piece: LabelledPiece) -> Key | None:
    """The designation where all written signatures are that key's own: says nothing of how the piece ends."""
    key = stated_key(piece)
    signatures = {7 * signature.key % 12 for signature in piece.score.key_signatures}
    major = key.relative if key and key.mode == "minor" else key
    return key if major and signatures == {major.tonic} else None


def engraved_key(score: ScoreTick) -> Key | None:
    """The key that a written signature, the same at both ends, and the last bass note make."""
    signatures = [signature.key % 12 for signature in score.key_signatures]
    if not signatures or signatures[0] != signatures[-1]:
        return None
    major = Key(7 * signatures[0] % 12, "major")
    bass = last_bass(score)
    return next((key for key in (major, major.relative) if key.tonic == bass), None)


def last_bass(score: ScoreTick) -> int | None:
    """Pitch class of the lowest note that sounds when the last one starts; None without pitched notes."""
    notes = [track.notes.numpy() for track in score.tracks if len(track.notes) and not track.is_drum]
    if not notes:
        return None
    last = max(int(n["time"].max()) for n in notes)
    return min(int(n["pitch"][n["time"] + n["duration"] > last].min(initial=127)) for n in notes) % 12


def harte_key(name: str) -> Key:
    """A key as POP909 writes it: "Gb:maj", "C:min"."""
    tonic, _, mode = name.partition(":")
    return Key.parse(f"{tonic} {mode}")


def _tonic_of(chord: str) -> Key | None:
    """The key whose tonic triad a chord such as "B:min7/5" has; None for neither a major nor a minor triad."""
    root, _, quality = chord.partition(":")
    mode = "minor" if quality.startswith("min") else "major" if re.match(r"maj|7|9|11|13|sus|$", quality) else None
    return Key.parse(f"{root} {mode}") if mode else None


@dataclass(frozen=True, eq=False)
class ModulatingPiece:
    """A piece put together, and the key of each of its bars."""

    score: ScoreTick
    keys: tuple[Key, ...]


def modulating_pieces(pieces: Sequence[LabelledPiece], count: int, seed: int = 0) -> Iterator[ModulatingPiece]:
    """Openings of 8 to 20 bars of one to three pieces in a row, all but the first transposed by any interval.

    They come from pieces of one metre with a firm key, and each whole is of one collection and metre.
    """
    rng = np.random.default_rng(seed)
    pools: dict[tuple[str, int, int], list[tuple[LabelledPiece, Key]]] = {}
    for piece in pieces:
        metres = {(n, d) for _, n, d, _ in bar_segments(piece.score, last_tick(piece.score))}
        key = firm_key(piece) if len(metres) == 1 else None
        if key is not None and len(bar_starts(piece.score)) > 8:
            pools.setdefault((piece.source, *metres.pop()), []).append((piece, key))
    names = sorted(name for name, pool in pools.items() if len(pool) > 2)
    sizes = np.array([len(pools[name]) for name in names], np.float64)
    for _ in range(count if names else 0):
        name = names[rng.choice(len(names), p=sizes / sizes.sum())]
        chosen = rng.choice(len(pools[name]), size=min(int(rng.integers(1, 4)), len(pools[name])), replace=False)
        yield _joined([pools[name][index] for index in chosen], name[1:], rng)


def _joined(
    chosen: list[tuple[LabelledPiece, Key]], metre: tuple[int, int], rng: np.random.Generator
) -> ModulatingPiece:
    whole = symusic.Score(480)
    whole.time_signatures.append(symusic.TimeSignature(0, *metre))
    track = symusic.Track()
    keys: list[Key] = []
    bar = 4 * 480 * metre[0] // metre[1]
    for place, (piece, key) in enumerate(chosen):
        bars = min(int(rng.integers(8, 21)), len(bar_starts(piece.score)) - 1)
        shift = int(rng.integers(-6, 6)) if place else 0
        part = slice_bars(piece.score, 0, bars)
        for notes in (other.notes.numpy() for other in part.tracks if not other.is_drum):
            scale = 480 / part.ticks_per_quarter
            onset, pitch = (notes["time"] * scale).astype(np.int64) + len(keys) * bar, notes["pitch"].astype(np.int64)
            track.notes.extend(note_list(onset, notes["duration"] * scale, pitch + shift, notes["velocity"]))
        keys += [key.transposed(shift)] * bars
    whole.tracks.append(track)
    score = read_score(whole).score
    return ModulatingPiece(score, tuple(keys[: len(bar_starts(score)) - 1]))
