"""The two doors: ``pipeline("text-to-midi")`` and ``pipeline("midi-to-text")``.

Words become MIDI: what the prompt and the arguments ask is read, the model writes under the grammar and the locks, the
result is measured and set beside what was asked. MIDI becomes words: the file is read and measured, the model writes,
and every statement of its words that the measurement contradicts is repaired or dropped. Both return typed results,
take one input, a list or a generator, and work in batches.
"""

from __future__ import annotations

import copy
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import cached_property
from typing import Any

import symusic
from transformers import Pipeline
from transformers.utils import cached_file

from .agreement_midi_text import agreement
from .changes_midi_text import CHANGES, ChangeWishes, read_change
from .constraints_midi_text import TextOnlyLogitsProcessor
from .drafts_midi_text import Change
from .embedding_midi_text import Embedder
from .facts.analysis import analyze, analyze_view
from .facts.view import view_score
from .facts_midi_text import measure_facts
from .generation_midi_text import BatchWriter, Written
from .locks_midi_text import Locks
from .repair_midi_text import check_caption
from .request_midi_text import Request, Wishes, understand
from .results_midi_text import Composition, Description
from .score_midi_text import bar_starts, read_score, slice_bars, write_score
from .style_midi_text import PROBE_FILE, StyleProbe, style_features
from .windows_midi_text import LongPiece, is_long

MAX_PROMPT_CHARACTERS = 100_000
_WISHES = frozenset(Wishes.__dataclass_fields__)
_CHANGE = ("midi", "task", "at_bars", "at_tracks", "strength")
_BOTH = ("seed", "locks", "num_candidates", "max_new_tokens")  # needed to read an input and to write its answer
_SAMPLING = ("temperature", "top_k", "top_p", "min_p", "repetition_penalty", "num_beams", "do_sample")
_GUIDED = ("guidance_scale", *_SAMPLING)  # what words ask can count more where music is written
_SAMPLED = {"temperature": 1.0, "top_p": 0.95, "top_k": 0, "guidance_scale": 1.0}
_UNHELD = {"top_p": 0.9, "guidance_scale": 1.5}  # without locks, where one unlikely note can break a wish


class _MidiTextPipeline(Pipeline):
    """What both directions share: only a processor is loaded, and on a CPU the model computes in float32."""

    _load_processor = True
    _load_tokenizer = False
    _load_image_processor = False
    _load_video_processor = False
    _load_feature_extractor = False
    _pipeline_calls_generate = False

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if self.device.type == "cpu":
            self.model.float()  # without units for the bfloat16 of checkpoints, as most, it is far slower in it

    def __call__(self, inputs: Any, **kwargs: Any) -> Any:
        """See `Pipeline.__call__`; an empty list gives an empty list."""
        if isinstance(inputs, list | tuple) and not inputs:
            return []
        return super().__call__(list(inputs) if isinstance(inputs, tuple) else inputs, **kwargs)


class TextToMidiPipeline(_MidiTextPipeline):
    """Writes MIDI from words, or changes a piece that is given beside them.

    Call arguments, all optional:
        midi: A piece to change: a path, bytes, a binary file object or a symusic Score.
        task: ``"compose"``, by default without ``midi``; ``"continue"``, by default with it: ``bars`` or
            ``duration_seconds`` more; ``"infill"``: writes ``at_bars="9-16"`` and ``at_tracks=[2]`` (both from 1, as
            people count) anew; ``"vary"``: a share ``strength`` of the bars; ``"refine"``: dynamics and tempo of the
            same notes. What is not asked to change does not change, note for note. The words may be empty.
        num_candidates: Pieces written for each prompt in one batch; the one that agrees best with the prompt is
            returned, the rest are its ``others``. Among equals the one that is closest to the prompt's words comes
            first, if the checkpoint has a shared space.
        seed: For reproducible music; drawn and reported by default.
        tempo_bpm, key, time_signature, instruments, bars, duration_seconds: Explicit wishes, see `Wishes`; they win
            over the prompt's words and hold for every input. An input may be a mapping with wishes of its own:
            ``{"prompt": "a song", "bars": 8}``, ``{"midi": "song.mid", "task": "vary"}``.
        locks: False lets the model ignore every wish; the grammar still holds.
        copy_sections: False lets the model write a section that comes back ("AABA") anew; by default it is the first
            one note for note, up to its last bar.
        max_new_tokens: The longest piece, in tokens.
        guidance_scale: How much more than otherwise the words and wishes count (`guidance_midi_text`); 1 is not at all
            and faster. By default 1 with locks, and more without, where nothing else holds the model to them.
        temperature, top_k, top_p, …: As in ``generate``; by default 1, 0 (all) and 0.95, without locks 0.9.
        streamer: Receives ids as they are written; for one prompt and one candidate.
    """

    def __call__(self, inputs: Any, *, seed: int | None = None, **kwargs: Any) -> Any:
        """Writes one piece for a prompt, a list for a list, an iterator for a generator."""
        return super().__call__(inputs, seed=secrets.randbelow(2**31) if seed is None else seed, **kwargs)

    def _sanitize_parameters(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        options = {name: kwargs.pop(name) for name in (*_GUIDED, "streamer") if name in kwargs}
        wishes = {name: kwargs.pop(name) for name in list(kwargs) if name in _WISHES}
        preprocess: dict[str, Any] = {"wishes": Wishes(**wishes)} if wishes else {}
        preprocess |= {name: kwargs[name] for name in _BOTH if name in kwargs}
        if change := {name: kwargs.pop(name) for name in _CHANGE if name in kwargs}:
            preprocess["change"] = change
        forward: dict[str, Any] = {name: kwargs.pop(name) for name in (*_BOTH, "copy_sections") if name in kwargs}
        if kwargs:
            raise TypeError(
                f"text-to-midi knows no {', '.join(map(repr, sorted(kwargs)))}; it takes {', '.join(_CHANGE)}, "
                "num_candidates, seed, locks, copy_sections, max_new_tokens, streamer, "
                f"{', '.join(sorted(_WISHES))} and {', '.join(_GUIDED)}"
            )
        if forward.get("num_candidates", 1) < 1:
            raise ValueError(f"num_candidates must be at least 1; got {forward['num_candidates']}")
        if options:
            forward["options"] = options
        return preprocess, forward, {}

    def preprocess(
        self,
        prompt: Any,
        wishes: Wishes | None = None,
        change: Mapping[str, Any] | None = None,
        seed: int = 0,
        locks: bool = True,
        num_candidates: int = 1,
        max_new_tokens: int | None = None,
    ) -> dict[str, Any]:
        """Reads one prompt: a string, or a mapping with ``prompt``, any of the wishes, and a piece to change."""
        change = dict(change or {})
        if isinstance(prompt, Mapping):
            given = dict(prompt)
            prompt = given.pop("prompt", "")
            change |= {name: given.pop(name) for name in _CHANGE if name in given}
            unknown = sorted(set(given) - _WISHES)
            if unknown:
                known = ", ".join([*_CHANGE, *sorted(_WISHES)])
                raise ValueError(f"a prompt's mapping may hold prompt, {known}; got {unknown}")
            wishes = Wishes(**{**(asdict(wishes) if wishes else {}), **given})
        if not isinstance(prompt, str):
            raise TypeError(f"a prompt must be a str or a mapping with 'prompt'; got {type(prompt).__name__}")
        words, midi = prompt[:MAX_PROMPT_CHARACTERS], change.pop("midi", None)
        task = change.pop("task", None) or ("compose" if midi is None else "continue")
        if task not in ("compose", *CHANGES):
            raise ValueError(f"task must be one of compose, {', '.join(CHANGES)}; got {task!r}")
        if (midi is None) != (task == "compose"):
            raise ValueError(
                f"the task {task!r} {'needs midi=, the piece to change' if midi is None else 'takes no midi'}"
            )
        if task == "compose":
            if change:
                raise ValueError(f"{', '.join(change)} can only be asked of a piece: give midi= and a task")
            return {"prompt": prompt, "request": understand(words, wishes, seed), "changes": None}
        rooms = self.model.config.max_source_length, max_new_tokens or self.model.config.max_target_length
        first = read_change(
            self.processor.tokenizer,
            read_score(midi).score,
            words,
            ChangeWishes(task=task, **change),
            wishes,
            held=locks,
            seed=seed,
            rooms=rooms,
        )
        return {
            "prompt": prompt,
            "request": first.piece.request,
            "changes": [copy.copy(first) for _ in range(num_candidates)],
        }

    def _forward(
        self,
        model_inputs: dict[str, Any],
        num_candidates: int = 1,
        seed: int = 0,
        locks: bool = True,
        copy_sections: bool = True,
        max_new_tokens: int | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Writes the candidates of one prompt or of a batch of them."""
        batched = isinstance(model_inputs["request"], list)
        requests: list[Request] = model_inputs["request"] if batched else [model_inputs["request"]]
        changes: list[list[Change] | None] = model_inputs["changes"] if batched else [model_inputs["changes"]]
        options = {**_SAMPLED, **({} if locks else _UNHELD), **(options or {})}
        writer = BatchWriter(self.model, self.processor, options)
        written: list[Any] = [change or [] for change in changes]
        seconds = writer.write_changes([each for change in changes for each in change or []], seed)
        composing = [index for index, change in enumerate(changes) if change is None]
        long = [i for i in composing if max_new_tokens is None and is_long(requests[i], locks, copy_sections)]
        short = [index for index in composing if index not in long]
        room, tokenizer = max_new_tokens or self.model.config.max_target_length, self.processor.tokenizer
        made: list[tuple[list[int], Written]] = []
        if long:
            each = [requests[index] for index in long for _ in range(num_candidates)]
            pieces = [LongPiece(tokenizer, request, room, copy_sections) for request in each]
            made.append((long, writer.write_long(pieces, seed)))
        if short:
            held = [requests[index].locks if locks else Locks() for index in short]
            asked = [requests[index] for index in short]
            made.append((short, writer.write_pieces(asked, held, room, seed, num_candidates)))
        for indices, (rows, took) in made:
            seconds += took
            for number, index in enumerate(indices):
                written[index] = rows[number * num_candidates : (number + 1) * num_candidates]
        out = {"prompt": model_inputs["prompt"], "request": requests, "changes": changes, "written": written}
        out |= {"seed": [seed] * len(written), "seconds": [seconds] * len(written)}
        return out if batched else {key: value if key == "prompt" else value[0] for key, value in out.items()}

    def postprocess(self, model_outputs: dict[str, Any]) -> Composition:
        """Measures the candidates of one prompt and puts the best first."""
        request: Request = model_outputs["request"]
        given = {name: model_outputs[name] for name in ("prompt", "seed")}
        given["generation_seconds"] = model_outputs["seconds"]
        if model_outputs["changes"] is not None:
            made = [_changed(change, **given) for change in model_outputs["written"]]
        else:
            made = [self._composed(request, ids, **given) for ids in model_outputs["written"]]
        best, *others = self._ranked(made)
        return Composition(**{**vars(best), "others": tuple(others)})

    def _ranked(self, made: Sequence[Composition]) -> list[Composition]:
        """Best first: by the share of wishes that are met, then by how close a piece is to the prompt's words."""
        embedder, prompt = Embedder(self.model, self.processor), made[0].prompt
        if len(made) > 1 and embedder.has_space and prompt.strip():
            (words,) = embedder.embed_texts([prompt])
            music = embedder.embed_music([embedder.music_ids(c.score) for c in made])
            made = [replace(c, cosine=round(float(cosine), 4)) for c, cosine in zip(made, music @ words, strict=True)]
        return sorted(made, key=lambda c: (-c.share_met, -(c.cosine or 0.0)))  # stable: the first of equals stays first

    def _composed(self, request: Request, ids: Sequence[int], **given: Any) -> Composition:
        score = _cut(self.processor.decode_score(ids), request.locks.bars)
        facts = measure_facts(score)
        analysis = analyze(score, facts)
        return Composition(
            score=score,
            midi=write_score(score),
            facts=facts,
            analysis=analysis,
            ask=request.ask,
            agreement=agreement(request.ask, facts, analysis),
            tokens=len(ids),
            **given,
        )


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
        read = read_score(midi)
        view = view_score(read.score)
        analysis = analyze_view(view)
        ids, music = self.processor.encode_measured(read, view.facts, analysis)
        styles = self._probe.guess(style_features(view)) if self._probe else ()
        return {"ids": ids, "music": music, "facts": view.facts, "analysis": analysis, "styles": styles}

    @cached_property
    def _probe(self) -> StyleProbe | None:
        """The style probe that lies beside the weights; a model that was made in memory has none."""
        if not self.model.name_or_path:
            return None
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
        sources = model_inputs["ids"] if batched else [model_inputs["ids"]]
        tokenizer = self.processor.tokenizer
        rules = TextOnlyLogitsProcessor(tokenizer.token_events, tokenizer.eos_token_id, tokenizer.special_ids)
        options = {"temperature": 0.1, "top_p": 0.9, "top_k": 0, "no_repeat_ngram_size": 4, **(options or {})}
        written, _ = BatchWriter(self.model, self.processor, options).write(sources, rules, max_new_tokens, seed)
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


def _changed(change: Change, **given: Any) -> Composition:
    """A changed piece: measured whole, and what was asked in the part that was written."""
    score, wanted, kept = change.result()
    facts = measure_facts(score)
    return Composition(
        score=score,
        midi=write_score(score),
        facts=facts,
        analysis=analyze(score, facts),
        ask=change.ask(),
        agreement=change.agreement(wanted, kept),
        tokens=change.tokens,
        task=change.task,
        original=change.heard,
        changed_bars=change.changed_bars,
        **given,
    )


__all__ = ["Composition", "Description", "MidiToTextPipeline", "TextToMidiPipeline"]
