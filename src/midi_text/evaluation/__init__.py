"""What a checkpoint can do, in numbers that another day, machine or system can be compared with.

Each module is one question, in the manner of mir_eval (Raffel et al., ISMIR 2014): an essay with its conventions, the
metric of one item as a pure function, and an ``evaluate_…`` that runs a system over many items and returns an
`EvaluationReport`:

- ``adherence``: does music written to a prompt hold what the prompt asked? (``grid``: the prompts)
- ``likelihood``: how many bits does a note of held-out music cost, beside LZMA and a bigram?
- ``truth``: are a caption's statements true of the file, before and after they are checked?
- ``caption_facts``: how many facts of a caption are right, and how much of what could be said is said? Judged by our
  analyzer and by an ``independent`` one.
- ``ngrams``: what BLEU, ROUGE, METEOR and CIDEr make of captions, beside floors that show what they miss
- ``styles``: are words of genre, period, mood, kind and composer those that people gave?
- ``retrieval``: does a text find its piece, and a piece its text, and better than by facts alone?
- ``round_trip``: what is left of the facts on the way from words to music to words, and from music to words to music?
- ``changes``: what do infilling and refining know of the music that was there?
- ``speed``: how fast is it, on this machine?
- ``quick``: is a checkpoint still what it was? A few of these figures, held to bounds.

Conventions: shares lie in 0..1; failures count as zeros and stay in the denominator; tempi are quarter notes a minute;
times are seconds; every figure over items carries the 95 % interval of ``intervals``. Items come in as plain iterables:
this room knows nothing of how a corpus is stored or a model trained.
"""
