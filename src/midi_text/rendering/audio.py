"""A score as sound: WAV, FLAC, OGG or MP3.

The sounds come from a SoundFont: TimGM6mb (General MIDI, 6 MB), which the pretty_midi package carries, or any other
`.sf2` or `.sf3` file. Nothing is downloaded. Our own synthesizer plays it, or the FluidSynth program where it is
installed and asked for; that heeds every event (bends, moving controllers) and adds reverberation, and is slower.
Loudness is the same for all pieces, so that they can be compared by ear. Files appear whole or not at all.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from symusic.core import ScoreTick

from ..bars_midi_text import last_tick, seconds_at
from ..records import write_whole
from ..score_midi_text import write_score
from .loudness import CEILING_DBFS as CEILING_DBFS
from .loudness import TARGET_LUFS as TARGET_LUFS
from .loudness import normalize
from .soundfont import SoundFont
from .synthesizer import synthesize

MAX_SECONDS = 1200.0  # 20 minutes at 44,100 Hz are 420 MB, and the measure of loudness needs four times that
SAMPLE_RATES = (8_000, 192_000)
_FORMATS = {".wav": ("WAV", "PCM_16"), ".flac": ("FLAC", "PCM_16"), ".ogg": ("OGG", "VORBIS"), ".mp3": ("MP3", None)}
_MP3_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
_NEEDS = ("pyloudnorm", "scipy", "soundfile")
_BLOCK = 65_536  # frames written at once: libsndfile's Vorbis encoder keeps a whole call on its stack
_SHORTEST = 1.0  # seconds, longer than a block of the measure of loudness
_PAUSE = 0.25  # seconds of silence after the last sound
_PATIENCE = 600  # seconds for FluidSynth
_SILENT = 1e-4  # of the peak: 80 dB down


@dataclass(frozen=True, eq=False)
class Audio:
    """A score as sound.

    Attributes:
        samples: Left and right, float32 of -1..1, shape (samples, 2).
        sample_rate: Samples a second.
        loudness_lufs: Integrated loudness (ITU-R BS.1770-4).
    """

    samples: np.ndarray
    sample_rate: int
    loudness_lufs: float

    @property
    def duration_seconds(self) -> float:
        """Its length, the last note's ring with it."""
        return len(self.samples) / self.sample_rate


def render_audio(
    score: ScoreTick,
    path: str | os.PathLike[str] | None = None,
    *,
    sound_font: str | os.PathLike[str] | None = None,
    sample_rate: int = 44_100,
    engine: str = "own",
    target_lufs: float = TARGET_LUFS,
    max_seconds: float = MAX_SECONDS,
) -> Audio:
    """Plays a score, and writes the sound to a file where one is named.

    Args:
        score: As `read_score` gives it.
        path: A `.wav`, `.flac`, `.ogg` or `.mp3` file.
        sound_font: An `.sf2` or `.sf3` file; by default the one that pretty_midi carries.
        sample_rate: Samples a second, 8,000 to 192,000.
        engine: "own", or "fluidsynth" for the program of that name.
        target_lufs: Loudness to reach; peaks stay below -1 dBFS.
        max_seconds: Longer pieces are refused.

    Raises:
        ValueError: If the score has no notes or is too long, or the ending, the rate, the engine or the sound font is
            none that can be used.
        ModuleNotFoundError: If a library of the extra "audio" is missing.
        FileNotFoundError: If the sound font, or the FluidSynth program, is not there.
        RuntimeError: If FluidSynth fails.
        OSError: If the file cannot be written.
    """
    target = None if path is None else _checked(Path(path), sample_rate)
    _check(score, sample_rate, engine, max_seconds)
    font = default_sound_font() if sound_font is None else Path(sound_font)
    if not font.is_file():
        raise FileNotFoundError(f"the sound font must be an .sf2 or .sf3 file; there is none at {font}")
    if engine == "own":
        sound = synthesize(score, _load(str(font), font.stat().st_mtime_ns), sample_rate).T
    else:
        sound = _fluidsynth(score, font, sample_rate)
    samples = _trimmed(sound, sample_rate)
    audio = Audio(samples, sample_rate, normalize(samples, sample_rate, target_lufs))
    if target is not None:
        write_audio(audio, target)
    return audio


def write_audio(audio: Audio, path: str | os.PathLike[str]) -> None:
    """Writes a sound to a file, whole or not at all.

    Raises:
        ValueError: If the name's ending is none that can be written, or the rate not one of MP3's.
        ModuleNotFoundError: If a library of the extra "audio" is missing.
        OSError: If the file cannot be written.
    """
    target = _checked(Path(path), audio.sample_rate)
    import soundfile

    kind, coding = _FORMATS[target.suffix.lower()]
    made = io.BytesIO()
    try:
        with soundfile.SoundFile(made, "w", audio.sample_rate, 2, coding, format=kind) as file:
            for start in range(0, len(audio.samples), _BLOCK):
                file.write(audio.samples[start : start + _BLOCK])
    except soundfile.LibsndfileError as error:
        raise OSError(f"{target.name} cannot be written: {error}") from error
    write_whole(target, made.getvalue())


def default_sound_font() -> Path:
    """Where the SoundFont of the pretty_midi package lies; the package itself is not imported.

    Raises:
        ModuleNotFoundError: If the package is not installed.
    """
    found = find_spec("pretty_midi")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError(
            "no sound font: name an .sf2 file, or install the package that carries one: pip install 'midi-text[audio]'"
        )
    return Path(found.submodule_search_locations[0]) / "TimGM6mb.sf2"


@lru_cache(maxsize=2)
def _load(path: str, changed: int) -> SoundFont:
    """A sound font; `changed` makes a file that was replaced a new one."""
    return SoundFont(path)


def _checked(path: Path, sample_rate: int) -> Path:
    """The path, if a file of its ending can be written."""
    _require_libraries()
    if path.suffix.lower() not in _FORMATS:
        raise ValueError(f"a recording's name must end in {', '.join(_FORMATS)}; got {path.name}")
    if path.suffix.lower() == ".mp3" and sample_rate not in _MP3_RATES:
        raise ValueError(f"MP3 knows the sample rates {', '.join(map(str, _MP3_RATES))}; got {sample_rate}")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"the folder {path.parent} must be there; make it first")
    return path


def _check(score: ScoreTick, sample_rate: int, engine: str, max_seconds: float) -> None:
    _require_libraries()
    end = last_tick(score)
    if not end:
        raise ValueError("a score to be played must have at least one note; it has none")
    seconds = float(seconds_at(score, end))
    if seconds > max_seconds:
        raise ValueError(
            f"a score to be played may last {max_seconds / 60:g} minutes; it lasts {seconds / 60:.1f}. "
            "Cut it, or raise max_seconds"
        )
    lowest, highest = SAMPLE_RATES
    if isinstance(sample_rate, bool) or not isinstance(sample_rate, int) or not lowest <= sample_rate <= highest:
        raise ValueError(f"the sample rate must be a whole number from {lowest} to {highest}; got {sample_rate!r}")
    if engine not in ("own", "fluidsynth"):
        raise ValueError(f'the engine must be "own" or "fluidsynth"; got {engine!r}')


def _require_libraries() -> None:
    missing = [name for name in _NEEDS if find_spec(name) is None]
    if missing:
        raise ModuleNotFoundError(f"sound needs {', '.join(missing)}; run: pip install 'midi-text[audio]'")


def _fluidsynth(score: ScoreTick, font: Path, sample_rate: int) -> np.ndarray:
    """The same by the FluidSynth program, shape (samples, 2)."""
    program = shutil.which("fluidsynth")
    if program is None:
        raise FileNotFoundError("FluidSynth must be installed to be used (on Debian: apt install fluidsynth)")
    import soundfile

    with tempfile.TemporaryDirectory(prefix="midi-text-") as folder:
        midi, wave = Path(folder, "score.mid"), Path(folder, "sound.wav")
        write_score(score, midi)
        options = ["-n", "-i", "-q", "-g", "0.4", "-r", str(sample_rate), "-T", "wav", "-O", "float", "-F", str(wave)]
        command = [program, *options, str(font.resolve()), str(midi)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_PATIENCE)
        except subprocess.TimeoutExpired as error:
            raise RuntimeError(f"FluidSynth did not finish within {_PATIENCE} seconds") from error
        if done.returncode or not wave.is_file() or "fluidsynth: error" in done.stderr:
            lines = done.stderr.strip().splitlines() or ["it says nothing"]
            raise RuntimeError(f"FluidSynth could not play the score with {font.name}: {lines[-1]}")
        return np.asarray(soundfile.read(wave, dtype="float32", always_2d=True)[0])


def _trimmed(sound: np.ndarray, sample_rate: int) -> np.ndarray:
    """The sound up to where it has died away and a short pause after, float32 in C order, shape (samples, 2)."""
    peaks = np.abs(sound).max(1)
    audible = np.flatnonzero(peaks > _SILENT * peaks.max(initial=0))
    length = max(int(audible[-1]) + 1 if len(audible) else 0, round(_SHORTEST * sample_rate))
    samples = np.zeros((length + round(_PAUSE * sample_rate), 2), np.float32)
    samples[: min(length, len(sound))] = sound[:length]
    return samples
