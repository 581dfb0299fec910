"""Labels of a source become style words: a noun, adjectives and statements, as the source gave them.

Every label becomes at most a few words of its own ("dance_type": "reel" -> the noun "reel"; "tempo_word": "Allegro
maestoso" -> "majestic" and "marked Allegro maestoso"; "composer" -> "by Franz Schubert", in a prompt "in the style of
Franz Schubert"). Words that themselves state a fact ("waltz" states 3/4) carry it in `stated`, so that the writer can
leave them out where the notes disagree. Texts that name a key ("Sonata in C minor", "Missa ex D") are never used:
training transposes the music, and the label would stay behind.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from ...prompt_midi_text import read_prompt
from .fragments import Fragment, Stated, article, fragment
from .label_tables import FORM_WORDS, GENRES, MARKING_WORDS, MOODS, NATIONS, SPELT_OUT, STYLES, WHOLE_FORMS

# Labels that tell where music comes from: nobody can hear it.
UNHEARD = frozenset(("title", "composer", "composer_note", "nationality", "artist", "lyricist", "date"))


class LabelWords(NamedTuple):
    """Style words of one piece: the noun of its phrase ("reel"; "" for none) and what else the labels say."""

    noun: str = ""
    fragments: tuple[Fragment, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is no word at all."""
        return not (self.noun or self.fragments)

    @property
    def stated(self) -> tuple[Stated, ...]:
        """The facts that a reader finds in these words."""
        return stated_in(self.noun) + tuple(s for each in self.fragments for s in each.stated)

    def without(self, contradicted: Callable[[tuple[Stated, ...]], bool]) -> LabelWords:
        """The words whose statements are not contradicted."""
        noun = "" if contradicted(stated_in(self.noun)) else self.noun
        return LabelWords(noun, tuple(each for each in self.fragments if not contradicted(each.stated)))


@lru_cache(maxsize=50_000)
def stated_in(words: str) -> tuple[Stated, ...]:
    """What a reader finds in some words where music is spoken of."""
    if not words:
        return ()
    return tuple((s.fact, s.value) for s in read_prompt(f"a piece of music, {words}").statements)


_NAMES_A_KEY = re.compile(
    r"\b(in|ex|en|aus|ut|z)\s+[A-Ha-h](es|is|s)?\b|\b(dur|moll|major|minor|majeur|mineur|maggiore|minore)\b"
    r"|\b[A-H][ -]?(flat|sharp|♭|♯|dur|moll)|^[A-H]$|\s(B|Es|As|[A-H])$",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"[\d\"]")  # a number beside "BPM" or "bars" would be read as one of them
_YEAR = re.compile(r"\b(?:1[4-9]|20)\d\d\b")
_NOT_WORDS = re.compile(  # a metronome mark, a number, and the brackets of editors: "All(egr)o", "3. Andante"
    r"[(\[]*(?:quarter|half|eighth)\b.*|^(?:No\.? ?)?\d+[. ]+|^[IVX]+ - |[()\[\]]"
)
_WORD = re.compile(r"[^\W\d_]+")


def label_words(labels: Mapping[str, object], rng: random.Random, kind: str = "caption") -> LabelWords:
    """A random choice of style words from the labels of one piece.

    Args:
        labels: As the corpus holds them, with "title" and "composer" beside; values that are not text are skipped.
        rng: Source of every choice.
        kind: "caption" or "prompt": a caption says who composed it, a prompt in whose style it should be.
    """
    text = {name: " ".join(value.split()) for name, value in labels.items() if isinstance(value, str) and value.strip()}
    if not text:
        return LabelWords()
    is_drums = "drum_style" in text
    nouns = [] if is_drums else forms(text)
    adjectives: list[str] = []
    for name, table in (("genre", GENRES), ("style", STYLES)):
        value = text.get(name, "")
        if value:
            more_adjectives, more_nouns = table.get(value, ((_plain(value),), ()))
            adjectives += [rng.choice(more_adjectives)] if more_adjectives else []
            nouns += [rng.choice(more_nouns)] if more_nouns and not is_drums else []
    noun = rng.choice(nouns) if nouns and rng.random() < 0.8 else ""
    if is_drums:
        beat = text.get("beat_or_fill", "beat")
        noun = rng.choice((f"drum {beat}", "drum groove", "drum pattern")) if beat == "beat" else f"drum {beat}"
    used = _parts(noun)
    found: list[Fragment] = []
    for adjective in adjectives:
        if rng.random() < 0.6 and used.isdisjoint(_parts(adjective)):
            found.append(_style("genre", adjective))
            used |= _parts(adjective)
    found += _mood(text, rng)
    found += _source(text, rng, kind)
    return LabelWords(noun, tuple(found))


def _style(row: str, word: str) -> Fragment:
    return fragment(row, row, {"word": word, "a_word": article(word)}, *stated_in(word))


def _parts(words: str) -> set[str]:
    return set(re.split(r"[ -]", words.lower()))


def _plain(value: str) -> str:
    value = value.replace("brazilian", "Brazilian").replace("/", " ")
    return value.lower() if value in ("Folk", "Jazz", "Gospel", "Modern") else value  # the others are periods


@lru_cache(maxsize=50_000)
def _form_in(text: str) -> str:
    """The first word of a label or title that names a form, in English; its last part counts before the whole."""
    whole = WHOLE_FORMS.get(text)
    if whole:
        return whole
    last = re.split(r"[:/]| - ", text)[-1]
    for part in (last, text):
        for word in _WORD.findall(part.lower()):
            if word in FORM_WORDS:
                return FORM_WORDS[word]
    return ""


def forms(text: Mapping[str, str]) -> list[str]:
    """The forms that labels name, in English, the most telling label first."""
    found = [_form_in(text.get(name, "")) for name in ("form", "dance_type", "movement", "title", "genre")]
    return list(dict.fromkeys(form for form in found if form))


def _is_plain(title: str) -> bool:
    """Whether a title can be quoted: it names no key, has no number and is not endless."""
    return len(title) < 60 and not _NAMES_A_KEY.search(title) and not _FIGURE.search(title)


@lru_cache(maxsize=50_000)
def marking(tempo_word: str) -> str:
    """A tempo marking as one would quote it, abbreviations written out; "" where any word is not one of markings."""
    first = tempo_word.split("\n")[0]
    words = re.sub(r"[:.,'/]+", " ", _NOT_WORDS.sub("", first)).split()
    words = [SPELT_OUT.get(word.lower(), word) for word in words if word.lower() not in ("solo", "tutti")]
    if not 1 <= len(words) <= 6 or not all(word.lower() in MARKING_WORDS for word in words):
        return ""
    return " ".join(words).capitalize()


@lru_cache(maxsize=50_000)
def moods(tempo_word: str) -> tuple[str, ...]:
    """English words for the character that a tempo marking speaks of; () where anything is denied in it."""
    words = [word.lower() for word in _WORD.findall(tempo_word)]
    if not {"non", "nicht", "sans", "senza", "pas", "not"}.isdisjoint(words):
        return ()
    return tuple(dict.fromkeys(mood for word in words if word in MOODS for mood in MOODS[word].split(", ")))


def _mood(text: Mapping[str, str], rng: random.Random) -> Iterator[Fragment]:
    words = moods(text.get("tempo_word", ""))
    if words and rng.random() < 0.6:
        yield _style("mood", rng.choice(words))


def _source(text: Mapping[str, str], rng: random.Random, kind: str) -> Iterator[Fragment]:
    """Who, when, to whose words, under which title and marking."""

    def said(row: str, shown: str) -> Fragment:
        return fragment("source", row, {"name": shown, "a_name": article(shown)}, *stated_in(shown))

    year = _YEAR.search(text.get("date", ""))
    if year and rng.random() < 0.25:
        century = int(year.group()[:2]) + 1
        yield fragment("period", "century", {"name": f"{century}{'st' if century == 21 else 'th'}"})
    elif year and kind == "caption" and text["date"] == year.group() and rng.random() < 0.1:
        yield said("year", year.group())
    composer = re.sub(r"\b[^\W\d_]{4,}\b", lambda m: m.group().capitalize() if m.group().isupper() else m.group(),
                      text.get("composer", ""))  # fmt: skip
    nation = next(iter(_WORD.findall(text.get("nationality", "") or text.get("composer_note", ""))), "")
    if composer and rng.random() < 0.35:
        dates = [] if kind == "prompt" else re.findall(r"(?<!\d)1\d\d\d(?!\d)", text.get("composer_dates", ""))
        lived = f" ({dates[0]}-{dates[1]})" if len(dates) == 2 and dates[0] < dates[1] and rng.random() < 0.15 else ""
        yield said("composer" if kind == "caption" else "composer wish", composer + lived)
    elif nation in NATIONS and rng.random() < 0.15:
        yield said("nation" if kind == "caption" else "nation wish", nation)
    elif text.get("artist") and rng.random() < 0.04:
        yield said("composer" if kind == "caption" else "composer wish", text["artist"])
    lyricist = text.get("lyricist", "")
    if kind == "caption" and lyricist and not _FIGURE.search(lyricist) and rng.random() < 0.1:
        yield said("lyricist", lyricist)
    title = text.get("title", "")
    if title and rng.random() < 0.15 and _is_plain(title):
        yield said("title", title)
    shown = marking(text.get("tempo_word", ""))
    if shown and rng.random() < 0.2:
        yield said("marking", shown)
