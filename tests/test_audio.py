"""Sound: the right notes at the right time, as loud as they should be, in files that others can read."""

import math
import shutil
from pathlib import Path

import numpy as np
import pytest
import symusic
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from random_scores import scores
from sound_fonts import RATE, sine, sound_font

pytest.importorskip("soundfile", reason="needs midi-text[audio]")
pytest.importorskip("pyloudnorm", reason="needs midi-text[audio]")
pytest.importorskip("pretty_midi", reason="needs midi-text[audio]")

import pyloudnorm
import soundfile

from midi_text.rendering import audio as audio_module
from midi_text.rendering.audio import Audio, default_sound_font, render_audio, write_audio
from midi_text.rendering.loudness import normalize
from midi_text.rendering.soundfont import SoundFont
from midi_text.rendering.synthesizer import synthesize

BEAT = 480  # ticks; half a second at 120 BPM


def piece(*notes: tuple[float, float, int, int], program: int = 73, is_drum: bool = False) -> symusic.core.ScoreTick:
    """Notes of (beat, beats, pitch, velocity) on one track."""
    score = symusic.Score(BEAT)
    track = symusic.Track(program=program, is_drum=is_drum)
    for start, length, pitch, velocity in notes:
        track.notes.append(symusic.Note(int(start * BEAT), int(length * BEAT), pitch, velocity))
    score.tracks.append(track)
    return score


def tune() -> symusic.core.ScoreTick:
    return piece(*((i, 0.9, pitch, 60 + 5 * i) for i, pitch in enumerate((60, 62, 64, 65, 67, 69, 71, 72))), program=0)


def level(sound: np.ndarray, begin: float, end: float, rate: int) -> float:
    """RMS of both channels between two moments, in dB."""
    return 10 * math.log10(float((sound[:, int(begin * rate) : int(end * rate)] ** 2).mean()) + 1e-20)


def pitch_of(sound: np.ndarray, rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 8 * len(sound)))
    return float(spectrum.argmax()) * rate / (8 * len(sound))


@pytest.fixture
def font(tmp_path: Path):
    """Makes a sound font of zones, for program 0 or the presets given."""

    def make(zones: list[dict[int, int]] | dict[tuple[int, int], list[dict[int, int]]], **options: object) -> SoundFont:
        path = tmp_path / "made.sf2"
        path.write_bytes(sound_font(zones if isinstance(zones, dict) else {(0, 0): zones}, **options))
        return SoundFont(path)

    return make


# -- what is heard -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("pitch", "hertz"), [(69, 440.0), (76, 659.26), (81, 880.0)])
def test_a_note_sounds_at_its_pitch(pitch: int, hertz: float):
    made = render_audio(piece((0, 4, pitch, 90)))  # a flute: little but the fundamental
    assert pitch_of(made.samples[10_000:70_000, 0], 44_100) == pytest.approx(hertz, rel=0.01)


def test_a_rest_is_silent_and_the_next_note_comes_on_time():
    made = render_audio(piece((0, 1, 69, 90), (8, 1, 69, 90)))  # half a second of sound, three and a half of rest
    sound = np.abs(made.samples).max(1)
    assert sound[: 44_100 // 2].max() > 0.1
    assert sound[int(2.5 * 44_100) : int(3.98 * 44_100)].max() < 0.01
    assert sound[int(4.0 * 44_100) : int(4.2 * 44_100)].max() > 0.1


def test_it_lasts_as_long_as_the_last_note_rings():
    made = render_audio(tune())  # 3.95 seconds
    assert 4.2 < made.duration_seconds < 3.95 + 5
    assert np.abs(made.samples[-4410:]).max() < 1e-3


def test_the_tempo_map_is_kept():
    score = piece((4, 1, 69, 90))
    score.tempos.append(symusic.Tempo(0, 60))
    sound = np.abs(render_audio(score).samples).max(1)
    assert sound[: int(3.99 * 44_100)].max() == 0
    assert sound[int(4.0 * 44_100) : int(4.3 * 44_100)].max() > 0.1


def test_loudness_follows_velocity_squared(font):
    sound = synthesize(piece((0, 2, 69, 127), (4, 2, 69, 64), program=0), font([{38: -12000}]), RATE)
    assert level(sound, 0.2, 0.8, RATE) - level(sound, 2.2, 2.8, RATE) == pytest.approx(
        40 * math.log10(127 / 64), abs=0.1
    )


def test_velocity_chooses_among_samples(font):
    quiet = np.zeros_like(sine())
    soft_is_silent = [{44: 0 | 63 << 8, 53: 1}, {44: 64 | 127 << 8, 53: 0}]
    sound = synthesize(
        piece((0, 2, 69, 63), (4, 2, 69, 64), program=0), font(soft_is_silent, waves=(sine(), quiet)), RATE
    )
    assert np.abs(sound[:, : 2 * RATE]).max() == 0
    assert level(sound, 2.2, 2.8, RATE) > -30


def test_a_looped_sample_holds_its_pitch_and_level(font):
    sound = synthesize(piece((0, 16, 69, 100), program=0), font([{54: 1}]), RATE)  # eight seconds of a quarter's sample
    assert level(sound, 0.5, 1.5, RATE) == pytest.approx(level(sound, 6.5, 7.5, RATE), abs=0.05)
    assert pitch_of(sound[0, 6 * RATE : 7 * RATE], RATE) == pytest.approx(441, abs=1)


def test_release_falls_by_a_hundred_decibels_in_its_time(font):
    sound = synthesize(piece((0, 2, 69, 127), program=0), font([{38: 1200}]), RATE)  # two seconds
    at_end, later = level(sound, 0.8, 1.0, RATE), level(sound, 1.45, 1.55, RATE)
    assert at_end - later == pytest.approx(25, abs=1.5)


def test_a_short_release_is_no_click_but_short(font):
    sound = synthesize(piece((0, 2, 69, 127), program=0), font([{38: -12000}]), RATE)
    assert sound.shape[1] == pytest.approx(1.01 * RATE, abs=2)


def test_decay_ends_at_the_sustain_level(font):
    sound = synthesize(piece((0, 8, 69, 127), program=0), font([{36: 0, 37: 200}]), RATE)  # by 20 dB, in 0.2 s
    assert level(sound, 2, 3, RATE) - level(sound, 0, 0.01, RATE) == pytest.approx(-20, abs=1.5)


def test_pan_goes_to_one_side(font):
    sound = synthesize(piece((0, 2, 69, 127), program=0), font([{17: -500}]), RATE)
    assert np.abs(sound[0]).max() > 0.1
    assert np.abs(sound[1]).max() < 1e-6


def test_volume_expression_and_pan_of_the_file_are_heeded(font):
    score = piece((0, 2, 69, 127), (4, 2, 69, 127), program=0)
    score.tracks[0].controls.append(symusic.ControlChange(3 * BEAT, 7, 50))
    score.tracks[0].controls.append(symusic.ControlChange(3 * BEAT, 10, 127))
    sound = synthesize(score, font([{38: -12000}]), RATE)
    both = [level(sound, begin, begin + 0.6, RATE) for begin in (0.2, 2.2)]
    assert both[0] - both[1] == pytest.approx(40 * math.log10(100 / 50), abs=0.2)
    assert np.abs(sound[0, int(2.2 * RATE) :]).max() < 0.05 * np.abs(sound[1, int(2.2 * RATE) :]).max()


def test_a_pedal_holds_notes_until_it_is_up_or_the_key_is_struck_again(font):
    made = font([{38: -12000}])
    dry = piece((0, 1, 69, 127), (6, 1, 69, 127), program=0)
    held = dry.copy()
    held.tracks[0].pedals.append(symusic.Pedal(0, 4 * BEAT))  # two seconds
    assert np.abs(synthesize(dry, made, RATE)[:, int(0.6 * RATE) : int(2.9 * RATE)]).max() == 0
    sound = synthesize(held, made, RATE)
    assert level(sound, 1.5, 1.9, RATE) == pytest.approx(level(sound, 0.1, 0.4, RATE), abs=0.1)
    assert np.abs(sound[:, int(2.1 * RATE) : int(2.9 * RATE)]).max() == 0


def test_an_open_hi_hat_ends_when_it_is_closed(font):
    hats = font({(128, 0): [{43: 46 | 46 << 8, 57: 1, 56: 0, 38: 2400}, {43: 42 | 42 << 8, 57: 1, 48: 1440, 56: 0}]})
    ringing = synthesize(piece((0, 0.5, 46, 127), is_drum=True, program=0), hats, RATE)
    cut = synthesize(piece((0, 0.5, 46, 127), (1, 0.5, 42, 127), is_drum=True, program=0), hats, RATE)
    assert level(ringing, 0.55, 0.7, RATE) > level(cut, 0.55, 0.7, RATE) + 20
    assert level(ringing, 0.1, 0.4, RATE) == pytest.approx(level(cut, 0.1, 0.4, RATE), abs=0.1)


def test_a_missing_program_sounds_as_its_family(font):
    two = font({(0, 0): [{17: -500}], (0, 40): [{17: 500}]})
    assert np.abs(synthesize(piece((0, 1, 69, 127), program=43), two, RATE)[0]).max() < 1e-6  # a double bass: as violin
    assert np.abs(synthesize(piece((0, 1, 69, 127), program=73), two, RATE)[1]).max() < 1e-6  # a flute: as piano


def test_sf3_sounds_as_sf2(font):
    score = piece((0, 2, 69, 127), program=0)
    plain = synthesize(score, font([{38: -12000}]), RATE)
    packed = synthesize(score, font([{38: -12000}], compressed=True), RATE)
    assert packed.shape[1] == pytest.approx(plain.shape[1], abs=2)
    assert level(packed, 0.1, 0.9, RATE) == pytest.approx(level(plain, 0.1, 0.9, RATE), abs=0.5)
    assert pitch_of(packed[0], RATE) == pytest.approx(441, abs=1)


# -- loudness ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", [-16.0, -23.0])
def test_loudness_and_peaks(target: float):
    made = render_audio(tune(), target_lufs=target)
    assert pyloudnorm.Meter(44_100).integrated_loudness(made.samples.astype(np.float64)) == pytest.approx(
        target, abs=0.5
    )
    assert made.loudness_lufs == pytest.approx(target, abs=0.5)
    assert np.abs(made.samples).max() <= 10 ** (-1 / 20) + 1e-6


def test_sparse_hits_are_limited_and_not_clipped():
    score = piece(*((2 * i, 0.25, 38, 40 if i else 127) for i in range(8)), is_drum=True, program=0)
    samples = render_audio(score).samples
    assert np.abs(samples).max() <= 10 ** (-1 / 20) + 1e-6
    at_ceiling = np.abs(samples).max(1) > 0.999 * 10 ** (-1 / 20)
    assert at_ceiling.sum() < 20  # a clipped hit would stay there for long
    assert pyloudnorm.Meter(44_100).integrated_loudness(samples.astype(np.float64)) == pytest.approx(-16, abs=0.5)


def test_silence_cannot_be_made_loud():
    with pytest.raises(ValueError, match="silent"):
        normalize(np.zeros((44_100, 2), np.float32), 44_100)


# -- files ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", [".wav", ".flac", ".ogg", ".mp3", ".WAV"])
def test_files_read_back(tmp_path: Path, ending: str):
    made = render_audio(tune(), tmp_path / f"tune{ending}")
    samples, rate = soundfile.read(tmp_path / f"tune{ending}")
    assert rate == 44_100
    assert len(samples) == pytest.approx(len(made.samples), abs=3000)  # MP3 comes in frames
    shared = min(len(samples), len(made.samples))
    assert np.corrcoef(samples[:shared, 0], made.samples[:shared, 0])[0, 1] > 0.98
    assert [path.name for path in tmp_path.iterdir()] == [f"tune{ending}"]


def test_minutes_of_ogg_are_no_matter(tmp_path: Path):
    noise = np.random.default_rng(0).standard_normal((60 * 8_000, 2)).astype(np.float32) / 10
    write_audio(Audio(noise, 8_000, -20.0), tmp_path / "long.ogg")
    assert soundfile.info(tmp_path / "long.ogg").frames == len(noise)


def test_the_same_score_gives_the_same_bytes(tmp_path: Path):
    for name in ("a.wav", "b.wav"):
        render_audio(tune(), tmp_path / name, sample_rate=22_050)
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "tune.wav").write_bytes(b"before")

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(soundfile.SoundFile, "write", fail)
    with pytest.raises(OSError, match="disk full"):
        render_audio(tune(), tmp_path / "tune.wav")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"before"]


@pytest.mark.parametrize(
    ("options", "kind", "match"),
    [
        ({"path": "tune.aiff"}, ValueError, r"must end in \.wav, \.flac, \.ogg, \.mp3"),
        ({"path": "tune.mp3", "sample_rate": 96_000}, ValueError, "MP3 knows the sample rates"),
        ({"path": "nowhere/tune.wav"}, FileNotFoundError, "make it first"),
        ({"sample_rate": 7_999}, ValueError, "from 8000 to 192000; got 7999"),
        ({"sample_rate": 44_100.0}, ValueError, "whole number"),
        ({"engine": "timidity"}, ValueError, '"own" or "fluidsynth"'),
        ({"sound_font": "none.sf2"}, FileNotFoundError, "there is none at none.sf2"),
        ({"max_seconds": 2.0}, ValueError, "may last 0.0333333 minutes; it lasts 0.1"),
    ],
)
def test_errors_say_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, object], kind: type[Exception], match: str
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(kind, match=match):
        render_audio(tune(), **options)
    assert not list(tmp_path.iterdir())


def test_a_score_without_notes_is_refused():
    with pytest.raises(ValueError, match="at least one note"):
        render_audio(symusic.Score(48))


def test_a_day_of_music_is_refused_before_memory_is_asked_for():
    with pytest.raises(ValueError, match="may last 20 minutes; it lasts 1440"):
        render_audio(piece((0, 1, 60, 90), (24 * 60 * 120 - 1, 1, 60, 90)))


@pytest.mark.parametrize(
    "content", [b"", b"no sound font", sound_font({(0, 0): [{}]})[:-200]], ids=["0", "text", "cut"]
)
def test_a_broken_sound_font_is_named(tmp_path: Path, content: bytes):
    (tmp_path / "mine.sf2").write_bytes(content)
    with pytest.raises(ValueError, match=r"mine\.sf2"):
        render_audio(tune(), sound_font=tmp_path / "mine.sf2")


def test_any_cut_of_a_sound_font_is_an_error_or_sounds(tmp_path: Path):
    whole = sound_font({(0, 0): [{}]})
    for number, size in enumerate(range(0, len(whole), 487)):
        path = tmp_path / f"{number}.sf2"
        path.write_bytes(whole[:size])
        with pytest.raises(ValueError, match=r"sf2|silent"):
            render_audio(tune(), sound_font=path, sample_rate=8_000)


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(audio_module, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'midi-text\[audio\]'"):
        render_audio(tune())
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'midi-text\[audio\]'"):
        default_sound_font()


def test_a_missing_program_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(FileNotFoundError, match="apt install fluidsynth"):
        render_audio(tune(), engine="fluidsynth")


needs_fluidsynth = pytest.mark.skipif(shutil.which("fluidsynth") is None, reason="needs the FluidSynth program")


@needs_fluidsynth
def test_what_fluidsynth_says_is_passed_on(tmp_path: Path):
    (tmp_path / "mine.sf2").write_bytes(b"no sound font")
    with pytest.raises(RuntimeError, match=r"could not play the score with mine\.sf2: "):
        render_audio(tune(), engine="fluidsynth", sound_font=tmp_path / "mine.sf2")


@needs_fluidsynth
def test_fluidsynth_plays_the_same():
    own, other = (render_audio(tune(), engine=engine).samples for engine in ("own", "fluidsynth"))
    shared = min(len(own), len(other)) // 4410 * 4410
    loudness = [
        np.log10((sound[:shared] ** 2).sum(1).reshape(-1, 4410).mean(1) + 1e-6) for sound in (own, other)
    ]  # fmt: skip
    assert np.corrcoef(*loudness)[0, 1] > 0.9
    assert other.shape[1] == 2


@hypothesis_settings(max_examples=8)
@given(scores())
def test_any_score_is_played(score: symusic.core.ScoreTick):
    made = render_audio(score, sample_rate=8_000)
    assert np.isfinite(made.samples).all()
    assert np.abs(made.samples).max() > 0.01
