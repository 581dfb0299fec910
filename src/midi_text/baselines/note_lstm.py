"""The classic pair: an LSTM that says the next of 88 keys, beside one that says its step and duration.

Both read a window of the last notes (key, step, duration). The first is Bi-LSTM → LSTM → softmax over the 88 keys; the
second LSTM → two numbers that cannot be negative (softplus): the medians of Laplace distributions, whose widths are
learned too. That is a regression by absolute error that also says how probable a step and a duration are, on the grid
that notes are written on (`grid_nats`). So ``bits_per_note`` counts keys, steps and durations. Where eighths are beats
the music's grid is twice as fine, and the figure flatters this model by up to a bit for either time.

Two ways to write. ``"model"``: the key is sampled from the softmax, step and duration are the second network's.
``"average"``: the key is sampled the same way, step and duration are the averages of that key: over the start where
the start has the key, over the training notes where not, over all training notes for a key never heard.
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

from .base import Baseline, BaselineConfig, BaselineOutput, MusicExcerpt, check_request, draw
from .notes import GRID, KEYS, NoteReader, Notes, first_tempo, leading_program, write_notes

NOTHING = KEYS  # stands in a window before the first note
LONGEST = 8.0  # quarters; longer steps and durations count as this
MODES = ("model", "average")
_WINDOWS_TOGETHER = 2048


@strict
class NoteLstmConfig(BaselineConfig):
    """Sizes of the pair.

    Attributes:
        window: Notes that both networks read.
        embedding: Width of a key's embedding.
        hidden: Width of each LSTM and each direction.
        windows_per_row: Windows that one row of a training batch gives.
    """

    model_type = "midi_text_note_lstm"

    window: int = 32
    embedding: int = 48
    hidden: int = 96
    windows_per_row: int = 4


class NoteLstm(Baseline):
    """The pair. Shapes: B windows, W notes of a window."""

    config_class = NoteLstmConfig
    kind: ClassVar[str] = "lstm"
    bits_are: ClassVar[str] = "on keys, steps and durations of pitched notes only, in twelfths of a quarter"

    def __init__(self, config: NoteLstmConfig):
        super().__init__(config)
        config.validate()
        inputs, hidden = config.embedding + 2, config.hidden
        self.key_embed = nn.Embedding(KEYS + 1, config.embedding)
        self.key_both_ways = nn.LSTM(inputs, hidden, batch_first=True, bidirectional=True)
        self.key_forward = nn.LSTM(2 * hidden, hidden, batch_first=True)
        self.key_head = nn.Linear(hidden, KEYS)
        self.time_embed = nn.Embedding(KEYS + 1, config.embedding)
        self.time_forward = nn.LSTM(inputs, hidden, batch_first=True)
        self.time_head = nn.Linear(hidden, 2)
        self.time_widths = nn.Parameter(torch.zeros(2))  # logarithms of quarters
        # step, duration and count of every key in the training music, see `learn_averages`
        self.register_buffer("averages", torch.zeros(KEYS, 3))
        self.post_init()

    def predict(self, keys: Tensor, times: Tensor) -> tuple[Tensor, Tensor]:
        """What may come after a window.

        Args:
            keys: ``(B, W)``, `NOTHING` before the first note.
            times: Steps and durations in quarters, ``(B, W, 2)``.

        Returns:
            Scores of the keys, ``(B, 88)``, and step and duration in quarters, ``(B, 2)``, not negative.
        """
        heard = times.clamp(max=LONGEST).log1p()
        both, _ = self.key_both_ways(torch.cat((self.key_embed(keys), heard), -1))
        last, _ = self.key_forward(both)
        timed, _ = self.time_forward(torch.cat((self.time_embed(keys), heard), -1))
        return self.key_head(last[:, -1]), functional.softplus(self.time_head(timed[:, -1]))

    def forward(self, keys: Tensor, times: Tensor, next_keys: Tensor, next_times: Tensor) -> BaselineOutput:
        """Losses of the notes ``next_keys`` ``(B,)`` and ``next_times`` ``(B, 2)`` after their windows."""
        scores, guessed = self.predict(keys, times)
        nats = functional.cross_entropy(scores.float(), next_keys, reduction="sum")
        nats = nats + grid_nats(guessed.float(), next_times.clamp(max=LONGEST), self.time_widths.float().exp()).sum()
        count = torch.tensor(len(next_keys), device=nats.device)
        return BaselineOutput(loss=nats / count, bits=nats / math.log(2), notes=count)

    # -- batches and averages ------------------------------------------------------------------------------------

    def training_batch(
        self, rows: Sequence[np.ndarray], rng: np.random.Generator, done: float | None = None
    ) -> dict[str, Tensor]:
        """See `Baseline.training_batch`; a few windows of each row. Raises ValueError if no row has a pitched note."""
        windows = []
        for row in rows:
            notes = self._reader.read(row if done is None else self._moved(row, rng))
            if len(notes):
                at = rng.integers(len(notes), size=self.config.windows_per_row)
                windows.append(self._windows(notes, at))
        if not windows:
            raise ValueError("the note LSTM needs rows with pitched notes; these are all drums")
        return {name: torch.cat([window[name] for window in windows]) for name in windows[0]}

    def _windows(self, notes: Notes, at: np.ndarray) -> dict[str, Tensor]:
        """The windows before the notes number ``at``, and those notes."""
        width = self.config.window
        keys = np.concatenate([np.full(width, NOTHING), notes.key])
        times = np.concatenate([np.zeros((width, 2), np.float32), np.stack([notes.step, notes.duration], 1)])
        inside = at[:, None] + np.arange(width)
        arrays = {
            **{"keys": keys[inside], "times": times[inside]},
            **{"next_keys": keys[at + width], "next_times": times[at + width]},
        }
        return {name: torch.from_numpy(array) for name, array in arrays.items()}

    @property
    def _reader(self) -> NoteReader:
        if "_own_reader" not in self.__dict__:
            self.__dict__["_own_reader"] = NoteReader(self.vocabulary.names)
        return self.__dict__["_own_reader"]

    def learn_averages(self, rows: Sequence[np.ndarray]) -> None:
        """Keeps the mean step and duration of every key in rows of event ids; they are saved with the weights."""
        self.averages.copy_(torch.from_numpy(_sums([self._reader.read(row) for row in rows])))

    # -- bits and pieces -----------------------------------------------------------------------------------------

    @torch.inference_mode()
    def bits_per_note(self, excerpts: Sequence[MusicExcerpt]) -> np.ndarray:
        """Bits of each excerpt, see `Baseline.bits_per_note`; 0 where there are only drums."""
        self.eval()
        out = np.zeros(len(excerpts))
        for i, excerpt in enumerate(excerpts):
            notes = self._reader.read(excerpt.events)
            for first in range(0, len(notes), _WINDOWS_TOGETHER):
                at = np.arange(first, min(first + _WINDOWS_TOGETHER, len(notes)))
                batch = {name: value.to(self.device) for name, value in self._windows(notes, at).items()}
                out[i] += self(**batch).bits.item()
        return out

    def notes_counted(self, excerpts: Sequence[MusicExcerpt]) -> np.ndarray:
        """Pitched notes."""
        return np.array([len(self._reader.read(excerpt.events)) for excerpt in excerpts])

    @torch.inference_mode()
    def generate_score(
        self,
        *,
        seed: int,
        notes: int = 200,
        start: ScoreTick | None = None,
        temperature: float = 1.0,
        mode: str = "model",
    ) -> ScoreTick:
        """See `Baseline.generate_score`; one instrument, that of most notes of the start.

        Args:
            seed: Of the sampling.
            notes: New notes.
            start: The seed sequence; without it the window is empty, as before the first note of a piece.
            temperature: Of the softmax over keys.
            mode: ``"model"`` or ``"average"``, see the module.

        Raises:
            ValueError: If an argument is out of range, the start has no pitched note, or averages were never learnt.
        """
        check_request(notes, temperature)
        if mode not in MODES:
            raise ValueError(f"mode must be one of {', '.join(MODES)}; got {mode!r}")
        self.eval()
        heard = Notes(np.zeros(0, np.int64), np.zeros(0, np.float32), np.zeros(0, np.float32))
        if start is not None:
            heard = self._reader.read(np.array(self.vocabulary.encode(start)))
            if not len(heard):
                raise ValueError("a start must have pitched notes; this one has only drums")
        averages = self._averages_for(heard) if mode == "average" else None
        keys = heard.key.tolist()
        times = np.stack([heard.step, heard.duration], 1).tolist()
        generator = torch.Generator().manual_seed(seed)
        width = self.config.window
        for _ in range(notes):
            lack = max(0, width - len(keys))
            window = torch.tensor([[NOTHING] * lack + keys[len(keys) - (width - lack) :]], device=self.device)
            clock = torch.tensor([[[0.0, 0.0]] * lack + times[len(times) - (width - lack) :]], device=self.device)
            scores, guessed = self.predict(window, clock)
            key = int(draw(scores, temperature, generator))
            keys.append(key)
            times.append(guessed[0].tolist() if averages is None else averages[key].tolist())
        steps, durations = np.array(times, np.float32).T
        whole = Notes(np.array(keys), steps, durations)
        if start is None:
            return self.vocabulary.quantize(write_notes(whole))
        return self.vocabulary.quantize(write_notes(whole, leading_program(start), first_tempo(start)))

    def _averages_for(self, start: Notes) -> np.ndarray:
        """Step and duration of every key, shape ``(88, 2)``."""
        known = self.averages.cpu().double().numpy()
        if not known[:, 2].sum():
            raise ValueError("this model has not learnt the averages of its training music: call learn_averages first")
        own = _sums([start])
        everywhere = (known[:, :2] * known[:, 2:]).sum(0) / known[:, 2].sum()
        trained = np.where(known[:, 2:] > 0, known[:, :2], everywhere)
        return np.where(own[:, 2:] > 0, own[:, :2], trained)


def grid_nats(medians: Tensor, times: Tensor, widths: Tensor) -> Tensor:
    """Minus the log probability of times on a grid of twelfths of a quarter, by Laplace distributions cut off below 0.

    A distribution of median m and width b has the density exp(-abs(t - m) / b) / 2b; a time has that of its cell.

    Args:
        medians: In quarters, not negative, any shape.
        times: In quarters, not negative, of that shape.
        widths: In quarters, positive.
    """
    half = 0.5 / GRID
    away, cell = (times - medians).abs() / widths, half / widths
    outside = away - cell - torch.log1p(-torch.exp(-2 * cell)) + math.log(2)
    near = torch.minimum(away, cell)
    inside = -torch.log1p(-0.5 * (torch.exp(near - cell) + torch.exp(-near - cell)))
    cut_off = torch.log1p(-0.5 * torch.exp(-(medians + half) / widths))
    return torch.where(away > cell, outside, inside) + cut_off


def _sums(pieces: Sequence[Notes]) -> np.ndarray:
    """Mean step, mean duration and count of every key, shape ``(88, 3)``."""
    key = np.concatenate([notes.key for notes in pieces])
    count = np.bincount(key, minlength=KEYS)
    out = np.zeros((KEYS, 3))
    for column, name in enumerate(("step", "duration")):
        values = np.minimum(np.concatenate([getattr(notes, name) for notes in pieces]), LONGEST)
        out[:, column] = np.bincount(key, values, minlength=KEYS) / np.maximum(count, 1)
    out[:, 2] = count
    return out
