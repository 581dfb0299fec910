"""The page in a process of its own, as ``midi-text demo`` starts it, and calls to its endpoints."""

import json
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from midi_bytes import END, off, on, smf

BROWSER = os.environ.get("MIDI_TEXT_BROWSER", "/usr/bin/chromium")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--mute-audio",
)


def distant_notes(bars: int) -> bytes:
    """A file of some 60 bytes that lasts for ever: two notes, so many bars apart."""
    return smf(on(0) + off(96) + on(96 * 4 * bars) + off(96) + END, kind=0, division=96)


# Files that the page refuses, and a word of why.
HOSTILE = {
    "not music": (b"GIF89a" * 9, "MIDI"),
    "long": (distant_notes(5000), "too long for this page: 5,001 bars"),
    "endless": (distant_notes(90_000), "bars"),
    "empty tracks": (smf(*[END] * 60_000), "no notes"),
    "unfolding": (smf(*[on(0) + off(96) + END] * 40_000), "20,000 notes; cut the piece"),
}


def need_browser() -> None:
    """Skips where there is no browser; where CI promised one, a missing one is a failure."""
    if Path(BROWSER).is_file():
        return
    if os.environ.get("MIDI_TEXT_BROWSER_MUST_RUN"):
        pytest.fail(f"there must be a browser at {BROWSER}")
    pytest.skip(f"needs Chromium at {BROWSER} (on Debian: apt install chromium), or its path in MIDI_TEXT_BROWSER")


class RefusedError(Exception):
    """What the page says when it cannot do what was asked."""


@contextmanager
def served(checkpoint: Path) -> Iterator[tuple[str, int]]:
    """The address of the page on a checkpoint, and the number of its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "midi_text", "demo", "--json", "--model", str(checkpoint), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            assert said, "midi-text demo ended before it served"
            yield json.loads(said)["url"].rstrip("/"), process.pid
        finally:
            process.terminate()  # not an interrupt: what a shell starts in the background never sees one


def call(address: str, name: str, *data: Any, timeout: float = 120) -> Any:
    """One endpoint's answer.

    Raises:
        RefusedError: With the page's words.
    """
    url = f"{address}/gradio_api/call/{name}"
    body = json.dumps({"data": data}).encode()
    asked = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(asked, timeout=timeout) as reply:
        event = json.load(reply)["event_id"]
    with urllib.request.urlopen(f"{url}/{event}", timeout=timeout) as reply:
        lines = reply.read().decode().splitlines()
    kind = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")][-1]
    (*_, last) = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    if kind != "complete":
        raise RefusedError(last)
    return json.loads(last)[0]
