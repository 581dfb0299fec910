"""Starting the page: model, theme, limits of the server.

Everything that could ask another machine is off: analytics, share links by default, fonts from elsewhere. Temporary
files lie in a folder of this process and go with it.
"""

from __future__ import annotations

import atexit
import importlib.util
import os
import shutil
import tempfile
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "0")
if "GRADIO_TEMP_DIR" not in os.environ:
    os.environ["GRADIO_TEMP_DIR"] = tempfile.mkdtemp(prefix="midi-text-gradio-")
    atexit.register(shutil.rmtree, os.environ["GRADIO_TEMP_DIR"], ignore_errors=True)

import gradio as gr

from ..pipeline_midi_text import MidiToTextPipeline, TextToMidiPipeline
from .answers import Answers
from .limits import MAX_BYTES, QUEUE
from .page import make_page
from .parts import STATIC

_FONTS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]


def answers_of(composer: TextToMidiPipeline) -> Answers:
    """What a text-to-midi pipeline answers, and the other direction with the same weights."""
    describer = MidiToTextPipeline(model=composer.model, processor=composer.processor, device=composer.device)
    return Answers(composer, describer)


def theme() -> gr.themes.Base:
    """The page's look, with `static/style.css`."""
    return gr.themes.Base(
        primary_hue=gr.themes.colors.orange,
        neutral_hue=gr.themes.colors.stone,
        radius_size=gr.themes.sizes.radius_md,
        font=_FONTS,
        font_mono=["ui-monospace", "monospace"],
    ).set(
        body_background_fill="#faf7f2",
        body_background_fill_dark="#171513",
        body_text_color_subdued="#6b645c",
        body_text_color_subdued_dark="#b5aca1",
        block_label_text_color="#6b645c",
        block_title_text_color="#4a443d",
        block_title_text_color_dark="#d6cec4",
        color_accent="#a63d24",
        border_color_accent="#a63d24",
        link_text_color="#a63d24",
        link_text_color_hover="#8c321c",
        link_text_color_dark="#f0916f",
        block_shadow="none",
        block_background_fill="#fffdf9",
        block_background_fill_dark="#1f1c19",
        block_border_width="1px",
        button_primary_background_fill="#a63d24",
        button_primary_background_fill_hover="#8c321c",
        button_primary_background_fill_dark="#b04a2e",
        button_primary_border_color="#a63d24",
        button_primary_border_color_hover="#8c321c",
        button_primary_border_color_dark="#b04a2e",
        button_primary_text_color="#ffffff",
        button_secondary_background_fill="#efe9e0",
        button_secondary_background_fill_dark="#2c2824",
        button_secondary_background_fill_hover="#e5dccf",
        input_background_fill="#ffffff",
        input_border_width="1px",
        input_border_color="#e2dacd",
        input_border_color_dark="#3a352f",
        input_background_fill_dark="#171513",
    )


def serve(answers: Answers, *, block: bool = True, **options: Any) -> tuple[gr.Blocks, str]:
    """Serves the page.

    Args:
        answers: The pipelines.
        block: Whether to wait until it is interrupted.
        options: Of gradio's `launch`: server_name, server_port, share …

    Returns:
        The page and its address.

    Raises:
        OSError: If the port is taken.
    """
    page = make_page(answers)
    page.queue(max_size=QUEUE, default_concurrency_limit=2)
    given: dict[str, Any] = {
        "share": False,
        "max_file_size": MAX_BYTES,
        "show_error": False,
        "mcp_server": importlib.util.find_spec("mcp") is not None,
        "theme": theme(),
        "css_paths": STATIC / "style.css",
        "footer_links": ["api"],
        "ssr_mode": False,
        "run_history": False,
        "enable_monitoring": False,
        **options,
    }
    _, address, _ = page.launch(prevent_thread_lock=True, **given)
    if block:
        page.block_thread()
    return page, address
