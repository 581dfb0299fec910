"""Common words of other languages for what prompts state, and which language a text is in.

Most are French, German, Spanish and Italian; of Portuguese, Dutch, Swedish, Polish, Russian, Turkish, Chinese, Japanese
and Korean the commonest. Chinese, Japanese and Korean have no spaces between words: `UNSPACED` finds the known ones.

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
    return unicodedata.normalize("NFC", "".join(letter for letter in plain if not unicodedata.combining(letter)))


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
# The same of the languages of which only the commonest words are read.
_MORE_PHRASES = """\
piano: fortepian, fortepianu, piyano, фортепиано, пианино, рояль, рояля, 钢琴, ピアノ, 피아노
violin: viool, fiol, skrzypce, skrzypiec, keman, скрипка, скрипки, скрипку, 小提琴, バイオリン, ヴァイオリン, 바이올린
cello: violoncelo, wiolonczela, wiolonczele, виолончель, виолончели, 大提琴, チェロ, 첼로
guitar: gitaar, gitarr, gitara, gitare, gitary, гитара, гитары, гитару, 吉他, ギター
acoustic guitar: violao, violoes, 어쿠스틱 기타, 통기타
electric guitar: электрогитара, 电吉他, エレキギター, 일렉 기타
flute: fluit, flojt, flet, fletu, флейта, флейты, флейту, 长笛, フルート, 플루트
clarinet: klarnet, klarinet, klarinett, klarnetu, кларнет, кларнета, 单簧管, クラリネット, 클라리넷
trumpet: trompet, trabka, trabke, труба, трубы, трубу, 小号, トランペット, 트럼펫
saxophone: saxofone, saksofon, saksofonu, саксофон, саксофона, 萨克斯, サックス, 색소폰
accordion: dragspel, akordeon, akordeonu, аккордеон, аккордеона, 手风琴, アコーディオン, 아코디언
organ: 管风琴, オルガン, 오르간
harp: арфа, арфы, арфу, 竖琴, ハープ, 하프
strings: strijkers, smyczki, струнные, струнных, 弦乐, ストリングス, 현악
choir: koor, хор, хора, 合唱, コーラス, 합창단
orchestra: orkest, orkester, orkiestra, orkiestry, оркестр, оркестра, 管弦乐, オーケストラ, 오케스트라
bass: бас, баса, 贝斯, ベース, 베이스
drums: slagwerk, trummor, perkusja, perkusji, davul, барабаны, барабанов, ударные, ударных, 架子鼓, 打击乐, ドラム, 드럼
drumless: 没有鼓, 不要鼓, 无鼓
slow: langzaam, langzame, langsamt, lenta, powoli, wolno, wolny, devagar, yavas, медленно, медленный, медленная, \
  медленной, 慢板, 慢速, 缓慢, ゆっくり, スロー, 느린, 느리게
fast: snel, snelle, snabb, snabbt, szybko, szybki, szybka, hızlı, быстро, быстрый, быстрая, быстрой, \
  快板, 快速, 速い, 빠른, 빠르게
very slow: heel langzaam, muito lento, muito lenta, muy lenta, molto lento, molto lenta, очень медленно
very fast: heel snel, muito rapido, muito rapida, очень быстро
waltz: wals, valsa, walc, walca, вальс, вальса, 圆舞曲, ワルツ, 왈츠
polka: полька, польки, польку
ballad: баллада, バラード, 발라드
jazz: джаз, 爵士, ジャズ, 재즈
sad: smutna, smutny, droevig, грустный, грустная, 悲しい, 悲伤, 슬픈
cheerful: vrolijk, веселый, веселая, 欢快, 楽しい, 신나는
"""
FOREIGN_MODES = {
    "majeur": "major", "majeure": "major", "mayor": "major", "maggiore": "major", "maior": "major", "мажор": "major",
    "大调": "major", "장조": "major", "メジャー": "major",
    "mineur": "minor", "mineure": "minor", "menor": "minor", "minore": "minor", "минор": "minor",
    "小调": "minor", "단조": "minor", "マイナー": "minor",
}  # fmt: skip
"""Mode words beside the letter or syllable of a key."""
# Words of one language that are translated word by word in a text of that language; "=" marks those that tell it.
_WORDS = {
    "fr": """une==one pour=for et=and avec=with sans=without mesures==bars mesure=bar en=in le la les des du de au aux
        morceau= chanson= musique= mineur= majeur= environ=about secondes==seconds tres= un dans=in lent=slow
        lente=slow vif=lively vite=fast fort=loud doux=soft alto=viola basse=bass cor=horn cors=horns chant=vocals
        ou=or par=by pas=not sol bois=woodwinds rythme= doucement=softly deux==two trois==three quatre==four
        huit==eight douze==twelve seize==sixteen demi=half""",
    "de": """ein= eine==one einen= fur=for und=and mit=with ohne=without kein=no keine=no nicht=not takte==bars
        takten==bars takt=time der die das im=in bitte=please stuck= lied dur= moll= minuten==minutes
        sekunden==seconds etwa=about ungefahr==about oder=or leise=softly laut=loud bass=bass horn=horn tempo sehr
        flote= bis=to von choral=chorale
        zwei==two drei==three vier==four funf==five sechs==six acht==eight zehn==ten zwolf==twelve sechzehn==sixteen
        halbe==half""",
    "es": """una= para=for con=with y=and sin=without compases==bars compas=metre en=in el los las cancion= musica=
        menor= mayor minutos==minutes segundos==seconds unos=about estilo= bajo=bass alto=viola metales=brass
        maderas=woodwinds clave=harpsichord suave=soft fuerte=loud aproximadamente==about o=or no=no quiero=
        lento alegre de dos==two tres==three cuatro==four ocho==eight doce==twelve dieciseis==sixteen minuto==minute
        medio=half un=one""",
    "it": """un=one una per=for con=with e=and senza==without battute==bars in il la brano= minore= maggiore=
        minuti==minutes secondi==seconds circa=about basso=bass corno=horn forte o=or musica= canzone= tempo di
        niente=no due=two tre=three
        quattro==four otto==eight dodici==twelve sedici==sixteen mezzo=half minuto=minute""",
    "pt": """uma==one um=one para=for com=with e=and sem=without compassos==bars compasso=metre em=in baixo=bass
        suave=soft no na de dois=two quatro==four oito==eight dezesseis==sixteen""",
    "nl": """een= voor=for en=and met=with zonder==without geen=no maten==bars maat=time in het= hobo=oboe
        seconden==seconds twee==two drie==three vier=four acht=eight zestien==sixteen""",
    "sv": """och=and med=with utan==without takter==bars ett= sekunder==seconds""",
    "pl": """dla==for na=for z=with bez=without taktow==bars sekund==seconds minuty==minutes""",
    "ru": """для==for и==and с==with без==without тактов==bars такта==bars секунд==seconds минуты==minutes
        минут==minutes""",
    "tr": """icin==for ve=and ile=with bir= yok=none saniye==seconds dakika==minutes""",
    "zh": """小节==bars 秒==seconds 分钟==minutes 和==and""",
    "ja": """小節==bars 分==minutes なし==none と==and""",
    "ko": """마디==bars 초==seconds 분==minutes 없이==none""",
}  # fmt: skip
_ENGLISH = frozenset(
    "the and with of for is are please write make song piece my this that it to make me some like without".split()
)


def _phrases() -> dict[str, str]:
    found: dict[str, str] = {}
    for row in (_PHRASES + _MORE_PHRASES).replace("\\\n", "").splitlines():
        english, _, words = row.partition(":")
        each = (" ".join(map(without_accents, ELISION.sub("", word).split())) for word in words.split(","))
        found |= dict.fromkeys(filter(None, each), english.lower())
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


_SCRIPTS = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3"
_found = set(re.findall(f"[{_SCRIPTS}]+", " ".join((_MORE_PHRASES, *FOREIGN_MODES, *_EVERYWHERE))))
_KNOWN = "|".join(sorted(_found, key=len, reverse=True))
UNSPACED = f"(?:{_KNOWN})|(?:(?!{_KNOWN})[{_SCRIPTS}])+"
"""Matches a known word of a language that leaves no spaces, or all up to the next."""
SPACED = rf"[^\W\d_{_SCRIPTS}]"
"""Matches a letter of the others."""


def language(words: Iterable[str]) -> str:
    """The language of a text as its two letters; "en" where no other is likelier.

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
