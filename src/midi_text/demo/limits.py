"""What a visitor may ask, and how a refusal reads.

A small file can hold a very long piece (one event may wait for days), so size, notes, bars and minutes are all limited,
in the order in which they cost something to find out. Errors that a visitor can mend come back as their sentence;
others are logged here and come back as an apology. File names never reach a message: files are read as bytes.
"""

from __future__ import annotations

import base64
import binascii
import functools
import inspect
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from ..bars_midi_text import bar_starts, last_tick, seconds_at
from ..score_midi_text import ReadResult, read_score

MAX_BYTES = 1_000_000
MAX_NOTES = 20_000
MAX_BARS = 1_000
MAX_MINUTES = 15
MAX_PROMPT = 1_000  # characters
MAX_NEW_BARS = 64
MAX_CANDIDATES = 4
MAX_SECONDS = 120.0  # of one answer's writing
QUEUE = 100  # visitors that may wait

_log = logging.getLogger("midi_text.demo")
_APOLOGY = "Something went wrong here, and it was not your doing. Please try again, or try something simpler."


def read_upload(source: str | Path | bytes | None) -> ReadResult:
    """Reads what a visitor sent.

    Args:
        source: The file as it was uploaded, or its bytes.

    Raises:
        ValueError: If it is no MIDI file, or larger or longer than this page takes.
    """
    if source is None:
        raise ValueError("Please choose a MIDI file first.")
    if not isinstance(source, bytes):
        path = Path(source)
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"This file is too large: at most {MAX_BYTES // 1_000_000} MB, please.")
        source = path.read_bytes()
    if len(source) > MAX_BYTES:
        raise ValueError(f"This file is too large: at most {MAX_BYTES // 1_000_000} MB, please.")
    found = read_score(source, max_bytes=MAX_BYTES, max_notes=MAX_NOTES)
    minutes = float(seconds_at(found.score, last_tick(found.score))) / 60
    bars = len(bar_starts(found.score)) - 1
    if bars > MAX_BARS or minutes > MAX_MINUTES:
        raise ValueError(
            f"This piece is too long for this page: {bars:,} bars, {minutes:,.0f} minutes. It takes up to "
            f"{MAX_BARS:,} bars and {MAX_MINUTES} minutes; please cut it."
        )
    return found


def read_base64(text: str) -> ReadResult:
    """The same for a MIDI file as base64.

    Raises:
        ValueError: As `read_upload`, or if it is no base64.
    """
    if len(text) > MAX_BYTES * 4 // 3 + 4:
        raise ValueError(f"This file is too large: at most {MAX_BYTES // 1_000_000} MB, please.")
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("midi_base64 must be the bytes of a MIDI file as base64.") from error
    return read_upload(data)


def check_prompt(prompt: str) -> str:
    """The prompt, if it is one this page reads.

    Raises:
        ValueError: If it is too long.
    """
    if len(prompt) > MAX_PROMPT:
        raise ValueError(f"Please say it in at most {MAX_PROMPT:,} characters; these are {len(prompt):,}.")
    return prompt.strip()


def kindly(answer: Callable[..., Any]) -> Callable[..., Any]:
    """Makes an answer's errors ones that a visitor may see."""
    if inspect.isgeneratorfunction(answer):

        @functools.wraps(answer)
        def in_parts(*args: Any, **kwargs: Any) -> Iterator[Any]:
            try:
                yield from answer(*args, **kwargs)
            except Exception as error:
                raise _shown(error) from None

        return in_parts

    @functools.wraps(answer)
    def whole(*args: Any, **kwargs: Any) -> Any:
        try:
            return answer(*args, **kwargs)
        except Exception as error:
            raise _shown(error) from None

    return whole


def _shown(error: Exception) -> gr.Error:
    if isinstance(error, gr.Error):
        return error
    if isinstance(error, ValueError | TimeoutError):
        words = " ".join(str(error).split()).removeprefix("<bytes>: ").removeprefix("<score>: ")
        words = words.replace(" or raise max_notes", "")  # which a visitor cannot
        return gr.Error(words[:1].upper() + words[1:], print_exception=False)
    _log.error("an answer failed", exc_info=error)
    return gr.Error(_APOLOGY, print_exception=False)
