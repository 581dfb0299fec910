"""The same notes, whatever the tokens: a score as a script that a generation has to follow.

Refining leaves the model two choices, how loud a note is and when the tempo changes. Everything else is given: bars,
metres, positions, programs, pitches, durations. A token of the vocabulary joins several events, and many tokens can
say the same, so what may come next is found in a trie of all tokens: those whose events are the next of the script,
with any velocity in the place of a velocity and, after a position, a tempo if one is wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from .grammar_midi_text import Coded, Event, EventGrammar


class Trie:
    """The tokens of a vocabulary by their events.

    Attributes:
        children: The tries behind each value of each type of event.
        token: The local token that ends here, -1 for none.
    """

    def __init__(self) -> None:
        self.children: dict[Event, dict[int, Trie]] = {}
        self.token = -1

    def add(self, events: Sequence[Coded], token: int) -> None:
        """Adds one token."""
        node = self
        for event, value in events:
            node = node.children.setdefault(event, {}).setdefault(value, Trie())
        node.token = token


@lru_cache(maxsize=4)
def token_trie(grammar: EventGrammar) -> Trie:
    """The trie of the tokens that can stand in a piece."""
    trie = Trie()
    for token, events in enumerate(grammar.events):
        if grammar.usable[token]:
            trie.add(events, token)
    return trie


class Script:
    """The events of a score, in order; the tempo that it starts with stands in it, any other may be written.

    Args:
        grammar: Of the vocabulary.
        events: Coded events as `EventVocabulary.encode` orders them.
        tempi: Slowest and fastest tempo.
    """

    def __init__(self, grammar: EventGrammar, events: Sequence[Coded], tempi: tuple[int, int] = (30, 250)) -> None:
        self.grammar, self.events, self.tempi = grammar, tuple(events), tempi
        self._trie = token_trie(grammar)
        self._answers: dict[tuple[int, bool], np.ndarray] = {}

    @property
    def most_tokens(self) -> int:
        """No generation is longer: every event by itself, a tempo at every position, and the end."""
        return len(self.events) + sum(event == Event.POSITION for event, _ in self.events) + 1

    def step(self, place: tuple[int, bool], coded: Coded) -> tuple[int, bool] | None:
        """The place after an event, None where it does not fit.

        Args:
            place: Events of the script that are written, and whether a tempo may come in between.
            coded: What comes next.
        """
        index, open_to_tempo = place
        event, value = coded
        if event == Event.TEMPO and not self.tempi[0] <= value <= self.tempi[1]:
            return None
        if index < len(self.events):
            wanted = self.events[index]
            free = event in (Event.VELOCITY, Event.TEMPO) and event == wanted[0]
            if free or coded == wanted:
                return index + 1, event == Event.POSITION
        return (index, False) if event == Event.TEMPO and open_to_tempo else None

    def after(self, place: tuple[int, bool], token: int) -> tuple[int, bool]:
        """The place after a local token; what does not fit is passed over."""
        for coded in self.grammar.events[token]:
            place = self.step(place, coded) or place
        return place

    def allowed(self, place: tuple[int, bool]) -> np.ndarray:
        """The local tokens that may come, ascending; none at the end."""
        if place not in self._answers:
            found: list[int] = []
            ways = [(self._trie, place)]
            while ways:
                node, here = ways.pop()
                if node.token >= 0:
                    found.append(node.token)
                for event, each in node.children.items():
                    for value, child in self._open(event, each, here):
                        following = self.step(here, (event, value))
                        if following is not None:
                            ways.append((child, following))
            self._answers[place] = np.array(sorted(found), np.int64)
        return self._answers[place]

    def _open(self, event: Event, each: dict[int, Trie], place: tuple[int, bool]) -> list[tuple[int, Trie]]:
        """The children worth trying."""
        if event in (Event.VELOCITY, Event.TEMPO):
            return list(each.items())
        wanted = self.events[place[0]] if place[0] < len(self.events) else None
        child = each.get(wanted[1]) if wanted and wanted[0] == event else None
        return [] if child is None or wanted is None else [(wanted[1], child)]


__all__ = ["Script", "Trie", "token_trie"]
