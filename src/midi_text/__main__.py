"""``python -m midi_text`` is ``midi-text``; ``accelerate launch -m midi_text train …`` trains on several devices."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
