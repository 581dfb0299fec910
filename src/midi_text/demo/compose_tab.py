"""The tab where words become music: a form, and a piece that is seen and heard while it grows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import gradio as gr

from ..bars_midi_text import bar_starts, last_tick
from ..pipeline_midi_text import Composition
from .answers import Answers, Form
from .limits import MAX_CANDIDATES, MAX_NEW_BARS, kindly
from .panels import agreement_table, words
from .parts import downloads, made_files, player_box
from .playback import Recorder, playback
from .shelf import Shelf
from .writing import Draft

EXAMPLES = (
    "a slow waltz in D minor for violin and piano, 16 bars",
    "a lively jig in D major for flute, 16 bars",
    "a calm chorale in G major for strings, 8 bars",
    "a rock groove at 120 BPM for drums and guitar, 8 bars",
)
_KEYS = [f"{tonic} {mode}" for mode in ("major", "minor") for tonic in ("C", "D", "E", "F", "G", "A", "B", "Bb", "Eb")]
_METRES = ["2/4", "3/4", "4/4", "6/8", "9/8", "12/8", "5/4", "2/2"]
_INSTRUMENTS = ["piano", "violin", "viola", "cello", "flute", "clarinet", "oboe", "trumpet", "guitar", "harp", "organ",
                "strings", "choir", "electric guitar", "electric bass", "drums"]  # fmt: skip
_SKIP = (gr.skip(),) * 6  # what belongs to a finished piece waits for it
_AUDIBLE_SECONDS = 2.5  # of whole bars, from which on the player may begin


def compose_tab(page: gr.Blocks, answers: Answers, shelf: Shelf, piece: gr.State) -> gr.Button:
    """Returns the button that takes the piece to the next tab."""
    prompt = gr.Textbox(label="What should it be?", lines=2, max_length=1000, elem_id="compose-prompt",
                        placeholder="a slow waltz in D minor for violin and piano, 16 bars")  # fmt: skip
    with gr.Row():
        go = gr.Button("Compose", variant="primary", scale=4, min_width=160, elem_id="compose-go")
        stop = gr.Button("Stop", scale=1, min_width=96, elem_id="compose-stop")
    gr.Examples([[text] for text in EXAMPLES], prompt, label="Or try one of these", api_visibility="private")
    with gr.Accordion("Hold it to this (optional)", open=False):
        with gr.Row():
            bars = gr.Number(label="Bars", value=None, minimum=1, maximum=MAX_NEW_BARS, precision=0)
            key = gr.Dropdown(["", *_KEYS], label="Key", value="", allow_custom_value=False)
            tempo = gr.Number(label="Quarter notes a minute", value=None, minimum=30, maximum=250)
            metre = gr.Dropdown(["", *_METRES], label="Metre", value="")
        instruments = gr.Dropdown(_INSTRUMENTS, label="Instruments", multiselect=True)
        with gr.Row():
            candidates = gr.Slider(1, MAX_CANDIDATES, 1, step=1, label="Candidates: the best of so many")
            seed = gr.Textbox(label="Seed: the same one gives the same piece", max_length=10)
    player = player_box("compose-player")
    said = gr.HTML(elem_id="compose-said")
    table = gr.HTML(elem_id="compose-table")
    with gr.Row():
        midi, wave = downloads("compose")
        take_over = gr.Button("Change this piece", visible=False, elem_id="compose-change")
    link = gr.Textbox(label="Link to this piece", visible=False, interactive=False, buttons=["copy"],
                      elem_id="compose-link")  # fmt: skip
    query = gr.Textbox(visible="hidden")  # a State would not reach the browser, which knows the page's address

    @kindly
    def compose(*given: Any) -> Iterator[Any]:
        form = _form(*given)
        shown = _Growing()
        yield {}, words("", "Reading your words …"), "", *_SKIP[:2], None, *_SKIP[:2], ""
        for part in answers.compose(form):
            if isinstance(part, Draft):
                asked = form.bars or ""
                told = f"Bar {part.bars}{f' of {asked}' if asked else ''} is written …"
                yield shown.grow(part), words("", told), "", *_SKIP
                continue
            yield _composed(part, form, shown, shelf)

    fields = [prompt, seed, candidates, key, tempo, metre, instruments, bars]
    outputs = [player, said, table, midi, wave, piece, take_over, link, query]
    event = gr.on(
        [go.click, prompt.submit], compose, fields, outputs,
        concurrency_id="model", concurrency_limit=1, show_progress="minimal", api_visibility="private",
    )  # fmt: skip
    event.then(None, query, link, js="(query) => query ? new URL(query, location.href).href : ''")
    stop.click(None, cancels=[event])
    page.load(_from_link, None, fields, api_visibility="private")
    return take_over


def _form(
    prompt: str, seed: Any, candidates: Any, key: str, tempo: Any, metre: str, instruments: Any, bars: Any
) -> Form:
    return Form(prompt or "", seed, int(candidates or 1), key, tempo, metre, tuple(instruments or ()), bars)


class _Growing:
    """A piece that is heard while it is written."""

    def __init__(self) -> None:
        self.recorder = Recorder()
        self._recorded = 0.0

    def grow(self, draft: Draft) -> dict[str, Any]:
        """Shows another bar; sound comes a few seconds at a time."""
        lines = bar_starts(draft.score)
        shown = playback(draft.score, self.recorder.pieces, done=False, autoplay=True)
        until = shown["bars"][-1]
        if until - self._recorded >= _AUDIBLE_SECONDS:
            self.recorder.record(draft.score, int(lines[-1]))
            self._recorded = until
            shown["sound"] = list(self.recorder.pieces)
        return shown


def _composed(made: Composition, form: Form, shown: _Growing, shelf: Shelf) -> tuple[Any, ...]:
    """The whole bundle of a finished piece."""
    shown.recorder.record(made.score, last_tick(made.score) + 1)
    facts = made.facts
    told = f"{facts.bars} bars, {facts.duration_seconds:.0f} seconds, written in {made.generation_seconds:.1f} seconds."
    again = f"Seed {made.seed} gives it again."
    asked = {"prompt": form.prompt, "seed": made.seed, "candidates": form.candidates, "key": form.key or "",
             "tempo": form.tempo_bpm or "", "metre": form.time_signature or "",
             "instruments": ",".join(form.instruments), "bars": form.bars or ""}  # fmt: skip
    return (
        playback(made.score, shown.recorder.pieces, analysis=made.analysis, autoplay=True),
        words("", f"{told} {again}"),
        agreement_table(made.agreement),
        *made_files(shelf, made.score, made.midi),
        made.midi,
        gr.Button(visible=True),
        gr.Textbox(visible=True),
        "?" + urlencode({name: value for name, value in asked.items() if value != ""}),
    )


def _from_link(request: gr.Request) -> tuple[Any, ...]:
    """Fills the form from a shared link."""
    asked = dict(request.query_params)
    if not asked:  # who has begun to write meanwhile is not disturbed
        return (gr.skip(),) * 8

    def number(name: str, otherwise: int | None = None) -> int | None:
        try:
            return int(float(asked[name]))
        except (KeyError, ValueError, OverflowError):
            return otherwise

    key, metre = asked.get("key", ""), asked.get("metre", "")
    names = [name for name in asked.get("instruments", "").split(",") if name in _INSTRUMENTS]
    return (
        asked.get("prompt", "")[:1000],
        asked.get("seed", "")[:10],
        min(max(number("candidates", 1) or 1, 1), MAX_CANDIDATES),
        key if key in _KEYS else "",
        number("tempo"),
        metre if metre in _METRES else "",
        names,
        number("bars"),
    )
