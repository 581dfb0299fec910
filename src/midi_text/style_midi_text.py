"""What a piece sounds like to a listener who knows the labels: genre, period, composer, dance, drum style, mood.

These are not measured but learned: a small network, trained on what catalogues and collections say of their pieces,
reads `style_features` of a score and gives a probability to each class of each kind. A class is only named when its
probability passes the threshold at which, on works held out of training, enough of such namings were right; below it
the probe is silent. Every kind has a class for "none of these", so that a piece of another world can be refused.

Tempo, velocity and length are left out on purpose: in the scores that carry the labels they were often set from the
very word that is to be guessed ("a waltz is played at …"), and would make the figures look better than they are.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open

from .facts.view import Notes, View

PROBE_FILE = "style_probe.safetensors"
NONE_OF_THESE = ""
_METRES = ((2, 4), (3, 4), (4, 4), (2, 2), (3, 8), (6, 8), (9, 8), (12, 8), (3, 2))
_LOG_LENGTHS = np.array([1 / 6, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 1, 1.5, 2, 3, 4]) * 1.05  # upper edges, quarter notes
# Drum keys by what they are in a kit: kick, snare, side stick or clap, toms, closed, open hat, ride, crash, percussion.
_KIT = {35: 0, 36: 0, 38: 1, 40: 1, 37: 2, 39: 2, 42: 4, 44: 4, 22: 4, 46: 5, 26: 5, 51: 6, 53: 6, 59: 6, 49: 7, 55: 7}
_KIT |= {57: 7, 52: 7, **dict.fromkeys((41, 43, 45, 47, 48, 50, 58), 3)}
_KIT_SIZE, _SLOTS = 9, 16


@dataclass(frozen=True)
class StyleGuess:
    """One class the probe is sure of: its kind ("genre", "period" …), its name and its probability."""

    kind: str
    name: str
    confidence: float


def style_features(view: View) -> np.ndarray:
    """What the probe reads of a score.

    Returns:
        float32, shape (F,): shares and histograms, each between 0 and about 1, the same for a piece and for its
        transposition; zeros where there is nothing to count.
    """
    pitched = view.pitched
    parts = [_of_metre(view), _of_instruments(view)]
    parts += [_of_pitches(view, pitched), _of_lines(view, pitched), _of_rhythm(view, pitched), _of_drums(view)]
    return np.concatenate(parts).astype(np.float32)


def _share(values: np.ndarray, size: int, weights: np.ndarray | None = None) -> np.ndarray:
    counts = np.bincount(values, weights, minlength=size)[:size].astype(np.float64)
    return counts / max(counts.sum(), 1e-9)


def _of_metre(view: View) -> np.ndarray:
    numerator, denominator = view.facts.time_signature
    return np.array([(numerator, denominator) == metre for metre in _METRES] + [view.facts.metre_changes], np.float64)


def _of_instruments(view: View) -> np.ndarray:
    """Share of the notes in each of the 16 families of General MIDI and in drums; whether each sounds; tracks."""
    families = np.array([16 if track.is_drums else track.program // 8 for track in view.tracks])
    shares = _share(families[view.notes.track], 17)
    voices = np.isin([track.program for track in view.tracks], (52, 53, 54)).any()
    solo = [len(view.tracks) == n for n in (1, 2, 3, 4)]
    return np.concatenate([shares, shares > 0, [voices], solo, [min(len(view.tracks), 20) / 20]])


def _of_pitches(view: View, notes: Notes) -> np.ndarray:
    """Pitch classes above the tonic (of all notes, and of the lowest at each onset), mode, range, polyphony."""
    if not len(notes) or view.facts.key is None:
        return np.zeros(12 + 12 + 7)
    tonic = view.facts.key.tonic
    chroma = _share((notes.pitch - tonic) % 12, 12, notes.duration)
    lowest = notes.where(np.flatnonzero(np.diff(notes.time, prepend=-1)))
    bass = _share((lowest.pitch - tonic) % 12, 12, lowest.duration)
    beats = max(float(view.beats(notes.end.max() - notes.time.min())), 1e-9)
    return np.concatenate(
        [
            chroma,
            bass,
            [
                view.facts.key.mode == "minor",
                notes.pitch.min() / 127,
                notes.pitch.max() / 127,
                notes.pitch.mean() / 127,
                min(view.facts.polyphony, 10) / 10,
                min(len(notes) / beats, 20) / 20,
                min(len(lowest) / beats, 8) / 8,
            ],
        ]
    )


def _of_lines(view: View, notes: Notes) -> np.ndarray:
    """Steps of the top and of the bottom line, as shares of intervals from an octave down to an octave up."""
    if len(notes) < 2:
        return np.zeros(50)
    first = np.flatnonzero(np.diff(notes.time, prepend=-1))
    last = np.append(first[1:], len(notes)) - 1
    shares = []
    for line in (last, first):
        steps = np.clip(np.diff(notes.pitch[line]), -12, 12) + 12
        shares.append(_share(steps, 25))
    return np.concatenate(shares)


def _of_rhythm(view: View, notes: Notes) -> np.ndarray:
    """Shares of lengths, of steps between onsets, of places in the beat (12) and in the bar (16); articulation."""
    if not len(notes):
        return np.zeros(11 + 11 + 12 + _SLOTS + 1)
    onsets = np.unique(notes.time)
    gaps = view.beats(np.diff(onsets))
    lengths = np.searchsorted(_LOG_LENGTHS, view.beats(notes.duration))
    bar = view.bar_of(notes.time)
    length = np.diff(view.bar_lines)[bar]
    place = (notes.time - view.bar_lines[bar]) * _SLOTS // length
    in_beat = np.round(view.beats(notes.time) % 1 * 12).astype(np.int64) % 12
    return np.concatenate(
        [
            _share(lengths, 11),
            _share(np.searchsorted(_LOG_LENGTHS, gaps), 11),
            _share(in_beat, 12),
            _share(np.clip(place, 0, _SLOTS - 1), _SLOTS),
            [min(view.facts.articulation, 2) / 2],
        ]
    )


def _of_drums(view: View) -> np.ndarray:
    """How often in a bar each part of the kit sounds at each sixteenth of it."""
    drums = view.drums
    if not len(drums):
        return np.zeros(_KIT_SIZE * _SLOTS)
    kit = np.full(128, 8)
    kit[list(_KIT)] = list(_KIT.values())
    bar = view.bar_of(drums.time)
    length = np.diff(view.bar_lines)[bar]
    slot = np.round((drums.time - view.bar_lines[bar]) * _SLOTS / length).astype(np.int64) % _SLOTS
    counts = np.bincount(kit[drums.pitch] * _SLOTS + slot, minlength=_KIT_SIZE * _SLOTS)
    return np.minimum(counts / max(len(np.unique(bar)), 1), 1.0)


@dataclass(frozen=True, eq=False)
class StyleProbe:
    """A network of one hidden layer with a softmax for each kind.

    Attributes:
        kinds: The classes of each kind in order; "" is "none of these".
        thresholds: For each kind, the probability from which a class is named; above 1 it never is. float32 (C,).
        scale: Shift and factor of the features, shape (2, F).
        hidden: Weights and, in the last column, biases of the hidden layer, shape (H, F + 1).
        heads: For each kind, likewise, shape (C, H + 1).
    """

    kinds: Mapping[str, tuple[str, ...]]
    thresholds: Mapping[str, np.ndarray]
    scale: np.ndarray
    hidden: np.ndarray
    heads: Mapping[str, np.ndarray]

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> StyleProbe:
        """Reads a probe, as `training.style` saves it.

        Raises:
            OSError: If the file cannot be read.
            ValueError: If it is no such probe.
        """
        try:
            with safe_open(os.fspath(path), framework="numpy") as file:
                meta = file.metadata() or {}
                kinds = {kind: tuple(names) for kind, names in json.loads(meta["kinds"]).items()}
                tensors = {name: file.get_tensor(name).astype(np.float32) for name in file.keys()}  # noqa: SIM118
        except (KeyError, ValueError, SafetensorError) as error:
            raise ValueError(f"{Path(path).name} must be a style probe in safetensors form: {error}") from error
        return cls(
            kinds=kinds,
            thresholds={kind: tensors[f"thresholds.{kind}"] for kind in kinds},
            scale=tensors["scale"],
            hidden=tensors["hidden"],
            heads={kind: tensors[f"heads.{kind}"] for kind in kinds},
        )

    def probabilities(self, features: np.ndarray) -> dict[str, np.ndarray]:
        """For each kind, the probability of its classes.

        Args:
            features: Shape (N, F), see `style_features`.

        Returns:
            Arrays of shape (N, C).
        """
        scaled = np.clip((features - self.scale[0]) * self.scale[1], -6, 6)
        state = np.maximum(scaled @ self.hidden[:, :-1].T + self.hidden[:, -1], 0)
        out = {}
        for kind, head in self.heads.items():
            logits = state @ head[:, :-1].T + head[:, -1]
            weight = np.exp(logits - logits.max(1, keepdims=True))
            out[kind] = weight / weight.sum(1, keepdims=True)
        return out

    def guess(self, features: np.ndarray) -> tuple[StyleGuess, ...]:
        """The classes that the probe is sure of, at most one of each kind.

        Args:
            features: Shape (F,).
        """
        sure = []
        for kind, (probability,) in self.probabilities(features[None]).items():
            best = int(np.argmax(probability))
            if self.kinds[kind][best] != NONE_OF_THESE and probability[best] >= self.thresholds[kind][best]:
                sure.append(StyleGuess(kind, self.kinds[kind][best], float(probability[best])))
        return tuple(sure)


__all__ = ["PROBE_FILE", "StyleGuess", "StyleProbe", "style_features"]
