"""Words of style: genre, mood, period and kind of piece, under one canonical word each.

They are read so that a prompt can be shown what was understood, and left to the model: nothing here is measured. A row
is a canonical word and, after a colon, other words for it, among them the usual French, German, Spanish and Italian
ones. Kinds of pieces that are words of music and of nothing else stand apart (`KINDS`): they show that music is spoken
of, which "house", "dark" or "march" do not.
"""

from __future__ import annotations

_GENRES = """\
jazz: jazzy
bebop: be bop
blues: bluesy
rock: rocking, rock n roll, rock and roll
pop
folk: folky, folk music, folklore
country: country music, country western
metal: heavy metal, death metal, black metal, thrash metal
punk
pop punk: punk pop
indie
grunge
funk: funky
soul: soulful
R&B: rnb, r & b
hip hop: hiphop
trap
lo-fi: lofi, lo fi, low fi
electronic: electronica, edm, electro, future bass
techno
house: deep house, tech house
trance
drum and bass: drum & bass, drum n bass, drum'n'bass, dnb
dubstep
ambient
disco: eurodisco
synthwave: synth wave, retrowave, outrun
synth pop: synthpop, electropop
progressive rock: prog rock, prog
soft rock
hard rock
reggae
dub
reggaeton
ska
latin: latino
salsa
bossa nova: bossa
samba
mambo
cha-cha: cha cha, cha cha cha
rumba
tango: tangos
flamenco
celtic: irish
klezmer
gospel
bluegrass
ragtime: rag
doo-wop: doo wop, doowop
dixieland: new orleans
swing
fusion: jazz fusion
afrobeat: afro beat
k-pop: k pop, kpop
new age
chiptune: chip tune, 8 bit, chiptunes, 8bit
video game: videogame, game music, game soundtrack, video game music
film: cinematic, film score, movie score, film music, soundtrack
orchestral: symphonic
choral
classical: classique, klassisch, clasico, clasica, classico, classica
musical theatre: broadway, show tune, musical theater
world: world music
acoustic
experimental: avant garde
minimalist: minimalism, minimal music, minimalistic
noise
traditional
sacred: religious, liturgical"""
_PERIODS = """\
medieval
renaissance
baroque: barok, barock, barocco, barroco
romantic: romanticism, romantique, romantisch, romantico, romantica
impressionist: impressionistic, impressionism
modern
contemporary"""
_MOODS = """\
happy: gai, feliz, alegre, felice, glucklich
cheerful: frohlich, cheery, jolly, merry, heiter, joyeux, joyeuse
joyful: joyous
sad: sorrowful, triste, traurig, tristes
melancholic: melancholy, wistful, melancolique, melancholisch, malinconico
dark: gloomy, ominous, sinister, dunkel, sombre
bright
epic: epische
heroic
dreamy: dreamlike, ethereal, vertraumt, reveur
peaceful: serene, tranquil, paisible, friedlich, tranquilo, tranquila, tranquille, tranquillo, tranquilla
calm: calming, calme, ruhig, ruhige, ruhiges, ruhiger, calmo, soothing
relaxing: relaxed, chill, chilled, mellow, entspannt, laid back
energetic: energy, driving, energique, energisch, energico
mysterious: enigmatic, mysterieux, geheimnisvoll, misterioso
spooky: creepy, scary, eerie, haunting, haunted, horror
playful: quirky, whimsical, verspielt
nostalgic
tense: suspenseful, suspense
uplifting: inspiring, inspirational
hopeful
aggressive: angry, furious
dramatic
solemn: stately
majestic: regal, grand
tender: loving, zart
gentle: sanft
triumphant: victorious
festive: festlich
groovy
passionate: intense
meditative: meditation, contemplative
magical
lyrical
simple"""
_KINDS = """\
ballad: ballads, balada, ballade, power ballad
lullaby: lullabies, cradle song, wiegenlied, berceuse, ninna nanna, cancion de cuna, nana
waltz: waltzes, walzer, valse, vals, valzer, valses
minuet: minuets, menuet, menuett
mazurka: mazurkas
polonaise: polonaises
polka: polkas
jig: jigs, gigue
reel: reels
hornpipe: hornpipes
sarabande
allemande
courante
gavotte
bourree
tarantella
barcarolle
march: marches, marche, marsch, marcha, marcia, funeral march
fanfare: fanfares
sonata: sonatas, sonate
sonatina: sonatinas
symphony: symphonies, sinfonie
concerto: concertos
suite: suites
partita: partitas
fugue: fugues, fuga, fuge
invention
prelude: preludes, praludium, preludio
toccata: toccatas
nocturne: nocturnes, nocturno, notturno
etude: etudes, study, studies
impromptu
scherzo
serenade: serenades
rhapsody: rhapsodies
intermezzo
overture
requiem
mass
hymn: hymns
carol: carols, christmas carol
anthem: anthems
art song: lied, lieder
aria: arias
madrigal
motet
cantata
opera
jingle: jingles
shanty: shanties, sea shanty"""


def _table(text: str) -> dict[str, str]:
    """Every word of a table and the canonical one it stands for."""
    words = {}
    for row in text.splitlines():
        name, _, others = row.partition(":")
        for word in (name, *others.split(",")):
            if word.strip():
                words[word.strip().lower().replace("-", " ")] = name
    return words


KINDS: dict[str, str] = _table(_KINDS)
"""Kinds of pieces: a word and its canonical one."""
STYLES: dict[str, str] = {**_table(_GENRES), **_table(_PERIODS), **_table(_MOODS), **KINDS}
"""Every word of style and its canonical one."""
STYLE_KIND: dict[str, str] = {
    name: kind
    for kind, table in (("genre", _GENRES), ("period", _PERIODS), ("mood", _MOODS), ("kind", _KINDS))
    for name in _table(table).values()
} | {"ländler": "kind", "slip jig": "kind"}  # which `vocabulary.DANCE_METRES` adds
"""A canonical word and what it tells: "genre", "period", "mood" or the "kind" of piece."""

# Kinds whose word is also plain English; they need music beside them to be read.
PLAIN_KINDS = frozenset(
    "march marches study studies suite suites reel reels invention impromptu overture opera carol carols anthem lied "
    "serenade courante nana jingle jingles mass marcia marcha vals arias aria".split()
)
# What style words mean beside other words: nothing of a style.
SILENT_STYLES = (
    "rock bottom", "rock solid", "country side", "in the house", "house of", "at home", "metal pad", "metal bell",
    "rock band", "metal band", "soul mate", "pop up", "pop culture", "energy saving", "bright piano", "grand piano",
    "dark side", "dark mode", "on the march", "case study", "study of", "studies of", "march of", "of march",
    "popular", "world wide", "minimal effort", "rag doll", "dub over", "noise floor", "noise level", "film maker",
    "new age pad", "bowed pad", "tense of", "simple to play", "trap door", "modern day", "modern life",
    "hard rock cafe", "french horn", "english horn", "latin alphabet", "latin small letter", "latin capital letter",
    "irish whistle", "irish flute", "spanish guitar", "house keeping", "acoustic guitar", "acoustic bass",
    "acoustic piano", "acoustic drums", "jazz guitar", "jazz electric guitar", "jazz bass", "jazz organ",
    "blues scale", "blues harp", "folk guitar", "classical guitar", "classical strings",
)  # fmt: skip
