"""Long work that may be stopped at any time: signals become a question, folders appear whole, a state is kept."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Any


class Stop:
    """Whether somebody asked this process to save and end.

    Attributes:
        asked: True from the first SIGTERM or Ctrl-C inside `listening` on.
    """

    def __init__(self) -> None:
        self.asked = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """SIGTERM and Ctrl-C set `asked` meanwhile; a second Ctrl-C ends at once."""

        def ask(number: int, frame: FrameType | None) -> None:
            if self.asked and number == signal.SIGINT:
                raise KeyboardInterrupt
            self.asked = True

        old = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in old.items():
                signal.signal(number, handler)


@contextmanager
def whole_folder(target: Path, accelerator: Any = None) -> Iterator[Path]:
    """A temporary folder beside the target that takes its place when all is written.

    Args:
        target: What to make, or to replace.
        accelerator: Of the processes that write it together, each its own part; None where one process writes.
    """
    part = target.with_name(f".{target.name}.part")
    main = accelerator is None or accelerator.is_main_process

    def meet() -> None:
        if accelerator is not None:
            accelerator.wait_for_everyone()

    if main:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
    meet()
    yield part
    meet()
    if main:
        shutil.rmtree(target, ignore_errors=True)
        part.replace(target)
    meet()


class KeptState:
    """A dataclass of plain values that Accelerate saves and loads with a checkpoint."""

    def state_dict(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)  # type: ignore[call-overload]

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """From `state_dict`."""
        for name, value in state.items():
            setattr(self, name, value)
