"""The two doors: ``pipeline("text-to-midi")`` and ``pipeline("midi-to-text")``.

Words become MIDI: what the prompt and the arguments ask is read, the model writes under the grammar and the locks, the
result is measured and set beside what was asked. MIDI becomes words: the file is read and measured, the model writes,
and every statement of its words that the measurement contradicts is repaired or dropped. Both return typed results,
take one input, a list or a generator, and work in batches.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import symusic
import torch
from transformers import GenerationConfig, LogitsProcessorList, Pipeline
from transformers.utils import cached_file

from .agreement_midi_text import Agreement, agreement
from .constraints_midi_text import MusicLogitsProcessor, TextOnlyLogitsProcessor
from .facts.analysis import Analysis, analyze, analyze_view
from .facts.view import view_score
from .facts_midi_text import MusicFacts, measure_facts
from .locks_midi_text import Locks
from .prompt_midi_text import Ask
from .repair_midi_text import CheckedCaption, check_caption
from .request_midi_text import Request, Wishes, understand
from .score_midi_text import bar_starts, slice_bars, write_score
from .style_midi_text import PROBE_FILE, StyleGuess, StyleProbe, style_features

MAX_PROMPT_CHARACTERS = 100_000
_WISHES = frozenset(Wishes.__dataclass_fields__)
_SAMPLING = ("temperature", "top_k", "top_p", "min_p", "repetition_penalty", "num_beams", "do_sample")


@dataclass(frozen=True)
class Composition:
    """A piece written to a prompt.

    Attributes:
        prompt: The words, as given.
        seed: Gives the same piece again, with the same prompt, arguments, batch and checkpoint.
        score: The music, 48 ticks a quarter.
        midi: The same as a Standard MIDI File.
        facts: Measured on the music.
        analysis: The closer look: harmony, form, parts …
        ask: What was understood of prompt and arguments.
        agreement: Asked, measured and met, a row for each wish.
        generation_seconds: Wall time of the batch it was written in.
        tokens: Music tokens written.
        others: The other candidates, best first.
    """

    prompt: str
    seed: int
    score: symusic.Score
    midi: bytes
    facts: MusicFacts
    analysis: Analysis
    ask: Ask
    agreement: tuple[Agreement, ...]
    generation_seconds: float
    tokens: int
    others: tuple[Composition, ...] = ()

    @property
    def share_met(self) -> float:
        """Share of the wishes that are met, 1.0 where nothing measurable was asked."""
        return sum(row.met for row in self.agreement) / len(self.agreement) if self.agreement else 1.0

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the MIDI file, whole or not at all."""
        write_score(self.score, path)

    def to_dict(self) -> dict[str, Any]:
        """Everything but the music, as plain JSON values."""
        return {
            "prompt": self.prompt,
            "seed": self.seed,
            "notes": self.facts.notes,
            "bars": self.facts.bars,
            "duration_seconds": round(self.facts.duration_seconds, 2),
            "generation_seconds": round(self.generation_seconds, 3),
            "facts": self.facts.to_dict(),
            "analysis": self.analysis.to_dict(),
            "agreement": [asdict(row) for row in self.agreement],
        }


@dataclass(frozen=True)
class Description:
    """What a MIDI file is, in words.

    Attributes:
        text: The description; every fact it states is true of the file.
        model_text: The model's own words, before a statement was repaired or dropped.
        check: What was stated, repaired and dropped.
        facts: Measured on the whole file.
        analysis: The closer look: harmony, form, parts …
        styles: What the style probe is sure of; () where the checkpoint has none.
        bars_read: Bars the model read.
        bars_total: Bars of the file, up to the last onset.
        repairs: What reading the file dropped or repaired.
    """

    text: str
    model_text: str
    check: CheckedCaption
    facts: MusicFacts
    analysis: Analysis
    styles: tuple[StyleGuess, ...]
    bars_read: int
    bars_total: int
    repairs: tuple[str, ...]

    @property
    def truncated(self) -> bool:
        """Whether the file is longer than the model read."""
        return self.bars_read < self.bars_total

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "caption": self.text,
            "facts": self.facts.to_dict(),
            "analysis": self.analysis.to_dict(),
            "styles": [asdict(style) for style in self.styles],
            "bars_read": self.bars_read,
            "bars_total": self.bars_total,
            "truncated": self.truncated,
            "repairs": list(self.repairs),
        }


class _MidiTextPipeline(Pipeline):
    """What both directions share: only a processor is loaded, and ``generate`` is called in one place."""

    _load_processor = True
    _load_tokenizer = False
    _load_image_processor = False
    _load_video_processor = False
    _load_feature_extractor = False
    _pipeline_calls_generate = False

    def __call__(self, inputs: Any, **kwargs: Any) -> Any:
        """See `Pipeline.__call__`; an empty list gives an empty list."""
        if isinstance(inputs, list | tuple) and not inputs:
            return []
        return super().__call__(list(inputs) if isinstance(inputs, tuple) else inputs, **kwargs)

    def _generate(
        self,
        sources: Sequence[Sequence[int]],
        processor: Any,
        max_new_tokens: int,
        seed: int,
        options: Mapping[str, Any],
    ) -> tuple[list[list[int]], float]:
        """Runs the model on encoded sources; the ids of each written sequence and the wall time."""
        inputs = self.processor.pad(sources).to(self.device)
        options = dict(options)
        streamer = options.pop("streamer", None)
        config = GenerationConfig(
            **{
                "do_sample": True,
                "max_new_tokens": max_new_tokens,
                "pad_token_id": self.model.config.pad_token_id,
                "bos_token_id": self.model.config.bos_token_id,
                "eos_token_id": self.model.config.eos_token_id,
                "decoder_start_token_id": self.model.config.decoder_start_token_id,
                **options,
            }
        )
        devices = [self.device] if self.device.type == "cuda" else []
        started = time.perf_counter()
        with torch.random.fork_rng(devices), torch.inference_mode():
            torch.manual_seed(seed)
            out = self.model.generate(
                **inputs, generation_config=config, logits_processor=LogitsProcessorList([processor]), streamer=streamer
            )
        seconds = time.perf_counter() - started
        end = self.model.config.eos_token_id
        rows = [row[1:].tolist() for row in out]  # the first id is the decoder's start
        return [row[: row.index(end)] if end in row else row for row in rows], seconds


class TextToMidiPipeline(_MidiTextPipeline):
    """Writes MIDI from words.

    Call arguments, all optional:
        num_candidates: Pieces written for each prompt in one batch; the one that agrees best with the prompt is
            returned, the rest are its ``others``.
        seed: For reproducible music; drawn and reported by default.
        tempo_bpm, key, time_signature, instruments, bars, duration_seconds: Explicit wishes, see `Wishes`; they win
            over the prompt's words and hold for every input. An input may be a mapping with wishes of its own:
            ``{"prompt": "a song", "bars": 8}``.
        locks: False lets the model ignore every wish; the grammar still holds.
        max_new_tokens: The longest piece, in tokens.
        temperature, top_k, top_p, …: As in ``generate``.
        streamer: Receives ids as they are written; for one prompt and one candidate.
    """

    def __call__(self, inputs: Any, *, seed: int | None = None, **kwargs: Any) -> Any:
        """Writes one piece for a prompt, a list for a list, an iterator for a generator."""
        return super().__call__(inputs, seed=secrets.randbelow(2**31) if seed is None else seed, **kwargs)

    def _sanitize_parameters(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        options = {name: kwargs.pop(name) for name in (*_SAMPLING, "streamer") if name in kwargs}
        wishes = {name: kwargs.pop(name) for name in list(kwargs) if name in _WISHES}
        preprocess: dict[str, Any] = {"wishes": Wishes(**wishes)} if wishes else {}
        if "seed" in kwargs:
            preprocess["seed"] = kwargs["seed"]
        forward: dict[str, Any] = {
            name: kwargs.pop(name) for name in ("num_candidates", "seed", "locks", "max_new_tokens") if name in kwargs
        }
        if kwargs:
            raise TypeError(
                f"text-to-midi knows no {', '.join(map(repr, sorted(kwargs)))}; it takes num_candidates, seed, locks, "
                f"max_new_tokens, streamer, {', '.join(sorted(_WISHES))} and {', '.join(_SAMPLING)}"
            )
        if forward.get("num_candidates", 1) < 1:
            raise ValueError(f"num_candidates must be at least 1; got {forward['num_candidates']}")
        if options:
            forward["options"] = options
        return preprocess, forward, {}

    def preprocess(self, prompt: Any, wishes: Wishes | None = None, seed: int = 0) -> dict[str, Any]:
        """Reads one prompt: a string, or a mapping with ``prompt`` and any of the wishes."""
        if isinstance(prompt, Mapping):
            given = dict(prompt)
            prompt = given.pop("prompt", "")
            unknown = sorted(set(given) - _WISHES)
            if unknown:
                raise ValueError(f"a prompt's mapping may hold prompt, {', '.join(sorted(_WISHES))}; got {unknown}")
            wishes = Wishes(**{**(asdict(wishes) if wishes else {}), **given})
        if not isinstance(prompt, str):
            raise TypeError(f"a prompt must be a str or a mapping with 'prompt'; got {type(prompt).__name__}")
        request = understand(prompt[:MAX_PROMPT_CHARACTERS], wishes, seed)
        return {"prompt": prompt, "request": request}

    def _forward(
        self,
        model_inputs: dict[str, Any],
        num_candidates: int = 1,
        seed: int = 0,
        locks: bool = True,
        max_new_tokens: int | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Writes the candidates of one prompt or of a batch of them."""
        batched = isinstance(model_inputs["request"], list)
        requests: list[Request] = model_inputs["request"] if batched else [model_inputs["request"]]
        limit = max_new_tokens or self.model.config.max_target_length
        tokenizer = self.processor.tokenizer
        held = [request.locks if locks else Locks() for request in requests]
        processor = MusicLogitsProcessor(tokenizer.token_events, tokenizer.eos_token_id, limit + 1, held)
        written, seconds = self._generate(
            [self.processor.encode_request("compose", request) for request in requests],
            processor,
            limit,
            seed,
            {"temperature": 0.9, "top_p": 0.95, "top_k": 0, **(options or {}), "num_return_sequences": num_candidates},
        )
        groups = [written[i : i + num_candidates] for i in range(0, len(written), num_candidates)]
        out = {"prompt": model_inputs["prompt"], "request": requests, "written": groups}
        out |= {"seed": [seed] * len(groups), "seconds": [seconds] * len(groups)}
        return out if batched else {key: value if key == "prompt" else value[0] for key, value in out.items()}

    def postprocess(self, model_outputs: dict[str, Any]) -> Composition:
        """Measures the candidates of one prompt and puts the best first."""
        request: Request = model_outputs["request"]
        made = []
        for ids in model_outputs["written"]:
            score = _cut(self.processor.decode_score(ids), request.locks.bars)
            facts = measure_facts(score)
            analysis = analyze(score, facts)
            made.append(
                Composition(
                    prompt=model_outputs["prompt"],
                    seed=model_outputs["seed"],
                    score=score,
                    midi=write_score(score),
                    facts=facts,
                    analysis=analysis,
                    ask=request.ask,
                    agreement=agreement(request.ask, facts, analysis),
                    generation_seconds=model_outputs["seconds"],
                    tokens=len(ids),
                )
            )
        made.sort(key=lambda composition: -composition.share_met)  # stable: the first of equals stays first
        best, *others = made
        return Composition(**{**vars(best), "others": tuple(others)})


class MidiToTextPipeline(_MidiTextPipeline):
    """Describes MIDI in words: a path, bytes, a binary file object or a symusic Score.

    Call arguments, all optional:
        seed: For reproducible words.
        max_new_tokens: The longest description, in tokens.
        temperature, top_k, top_p, num_beams, …: As in ``generate``.
        streamer: Receives ids as they are written, before any repair; for one input.
    """

    def _sanitize_parameters(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        options = {name: kwargs.pop(name) for name in (*_SAMPLING, "streamer") if name in kwargs}
        given = {name: kwargs.pop(name) for name in ("seed", "max_new_tokens") if name in kwargs}
        forward: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        if kwargs:
            raise TypeError(
                f"midi-to-text knows no {', '.join(map(repr, sorted(kwargs)))}; it takes seed, max_new_tokens, "
                f"streamer and {', '.join(_SAMPLING)}"
            )
        if options:
            forward["options"] = options
        return {}, forward, {}

    def preprocess(self, midi: Any) -> dict[str, Any]:
        """Reads, measures and encodes one source."""
        music = self.processor.read_music(midi)
        view = view_score(music.score)
        styles = self._probe.guess(style_features(view)) if self._probe else ()
        return {"music": music, "facts": view.facts, "analysis": analyze_view(view), "styles": styles}

    @cached_property
    def _probe(self) -> StyleProbe | None:
        """The style probe that lies beside the weights."""
        path = cached_file(
            self.model.name_or_path,
            PROBE_FILE,
            _raise_exceptions_for_missing_entries=False,
            _raise_exceptions_for_connection_errors=False,
        )
        return StyleProbe.load(path) if path else None

    def _forward(
        self,
        model_inputs: dict[str, Any],
        seed: int = 0,
        max_new_tokens: int = 192,
        options: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Writes the words for one score or a batch of them."""
        batched = isinstance(model_inputs["music"], list)
        pieces = model_inputs["music"] if batched else [model_inputs["music"]]
        tokenizer = self.processor.tokenizer
        processor = TextOnlyLogitsProcessor(tokenizer.token_events, tokenizer.eos_token_id, tokenizer.special_ids)
        written, _ = self._generate(
            [self.processor.encode("caption", music=piece.ids) for piece in pieces],
            processor,
            max_new_tokens,
            seed,
            {"temperature": 0.7, "top_p": 0.9, "top_k": 0, **(options or {})},
        )
        return {**model_inputs, "written": written if batched else written[0]}

    def postprocess(self, model_outputs: dict[str, Any]) -> Description:
        """Repairs or drops what the measurement contradicts."""
        music, facts, analysis = (model_outputs[name] for name in ("music", "facts", "analysis"))
        words = self.processor.decode_text(model_outputs["written"])
        check = check_caption(words, facts, analysis)
        return Description(
            text=check.text,
            model_text=words,
            check=check,
            facts=facts,
            analysis=analysis,
            styles=model_outputs["styles"],
            bars_read=music.bars_read,
            bars_total=music.bars_total,
            repairs=music.repairs,
        )


def _cut(score: symusic.Score, bars: tuple[int, int] | None) -> symusic.Score:
    """Notes that sound past the last bar asked for end there."""
    if bars is None or len(bar_starts(score)) - 1 <= bars[1]:
        return score
    return slice_bars(score, 0, bars[1])


__all__ = ["Composition", "Description", "MidiToTextPipeline", "TextToMidiPipeline"]
