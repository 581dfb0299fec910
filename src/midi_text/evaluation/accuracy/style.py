"""How often the style probe is right when it names a class, on works held out of its training.

Silence is no error: beside each precision stands how many of the class's own pieces were named. Whole pieces and
excerpts count alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...style_midi_text import NONE_OF_THESE, StyleProbe
from .row import AccuracyRow

NOTE = "labels: catalogues and collections; each piece whole and in two excerpts; {found:.0%} of {pieces} views found"


def measure(probe: StyleProbe, features: np.ndarray, classes: Sequence[Mapping[str, str]]) -> list[AccuracyRow]:
    """One row a class that is ever named.

    Args:
        probe: What is measured.
        features: Of held-out pieces, shape (pieces, views, F).
        classes: What their labels say: kind -> class, "" for none of the known ones.
    """
    rows = []
    views = features.shape[1]
    for kind, probability in probe.probabilities(features.reshape(-1, features.shape[-1])).items():
        names = probe.kinds[kind]
        told = np.repeat([piece.get(kind) is not None for piece in classes], views)
        truth = np.repeat([piece.get(kind) or NONE_OF_THESE for piece in classes], views)
        best = probability.argmax(1)
        sure = (probability.max(1) >= probe.thresholds[kind][best]) & told
        for index, name in enumerate(names):
            named, pieces = sure & (best == index), truth == name
            if name == NONE_OF_THESE or not named.any():
                continue
            right = int((named & pieces).sum())
            note = NOTE.format(found=right / max(pieces.sum(), 1), pieces=int(pieces.sum()))
            value = 100 * right / named.sum()
            rows.append(
                AccuracyRow(f"style: {kind}", f"precision of {name!r}, %", "all", value, int(named.sum()), note)
            )
    return rows
