"""How long a visitor waits for music: `python tests/measure_page.py` presses Compose in a browser, and says.

Not a test: what comes out is the machine's as much as ours.
"""

import sys
import time
from pathlib import Path

from demo_server import ARGUMENTS, BROWSER, served
from playwright.sync_api import sync_playwright

import midi_text

PROMPTS = (
    "a slow waltz in D minor for violin and piano, 16 bars",
    "a lively jig for flute, 16 bars",
    "a calm piano piece in G major, 4/4, 16 bars",
    "bossa nova for guitar, bass and drums, 16 bars",
    "a string quartet in C minor, 16 bars",
)
CHECKPOINT = Path(midi_text.__file__).parent / "pretrained"


def main() -> int:
    """Prints, for each prompt on a page of its own, the seconds until the first sound and until the whole piece."""
    with served(CHECKPOINT) as (address, _), sync_playwright() as player:
        browser = player.chromium.launch(executable_path=BROWSER, args=list(ARGUMENTS))
        for prompt in PROMPTS:
            page = browser.new_page()
            page.goto(address)
            page.locator("#compose-prompt textarea").fill(prompt)
            began = time.perf_counter()
            page.locator("#compose-go").click()
            seconds = []
            for seen in ("heard", "done='yes'"):
                page.locator(f"#compose-player [data-{seen}]").wait_for(state="attached", timeout=120_000)
                seconds.append(time.perf_counter() - began)
            sys.stdout.write("first sound {:5.2f} s, whole piece {:5.2f} s: {}\n".format(*seconds, prompt))
            page.close()
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
