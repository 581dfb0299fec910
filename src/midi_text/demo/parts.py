"""Parts that the tabs share: player, downloads, uploads."""

from __future__ import annotations

import io
from importlib import resources
from pathlib import Path
from typing import Any

import gradio as gr
import soundfile
from symusic.core import ScoreTick

from ..rendering.audio import render_audio
from .limits import read_upload
from .playback import playback
from .shelf import Shelf

STATIC = Path(str(resources.files(__package__))) / "static"


def player_box(name: str) -> gr.HTML:
    """The player, empty."""
    return gr.HTML(
        value={},
        html_template=(STATIC / "player.html").read_text(encoding="utf-8"),
        js_on_load=(STATIC / "player.js").read_text(encoding="utf-8"),
        apply_default_css=False,
        elem_id=name,
        padding=False,
    )


def downloads(name: str) -> tuple[gr.DownloadButton, gr.DownloadButton]:
    """Two buttons that are there once there is a piece: MIDI and WAV."""
    midi = gr.DownloadButton("Download MIDI", visible=False, elem_id=f"{name}-midi")
    return midi, gr.DownloadButton("Download WAV", visible=False, elem_id=f"{name}-wav")


def upload_box(label: str, name: str) -> gr.File:
    """Where a MIDI file is dropped."""
    return gr.File(label=label, file_types=[".mid", ".midi"], type="filepath", height=140, elem_id=name)


def example_files(source: gr.File) -> None:
    """The pieces that come along, one press each."""
    files = sorted((STATIC.parent / "examples").glob("*.mid"))
    gr.Examples([[str(path)] for path in files], source, label="Or one of these", api_visibility="private",
                example_labels=[path.stem.replace("-", " ") for path in files])  # fmt: skip


def midi_file(shelf: Shelf, data: bytes | None) -> str:
    """A piece as a file.

    Raises:
        ValueError: If there is none yet.
    """
    if data is None:
        raise ValueError("Please compose a piece first.")
    return shelf.put("midi-text.mid", data)


def player_of(data: bytes) -> dict[str, Any]:
    """A MIDI file for the player."""
    return playback(read_upload(data).score)


def made_files(shelf: Shelf, score: ScoreTick, midi: bytes) -> tuple[gr.DownloadButton, gr.DownloadButton]:
    """The two buttons for a finished piece."""
    audio = render_audio(score)
    sound = io.BytesIO()
    soundfile.write(sound, audio.samples, audio.sample_rate, format="WAV", subtype="PCM_16")
    return tuple(  # type: ignore[return-value]
        gr.DownloadButton(value=shelf.put(name, data), visible=True)
        for name, data in (("midi-text.mid", midi), ("midi-text.wav", sound.getvalue()))
    )
