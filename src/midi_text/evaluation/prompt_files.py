"""Prompt sets: FactPrompts, which comes with the package, and files of three kinds.

- ours: JSON lines with ``text`` and ``gold`` (see `gold`), and optionally ``id``, ``group``, ``file_name``; a line
  without ``gold`` gets what our reader finds in its words;
- MidiCaps' JSON lines (Melechovsky et al., 2024: ``caption`` and measured fields): its fields are the gold, as in the
  published evaluations, though a caption may leave one out or tell it in a word ("Allegro" for 135); instruments are
  those of ``instrument_summary``, which its captions name, and others may sound; ``location`` names the answer;
- text: a prompt a line, its gold what our reader finds.

`PromptSet.gold` says which gold it is, because a figure over read gold judges only what the reader understood.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ..facts.chord import Chord
from ..key_midi_text import Key
from ..prompt_midi_text import read_prompt
from .gold import Gold, Prompt, gold_of

FACT_PROMPTS = Path(__file__).parent / "fact_prompts" / "prompts.jsonl"
FACT_PROMPTS_VERSION = "1.0.0"
STATED, READ, MEASURED = "stated by the prompt's author", "read by midi-text", "measured by MidiCaps"


@dataclass(frozen=True)
class PromptSet:
    """Some prompts.

    Attributes:
        name: Such as "FactPrompts 1.0.0", or the file's.
        prompts: In order; a set has at least one, and no two with one id.
        gold: Where the gold comes from.
    """

    name: str
    prompts: tuple[Prompt, ...]
    gold: str

    @property
    def hash(self) -> str:
        """SHA-256 (hexadecimal) of words and gold in their order, whatever the layout of the file."""
        return prompts_hash(self.prompts)

    @property
    def title(self) -> str:
        """Name and hash, by which a report tells what was asked."""
        return f"{self.name} (hash {self.hash[:12]})"

    def first(self, limit: int | None) -> PromptSet:
        """A sample of at most ``limit`` prompts, evenly spread over the set; all of them for None."""
        if limit is None or limit >= len(self.prompts):
            return self
        chosen = tuple(self.prompts[i * len(self.prompts) // limit] for i in range(limit))
        return PromptSet(f"{self.name}, {limit} of {len(self.prompts)}", chosen, self.gold)


def prompts_hash(prompts: Iterable[Prompt]) -> str:
    """SHA-256 (hexadecimal) of ids, words and gold in their order."""
    lines = (json.dumps(prompt.to_dict(), sort_keys=True, ensure_ascii=True) + "\n" for prompt in prompts)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def load_fact_prompts() -> PromptSet:
    """FactPrompts: 1,000 prompts over a balanced grid of facts and 300 free ones, see its card beside the file."""
    prompts = load_prompts(FACT_PROMPTS).prompts
    return PromptSet(f"FactPrompts {FACT_PROMPTS_VERSION}", prompts, STATED)


def load_prompts(path: str | os.PathLike[str]) -> PromptSet:
    """Reads a file of prompts of one of the three kinds.

    Raises:
        ValueError: If it is of none, or empty, or a line cannot be read; names the line and what must stand there.
        OSError: If the file cannot be read.
    """
    file = Path(path)
    lines = file.read_text(encoding="utf-8").splitlines()
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not numbered:
        raise ValueError(f"{file} must hold at least one prompt; it is empty")
    if not numbered[0][1].lstrip().startswith("{"):
        read = [Prompt(str(i), line.strip(), gold_of(read_prompt(line))) for i, (_, line) in enumerate(numbered)]
        return PromptSet(file.name, tuple(read), READ)
    prompts, golds = [], set()
    for place, (number, line) in enumerate(numbered):
        try:
            prompt, gold = _parse(json.loads(line), str(place))
        except (ValueError, TypeError, AttributeError) as error:
            raise ValueError(
                f"{file}, line {number}: must be a JSON object with 'text' and 'gold', or a line of MidiCaps with "
                f"'caption'; {error}"
            ) from error
        prompts.append(prompt)
        golds.add(gold)
    _check_ids(file, prompts)
    return PromptSet(file.name, tuple(prompts), " or ".join(sorted(golds)))


def _check_ids(file: Path, prompts: Sequence[Prompt]) -> None:
    seen: set[str] = set()
    for prompt in prompts:
        if prompt.id in seen:
            raise ValueError(f"{file}: every prompt must have an id of its own; {prompt.id!r} stands there twice")
        seen.add(prompt.id)


def _parse(line: Any, place: str) -> tuple[Prompt, str]:
    """One line, and where its gold comes from."""
    if not isinstance(line, dict) or not isinstance(line.get("text", line.get("caption")), str):
        raise ValueError("neither 'text' nor 'caption' is there")
    if "text" not in line:
        location = str(line.get("location") or "")
        return Prompt(location or place, line["caption"], _midicaps_gold(line), "", location), MEASURED
    name, group, file_name = (str(line.get(key) or "") for key in ("id", "group", "file_name"))
    stated = line.get("gold") is not None
    gold = Gold.from_dict(line["gold"]) if stated else gold_of(read_prompt(line["text"]))
    return Prompt(name or place, line["text"], gold, group, file_name), STATED if stated else READ


def _midicaps_gold(line: Mapping[str, Any]) -> Gold:
    """The fields of MidiCaps as gold; what a file of it leaves out or null is not asked."""
    beats, _, unit = str(line.get("time_signature") or "").partition("/")
    tempo, key = line.get("tempo"), line.get("key")
    named = read_prompt("music for " + ", ".join(line.get("instrument_summary") or ()))
    return Gold(
        tempo_bpm=(tempo, tempo) if tempo else None,
        time_signature=(int(beats), int(unit)) if unit else None,
        key=Key.parse(key) if key else None,
        programs=named.programs,
        families=named.families,
        chords=tuple(filter(None, map(_chord, line.get("chord_summary") or ()))),
        styles=tuple(dict.fromkeys([*(line.get("genre") or ()), *(line.get("mood") or ())])),
    )


def _chord(symbol: str) -> Chord | None:
    """A chord of MidiCaps; None where it is none of ours."""
    try:
        return Chord.parse(symbol)
    except ValueError:
        return None


def answer_names(prompt: Prompt, place: int) -> tuple[str, ...]:
    """Names that the answer to a prompt may have in a folder, the surest first, without their suffix."""
    named = PurePosixPath(prompt.file_name).as_posix() if prompt.file_name else ""
    return tuple(dict.fromkeys(filter(None, (named, PurePosixPath(named).name, prompt.id, str(place)))))
