"""A Latin name as its tokens: English, pinyin in full, or initials, glued together or not."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from schemas.matching.abbreviations import written_out
from schemas.matching.cutting import Cut, cut_latin, tokens_of
from schemas.matching.last_words import NameReading, after, trust, whole_word
from schemas.matching.lexicon import attributes, latin, standard_columns

NUMBERS = ("id", "no", "code", "num", "number", "uid", "guid", "uuid", "key", "bh", "bm")
RELATION, TOWARDS = ("rel", "relation", "relationship"), ("to", "with")
BY_STANDARD = 0.9  # `AAC003`: whoever numbers columns so means the same by it
CUT_OFF = 10
"""Letters that the files of old programs keep of a name: `RESIDENTIA`, `GRIDCODENU`."""
SHORTENED = 0.89  # a word that is written in full is likelier than one that is shortened


def read_latin(name: str, *, trusted: bool) -> Iterator[NameReading]:
    """Every reading of a Latin name; `trusted` where the whole table goes by initials."""
    tokens = tokens_of(name)
    by_standard = standard_columns().get(name.upper())
    if by_standard:
        yield NameReading(*by_standard, BY_STANDARD, "", "english")
        return
    if _to_somebody(tokens):
        yield NameReading("relation_other", "self", 0.93, "", "english")
        return
    yield from _spelled_out(tokens, trusted=trusted, inside="." in name)
    written = [one for one in latin().get("".join(tokens), ()) if one.form != "initials"]
    if trusted or any(one.kind == "attribute" for one in written):
        return
    whole = _whole_names(name) if len(name) == CUT_OFF and len(tokens) == 1 else []
    for words in (*written_out(tokens), *whole):
        for one in _spelled_out(list(words), trusted=False, inside="." in name):
            if one.form != "initials":
                whose = min(one.whose, SHORTENED)
                yield replace(one, strength=one.strength * SHORTENED, whose=whose)


def _whole_names(name: str) -> list[tuple[str]]:
    """What a name that was cut off may have been: words that begin so, alone or with an ending."""
    spelled = name.lower()
    words = [one for one, ways in latin().items() if any(way.form == "english" for way in ways)]
    longer = [one for one in words if one.startswith(spelled)]
    least = min(map(len, longer), default=0)
    found = [one for one in longer if len(one) <= least + 1]
    ended = {
        spelled[: CUT_OFF - left]
        for left in range(2, 5)
        if any(one.startswith(spelled[-left:]) for one in NUMBERS)
    }
    return [(one,) for one in (*found, *(one for one in words if one in ended))]


def _to_somebody(tokens: Sequence[str]) -> bool:
    """`relation_to_elder`: a relation to a person whom we know and who is not the head."""
    place = next((at for at, one in enumerate(tokens) if one in TOWARDS), 0)
    if not place or place + 1 == len(tokens) or tokens[place - 1] not in RELATION:
        return False
    cut = cut_latin(tuple(tokens[place + 1 :]), trusted=False)
    return cut.subject not in (None, "head") and not (cut.unknown or cut.doubtful)


def _spelled_out(tokens: list[str], *, trusted: bool, inside: bool) -> Iterator[NameReading]:
    whole = "".join(tokens)
    known = list(whole_word(latin().get(whole, ()), whole, 1.0, trusted=trusted))
    # `contact.phone` is the phone of somebody, `contact_phone` perhaps not
    yield from (replace(one, strength=one.strength * 0.4) if inside else one for one in known)
    weaker = 0.06 if known and not inside else 1.0
    for one in _latin_parts(tokens, trusted=trusted, inside=inside):
        yield replace(one, strength=one.strength * weaker)


def _latin_parts(tokens: list[str], *, trusted: bool, inside: bool) -> Iterator[NameReading]:
    whole = "".join(tokens)
    if inside:
        yield from _beneath(tokens, trusted=trusted)
    for start in range(1 if inside else 0, len(tokens)):
        head, tail = tuple(tokens[:start]), tokens[start:]
        cut = cut_latin(head, trusted=trusted)
        yield from _spelled(tail, cut, 1.0, trusted=trusted)
        if len(tail) > 1 and _is(tail[-1], "suffix"):
            yield from _spelled(tail[:-1], cut, 0.97, trusted=trusted, behind=tail[-1])
    yield from _numbered(tokens, trusted=trusted)
    yield from _turned(tokens, trusted=trusted)
    cut = cut_latin(tuple(tokens), trusted=trusted)
    if cut.subject and not cut.unknown and not cut.others:
        strength = 0.7 if cut.subject != "self" else 0.4  # `applicant`: the name, if it holds names
        yield NameReading("name", cut.subject, strength, "", "english", cut.whose, cut.role)
    if len(whole) <= 24:
        yield from _glued(tokens, trusted=trusted)


def _turned(tokens: list[str], *, trusted: bool) -> Iterator[NameReading]:
    """`phone_number_home`, `xm_jhr`: what it is stands before whose it is."""
    for place in range(1, len(tokens)):
        behind = tuple(tokens[place:])
        cut = cut_latin(behind, trusted=trusted)
        if cut.unknown or cut.others or any(_is(one, "suffix") for one in behind):
            continue
        for one in _spelled(tokens[:place], cut, 0.9, trusted=trusted):
            if not trusted or len("".join(tokens[:place])) > 1:
                yield one


def _beneath(tokens: list[str], *, trusted: bool) -> Iterator[NameReading]:
    """`gridInfo.code`: below a thing that is nobody, its code is the thing's."""
    if cut_latin(tuple(tokens[:-1]), trusted=trusted).subject is None:
        bare = [one for one in tokens[:-1] if not _is(one, "noise")]
        for one in _spelled([*bare, tokens[-1]], Cut(None, 0, 0), 0.85, trusted=trusted):
            if one.form == "english":
                yield one


def _numbered(tokens: list[str], *, trusted: bool) -> Iterator[NameReading]:
    """`childCode`, `tenant_no`: a person's number is the number of the row."""
    cut = cut_latin(tuple(tokens[:-1]), trusted=trusted)
    if tokens[-1] in NUMBERS and cut.subject == "self" and not (cut.unknown or cut.others):
        yield NameReading("row_id", "self", 0.75, "", "english")


def _spelled(
    tail: Sequence[str], cut: Cut, factor: float, *, trusted: bool, behind: str = ""
) -> Iterator[NameReading]:
    spelled = "".join(tail)
    other_time = cut.unknown and len(tail) == 1  # `login_ts`, but not `meta.updatedAt`
    for one in after(latin().get(spelled, ()), cut, None, factor, behind=behind):
        less = 0.2 if other_time and attributes()[one.attribute].content == "moment" else 1.0
        yield replace(one, strength=one.strength * trust(one.form, len(spelled), trusted) * less)


def _glued(tokens: Sequence[str], *, trusted: bool) -> Iterator[NameReading]:
    """`hzxm`, `residentname`, `xbdm`: two or three words in the last token."""
    *front, last = tokens
    for place in range(2, len(last) - 1):
        head, tail = last[:place], last[place:]
        cut = cut_latin((*front, head), trusted=trusted)
        if not cut.unknown and not cut.others:
            yield from _spelled([tail], cut, 0.87, trusted=trusted)
            if trusted and tail == "mc" and cut.subject:  # 权利人名称
                yield NameReading("name", cut.subject, 0.75, "", "initials", cut.whose, cut.role)
        if _is(tail, "suffix"):
            before = cut_latin(tuple(front), trusted=trusted)
            yield from _spelled([head], before, 0.9, trusted=trusted, behind=tail)
    if trusted and len(last) > 2 and last.endswith("m"):  # `XBM`: 性别码
        before = cut_latin(tuple(front), trusted=trusted)
        for one in _spelled([last[:-1]], before, 0.9, trusted=trusted, behind="dm"):
            if str(attributes()[one.attribute].content).startswith("code:"):
                yield one
    if len(last) > 3 and last[0] in "pcft" and not front:  # `pName` as one small letter before
        yield from _spelled([last[1:]], Cut("self", 0, 0), 0.7, trusted=trusted)


def _is(token: str, kind: str) -> bool:
    return any(one.kind == kind for one in latin().get(token, ()))
