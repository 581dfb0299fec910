"""Twenty visitors at once, two hundred requests, broken ones among them: none is lost and memory stays where it is."""

import base64
import logging
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytest.importorskip("gradio", reason="needs the extra: pip install 'midi-text[demo]'")
from demo_server import RefusedError, call, served

VISITORS, EACH = 20, 10
FREE = (None, None, None, None, 1)  # key, tempo, metre, instruments; one candidate
GROWTH_MB = 200.0  # from the half to the end; caches fill, and a leak of one answer's sound would be some 400
EXAMPLE = Path(__file__).parents[1] / "src" / "midi_text" / "demo" / "examples" / "Horetzky-Kelvin-Grove.mid"


def memory_mb(process: int) -> float:
    """Resident memory."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_twenty_visitors_at_once(tiny_checkpoint: Path):
    good = base64.b64encode(EXAMPLE.read_bytes()).decode()
    rng = random.Random(0)
    asked = [
        ("practise", ("triplets in C major, right hand, easy", 3), False),
        ("compose", ("a piece for piano", 5, 2, *FREE), False),
        ("describe", (good,), False),
        ("assess", (good, good), False),
        ("describe", (base64.b64encode(rng.randbytes(500)).decode(),), True),
        ("describe", (good[: len(good) // 3],), True),
        ("compose", ("a piece", 1, 4000, *FREE), True),
    ]

    with served(tiny_checkpoint) as (address, process):

        def visit(number: int) -> list[str]:
            choose = random.Random(number)
            told = []
            for _ in range(EACH // 2):
                name, data, broken = choose.choice(asked)
                try:
                    call(address, name, *data, timeout=900)
                    told.append("answered")
                except RefusedError as error:
                    told.append("refused" if broken and "Traceback" not in str(error) else f"{name}: {error}")
            return told

        with ThreadPoolExecutor(VISITORS) as visitors:
            first = [word for told in visitors.map(visit, range(VISITORS)) for word in told]
            half = memory_mb(process)
            second = [word for told in visitors.map(visit, range(VISITORS, 2 * VISITORS)) for word in told]
        grown = memory_mb(process) - half
    logging.info("%d requests; %.0f MB at the half, %+.0f MB at the end", len(first + second), half, grown)
    assert len(first + second) == VISITORS * EACH
    assert set(first + second) <= {"answered", "refused"}
    assert grown < GROWTH_MB
