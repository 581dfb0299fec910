"""Texture: how the voices go together."""

from __future__ import annotations

from dataclasses import dataclass

from .parts import Parts
from .view import View


@dataclass(frozen=True)
class Texture:
    """The texture of a piece.

    Attributes:
        kind: The trait among `TRAITS["texture"]` that fits best; None if none does.
        traits: All that hold.
    """

    kind: str | None
    traits: tuple[str, ...]


def measure_texture(view: View, parts: Parts) -> Texture:
    """The texture of a piece."""
    return Texture(None, ())
