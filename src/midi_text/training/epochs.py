"""Batches of one epoch, and what the held-out rows cost a model: both are made of the same examples."""

from __future__ import annotations

import math
import random
from typing import Any

import torch
from torch.utils.data import Dataset

from ..data.batches import IGNORED, Batch, ExampleTable, collate, plan_epoch
from ..tokenization_midi_text import MidiTextTokenizer
from .contrast import CONTRAST, collate_pairs, held_out_pairs
from .objectives import make_example
from .settings import TrainingSettings

TensorBatch = dict[str, torch.Tensor]


class Epoch(Dataset[TensorBatch]):
    """Batches, made when asked for.

    Args:
        table: The rows.
        tokenizer: Of the run.
        plan: Which rows come together, for which task.
        seed: Of everything that is drawn.
        augment: See `make_example`; off for validation.
        sketches: Likewise.
    """

    def __init__(
        self,
        table: ExampleTable,
        tokenizer: MidiTextTokenizer,
        plan: list[Batch],
        seed: str,
        *,
        augment: bool,
        sketches: bool,
    ):
        self.table, self.tokenizer, self.plan, self.seed = table, tokenizer, plan, seed
        self.augment, self.sketches = augment, sketches

    def __len__(self) -> int:
        return len(self.plan)

    def __getitem__(self, index: int) -> TensorBatch:
        batch = self.plan[index]
        rows = [self.table[number % len(self.table)] for number in batch.rows]
        examples = [
            make_example(
                self.tokenizer, row, batch.task, random.Random(f"{self.seed}:{number}"), self.augment, self.sketches
            )
            for number, row in zip(batch.rows, rows, strict=True)
        ]
        if batch.task == CONTRAST:
            return collate_pairs(examples, [row.piece for row in rows], self.tokenizer.pad_token_id)
        return collate(examples, self.tokenizer.pad_token_id, self.tokenizer.bos_token_id)


class HeldOut:
    """The rows of the validation split that are measured, the same every time.

    Args:
        table: The split.
        tokenizer: Of the run.
        settings: How many rows, and how many events in a batch.
        accelerator: Of the processes that share the work.
    """

    def __init__(self, table: ExampleTable, tokenizer: MidiTextTokenizer, settings: TrainingSettings, accelerator: Any):
        self.table, self.tokenizer, self.settings, self.accelerator = table, tokenizer, settings, accelerator

    @torch.no_grad()
    def bits_per_note(self, model: torch.nn.Module, task: str) -> tuple[float, float]:
        """Bits per note and nats per token of the music, told its prompt ("compose") or not ("untold")."""
        accelerator = self.accelerator
        epoch = self._epoch(task)
        epoch.plan = epoch.plan[accelerator.process_index :: accelerator.num_processes]
        sums = torch.zeros(3, dtype=torch.float64, device=accelerator.device)
        model.eval()
        for index in range(len(epoch)):
            batch = {key: value.to(accelerator.device) for key, value in epoch[index].items()}
            notes = batch.pop("notes").sum()
            tokens = (batch["labels"] != IGNORED).sum()
            with accelerator.autocast():
                nats = model(**batch, num_items_in_batch=1, use_cache=False).loss
            sums += torch.stack([nats.double(), tokens.double(), notes.double()])
        model.train()
        nats, tokens, notes = accelerator.reduce(sums, "sum").tolist()
        return nats / math.log(2) / notes, nats / tokens

    def pairs(self, model: Any) -> tuple[float, float]:
        """Nats per pair and mean reciprocal rank; every process measures all rows."""
        epoch = self._epoch(CONTRAST)
        batches = ({k: v.to(self.accelerator.device) for k, v in epoch[i].items()} for i in range(len(epoch)))
        model.eval()
        with self.accelerator.autocast():
            measured = held_out_pairs(model, batches)
        model.train()
        return measured

    def _epoch(self, task: str) -> Epoch:
        s = self.settings
        rows = min(s.validation_rows, len(self.table))
        plan = plan_epoch(self.table.lengths[:rows], {task: 1.0}, s.events_per_batch, 0, 0)
        return Epoch(self.table, self.tokenizer, plan, "validation", augment=False, sketches=s.sketches)
