"""Search: a folder of MIDI files, asked in words or by example."""
