"""The page's functions for programs: named endpoints of plain JSON, which are MCP tools as well.

MIDI travels as base64, so that `curl` and language models can send and read it. See ``docs/api.md``.
"""

from __future__ import annotations

import base64
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import gradio as gr

from ..pipeline_midi_text import Composition
from ..score_midi_text import write_score
from .answers import DEFAULT_BARS, Answers, Form
from .limits import kindly, read_base64


class Endpoints:
    """What a program may call; a method's signature and docstring are what it is told.

    Args:
        answers: The pipelines.
    """

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def compose(
        self,
        prompt: str,
        seed: int | None = None,
        bars: int | None = DEFAULT_BARS,
        key: str | None = None,
        tempo_bpm: float | None = None,
        time_signature: str | None = None,
        instruments: list[str] | None = None,
        candidates: int = 1,
    ) -> dict[str, Any]:
        """Writes a piece of music to words.

        Args:
            prompt: Such as "a slow waltz in D minor for violin and piano".
            seed: A whole number that gives the same piece again; drawn by default.
            bars: Length, 1 to 64; null leaves it to the words.
            key: Such as "D minor".
            tempo_bpm: Quarter notes a minute, 30 to 250.
            time_signature: Such as "3/4".
            instruments: Such as ["violin", "piano"].
            candidates: So many pieces are written, 1 to 4; the one that agrees best with the words is given.
        """
        form = Form(prompt, seed, candidates or 1, key, tempo_bpm, time_signature, tuple(instruments or ()), bars)
        return _composition(_last(self._answers.compose(form)))

    def describe(self, midi_base64: str) -> dict[str, Any]:
        """Describes a MIDI file in words, every fact of them checked, and measures it.

        Args:
            midi_base64: The file's bytes as base64.
        """
        return self._answers.describe(read_base64(midi_base64).score).to_dict()

    def change(
        self,
        midi_base64: str,
        task: str = "continue",
        prompt: str = "",
        seed: int | None = None,
        bars: int | None = None,
        at_bars: str | None = None,
        at_tracks: list[int] | None = None,
        strength: float | None = None,
    ) -> dict[str, Any]:
        """Continues, fills in, varies or refines a piece of music.

        Args:
            midi_base64: The piece: a MIDI file's bytes as base64.
            task: "continue", "infill", "vary" or "refine".
            prompt: Words that steer it.
            seed: A whole number that gives the same piece again.
            bars: For "continue": how many new bars.
            at_bars: For "infill": such as "9-16" or "1,3,5-8", counted from 1.
            at_tracks: For "infill": the numbers of tracks, from 1.
            strength: For "vary": the share of bars to write anew, 0 to 1.
        """
        score = read_base64(midi_base64).score
        named = {"continue": ("bars",), "infill": ("at_bars", "at_tracks"), "vary": ("strength",)}.get(task, ())
        given = {"bars": bars, "at_bars": at_bars, "at_tracks": at_tracks, "strength": strength}
        options = {name: given[name] for name in named}
        return _composition(_last(self._answers.change(score, task, prompt, seed, options)))

    def practise(self, prompt: str, seed: int | None = None) -> dict[str, Any]:
        """Writes a piano exercise that is what was asked.

        Args:
            prompt: Such as "dotted rhythms in G major, left hand, easy".
            seed: A whole number that gives the same exercise again.
        """
        made, number = self._answers.practise(prompt, seed)
        rows = [asdict(row) for row in made.agreement]
        midi = _base64(write_score(made.score))
        return {"midi_base64": midi, "seed": number, "hand": made.hand, "level": made.level, "agreement": rows}

    def assess(self, reference_base64: str, performance_base64: str) -> dict[str, Any]:
        """Compares a performance with the piece as it should be: notes, timing, tempo, dynamics.

        Args:
            reference_base64: The piece as it should be, as base64 of a MIDI file.
            performance_base64: The piece as it was played.
        """
        found, advice = self._answers.assess(read_base64(reference_base64).score, read_base64(performance_base64).score)
        return {"advice": advice, **asdict(found)}


def add_endpoints(answers: Answers) -> None:
    """Adds the endpoints to the Blocks being built, each under its method's name."""
    ends = Endpoints(answers)
    rooms = {"model": (ends.compose, ends.describe, ends.change), "desk": (ends.practise, ends.assess)}
    for room, methods in rooms.items():
        for method in methods:
            gr.api(  # type: ignore[attr-defined]
                kindly(method), api_name=method.__name__, concurrency_id=room, concurrency_limit=1
            )


def _composition(made: Composition) -> dict[str, Any]:
    return {"midi_base64": _base64(made.midi), **made.to_dict()}


def _last(parts: Iterator[Any]) -> Any:
    """The last of an answer's parts: the whole."""
    return deque(parts, maxlen=1).pop()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
