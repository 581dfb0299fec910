"""Files to download, for a while.

Gradio copies what it hands out into its own cache and clears that by age; what lies here is cleared by age as well, at
every new file, and with the process at the end.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
import threading
import time
from pathlib import Path

KEEP_SECONDS = 900


class Shelf:
    """A folder of its own for each file, so that names can be plain."""

    def __init__(self, keep_seconds: float = KEEP_SECONDS) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="midi-text-demo-"))
        self._keep, self._lock = keep_seconds, threading.Lock()
        atexit.register(shutil.rmtree, self._home, ignore_errors=True)

    def put(self, name: str, data: bytes) -> str:
        """Keeps a file for a while; its path."""
        with self._lock:
            for old in self._home.iterdir():
                if old.stat().st_mtime < time.time() - self._keep:
                    shutil.rmtree(old, ignore_errors=True)
            folder = Path(tempfile.mkdtemp(dir=self._home))
        path = folder / name
        path.write_bytes(data)
        return str(path)
