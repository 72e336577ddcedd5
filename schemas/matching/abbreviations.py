"""English words as databases shorten them: `mbr`, `gndr`, `mrtl_sts`, `upd_tm`.

A token that is no word itself stands for the words of the lexicon that begin as it does and hold
its letters in their order: without their vowels (`gndr`), or without their end (`upd`).
"""

from collections.abc import Sequence
from functools import cache
from itertools import islice, product

from schemas.matching.lexicon import english_tokens, latin

MOST_WORDS = 6  # that are tried for one token
MOST_NAMES = 24  # that are tried for one name
LONGEST = 5  # a token of more letters is a word that nobody knows
FULL = 4  # a word of fewer letters is written in full
VOWELS = frozenset("aeiou")


def written_out(tokens: Sequence[str]) -> list[tuple[str, ...]]:
    """The names that a shortened one may stand for, at most `MOST_NAMES`; none if no word is."""
    ways = [_words_of(one) for one in tokens]
    if not any(ways):
        return []
    choices = [
        (*way, one) if latin().get(one) else way or (one,)
        for way, one in zip(ways, tokens, strict=True)
    ]
    return list(islice(product(*choices), MOST_NAMES))


@cache
def _words_of(token: str) -> tuple[str, ...]:
    """The words that a token may be short for, the shortest first."""
    if not 2 <= len(token) <= LONGEST or not token.isascii() or not token.isalpha():
        return ()
    told = latin().get(token, ())
    known = any(one.form != "initials" and one.kind != "noise" for one in told)
    person = len(token) > 2 and any(one.kind == "subject" for one in told)  # `lnr`: 老年人
    if known or (len(token) >= FULL and token in english_tokens()):
        return ()
    words = [one for one in english_tokens() if len(one) >= FULL and _within(token, one)]
    near = [one for one in words if _usual(token, one)]
    found = near or [one for one in words if not person and _unusual(token, one)]
    return tuple(sorted(found, key=lambda one: (len(one), one))[:MOST_WORDS])


def _usual(token: str, word: str) -> bool:
    """`gndr`, `upd`."""
    cut_off = len(token) >= 3 and word.startswith(token)
    return cut_off or _skeleton(token) == _skeleton(word)


def _unusual(token: str, word: str) -> bool:
    """`bldg`, `occp`."""
    short, whole = _skeleton(token), _skeleton(word)
    ends_alike = token[-1] == word[-1] and len(short) >= len(whole) - 1
    return len(short) >= 3 and (ends_alike or whole.startswith(short))


def _within(token: str, word: str) -> bool:
    letters = iter(word)
    return token[0] == word[0] and len(token) < len(word) and all(one in letters for one in token)


@cache
def _skeleton(word: str) -> str:
    """The first letter and the consonants behind it, each once where it comes twice in a row."""
    kept = word[0] + "".join(one for one in word[1:] if one not in VOWELS)
    return "".join(a for a, b in zip(kept, f"{kept[1:]} ", strict=True) if a != b)
