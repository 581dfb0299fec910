"""The General MIDI instruments and their English words: one table for writing and for reading.

A row is a program; the words before the semicolon are written and read, those after it are only read. Program 128
stands for drums. Words that several programs satisfy ("guitar", "strings") are families, in `vocabulary_midi_text`.
"""

from __future__ import annotations

from typing import NamedTuple

DRUMS = 128

# General MIDI name | words written (first: the usual one); words only read
_PROGRAMS = """\
Acoustic Grand Piano|piano, grand piano, acoustic piano; pianoforte, fortepiano, upright piano
Bright Acoustic Piano|bright piano, bright acoustic piano
Electric Grand Piano|electric grand piano, electric grand
Honky-tonk Piano|honky-tonk piano; honky tonk, saloon piano
Electric Piano 1|electric piano 1, Rhodes piano; rhodes, tine piano, fender rhodes, wurlitzer
Electric Piano 2|electric piano 2, FM electric piano; fm piano, dx7 piano
Harpsichord|harpsichord; cembalo, clavecin
Clavi|clavinet; clavi, clav
Celesta|celesta; celeste
Glockenspiel|glockenspiel; orchestra bells
Music Box|music box
Vibraphone|vibraphone
Marimba|marimba
Xylophone|xylophone
Tubular Bells|tubular bells; church bells, chimes
Dulcimer|dulcimer; hammered dulcimer, santur
Drawbar Organ|drawbar organ, Hammond organ; hammond, jazz organ
Percussive Organ|percussive organ
Rock Organ|rock organ
Church Organ|church organ, pipe organ; cathedral organ
Reed Organ|reed organ, harmonium
Accordion|accordion; accordeon
Harmonica|harmonica; mouth organ, blues harp
Tango Accordion|bandoneon, tango accordion
Acoustic Guitar (nylon)|nylon-string guitar, classical guitar, nylon guitar; spanish guitar, flamenco guitar
Acoustic Guitar (steel)|steel-string guitar, steel-string acoustic guitar, folk guitar; steel string guitar
Electric Guitar (jazz)|jazz guitar, jazz electric guitar; hollow body guitar
Electric Guitar (clean)|clean electric guitar, clean guitar
Electric Guitar (muted)|muted electric guitar, muted guitar; palm muted guitar
Overdriven Guitar|overdriven guitar, overdriven electric guitar; overdrive guitar
Distortion Guitar|distorted guitar, distortion guitar, distorted electric guitar; heavy metal guitar, fuzz guitar
Guitar Harmonics|guitar harmonics
Acoustic Bass|acoustic bass, upright bass; stand up bass, jazz bass
Electric Bass (finger)|electric bass, fingered bass, bass guitar; electric bass guitar, fingered electric bass
Electric Bass (pick)|picked bass, picked electric bass; pick bass
Fretless Bass|fretless bass
Slap Bass 1|slap bass; slap bass 1, slapped bass
Slap Bass 2|slap bass 2, second slap bass
Synth Bass 1|synth bass, synth bass 1; synthesizer bass, synthesiser bass
Synth Bass 2|synth bass 2, second synth bass
Violin|violin; violino
Viola|viola
Cello|cello, violoncello; celli
Contrabass|double bass, contrabass; string bass, contrabasso
Tremolo Strings|tremolo strings, tremolo string section
Pizzicato Strings|pizzicato strings, plucked strings
Orchestral Harp|harp, concert harp; orchestral harp
Timpani|timpani, kettledrums; timpanis, kettle drums
String Ensemble 1|string ensemble, string orchestra, string section; string ensemble 1, ensemble strings
String Ensemble 2|slow strings, string ensemble 2; slow string ensemble
Synth Strings 1|synth strings, synth strings 1; synthesizer strings, synthstrings
Synth Strings 2|synth strings 2, second synth strings
Choir Aahs|choir, vocal choir; choir aahs, satb, satb choir, mixed choir, vocal ensemble, choral voices
Voice Oohs|voice, solo voice, singing voice; voice oohs, singer, vocal, vocalist, vocal line, soprano, \
mezzo soprano, soprano voice, tenor voice, alto voice, bass voice, baritone voice
Synth Voice|synth voice, synth choir; synth vox
Orchestra Hit|orchestra hit, orchestral hit
Trumpet|trumpet; cornet
Trombone|trombone; bass trombone
Tuba|tuba
Muted Trumpet|muted trumpet
French Horn|French horn, horn; f horn, hunting horn
Brass Section|brass section, brass ensemble; horn section
Synth Brass 1|synth brass, synth brass 1; synthesizer brass
Synth Brass 2|synth brass 2, second synth brass
Soprano Sax|soprano saxophone, soprano sax
Alto Sax|alto saxophone, alto sax
Tenor Sax|tenor saxophone, tenor sax
Baritone Sax|baritone saxophone, baritone sax; bari sax
Oboe|oboe
English Horn|English horn, cor anglais
Bassoon|bassoon; fagott, fagotto
Clarinet|clarinet
Piccolo|piccolo; piccolo flute
Flute|flute; transverse flute, concert flute
Recorder|recorder; blockflute
Pan Flute|pan flute, panpipes; pan pipes, panflute
Blown Bottle|blown bottle
Shakuhachi|shakuhachi
Whistle|whistle, tin whistle; penny whistle, irish whistle
Ocarina|ocarina
Lead 1 (square)|square lead, square-wave lead; square wave synth
Lead 2 (sawtooth)|sawtooth lead, saw lead; saw synth
Lead 3 (calliope)|calliope lead, calliope
Lead 4 (chiff)|chiff lead
Lead 5 (charang)|charang lead
Lead 6 (voice)|voice lead, solo vox
Lead 7 (fifths)|fifths lead
Lead 8 (bass + lead)|bass-and-lead synth, bass and lead
Pad 1 (new age)|new age pad, fantasia pad
Pad 2 (warm)|warm pad
Pad 3 (polysynth)|polysynth pad, polysynth
Pad 4 (choir)|choir pad, space choir
Pad 5 (bowed)|bowed pad, bowed glass pad
Pad 6 (metallic)|metallic pad, metal pad
Pad 7 (halo)|halo pad
Pad 8 (sweep)|sweep pad
FX 1 (rain)|rain effect, ice rain synth
FX 2 (soundtrack)|soundtrack effect, soundtrack synth
FX 3 (crystal)|crystal effect, crystal synth
FX 4 (atmosphere)|atmosphere effect, atmosphere synth
FX 5 (brightness)|brightness effect, brightness synth
FX 6 (goblins)|goblins effect, goblin synth
FX 7 (echoes)|echoes effect, echo drops synth
FX 8 (sci-fi)|sci-fi effect, star theme synth
Sitar|sitar
Banjo|banjo
Shamisen|shamisen
Koto|koto
Kalimba|kalimba; thumb piano, mbira
Bagpipe|bagpipe, bagpipes; pipes and drones, highland pipes
Fiddle|fiddle
Shanai|shanai; shehnai
Tinkle Bell|tinkle bell
Agogo|agogo, agogo bells
Steel Drums|steel drums, steelpan; steel drum, steel pan
Woodblock|woodblock; wood block
Taiko Drum|taiko drum, taiko
Melodic Tom|melodic tom, melodic toms
Synth Drum|synth drum; electronic tom
Reverse Cymbal|reverse cymbal
Guitar Fret Noise|guitar fret noise
Breath Noise|breath noise
Seashore|seashore sound, sea shore effect
Bird Tweet|bird tweet, birdsong effect
Telephone Ring|telephone ring
Helicopter|helicopter sound
Applause|applause sound
Gunshot|gunshot sound
Drums|drums, drum kit, drum set, percussion; drum, drumkit, drumset, drum track, drum beat, drum fill, \
drum groove, drum loop, drum pattern, drum solo, drum machine, drumming, acoustic drums, \
percussion section, drummer, bass drum, snare drum, snare, kick drum, hi hat, cymbal, tambourine, shaker, maracas, \
conga, bongo, timbales, cajon, djembe, bodhrán, hand drum, hand percussion, 808 drums"""


class Instrument(NamedTuple):
    """One program and its words; `written` are also read."""

    program: int
    gm_name: str
    written: tuple[str, ...]
    read_only: tuple[str, ...]


def _row(program: int, line: str) -> Instrument:
    gm_name, words = line.split("|")
    written, _, read_only = words.partition(";")
    split = [tuple(w.strip() for w in part.split(",") if w.strip()) for part in (written, read_only)]
    return Instrument(program, gm_name, split[0], split[1])


INSTRUMENTS: tuple[Instrument, ...] = tuple(_row(i, line) for i, line in enumerate(_PROGRAMS.splitlines()))


def instrument_name(program: int) -> str:
    """The usual English name of a program ("violin"); 128 is "drums".

    Raises:
        ValueError: `program` is not in 0..128.
    """
    if not 0 <= program <= DRUMS:
        raise ValueError(f"program must lie in 0..128 (128 stands for drums), found {program}")
    return INSTRUMENTS[program].written[0]


def gm_name(program: int) -> str:
    """The General MIDI name of a program ("Acoustic Grand Piano"); 128 is "Drums".

    Raises:
        ValueError: `program` is not in 0..128.
    """
    instrument_name(program)
    return INSTRUMENTS[program].gm_name
