"""Common French, German, Spanish and Italian words for what prompts state, and which language a text is in.

Words that mean nothing else in English stand for English phrases (`FOREIGN_PHRASES`). Little words ("und", "ohne",
"environ") and those that are English too ("sin", "lent", "alto") are translated one by one, and only in a text in that
language: two words that only it has, or one in a text without English ones. Accents do not count, here and in the
reader. Lost: word order, cases and nearly all grammar.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

ELISION = re.compile(r"(?:all|dell|d|l|qu)['’](?=\w)")  # "d'archi", "l'orgue"


def without_accents(word: str) -> str:
    """The word in plain letters: "flöte" -> "flote", "groß" -> "gross"."""
    if word.isascii() or not word.isalpha():
        return word
    plain = unicodedata.normalize("NFKD", word.replace("ß", "ss").replace("œ", "oe"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


# English phrase: foreign words, all languages together
_PHRASES = """\
piano: klavier, klaviers, flugel, klavierstuck, klavierstucke, pianoforte
violin: geige, geigen, violine, violinen, violon, violons, violines, violino, violini
viola: bratsche, bratschen, viole
cello: violoncelle, violoncelles, violonchelo, chelo, violoncello, violoncelli
double bass: kontrabass, kontrabasse, contrebasse, contrabajo, contrabbasso
guitar: gitarre, gitarren, guitare, guitares, guitarra, guitarras, chitarra, chitarre
electric guitar: e gitarre, e gitarren, guitare electrique, guitares electriques, guitarra electrica, \
  guitarras electricas, chitarra elettrica, chitarre elettriche
acoustic guitar: akustische gitarre, guitare acoustique, guitarra acustica, chitarra acustica, guitare seche
classical guitar: guitarra espanola, guitarra clasica, guitare classique, chitarra classica, konzertgitarre
electric bass: e bass, basse electrique, bajo electrico, basso elettrico
flute: flote, floten, querflote, flauta, flautas, flauto, flauti, flutes, flute traversiere
recorder: blockflote, blockfloten, flute a bec, flauta dulce, flauto dolce
clarinet: klarinette, klarinetten, clarinette, clarinettes, clarinete, clarinetes, clarinetto, clarinetti
oboe: oboen, hautbois, oboes, oboi
bassoon: fagott, basson, bassons, fagot, fagotto, fagotti
French horn: waldhorn, trompa, trompas, corno francese, cor d'harmonie
English horn: englischhorn, cor anglais, corno inglese, corno ingles
trumpet: trompete, trompeten, trompette, trompettes, trompeta, trompetas, tromba, trombe
trombone: posaune, posaunen, trombon, trombones, tromboni
tuba: tubas
brass: blechblaser, blechblasern, cuivres, ottoni
woodwinds: holzblaser, holzblasern, holzblasinstrumente, legni
strings: streicher, streichern, streichinstrumente, cordes, cuerdas, archi, d'archi
string quartet: streichquartett, quatuor a cordes, cuarteto de cuerda, cuarteto de cuerdas, quartetto d'archi
orchestra: orchester, orchestre, orquesta
harp: harfe, harfen, harpe, harpes, arpa, arpas
harpsichord: clavecin, clavicembalo, clavecin solo, clavicordio
organ: orgel, orgeln, orgue, orgues, organo, d'orgue, l'orgue
church organ: kirchenorgel, grand orgue, organo da chiesa
accordion: akkordeon, accordeon, acordeon, fisarmonica, l'accordeon
bandoneon: bandonion
harmonica: mundharmonika, armonica
saxophone: saxophon, saxophone, saxofon, saxofono, sassofono, saxofoon
drums: schlagzeug, batterie, bateria, batteria, tambor, tambores, tambours, trommel, trommeln, tamburi, tamburo, \
  percussions, percusion, percussioni, percusiones, schlagwerk
timpani: pauken, timbales d'orchestre, timpano
choir: chor, choeur, choeurs, coro
voice: gesang, stimme, singstimme, voix, voz, voce
vibraphone: vibraphon, vibrafono
xylophone: xylophon, xilofono
music box: spieluhr, boite a musique, caja de musica
glockenspiel: carillon
bagpipe: dudelsack, cornemuse, gaita, cornamusa
bells: glocken
slow: langsam, langsame, langsamer, langsames, langsamen, lentement, lentamente
fast: schnell, schnelle, schneller, schnelles, schnellen, rapide, rapides, rapido, rapida, veloce, veloci, rapidement
very slow: sehr langsam, tres lent, muy lento
very fast: sehr schnell, tres vite, tres rapide, muy rapido, molto veloce
moderate: massig, modere, moderee, mittelschnell
lively: lebhaft, lebhafte, lebhafter, lebhaftes
syncopated: synkopiert, syncope, sincopado, sincopato
choral: chorisch
"""
# Words of one language that are translated word by word in a text of that language; "=" marks those that tell it.
_WORDS = {
    "fr": """une= pour=for et=and avec=with sans=without mesures==bars mesure=bar en=in le la les des du de au aux
        morceau= chanson= musique= mineur= majeur= environ=about secondes==seconds tres= un dans=in lent=slow
        lente=slow vif=lively vite=fast fort=loud doux=soft alto=viola basse=bass cor=horn cors=horns chant=vocals
        ou=or par=by pas=not sol bois=woodwinds rythme= doucement=softly deux==two trois==three quatre==four
        huit==eight douze==twelve seize==sixteen demi=half""",
    "de": """ein= eine= einen= fur=for und=and mit=with ohne=without kein=no keine=no nicht=not takte==bars takten==bars
        takt=time der die das im=in bitte=please stuck= lied dur= moll= minuten==minutes sekunden==seconds etwa=about
        ungefahr==about oder=or leise=softly laut=loud bass=bass horn=horn tempo sehr flote= bis=to von
        choral=chorale
        zwei==two drei==three vier==four funf==five sechs==six acht==eight zehn==ten zwolf==twelve sechzehn==sixteen
        halbe==half""",
    "es": """una= para=for con=with y=and sin=without compases==bars compas=metre en=in el los las cancion= musica=
        menor= mayor minutos==minutes segundos==seconds unos=about estilo= bajo=bass alto=viola metales=brass
        maderas=woodwinds clave=harpsichord suave=soft fuerte=loud aproximadamente==about o=or un no=no quiero=
        lento alegre de dos==two tres==three cuatro==four ocho==eight doce==twelve dieciseis==sixteen minuto==minute
        medio=half""",
    "it": """un una per=for con=with e=and senza==without battute==bars in il la brano= minore= maggiore=
        minuti==minutes secondi==seconds circa=about basso=bass corno=horn forte o=or musica= canzone= tempo di
        niente=no due=two tre=three
        quattro==four otto==eight dodici==twelve sedici==sixteen mezzo=half""",
}  # fmt: skip
_ENGLISH = frozenset(
    "the and with of for is are please write make song piece my this that it to make me some like without".split()
)


def _phrases() -> dict[str, str]:
    found: dict[str, str] = {}
    for row in _PHRASES.replace("\\\n", "").splitlines():
        english, _, words = row.partition(":")
        found |= {ELISION.sub("", word.strip()): english.lower() for word in words.split(",") if word.strip()}
    return found


FOREIGN_PHRASES: dict[str, str] = _phrases()
"""A foreign phrase without accents and the English phrase that it stands for."""

TRANSLATIONS: dict[str, dict[str, str]] = {}
"""Of each language: its words and the English ones."""
_TELLING: dict[str, set[str]] = {}
_EVERYWHERE: dict[str, str] = {}
for _language, _entries in _WORDS.items():
    TRANSLATIONS[_language] = {}
    for _entry in _entries.split():
        _word, _, _english = _entry.partition("=")
        if _entry.endswith("=") or "==" in _entry:
            _TELLING.setdefault(_word, set()).add(_language)
        if _english.strip("="):
            TRANSLATIONS[_language][_word] = _english.strip("=")
        if "==" in _entry:
            _EVERYWHERE[_word] = _english.strip("=")
TRANSLATIONS["en"] = {}
for _words in TRANSLATIONS.values():
    _words |= {word: english for word, english in _EVERYWHERE.items() if word not in _words}


def language(words: Iterable[str]) -> str:
    """The language of a text: "fr", "de", "es", "it", or "en" for all others.

    Args:
        words: Lower case, without accents.
    """
    votes: Counter[str] = Counter()
    telling = 0
    for word in words:
        for name, known in TRANSLATIONS.items():
            votes[name] += word in known
        for name in _TELLING.get(word, ()):
            votes[name] += 2
            telling += 1
        votes["en"] += 2 * (word in _ENGLISH)
        telling += FOREIGN_PHRASES.get(word, word) != word
    best = max(_WORDS, key=lambda name: votes[name])
    return best if telling and votes[best] and votes[best] + telling > max(1, votes["en"]) else "en"
