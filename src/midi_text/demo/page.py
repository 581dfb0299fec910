"""The page: four tabs over `Answers`.

A tab is a function that lays out its controls and says what happens. What is shown of a piece is always the same
bundle: player, words, table, two downloads and the piece itself, which the next tab can take over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from ..bars_midi_text import bar_starts
from ..score_midi_text import write_score
from .answers import Answers
from .compose_tab import compose_tab
from .endpoints import add_endpoints
from .limits import kindly, read_upload
from .panels import agreement_table, facts_table, words
from .parts import downloads, example_files, made_files, midi_file, player_box, player_of, upload_box
from .playback import playback
from .shelf import Shelf
from .writing import Draft

_TASK_NAMES = {
    "Continue it": "continue",
    "Fill in bars or tracks": "infill",
    "Vary it": "vary",
    "Play it with feeling": "refine",
}
_HEAD = """<header class="mt-head">
<h1><span>Words become <em>music</em>,</span> <span>and music becomes words</span></h1>
<p>Ask for a piece and hear it while it is written; or bring a MIDI file and have it described, changed or practised.
What you ask and can be measured is measured, and shown beside what you asked.</p></header>"""


def make_page(answers: Answers) -> gr.Blocks:
    """The whole page, with its endpoints."""
    shelf = Shelf()
    with gr.Blocks(title="midi-text", analytics_enabled=False, delete_cache=(300, 1800)) as page:
        add_endpoints(answers)  # first: they take the plain names
        gr.HTML(_HEAD)
        piece = gr.State(None)
        with gr.Tabs() as tabs:
            with gr.Tab("Compose", id="compose"):
                take_over = compose_tab(page, answers, shelf, piece)
            with gr.Tab("Describe", id="describe"):
                _describe_tab(answers)
            with gr.Tab("Continue & change", id="change"):
                source, original = _change_tab(answers, shelf)
            with gr.Tab("Learn", id="learn"):
                _learn_tab(answers, shelf)
        take_over.click(
            kindly(lambda data: (midi_file(shelf, data), player_of(data), gr.Tabs(selected="change"))),
            piece,
            [source, original, tabs],
            api_visibility="private",
        )
    return page


# -- describe ------------------------------------------------------------------------------------------------------


def _describe_tab(answers: Answers) -> None:
    source = upload_box("A MIDI file", "describe-file")
    example_files(source)
    said = gr.HTML(elem_id="describe-said")
    player = player_box("describe-player")
    table = gr.HTML(elem_id="describe-table")

    @kindly
    def describe(path: str | None) -> tuple[Any, ...]:
        if path is None:
            return "", {}, ""
        found = read_upload(path)
        about = answers.describe(found.score)
        cut = f"The model read the first {about.bars_read} of {about.bars_total} bars." if about.truncated else ""
        styles = [style.name for style in about.styles]
        return (
            words(about.text or "The model found no words that the notes bear out.", cut, *found.repairs[:5]),
            playback(found.score, analysis=about.analysis),
            facts_table(about.facts, about.analysis, styles),
        )

    source.change(describe, source, [said, player, table], concurrency_id="model", concurrency_limit=1,
                  api_visibility="private")  # fmt: skip


# -- change --------------------------------------------------------------------------------------------------------


def _change_tab(answers: Answers, shelf: Shelf) -> tuple[gr.File, gr.HTML]:
    source = upload_box("The piece to change", "change-file")
    example_files(source)
    task = gr.Radio(list(_TASK_NAMES), value="Continue it", label="What should happen?", elem_id="change-task")
    prompt = gr.Textbox(label="Words that steer it (optional)", max_length=1000, elem_id="change-prompt",
                        placeholder="more dramatic, add strings")  # fmt: skip
    new_bars = gr.Slider(1, 32, 8, step=1, label="New bars")
    with gr.Row(visible=False) as places:
        at_bars = gr.Textbox(label="Bars to write anew", placeholder="5-8", elem_id="change-bars")
        at_tracks = gr.Textbox(label="Only these tracks (numbers; optional)", placeholder="2", elem_id="change-tracks")
    strength = gr.Slider(0.1, 0.9, 0.4, step=0.1, label="Share of bars to write anew", visible=False)
    seed = gr.Textbox(label="Seed (optional)", max_length=10)
    go = gr.Button("Change it", variant="primary", elem_id="change-go")
    with gr.Row():
        with gr.Column():
            gr.HTML("<h3 class='mt-side'>Before</h3>")
            before = player_box("change-before")
        with gr.Column():
            gr.HTML("<h3 class='mt-side'>After</h3>")
            after = player_box("change-after")
    said = gr.HTML(elem_id="change-said")
    with gr.Row():
        midi, wave = downloads("change")

    task.change(
        lambda name: tuple(gr.update(visible=_TASK_NAMES[name] == wanted) for wanted in ("continue", "infill", "vary")),
        task, [new_bars, places, strength], api_visibility="private", queue=False,
    )  # fmt: skip

    @kindly
    def change(path: Any, name: str, text: str, number: Any, *more: Any) -> Iterator[tuple[Any, ...]]:
        bars, where, tracks, share = more
        chosen = _TASK_NAMES[name]
        options = {"continue": {"bars": bars}, "infill": {"at_bars": where.strip(), "at_tracks": _numbers(tracks)},
                   "vary": {"strength": share}}.get(chosen, {})  # fmt: skip
        if chosen == "infill" and not any(options.values()):
            raise ValueError("Please say which bars or which tracks to write anew.")
        found = read_upload(path)
        yield gr.skip(), {}, words("", "Reading the piece …"), gr.skip(), gr.skip()
        for part in answers.change(found.score, chosen, text or "", number, options):
            if isinstance(part, Draft):
                yield gr.skip(), gr.skip(), words("", f"Bar {part.bars} is written …"), gr.skip(), gr.skip()
                continue
            told = f"{len(part.changed_bars)} of {part.facts.bars} bars are new; seed {part.seed} gives them again."
            original = found.score if part.original is None else part.original
            yield (
                playback(original, changed=[b for b in part.changed_bars if b < len(bar_starts(original)) - 1]),
                playback(part.score, changed=part.changed_bars, analysis=part.analysis),
                words("", told),
                *made_files(shelf, part.score, part.midi),
            )

    go.click(change, [source, task, prompt, seed, new_bars, at_bars, at_tracks, strength],
             [before, after, said, midi, wave], concurrency_id="model", concurrency_limit=1,
             api_visibility="private")  # fmt: skip
    source.upload(kindly(lambda path: playback(read_upload(path).score)), source, before, concurrency_id="desk",
                  concurrency_limit=1, api_visibility="private")  # fmt: skip
    return source, before


def _numbers(text: str | None) -> list[int]:
    try:
        return [int(part) for part in (text or "").replace(",", " ").split()]
    except ValueError as error:
        raise ValueError(f"Tracks must be numbers, such as 2 or 1, 3; got {text!r}.") from error


# -- learn ---------------------------------------------------------------------------------------------------------


def _learn_tab(answers: Answers, shelf: Shelf) -> None:
    gr.HTML("<h2 class='mt-title'>An exercise</h2>")
    prompt = gr.Textbox(label="What would you like to practise?", max_length=1000, elem_id="learn-prompt",
                        placeholder="dotted rhythms in G major, left hand, easy")  # fmt: skip
    gr.Examples([["dotted rhythms in G major, left hand, easy"], ["triplets in A minor, both hands, intermediate"],
                 ["Alberti bass in C major, both hands, easy"]], prompt, label="Or try one of these",
                api_visibility="private")  # fmt: skip
    seed = gr.Textbox(label="Seed (optional)", max_length=10)
    go = gr.Button("Write it", variant="primary", elem_id="learn-go")
    player = player_box("learn-player")
    said = gr.HTML(elem_id="learn-said")
    with gr.Row():
        midi, wave = downloads("learn")
    gr.HTML("<h2 class='mt-title'>How did I play?</h2>")
    with gr.Row():
        reference = upload_box("The piece as it should be", "learn-reference")
        performance = upload_box("Your performance", "learn-performance")
    check = gr.Button("Listen to me", variant="primary", elem_id="learn-check")
    advice = gr.HTML(elem_id="learn-advice")
    played = player_box("learn-played")

    @kindly
    def practise(text: str, number: Any) -> tuple[Any, ...]:
        made, given = answers.practise(text or "", number)
        note = words(
            "", f"For {made.hand} hand{'s' * (made.hand == 'both')}, {made.level}. Seed {given} gives it again."
        )
        data = write_score(made.score)
        files = made_files(shelf, made.score, data)
        return playback(made.score), note + agreement_table(made.agreement), *files, shelf.put("exercise.mid", data)

    @kindly
    def assess(right: str | None, mine: str | None) -> tuple[Any, ...]:
        piece, performed = read_upload(right).score, read_upload(mine).score
        found, text = answers.assess(piece, performed)
        marks = [(n.beat, n.played_pitch if n.verdict in ("wrong", "extra") else n.expected_pitch, n.verdict)
                 for n in found.notes]  # fmt: skip
        return words(text), playback(piece, marks=marks)  # type: ignore[arg-type]

    go.click(practise, [prompt, seed], [player, said, midi, wave, reference], concurrency_id="desk",
             concurrency_limit=1, api_visibility="private")  # fmt: skip
    check.click(assess, [reference, performance], [advice, played], concurrency_id="desk", concurrency_limit=1,
                api_visibility="private")  # fmt: skip
