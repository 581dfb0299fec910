"""Trains the style probe: works are kept together, and thresholds are set on works that were not seen.

Five probes are trained, each without a fifth of the works; what they say
of the works they have not seen sets the temperature of each kind (so that a probability means what it says) and, for
each class, the lowest threshold above which at least `precision` of the namings are right. A class that never gets
there is never named. The probe that is kept has learned from all the training works; validation and test works are
touched only by `evaluation.accuracy.style`.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from ..data.styles import KINDS
from ..records import write_whole
from ..style_midi_text import NONE_OF_THESE, StyleProbe

FOLDS = 5


@dataclass(frozen=True)
class ProbeSettings:
    """How a probe is trained.

    Attributes:
        hidden: Width of its layer.
        min_pieces: A class needs so many pieces in the training split.
        precision: Share of right namings that a threshold must reach on works not seen.
        surely: What that share must be even at the lower end of its 80 % interval, counting pieces and not views.
        epochs: Passes over the training pieces.
        seed: Of everything drawn.
    """

    hidden: int = 256
    min_pieces: int = 40
    precision: float = 0.9
    surely: float = 0.8
    epochs: int = 30
    seed: int = 0


def train_probe(
    features: np.ndarray,
    classes: Sequence[Mapping[str, str]],
    groups: Sequence[str],
    settings: ProbeSettings | None = None,
) -> StyleProbe:
    """Trains a probe on the pieces of the training split.

    Args:
        features: Shape (pieces, views, F): several views (the whole, excerpts) of each piece.
        classes: For each piece, see `classes_of`.
        groups: The work each piece belongs to.
        settings: How; the defaults made the embedded probe.

    Raises:
        ValueError: If no kind has two classes with enough pieces.
    """
    settings = settings or ProbeSettings()
    kinds = _known_classes(classes, settings.min_pieces)
    if not kinds:
        raise ValueError(f"a probe needs a kind with two classes of {settings.min_pieces} pieces each; there is none")
    targets = {kind: np.array([_index(kinds[kind], c.get(kind)) for c in classes]) for kind in kinds}
    fold = np.array([int(hashlib.sha256(g.encode()).hexdigest()[:8], 16) % FOLDS for g in groups])
    unseen = {kind: np.zeros((*features.shape[:2], len(names)), np.float32) for kind, names in kinds.items()}
    for held in range(FOLDS):
        trained = _fit(features[fold != held], {k: t[fold != held] for k, t in targets.items()}, kinds, settings)
        shape = features[fold == held].shape
        for kind, probability in trained.probabilities(features[fold == held].reshape(-1, shape[-1])).items():
            unseen[kind][fold == held] = probability.reshape(*shape[:2], -1)
    probe = _fit(features, targets, kinds, settings)
    heads, thresholds = {}, {}
    for kind, names in kinds.items():
        told = targets[kind] >= 0
        truth = np.repeat(targets[kind][told], features.shape[1])
        probability = unseen[kind][told].reshape(-1, len(names))
        heat = _temperature(probability, truth)
        heads[kind] = probe.heads[kind] / heat
        sharpened = _softmax(np.log(np.maximum(probability, 1e-9)) / heat)
        limits = [_threshold(sharpened, truth, i, features.shape[1], settings) for i in range(len(names))]
        thresholds[kind] = np.array(limits, np.float32)
    return StyleProbe(kinds, thresholds, probe.scale, probe.hidden, heads)


def save_probe(probe: StyleProbe, path: str | Path) -> None:
    """Writes a probe as safetensors, weights in half precision; whole or not at all."""
    from safetensors.numpy import save

    tensors = {"scale": probe.scale.astype(np.float32), "hidden": probe.hidden.astype(np.float16)}
    tensors |= {f"heads.{kind}": head.astype(np.float16) for kind, head in probe.heads.items()}
    tensors |= {f"thresholds.{kind}": value.astype(np.float32) for kind, value in probe.thresholds.items()}
    whole = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    write_whole(path, save(whole, {"kinds": json.dumps(probe.kinds)}))


def _counts(classes: Sequence[Mapping[str, str]]) -> dict[str, Counter[str]]:
    """How many pieces are of each class of each kind."""
    return {kind: Counter(piece[kind] for piece in classes if kind in piece) for kind in KINDS}


def _known_classes(classes: Sequence[Mapping[str, str]], min_pieces: int) -> dict[str, tuple[str, ...]]:
    """The classes with enough pieces; "" stands last where pieces speak of a kind and are none of its classes."""
    kinds = {}
    for kind, counts in _counts(classes).items():
        names = sorted(name for name, count in counts.items() if name != NONE_OF_THESE and count >= min_pieces)
        known = (*names, NONE_OF_THESE) if set(counts) - set(names) else tuple(names)
        if names and len(known) > 1:
            kinds[kind] = known
    return kinds


def _index(names: Sequence[str], name: str | None) -> int:
    """The place of a class, of "" for one that is not among them; -1 where nothing is said."""
    if name is None:
        return -1
    return names.index(name) if name in names else names.index(NONE_OF_THESE) if NONE_OF_THESE in names else -1


def _fit(
    features: np.ndarray, targets: Mapping[str, np.ndarray], kinds: Mapping[str, Sequence[str]], settings: ProbeSettings
) -> StyleProbe:
    """One probe, with a threshold of 0 everywhere."""
    generator = torch.Generator().manual_seed(settings.seed)
    pieces, views, size = features.shape
    mean = features.reshape(-1, size).mean(0)
    factor = 1 / np.maximum(features.reshape(-1, size).std(0), 1e-2)
    scaled = torch.from_numpy(np.clip((features - mean) * factor, -6, 6).astype(np.float32))
    hidden = torch.nn.Linear(size, settings.hidden)
    heads = torch.nn.ModuleDict(
        {k.replace(" ", "_"): torch.nn.Linear(settings.hidden, len(n)) for k, n in kinds.items()}
    )
    layers = torch.nn.ModuleList([hidden, heads])
    for weight in layers.parameters():
        torch.nn.init.normal_(weight, 0, weight.shape[-1] ** -0.5 if weight.ndim > 1 else 0.0, generator=generator)
    truth = {kind: torch.from_numpy(target) for kind, target in targets.items()}
    weights = {kind: _class_weights(target, len(kinds[kind])) for kind, target in targets.items()}
    optimizer = torch.optim.AdamW(layers.parameters(), lr=2e-3, weight_decay=0.05)
    steps = settings.epochs * -(-pieces // 256)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps)
    for _ in range(settings.epochs):
        for batch in torch.randperm(pieces, generator=generator).split(256):
            view = torch.randint(views, (len(batch),), generator=generator)
            read = scaled[batch, view]
            read = read * (torch.rand(read.shape, generator=generator) > 0.15)
            state = functional.relu(hidden(read))
            state = state * (torch.rand(state.shape, generator=generator) > 0.3) / 0.7
            loss = torch.zeros(())
            for kind, target in truth.items():
                told = target[batch] >= 0
                if told.any():
                    logits = heads[kind.replace(" ", "_")](state[told])
                    loss = loss + functional.cross_entropy(logits, target[batch][told], weights[kind])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()

    def matrix(layer: torch.nn.Module) -> np.ndarray:
        weight, bias = layer.parameters()
        return torch.cat([weight, bias[:, None]], 1).detach().numpy()

    return StyleProbe(
        kinds={kind: tuple(names) for kind, names in kinds.items()},
        thresholds={kind: np.zeros(len(names), np.float32) for kind, names in kinds.items()},
        scale=np.stack([mean, factor]).astype(np.float32),
        hidden=matrix(hidden),
        heads={kind: matrix(heads[kind.replace(" ", "_")]) for kind in kinds},
    )


def _class_weights(target: np.ndarray, size: int) -> torch.Tensor:
    """Rare classes weigh more, by the root of how rare they are."""
    counts = np.bincount(target[target >= 0], minlength=size)
    weight = 1 / np.sqrt(np.maximum(counts, 1))
    return torch.from_numpy((weight / weight.mean()).astype(np.float32))


def _softmax(logits: np.ndarray) -> np.ndarray:
    weight = np.exp(logits - logits.max(1, keepdims=True))
    return weight / weight.sum(1, keepdims=True)


def _temperature(probability: np.ndarray, truth: np.ndarray) -> float:
    """The divisor of the logits of least log loss (Guo et al., "On Calibration of Modern Neural Networks", 2017)."""
    logits = np.log(np.maximum(probability, 1e-9))
    heats = np.geomspace(0.4, 4, 40)
    losses = [-np.log(_softmax(logits / heat)[np.arange(len(truth)), truth] + 1e-12).mean() for heat in heats]
    return float(heats[int(np.argmin(losses))])


def _threshold(probability: np.ndarray, truth: np.ndarray, index: int, views: int, settings: ProbeSettings) -> float:
    """The lowest probability from which naming a class is right often enough; 2.0, never reached, if there is none."""
    chosen = np.flatnonzero(probability.argmax(1) == index)
    order = chosen[np.argsort(-probability[chosen, index])]
    named = np.arange(1, len(order) + 1)
    right = np.cumsum(truth[order] == index) / named
    pieces, z = named / views, 1.2816  # Wilson's score interval, 80 %
    centre = right + z**2 / (2 * pieces)
    spread = z * np.sqrt(right * (1 - right) / pieces + z**2 / (4 * pieces**2))
    lower = (centre - spread) / (1 + z**2 / pieces)
    good = np.flatnonzero((right >= settings.precision) & (lower >= settings.surely))
    return float(probability[order[good[-1]], index]) if len(good) else 2.0
