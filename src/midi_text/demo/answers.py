"""What the page and the programs' endpoints both ask: compose, describe, change, practise, assess.

Every method takes plain values, as a form or a JSON object has them, holds them to the limits and gives typed results.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from symusic.core import ScoreTick

from ..facts_midi_text import measure_facts
from ..pipeline_midi_text import Composition, Description
from ..study.advice import advise
from ..study.assess import Assessment, assess
from ..study.exercises import Exercise, write_exercise
from .limits import MAX_CANDIDATES, MAX_NEW_BARS, check_prompt
from .writing import Draft, write

DEFAULT_BARS = 16
TASKS = ("continue", "infill", "vary", "refine")


@dataclass(frozen=True)
class Form:
    """The wishes of the compose form; what is empty is not asked.

    Attributes:
        prompt: Words.
        seed: None draws one.
        candidates: Pieces to choose the best from.
        key: Such as "D minor".
        tempo_bpm: Quarter notes a minute.
        time_signature: Such as "3/4".
        instruments: Names.
        bars: How many.
    """

    prompt: str = ""
    seed: int | str | None = None
    candidates: int = 1
    key: str | None = None
    tempo_bpm: float | None = None
    time_signature: str | None = None
    instruments: tuple[str, ...] = ()
    bars: int | None = None


class Answers:
    """The two pipelines behind the page.

    Args:
        composer: A text-to-midi pipeline.
        describer: A midi-to-text pipeline.
    """

    def __init__(self, composer: Any, describer: Any) -> None:
        self.composer, self.describer = composer, describer

    def compose(self, form: Form) -> Iterator[Draft | Composition]:
        """Writes a piece, bar by bar.

        Raises:
            ValueError: If the form asks for what cannot be.
            TimeoutError: If it takes too long.
        """
        prompt = check_prompt(form.prompt)
        if not 1 <= form.candidates <= MAX_CANDIDATES:
            raise ValueError(f"Please ask for 1 to {MAX_CANDIDATES} candidates.")
        wishes = {
            "key": form.key or None,
            "tempo_bpm": form.tempo_bpm or None,
            "time_signature": form.time_signature or None,
            "instruments": list(form.instruments) or None,
            "bars": _bars(form.bars),
        }
        given = {name: value for name, value in wishes.items() if value is not None}
        seed = _seed(form.seed)
        yield from write(self.composer, {"prompt": prompt, **given}, seed=seed, num_candidates=form.candidates)

    def describe(self, score: ScoreTick) -> Description:
        """Describes a piece."""
        return self.describer(score, seed=0, max_new_tokens=160)

    def change(
        self, score: ScoreTick, task: str, words: str, seed: int | str | None, options: dict[str, Any]
    ) -> Iterator[Draft | Composition]:
        """Continues, fills in, varies or refines a piece.

        Args:
            score: The piece.
            task: One of `TASKS`.
            words: Steer it; may be empty.
            seed: None draws one.
            options: ``bars`` to continue by, ``at_bars`` and ``at_tracks`` to fill in, ``strength`` to vary by.

        Raises:
            ValueError: If that cannot be done to this piece.
            TimeoutError: If it takes too long.
        """
        if task not in TASKS:
            raise ValueError(f"The task must be one of {', '.join(TASKS)}; got {task!r}.")
        given = {name: value for name, value in options.items() if value not in (None, "", [])}
        if task == "continue":
            given["bars"] = _bars(given.get("bars")) or 8
        asked = {"prompt": check_prompt(words), "midi": score, "task": task, **given}
        yield from write(self.composer, asked, seed=_seed(seed))

    def practise(self, prompt: str, seed: int | str | None) -> tuple[Exercise, int]:
        """Writes an exercise; and the seed that gives it again.

        Raises:
            ValueError: If no exercise is what was asked.
        """
        number = _seed(seed)
        return write_exercise(check_prompt(prompt), number), number

    def assess(self, reference: ScoreTick, performance: ScoreTick) -> tuple[Assessment, str]:
        """Compares a performance with its reference; the figures and the advice.

        Raises:
            ValueError: If they cannot be compared.
        """
        found = assess(reference, performance)
        return found, advise(found, measure_facts(reference).key)


def _seed(seed: int | str | None) -> int:
    """The seed, from a field or a JSON object; drawn where it is empty."""
    if seed is None or not str(seed).strip():
        return secrets.randbelow(1_000_000)
    text = str(seed).strip()
    if not text.isdecimal() or int(text) >= 2**31:
        raise ValueError(f"A seed must be a whole number from 0 to {2**31 - 1}.")
    return int(text)


def _bars(bars: Any) -> int | None:
    if bars is None:
        return None
    if not 1 <= int(bars) <= MAX_NEW_BARS:
        raise ValueError(f"Please ask for 1 to {MAX_NEW_BARS} bars; a page has little time.")
    return int(bars)
