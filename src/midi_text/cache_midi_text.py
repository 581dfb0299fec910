"""The keys and values of what has been written, with room for what will be.

Transformers' own layer is copied whole at every step; for sixteen pieces of a thousand ids that was a quarter of the
time it took to write them. Here a step writes into room that is there, and the room doubles when it is full.
"""

from __future__ import annotations

from typing import Any

import torch
from transformers.cache_utils import Cache, DynamicCache, DynamicLayer, EncoderDecoderCache

from .configuration_midi_text import MidiTextConfig

_ROOM = 64  # positions at first


class GrowingLayer(DynamicLayer):
    """One layer's keys and values `(B, K, P, E)`: the filled part of tensors that hold more positions.

    For inference: what a step writes is not part of a graph.
    """

    keys: torch.Tensor
    values: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self._key_room: torch.Tensor | None = None
        self._value_room: torch.Tensor | None = None

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Appends keys and values of new positions and returns all there are."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        past = self.get_seq_length()
        self._key_room = _with_room(self._key_room, self.keys, past, key_states)
        self._value_room = _with_room(self._value_room, self.values, past, value_states)
        until = past + key_states.shape[-2]
        self.keys, self.values = self._key_room[:, :, :until], self._value_room[:, :, :until]
        return self.keys, self.values


def _with_room(room: torch.Tensor | None, held: torch.Tensor, past: int, new: torch.Tensor) -> torch.Tensor:
    """A tensor that holds what was held and what is new; the same as before where that has room."""
    until = past + new.shape[-2]
    # What is held may have become a tensor of its own: beams were reordered, or rows selected.
    if room is None or held.data_ptr() != room.data_ptr() or until > room.shape[-2] or len(room) != len(new):
        batch, heads, _, width = new.shape
        room = new.new_empty(batch, heads, max(_ROOM, 2 * until), width)
        if past:
            room[:, :, :past] = held
    room[:, :, past:until] = new
    return room


def growing_cache(config: MidiTextConfig) -> EncoderDecoderCache:
    """An empty cache for ``generate``; the source's keys and values come once and need no room."""
    layers = [GrowingLayer() for _ in range(config.num_decoder_layers)]
    return EncoderDecoderCache(Cache(layers=layers), DynamicCache(config=config))


__all__ = ["GrowingLayer", "growing_cache"]
