"""Sound fonts of a few sine waves, made of bytes: small enough to know what each note must sound like."""

import io
import struct

import numpy as np

RATE = 22_050
PERIOD = 50  # samples: 441 Hz as recorded
ROOT = 69


def sine(samples: int = 100 * PERIOD) -> np.ndarray:
    return (16_000 * np.sin(2 * np.pi * np.arange(samples) / PERIOD)).astype("<i2")


def sound_font(
    presets: dict[tuple[int, int], list[dict[int, int]]],
    *,
    waves: tuple[np.ndarray, ...] = (),
    compressed: bool = False,
) -> bytes:
    """A file of presets (bank, program) -> the generators of each zone of their instrument; all loop."""
    data, headers = b"", b""
    for wave in waves or (sine(),):
        start = len(data) // (1 if compressed else 2)
        data += _vorbis(wave) if compressed else wave.tobytes() + bytes(92)
        end = len(data) // (1 if compressed else 2) - (0 if compressed else 46)
        base = 0 if compressed else start
        loop = base + PERIOD * 10, base + PERIOD * 90
        headers += struct.pack("<20sIIIIIBbHH", b"sine", start, end, *loop, RATE, ROOT, 0, 0, 0x11 if compressed else 1)
    headers += struct.pack("<20sIIIIIBbHH", b"EOS", *[0] * 9)
    phdr = pbag = pgen = inst = ibag = igen = b""
    zones = 0
    for index, ((bank, program), layers) in enumerate(presets.items()):
        phdr += struct.pack("<20sHHHIII", b"preset", program, bank, index, 0, 0, 0)
        pbag += struct.pack("<HH", index, 0)
        pgen += struct.pack("<HH", 41, index)
        inst += struct.pack("<20sH", b"instrument", zones)
        for layer in layers:
            ibag += struct.pack("<HH", len(igen) // 4, 0)
            for number, value in {54: 1, **layer, 53: layer.get(53, 0)}.items():
                igen += struct.pack("<HH", number, value % 65536)
            zones += 1
    phdr += struct.pack("<20sHHHIII", b"EOP", 0, 0, len(presets), 0, 0, 0)
    pbag += struct.pack("<HH", len(presets), 0)
    inst += struct.pack("<20sH", b"EOI", zones)
    ibag += struct.pack("<HH", len(igen) // 4, 0)
    pdta = [("phdr", phdr), ("pbag", pbag), ("pmod", bytes(10)), ("pgen", pgen + bytes(4)), ("inst", inst)]
    pdta += [("ibag", ibag), ("imod", bytes(10)), ("igen", igen + bytes(4)), ("shdr", headers)]
    lists = _list("INFO", [("ifil", struct.pack("<HH", 2, 4))]) + _list("sdta", [("smpl", data)]) + _list("pdta", pdta)
    return b"RIFF" + struct.pack("<I", len(lists) + 4) + b"sfbk" + lists


def _list(name: str, chunks: list[tuple[str, bytes]]) -> bytes:
    body = b"".join(n.encode() + struct.pack("<I", len(c)) + c + bytes(len(c) % 2) for n, c in chunks)
    return b"LIST" + struct.pack("<I", len(body) + 4) + name.encode() + body


def _vorbis(wave: np.ndarray) -> bytes:
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, wave, RATE, format="OGG", subtype="VORBIS")
    return file.getvalue()
