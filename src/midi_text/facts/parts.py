"""Who plays what: melody, bass, accompaniment, drums; register, range, articulation and figures of each part."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .view import View


@dataclass(frozen=True)
class Part:
    """One track and what it does.

    Attributes:
        track: Index into `View.tracks`.
        program: 0..127; 128 for drums.
        role: "melody", "countermelody", "bass", "accompaniment" or "drums".
        lowest_pitch: MIDI pitch.
        highest_pitch: MIDI pitch.
        register: "bass", "tenor", "alto", "soprano" or "high", by the median pitch; "" for drums.
        articulation: "staccato", "detached", "legato" or "".
        figure: The trait among `TRAITS["parts"]` that its notes make most of the time; None for none.
    """

    track: int
    program: int
    role: str
    lowest_pitch: int
    highest_pitch: int
    register: str
    articulation: str
    figure: str | None


@dataclass(frozen=True)
class Parts:
    """The parts of a piece, in the order of its tracks, and their traits."""

    parts: tuple[Part, ...]
    traits: tuple[str, ...]

    def role(self, name: str) -> tuple[Part, ...]:
        """The parts of one role."""
        return tuple(part for part in self.parts if part.role == name)

    def transposed(self, semitones: int) -> Parts:
        """The same, `semitones` higher; drums stay."""
        return replace(
            self,
            parts=tuple(
                part
                if part.role == "drums"
                else replace(
                    part, lowest_pitch=part.lowest_pitch + semitones, highest_pitch=part.highest_pitch + semitones
                )
                for part in self.parts
            ),
        )


def measure_parts(view: View) -> Parts:
    """The parts of a piece."""
    return Parts((), ())
