"""The analysis of a score: harmony, form, rhythm, parts and expression, beyond the basic facts.

`facts_midi_text` measures what every piece has (tempo, metre, key, instruments, length …) in a few milliseconds; this
room measures what takes a closer look. `view` lays a score out as arrays once; each other module asks one question of
it, with its rule in the docstring of the result and its source in its essay; `analysis` puts them together. The traits
they find ("walking bass", "four on the floor") are names of one closed list, `traits`, whose words live with the
vocabulary. No torch, nothing learned but small tables of numbers.

The room is portable: it imports only itself and the ground floor's knowledge of music, and `publishing.export` copies
it, flattened, beside the pipelines, so that captions can be checked in a process without the package.
"""
