"""Where training data comes from: sources with their licences, captions in many kinds of English, and built datasets.

Music arrives as MIDI with whatever labels people gave it; it leaves as events paired with words. The words are
written anew each time an example is seen, from facts measured in the notes and from the labels, so that one piece
teaches many ways of saying the same true things.
"""
