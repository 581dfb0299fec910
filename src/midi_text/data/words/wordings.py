"""How each fact can be put: one table of wordings for captions and prompts.

A row gives the places a fact can take in English: before the noun, as a thing the piece has, after the noun, as a
clause, as a wish (what the piece should do), as a keyword, as a field; alternatives are separated by " ; ". Names in
braces are filled in by `fragments` and `analysis`. A clause that speaks of the piece starts with "it", so that
the writer may put another subject in its place. Every wording of a row states the same thing in words that the prompt
reader knows, and none states more. Traits have a table of their own (`trait_words_midi_text`), which the reader shares.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from ...trait_words_midi_text import TRAIT_WORDS


class Wordings(NamedTuple):
    """The alternatives of each place; () where a place has none.

    Attributes:
        before: "slow", "16-bar".
        noun: "a slow tempo", "a walking bass".
        after: "in D minor", "over a walking bass".
        says: "it lasts 16 bars", "the tempo is slow".
        wish: "last 16 bars", "be in D minor".
        keyword: "D minor".
        field: "key: D minor".
    """

    before: tuple[str, ...]
    noun: tuple[str, ...]
    after: tuple[str, ...]
    says: tuple[str, ...]
    wish: tuple[str, ...]
    keyword: tuple[str, ...]
    field: tuple[str, ...]


# fact: before | noun | after | says | wish | keyword | field
_TABLE = """\
tempo number: {plain} | a tempo of {bpm} | at {bpm} ; at {bpm} ; at a tempo of {bpm} ; moving at {bpm} ; going at \
  {bpm} ; with a tempo of {bpm} | it moves at {bpm} ; the tempo is {bpm} ; it runs at {bpm} ; it goes at {bpm} ; the \
  pulse goes at {bpm} ; it is taken at {bpm} ; it plays at {bpm} ; it has a tempo of {bpm} ; the tempo stands at \
  {bpm} | move at {bpm} ; have a tempo of {bpm} ; be at {bpm} ; run at {bpm} | {bpm} ; {bpm} ; tempo {n} | tempo: \
  {bpm} ; tempo: {n} ; BPM: {n}
tempo word: {word} | {a_plain} tempo | at {a_plain} tempo ; at {a_plain} pace ; taken at {a_plain} pace ; with \
  {a_plain} tempo | the tempo is {plain} ; it moves at {a_plain} pace ; the pace is {plain} ; it goes at {a_plain} \
  tempo ; it is {plain} ; it unfolds at {a_plain} pace ; it has {a_plain} tempo ; it is taken at {a_plain} tempo | be \
  {plain} ; have {a_plain} tempo ; move at {a_plain} pace ; go at {a_plain} tempo | {word} ; {plain} tempo | tempo: \
  {plain} ; pace: {plain} ; speed: {plain}
tempo italian: {word} | {a_word} tempo | at {a_word} tempo ; in {word} tempo ; taken at {a_word} tempo | the tempo is \
  {word} ; it moves at {a_word} tempo ; it goes at {a_word} tempo ; it is {word} ; it unfolds at {a_word} tempo ; it \
  is taken at {a_word} tempo | be {word} ; have {a_word} tempo ; go at {a_word} tempo | {word} ; {Word} ; {word} \
  tempo | tempo: {word} ; tempo: {Word}
key: {key} | | in {key} ; in {key} ; in {key} ; in the key of {key} ; set in {key} ; written in {key} ; cast in {key} \
  ; rooted in {key} | it is in {key} ; it is in {key} ; the key is {key} ; it is set in {key} ; it is written in \
  {key} ; the home key is {key} ; it is cast in {key} ; it is rooted in {key} ; the tonality is {key} | be in {key} ; \
  be in the key of {key} ; be written in {key} | {key} ; {short} ; key of {key} ; {key} | key: {key} ; key: {short} ; \
  key: {key}
mode: {mode}-key | a {mode} key | in a {mode} key ; in {mode} ; in a {mode} tonality | it is in a {mode} key ; it is \
  in {mode} | be in a {mode} key ; be in {mode} | {mode} key | mode: {mode}
metre: {metre} | | in {timed} ; in {timed} ; in {metre} ; with a {metre} time signature | it is in {timed} ; it is in \
  {metre} ; the metre is {metre} ; the time signature is {metre} ; it is written in {timed} ; it is counted in \
  {metre} ; it has a {metre} time signature ; it is notated in {timed} ; it goes in {timed} | be in {timed} ; be in \
  {metre} ; have a {metre} time signature | {metre} ; {timed} | time signature: {metre} ; metre: {metre} ; meter: \
  {metre} ; time: {metre}
mostly metre: | | mostly in {timed} ; for the most part in {metre} | it is mostly in {timed} ; the metre is mostly \
  {metre} ; it changes metre but is mostly in {metre} | be mostly in {timed} | mostly {metre} | metre: mostly {metre}
bars: {n}-{unit} | a length of {n_units} | of {n_units} ; lasting {n_units} ; {n_units} long ; running to {n_units} ; \
  {n_units} in length | it lasts {n_units} ; it is {n_units} long ; it runs for {n_units} ; it runs to {n_units} ; \
  the length is {n_units} ; it spans {n_units} | last {n_units} ; be {n_units} long ; run for {n_units} | {n_units} ; \
  {n_units} long | length: {n_units} ; {units}: {digits}
duration: {adjective} | a length of {time} | lasting {time} ; {time} long ; {time} in length | it lasts {time} ; it \
  plays for {time} ; it is {time} long ; it runs for {time} ; the length is {time} | last {time} ; be {time} long ; \
  run for {time} | {time} ; {time} long | duration: {time} ; length: {time}
instruments: | | for {list} ; for {list} ; for {list} ; scored for {list} ; written for {list} ; played by {a_list} ; \
  featuring {a_list} ; set for {list} | it is scored for {list} ; it is written for {list} ; it is played by {a_list} \
  ; the instruments are {list} ; the scoring is for {list} ; it features {a_list} ; it calls for {list} ; it brings \
  together {a_list} ; it is for {list} ; it is set for {list} | be for {list} ; be scored for {list} ; use {list} ; \
  be played by {a_list} | {list} | instruments: {formal} ; instrumentation: {formal} ; scoring: {formal} ; played by: \
  {formal}
open instruments: | | for {list} and other instruments ; with {list_and}, among others ; for {list} and more ; with \
  {list} and other instruments | {a_list} and other instruments play it ; it is scored for {list} and other \
  instruments ; {a_list_and} are heard, among others | use {list} and other instruments ; be for {list_and}, among \
  others | {list} and other instruments | instruments: {formal} and others
one instrument: {list} ; solo {list} | {a_list} | for {list} ; for {list} ; for solo {list} ; for {list} alone ; \
  played by {a_list} | it is for solo {list} ; it is written for {list} ; it is played by {a_list} ; {a_list} plays \
  alone ; the only instrument is {a_list} ; it calls for {list} alone ; it is set for {list} alone | be for {list} ; \
  be for solo {list} ; use only {a_list} | {list} ; solo {list} | instrument: {formal} ; played by: {formal} ; \
  instrumentation: solo {list}
one group: {adjective} | {a_list} | for {list} ; for {list} alone ; played by {list} | it is for {list} alone ; it is \
  written for {list} ; it is played by {list} | be for {list} ; use only {list} | {list} ; {list} only | instruments: \
  {formal} ; instrumentation: {formal}
exclusion: | | without {names} | there {are} no {names} ; it has no {names} | have no {names} | no {names} ; without \
  {names} | excluded: no {names}
density: {word} | {a_word} feel | | it is {word} ; the music feels {word} | be {word} | {word} | density: {word}
dynamics: {word} | {word} dynamics | with {word} dynamics ; played with {word} dynamics | the dynamics are {word} ; \
  it has {word} dynamics ; it is played with {word} dynamics ; it is {word} on the whole | be {word} ; have {word} \
  dynamics | {word} ; {word} dynamics | dynamics: {word}
articulation: {word} | {word} articulation | with {word} articulation ; played {word} | it is played {word} ; the \
  articulation is {word} ; most notes are {word} | be played {word} ; have {word} articulation | {word} ; {word} \
  articulation | articulation: {word}
register: {word} | {a_name} {noun} | with {a_name} {noun} ; in {a_name} {noun} | it keeps to {a_name} {noun} ; it \
  lies in {a_name} {noun} | lie in {a_name} {noun} ; keep to {a_name} {noun} | {name} {noun} | register: {name} \
  {noun}
range: {word} | {a_name} range | with {a_name} range ; over {a_name} range | it covers {a_name} range ; it has \
  {a_name} range | have {a_name} range ; cover {a_name} range | {name} range | range: {name} range
texture: {word} | {a_name} texture | with {a_name} texture ; in {a_name} texture | it has {a_name} texture | have \
  {a_name} texture | {name} texture | texture: {name} texture
chord loop: | {chords} in a loop | over a loop of {chords} ; over the chords {chords} ; over a repeating {chords} | \
  the chords go round {chords} ; it turns on the chords {chords} ; the loop is {chords} ; the progression {chords} \
  comes back again and again | go round the chords {chords} ; use the chords {chords} | {chords} loop ; {chords} \
  progression | chords: {chords} ; loop: {chords} ; progression: {chords}
opening chords: | the chords {chords} | opening with the chords {chords} ; with the chords {chords} | it opens with \
  the chords {chords} ; the chords begin {chords} ; the first chords are {chords} | use the chords {chords} ; open \
  with the chords {chords} | {chords} chords ; {chords} progression | chords: {chords} ; opening chords: {chords}
roman: | a {numerals} progression | over a {numerals} progression ; on a {numerals} progression | the progression is \
  {numerals} ; the harmony moves {numerals} ; the chords follow a {numerals} progression | use a {numerals} \
  progression ; follow a {numerals} progression | progression {numerals} ; chords {numerals} | progression: \
  {numerals} ; chords: {numerals}
form: | {plan} form | in {plan} form ; in the form {plan} | the form is {plan} ; it is in {plan} form ; it is laid \
  out in {plan} form ; it follows the form {plan} | be in {plan} form ; have the form {plan} | {plan} form | form: \
  {plan} ; structure: {plan}
sections: | {plan} form | in {plan} form | the form is {plan}: {sections} ; it is in {plan} form, with {sections} ; \
  it falls into the sections {sections}, so the form is {plan} | be in {plan} form, with {sections} | {plan} form | \
  form: {plan}, {sections} ; structure: {plan} ({sections})
key change: | a modulation to {new} | modulating to {new} {where} ; with a modulation to {new} {where} | it modulates \
  to {new} {where} ; a modulation to {new} comes {where} | modulate to {new} {where} | modulates to {new} | \
  modulation: to {new} {where}
key journey: | | beginning in {old} and moving to {new} {where} | it begins in {old} and moves to {new} {where} ; it \
  starts in {old} and goes to {new} {where} ; it begins in {old} and modulates to {new} {where} | begin in {old} and \
  move to {new} {where} ; start in {old} and go to {new} {where} | {old}, moving to {new} | key: {old}, moving to \
  {new} {where}
melody: | a {name} melody | with {a_name} melody ; with the {name} on the melody | the {name} {carries} the melody ; \
  the melody is in the {name} ; the {name} {has} the melody ; the melody is played by the {name} ; the {name} {plays} \
  the melody | have the melody in the {name} ; have the {name} {carry} the melody | {name} melody | melody: {name}
bass: | {a_name} bass line | over {a_name} bass line | the {name} {plays} the bass line ; the bass line is in the \
  {name} ; the bass line is played by the {name} | have the bass line in the {name} ; have the {name} {play} the bass \
  line | {name} bass line | bass line: {name}
accompaniment: | | with the {name} accompanying | the {name} {accompanies} ; the {name} {fills} in the harmony ; the \
  accompaniment lies in the {name} | have the accompaniment in the {name} | {name} accompaniment | accompaniment: \
  {name}
countermelody: | a countermelody in the {name} | with a countermelody in the {name} | the {name} {adds} a \
  countermelody ; a second line runs in the {name} | have a countermelody in the {name} | {name} countermelody | \
  countermelody: {name}
figure: | {figure} in the {name} | with {figure} in the {name} | the {name} {plays} {figure} ; {figure} {comes} from \
  the {name} | have {figure} in the {name} | {figure_key} in the {name} | texture: {figure_key} in the {name}
pitches: | | with the {name} spanning {interval} | the {name} {spans} {interval} ; the part of the {name} covers \
  {interval} | keep the {name} within {interval} | {name} within {interval} | range: {interval} in the {name}
motif bars: | a motif that returns {where} | with a motif that returns {where} | a recurring motif from bar {first} \
  comes back {where} ; the recurring motif of bar {first} returns {where} ; there is a motif that returns {where} | \
  have a motif that returns {where} | motif that returns {where} | motif: recurring motif, {where}
genre: {word} | | in {a_word} vein | the style is {word} ; the genre is {word} | sound {word} ; be {word} | {word} | \
  style: {word} ; genre: {word}
mood: {word} | {a_word} mood | with {a_word} character | the mood is {word} ; the character is {word} ; it has \
  {a_word} character | sound {word} ; be {word} ; feel {word} | {word} ; {word} mood | mood: {word} ; character: \
  {word}
century: {name}-century | | from the {name} century | it dates from the {name} century ; it comes from the {name} \
  century | sound like the {name} century | {name} century ; {name}-century | period: {name} century
year: | | from {name} ; dating from {name} | it dates from {name} ; it was written in {name} | | {name} | year: \
  {name}
composer: | | by {name} ; by {name} ; composed by {name} | it is by {name} ; it was composed by {name} ; the composer \
  is {name} | | {name} ; by {name} | composer: {name}
composer wish: | | in the style of {name} ; in the manner of {name} ; reminiscent of {name} | | be in the style of \
  {name} ; sound like {name} | in the style of {name} ; {name} | style: {name} ; in the style of: {name}
nation: | | by {a_name} composer | it is by {a_name} composer ; the composer is {name} | | {name} composer | \
  composer: {name}
nation wish: | | in {a_name} style | | sound {name} ; be in {a_name} style | {name} | style: {name}
lyricist: | | to words by {name} ; on words by {name} | the words are by {name} ; it sets words by {name} | | words \
  by {name} | words: {name}
title: | | called "{name}" ; titled "{name}" | it is called "{name}" ; its title is "{name}" | be called "{name}" | \
  "{name}" | title: {name}
marking: | | marked {name} ; marked "{name}" | it is marked {name} ; the score is marked {name} ; the marking is \
  {name} | be marked {name} | marked {name} ; {name} | marking: {name}
fill bars: | | with drum fills {where} | drum fills come {where} ; there are drum fills {where} | have drum fills \
  {where} | drum fills {where} | fills: drum fills {where}"""


def _places(line: str) -> tuple[str, Wordings]:
    name, _, row = " ".join(line.split()).partition(":")
    cells = (tuple(word for word in (part.strip() for part in cell.split(" ; ")) if word) for cell in row.split("|"))
    return name, Wordings(*cells)


WORDINGS: dict[str, Wordings] = dict(map(_places, _TABLE.splitlines()))


@cache
def trait_wordings(name: str, field: str) -> Wordings:
    """A trait's own words, in the same places.

    Args:
        name: Of the trait.
        field: What it belongs to, for the last place: "rhythm".

    Raises:
        KeyError: If the trait has no words.
    """
    words = TRAIT_WORDS[name]
    wish = tuple(f"have {noun}" for noun in words.noun)
    return Wordings(
        words.before, words.noun, words.after, words.says, wish, (words.keyword,), (f"{field}: {words.keyword}",)
    )
