"""The Space: a page on which people write, hear, describe and change music, and learn to play it.

Gradio serves it, here with ``midi-text demo`` and on the Hub from `demo/`. The page asks nothing of any other machine:
system fonts, no analytics, a player of our own. What a visitor sends is held to `limits` before anything reads it; what
goes wrong comes back as a sentence, never as a path or a trace. The same functions are there for programs, see
`endpoints`.
"""
