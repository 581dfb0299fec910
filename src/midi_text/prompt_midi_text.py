"""Free text -> what it states about music: tempo, key, metre, instruments, length and a few classes.

`read_prompt` reads what people type ("slow waltz in d minor for violin & piano", "120bpm, F#m, no drums")
and what `data.captions` writes, with the one vocabulary of both. It walks the words once, never raises, and
leaves every word that it does not know to the model (`Ask.unread`).
Which statement counts, when several speak of one fact: a number before a word ("fast, 90 BPM" is 90 BPM),
a stated metre before the one a dance implies ("waltz" is 3/4 unless the text says otherwise; a march has no
metre of its own), a key before a mode; ranges that overlap narrow each other ("at least 8 bars, at most
16"), and else the first counts. All of them stay in `Ask.statements`.
Lost: counts of players ("two violins" is one program), order in time ("first slow, then fast"), and what is
denied ("not slow" states nothing; only instruments are excluded by "no", "without").
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .ask_midi_text import Ask as Ask
from .ask_midi_text import Read, summarise
from .ask_midi_text import Statement as Statement
from .key_names_midi_text import read_key, read_mode
from .numbers_midi_text import read_number_statement
from .phrases_midi_text import LONGEST, PHRASES, STOP_WORDS, Meanings
from .tokens_midi_text import Token, tokenize


def read_prompt(text: str) -> Ask:
    """Read what a text states. Never raises on any `str`; the time grows linearly with its length."""
    return _Reader(text).ask()


_NEGATIONS = frozenset(
    "no without w/o minus except excluding exclude excluded avoid avoiding sans nor omit omitting lacks remove".split()
)
_NEGATED_VERBS = frozenset("use include want add have need with".split())
_DONTS = frozenset("don't don’t dont not never".split())
_FILLERS = frozenset("any the a an of more live real additional use include from".split())
_JOINERS = frozenset("and or nor & ,".split())
_DENIALS = _DONTS | {"isn't", "isn’t", "no", "without", "avoid", "nothing", "less", "anything"}
_DENIAL_FILLERS = frozenset("too so very that be is in at a an the for any use overly really particularly".split())
_RANGES = ("tempo_bpm", "bars", "duration_seconds")
_INSTRUMENT_FACTS = ("program", "family")
_RANK_WORD, _RANK_IMPLIED = 1, 2


class _Reader:
    """One walk over the tokens of a text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.statements: list[Statement] = []
        self.ranks: list[int] = []  # of each statement: 0 explicit, 1 a word, 2 implied
        self.open = False
        self.unread: dict[str, None] = {}
        self.negated_until = -1  # instruments that start before this token are excluded

    def ask(self) -> Ask:
        """Walk and sum up."""
        position = 0
        while position < len(self.tokens):
            end = self._negation(position) or self._read_at(position)
            if end <= position:
                self._leave(position)
                end = position + 1
            position = end
        return self._summary()

    def _low(self, index: int) -> str:
        return self.tokens[index].low if 0 <= index < len(self.tokens) else ""

    def _read_at(self, index: int) -> int:
        """Read one statement that starts at a token; returns the token after it, or `index` for none."""
        readers: tuple[Callable[[str, list[Token], int], tuple[str, Any, int, int] | None], ...] = (
            read_number_statement,
            read_key,
            read_mode,
        )
        for reader in readers:
            found = reader(self.text, self.tokens, index)
            if found is not None:
                fact, value, first, end = found
                if not self._denied(first):
                    self._add(fact, value, first, end, 0)
                return end
        end, meanings = self._phrase(index)
        for fact, value in meanings:
            self._add_phrase(fact, value, index, end)
        named = end > index + 1 and self._low(end - 1) in ("tempo", "pace", "speed")
        return end - 1 if named else end  # "fast tempo (around 150)": its "tempo" may name a number

    def _phrase(self, index: int) -> tuple[int, Meanings]:
        """The longest known phrase at a token: the token after it and its meanings."""
        longest = LONGEST.get(self._low(index), 0)
        words = [token.low for token in self.tokens[index : index + longest]]
        for size in range(len(words), 0, -1):
            meanings = PHRASES.get(" ".join(words[:size]))
            if meanings is None or (words[size - 1].isdigit() and self._counts(index + size)):
                continue
            return index + size, meanings
        return index, ()

    def _counts(self, index: int) -> bool:
        """Whether the number before a token belongs to what follows: "synth bass 2 minutes long"."""
        if self._low(index) in ("/", ":"):
            return self.tokens[index].start == self.tokens[index - 1].end
        return self._low(index) in _UNITS

    def _add_phrase(self, fact: str, value: Any, index: int, end: int) -> None:
        if fact == "open":
            self.open = True
        elif fact in _INSTRUMENT_FACTS:
            if index < self.negated_until:
                fact = f"no_{fact}"
            elif value in (53, "voices") and self._counted(index) and self._low(index - 2) not in ("for", "/"):
                return  # "in three voices" speaks of counterpoint, "for three voices" of singers
            self._add(fact, value, index, end, 0)
        elif fact == "no_program" or not self._denied(index):
            implied = fact == "implied_metre"
            rank = _RANK_IMPLIED if implied else _RANK_WORD if fact == "tempo_bpm" else 0
            self._add("time_signature" if implied else fact, value, index, end, rank)

    def _counted(self, index: int) -> bool:
        """Whether a small number stands before: "four voices"."""
        return self._low(index - 1) in _COUNTS

    def _add(self, fact: str, value: Any, first: int, end: int, rank: int) -> None:
        start, stop = self.tokens[first].start, self.tokens[end - 1].end
        self.statements.append(Statement(fact, value, start, stop, self.text[start:stop]))
        self.ranks.append(rank)

    def _negation(self, index: int) -> int:
        """At "no", "without" and the like before instruments: marks those; the token to go on from, or 0."""
        low, following = self._low(index), self._low(index + 1)
        if low in _NEGATIONS or (low == "but" and self._low(index - 1) in ("everything", "anything", "all")):
            start = index + 1
        elif (low in _DONTS and following in _NEGATED_VERBS) or (low == "instead" and following == "of"):
            start = index + 2
        else:
            return 0
        if index < self.negated_until:
            return 0
        while self._low(start) in _FILLERS:
            start += 1
        end, joiner = self._list_from(start)
        if end > start:
            self.negated_until = end if joiner else self._phrase(start)[0]
            return start
        return 0

    def _list_from(self, start: int) -> tuple[int, bool]:
        """The end of a list of instruments, and whether a negation before it holds for all of it.

        It does for "drums, bass or piano" and "drums and bass"; in "drums, bass, piano" it ends at the comma.
        """
        end, last_joiner, commas, position = start, "", 0, start
        while position < len(self.tokens):
            stop, meanings = self._phrase(position)
            if stop == position or not any(fact in _INSTRUMENT_FACTS for fact, _ in meanings):
                break
            end = stop
            joiner = self._low(stop)
            if joiner not in _JOINERS:
                break
            commas += joiner == ","
            position = stop + 1
            if joiner == "," and self._low(position) in ("or", "nor", "and"):
                joiner = self._low(position)
                position += 1
            if self._low(position) in ("any", "the"):
                position += 1
            if position < len(self.tokens) and self._phrase(position)[0] > position:
                last_joiner = joiner
        return end, last_joiner in ("or", "nor") or (last_joiner != "," and not commas)

    def _denied(self, index: int) -> bool:
        """Whether "not", "no", "without" stand before, with only little words between."""
        for back in range(index - 1, max(index - 5, -1), -1):
            low = self._low(back)
            if low in _DENIALS:
                return True
            if low not in _DENIAL_FILLERS:
                return False
        return False

    def _leave(self, index: int) -> None:
        word = self._low(index)
        if len(word) > 1 and word not in STOP_WORDS and any(c.isalpha() for c in word):
            self.unread.setdefault(word)

    def _summary(self) -> Ask:
        read = [Read(statement, rank, False) for statement, rank in zip(self.statements, self.ranks, strict=True)]
        return summarise(read, self.open, self.unread)


_UNITS = frozenset("bar bars measure measures second seconds minute minutes bpm beats".split())
_COUNTS = frozenset("2 3 4 5 6 two three four five six".split())
