"""Every phrase the prompt reader knows, in one dictionary built from the vocabulary, the traits and the styles.

A phrase is lower case and without accents, its words joined by single spaces (hyphens count as spaces); the longest
phrase that starts at a word wins, so "bass clarinet" is never "bass". A phrase with no meanings is there to keep a
shorter one from being read: "strings attached" names no instruments, "fast forward" no tempo. `WEAK_PHRASES` mean what
they say only where music is spoken of: "strings" and "fast" are no words of music in the manual of a program.
"""

from __future__ import annotations

import re
from itertools import permutations
from typing import Any

from .foreign_words_midi_text import ELISION, FOREIGN_PHRASES, without_accents
from .style_words_midi_text import KINDS, PLAIN_KINDS, SILENT_STYLES, STYLES
from .trait_words_midi_text import TRAIT_WORDS
from .vocabulary_midi_text import (
    CLASSES,
    DANCE_METRES,
    ENSEMBLES,
    FAMILIES,
    INSTRUMENTS,
    METRE_WORDS,
    ORCHESTRA,
    TEMPO_WORDS,
)

Meanings = tuple[tuple[str, Any], ...]


def _plurals(name: str) -> tuple[str, ...]:
    if name.endswith(("s", "ss", "x")):
        return (name, name + "es") if name.endswith(("bass", "brass", "sax")) else (name,)
    return (name, name + "s")


def _instrument_phrases() -> dict[str, Meanings]:
    phrases: dict[str, Meanings] = {}
    for name, family in FAMILIES.items():
        for word in family.written + family.read_only:
            for form in _plurals(word):
                phrases[form] = (("family", name),)
    for instrument in INSTRUMENTS:
        gm_name = re.sub(r"[^a-z0-9+]+", " ", instrument.gm_name.lower()).strip()
        for word in (gm_name, *instrument.written, *instrument.read_only):
            spaced = re.sub(r"(?<=[a-z])(?=\d)", " ", word.lower())  # "dx7" is two tokens
            for form in _plurals(" ".join(map(without_accents, re.split("[- ]", spaced)))):
                phrases.setdefault(form, (("program", instrument.program),))
    for ensemble, programs in ENSEMBLES.items():
        style = STYLES.get(ensemble.split()[0])
        for form in _plurals(ensemble):
            phrases[form] = tuple(("program", program) for program in programs) + ((("style", style),) if style else ())
    for first, second in permutations(("soprano", "alto", "tenor", "baritone")[:4], 2):  # "alto and tenor sax"
        for joiner in ("and", "&"):
            for sax in ("sax", "saxes", "saxophone", "saxophones"):
                phrases[f"{first} {joiner} {second} {sax}"] = phrases[f"{first} sax"] + phrases[f"{second} sax"]
    for joiner in ("and", "&"):
        for guitar in ("guitar", "guitars"):
            for first, second in permutations(("acoustic", "electric"), 2):
                both = ("family", f"{first} guitar"), ("family", f"{second} guitar")
                phrases[f"{first} {joiner} {second} {guitar}"] = both
    phrases["bass drums"] = (("family", "bass"), ("program", 128))  # of a list without commas
    phrases |= dict.fromkeys(_DRUMMING, (("program", 128),))
    phrases |= dict.fromkeys(_VIBES, (("program", 11),))  # "vibes" alone are good vibes
    for name in ("orchestra", "full orchestra", "symphony orchestra", "chamber orchestra", "philharmonic orchestra"):
        phrases[name] = (*(("family", family) for family in ORCHESTRA), ("open", True))
    return phrases


_DRUMLESS = ("drumless", "drum less", "drum free", "percussionless", "percussion free")
_VIBES = ("with vibes", "and vibes", "on vibes", "for vibes", "vibes solo", "vibes /", "vibes and", "vibes ,")
_DRUMMING = (  # drums, and no double bass or tempo
    "double bass drum", "double bass drums", "double kick", "double bass pedal", "double kick drum", "808 s",
    "brushed kit", "jazz kit", "rock kit", "live kit", "fast hi hats", "rapid hi hats",
)  # fmt: skip

# Words that would be read wrongly beside other words; a phrase with no meanings states nothing.
_SILENCERS = (
    "bass line", "bass lines", "bassline", "basslines", "bass clef", "bass drop", "bass drops", "bass heavy",
    "bass boosted", "bass notes", "bass note", "bass part", "bass clarinet", "bass flute", "alto flute",
    "bass register", "voice leading", "inner voice", "inner voices", "upper voice", "upper voices", "lower voice",
    "lower voices", "middle voice", "middle voices", "bells and whistles", "tape recorder", "strings attached",
    "string of", "strings of", "singer songwriter", "piano roll", "keyboard shortcut", "keyboard shortcuts",
    "organ donation", "internal organ", "internal organs", "vocal chops", "marching band", "voice over",
    "voice mail", "whistle blower", "horn of africa", "drum up", "brass tacks", "recorder of", "key board",
    "fast notes", "fast runs", "fast passages", "fast food", "fast forward", "fast changing", "quick question",
    "slow build", "slow motion", "slow jam", "soft skills", "quiet storm", "loud and clear", "my forte", "busy street",
    "busy city", "busy day", "busy market", "busy road", "busy office", "moderate dynamics", "slow cooker",
    "moderate volume", "moderate length", "moderate level", "moderate range", "quick succession", "fast paced world",
    "tempo changes", "white keys", "black keys", "waltz of the", "polka dot", "polka dots", "pickup truck",
    "pickup trucks", "modulation wheel", "chromatic harmonica", "performed by", "performed on", "performed with",
    "performed in", "performed at", "performed live by", "soft pedal", "quick start", "quickly changing", "sound card",
    "sequences of", "sequence of", "sequential order", "sequential access", "on the grid line", "key never changes",
    "unaccompanied by", "pop up", "imitation of", "repetition of", "repeated figure of", "lively debate",
    "harp seal", "harp seals", "harp on about", "vocal warm up", "vocal warmup", "vocal exercise", "vocal exercises",
    "vocal range", "moderate rhythm", "moderate rhythmic", "slow attack", "fast attack", "slow fade",
)  # fmt: skip
_OPENERS = (
    "other instruments", "others", "and more", "among others", "etc", "and so on", "including", "includes", "include",
    "featuring", "features", "such as", "with accompaniment",
    "and accompaniment", "concerto", "some other", "anything else", "and friends",
)  # fmt: skip
# Other ways to say a trait, beside those that `trait_words` writes.
_TRAIT_PHRASES = {
    "swing": "medium swing, up swing, light swing, hard swing, with swing, some swing, swing 8 ths, swung 8 ths, "
    "swing 8 th notes, swing quavers, swing it",
    "steady sixteenths": "in sixteenth notes, all sixteenth notes, mostly sixteenth notes, in sixteenths, "
    "in 16 th notes, mostly 16 th notes, running 16 th notes, steady 16 th notes, in semiquavers",
    "steady eighths": "in eighth notes, mostly eighth notes, all eighth notes, in 8 th notes, mostly 8 th notes, "
    "steady 8 th notes, running 8 th notes, mostly eighths, in quavers",
    "four on the floor": "kick on every beat, kick drum on every beat, bass drum on every beat, kick on each beat",
    "performed": "played by a human, sound human, sounds human, human player, not quantized, not quantised, "
    "unquantized, unquantised",
    "returning motif": "motif that keeps coming back, motif that keeps returning, theme that keeps coming back, "
    "motif keeps coming back",
    "chorale": "chorale, chorales",
    "arpeggiated": "fast arpeggios, slow arpeggios",
    "modulates": "modulating, modulated",
    "tresillo": "3 + 3 + 2",
    "pickup": "upbeat anacrusis, upbeat measure, auftakt, levare",
    "walking bass": "walking double bass, walking upright bass, walking acoustic bass, walking electric bass",
    "crescendo": "crescendoing, gradually louder, louder and louder, starts soft and gets louder",
    "diminuendo": "gradually softer, softer and softer, quieter and quieter",
    "speeds up": "faster and faster, gradually faster, gradually speeds up",
    "slows down": "slower and slower, gradually slower",
}
_LOOPS = ("over and over", "on repeat", "again and again", "loop", "looped", "on loop", "in a loop")
_NOT_STYLES = ("swing ride", "samba reggae", "brazilian samba reggae")
# Words of music and of plain English alike, or of other trades: instruments and traits.
_PLAIN_WORDS = frozenset(
    """strings keyboard keyboards keys voice voices vocal vocals singer singers pad pads organ organs horn horns bass
    basses whistle whistles recorder recorders brass chimes fiddle fiddles kit cymbal shaker drum percussion
    applause_sound lead_synth synth string_section section guitar_fret_noise snare clav calliope harmonica_set
    performed engraved typeset repetition repetitious repetitive sequences sequential imitation imitations imitates
    imitative modulation modulations modulate modulates modulating modulated swings swinging swing_it
    opening_returns recapitulation pickup upbeat_bar unison unisons virtuosity virtuoso virtuosic
    hard_to_play easy_to_play simple_to_play difficult_to_play easy_level easy_difficulty intermediate_level
    intermediate_difficulty medium_difficulty moderate_difficulty moderately_difficult beginner_level
    beginner_friendly for_beginners for_a_beginner intermediate_player very_difficult technically_demanding
    even_volume in_octaves half_time double_time halftime on_the_grid exact_timing speeds_up speeding_up speed_up
    slows_down slowing_down slow_down getting_slower gets_slower gets_faster getting_faster accelerates accelerating
    fade_out fades_out fading_out fading_away fades_away dies_away builds_up building_up move_together decelerates
    loses_speed gathers_speed grows_slower grows_faster getting_louder gets_louder grows_louder grows_softer
    getting_softer gets_softer getting_quieter gets_quieter exactly_on_the_grid heard_again stands_alone
    repeats_itself shuffled_beat no_section_returns open_ending rise_and_fall rises_and_falls swells_and_fades
    quantised quantized
    regular_tempo independent_lines tremolo triplet triplets chromatic live_recording played_live mechanical_timing
    snapped_to_the_grid repeating_figure repeated_figure off_beat off_beats through_composed alberti full_close
    from_a_score built_on_repetition lots_of_repetition much_repetition the_beginning_comes_back exactly_as_notated
    binary_form ternary_form two_part_form three_part_form sax
    slows_at_the_end slows_down_at_the_end slowing_at_the_end slowing_down_at_the_end slow_down_at_the_end
    slows_toward_the_end slows_towards_the_end drum_set drumming bird_tweet helicopter_sound gunshot_sound
    telephone_ring
    """.split()
)


_MUSICAL = frozenset(  # classes whose words are of music alone
    """staccato staccatissimo legato portato pianissimo fortissimo mezzopiano mezzoforte
    polyphonic monophonic""".split()
) | {"non legato", "mezzo piano", "mezzo forte"}


def trait_phrases() -> dict[str, str]:
    """Every phrase that states a trait, as the reader sees it, and the trait."""
    phrases = {}
    for name, words in TRAIT_WORDS.items():
        for phrase in (*words.phrases, *_TRAIT_PHRASES.get(name, "").split(", ")):
            phrase = re.sub(r"(\d)(th|rd|nd)\b", r"\1 \2", phrase)
            plain = " ".join(ELISION.sub("", without_accents(word)) for word in phrase.split())
            if plain:
                phrases[plain] = name
    return phrases


def _add_classes(phrases: dict[str, Meanings]) -> None:
    """Tempo words, metres in words, dances and the classes."""
    for entry in TEMPO_WORDS:
        for word in entry.written + entry.read_only:
            phrases[word.replace("-", " ")] = (("tempo_bpm", (entry.low, entry.high)),)
    for word, metre in METRE_WORDS.items():
        timed = (f"{word} time", f"{word} metre", f"{word} meter")
        for form in (word, *(timed if not word.endswith("time") else ())):
            phrases[form] = (("time_signature", metre),)
    for fact, classes in CLASSES.items():
        for name, band in classes.items():
            for word in band.written + band.read_only:
                phrases[word.replace("-", " ")] = ((fact, name),)
            if fact == "texture" and name in ("monophonic", "polyphonic", "thin", "full"):
                phrases[f"{name} texture"] = ((fact, name),)


def _build() -> tuple[dict[str, Meanings], frozenset[str]]:
    """All phrases, and those that are weak."""
    phrases: dict[str, Meanings] = {word: (("style", name),) for word, name in STYLES.items()}
    phrases |= dict.fromkeys((*SILENT_STYLES, *_NOT_STYLES), ())
    instruments = _instrument_phrases()
    traits = trait_phrases()
    phrases |= instruments | {phrase: (("trait", name),) for phrase, name in traits.items()}
    _add_classes(phrases)
    for word, metre in DANCE_METRES.items():
        name = STYLES.get(word, word)
        same = (other for other, style in STYLES.items() if style == name and word == name)
        for form in (*_plurals(without_accents(word)), *same):
            phrases[form] = (("implied_metre", metre), ("style", name))
    phrases["slip jig"] = (("implied_metre", (9, 8)), ("style", "jig"))
    for phrase in [phrase for phrase, name in traits.items() if name == "twelve-bar blues"]:
        phrases[phrase] += (("style", "blues"),)
    for phrase in _TRAIT_PHRASES["four on the floor"].split(", "):
        phrases[phrase] += (("program", 128),)
    phrases |= dict.fromkeys(("no swing", "without swing", "not swing"), (("no_trait", "swing"),))
    phrases["flamenco guitar"] = phrases["flamenco guitars"] = (("program", 24), ("style", "flamenco"))
    phrases |= dict.fromkeys(("no singing", "without singing", "no lyrics or singing"), (("no_family", "voices"),))
    phrases |= dict.fromkeys(_LOOPS, (("loop", "repeated chord loop"),))
    for name, program in (("violin", 40), ("cello", 42), ("flute", 73), ("clarinet", 71), ("viola", 41)):
        phrases[f"{name} sonata"] = (("program", program), ("open", True), ("style", "sonata"))  # with piano or not
    phrases |= dict.fromkeys(_DRUMLESS, (("no_program", 128),))
    phrases |= {"bassless": (("no_family", "bass"),), "pianoless": (("no_program", 0),)}
    phrases["keys"] = (("family", "keyboards"),)  # beside other instruments; the reader sees to it
    # "mezzo" among Italian words is heard as "half"
    phrases |= {"half piano": phrases["mezzo piano"], "half forte": phrases["mezzo forte"]}
    phrases |= dict.fromkeys(_OPENERS, (("open", True),))
    phrases["concerto"] = phrases["concertos"] = (("open", True), ("style", "concerto"))
    phrases |= dict.fromkeys(_SILENCERS, ())
    phrases |= {form: phrases[english] for form, english in FOREIGN_PHRASES.items()
                if english in phrases and form not in phrases}  # fmt: skip
    strong_kinds = KINDS.keys() - PLAIN_KINDS
    plain = {word.replace("_", " ") for word in _PLAIN_WORDS}
    weak_facts = {"style", *CLASSES}
    italian = {(w.low, w.high) for w in TEMPO_WORDS if w.italian} - {(_PRESTO.low, _PRESTO.high)}
    weak = {
        phrase
        for phrase, meanings in phrases.items()
        if phrase not in strong_kinds
        and phrase not in _MUSICAL
        and (
            phrase in plain
            or any(fact in weak_facts or (fact == "tempo_bpm" and value not in italian) for fact, value in meanings)
        )
    }
    return phrases, frozenset(weak)


_PRESTO = next(word for word in TEMPO_WORDS if "presto" in word.written)  # "hey presto"
PHRASES, WEAK_PHRASES = _build()
LONGEST: dict[str, int] = {}  # first word -> words of its longest phrase
for _phrase in PHRASES:
    _words = _phrase.split()
    LONGEST[_words[0]] = max(LONGEST.get(_words[0], 0), len(_words))

MUSIC_WORDS = frozenset(
    """music musical song songs melody melodies melodic tune tunes bpm chord chords composition soundtrack instrumental
    instrumentation track tracks riff groove jingle duet solo ballad arpeggio harmony rhythm tempo soundscape
    soundtrack musician guitarist pianist drummer verse musik musique musica cancion chanson canzone brano morceau
    compose composer hear hears listening playlist medley piece tonality interlude""".split()
)
"""Words that show that music is spoken of."""

STOP_WORDS = frozenset(
    """a an the and or of in at on to for with by from as is are be it its this that i you we me my us our your please
    write make compose generate create produce give want need would could can should must like let hear play i'd i'm
    piece music song composition work track tune some any about around approximately roughly between exactly
    key tempo time signature metre meter bar bars measure measures bpm beats per minute minutes seconds second long
    lasting length duration instruments instrumentation played scored here there very too so not no without but
    then than into over under more less least most up down out off if when while which who what how all also just
    only nothing else nobody one two three do does don't will has have having had was were using use used called marked
    style genre kind mode density dynamics articulation register texture range tonality pace speed looking melody
    melodies chord chords progression form""".split()
)
