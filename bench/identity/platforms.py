"""What six platforms hold of the people, as their clerks write it: texts, as in a raw batch."""

from dataclasses import dataclass
from random import Random

from bench.identity.people import Person, Town
from bench.identity.recipes import Recipe
from examples.community_a.wordlists import words

SHARES = {
    "district": 0.90, "grid": 0.75, "property": 0.35, "door": 0.50, "care": 0.35, "civil": 0.15,
}  # fmt: skip
"""Of the people, how many each platform knows."""
BIRTHS = ("district", "grid", "care", "civil")
"""The platforms that state a birth date."""
HOMOPHONES = words(
    "伟玮炜维 芳方舫 静靖境净 丽莉利俐 强蔷 军君钧均 勇永咏 艳燕雁彦 杰洁捷节 涛韬滔 "
    "明鸣铭 超朝 霞侠 平萍苹 刚钢 英瑛樱 建健 国帼 华桦骅 婷庭廷 浩昊皓 宇羽雨语 欣心馨新 "
    "梓子紫 轩宣 俊骏峻 红虹鸿宏 玉裕育 珍真臻 晓小筱 文雯纹 林琳霖 斌彬宾 鹏朋 辉晖徽 "
    "志智致 凤奉 琴勤芹 云芸耘 成诚承 龙隆 峰锋丰 慧惠蕙 佳嘉家 晨辰 张章 李里 王汪 刘柳 "
    "陈程"
)
LOOKALIKES = words(
    "晴睛 末未 己已 土士 玲铃 清请 颖颍 辩辨 莹萤 俊峻 宣宜 瑞端 泽择 恒桓 凯剀 怡抬 菲韭 "
    "彤形 萱宣 宏宠 祥样"
)
FILLER_PHONES = ("13800000000", "13888888888", "18000000000")
FILLER_NUMBERS = ("110101199001010015", "110101198001010010")
FILLER_NAMES = ("业主", "住户", "租户")
NUMERALS = "零一二三四五六七八九十"


@dataclass(frozen=True)
class Row:
    """One record: whose it is, where it stands, and its cells."""

    person: int
    platform: str
    key: str
    cells: dict[str, str | None]


def hold(town: Town, people: list[Person]) -> list[Row]:
    """Every platform's records, in an order of their own."""
    rows: list[Row] = []
    for platform, share in SHARES.items():
        known = [one for one in people if town.rng.random() < share]
        known += [one for one in known if town.rng.random() < town.recipe.twice]
        town.rng.shuffle(known)
        clerk = Clerk(town, platform)
        rows += [clerk.row(one, f"{platform}-{nth}") for nth, one in enumerate(known)]
    return rows


class Clerk:
    """Writes the records of one platform."""

    def __init__(self, town: Town, platform: str) -> None:
        self.town, self.platform = town, platform
        self.recipe: Recipe = town.recipe
        self.rng: Random = town.rng

    def row(self, one: Person, key: str) -> Row:
        """Write one record."""
        cells = {
            "name": self._name(one),
            "id_number": self._number(one),
            "sex_code": "男" if one.male else "女",
            "phone": self._phone(one),
            "residence_address": self._address(one),
        }
        if self.rng.random() < 0.03:
            cells["sex_code"] = None
        if self.platform in BIRTHS:
            cells["birth_date"] = self._birth(one)
        if self.platform == "district":
            cells["household_no"] = f"H{one.household:06d}"
            cells["relation_code"] = one.relation
        if self.platform == "grid" and one.head and self.rng.random() < 0.7:
            cells["head_name"] = one.head.name
            cells["relation_code"] = one.relation
        return Row(one.number, self.platform, key, cells)

    def _often(self, share: float) -> bool:
        return self.rng.random() < share

    def _name(self, one: Person) -> str | None:
        if self._often(self.recipe.placeholders) and self.platform in ("property", "door"):
            return self.rng.choice(FILLER_NAMES)
        name = one.name
        if self._often(self.recipe.mistyped):
            name = self._mistyped(name)
        if self._often(self.recipe.titled) and self.platform not in ("district", "civil"):
            return name[0] + ("先生" if one.male else "女士")
        if "·" in name:
            return name.replace("·", self.rng.choice(("·", ".", "•", "", " ")))
        if self._often(0.04):
            return name[0] + self.rng.choice((" ", "　")) + name[1:]
        return name

    def _mistyped(self, name: str) -> str:
        kind = self.rng.random()
        places = list(range(len(name)))
        self.rng.shuffle(places)
        for groups, below in ((HOMOPHONES, 0.5), (LOOKALIKES, 0.7)):
            if kind >= below:
                continue
            for place in places:
                for group in groups:
                    others = group.replace(name[place], "")
                    if name[place] in group and others:
                        return name[:place] + self.rng.choice(others) + name[place + 1 :]
        if kind < 0.85 and len(name) > 2:
            return name[0] + name[2] + name[1] + name[3:]
        if kind < 0.95 and len(name) > 2:
            return name[:1] + name[2:]
        place = self.rng.randrange(1, len(name))
        return name[:place] + self.rng.choice("林芝源春雪东") + name[place + 1 :]

    def _number(self, one: Person) -> str | None:  # noqa: PLR0911 (one way to go wrong a line)
        if self.platform in self.recipe.no_numbers:
            return None
        if self._often(self.recipe.placeholders) and self.platform in ("door", "care"):
            return self.rng.choice((*FILLER_NUMBERS, "无", "111111111111111111", ""))
        if self.platform == "property" and self._often(self.recipe.masked):
            return one.id_number[:6] + "********" + one.id_number[14:]
        if self._often(self.recipe.missing):
            return self.rng.choice((None, "", "无", "/", "不详"))
        if one.parent and one.age < 18 and self._often(self.recipe.parents_number):
            return one.parent.id_number
        if self._often(self.recipe.wrong):
            return self._wrong(one.id_number)
        if self._often(self.recipe.truncated):
            return one.id_number[:15] + "000"
        return one.id_number

    def _wrong(self, number: str) -> str:
        place, kind = self.rng.randrange(2, 17), self.rng.random()
        if kind < 0.6:
            digit = self.rng.choice([d for d in "0123456789" if d != number[place]])
            return number[:place] + digit + number[place + 1 :]
        if kind < 0.85:
            return number[:place] + number[place + 1] + number[place] + number[place + 2 :]
        return number[:place] + number[place + 1 :]

    def _phone(self, one: Person) -> str | None:
        if self._often(self.recipe.placeholders):
            return self.rng.choice((*FILLER_PHONES, "", "无", "00000000000"))
        if self._often(self.recipe.no_phone):
            return None
        if self._often(self.recipe.old_phone):
            if not one.other_phones or self._often(0.3):
                one.other_phones.append(self.town.new_phone())
            return self.rng.choice(one.other_phones)
        return one.phone

    def _birth(self, one: Person) -> str | None:
        if self._often(0.03):
            return None
        birth = one.birth
        if self._often(self.recipe.birth_typo):
            birth = birth.replace(day=self.rng.randrange(1, 28))
        if self.platform == "care" and self._often(0.1):
            return f"{birth.year}年"
        shape = self.rng.choice(("%Y-%m-%d", "%Y%m%d", "%Y年%-m月%-d日", "%Y/%-m/%-d"))
        return birth.strftime(shape)

    def _address(self, one: Person) -> str | None:
        if self._often(self.recipe.no_address):
            return None
        compound, building, unit, room = one.home
        if self._often(self.recipe.elsewhere):
            building, room = self.rng.randrange(1, 11), self.rng.randrange(1, 6) * 100 + 3
        written = (
            f"{compound}{building}-{unit}-{room}",
            f"{compound}{building}栋{unit}单元{room}",
            f"{compound}{building}号楼{unit}单元{room}室",
            f"成都市成华区{compound}{building}幢{unit}单元{room}号",
        )
        return self.rng.choice(written)
