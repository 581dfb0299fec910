"""Musicality: is it music, and is it new? Judged from the notes alone, without a model and without the prompt.

Each module is one question: ``repetition`` (does it come back?), ``compression`` (how much is said once?), ``loops``
(does it hang?), ``traits`` (are its plain figures those of human music?), ``features`` and ``frechet`` (is a whole set
like human music?), ``validity``, ``steadiness`` (beat and noise), ``novelty`` (what is shared with the training music).
``reference`` holds the figures of human music, ``alterations`` spoils music in known ways, ``evaluate`` puts all
together. No figure by itself means quality: each sees one way of failing; ``evaluate_reference_points`` shows which.
"""
