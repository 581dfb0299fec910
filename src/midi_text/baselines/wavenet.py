"""A WaveNet over events: dilated causal convolutions, gated units, residual and skip connections.

After van den Oord et al., "WaveNet: A Generative Model for Raw Audio" (2016), with event ids in the place of samples:
every layer sees its input now and ``dilation`` events ago, z = tanh(W_f x) ⊙ σ(W_g x), passes x + z on and adds z to
the sum that the output reads. Dilations double within a stack, so one stack of nine sees 511 events back. The
likelihood of a whole excerpt, its end included, is exact.

Generation computes one event at a time: each layer keeps its last ``dilation`` inputs in a ring buffer (Le Paine et
al., "Fast WaveNet Generation Algorithm", 2016). Our grammar closes what would not decode, so every piece is valid.
"""

# No `from __future__ import annotations`: the strict dataclass reads the types themselves.
import math
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import torch
from huggingface_hub.dataclasses import strict
from symusic.core import ScoreTick
from torch import Tensor, nn
from torch.nn import functional

from ..constraints_midi_text import MusicLogitsProcessor
from .base import Baseline, BaselineConfig, BaselineOutput, MusicExcerpt, check_request, draw

EDGE = 0  # the symbol before the first event and after the last; event id e is symbol e + 1
IGNORED = -100
_EVENTS_PER_NOTE = 6  # room for a note when a piece is written; it takes 3.85 on average


@strict
class WaveNetConfig(BaselineConfig):
    """Sizes of a WaveNet.

    Attributes:
        channels: Width of the residual stream.
        skip_channels: Width of what the output reads.
        layers_per_stack: Layers of one stack; their dilations are 1, 2, 4, …
        stacks: How often the dilations start again.
        crop: Events of a row that one training example holds.
    """

    model_type = "midi_text_wavenet"

    channels: int = 64
    skip_channels: int = 128
    layers_per_stack: int = 9
    stacks: int = 1
    crop: int = 512

    @property
    def dilations(self) -> list[int]:
        """Of every layer."""
        return [2**i for i in range(self.layers_per_stack)] * self.stacks

    @property
    def receptive_field(self) -> int:
        """Symbols that a prediction can depend on."""
        return 1 + sum(self.dilations)


class GatedLayer(nn.Module):
    """One dilated causal convolution of width 2 with a gated unit, a residual and a skip connection."""

    def __init__(self, config: WaveNetConfig):
        super().__init__()
        self.past = nn.Linear(config.channels, 2 * config.channels, bias=False)
        self.present = nn.Linear(config.channels, 2 * config.channels)
        self.out = nn.Linear(config.channels, config.channels + config.skip_channels)
        self.channels = config.channels

    def forward(self, x: Tensor, before: Tensor) -> tuple[Tensor, Tensor]:
        """Next layer's input and the skip, for inputs now and ``dilation`` symbols ago, both ``(…, C)``."""
        filters, gates = (self.past(before) + self.present(x)).chunk(2, -1)
        residual, skip = self.out(filters.tanh() * gates.sigmoid()).split(
            [self.channels, self.out.out_features - self.channels], -1
        )
        return x + residual, skip


class RingBuffers:
    """The last ``dilation`` inputs of every layer, for B pieces that are written together; zeros before the start."""

    def __init__(self, config: WaveNetConfig, batch: int, like: Tensor):
        self.step = 0
        self.kept = [like.new_zeros(dilation, batch, config.channels) for dilation in config.dilations]

    def exchange(self, layer: int, x: Tensor) -> Tensor:
        """Gives the input of ``dilation`` steps ago, ``(B, C)``, and puts the present one in its place."""
        kept = self.kept[layer]
        place = self.step % len(kept)
        before = kept[place].clone()
        kept[place] = x
        return before


class WaveNet(Baseline):
    """A WaveNet over event ids. Shapes: B batch, L length, C channels, V symbols."""

    config_class = WaveNetConfig
    kind: ClassVar[str] = "wavenet"
    bits_are: ClassVar[str] = "exact: everything that says the notes, and the end"

    def __init__(self, config: WaveNetConfig):
        super().__init__(config)
        config.validate()
        symbols = config.event_count + 1
        self.embed = nn.Embedding(symbols, config.channels)
        self.layers = nn.ModuleList(GatedLayer(config) for _ in config.dilations)
        self.hidden = nn.Linear(config.skip_channels, config.skip_channels)
        self.head = nn.Linear(config.skip_channels, symbols)
        self.post_init()

    def logits(self, symbols: Tensor) -> Tensor:
        """Scores of the next symbol after each of ``symbols`` ``(B, L)``, shape ``(B, L, V)``."""
        x = self.embed(symbols)
        total = x.new_zeros(())
        for layer, dilation in zip(self.layers, self.config.dilations, strict=True):
            before = functional.pad(x, (0, 0, dilation, 0))[:, : x.shape[1]]
            x, skip = layer(x, before)
            total = total + skip
        return self._scores(total)

    def next_logits(self, symbols: Tensor, buffers: RingBuffers) -> Tensor:
        """The same for one more symbol of each piece ``(B,)``, shape ``(B, V)``; ``buffers`` move on."""
        x = self.embed(symbols)
        total = x.new_zeros(())
        for i, layer in enumerate(self.layers):
            x, skip = layer(x, buffers.exchange(i, x))
            total = total + skip
        buffers.step += 1
        return self._scores(total)

    def _scores(self, total: Tensor) -> Tensor:
        return self.head(functional.relu(self.hidden(functional.relu(total))))

    def forward(self, symbols: Tensor, labels: Tensor, notes: Tensor) -> BaselineOutput:
        """Loss of ``labels`` given ``symbols``, both ``(B, L)``; ``notes`` ``(B,)`` are those among the labels."""
        nats = functional.cross_entropy(
            self.logits(symbols).float().flatten(0, 1), labels.flatten(), reduction="sum", ignore_index=IGNORED
        )
        return BaselineOutput(loss=nats / (labels != IGNORED).sum(), bits=nats / math.log(2), notes=notes.sum())

    def training_batch(
        self, rows: Sequence[np.ndarray], rng: np.random.Generator, done: float | None = None
    ) -> dict[str, Tensor]:
        """See `Baseline.training_batch`; a crop of each row in training, else the whole of it."""
        crops = []
        for row in rows:
            symbols = _with_edges(row if done is None else self._moved(row, rng))
            if done is not None and len(symbols) > self.config.crop + 1:
                first = int(rng.integers(len(symbols) - self.config.crop))
                symbols = symbols[first : first + self.config.crop + 1]
            crops.append(symbols)
        return self._padded(crops)

    def _padded(self, sequences: Sequence[np.ndarray]) -> dict[str, Tensor]:
        longest = max(map(len, sequences)) - 1
        symbols = torch.full((len(sequences), longest), EDGE)
        labels = torch.full((len(sequences), longest), IGNORED)
        for row, sequence in enumerate(sequences):
            whole = torch.from_numpy(sequence)
            symbols[row, : len(sequence) - 1], labels[row, : len(sequence) - 1] = whole[:-1], whole[1:]
        ends = torch.tensor([name.startswith("Duration") for name in ["", *self.vocabulary.names]])
        return {"symbols": symbols, "labels": labels, "notes": ends[labels.clamp(min=0)].sum(1)}

    @torch.inference_mode()
    def bits_per_note(self, excerpts: Sequence[MusicExcerpt]) -> np.ndarray:
        """Bits of each excerpt, exactly; see `Baseline.bits_per_note`."""
        self.eval()
        out = []
        for excerpt in excerpts:
            batch = self._padded([_with_edges(excerpt.events)])
            out.append(self(**{name: value.to(self.device) for name, value in batch.items()}).bits.item())
        return np.array(out)

    def notes_counted(self, excerpts: Sequence[MusicExcerpt]) -> np.ndarray:
        """All notes."""
        return np.array([excerpt.notes for excerpt in excerpts])

    @torch.inference_mode()
    def generate_score(
        self, *, seed: int, notes: int = 200, start: ScoreTick | None = None, temperature: float = 1.0
    ) -> ScoreTick:
        """See `Baseline.generate_score`; the grammar holds, and the model may end before ``notes`` are written."""
        check_request(notes, temperature)
        self.eval()
        names = self.vocabulary.names
        primed = [] if start is None else [event + 1 for event in self.vocabulary.encode(start)]
        most = 1 + len(primed) + _EVENTS_PER_NOTE * notes + 24  # a beginning and an end must fit
        grammar = MusicLogitsProcessor([(), *((name,) for name in names)], EDGE, most)
        generator = torch.Generator().manual_seed(seed)
        buffers = RingBuffers(self.config, 1, self.embed.weight)
        symbols = [EDGE, *primed]
        for symbol in symbols:
            logits = self.next_logits(torch.tensor([symbol], device=self.device), buffers)
        written = 0
        while len(symbols) < most and written < notes:
            # the processor passes over what is not music; the edge at the front would read as an end
            before = torch.tensor([symbols[1:]], dtype=torch.long)
            allowed = grammar(before, logits.float().cpu())  # type: ignore[arg-type]
            symbol = int(draw(allowed, temperature, generator))
            if symbol == EDGE:
                break
            symbols.append(symbol)
            written += names[symbol - 1].startswith("Duration")
            logits = self.next_logits(torch.tensor([symbol], device=self.device), buffers)
        return self.vocabulary.decode(names[symbol - 1] for symbol in symbols[1:])


def _with_edges(events: np.ndarray) -> np.ndarray:
    """Event ids ``(E,)`` as symbols between two edges, ``(E + 2,)``."""
    return np.pad(np.asarray(events, np.int64) + 1, 1, constant_values=EDGE)
