"""What is asked of an index: words, an example, or both.

The words are read as a prompt is (`read_prompt`). Facts that they state (metre, tempo, key, instruments, length …) are
held against the measured facts of each file, and files come in the order of the share that is met. Among equals, and
where nothing measurable is said, the cosine decides: of the words and the piece, or of the example and the piece. So
"the sad ones in 3/4" gives the pieces in 3/4 first, the saddest on top. What needs the closer look (chords, form,
traits) is not in the index and left to the cosine, as are moods and styles.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..agreement_midi_text import Agreement, agreement
from ..embedding_midi_text import Embedder
from ..facts_midi_text import MusicFacts
from ..prompt_midi_text import read_prompt
from ..score_midi_text import MidiSource
from .index import MusicIndex


@dataclass(frozen=True)
class Hit:
    """A file that was found.

    Attributes:
        file: Its path below the folder.
        share_met: Share of the stated facts that it meets; 1.0 where none was stated.
        cosine: How close it is to what was asked, -1 … 1; None without a shared space.
        agreement: Asked, measured and met, a row for each stated fact.
        facts: What was measured.
    """

    file: str
    share_met: float
    cosine: float | None
    agreement: tuple[Agreement, ...]
    facts: MusicFacts

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "file": self.file,
            "share_met": round(self.share_met, 4),
            "cosine": None if self.cosine is None else round(self.cosine, 4),
            "agreement": [asdict(row) for row in self.agreement],
            "facts": self.facts.to_dict(),
        }


def search(
    index: MusicIndex,
    words: str = "",
    *,
    like: MidiSource | None = None,
    embedder: Embedder | None = None,
    top: int = 10,
) -> list[Hit]:
    """The files of an index that fit best.

    Args:
        index: Up to date, see `MusicIndex.update`.
        words: What is looked for.
        like: A piece that the found ones should resemble; the words then only state facts.
        embedder: Of the checkpoint that the index has vectors of; None searches by facts alone.
        top: At most so many.

    Returns:
        Best first; files of the same standing by name.

    Raises:
        ValueError: Nothing was asked, or an example without a shared space.
        MidiError: The example cannot be read.
    """
    if not words.strip() and like is None:
        raise ValueError("a search needs words, a piece to resemble (like), or both; got neither")
    usable = embedder is not None and embedder.has_space
    if like is not None and not usable:
        raise ValueError(
            "a search by example needs a checkpoint with a shared space of words and music; this one has none. "
            "Search in words, or name a checkpoint that was trained with the task contrast"
        )
    ask = read_prompt(words)
    names = [name for name, entry in index.entries.items() if entry.facts is not None]
    cosines: dict[str, float] = {}
    if usable and embedder is not None:
        if like is not None:
            (wanted,) = embedder.embed_music([embedder.processor.read_music(like).ids])
        else:
            (wanted,) = embedder.embed_texts([words])
        known = [name for name in names if name in index.vectors]
        if known:
            cosines = dict(zip(known, (np.stack([index.vectors[n] for n in known]) @ wanted).tolist(), strict=True))
    found = []
    for name in names:
        facts = index.entries[name].facts
        if facts is not None:
            rows = agreement(ask, facts)
            share = sum(row.met for row in rows) / len(rows) if rows else 1.0
            found.append(Hit(name, share, cosines.get(name), rows, facts))
    found.sort(key=lambda hit: (-hit.share_met, -(hit.cosine if hit.cosine is not None else -1.0), hit.file))
    return found[:top]
