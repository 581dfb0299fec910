"""Labels of a source become style words: nouns, adjectives and phrases, literally what the labels say.

Every value becomes at most a few words of its own ("dance_type": "reel" -> the noun "reel"; "composer" ->
"by Franz Schubert"). Words that themselves state a fact ("waltz" states 3/4) carry it in `stated`, so that
the writer can leave them out where the notes disagree. Texts that name a key ("Sonata in C minor", "Missa
ex D") are never used: training transposes the music, and the label would stay behind.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from ..prompt_midi_text import read_prompt

Stated = tuple[str, Any]


class LabelWords(NamedTuple):
    """Style words of one piece, by grammatical place."""

    adjectives: tuple[str, ...] = ()  # "folk", "19th-century"
    nouns: tuple[str, ...] = ()  # "reel"; at most one
    after: tuple[str, ...] = ()  # "by Franz Schubert"

    @property
    def empty(self) -> bool:
        """Whether there is no word at all."""
        return not (self.adjectives or self.nouns or self.after)

    @property
    def stated(self) -> tuple[Stated, ...]:
        """The facts that a reader finds in these words."""
        return tuple(s for words in self for word in words for s in _stated_in(word))

    def without(self, contradicted: Callable[[Stated], bool]) -> LabelWords:
        """The words none of whose statements is contradicted."""
        return LabelWords(*(tuple(w for w in words if not any(map(contradicted, _stated_in(w)))) for words in self))


@lru_cache(maxsize=50_000)
def _stated_in(word: str) -> tuple[Stated, ...]:
    return tuple((s.fact, s.value) for s in read_prompt(word).statements)


_NAMES_A_KEY = re.compile(
    r"\b(in|ex|en|aus|ut|z)\s+[A-Ha-h](es|is|s)?\b|\b(dur|moll|major|minor|majeur|mineur|maggiore|minore)\b"
    r"|\b[A-H][ -]?(flat|sharp|♭|♯|dur|moll)|^[A-H]$|\s(B|Es|As|[A-H])$",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\b(1[4-9]|20)\d\d\b")
_NOUNS = {  # form, dance_type or genre labels that can stand as the noun of a phrase
    *"mass vespers opera prelude polonaise etude mazurka song waltz requiem sonata symphony partita march".split(),
    *"oratorio krakowiak fugue polka cassation rondo contradance anglaise fantasy galop minuet motet".split(),
    *"completorium dumka aria impromptu nocturne cotillion scherzo cantata barcarolle toccata ballade caprice".split(),
    *"gavotte arabesque hymn berceuse tango sonatina reel jig hornpipe kujawiak kozak oberek sarabande".split(),
    "tarantella", "gigue", "string quartet", "slip jig", "morris dance", "English country dance",
    "Christmas carol", "Christmas song",
}  # fmt: skip
_FORMS = {"song, children": "children's song", "sonate": "sonata", "improvization": "improvisation",
          "variations": "set of variations", "motet, christmas": "Christmas motet", "passions": "passion"}  # fmt: skip
_GENRES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {  # label -> adjectives, nouns
    "secular": (("secular",), ()), "sacred": (("sacred",), ("sacred work",)),
    "art song (Lied)": ((), ("art song", "Lied", "art song (Lied)")),
    "folk": (("folk", "folk-music"), ("folk tune", "folk piece", "folk melody")),
    "pop": (("pop",), ("pop song", "pop tune")), "chamber music": (("chamber",), ("chamber piece", "chamber work")),
    "classical": (("classical",), ()), "video game music": (("video game", "game-music"), ("video game track",)),
    "orchestral": (("orchestral",), ("orchestral piece",)), "neworleans": (("New Orleans",), ()),
    "afrocuban": (("Afro-Cuban",), ()), "hiphop": (("hip-hop",), ()), "middleeastern": (("Middle Eastern",), ()),
}  # fmt: skip
_STYLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "British and Irish traditional dance music": (
        ("traditional", "British and Irish", "traditional British and Irish"),
        ("traditional dance tune", "traditional tune", "British and Irish dance tune"),
    ),
    "Mandarin/Cantonese pop, piano arrangement": (
        ("Chinese pop", "Mandarin or Cantonese pop"), ("piano arrangement of a pop song", "Chinese pop song")),
    "first-person shooter soundtrack": (("shooter-game",), ("first-person shooter soundtrack", "game soundtrack")),
    "transport simulation soundtrack": ((), ("transport simulation soundtrack", "game soundtrack")),
    "Technique": ((), ("technical study", "technique study")), "Hymn": (("hymn",), ("hymn", "hymn tune")),
    "March": ((), ("march",)), "Song": ((), ("song",)), "Popular / Dance": (("popular",), ()),
    "Romanticism": (("Romantic",), ()), "purdieshuffle": (("Purdie shuffle",), ()),
    "secondline": (("second-line",), ()), "brazilian sambareggae": (("Brazilian samba-reggae",), ()),
    "prog": (("progressive",), ()), "halftime": (("half-time",), ()), "chacha": (("cha-cha",), ()),
}  # fmt: skip


def label_words(labels: Mapping[str, object], rng: random.Random) -> LabelWords:
    """A random choice of style words from the labels of one piece.

    Args:
        labels: As the corpus holds them, with "title" and "composer" beside; values that are not text are skipped.
        rng: Source of every choice.
    """
    text = {name: value.strip() for name, value in labels.items() if isinstance(value, str) and value.strip()}
    adjectives: list[str] = []
    nouns: list[str] = []
    for name in ("form", "dance_type"):
        value = _FORMS.get(text.get(name, ""), text.get(name, ""))
        if value in _NOUNS or value in _FORMS.values():
            nouns.append(value)
    is_drums = "drum_style" in text
    for name, table in (("genre", _GENRES), ("style", _STYLES)):
        value = text.get(name, "")
        if value:
            more_adjectives, more_nouns = table.get(value, ((_plain(value),), ()))
            adjectives += [rng.choice(more_adjectives)] if more_adjectives else []
            nouns += [rng.choice(more_nouns)] if more_nouns and not is_drums else []
    if is_drums:
        beat = text.get("beat_or_fill", "beat")
        nouns = [rng.choice((f"drum {beat}", "drum groove", "drum pattern")) if beat == "beat" else f"drum {beat}"]
    if nouns and (rng.random() < 0.75 or is_drums):
        nouns = [rng.choice(nouns)]
    else:
        nouns = []
    used = {part for noun in nouns for part in _parts(noun)}
    chosen = []
    for adjective in adjectives:
        if rng.random() < 0.6 and used.isdisjoint(_parts(adjective)):
            chosen.append(adjective)
            used |= _parts(adjective)
    period = _period(text, rng)
    if period and rng.random() < 0.3:
        chosen.insert(0, period)
    return LabelWords(tuple(chosen), tuple(nouns), tuple(_after(text, rng)))


def _parts(words: str) -> set[str]:
    return set(re.split(r"[ -]", words.lower()))


def _plain(value: str) -> str:
    return value.replace("brazilian", "Brazilian").replace("/", " ")


def _period(text: Mapping[str, str], rng: random.Random) -> str:
    """A century such as "19th-century" from a date label with a year, or the empty string."""
    found = _YEAR.search(text.get("date", ""))
    if not found:
        return ""
    century = int(found.group()[:2]) + 1
    return f"{century}{'st' if century == 21 else 'th'}-century"


def _after(text: Mapping[str, str], rng: random.Random) -> list[str]:
    after = []
    composer = text.get("composer", "")
    if composer and rng.random() < 0.22:
        after.append(f"{rng.choice(('by', 'by', 'composed by'))} {composer}")
    nationality = text.get("nationality", "")
    if not after and re.fullmatch(r"[A-Z][a-z]+", nationality) and nationality != "Poland" and rng.random() < 0.08:
        after.append(f"by {'an' if nationality[0] in 'AEIOU' else 'a'} {nationality} composer")
    artist = text.get("artist", "")
    if artist and rng.random() < 0.05:
        after.append(f"by {artist}")
    title = text.get("title", "")
    if title and len(title) < 60 and rng.random() < 0.05 and not _NAMES_A_KEY.search(title):
        after.append(f'called "{title}"')
    word = text.get("tempo_word", "")
    if word and len(word) < 40 and rng.random() < 0.12:
        after.append(f'marked "{word}"')
    found = _YEAR.search(text.get("date", ""))
    if found and rng.random() < 0.08:
        after.append(f"from {found.group()}")
    return after
