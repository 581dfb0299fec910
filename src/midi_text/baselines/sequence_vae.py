"""A Bi-LSTM with a latent space: a small sequence VAE, and how its raw output is polished.

In the spirit of Roberts et al., "A Hierarchical Latent Vector Model for Learning Long-Term Structure in Music" (2018),
without the hierarchy: a Bi-LSTM reads a segment of a few bars and gives a normal distribution over z; an LSTM writes
the segment from z. A note is said as step, then key given the step, then duration given the key, all as classes, so
that the evidence bound is a bound on the bits of exactly this: keys, steps and durations of pitched notes on a grid of
33 times. Segments are coded one by one; how long the last is costs nothing; velocities, instruments, drums, tempi and
metres are not in it. Against collapse of z: its price rises slowly in training, some notes before are hidden from the
writing LSTM, and the first ``free_nats`` of a segment cost nothing (in training only).

A piece is one slow walk: neighbouring segments are points on the way between two draws of z. What comes out has one
loudness and a rigid beat; `polish` hands it to the refine task of the transformer.
"""

# No `from __future__ import annotations`: the strict dataclass reads the types themselves.
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from huggingface_hub.dataclasses import strict
from symusic.core import ScoreTick
from torch import Tensor, nn
from torch.nn import functional

from .base import Baseline, BaselineConfig, BaselineOutput, MusicExcerpt, check_request, draw
from .notes import KEYS, NoteReader, Notes, first_tempo, leading_program, write_notes

TIMES = np.array([*range(25), 30, 36, 42, 48, 60, 72, 84, 96]) / 12  # quarters: the classes of steps and durations
IGNORED = -100
_NOBODY = KEYS  # the key before the first note, and of a note that is hidden


@strict
class SequenceVaeConfig(BaselineConfig):
    """Sizes of the VAE.

    Attributes:
        segment: Notes that one z says.
        latent: Width of z.
        embedding: Width of the embedding of a key and of a time.
        hidden: Width of each LSTM and each direction.
        free_nats: Of a segment's divergence from the prior, that training does not ask to lower.
        hidden_share: Share of the notes before that training hides from the writing LSTM.
    """

    model_type = "midi_text_sequence_vae"

    segment: int = 32
    latent: int = 32
    embedding: int = 48
    hidden: int = 160
    free_nats: float | int = 8.0
    hidden_share: float | int = 0.2


@dataclass(frozen=True)
class Segments:
    """Segments as classes, each ``(B, N)``; `IGNORED` after the last note."""

    key: Tensor
    step: Tensor
    duration: Tensor


class SequenceVae(Baseline):
    """The VAE. Shapes: B segments, N notes of a segment, Z width of z."""

    config_class = SequenceVaeConfig
    kind: ClassVar[str] = "vae"
    bits_are: ClassVar[str] = "a bound (ELBO), on keys, steps and durations of pitched notes only"

    def __init__(self, config: SequenceVaeConfig):
        super().__init__(config)
        config.validate()
        width, hidden = config.embedding, config.hidden
        self.key_embed = nn.Embedding(KEYS + 1, width)
        self.step_embed = nn.Embedding(len(TIMES), width)
        self.duration_embed = nn.Embedding(len(TIMES), width)
        self.reading = nn.LSTM(3 * width, hidden, batch_first=True, bidirectional=True)
        self.posterior = nn.Linear(2 * hidden, 2 * config.latent)
        self.opening = nn.Linear(config.latent, 2 * hidden)
        self.writing = nn.LSTM(3 * width + config.latent, hidden, batch_first=True)
        self.step_head = nn.Linear(hidden, len(TIMES))
        self.key_head = nn.Linear(hidden + width, KEYS)
        self.duration_head = nn.Linear(hidden + 2 * width, len(TIMES))
        self.post_init()

    # -- the two halves ------------------------------------------------------------------------------------------

    def encode(self, segments: Segments) -> tuple[Tensor, Tensor]:
        """Mean and log variance of z for each segment, both ``(B, Z)``."""
        lengths = (segments.key != IGNORED).sum(1).cpu()
        packed = nn.utils.rnn.pack_padded_sequence(
            self._embedded(segments), lengths, batch_first=True, enforce_sorted=False
        )
        _, (state, _) = self.reading(packed)
        mean, log_variance = self.posterior(torch.cat((state[0], state[1]), -1)).chunk(2, -1)
        return mean, log_variance.clamp(-8, 4)

    def _embedded(self, segments: Segments) -> Tensor:
        parts = (
            (segments.key, self.key_embed),
            (segments.step, self.step_embed),
            (segments.duration, self.duration_embed),
        )
        return torch.cat([embed(classes.clamp(min=0)) for classes, embed in parts], -1)

    def _start(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """The writing LSTM's first state, both ``(1, B, H)``."""
        first, cell = self.opening(z).tanh().chunk(2, -1)
        return first[None].contiguous(), cell[None].contiguous()

    def _nobody(self, count: int) -> Tensor:
        """What stands before the first note, ``(B, 1, 3E)``."""
        key = torch.full((count, 1), _NOBODY, device=self.device)
        none = torch.zeros_like(key)
        return torch.cat((self.key_embed(key), self.step_embed(none), self.duration_embed(none)), -1)

    def nats(self, segments: Segments, z: Tensor, visible: Tensor | None = None) -> Tensor:
        """−ln p(segment | z), shape ``(B,)``; ``visible`` ``(B, N)`` is 0 where a note before is hidden."""
        shown = segments
        if visible is not None:
            shown = Segments(segments.key.masked_fill(visible == 0, _NOBODY), segments.step, segments.duration)
        before = torch.cat((self._nobody(len(z)), self._embedded(shown)[:, :-1]), 1)
        told = z[:, None].expand(-1, before.shape[1], -1)
        state, _ = self.writing(torch.cat((before, told), -1), self._start(z))
        step, key = self.step_embed(segments.step.clamp(min=0)), self.key_embed(segments.key.clamp(min=0))
        scores = (
            (self.step_head(state), segments.step),
            (self.key_head(torch.cat((state, step), -1)), segments.key),
            (self.duration_head(torch.cat((state, step, key), -1)), segments.duration),
        )
        total: Tensor = sum(  # type: ignore[assignment]
            functional.cross_entropy(s.float().transpose(1, 2), c, reduction="none", ignore_index=IGNORED).sum(1)
            for s, c in scores
        )
        return total

    def forward(
        self, key: Tensor, step: Tensor, duration: Tensor, noise: Tensor, price: Tensor, visible: Tensor | None = None
    ) -> BaselineOutput:
        """The bound for segments ``(B, N)``, z drawn by ``noise`` ``(B, Z)``; ``price`` weighs the divergence."""
        segments = Segments(key, step, duration)
        mean, log_variance = self.encode(segments)
        z = mean + noise * (log_variance / 2).exp()
        nats = self.nats(segments, z, visible)
        divergence = divergence_from_prior(mean, log_variance)
        count = (key != IGNORED).sum()
        asked = divergence if visible is None else (divergence - self.config.free_nats).clamp(min=0)
        loss = (nats + price * asked).sum() / count
        return BaselineOutput(loss=loss, bits=(nats + divergence).sum() / math.log(2), notes=count)

    # -- batches and bits ----------------------------------------------------------------------------------------

    @property
    def _reader(self) -> NoteReader:
        if "_own_reader" not in self.__dict__:
            self.__dict__["_own_reader"] = NoteReader(self.vocabulary.names)
        return self.__dict__["_own_reader"]

    def training_batch(
        self, rows: Sequence[np.ndarray], rng: np.random.Generator, done: float | None = None
    ) -> dict[str, Tensor]:
        """See `Baseline.training_batch`; one segment of each row in training, else all. Raises ValueError for drums."""
        pieces = [self._reader.read(row if done is None else self._moved(row, rng)) for row in rows]
        pieces = [notes for notes in pieces if len(notes)]
        if not pieces:
            raise ValueError("the sequence VAE needs rows with pitched notes; these are all drums")
        if done is None:
            segments = self._segments(pieces)
        else:
            width = self.config.segment
            firsts = [int(rng.integers(max(1, len(notes) - width + 1))) for notes in pieces]
            segments = self._segments([_part(n, first, first + width) for n, first in zip(pieces, firsts, strict=True)])
        noise = rng.standard_normal((len(segments.key), self.config.latent)).astype(np.float32)
        batch = {**vars(segments), "noise": torch.from_numpy(noise), "price": torch.tensor(1.0)}
        if done is not None:
            batch["price"] = torch.tensor(min(1.0, 0.1 + 2 * done))
            shown = rng.random(tuple(segments.key.shape)) >= self.config.hidden_share
            batch["visible"] = torch.from_numpy(shown.astype(np.int64))
        return batch

    def _segments(self, pieces: Sequence[Notes]) -> Segments:
        """Pieces cut into segments, the steps of each counted from the onset before."""
        width = self.config.segment
        parts = [_part(notes, first, first + width) for notes in pieces for first in range(0, len(notes), width)]
        out = torch.full((3, len(parts), width), IGNORED)
        for row, part in enumerate(parts):
            classes = part.key, time_class(part.step), np.maximum(time_class(part.duration), 1)
            out[:, row, : len(part)] = torch.from_numpy(np.stack(classes))
        return Segments(*out)

    @torch.inference_mode()
    def bits_per_note(self, excerpts: Sequence[MusicExcerpt]) -> np.ndarray:
        """An upper bound of the bits of each excerpt, see the module; the draw of z has a fixed seed."""
        self.eval()
        rng = np.random.default_rng(0)
        out = np.zeros(len(excerpts))
        for i, excerpt in enumerate(excerpts):
            if len(self._reader.read(excerpt.events)):
                batch = self.training_batch([excerpt.events], rng)
                out[i] = self(**{name: value.to(self.device) for name, value in batch.items()}).bits.item()
        return out

    def notes_counted(self, excerpts: Sequence[MusicExcerpt]) -> np.ndarray:
        """Pitched notes."""
        return np.array([len(self._reader.read(excerpt.events)) for excerpt in excerpts])

    # -- pieces --------------------------------------------------------------------------------------------------

    def latent_of(self, score: ScoreTick) -> Tensor:
        """The mean of z for the first segment of a score, ``(1, Z)``. Raises ValueError if only drums play."""
        notes = self._reader.read(np.array(self.vocabulary.encode(score)))
        if not len(notes):
            raise ValueError("a score must have pitched notes to have a place in the latent space; it has only drums")
        segments = self._segments([_part(notes, 0, self.config.segment)])
        with torch.inference_mode():
            self.eval()
            return self.encode(Segments(*(part.to(self.device) for part in vars(segments).values())))[0]

    @torch.inference_mode()
    def write(self, z: Tensor, notes: int, generator: torch.Generator, temperature: float = 1.0) -> Notes:
        """A segment of so many notes from z ``(1, Z)``."""
        before, state = self._nobody(1), self._start(z)
        said = []
        for _ in range(notes):
            out, state = self.writing(torch.cat((before, z[:, None]), -1), state)
            out = out[:, 0]
            step = draw(self.step_head(out), temperature, generator)
            heard = torch.cat((out, self.step_embed(step)), -1)
            key = draw(self.key_head(heard), temperature, generator)
            scores = self.duration_head(torch.cat((heard, self.key_embed(key)), -1))
            duration = draw(scores, temperature, generator).clamp(min=1)
            said.append([int(key), int(step), int(duration)])
            before = self._embedded(Segments(key[:, None], step[:, None], duration[:, None]))
        key_, step_, duration_ = np.array(said).T
        return Notes(key_, TIMES[step_].astype(np.float32), TIMES[duration_].astype(np.float32))

    def generate_score(
        self, *, seed: int, notes: int = 200, start: ScoreTick | None = None, temperature: float = 1.0
    ) -> ScoreTick:
        """See `Baseline.generate_score`; the walk begins at the z of the start's first segment, or at a draw."""
        check_request(notes, temperature)
        self.eval()
        generator = torch.Generator().manual_seed(seed)
        here, there = (torch.randn(1, self.config.latent, generator=generator).to(self.device) for _ in range(2))
        here = here if start is None else self.latent_of(start)
        width = self.config.segment
        lengths = [min(width, notes - first) for first in range(0, notes, width)]
        places = between(here, there, len(lengths))
        new = [self.write(z, n, generator, temperature) for z, n in zip(places, lengths, strict=True)]
        if start is None:
            return self.vocabulary.quantize(write_notes(_joined(new)))
        whole = _joined([self._reader.read(np.array(self.vocabulary.encode(start))), *new])
        return self.vocabulary.quantize(write_notes(whole, leading_program(start), first_tempo(start)))

    def interpolate(
        self, first: ScoreTick, last: ScoreTick, count: int = 5, *, seed: int, temperature: float = 0.5
    ) -> list[ScoreTick]:
        """Segments on the way from one score's first segment to another's, both ends included as the model says them.

        Raises:
            ValueError: If ``count`` is below 2 or a score has no pitched note.
        """
        if count < 2:
            raise ValueError(f"count must be at least 2, the two ends; got {count}")
        check_request(count, temperature)
        out = []
        for z in between(self.latent_of(first), self.latent_of(last), count):
            notes = self.write(z, self.config.segment, torch.Generator().manual_seed(seed), temperature)
            out.append(self.vocabulary.quantize(write_notes(notes, leading_program(first), first_tempo(first))))
        return out


def divergence_from_prior(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, variance) ‖ N(0, 1)) in nats, ``(B,)``: ½ Σ (σ² + μ² − 1 − ln σ²) (Kingma & Welling, 2014, app. B)."""
    return 0.5 * (log_variance.exp() + mean**2 - 1 - log_variance).sum(-1)


def between(first: Tensor, last: Tensor, count: int) -> list[Tensor]:
    """So many points ``(1, Z)`` from one to the other along the sphere (White, 2016); the first for a count of 1."""
    cosine = functional.cosine_similarity(first, last, dim=-1).clamp(-1, 1)
    angle = cosine.acos()
    points = []
    for i in range(count):
        t = i / max(1, count - 1)
        if float(angle.sin()) < 1e-4:  # one direction, or opposite ones: no sphere to go along
            points.append((1 - t) * first + t * last)
        else:
            points.append((((1 - t) * angle).sin() * first + (t * angle).sin() * last) / angle.sin())
    return points


def polish(score: ScoreTick, pipeline: Callable[..., Any], words: str = "", **options: Any) -> ScoreTick:
    """A raw score with dynamics and tempo as a transformer's refine task writes them; the notes stay.

    Args:
        score: What a baseline wrote.
        pipeline: A `TextToMidiPipeline` that knows the task ``"refine"``.
        words: How it should sound.
        **options: For the pipeline, such as ``seed``.
    """
    return pipeline({"prompt": words, "midi": score, "task": "refine"}, **options).score


def time_class(quarters: np.ndarray) -> np.ndarray:
    """The nearest class of `TIMES` for times in quarters."""
    return np.abs(np.asarray(quarters)[:, None] - TIMES).argmin(1)


def _part(notes: Notes, first: int, last: int) -> Notes:
    return Notes(notes.key[first:last], notes.step[first:last], notes.duration[first:last])


def _joined(parts: Sequence[Notes]) -> Notes:
    return Notes(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("key", "step", "duration")))
