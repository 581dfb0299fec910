"""The words for traits: one table for writing captions and for reading prompts.

A trait is a yes-or-no statement that the analysis makes about a score ("walking bass", "ternary form"; the names and
their rules live in `facts`). Every form is written as it stands; brackets, which are never printed, mark the phrase
that states the trait, so "over a [walking bass]" is written "over a walking bass" and read by "walking bass". A phrase
states its trait and nothing else: it names no instrument, tempo or metre, and the plain words of styles ("swing",
"samba", "chorale") are left to styles. What is only read comes last in a row.
"""

from __future__ import annotations

import re
from itertools import product
from typing import NamedTuple

_MARKED = re.compile(r"\[(.*?)\]")


class TraitWords(NamedTuple):
    """The words of one trait, by grammatical place; () where a place has none.

    Attributes:
        before: Before the noun: "syncopated".
        noun: What a piece has, with its article: "a walking bass".
        after: After the noun: "over a walking bass".
        says: A clause that stands by itself: "the bass walks".
        phrases: What states the trait wherever it is read: lower case, single spaces, no hyphens.
    """

    before: tuple[str, ...]
    noun: tuple[str, ...]
    after: tuple[str, ...]
    says: tuple[str, ...]
    phrases: tuple[str, ...]

    @property
    def keyword(self) -> str:
        """The shortest way to name it, without article."""
        return re.sub(r"^an? ", "", self.noun[0] if self.noun else (self.before or self.after)[0])


# trait: before the noun | noun | after the noun | says | only read; a word before the noun is read wholly where
# nothing in it is marked
_TABLE = """\
modulates: modulating | a [change of key], a [key change] | that [changes key], that [modulates] | the music [changes \
  key] on its way, it [modulates] along the way, it does not stay where it began but [modulates], <there is/one \
  hears/it brings/it has> a [change of key] | modulate, modulation, modulations, key changes, changes of key, change \
  key, changing keys
stays in one key: | [one key throughout] | that [stays in one key], in [one key throughout] | it [stays in one key] \
  throughout, it [keeps to one key], the music [stays in its key], from first to last it [stays in one key] | stay in \
  one key, a single key throughout, the same key throughout, one key all through
chromatic: chromatic | [chromatic] lines, [chromatic] colouring | <coloured/tinted/shaded> by [chromatic] notes, \
  <rich in/full of> [chromatic] notes, <full of/rich in/packed with/teeming with> [chromatic] steps | [chromatic] \
  notes <colour/tint/shade> the lines, the <writing/setting/style of writing> is [chromatic], [chromatic] steps slip \
  in between, the harmony has [chromatic] touches, <there is/one hears/it brings/it has> much [chromatic] movement | \
  chromaticism, chromatically
diatonic: diatonic | [diatonic] lines | that [keeps to the scale], within the [notes of the scale] | the lines are \
  [diatonic], it [keeps to the scale], the melody and harmony [stay within the scale], it uses only the [notes of the \
  scale] | keep to the scale, stays within the scale, keeps to the notes of the scale
pentatonic: pentatonic | a [pentatonic] scale | on a [pentatonic] scale, on a [five-note scale] | it is built on a \
  [pentatonic] scale, the notes belong to a [pentatonic] scale | pentatonics
picardy third: | a [Picardy third] | <ending/closing/finishing> on a [Picardy third], that closes with a [Picardy \
  third] | it <ends/closes/finishes> on a [Picardy third], a [Picardy third] brightens the last chord | tierce de \
  picardie, tierce picarde, picardy cadence
repeated chord loop: | a [repeating chord progression], a [chord loop], a [looping chord progression] | <over/on> a \
  [repeating chord progression], <built/resting/founded> on a [chord loop], <over/on> a [looping chord progression] | \
  the [same chords come round] again and again, the [chords repeat in a loop], a [repeating chord progression] \
  carries it, it goes round a [chord loop], a [chord loop] turns <underneath/below/beneath it all> | repeated chord \
  loop, repeating chords, looped chords, looping chords, repeated chord progression, repeating progression, looping \
  progression, chord loops
seventh chords: | [seventh chords] | <coloured/tinted/shaded> by [seventh chords], <rich in/full of> [seventh \
  chords], <full of/rich in/packed with/teeming with> [seventh chords] | [seventh chords] <colour/tint/shade> the \
  harmony, the harmony is <rich in/full of> [seventh chords], many of the chords are [seventh chords], [seventh \
  chords] <abound/are plentiful/are everywhere>, <there are/one hears/it brings> plenty of [seventh chords] | 7th \
  chords, seventh harmonies, chords with sevenths
circle of fifths: | a [circle-of-fifths] progression | moving around the [circle of fifths], <with/featuring/using> \
  chords that [fall by fifths] | the chords move around the [circle of fifths], the harmony turns through the [circle \
  of fifths], the roots [fall by fifths], the progression follows the [circle of fifths], the roots step through the \
  [circle of fifths] | cycle of fifths, falling fifths, descending fifths, fifths progression
twelve-bar blues: | a [twelve-bar blues] progression, a [12-bar blues] progression | on a [twelve-bar blues] \
  progression, <over/on> a [12-bar blues] progression | the chords are those of a [twelve-bar blues], it follows the \
  [twelve-bar blues] | blues changes, blues progression, twelve bar blues form, 12 bar blues form
pedal point: | a [pedal point], a [pedal tone] | <over/on> a [pedal point], above a [pedal tone] | the harmony moves \
  over a [pedal point], a [pedal point] holds through the changing harmony | pedal points, organ point, pedal note
authentic cadence at the end: | an [authentic cadence] at the end, a [full close] | <ending/closing/concluding> with \
  an [authentic cadence], that comes to a [full close], closing with an [authentic cadence], rounded off by an \
  [authentic cadence] | it <ends/closes/concludes/finishes> with an [authentic cadence], it comes to a [full close], \
  an [authentic cadence] <closes/ends/concludes/seals> it, the last chords make an [authentic cadence], an [authentic \
  cadence] <rounds it off/brings it to its end>, dominant and tonic make a [full close] | perfect cadence, perfect \
  authentic cadence, full cadence, authentic cadence at the end, perfect cadence at the end
half cadence at the end: | a [half cadence] at the end, an [open ending] | <ending/closing/finishing> on a [half \
  cadence], that breaks off on a [half cadence], with an [open ending], left open by a [half cadence] | it \
  <ends/closes/finishes> on a [half cadence], it [stops on the dominant], the [ending is open], a [half cadence] \
  leaves it open, it breaks off on a [half cadence], the last chords make a [half cadence] | half close, imperfect \
  cadence, ends on the dominant, half cadence at the end
plagal cadence at the end: | a [plagal cadence] at the end, an [Amen cadence] | <ending/closing/concluding> with a \
  [plagal cadence], closing with an [Amen cadence] | it <ends/closes/concludes/finishes> with a [plagal cadence], an \
  [Amen cadence] <closes/ends/concludes/seals> it | plagal close, plagal ending, plagal cadence at the end
fast harmonic rhythm: | a [fast harmonic rhythm], [quickly changing chords] | <with/featuring/using> [quickly \
  changing chords] | the [chords change quickly], the [harmony changes quickly], the [harmonic rhythm is fast], the \
  [chords change often] | fast chord changes, frequent chord changes, rapid harmonic rhythm, quick harmonic rhythm, \
  quick chord changes, fast changing chords, chords change often
slow harmonic rhythm: | a [slow harmonic rhythm], [slowly changing chords] | <with/featuring/using> [slowly changing \
  chords] | the [chords change slowly], the [harmony changes slowly], the [harmonic rhythm is slow] | slow chord \
  changes, few chord changes, static harmony, chords change rarely, long held chords
binary form: | a [binary form] | in [binary form], in [two-part form] | the [form is binary], it is in [binary form], \
  it falls into the two halves of a [binary form] | rounded binary, simple binary
ternary form: | a [ternary form] | in [ternary form], in [three-part form] | the [form is ternary], it is in [ternary \
  form], it <has/takes on/shows> the three parts of a [ternary form] | da capo form, song form
rondo form: | a [rondo form] | in [rondo form], laid out as a [rondo] | it is in [rondo form], the form is that of a \
  [rondo] | rondo structure, rondeau form
through-composed: through-composed | a [through-composed] form | that is [through-composed], [without repeated \
  sections] | it is [through-composed], [no section returns] | through composition, durchkomponiert, no repeated \
  sections
repetitive: repetitive | much [repetition], a lot of [repetition] | [built on repetition], <with/featuring/using> \
  much [repetition] | it is [built on repetition], much of it is [heard again], <there is/one hears/it brings/it has> \
  a lot of [repetition] | repetitious, lots of repetition, much repetition, repeats itself, highly repetitive, very \
  repetitive
opening returns at the end: | a [return of the opening] at the end | whose [opening returns at the end], \
  <with/featuring/using> a [return of the opening] at the end | the [opening returns at the end], at the end the \
  [opening comes back], the [beginning returns at the end] | reprise of the opening, opening returns, recapitulation, \
  the beginning comes back
returning motif: | a [recurring motif], a [returning motif] | <built/resting/founded> on a [recurring motif], held \
  together by a [recurring motif], spun from a [recurring motif] | a short [motif keeps returning], a [recurring \
  motif] holds it together, one [motif comes back] again and again, a [recurring motif] <runs/winds/is woven> through \
  it, it is built around a [recurring motif], it keeps coming back to a [recurring motif] | recurrent motif, repeated \
  motif, recurring motifs, recurring theme, motif that returns, motif that comes back, returning motive, recurring \
  motive, leitmotif, motivic
sequences: sequential | [sequences], [melodic sequences] | unfolding in [sequences], spun out in [sequences] | its \
  ideas move in [sequences], figures are spun out in [sequences], [melodic sequences] carry it onward, its figures \
  climb and fall in [sequences] | melodic sequence, repeated in sequence, sequential patterns
swing: swung, swinging | a [swing feel], [swung eighths], a [swing rhythm] | <with/featuring/using> a [swing feel], \
  in [swing rhythm] | the [eighths swing], the [rhythm swings], it <has/takes on/shows> a [swing feel] | swung eighth \
  notes, swung notes, swing eighths, swung rhythm, swing groove, swing time, swung feel, swings
syncopated: syncopated | [syncopated] rhythms, [syncopation] | <full of/rich in/packed with/teeming with> \
  [syncopation], <with/featuring/using> [syncopated] rhythms | <the rhythm is/its rhythm is> [syncopated], \
  [syncopation] <runs/winds/is woven> through it, many accents fall [off the beat], the accents fall [off the beat] \
  again and again, its rhythms are [syncopated], <there is/one hears/it brings/it has> plenty of [syncopation] | \
  syncopations, off beat, off beat accents, off beat rhythms, off beats
on the beat: | rhythms [on the beat] | that stays [on the beat], <with/featuring/using> rhythms [on the beat] | the \
  rhythm stays [on the beat], the notes fall squarely [on the beat] | unsyncopated, straight on the beat, square \
  rhythm, square rhythms
dotted rhythms: | [dotted rhythms] | <with/featuring/using> [dotted rhythms], in [dotted rhythms], <full of/rich \
  in/packed with/teeming with> [dotted figures], <driven/propelled/carried> by [dotted rhythms] | [dotted rhythms] \
  <run/wind/are woven> through it, [dotted rhythms] mark its gait, <it/the music> <moves/runs/goes> in [dotted \
  rhythms], the lines skip along in [dotted rhythms], [dotted rhythms] <give/lend> it its bounce, [dotted figures] \
  <abound/are plentiful/are everywhere> | dotted rhythm, dotted notes, dotted eighths, dotted eighth notes, dotted \
  figures, dotted quavers
triplets: | [triplets], [triplet figures] | in [triplets], <with/featuring/using> [triplets], flowing in [triplets] | \
  [triplets] <run/wind/are woven> through it, <it/the music> <moves/runs/goes> in [triplets], the beat is often split \
  into [triplets], [triplets] <give/lend> it its flow, the motion is in [triplets], [triplet figures] <abound/are \
  plentiful/are everywhere> | triplet, triplet feel, triplet rhythm, triplet rhythms, eighth note triplets, triplet \
  eighths
steady eighths: | [steady eighth notes], [steady eighths], [running eighths] | in [steady eighth notes], moving in \
  [steady eighths], <with/featuring/using> a stream of [running eighths], flowing in [steady eighth notes] | <it/the \
  music> <moves/runs/goes> in [steady eighth notes], [steady eighths] keep it <going/moving/in motion>, [running \
  eighths] carry it along, a stream of [steady eighth notes] <runs/winds/is woven> through it, [steady eighths] fill \
  the bars, the motion is in [running eighths] | constant eighth notes, constant eighths, even eighths, even eighth \
  notes, steady quavers, running quavers, running eighth notes, straight eighths, straight eighth notes
steady sixteenths: | [steady sixteenth notes], [running sixteenths], [steady sixteenths] | in [steady sixteenths], in \
  [running sixteenth notes], <with/featuring/using> a stream of [running sixteenths], flowing in [steady sixteenth \
  notes] | <it/the music> <moves/runs/goes> in [steady sixteenth notes], [running sixteenths] <drive it/propel \
  it/push it along>, [steady sixteenths] keep it <going/moving/in motion>, the notes run on in [sixteenths without a \
  break], [running sixteenths] fill the bars, a stream of [steady sixteenth notes] <runs/winds/is woven> through it | \
  constant sixteenth notes, constant sixteenths, even sixteenths, running semiquavers, steady semiquavers, moto \
  perpetuo, perpetual motion
pickup: | a [pickup], an [anacrusis] | <with/featuring/using> a [pickup], beginning with a [pickup], \
  <with/featuring/using> an [anacrusis] | it begins with a [pickup], a [pickup] leads in, it starts on an \
  [anacrusis], a [pickup] comes before the first full bar, it opens with a [pickup] | pick up note, pick up notes, \
  pickup note, pickup notes, pickup bar, pickup measure, pick up bar, upbeat bar, begins with an upbeat, starts with \
  an upbeat, starts on an upbeat, begins on the upbeat
siciliano: | the [lilt of a siciliano], a [siciliano rhythm], a [lilting siciliano] | with the [lilt of a siciliano], \
  in [siciliano rhythm] | it <has/takes on/shows> the [lilt of a siciliano], it [lilts like a siciliano], its rhythm \
  is a [lilting siciliano] | siciliana rhythm, sicilienne rhythm, siciliano feel, siciliano, siciliana, sicilienne
tresillo: | a [tresillo] rhythm | <over/on> a [tresillo], <with/featuring/using> a [tresillo] rhythm | a [tresillo] \
  drives the rhythm, <the rhythm is/its rhythm is> built on the [tresillo] | tresillos, 3+3+2, 3 3 2
habanera: | a [habanera rhythm] | <over/on> a [habanera rhythm], with the [sway of a habanera] | it [sways like a \
  habanera], a [habanera rhythm] <runs/winds/is woven> through it | habanera beat, habanera bass, habanera feel, \
  habanera
four on the floor: [four-on-the-floor] | a [four-on-the-floor] beat, a [four-on-the-floor] kick | <over/on> a \
  [four-on-the-floor] beat, <driven/propelled/carried> by a [four-on-the-floor] kick | the beat is [four on the \
  floor], a [four-on-the-floor] kick <drives it/propels it/pushes it along/keeps it going> | four on the floor kick, \
  4 on the floor, four to the floor, four on floor
backbeat: | a [backbeat] | <with/featuring/using> a [backbeat], <driven/propelled/carried> by a [backbeat] | a \
  [backbeat] <drives it/propels it/pushes it along/keeps it going>, it rides on a [backbeat], the accents fall on the \
  [backbeat] | back beat, backbeats
rock beat: | a [rock beat], a [rock groove] | <over/on> a [rock beat], <driven/propelled/carried> by a [rock beat] | \
  a [rock beat] <drives it/propels it/pushes it along/keeps it going>, it sits on a [rock beat] | rock rhythm, rock \
  pattern
shuffle: | a [shuffle beat], a [shuffle groove] | <over/on> a [shuffle beat], <with/featuring/using> a [shuffle feel] \
  | the [beat is a shuffle], it rolls along on a [shuffle beat] | shuffle rhythm, shuffled beat, shuffle pattern, \
  shuffling beat
swing ride: | a [swung ride pattern], a [swing ride pattern] | <over/on> a [swung ride pattern], \
  <with/featuring/using> a [swing ride pattern] | the [ride swings], a [swing ride pattern] <keeps time/marks the \
  time> | swing ride, jazz ride, jazz ride pattern, swing beat, swung ride cymbal, swing ride cymbal, ride cymbal \
  swing
disco beat: | a [disco beat], a [disco groove] | <over/on> a [disco beat], <driven/propelled/carried> by a [disco \
  beat] | a [disco beat] <drives it/propels it/pushes it along/keeps it going>, it moves to a [disco beat] | disco \
  rhythm, disco pattern, disco hi hats
half-time: half-time | a [half-time feel], a [half-time beat] | <with/featuring/using> a [half-time feel], \
  <over/with> a [half-time beat] | the [beat is in half-time], the beat has a [half-time feel] | halftime, halftime \
  feel, half time groove, halftime groove, halftime beat
double-time: double-time | a [double-time feel], a [double-time beat] | <with/featuring/using> a [double-time feel], \
  <over/on> a [double-time beat] | the [beat is in double-time], the beat has a [double-time feel] | doubletime, \
  double time groove, doubletime feel
breakbeat: breakbeat | a [breakbeat] | <over/on> a [breakbeat], <driven/propelled/carried> by a [breakbeat] | <the \
  rhythm is/its rhythm is> a [breakbeat], a [breakbeat] <drives it/propels it/pushes it along/keeps it going> | break \
  beat, breakbeats, broken beat
bossa nova: | a [bossa nova beat], a [bossa nova groove] | <over/on> a [bossa nova beat], <with/featuring/using> a \
  [bossa nova groove] | it sways <over/on> a [bossa nova beat], the [beat is a bossa nova] | bossa nova rhythm, bossa \
  beat, bossa groove, bossa rhythm, bossa nova pattern
samba: | a [samba beat], a [samba groove] | <over/on> a [samba beat], <driven/propelled/carried> by a [samba groove] \
  | a [samba beat] <drives it/propels it/pushes it along/keeps it going>, the [beat is a samba] | samba rhythm, samba \
  pattern
train beat: | a [train beat] | <over/on> a [train beat], <driven/propelled/carried> by a [train beat] | a [train \
  beat] chugs along, it rolls along on a [train beat] | train groove, train rhythm
waltz beat: | a [waltz beat] | <over/on> a [waltz beat], <with/featuring/using> a [waltz beat] | it turns <over/on> a \
  [waltz beat], a [waltz beat] <keeps time/marks the time> | waltz groove, waltz pattern
march beat: | a [march beat], a [marching beat] | <over/on> a [march beat], <driven/propelled/carried> by a [marching \
  beat] | it steps along to a [march beat], a [marching beat] <keeps time/marks the time> | march rhythm, marching \
  rhythm, marching pattern
blast beat: | a [blast beat], [blast beats] | <over/on> a [blast beat], <driven/propelled/carried> by [blast beats] | \
  a [blast beat] hammers through it, [blast beats] <drive it/propel it/push it along> | blastbeat, blastbeats
drum fills: | [drum fills] | <with/featuring/using> [drum fills] | [drum fills] mark the turns, <there are/one \
  hears/it brings> [drum fills] along the way | fills between phrases, fills at the end of phrases
walking bass: | a [walking bass], a [walking bass line] | <over/on> a [walking bass], <with/featuring/using> a \
  [walking bass line] | a [walking bass] keeps it <moving/going/in motion>, the [bass walks], the [bass line walks] \
  in even steps | walking basses, walking bass lines, walking bassline, walking bass part, walking bass figure
Alberti bass: | an [Alberti bass], an [Alberti accompaniment] | <over/on> an [Alberti bass], <with/featuring/using> \
  an [Alberti bass] | an [Alberti bass] keeps it <flowing/going/in motion>, an [Alberti bass] accompanies the tune | \
  alberti, alberti figure, alberti figures, alberti figuration, alberti bass pattern
oom-pah: | an [oom-pah] accompaniment, an [oom-pah] bass | <over/on> an [oom-pah] bass, <with/featuring/using> an \
  [oom-pah] accompaniment | an [oom-pah] accompaniment bounces along, the accompaniment goes [oom-pah] | oom pah \
  bass, oompah, stride bass, boom chick
oom-pah-pah: | an [oom-pah-pah] accompaniment, an [oom-pah-pah] bass | <over/on> an [oom-pah-pah] bass, \
  <with/featuring/using> an [oom-pah-pah] accompaniment | an [oom-pah-pah] accompaniment turns \
  <underneath/below/beneath it all>, the accompaniment goes [oom-pah-pah] | oom pah pah bass, oompahpah, oompah pah, \
  waltz accompaniment, waltz bass
block chords: | [block chords] | <with/featuring/using> [block chords], over [block chords] | [block chords] support \
  it, the accompaniment moves in [block chords], the harmony comes in [block chords], [block chords] fill the texture \
  | block chord, solid chords, block chord accompaniment
broken chords: | [broken chords], a [broken-chord accompaniment] | over [broken chords], <with/featuring/using> a \
  [broken-chord accompaniment] | [broken chords] flow <underneath/below/beneath it all>, the accompaniment moves in \
  [broken chords], the harmony is spread out in [broken chords], [broken chords] keep it flowing | broken chord, \
  broken chord figures, broken chord pattern, broken chord patterns
ostinato: | an [ostinato] | <over/on> an [ostinato], <built/resting/founded> on an [ostinato] | an [ostinato] \
  <runs/winds/is woven> through it, an [ostinato] underpins it | ostinatos, ostinati, repeating figure, repeated \
  figure, ostinato bass, ostinato pattern
pedal bass: | a [pedal bass], a [held bass] | <over/on> a [pedal bass], <over/on> a [held bass] | the [bass holds its \
  note], a [pedal bass] lies <underneath/below/beneath it all>, beneath it lies a [held bass], it rests on a [pedal \
  bass] | bass pedal, held bass note, held bass notes, sustained bass note, drone bass, bass drone, droning bass
octave doubling: | [octave doubling], [octave doublings] | <with/featuring/using> [octave doubling], [doubled in \
  octaves] | lines are [doubled in octaves], [octave doubling] thickens the lines, [octave doubling] strengthens the \
  lines, <there is/one hears/it brings/it has> much [octave doubling] | doubled at the octave, octaves doubled, \
  parallel octaves, doubled octaves, in octaves
parallel thirds: | [parallel thirds] | in [parallel thirds], <with/featuring/using> [parallel thirds] | lines run in \
  [parallel thirds], [parallel thirds] sweeten it, the tune goes in [parallel thirds], [parallel thirds] thicken the \
  line, two lines go in [parallel thirds] | thirds in parallel, harmonised in thirds, harmonized in thirds, moving in \
  thirds
tremolo: | [tremolo], [tremolo figures] | <with/featuring/using> [tremolo figures], <with/featuring/using> [tremolo] \
  | [tremolo] <runs/winds/is woven> through it, [tremolo figures] shimmer in it | tremolos, tremolando
unison: | [unison writing], [unison lines] | in [unison], <with/featuring/using> [unison lines] | the parts move in \
  [unison], the parts play in [unison] | unisono, all'unisono, unison melody, unisons
homophonic: homophonic | a [homophonic] texture, [homophonic] writing | in [homophonic] texture | the texture is \
  [homophonic], the parts [move together], the <writing/setting/style of writing> is [homophonic], the parts share \
  one [chordal texture] | homophony, chordal texture, chordal writing
chorale: [chorale-like], [hymn-like] | a [chorale texture], [chorale writing] | in [chorale style], in the [manner of \
  a chorale] | it [moves like a chorale], it is written in [chorale style], it <proceeds/is set> in [chorale style] | \
  chorale setting, four part chorale, hymn style, hymnlike, choral texture
arpeggiated: arpeggiated | [arpeggios], an [arpeggiated] texture | <full of/rich in/packed with/teeming with> \
  [arpeggios], in [arpeggios] | [arpeggios] <run/wind/are woven> through it, the chords are [arpeggiated], the \
  harmony unfolds in [arpeggios] | arpeggio, arpeggiation, arpeggiated chords, arpeggio patterns
contrapuntal: contrapuntal | [counterpoint], a [contrapuntal] texture | in [counterpoint], <with/featuring/using> \
  [contrapuntal] writing | the lines move in [counterpoint], the texture is [contrapuntal], the \
  <writing/setting/style of writing> is [contrapuntal], independent lines make the [counterpoint], each part goes its \
  way in [counterpoint] | independent lines, independent voices, contrapunctal, interweaving lines
imitative: imitative | [imitation], [imitative] entries | <with/featuring/using> [imitative] entries, that works in \
  [imitation] | the lines answer one another in [imitation], the lines enter in [imitation], the \
  <writing/setting/style of writing> is [imitative] | imitations, imitates, canonic, canonic writing, fugal, fugal \
  texture, fugal entries
melody and accompaniment: | a [melody with accompaniment], an [accompanied melody] | <with/featuring/using> a [melody \
  over its accompaniment] | a [melody sings over its accompaniment], a [melody rises above the accompaniment], it is \
  an [accompanied melody], <there is/one hears/it brings/it has> a clear [melody with accompaniment], one hears a \
  [melody with accompaniment] | melody and accompaniment, tune with accompaniment, melody plus accompaniment, \
  accompanied tune
unaccompanied line: | an [unaccompanied line], an [unaccompanied melody] | in one [unaccompanied line] | it is an \
  [unaccompanied line], one [line sings alone], the [melody stands alone] | unaccompanied, unaccompanied tune, melody \
  alone, melody only, without accompaniment, no accompaniment
rubato: | [rubato] | <played/performed> with [rubato], <with/featuring/using> [rubato] | it is <played/performed> \
  with [rubato], the tempo [bends freely], the pulse breathes with [rubato] | tempo rubato, free tempo, flexible \
  tempo, freely timed
steady tempo: | a [steady tempo], a [steady pulse] | at a [steady tempo], <with/featuring/using> a [steady pulse] | \
  the [tempo is steady], it keeps a [steady tempo], the [pulse is steady], the beat keeps a [steady tempo], <there \
  is/one hears/it brings/it has> a [steady pulse], it moves with a [steady pulse] | constant tempo, strict tempo, in \
  strict time, unchanging tempo, tempo stays steady, regular tempo
slows at the end: | a [closing ritardando], a [ritardando at the end] | that [slows at the end], \
  <with/featuring/using> a [closing ritardando] | it [slows at the end], a [closing ritardando] <rounds it off/brings \
  it to its end>, towards the end it [broadens out] | slows down at the end, slowing at the end, slowing down at the \
  end, ritardando, rallentando, ritard at the end, slows toward the end, slows towards the end, final ritardando, \
  slow down at the end
speeds up: | an [accelerando], a [quickening tempo] | that [speeds up], that [gathers speed] | it [speeds up], it \
  [gathers speed] as it goes, the [tempo quickens] | speeding up, accelerates, accelerating, gets faster, getting \
  faster, grows faster, speed up
slows down: | a [slackening tempo] | that [slows down], <with/featuring/using> a [slackening tempo] | it [slows down] \
  as it goes, the [tempo slackens], it [grows slower] | slowing down, gets slower, getting slower, loses speed, slow \
  down, decelerates
crescendo: | a [crescendo] | that [grows louder], building in a [crescendo] | it [grows louder], it builds in a \
  [crescendo], a [crescendo] <runs/winds/is woven> through it | crescendos, getting louder, gets louder, growing \
  louder, builds up, building up, builds to a climax
diminuendo: | a [diminuendo] | that [grows softer], that [fades away] | it [grows softer], it [fades away], a \
  [diminuendo] <runs/winds/is woven> through it | decrescendo, getting softer, gets softer, getting quieter, gets \
  quieter, growing softer, fades out, fading out, fading away, fade out, fades to nothing, dies away
swells and fades: | a [swell and a fade] | that [swells and fades] | it [swells and fades], the dynamics [rise and \
  fall], it [grows and dies away], the volume [rises and falls], it [swells and fades] like a wave | swelling and \
  fading, crescendo and diminuendo, rises and falls in volume
contrasting dynamics: | [contrasting dynamics], [dynamic contrasts] | <with/featuring/using> [contrasting dynamics], \
  <full of/rich in/packed with/teeming with> [dynamic contrasts] | the [dynamics contrast] strongly, <there are/one \
  hears/it brings> strong [dynamic contrasts], it thrives on [dynamic contrasts] | dynamic contrast, terraced \
  dynamics, contrasts of loud and soft, contrast in dynamics, loud and soft contrasts
even dynamics: | [even dynamics], an [even volume] | <with/featuring/using> [even dynamics], at an [even volume] | \
  the [dynamics stay even], the [volume hardly changes], it keeps an [even volume], it is <played/performed> with \
  [even dynamics], the [dynamics hardly change] | constant dynamics, constant volume, steady dynamics, uniform \
  dynamics, same volume throughout
performed: | [human timing] | [played by hand], with the [timing of a live performance], <with/featuring/using> \
  [human timing] | it was [played by hand], the timing is that of a [live performance] | performed by a human, human \
  performance, live recording, played live, human feel, humanised, humanized, performed, real performance
engraved: quantised | [notated timing], [exact timing] | <with/featuring/using> [exact timing], [exactly as notated] \
  | the notes stand [exactly on the grid], it is timed [exactly as notated], every note stands [exactly on the grid], \
  the timing is [exactly as notated] | quantized, engraved, from a score, typeset, on the grid, snapped to the grid, \
  mechanical timing, score like timing
easy piano: [easy-to-play], [beginner-level] | an [easy level] | that is [easy to play], [for beginners], at \
  [beginner level] | it is [easy to play], a [beginner could play it], it lies at [beginner level], the notes are \
  [easy to play], it is made [for beginners] | easy piano, for a beginner, beginner friendly, beginner piano, simple \
  to play, easy level piano, easy difficulty
intermediate piano: [intermediate-level] | an [intermediate level] | of [intermediate difficulty], at [intermediate \
  level] | <it is/the notes are/the playing is> of [intermediate difficulty], it suits an [intermediate player], it \
  lies at an [intermediate level] | intermediate piano, medium difficulty, moderate difficulty, moderately difficult, \
  for intermediate players
virtuosic piano: virtuosic, [virtuoso] | [virtuosic] writing | for a [virtuoso], that is [hard to play] | it is [hard \
  to play], it asks for a [virtuoso], the <writing/setting/style of writing> is [virtuosic] | virtuosic piano, \
  virtuosity, difficult to play, technically demanding, very difficult, advanced piano"""


def spelt_out(form: str) -> list[str]:
    """Every wording of a form with alternatives: "it <runs/lasts> on" is "it runs on" and "it lasts on"."""
    parts = [part.split("/") if index % 2 else [part] for index, part in enumerate(re.split("[<>]", form))]
    return ["".join(chosen) for chosen in product(*parts)]


def _row(line: str) -> tuple[str, TraitWords]:
    name, _, row = " ".join(line.split()).partition(":")
    before, *others, read = (
        [one for word in cell.split(",") if word.strip() for one in spelt_out(word.strip())] for cell in row.split("|")
    )
    groups = [[word if "[" in word else f"[{word}]" for word in before], *others]
    marked = [phrase for group in groups for word in group for phrase in _MARKED.findall(word)]
    first, noun, after, says = (tuple(_MARKED.sub(r"\1", word) for word in group) for group in groups)
    phrases = tuple(dict.fromkeys(phrase.lower().replace("-", " ") for phrase in [*marked, *read]))
    return name, TraitWords(first, noun, after, says, phrases)


TRAIT_WORDS: dict[str, TraitWords] = dict(map(_row, _TABLE.splitlines()))
