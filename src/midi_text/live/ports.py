"""The doors: MIDI ports by mido, each a small object that sends and gives bytes.

A port's name may be any unique part of it. ``tcp:HOST:PORT`` is mido's socket port, in and out, which needs no MIDI
driver. A socket that the other side closes is noticed at once. A driver says nothing of a device that is unplugged, so
the list of ports is looked at every two seconds.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Sequence
from types import ModuleType
from typing import Any, Protocol

VIRTUAL = "midi-text"
_TCP = "tcp:"
_LOOK = 2.0  # seconds between two looks at the list, which takes a few milliseconds
_MAKE_ONE = (
    "start or plug in an instrument, make ports for other programs to connect to with --virtual (Linux, macOS), "
    "or make a virtual cable: on Linux `sudo modprobe snd-virmidi`, on macOS the IAC driver in Audio MIDI Setup, "
    "on Windows loopMIDI"
)


class LivePortError(OSError):
    """A port that is not there, or no longer."""


class Port(Protocol):
    """Where messages come from and go to."""

    name: str

    def send(self, message: bytes) -> None:
        """Sends one message. Raises LivePortError if the port is gone."""

    def pending(self) -> list[bytes]:
        """The messages that have come since the last call. Raises LivePortError if the port is gone."""

    def close(self) -> None:
        """Closes it; may be called twice."""


class MidoPort:
    """A port of mido's.

    Args:
        port: The port.
        name: What it is called in errors.
        line: The socket beneath it, if there is one.

    Attributes:
        devices: Names of the driver's inputs and of its outputs that `pending` makes sure are still there.
    """

    def __init__(self, port: Any, name: str, line: socket.socket | None = None) -> None:
        self._port, self.name, self._line = port, name, line
        self.devices: tuple[set[str], set[str]] = set(), set()
        self._looked = time.monotonic()
        self._message = _mido().Message

    def send(self, message: bytes) -> None:
        """See `Port`."""
        if self._port.closed:
            raise LivePortError(f"the port {self.name} is gone")
        try:
            self._port.send(self._message.from_bytes(message))
        except (OSError, ValueError, IndexError) as error:  # mido's sockets raise IndexError on a reset
            raise LivePortError(f"the port {self.name} is gone ({error})") from error

    def pending(self) -> list[bytes]:
        """See `Port`."""
        self._look()
        try:
            came = [bytes(message.bytes()) for message in self._port.iter_pending()]
        except (OSError, ValueError, IndexError) as error:
            raise LivePortError(f"the port {self.name} is gone ({error})") from error
        if self._port.closed and not came:
            raise LivePortError(f"the port {self.name} is gone: the other side has closed it")
        return came

    def _look(self) -> None:
        """Raises LivePortError if a device has been unplugged since the last look."""
        if not any(self.devices) or time.monotonic() < self._looked + _LOOK:
            return
        self._looked = time.monotonic()
        for ours, present in zip(self.devices, list_ports(), strict=True):
            if gone := sorted(ours - set(present)):
                raise LivePortError(f"the port {gone[0]} is gone: plug it in and start again")

    def close(self) -> None:
        """See `Port`."""
        with contextlib.suppress(OSError, IndexError):
            if self._line is not None:  # mido's files on it would keep it open
                self._line.shutdown(socket.SHUT_RDWR)
            self._port.close()


def list_ports() -> tuple[list[str], list[str]]:
    """Names of the inputs and of the outputs there are; both empty where there is no MIDI driver.

    Raises:
        ModuleNotFoundError: If mido is not installed.
    """
    mido = _mido()
    try:
        return list(dict.fromkeys(mido.get_input_names())), list(dict.fromkeys(mido.get_output_names()))
    except (ImportError, OSError):  # no rtmidi, or no sequencer in the system
        return [], []


def open_ports(source: str | None, target: str | None, virtual: bool = False) -> tuple[Port, Port]:
    """The ports to listen on and to play to.

    Args:
        source: Name of the input, or a unique part of it; None takes the only one there is.
        target: The same for the output.
        virtual: Make both, for other programs to connect to.

    Raises:
        LivePortError: If there is no such port; the message lists those there are.
        ModuleNotFoundError: If mido, or for other than socket ports python-rtmidi, is not installed.
    """
    mido = _mido()
    if virtual:
        source_port = _open(mido.open_input, VIRTUAL, virtual=True)
        return source_port, _open(mido.open_output, VIRTUAL, virtual=True)
    opened: list[MidoPort] = []
    devices: tuple[set[str], set[str]] = set(), set()
    try:
        for wanted, role, open_port in ((source, "input", mido.open_input), (target, "output", mido.open_output)):
            if wanted is not None and wanted.startswith(_TCP):
                same = role == "output" and wanted == source
                opened.append(opened[0] if same else _connect(wanted))
            else:
                name = _choose(wanted, role)
                devices[role == "output"].add(name)
                opened.append(_open(open_port, name))
    except BaseException:
        for port in opened:
            port.close()
        raise
    opened[0].devices = devices  # one looks for both: sending must not wait for it
    return opened[0], opened[1]


def _choose(wanted: str | None, role: str) -> str:
    """The one port that is meant."""
    _require_driver()
    names = list_ports()[role == "output"]
    if not names:
        raise LivePortError(f"there is no MIDI {role}; {_MAKE_ONE}")
    exact = [name for name in names if name == wanted]
    fitting = exact or [name for name in names if wanted is None or wanted.lower() in name.lower()]
    if len(fitting) != 1:
        asked = f"--{role} {wanted!r} fits" if wanted is not None else f"--{role} must say which: there are"
        raise LivePortError(f"{asked} {len(fitting)} ports; the MIDI {role}s are {', '.join(map(repr, names))}")
    return fitting[0]


def _open(open_port: Any, name: str, **options: Any) -> MidoPort:
    _require_driver()
    try:
        return MidoPort(open_port(name, **options), name)
    except (OSError, NotImplementedError) as error:
        raise LivePortError(f"the MIDI port {name!r} cannot be opened ({error}); {_MAKE_ONE}") from error


def _connect(name: str) -> MidoPort:
    from mido import sockets

    try:
        host, number = sockets.parse_address(name.removeprefix(_TCP))
        line = socket.create_connection((host, number), timeout=5)
    except ValueError as error:
        raise LivePortError(f"a socket port reads tcp:HOST:PORT; got {name!r} ({error})") from error
    except OSError as error:
        raise LivePortError(f"nobody listens at {name} ({error}); start the other side first") from error
    line.settimeout(None)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else notes wait up to 40 ms to travel together
    return MidoPort(sockets.SocketPort(host, number, conn=line), name, line)


def _mido() -> ModuleType:
    try:
        import mido
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("playing along needs mido; run: pip install 'midi-text[live]'") from error
    return mido


def _require_driver() -> None:
    try:
        import rtmidi  # noqa: F401
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("MIDI ports need python-rtmidi; run: pip install 'midi-text[live]'") from error


def describe(names: tuple[Sequence[str], Sequence[str]]) -> str:
    """The ports as lines for people."""
    inputs, outputs = names
    if not inputs and not outputs:
        return f"there are no MIDI ports; {_MAKE_ONE}"
    lines = [f"{role:7} {name}" for role, group in (("input", inputs), ("output", outputs)) for name in group]
    return "\n".join(lines)
