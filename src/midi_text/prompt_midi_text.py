"""Free text -> what it states about music: tempo, key, metre, instruments, length, harmony, form, traits, style.

`read_prompt` reads what people type ("slow waltz in d minor for violin & piano", "120bpm, F#m, no drums", "over
Am F C G, walking bass") and what `data.captions` writes, with the one vocabulary of both. It walks the words once,
never raises, and leaves every word that it does not know to the model (`Ask.unread`). `ask_midi_text` sums up.
Words that are plain English too ("fast", "strings", "two minutes") count only where music is spoken of: near a
statement that is of music alone or a word such as "song", or in a text of mere keywords (`_Reader.believed`).
Lost: counts of players ("two violins" is one program), order in time ("first slow, then fast"), alternatives but the
first ("harp or piano" is a harp), and what is denied ("not slow" states nothing; only instruments and traits are
excluded, see `denials_midi_text`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from itertools import pairwise
from string import ascii_letters, digits
from typing import Any

from .ask_midi_text import Ask as Ask
from .ask_midi_text import Read, summarise
from .ask_midi_text import Statement as Statement
from .denials_midi_text import DONTS, denial_before, denied_after
from .key_names_midi_text import read_key, read_mode
from .keywords_midi_text import read_keyword
from .numbers_midi_text import read_carried, read_number_statement
from .phrases_midi_text import LONGEST, MUSIC_WORDS, PHRASES, STOP_WORDS, WEAK_PHRASES, Meanings
from .progressions_midi_text import read_chords, read_form, read_numerals
from .roles_midi_text import is_label, role_of
from .style_words_midi_text import STYLE_KIND
from .tokens_midi_text import Token, tokenize
from .vocabulary_midi_text import DRUMS

_JOINERS = frozenset("and or nor & ,".split())
_DENIALS = DONTS | {"isn't", "isn’t", "no", "without", "avoid", "nothing", "less", "anything"}
_TRAIT_DENIALS = DONTS | {"isn't", "isn’t", "no", "without", "avoid"}
_DENIAL_FILLERS = frozenset(
    "too so very that be is in at a an the for any use overly really particularly make it sound play".split()
)
_INSTRUMENT_FACTS = ("program", "family")
_EXCLUDED = (*_INSTRUMENT_FACTS, "trait")
_PARTS_OF_THE_KIT = frozenset(
    """snare snares kick hi hat hats cymbal cymbals tambourine shaker shakers maracas conga congas bongo bongos timbales
    cajon djembe bodhran hand fill fills solo solos machine machines""".split()
)
_RANK_WORD, _RANK_IMPLIED = 1, 2
_WEAK_NUMBERS = ("bars", "duration_seconds", "time_signature")
_LENGTHS = ("bars", "duration_seconds")
_LASTS = frozenset(
    """lasts lasting last duration length longer shorter long runs run running stretches stretching spans
    spanning""".split()
)
_TIMES = frozenset("time metre meter".split())
_FIELDS = frozenset(
    """tempo speed pace time metre meter key mode dynamics texture register articulation density bars measures length
    duration instruments instrumentation style genre mood kind form chords""".split()
)
_RULES = frozenset(("|", "/", ";", "\n", "·", "•"))
_UNITS = frozenset("bar bars measure measures second seconds minute minutes bpm beats".split())
_COUNTS = frozenset("2 3 4 5 6 two three four five six".split())

# A key after another is where the piece goes, where one of these stands between them or before it.
_GOES = frozenset(
    """to into > → then ends end ending ended finishes finish finishing closes closing modulates modulate modulating
    modulation moves moving shifts shift goes going concludes chorus bridge refrain middle""".split()
)
_MODULATES = frozenset("modulates modulate modulating modulation modulated".split())
_REACH = 8  # tokens in which a change of key is told

# Words that speak of people and things: a text with one of them is prose, not keywords.
_PROSE = frozenset(
    """is are be was were has had did does do i you he she they we it my your his her their who which because would
    can could should said says there what when where why how these those if i'm it's that's we're they're us me
    been being will won't don't can't""".split()
)
_MOST_KEYWORDS = 12
_ORDERS = frozenset("make want keep play like let need".split())
_WINDOW = 50  # tokens around a word of music within which plain words are believed
_PERSONS = frozenset("i you he she they we".split())
_BEING = frozenset("am are is was were feel feels felt i'm you're we're they're he's she's".split())
_DEGREES = frozenset("very so too really quite rather pretty feeling not all".split())
_NOUNS = frozenset(
    "piece pieces number passage work works track beat beats loop theme sound sounding one section mass".split()
)


_Reads = Callable[[str, list[Token], int], tuple[str, Any, int, int] | None]
# The readers in their order, and the letters at which what they read can begin.
_ANY = frozenset(ascii_letters + digits + "♩½⅞öéüÖÉÜ")
_READERS: tuple[tuple[_Reads, frozenset[str]], ...] = (
    (read_number_statement, _ANY),
    (read_chords, frozenset("ABCDEFG")),
    (read_numerals, frozenset("IViv#b♭♯")),
    (read_form, frozenset("Aa")),
    (read_key, frozenset("ABCDEFGHRMSLUabcdefghrmsluДРМФСЛдрмфсл")),
    (read_mode, frozenset("Mm")),
)


def read_prompt(text: str) -> Ask:
    """Read what a text states. Never raises on any `str`; the time grows linearly with its length."""
    return _Reader(text).ask()


def _is_genre(statement: Statement) -> bool:
    return statement.fact == "style" and STYLE_KIND[statement.value] == "genre"


class _Reader:
    """One walk over the tokens of a text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.read: list[Read] = []
        self.places: list[tuple[int, int]] = []  # its tokens, for each
        self.open = False
        self.unread: dict[str, None] = {}
        self.negated_until = -1  # instruments and traits that start before this token are excluded
        self.barren: dict[_Reads, int] = {}  # token before which a reader has nothing to find
        self.key_end = -_REACH  # token after the last key
        self.musical = False  # whether a word of music alone has been read, or a genre
        self.prose = not _PROSE.isdisjoint(token.low for token in self.tokens)

    def ask(self) -> Ask:
        """Walk and sum up."""
        position = 0
        while position < len(self.tokens):
            end = self._negation(position) or self._read_at(position)
            if end <= position:
                self._leave(position)
                end = position + 1
            position = end
        return summarise(self.believed(), self.open, self.unread)

    def _low(self, index: int) -> str:
        return self.tokens[index].low if 0 <= index < len(self.tokens) else ""

    def _read_at(self, index: int) -> int:
        """Read one statement that starts at a token; returns the token after it, or `index` for none."""
        token = self.tokens[index]
        initial = self.text[token.start]
        for reader, begins in _READERS:
            if initial not in begins or index < self.barren.get(reader, 0):
                continue
            found = reader(self.text, self.tokens, index)
            if found is not None and found[0]:
                self._add_found(*found)
                return found[3]
            if found is not None:
                self.barren[reader] = found[3]
        near = self.read and initial.isdigit() and index - self.places[-1][1] < _REACH
        carried = read_carried(self.text, self.tokens, index, self.read[-1].statement) if near else None
        if carried is not None:
            self._add_found(*carried)
            return carried[3]
        keyword = self._keyword(index)
        if keyword is not None:
            self._add(*keyword, _RANK_WORD, True)
            return keyword[3]
        end, meanings = self._phrase(index)
        if not (meanings and is_label(self.tokens, index, end, meanings)):
            for fact, value in meanings:
                self._add_phrase(fact, value, index, end)
        named = end > index + 1 and self._low(end - 1) in ("tempo", "pace", "speed")
        return end - 1 if named else end  # "fast tempo (around 150)": its "tempo" may name a number

    def _keyword(self, index: int) -> tuple[str, Any, int, int] | None:
        """What a bare number or letter states in a list of keywords of music: "house, 124, G"."""
        token = self.tokens[index]
        if not (token.low.isdecimal() or token.end == token.start + 1) or not self.musical or self.prose:
            return None
        genre = self.places[-1][1] == index and _is_genre(self.read[-1].statement)
        genre |= self._low(index - 1) in ("beat", "groove")
        key = self._is_key(index + 1)
        return read_keyword(self.text, self.tokens, index, genre_before=genre, key_after=key)

    def _add_found(self, fact: str, value: Any, first: int, end: int) -> None:
        """A statement of one of the readers; a key may be one that the piece goes to."""
        if self._denied(first, _DENIALS):
            return
        weak = fact in _WEAK_NUMBERS or (fact in ("key", "mode") and end - first == 1)
        weak |= fact == "tempo_bpm" and self._low(first) in ("speed", "pace")
        self_evident = (
            (fact == "time_signature" and (self._low(first - 1) == "in" or self._is_sentence(first, end)))
            or (fact == "time_signature" and not _TIMES.isdisjoint((self._low(end - 1), self._low(end))))
            or (
                fact in _LENGTHS and not _LASTS.isdisjoint((self._low(first - 2), self._low(first - 1), self._low(end)))
            )
            or (fact in _LENGTHS and self._is_item(first, end))
        )
        weak = weak and not self_evident and not self._is_field(first)
        if fact == "key":
            fact = "key_change" if self._goes_to(first) else "key"
            self.key_end = end
        self._add(fact, value, first, end, 0, weak)

    def _is_field(self, first: int) -> bool:
        """Whether a statement stands in a form: "speed: fast", "bars: 16"."""
        label = first - 2 if self._low(first - 1) in (":", "=") else first
        follower = self._low(first - 1 if label < first else first + 1)
        return self._low(label) in _FIELDS and follower in (":", "=")

    def _is_item(self, first: int, end: int) -> bool:
        """Whether a statement is an item of a list with rules: "… | 16 bars"."""
        before, after = self._low(first - 1), self._low(end)
        return (before in _RULES and after in (*_RULES, "", ".")) or (not before and after in _RULES)

    def _is_sentence(self, first: int, end: int) -> bool:
        """Whether a statement is all of a sentence: "By Haydn. 3/4."."""
        return self._low(first - 1) in (".", "!", "\n", "") and self._low(end) in (".", "!", "\n", "")

    def _goes_to(self, first: int) -> bool:
        """Whether a key is one that the piece changes to."""
        start = max(0, first - 5)
        before = [token.low for token in self.tokens[start:first]]
        if self.key_end > first - _REACH:
            return not _GOES.isdisjoint(self._between(self.key_end, first))
        return before[-1:] in (["to"], ["into"]) and not _MODULATES.isdisjoint(before)

    def _between(self, start: int, end: int) -> set[str]:
        """The words of a stretch that belong to no statement: not those of "a half cadence at the end"."""
        words = {index: self.tokens[index].low for index in range(start, end)}
        for first, last in reversed(self.places):
            if last <= start:
                break
            for index in range(first, last):
                words.pop(index, None)
        return set(words.values())

    def _phrase(self, index: int) -> tuple[int, Meanings]:
        """The longest known phrase at a token: the token after it and its meanings."""
        longest = LONGEST.get(self._low(index), 0)
        words = [token.low for token in self.tokens[index : index + longest]]
        for size in range(len(words), 0, -1):
            meanings = PHRASES.get(" ".join(words[:size]))
            if meanings is None or (words[size - 1].isdigit() and self._counts(index + size)):
                continue
            if words[size - 1] == "of" and self._low(index + size + 1) in _UNITS:
                continue  # "for recorder of six bars" is no recorder of deeds
            return index + size, meanings
        return index, ()

    def _counts(self, index: int) -> bool:
        """Whether the number before a token belongs to what follows: "synth bass 2 minutes long"."""
        if self._low(index) in ("/", ":"):
            return self.tokens[index].start == self.tokens[index - 1].end
        return self._low(index) in _UNITS

    def _add_phrase(self, fact: str, value: Any, index: int, end: int) -> None:
        weak = " ".join(token.low for token in self.tokens[index:end]) in WEAK_PHRASES and not self._is_field(index)
        if fact == "open":
            self.open |= not self._denied(index, _DENIALS)  # "no other instruments"
        elif fact == "loop":
            if self.read and self.read[-1].statement.fact in ("chords", "roman") and self.places[-1][1] >= index - 1:
                self._add("trait", value, index, end, 0, False)
        elif fact in _INSTRUMENT_FACTS:
            self._add_instrument(fact, value, index, end, weak)
        elif fact == "trait":
            after = end + (self._low(end) == ":")
            if value == "modulates" and self._low(after) in ("to", "into") and self._is_key(after + 1):
                return  # the change of key says it
            excluded = index < self.negated_until or self._denied(index, _TRAIT_DENIALS)
            self._add("no_trait" if excluded else "trait", value, index, end, 0, weak)
        elif value == "march" and self._low(end)[:1].isdigit():
            return  # "march 3rd"
        elif fact == "no_program" or not self._denied(index, _DENIALS):
            implied = fact == "implied_metre"
            rank = _RANK_IMPLIED if implied else _RANK_WORD if fact == "tempo_bpm" else 0
            self._add("time_signature" if implied else fact, value, index, end, rank, weak)

    def _add_instrument(self, fact: str, value: Any, index: int, end: int, weak: bool) -> None:
        """An instrument that is wanted or denied, with its part, where words do not only seem to name one."""
        before = self._low(index - 2), self._low(index - 1)
        if self._low(index) == "keys" and not self._listed(index, end):
            return  # those of the music
        if before == ("in", "the") and value == "bass" and end == index + 1:
            return  # a register: "a pedal point in the bass"
        if before == ("or", "without"):  # "with or without drums"
            return
        if index < self.negated_until or denied_after(self.text, self.tokens, index, end):
            part = value == DRUMS and any(self._low(at) in _PARTS_OF_THE_KIT for at in range(index, end))
            if not part:  # "no cymbals" leaves the other drums
                self._add(f"no_{fact}", value, index, end, 0, weak)
            return
        if value in (53, "voices") and self._counted(index) and before[0] not in ("for", "/"):
            return  # "in three voices" speaks of counterpoint, "for three voices" of singers
        joint = index - 1 - (before[1] in ("a", "an", "the"))
        if self._low(joint) == "or" and self._ends_with_an_instrument(joint):
            return  # "harp or piano" is met by a harp
        role = role_of(self.tokens, index, end)
        if role:
            self._add(f"{role}_{fact}", value, index, end, 0, weak)
        self._add(fact, value, index, end, _RANK_IMPLIED if self._implies(index, end) else 0, weak)

    def _ends_with_an_instrument(self, index: int) -> bool:
        """Whether an instrument that is wanted ends before a token."""
        return bool(self.read) and self.places[-1][1] == index and self.read[-1].statement.fact in _INSTRUMENT_FACTS

    def _listed(self, index: int, end: int) -> bool:
        """Whether an instrument stands beside a phrase in a list: "bass, keys and drums"."""
        if self._low(end) in ("of", ":", "="):
            return False
        if self._low(index - 1) in (*_JOINERS, "+", "/") and self._ends_with_an_instrument(index - 1):
            return True
        opens = self._low(index - 1) in ("", ",", ";", ":", ".", "with", "for", "on", *_RULES)
        following = self._phrase(end + 1)[1] if opens and self._low(end) in (*_JOINERS, "+", "/") else ()
        return any(fact in _INSTRUMENT_FACTS for fact, _ in following)

    def _implies(self, index: int, end: int) -> bool:
        """Whether a phrase asks for an instrument without its name: by its player or its band."""
        meanings = self._phrase(index)[1]
        return self._low(end - 1) == "drummer" or sum(fact in _INSTRUMENT_FACTS for fact, _ in meanings) > 1

    def _is_key(self, index: int) -> bool:
        found = read_key(self.text, self.tokens, index) if index < len(self.tokens) else None
        return found is not None and found[0] == "key"

    def _counted(self, index: int) -> bool:
        """Whether a small number stands before: "four voices"."""
        return self._low(index - 1) in _COUNTS

    def _add(self, fact: str, value: Any, first: int, end: int, rank: int, weak: bool) -> None:
        start, stop = self.tokens[first].start, self.tokens[end - 1].end
        self.read.append(Read(Statement(fact, value, start, stop, self.text[start:stop]), rank, weak))
        self.places.append((first, end))
        self.musical |= not weak or _is_genre(self.read[-1].statement)

    def _negation(self, index: int) -> int:
        """At "no", "without" and the like before instruments or traits: marks those; the token to go on from, or 0."""
        start = denial_before(self.tokens, index)
        if not start or index < self.negated_until:
            return 0
        if self._low(index) == "not" and all(fact not in _INSTRUMENT_FACTS for fact, _ in self._phrase(start)[1]):
            return 0  # "not quantized" is a phrase of its own
        end, joiner = self._list_from(start)
        if end > start:
            self.negated_until = end if joiner else self._phrase(start)[0]
            return start
        return 0

    def _list_from(self, start: int) -> tuple[int, bool]:
        """The end of a list of instruments or traits, and whether a negation before it holds for all of it.

        It does for "drums, bass or piano" and "drums and bass"; in "drums, bass, piano" it ends at the comma.
        """
        end, last_joiner, commas, position = start, "", 0, start
        while position < len(self.tokens):
            stop, meanings = self._phrase(position)
            if stop == position or not any(fact in _EXCLUDED for fact, _ in meanings):
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
            if joiner in ("or", "nor") and self._phrase(position)[0] == position:
                position += 1  # "no keyboards or clean vocals"
            if position < len(self.tokens) and self._phrase(position)[0] > position:
                last_joiner = joiner
        return end, last_joiner in ("or", "nor") or (last_joiner != "," and not commas)

    def _denied(self, index: int, denials: frozenset[str] | set[str]) -> bool:
        """Whether "not", "no", "without" stand before, with only little words between."""
        for back in range(index - 1, max(index - 5, -1), -1):
            low = self._low(back)
            if low in denials:
                return True
            if low not in _DENIAL_FILLERS:
                return False
        return False

    def _leave(self, index: int) -> None:
        word = self.tokens[index].raw
        known = word in STOP_WORDS or self._low(index) in STOP_WORDS
        if len(word) > 1 and not known and any(c.isalpha() for c in word):
            self.unread.setdefault(word)

    def believed(self) -> list[Read]:
        """What was read, without the plain English words in a text, or a place of it, that is not about music."""
        if not any(read.weak for read in self.read):
            return self.read
        words = [token.low for token in self.tokens[: _MOST_KEYWORDS + 1]]
        keywords = len(words) <= _MOST_KEYWORDS and len(self.unread) <= len(self.read)
        ordered = any(a in _ORDERS and b in ("it", "this") for a, b in pairwise(words))  # "make it fast"
        keywords = keywords and (ordered or not self.prose)
        keywords |= not self.prose and len(self.read) > max(3, 3 * len(self.unread))
        music = sorted(
            {
                first
                for read, (first, end) in zip(self.read, self.places, strict=True)
                if not read.weak or self._low(end) in _NOUNS  # "a slow passage"
            }
            | {i for i, token in enumerate(self.tokens) if token.low in MUSIC_WORDS and self._is_music(i)}
        )
        believed = []
        for read, (first, end) in zip(self.read, self.places, strict=True):
            if not read.weak or (not self._of_a_person(first) and (keywords or self._near(music, first, end))):
                believed.append(read)
            else:
                for index in range(first, end):
                    self._leave(index)
        return believed

    def _is_music(self, index: int) -> bool:
        """Whether a word such as "piece" is one of music here: not "a piece of cake"."""
        return self._low(index) != "piece" or self._low(index + 1) != "of" or self._low(index + 2) in MUSIC_WORDS

    def _of_a_person(self, place: int) -> bool:
        """Whether a plain word speaks of a person: "I am happy", "they were quick"."""
        before = place - 1
        while self._low(before) in _DEGREES:
            before -= 1
        being = self._low(before)
        return being in _BEING and ("'" in being or being == "am" or self._low(before - 1) in _PERSONS)

    def _near(self, music: list[int], place: int, end: int) -> bool:
        """Whether a word of music stands near a token, or a noun that a piece of music may have after it."""
        if self._low(end) in _NOUNS or self._low(place - 1) == "something":
            return True
        if self._low(place - 1) == "of" and self._low(place - 2) in _NOUNS:
            return True
        at = bisect_left(music, place)
        return any(abs(near - place) <= _WINDOW for near in music[max(0, at - 1) : at + 1])
