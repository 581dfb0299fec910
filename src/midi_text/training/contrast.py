"""The contrastive objective: words beside the music they belong to, one batch of pairs over all processes.

An `Example` of this task has two sources: the words stand where others have their source, the music where others have
their target, both led by the task token of `EMBED`. All processes are at this task in the same step (`in_step`), the
features of all are gathered, and each takes the loss over the whole batch; since gathering adds up the gradients of all
and processes are averaged afterwards, two processes move the weights exactly as one with the batch of both.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import cast

import torch
from torch import Tensor
from torch.distributed.nn import functional as collective

from ..alignment_midi_text import AlignmentOutput, contrastive_loss, strangers
from ..data.batches import Batch, Example, padded
from ..modeling_midi_text import MidiTextForConditionalGeneration

CONTRAST = "contrast"
PROJECTION_DIM = 128  # of models that come without a shared space
PAIR_EVENTS = 64  # what a row counts for at most: nothing is decoded, and pairs need company


def in_step(plan: Sequence[Batch], world: int) -> list[Batch]:
    """Reorders a plan so that `world` batches in a row are all of this task or all of others.

    Args:
        plan: The batches of an epoch.
        world: Number of processes, which take every n-th batch.

    Returns:
        Whole steps only; up to two steps' worth of batches are left out. With one process the plan as it is.
    """
    steps = []
    for of_this in (True, False):
        places = [i for i, batch in enumerate(plan) if (batch.task == CONTRAST) == of_this]
        steps += [places[i : i + world] for i in range(0, len(places) - world + 1, world)]
    return [plan[place] for step in sorted(steps) for place in step]


def collate_pairs(examples: Sequence[Example], pieces: Sequence[str], pad_id: int) -> dict[str, Tensor]:
    """Pads pairs to tensors.

    Args:
        examples: Words as the source, music as the target.
        pieces: The piece that each is of.
        pad_id: Fills up.

    Returns:
        ``input_ids`` and ``attention_mask`` of the words, the same of the music with the prefix ``midi_``, and
        ``words`` and ``pieces``, each ``(B,)``: numbers that are equal where the words or the piece are the same.
    """
    text_ids = padded([example.source_ids for example in examples], pad_id)
    midi_ids = padded([example.target_ids for example in examples], pad_id)
    return {
        "input_ids": text_ids,
        "attention_mask": (text_ids != pad_id).long(),
        "midi_input_ids": midi_ids,
        "midi_attention_mask": (midi_ids != pad_id).long(),
        "words": torch.tensor([_number(repr(list(example.source_ids))) for example in examples]),
        "pieces": torch.tensor([_number(piece) for piece in pieces]),
    }


def _number(text: str) -> int:
    """The same number for the same text, in every process."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big", signed=True)


def pair_loss(features: AlignmentOutput, words: Tensor, pieces: Tensor) -> tuple[Tensor, int]:
    """The loss over the pairs of all processes, in nats per pair, and their number.

    Its gradients want to be averaged over processes, as they are.

    Raises:
        ValueError: The model gave no features.
    """
    text, midi, scale = features.text_features, features.midi_features, features.logit_scale
    if text is None or midi is None or scale is None:
        raise ValueError("the contrastive loss needs features of words and music; the model gave none")
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        sizes = _sizes(len(text), text.device)
        text, midi, words, pieces = (_gathered(part, sizes) for part in (text, midi, words, pieces))
    return contrastive_loss(text, midi, scale, words, pieces), len(text)


@torch.no_grad()
def held_out_pairs(
    model: MidiTextForConditionalGeneration, batches: Iterable[dict[str, Tensor]]
) -> tuple[float, float]:
    """How well words find their music among all that is held out, and music its words.

    Args:
        model: In evaluation mode.
        batches: What `collate_pairs` gave, on the model's device.

    Returns:
        Nats per pair, and the mean reciprocal rank of both directions.
    """
    parts: list[tuple[Tensor, ...]] = []
    for batch in batches:
        words, pieces = batch["words"], batch["pieces"]
        names = ("input_ids", "attention_mask", "midi_input_ids", "midi_attention_mask")
        found = model.model.align(*(batch[name] for name in names))
        parts.append((cast(Tensor, found.text_features), cast(Tensor, found.midi_features), words, pieces))
    text, midi, words, pieces = (torch.cat(part) for part in zip(*parts, strict=True))
    nats = contrastive_loss(text, midi, cast(Tensor, found.logit_scale), words, pieces)
    cosines = (text @ midi.T).masked_fill(strangers(words, pieces).logical_not(), -2.0)
    own = (text * midi).sum(1)
    cosines.fill_diagonal_(-2.0)
    places = torch.cat([(cosines >= own[:, None]).sum(1), (cosines >= own).sum(0)]) + 1
    return float(nats), float((1 / places).mean())


def _sizes(own: int, device: torch.device) -> list[int]:
    """The number of pairs of every process."""
    sizes = [torch.zeros(1, dtype=torch.long, device=device) for _ in range(torch.distributed.get_world_size())]
    torch.distributed.all_gather(sizes, torch.tensor([own], device=device))
    return [int(size) for size in sizes]


def _gathered(part: Tensor, sizes: Sequence[int]) -> Tensor:
    """The rows of all processes, in order; gradients flow back to where they came from."""
    room = part.new_zeros((max(sizes) - len(part), *part.shape[1:]))
    filled = torch.cat((part, room))
    if part.requires_grad:
        parts: Sequence[Tensor] = collective.all_gather(filled)
    else:
        parts = [torch.empty_like(filled) for _ in sizes]
        torch.distributed.all_gather(list(parts), filled)
    return torch.cat([rows[:size] for rows, size in zip(parts, sizes, strict=True)])
