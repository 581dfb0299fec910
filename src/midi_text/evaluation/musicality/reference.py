"""A reference: what the figures of human music are, in one small file, so that scoring needs no corpus.

The band score and the Fréchet distance compare with human pieces. A reference holds their traits and features, a row a
piece, and says where they come from; it is a safetensors file. The one that comes with the package was made from the
test split of our corpus; figures against different references do not compare, so every report names its reference by
`Reference.hash`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save
from symusic.core import ScoreTick
from tqdm.auto import tqdm

from ...events_midi_text import EventVocabulary
from ...facts.view import view_score
from ...records import DataManifest, write_whole
from ...score_midi_text import MidiError, read_score
from .built import built_events
from .features import FEATURES, measure_features
from .traits import TRAITS, measure_traits

DEFAULT_PIECES = 1000  # of a corpus, evenly spread over the split
_FORMAT = "midi-text musicality reference 1"


@dataclass(frozen=True, eq=False)
class Reference:
    """Figures of human pieces.

    Attributes:
        traits: As `measure_traits`, NaN where a piece has none, float16, shape (pieces, 6).
        features: As `measure_features`, of the pieces that have them, float16, shape (pieces with pitched notes, 47).
        source: Where the pieces come from, for people.
        manifest_hash: Of the built corpus' manifest; "" for a folder of files.
    """

    traits: np.ndarray
    features: np.ndarray
    source: str
    manifest_hash: str

    @property
    def pieces(self) -> int:
        """How many there are."""
        return len(self.traits)

    @property
    def hash(self) -> str:
        """SHA-256 (hexadecimal) of the figures."""
        return hashlib.sha256(self.traits.tobytes() + self.features.tobytes()).hexdigest()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the reference, whole or not at all.

        Raises:
            OSError: If the file cannot be written.
        """
        metadata = {
            "format": _FORMAT,
            "source": self.source,
            "manifest_hash": self.manifest_hash,
            "pieces": str(self.pieces),
            "traits": ",".join(TRAITS),
            "features": ",".join(FEATURES),
        }
        write_whole(path, save({"traits": self.traits, "features": self.features}, metadata))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Reference:
        """Reads what `save` wrote.

        Raises:
            ValueError: If the file is no such reference, or one of other figures.
            OSError: If it cannot be read.
        """
        try:
            with safe_open(path, "np") as file:
                metadata = file.metadata() or {}
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except SafetensorError as error:
            raise ValueError(f"{path} must be a reference that `Reference.save` wrote: {error}") from error
        found = metadata.get("format"), metadata.get("traits"), metadata.get("features")
        if found != (_FORMAT, ",".join(TRAITS), ",".join(FEATURES)):
            raise ValueError(
                f"{path} must be of the format {_FORMAT!r} with our figures, found {found[0]!r}; make it anew"
            )
        return cls(arrays["traits"], arrays["features"], metadata["source"], metadata["manifest_hash"])


@cache
def default_reference() -> Reference:
    """The reference that comes with the package."""
    with resources.as_file(resources.files(__package__) / "reference.safetensors") as path:
        return Reference.load(path)


def measure_reference(scores: Iterable[ScoreTick], source: str) -> Reference:
    """A reference of some scores.

    Args:
        scores: As `read_score` gives them.
        source: Where they come from, for people.

    Raises:
        ValueError: If there are fewer than two with pitched notes.
    """
    views = (view_score(score) for score in scores)
    measured = [(measure_traits(view), measure_features(view)) for view in views]
    features = [each for _, each in measured if each is not None]
    if len(features) < 2:
        raise ValueError(f"a reference needs two pieces with pitched notes or more; {source} has {len(features)}")
    traits = np.array([each for each, _ in measured])
    return Reference(traits.astype(np.float16), np.array(features).astype(np.float16), source, "")


def reference_of_folder(folder: str | os.PathLike[str]) -> Reference:
    """A reference of all MIDI files of a folder and those below it; files that cannot be read are left out.

    Raises:
        ValueError: If it has fewer than two that can be read and have pitched notes.
    """
    paths = sorted(path for path in Path(folder).rglob("*") if path.suffix.lower() in (".mid", ".midi"))

    def scores() -> Iterable[ScoreTick]:
        for path in tqdm(paths, desc="reference", unit=" files"):
            try:
                yield read_score(path).score
            except MidiError:
                continue

    return measure_reference(scores(), f"{len(paths)} files of {Path(folder).name}")


def reference_of_corpus(folder: str | os.PathLike[str], split: str = "test", pieces: int = DEFAULT_PIECES) -> Reference:
    """A reference of the excerpts of a built corpus, evenly spread over a split.

    Args:
        folder: What ``midi-text build`` wrote.
        split: Its held-out music.
        pieces: At most so many excerpts.

    Raises:
        FileNotFoundError: If there is no such split, or no manifest.
        ValueError: If fewer than two excerpts have pitched notes.
    """
    manifest = DataManifest.load(Path(folder) / "manifest.json")
    events = built_events(folder, split)
    taken = min(pieces, len(events))
    vocabulary = EventVocabulary()
    names = np.array(vocabulary.names)

    def scores() -> Iterable[ScoreTick]:
        for number in tqdm(range(taken), desc="reference", unit=" pieces"):
            yield vocabulary.decode(names[events[number * len(events) // taken]].tolist())

    found = measure_reference(scores(), f"{taken} excerpts of {manifest.name}, {split} split")
    return replace(found, manifest_hash=manifest.hash)
