"""Typing errors in words of music: "violn", "paino", "drumms", "waltzz".

A word of five letters or more that is no word of ours and no English one is mended where a word of ours lies
one error away: a letter too many, too few, another, or two exchanged; from nine letters on two errors. A few short
ones are listed. Every English word (an American list of 75,000) that would be "mended" stands in `_ENGLISH` and stays.

Method: deletions of both words meet in a table, as in W. Garbe's SymSpell (2012); the distance is Damerau's of
adjacent exchanges.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations

from .phrases_midi_text import MUSIC_WORDS, PHRASES, STOP_WORDS

_SHORT = {
    "bmp": "bpm", "minr": "minor", "mior": "minor", "majr": "major", "celo": "cello", "chello": "cello",
    "sinth": "synth", "gitar": "guitar", "bas": "bass", "vilin": "violin", "flut": "flute", "vln": "violin",
    "vla": "viola", "vlc": "cello", "pno": "piano", "gtr": "guitar", "perc": "percussion", "drms": "drums",
    "accordian": "accordion", "saxaphone": "saxophone", "trumpit": "trumpet",
    "majeure": "majeur", "allegreto": "allegretto", "harpsicord": "harpsichord", "beet": "beat",
}  # fmt: skip
_ENGLISH = frozenset(
    """according acoustics adagios allegra allegros andantes ballard balled banjoes baritones cadences carina cells
    celtics chorals chores chortle chorus clarinetist classically contraband cords counterpoints crescendi crescents
    crumpet crumpets diminuendoes diminuendos discos drummed electronics electrons flamencos fluted gospels grooved
    grove harmonious harmonizes hellos homophone homophones hoodwinks immoderately instalments instrument
    instrumentals instrumented jellos legate legatos locals lowly majors mandolins mazourka measured melancholia
    melancholics mesures metallica minors minuit moderated moderates moderator monotonic morgan niccolo nostalgia
    orchestrate permission permissive persuasion persuasive pianissimi pianissimos pizzicati pizzicatos polyphony
    preclude preston prestos procession profession progressing progressions recorded reggie regression reorder
    repercussion romantics rummer salas salsas sambas sassoon saxophonist scherzi scherzos selectric serenaded
    signatory signatures springs staccati staccatos stings stringy strumpet strumpets synchs syncopate syncopates
    syncopating synthesize synthesized synthesizes tempos thromboses trombonist trumped ukelele ukuleles upbeats
    vices villas viols virtuosi virtuosos voiced waltzed woodlands""".split()
)
_LONGEST = 20
_SHORTEST, _TWO_ERRORS = 5, 9
# Words that are mended to: of music alone, and with few English words one error away.
_TARGETS = frozenset(
    """accelerando accordion accordions acoustic adagio allegretto allegro ambient andante arpeggiated arpeggio
    arpeggios backbeat bagpipe bagpipes ballad ballads bandoneon banjo banjos baritone baroque bassoon bassoons
    bluegrass bossa cadence celesta cello cellos celtic chiptune choir chorale chords clarinet clarinets classical
    clavinet contrabass contrapuntal counterpoint crescendo cymbal cymbals diminuendo disco djembe drumkit drummer
    drums dubstep dulcimer dynamics electric electronic ensemble etude fanfare flamenco flute fortissimo fugue
    glockenspiel gospel groove guitar guitars habanera hammond harmonic harmonica harmonics harpsichord homophony
    hornpipe instruments kalimba keyboard larghetto legato lullaby major mandolin marimba mazurka measures
    melancholic melancholy melodic melody metallic minor minuet moderate moderately moderato monophonic nocturne
    nostalgic ocarina octaves orchestra orchestral organ ostinato overdriven pentatonic percussion percussive
    pianissimo piano pianos piccolo pizzicato polka polonaise polyphonic prelude prestissimo presto progression
    quartet quintet ragtime recorder reggae rhapsody rhythm rhythms ritardando romantic rubato salsa samba saxophone
    saxophones scherzo serenade shakuhachi signature sitar slowly sonata sonatina soprano soundtrack staccato
    strings symphony syncopated syncopation synth synthesizer synths tambourine tango techno tempo timpani toccata
    tremolo trombone trombones trumpet trumpets ukulele upbeat vibraphone viola violas violin violins virtuoso
    vivace vocals voices waltz waltzes without woodwind woodwinds xylophone""".split()
)
_KNOWN = STOP_WORDS | MUSIC_WORDS | {word for phrase in PHRASES for word in phrase.split()} | _ENGLISH | _TARGETS


def _deletions(word: str, errors: int) -> set[str]:
    """The word and all that is left of it without up to so many letters."""
    left = {word}
    for count in range(1, errors + 1):
        for gone in combinations(range(len(word)), count):
            left.add("".join(letter for i, letter in enumerate(word) if i not in gone))
    return left


def _errors(word: str) -> int:
    return 2 if len(word) >= _TWO_ERRORS else 1


def _table() -> dict[str, tuple[str, ...]]:
    table: dict[str, tuple[str, ...]] = {}
    for target in sorted(_TARGETS):
        for left in _deletions(target, _errors(target)):
            table[left] = (*table.get(left, ()), target)
    return table


_TABLE = _table()


def _distance(one: str, other: str) -> int:
    """Letters to insert, delete, exchange for others or with their neighbours."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        last, before, row = before, row, [i]
        for j, wanted in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]


@lru_cache(maxsize=20_000)
def mend(word: str) -> str:
    """The word of ours that a mistyped word stands for, or the word itself. Lower case, without accents."""
    if word in _SHORT:
        return _SHORT[word]
    if not _SHORTEST <= len(word) <= _LONGEST or word in _KNOWN or not word.isascii() or not word.isalpha():
        return word
    near = {target for left in _deletions(word, _errors(word)) for target in _TABLE.get(left, ())}
    # On a tie a letter too few or too many is likelier than another: "violn" is a violin, not a viola.
    ranked = sorted((_distance(word, target), len(target) == len(word), target) for target in near)
    if not ranked or ranked[0][0] > min(_errors(ranked[0][2]), _errors(word)):
        return word
    target = ranked[0][2]  # among five letters only an exchange is no other word's business: "paino", not "klute"
    return target if max(len(word), len(target)) > _SHORTEST or sorted(word) == sorted(target) else word
