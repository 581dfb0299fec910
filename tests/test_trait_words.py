"""The words for traits: every trait has some, and each states its trait and nothing else."""

from __future__ import annotations

from collections import Counter

import pytest

from midi_text.facts.traits import ALL_TRAITS
from midi_text.prompt_midi_text import read_prompt
from midi_text.trait_words_midi_text import TRAIT_WORDS


def test_every_trait_has_words_and_no_others_do() -> None:
    assert set(TRAIT_WORDS) == ALL_TRAITS


def test_a_row() -> None:
    words = TRAIT_WORDS["walking bass"]
    assert words.noun == ("a walking bass", "a walking bass line")
    assert "over a walking bass" in words.after
    assert words.keyword == "walking bass"
    assert "bass walks" in words.phrases
    assert "four on the floor" in TRAIT_WORDS["four on the floor"].phrases  # written "four-on-the-floor"


@pytest.mark.parametrize("name", sorted(ALL_TRAITS))
def test_every_form_is_read_as_its_trait_alone(name: str) -> None:
    """A form that named an instrument or a tempo as well would make a caption state it."""
    words = TRAIT_WORDS[name]
    for place, forms in (("before", words.before), ("noun", words.noun), ("after", words.after), ("says", words.says)):
        for form in forms:
            text = f"A {form} piece of music." if place == "before" else f"A piece of music. {form.capitalize()}."
            read = {(s.fact, s.value) for s in read_prompt(text).statements if s.fact != "style"}  # "blues" is one, too
            assert read == {("trait", name)}, text


@pytest.mark.parametrize("name", sorted(ALL_TRAITS))
def test_a_trait_can_be_said_in_a_sentence_and_asked_for(name: str) -> None:
    words = TRAIT_WORDS[name]
    assert words.noun
    assert len(words.says) >= 2


def test_no_brackets_are_left_and_no_phrase_is_shared() -> None:
    owners = Counter(phrase for words in TRAIT_WORDS.values() for phrase in words.phrases)
    assert [phrase for phrase, count in owners.items() if count > 1] == []
    forms = [form for words in TRAIT_WORDS.values() for place in words[:4] for form in place]
    assert not [form for form in forms if "[" in form or "]" in form or "  " in form]
