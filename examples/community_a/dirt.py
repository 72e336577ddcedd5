"""How people type: the same name, number, telephone, date and address in many spellings.

Everything here can be undone: two texts made from one value mean that value and nothing else.
"""

from datetime import date
from random import Random

from examples.community_a.numbers import is_valid
from examples.community_a.places import CITY, DISTRICT, STREET, Dwelling

BLANKS = ("", "", "", "无", "/", "-", "--", "不详", "未知", "　", "*", "0")
"""What stands in a cell that nobody filled in."""

_WIDE = str.maketrans("0123456789X-", "０１２３４５６７８９Ｘ－")
_DOTS = "··••.．‧"
_DIGITS = "零一二三四五六七八九十"

ADDRESS_STYLES = ("compact", "units", "hall", "wide", "chinese", "both", "road", "long", "spaced")


def blank(rng: Random) -> str | None:
    """An empty cell, as this or that colleague leaves it."""
    return None if rng.random() < 0.3 else rng.choice(BLANKS)


def wide(text: str) -> str:
    """Full-width digits."""
    return text.translate(_WIDE)


def name(rng: Random, clean: str, share: float = 0.06) -> str:
    """Blanks inside or around the name; another dot in a name of two parts."""
    if "·" in clean:
        return clean.replace("·", rng.choice(_DOTS))
    if rng.random() >= share or clean.isascii():
        return clean
    if len(clean) == 2:
        return clean[0] + rng.choice((" ", "　", "  ")) + clean[1]
    return rng.choice((f"{clean} ", f" {clean}", f"{clean}　"))


def number(rng: Random, clean: str, share: float = 0.12) -> str:
    """An identity number that still says all of itself."""
    if rng.random() >= share:
        return clean
    ways = [clean.lower(), f"{clean} ", f" {clean}", wide(clean)]
    first_generation = is_valid(clean) and clean[6:8] == "19" and int(clean[8:10]) < 85
    if first_generation and clean[0] in "12345":
        ways.append(clean[:6] + clean[8:17])
    return rng.choice(ways)


def masked(clean: str) -> str:
    """Birth date hidden, as vendors do."""
    return f"{clean[:6]}********{clean[14:]}"


def truncated(clean: str) -> str | None:
    """What a numeric cell leaves of it; None if that would look whole by chance."""
    damaged = clean[:15] + "000"
    return None if is_valid(damaged) or not clean.isdigit() else damaged


def phone(rng: Random, clean: str, share: float = 0.2) -> str:
    """Country code, dashes, blanks, full-width digits."""
    if rng.random() >= share:
        return clean
    if "-" in clean:
        return rng.choice((clean.replace("-", ""), f"({clean[:3]}){clean[4:]}", f"{clean} "))
    parts = clean[:3], clean[3:7], clean[7:]
    return rng.choice(
        (f"+86{clean}", f"+86 {clean}", f"86{clean}", "-".join(parts), " ".join(parts), wide(clean))
    )


def day(rng: Random, value: date) -> str:
    """A date in one of the shapes that offices use."""
    return rng.choice(
        (
            f"{value:%Y-%m-%d}",
            f"{value:%Y%m%d}",
            f"{value.year}年{value.month}月{value.day}日",
            f"{value.year}.{value.month}.{value.day}",
            f"{value.year}/{value.month}/{value.day}",
        )
    )


def address(home: Dwelling, style: str) -> str:
    """The flat in one of `ADDRESS_STYLES`; `both` gives compound and road with door number."""
    compound, gate = home.compound.name, f"{home.compound.road}{home.compound.door}号"
    b, u, r = home.building, home.unit, home.room
    hall = f"{b}号楼{u}单元{r}"
    return {
        "compact": f"{compound}{b}-{u}-{r}",
        "units": f"{compound}{b}栋{u}单元{r}",
        "hall": f"{compound}{hall}室",
        "wide": f"{compound}{wide(hall)}",
        "chinese": f"{compound}{numeral(b)}栋{numeral(u)}单元{r}号",
        "both": f"{DISTRICT}{gate}{compound}{b}栋{u}单元{r}号",
        "road": f"{DISTRICT}{gate} {b}幢{u}单元{r}室",
        "long": f"四川省{CITY}{DISTRICT}{STREET}{gate}{b}栋{u}单元{r}号",
        "spaced": f"{compound} {b}栋 {u}单元 {r}",
    }[style]


def vague(rng: Random, home: Dwelling) -> str | None:
    """An address that does not say which flat, or none."""
    return rng.choice((blank(rng), f"{home.compound.name}{home.building}栋", home.compound.name))


def inside(rng: Random, home: Dwelling) -> str:
    """The flat as written where the compound has a column of its own."""
    b, u, r = home.building, home.unit, home.room
    return rng.choices(
        (
            f"{b}-{u}-{r}",
            f"{b}号楼{u}单元{r}",
            wide(f"{b}号楼{u}单元{r}"),
            wide(f"{b}-{u}-{r}"),
            f"{b}栋{u}单元{r}室",
            f"{numeral(b)}栋{numeral(u)}单元{r}号",
        ),
        (40, 20, 8, 6, 18, 8),
    )[0]


def numeral(digits: str) -> str:
    """A number below twenty in characters: `12` is 十二."""
    value = int(digits)
    return _DIGITS[value] if value <= 10 else "十" + _DIGITS[value - 10]
