"""The model writes: pieces, long pieces and changes, several in one batch, under the rules that each has to hold.

A piece that fits the model is written at once. A longer one (`windows_midi_text`) and one that is changed
(`changes_midi_text`) come draft by draft: each says what to write next and takes in what was written, and all that are
not done share a batch.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import GenerationConfig

from .constraints_midi_text import MusicLogitsProcessor, SameNotesLogitsProcessor
from .decoding_midi_text import RowProcessor, write_rows
from .drafts_midi_text import Change, Draft
from .guidance_midi_text import GuidanceLogitsProcessor
from .locks_midi_text import Locks
from .request_midi_text import Request
from .windows_midi_text import LongPiece, Onward

Written = tuple[list[list[int]], float]
"""The ids of each sequence, and the wall time in seconds."""


@dataclass(frozen=True)
class BatchWriter:
    """A model that writes.

    Attributes:
        model: The model.
        processor: Its processor.
        options: As ``generate`` takes them, a ``streamer`` among them; they win over what is chosen here.
    """

    model: Any
    processor: Any
    options: Mapping[str, Any]

    def write(
        self,
        sources: Sequence[Sequence[int]],
        rules: RowProcessor,
        max_new_tokens: int,
        seed: int,
        primed: Sequence[Sequence[int]] = (),
        untold: Sequence[Sequence[int]] = (),
        **options: Any,
    ) -> Written:
        """Runs the model on encoded sources.

        Args:
            sources: Ids that the encoder reads.
            rules: What may be written.
            max_new_tokens: The longest sequence.
            seed: Of the sampling.
            primed: Ids that the decoder starts with, one sequence a source; what comes back begins with them.
            untold: The sources without what is asked, for an option ``guidance_scale`` above 1.
            **options: Further ones; they win over the writer's.

        Raises:
            ValueError: If guidance is to go with beams.
        """
        config, device = self.model.config, self.model.device
        inputs = self.processor.pad(sources).to(device)
        if any(primed):
            starts = self.processor.pad_left([[config.decoder_start_token_id, *ids] for ids in primed])
            inputs.update({f"decoder_{name}": value.to(device) for name, value in starts.items()})
        given = {
            "do_sample": True,
            "max_new_tokens": max_new_tokens,
            "pad_token_id": config.pad_token_id,
            "bos_token_id": config.bos_token_id,
            "eos_token_id": config.eos_token_id,
            "decoder_start_token_id": config.decoder_start_token_id,
            **self.options,
            **options,
        }
        streamer, scale = given.pop("streamer", None), given.pop("guidance_scale", 1)
        if scale != 1 and given.get("num_beams", 1) > 1:
            raise ValueError("guidance_scale and num_beams exclude each other; leave one of them at 1")
        started = time.perf_counter()
        with torch.random.fork_rng([device] if device.type == "cuda" else []), torch.inference_mode():
            torch.manual_seed(seed)
            processors = [rules]
            if scale != 1 and untold:
                asking_nothing = {**inputs, **self.processor.pad(untold).to(device)}
                processors.insert(0, GuidanceLogitsProcessor(self.model, asking_nothing, scale))
            rows = write_rows(self.model, inputs, GenerationConfig(**given), processors, streamer)
        return rows, time.perf_counter() - started

    def write_pieces(
        self, requests: Sequence[Request], held: Sequence[Locks], room: int, seed: int, candidates: int
    ) -> Written:
        """Pieces of at most ``room`` ids, so many candidates for each request, one after the other."""
        sources = [self.processor.encode_request("compose", request) for request in requests]
        untold = [self.processor.encode("compose")] * len(sources)
        return self.write(sources, self._rules(room, held), room, seed, (), untold, num_return_sequences=candidates)

    def write_long(self, pieces: Sequence[LongPiece], seed: int) -> Written:
        """Pieces in windows."""
        seconds, turn, streamer = 0.0, 0, self.options.get("streamer")
        onward = Onward(streamer, self.processor.tokenizer.eos_token_id) if streamer else None
        while drafts := [(piece, draft) for piece in pieces if (draft := piece.draft()) is not None]:
            if onward is not None:
                onward.begin(drafts[0][0])
            primed = [ids for _, (ids, _) in drafts]
            room = drafts[0][0].room
            rows, took = self.write(
                [self.processor.encode_request("compose", piece.request) for piece, _ in drafts],
                self._rules(room, [locks for _, (_, locks) in drafts]),
                room - max(map(len, primed)),
                seed + turn,
                primed,
                [self.processor.encode("compose")] * len(drafts),
                streamer=onward,
            )
            for (piece, _), ids in zip(drafts, rows, strict=True):
                piece.take(ids)
            if onward is not None:
                onward.took(drafts[0][0])
            seconds, turn = seconds + took, turn + 1
        if onward is not None:
            onward.begin(pieces[0])
            onward.close()
        return [piece.ids() for piece in pieces], seconds

    def write_changes(self, changes: Sequence[Change], seed: int) -> float:
        """Changes, those of one kind in a batch; they hold what was written. The wall time."""
        seconds, turn = 0.0, 0
        while drafts := [(change, draft) for change in changes if (draft := change.draft()) is not None]:
            for scripted in (False, True):
                batch = [(change, draft) for change, draft in drafts if bool(draft.script) == scripted]
                if batch:
                    seconds += self._write_drafts(batch, seed + turn)
            turn += 1
        return seconds

    def _write_drafts(self, batch: Sequence[tuple[Change, Draft]], seed: int) -> float:
        primed = [draft.primed for _, draft in batch]
        rules: MusicLogitsProcessor | SameNotesLogitsProcessor
        if batch[0][1].script:
            tokenizer, scripts = self.processor.tokenizer, [(draft.script, draft.tempi) for _, draft in batch]
            greedy = not self.options.get("do_sample", True)
            rules = SameNotesLogitsProcessor(tokenizer.token_events, tokenizer.eos_token_id, scripts, median=greedy)
            budget = rules.most_tokens
        else:
            budget = max(change.piece.target_room - len(draft.primed) for change, draft in batch)
            rules = self._rules(max(map(len, primed)) + budget, [draft.locks for _, draft in batch])
        encode = self.processor.encode
        sources = [encode(change.task, change.piece.request.text, draft.music) for change, draft in batch]
        untold = [encode(change.task, "", draft.music) for change, draft in batch]
        rows, seconds = self.write(sources, rules, budget, seed, primed, untold)
        for (change, draft), ids in zip(batch, rows, strict=True):
            change.take(ids)
            change.tokens += len(ids) - len(draft.primed)
        return seconds

    def _rules(self, room: int, held: Sequence[Locks | None]) -> MusicLogitsProcessor:
        """The grammar and the locks of each sequence, of at most ``room`` ids."""
        tokenizer = self.processor.tokenizer
        return MusicLogitsProcessor(tokenizer.token_events, tokenizer.eos_token_id, room + 1, held)


__all__ = ["BatchWriter", "Written"]
