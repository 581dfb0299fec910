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

from ...trait_words_midi_text import TRAIT_WORDS, spelt_out


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


# fact: before | noun | after | says | wish | keyword | field; "<lasts/fills> {n_units}" is two wordings
_TABLE = """\
tempo number: {plain} | a tempo of {bpm} | at {bpm} ; <moving/going/paced/running/ticking along> at {bpm} ; at a \
  <tempo/pace/speed> of {bpm} ; with a tempo of {bpm} ; with the <pulse/beat> at {bpm} | it \
  <moves/runs/goes/proceeds/is taken/plays/is paced/ticks along/travels/is clocked> at {bpm} ; the \
  <tempo/pulse/pace/beat> <is/stands at/sits at/is set at/comes to> {bpm} ; it has a tempo of {bpm} ; the \
  <pulse/beat/music> <goes/ticks/moves> at {bpm} ; its <tempo/pace/speed> is {bpm} | <move/run/go/be/be played/be \
  taken/proceed> at {bpm} ; have a <tempo/pulse> of {bpm} | {bpm} ; {bpm} ; tempo {n} ; at {bpm} | tempo: {bpm} ; \
  tempo: {n} ; BPM: {n} ; speed: {bpm}
tempo word: {word} | {a_plain} tempo | at {a_plain} <tempo/pace/speed> ; <taken/moving/going/played> at {a_plain} \
  <tempo/pace> ; with {a_plain} tempo | the <tempo/pace> is {plain} ; it <moves/goes/unfolds/is \
  taken/proceeds/plays/runs/is played> at {a_plain} <tempo/pace> ; it has {a_plain} <tempo/pace> ; it is {plain} ; it \
  keeps to {a_plain} <tempo/pace> | be {plain} ; have {a_plain} tempo ; <move/go/run/be played> at {a_plain} \
  <tempo/pace> | {word} ; {plain} <tempo/pace> | <tempo/pace/speed>: {plain}
tempo italian: {word} | {a_word} tempo | <at/taken at/moving at> {a_word} tempo ; in {word} tempo ; at {a_word} pace \
  | the <tempo/pace> is {word} ; it <moves/goes/unfolds/is taken/proceeds/is played> at {a_word} <tempo/pace> ; it is \
  {word} ; its <tempo/pace> is {word} | be {word} ; have {a_word} tempo ; <go/move/be played> at {a_word} tempo | \
  {word} ; {Word} ; {word} tempo | tempo: {word} ; tempo: {Word} ; pace: {word}
key: {key} | | in {key} ; in {key} ; in {key} ; in the key of {key} ; <set/written/cast/rooted/grounded/pitched> in \
  {key} | it is in {key} ; it is <set/written/cast/rooted/grounded/pitched> in {key} ; the <key/home \
  key/tonality/tonal centre> is {key} ; {key} is <the home key/its home key> ; its <key/home key/tonal home> is {key} \
  ; it <sits/lies/has its home> in {key} ; it takes {key} as its key | be in {key} ; be in the key of {key} ; be \
  <written/set/cast> in {key} | {key} ; {short} ; key of {key} ; in {key} | key: {key} ; key: {short} ; tonality: \
  {key}
mode: {mode}-key | a {mode} key | in a {mode} key ; in {mode} ; in a {mode} tonality | it is in <a {mode} key/{mode}> \
  ; it keeps to a {mode} key | be in <a {mode} key/{mode}> | {mode} key ; in {mode} | mode: {mode} ; key: {mode}
metre: {metre} | | in {timed} ; in {timed} ; in {metre} ; <counted/written/notated/barred> in {metre} ; with a \
  {metre} time signature ; with a time signature of {metre} | it is <written/counted/notated/barred/set/measured> in \
  <{timed}/{metre}> ; the <metre/time signature/time/measure> is {metre} ; it has a {metre} time signature ; it \
  <goes/moves/runs/falls> in {timed} ; its <metre/time signature> is {metre} ; the <beats/bars> are counted in \
  {metre} | be <in/counted in/written in> <{timed}/{metre}> ; have a {metre} time signature | {metre} ; {timed} ; in \
  {metre} | time signature: {metre} ; metre: {metre} ; meter: {metre} ; time: {metre}
mostly metre: | | <mostly/chiefly/for the most part> in {timed} ; for the most part in {metre} | it is mostly in \
  {timed} ; the metre is <mostly/chiefly> {metre} ; it changes metre but is mostly in {metre} ; most of it is in \
  {timed} | be mostly in {timed} | mostly {metre} | metre: mostly {metre}
bars: {n}-{unit} | a length of {n_units} | of {n_units} ; lasting {n_units} ; {n_units} long ; <running to/running \
  for/spanning/covering/filling/stretching across> {n_units} ; {n_units} in length | it <lasts/runs for/runs \
  to/spans/fills/takes up/covers/comes to/occupies/stretches across/extends across/takes> {n_units} ; it is {n_units} \
  <long/in length> ; the <length/whole> <is/comes to> {n_units} ; <the whole/all of it> <lasts/takes/fits into> \
  {n_units} ; its length is {n_units} | <last/run for/fill/span/run to/take up/take/come to> {n_units} ; be {n_units} \
  <long/in length> | {n_units} ; {n_units} long | length: {n_units} ; {units}: {digits}
duration: {adjective} | a length of {time} | lasting {time} ; {time} long ; {time} in length ; running for {time} | \
  it <lasts/plays for/runs for/takes/goes on for> {time} ; it is {time} <long/in length> ; the <length/duration> is \
  {time} | <last/run for/take/go on for> {time} ; be {time} long | {time} ; {time} long | duration: {time} ; length: \
  {time}
instruments: | | for {list} ; for {list} ; <scored/written/set/intended/meant> for {list} ; played by {a_list} ; \
  <featuring/with/bringing together/pairing> {a_list} | it is <scored/written/set/intended/meant> for {list} ; it is \
  <played/performed/shared> by {a_list} ; the <instruments/players> are {list} ; the <scoring/setting/writing> is for \
  {list} ; it <features/calls for/brings together/employs/joins/combines/unites/uses> {a_list} ; {list} <share the \
  music/play together/make up the ensemble/are the instruments> ; the parts go to {list} | be for {list} ; be \
  <scored/set/written> for {list} ; use {list} ; be played by {a_list} ; <feature/combine/bring together> {a_list} | \
  {list} ; for {list} | instruments: {formal} ; instrumentation: {formal} ; scoring: {formal} ; played by: {formal}
open instruments: | | <for/scored for/set for> {list} and other instruments ; with {list_and}, among others ; for \
  {list} and more ; <with/featuring> {list} and other instruments | {a_list} and other instruments <play it/take \
  part/share the music> ; it is <scored/set/written> for {list} and other instruments ; {a_list_and} are heard, among \
  others ; it <calls for/employs/features/brings together> {list} and other instruments | use {list} and other \
  instruments ; be <for/scored for> {list_and}, among others | {list} and other instruments | instruments: {formal} \
  and others
one instrument: {list} ; solo {list} | {a_list} | for {list} ; for {list} ; for solo {list} ; <for {list} \
  alone/played by {a_list}/written for {list}/given to {a_list}> ; to be played on {a_list} | it is for solo {list} ; \
  it is <written/set/intended/meant> for <{list}/solo {list}/{a_list}> ; it is played <by/on> {a_list} ; {a_list} \
  <plays alone/plays it/has it all/is the only instrument> ; the only instrument is {a_list} ; it <calls for/asks \
  for/needs> <nothing but {a_list}/only {a_list}> ; <everything/all of it> <lies in the hands of/belongs to/is given \
  to> {a_list} | be for {list} ; be for solo {list} ; use only {a_list} ; be <played on/written for> {a_list} | \
  {list} ; solo {list} ; {list} solo | instrument: {formal} ; played by: {formal} ; instrumentation: solo {list}
one group: {adjective} | {a_list} | for {list} ; for {list} alone ; <played by/played on/written for/given to> {list} \
  | it is <for/written for/set for/meant for> {list} ; it is played <by/on> {list} ; it <calls for/needs> <nothing \
  but/only> {list} ; {list} <have it all to themselves/and nothing else> | be for {list} ; use only {list} ; be \
  played <by/on> {list} | {list} ; {list} only | instruments: {formal} ; instrumentation: {formal}
exclusion: | | without {names} ; with no {names} | there {are} no {names} ; it has no {names} ; it <does/manages> \
  without {names} ; no {names} <take part/are heard> | have no {names} ; <do/manage> without {names} | no {names} ; \
  without {names} | excluded: no {names}
density: {word} | {a_word} <feel/surface/texture> | | it is {word} ; the <music/writing> <feels/is> {word} | be \
  {word} ; feel {word} | {word} | density: {word}
dynamics: {word} | {word} dynamics | with {word} dynamics ; played with {word} dynamics ; at {a_word} dynamic level | \
  the <dynamics are/volume is/dynamic level is> {word} ; it has {word} dynamics ; it is played with {word} dynamics ; \
  it <is/stays> {word} on the whole | be {word} ; have {word} dynamics ; be played with {word} dynamics | {word} ; \
  {word} dynamics | dynamics: {word}
articulation: {word} | {word} articulation | with {word} articulation ; played {word} | it is <played/articulated/to \
  be played> {word} ; the articulation is {word} ; most <notes/of the notes> are {word} ; the <notes/lines> are \
  <mostly/mainly> {word} | be played {word} ; have {word} articulation | {word} ; {word} articulation | articulation: \
  {word}
register: {word} | {a_name} {noun} | <with/in/set in/keeping to> {a_name} {noun} | it <keeps to/lies in/stays \
  in/moves in/dwells in/sits in> {a_name} {noun} ; the notes <lie/stay> in {a_name} {noun} | <lie in/keep to/stay in> \
  {a_name} {noun} | {name} {noun} | register: {name} {noun}
range: {word} | {a_name} range | <with/over/across/using/spanning> {a_name} range | it <covers/has/uses/spans/moves \
  within/roams over> {a_name} range | <have/cover/use> {a_name} range | {name} range | range: {name} range
texture: {word} | {a_name} texture | <with/in/woven in> {a_name} texture | it <has/keeps to/is woven in/unfolds in> \
  {a_name} texture ; the <writing/music> has {a_name} texture | <have/keep> {a_name} texture | {name} texture | \
  texture: {name} texture
chord loop: | {chords} in a loop | over a loop of {chords} ; over the chords {chords} ; over a repeating {chords} ; \
  <built on/set over/circling round> the chords {chords} | the chords <go round/circle through/keep going round/cycle \
  through> {chords} ; it <turns on/is built on/rests on/circles through/goes round> the chords {chords} ; the <loop \
  is/chord loop is/repeating chords are> {chords} ; the progression {chords} <comes back again and again/comes round \
  time after time/keeps coming round> | go round the chords {chords} ; use the chords {chords} ; loop the chords \
  {chords} | {chords} loop ; {chords} progression ; chords {chords} | chords: {chords} ; loop: {chords} ; \
  progression: {chords} ; changes: {chords}
opening chords: | the chords {chords} | <opening/beginning/starting/setting out> with the chords {chords} ; with the \
  chords {chords} | it <opens/begins/starts/sets out/sets off/gets under way> \
  with the chords {chords} ; the <chords/harmonies> <begin/start> {chords} ; the <first/opening> <chords/harmonies> \
  are {chords} ; the <harmony/progression> <begins/sets out/opens/starts> with the chords {chords} ; the chords \
  {chords} <open it/come first/lead off/stand at the beginning> | use the chords {chords} ; <open/begin/start> with \
  the chords {chords} | {chords} chords ; {chords} progression ; chords {chords} | chords: {chords} ; opening chords: \
  {chords} ; progression: {chords}
roman: | a {numerals} progression | <over/on/built on/following> a {numerals} progression ; over the progression \
  {numerals} | the <progression is/progression runs/harmony moves> {numerals} ; the chords follow a {numerals} \
  progression ; it is <built on/based on> a {numerals} progression ; in numerals, the progression is {numerals} | use \
  a {numerals} progression ; follow a {numerals} progression ; be built on a {numerals} progression | progression \
  {numerals} ; chords {numerals} | progression: {numerals} ; chords: {numerals}
form: | {plan} form | in {plan} form ; in the form {plan} ; <laid out/cast/built> in {plan} form | the \
  <form/layout/plan of the form> is {plan} ; it <is in/takes/has/falls into/is cast in> {plan} form ; it is laid out \
  in {plan} form ; it follows the form {plan} ; its sections make <the form {plan}/{plan} form> | be in {plan} form ; \
  have the form {plan} ; follow {plan} form | {plan} form ; form {plan} | form: {plan} ; structure: {plan}
sections: | {plan} form | in {plan} form ; laid out in {plan} form | the form is {plan}: {sections} ; it is in {plan} \
  form, <with/divided into/made of> {sections} ; it falls into the sections {sections}, so the form is {plan} ; its \
  {plan} form divides into {sections} | be in {plan} form, with {sections} | {plan} form | form: {plan}, {sections} ; \
  structure: {plan} ({sections})
key change: | a modulation to {new} | modulating to {new} {where} ; with a modulation to {new} {where} ; that \
  modulates to {new} {where} | it modulates to {new} {where} ; a modulation to {new} <comes/follows/takes place> \
  {where} ; {where} it modulates to {new} ; there is a modulation to {new} {where} | modulate to {new} {where} ; have \
  a modulation to {new} {where} | modulates to {new} | modulation: to {new} {where}
key journey: | | beginning in {old} and moving to {new} {where} ; going from {old} to {new} {where} | it \
  <begins/starts/sets out/opens> in {old} and <moves/goes/modulates/shifts> to {new} {where} | <begin/start> in {old} \
  and <move/go/modulate> to {new} {where} | {old}, moving to {new} | key: {old}, moving to {new} {where}
melody: | a {name} melody | with {a_name} melody ; with the {name} on the melody ; with the melody in the {name} | \
  the {name} <{carries}/{has}/{plays}/{takes}> the melody ; the melody <is/lies/sits> in the {name} ; the melody is \
  <played/taken/sung/carried> by the {name} ; the melody <belongs to/goes to/is given to> the {name} | have the \
  melody in the {name} ; have the {name} {carry} the melody ; give the melody to the {name} | {name} melody ; melody \
  in the {name} | melody: {name}
bass: | {a_name} bass line | over {a_name} bass line ; with the bass line in the {name} | the {name} \
  <{plays}/{has}/{takes}> the bass line ; the bass line <is/lies> in the {name} ; the bass line is <played/taken> by \
  the {name} ; the bass line <belongs to/goes to> the {name} | have the bass line in the {name} ; have the {name} \
  {play} the bass line | {name} bass line | bass line: {name}
accompaniment: | | with the {name} accompanying ; with the accompaniment in the {name} | the {name} {accompanies} ; \
  the {name} {fills} in the harmony ; the accompaniment <lies in/is in/goes to/is left to> the {name} | have the \
  accompaniment in the {name} ; have the {name} accompany | {name} accompaniment | accompaniment: {name}
countermelody: | a countermelody in the {name} | with a countermelody in the {name} | the {name} <{adds}/{plays}> a \
  countermelody ; a <second line/countermelody> <runs/lies> in the {name} ; <there is/one hears> a countermelody in \
  the {name} ; a countermelody <is given to/goes to> the {name} | have a countermelody in the {name} | {name} \
  countermelody | countermelody: {name}
figure: | {figure} in the {name} | with {figure} in the {name} | the {name} {plays} {figure} ; {figure} {comes} from \
  the {name} ; one hears {figure} in the {name} ; in the {name} one hears {figure} | have {figure} in the {name} | \
  {figure_key} in the {name} | texture: {figure_key} in the {name}
genre: {word} | | in {a_word} vein ; in {a_word} <style/idiom> | the <style/genre/idiom> is {word} ; it is {word} in \
  <style/manner> | sound {word} ; be {word} ; be {word} in style | {word} | style: {word} ; genre: {word}
mood: {word} | {a_word} <mood/character> | <with/of> {a_word} character ; in {a_word} mood | the \
  <mood/character/tone> is {word} ; it has {a_word} <character/mood/air> ; its mood is {word} ; it sounds {word} | \
  sound {word} ; be {word} ; feel {word} | {word} ; {word} mood | mood: {word} ; character: {word}
century: {name}-century | | from the {name} century ; of the {name} century | it <dates/comes/stems> from the {name} \
  century ; it <is a work/belongs to the music> of the {name} century | sound like the {name} century | {name} \
  century ; {name}-century | period: {name} century
year: | | from {name} ; dating from {name} ; written in {name} | it <dates from/was written in/comes from> {name} | | \
  {name} | year: {name} ; date: {name}
composer: | | by {name} ; by {name} ; <composed/written> by {name} | it is by {name} ; it was <composed/written/set \
  down> by {name} ; it <comes from the pen/is the work> of {name} ; the composer is {name} ; its composer is {name} ; \
  {name} <wrote it/composed it/is the composer> | | by {name} ; by {name} | composer: {name}
composer wish: | | in the <style/manner/spirit> of {name} ; reminiscent of {name} ; <after/à la> {name} | | be in the \
  <style/manner/spirit> of {name} ; sound like {name} ; remind one of {name} | in the style of {name} ; {name} ; like \
  {name} | style: {name} ; in the style of: {name}
nation: | | by {a_name} composer | it is by {a_name} composer ; the composer is {name} ; its composer was {name} | | \
  {name} composer | composer: {name}
nation wish: | | in {a_name} style | | sound {name} ; be in {a_name} style | {name} | style: {name}
lyricist: | | to words by {name} ; on words by {name} | the words are by {name} ; it sets words by {name} ; {name} \
  wrote the words | | words by {name} | words: {name}
title: | | <called/titled/entitled/named> "{name}" | it is <called/entitled/titled> "{name}" ; its title is "{name}" \
  ; "{name}" is <its title/what it is called> | be called "{name}" | "{name}" | title: {name}
marking: | | marked {name} ; marked "{name}" | it is marked {name} ; the score is marked {name} ; the marking is \
  {name} ; {name} is the marking ; the <score/composer> asks for "{name}" | be marked {name} | marked {name} ; {name} \
  | marking: {name}"""


def _places(line: str) -> tuple[str, Wordings]:
    name, _, row = " ".join(line.split()).partition(":")
    cells = (
        tuple(one for part in cell.split(" ; ") for one in spelt_out(part.strip()) if one) for cell in row.split("|")
    )
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
