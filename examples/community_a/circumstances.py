"""What registers know of people besides who they are: employers, landlords, parents, cards.

Public security's tables of residents and of those who rent carry an employer (服务处所), parents
and a guardian of minors, the landlord, since when; a street's grid platform an employer, the kind
of medical insurance, the landlord; a civil-affairs roster the account that benefits go to and the
disability card; a care vendor health and whom to call. Each knows it of some, and of nobody else.

Drawn last and from numbers of their own, so that nothing else of the town depends on them.
"""

from datetime import date, timedelta
from random import Random

from examples.community_a import dirt, names
from examples.community_a.families import WORLD_DAY
from examples.community_a.holding import Row
from examples.community_a.people import Household, Person, Town
from examples.community_a.places import grid_of
from examples.community_a.wordlists import words

OFFICERS = words("周立民 韩晓冬 蒲建新")
"""The police officers of the beats."""
FIRMS = words("成都锦城 四川蓉兴 成都天府 成都汇丰源 四川川西 成都青龙 成都万友 四川新希")
TRADES = words("建筑工程有限公司 物业服务有限公司 餐饮管理有限公司 电子科技有限公司 商贸有限公司")
SCHOOLS = words("青龙小学 昭觉寺小学 双林小学")
HIGH_SCHOOLS = words("成都市列五中学 成都市第四十九中学 成都市华西中学")
COLLEGES = words("成都大学 西南石油大学 四川师范大学 成都理工大学")
BANKS = words("成都农商银行青龙支行 工商银行昭觉寺支行 建设银行成华支行 邮储银行青龙营业所")
CARD_KINDS = {
    "视力": "1",
    "听力": "2",
    "言语": "3",
    "肢体": "4",
    "智力": "5",
    "精神": "6",
    "多重": "7",
}
BY_THE_SYSTEM = ("责任民警", "户口性质")
"""What a register writes itself, of everybody."""
GRADES = words("一级 二级 三级 四级")
IN_WORK = ("13", "17", "24", "51", "54")
CHILD = ("20", "21", "22", "23", "30", "31", "32", "33")
Told = dict[str, str]


def settle_circumstances(town: Town, seed: int) -> None:
    """Give everybody what is true of them; two parents are both the guardian of a minor."""
    for household in town.households:
        rng = Random(f"{seed}:circumstances:{household.id}")
        _rent(rng, household)
        for person in household.members:
            person.also["责任民警"] = (OFFICERS[int(grid_of(person.home)[-3:]) % len(OFFICERS)],)
            person.also["户口性质"] = (rng.choice(("非农业家庭户口", "农业家庭户口")),)
            _occupation(rng, person)
            _parents(rng, person, household)
            _benefits(rng, person)
            if person.age >= 60:
                _care(rng, person, household)


def _rent(rng: Random, household: Household) -> None:
    """A tenant household came at one time and has one landlord; one in ten owns its flat."""
    tenants = [one for one in household.members if one.residence_type == "3"]
    came = WORLD_DAY - timedelta(days=rng.randint(200, 4000))
    moved = came + timedelta(days=rng.randint(0, 180))
    owner = names.surname(rng) + names.given(rng, "1", 1970), f"199{rng.randrange(10**8):08d}"
    owns = rng.random() < 0.1
    for person in tenants:
        person.also["来本地日期"] = (f"{max(came, person.birth)}",)
        person.also["租住时间"] = (f"{max(moved, person.birth)}",)
        if not owns:
            person.also["房东姓名"], person.also["房东电话"] = (owner[0],), (owner[1],)


def _occupation(rng: Random, person: Person) -> None:
    if person.employment in IN_WORK:
        person.also["工作单位"] = (rng.choice(FIRMS) + rng.choice(TRADES),)
        person.also["医保类型"] = ("城镇职工基本医疗保险",)
    else:
        person.also["医保类型"] = ("城乡居民基本医疗保险",)
    if person.employment == "80" and rng.random() < 0.7:
        person.also["医保类型"] = ("城镇职工基本医疗保险",)
    if person.employment == "31":
        pool = SCHOOLS if person.age < 13 else HIGH_SCHOOLS if person.age < 19 else COLLEGES
        school = rng.choice(pool)
        person.also["就读学校"] = person.also["工作单位"] = (school,)


def _parents(rng: Random, person: Person, household: Household) -> None:
    """A head's child: the head, and the head's spouse or somebody who lives elsewhere."""
    if person.relation not in CHILD or person.age >= 18:
        return
    head = household.head
    spouse = next((m for m in household.members if m.relation in ("10", "11", "12")), None)
    other = spouse.name if spouse else names.surname(rng) + names.given(rng, "2", 1985)
    father, mother = (head.name, other) if head.sex == "1" else (other, head.name)
    person.also |= {"父亲姓名": (father,), "母亲姓名": (mother,), "监护人姓名": (father, mother)}
    both = [head, *([spouse] if spouse else [])]
    for part, told in (
        ("电话", [(one.sex, one.phone) for one in both]),
        ("证件号码", [(one.sex, one.id_number) for one in both]),
    ):
        for parent, sex in (("父亲", "1"), ("母亲", "2")):
            theirs = tuple(value for s, value in told if s == sex and value)
            if theirs:
                person.also[f"{parent}{part}"] = theirs
        person.also[f"监护人{part}"] = tuple(value for _, value in told if value)


def _benefits(rng: Random, person: Person) -> None:
    labels = {one.label: one for one in person.labels}
    if labels.keys() & {"低保", "低边", "残疾"}:
        person.also["开户行"] = (rng.choice(BANKS),)
        person.also["银行账号"] = (f"6228{rng.randrange(10**15):015d}",)
    if "残疾" in labels:
        grade = rng.randrange(4)
        kind = CARD_KINDS[labels["残疾"].detail or "多重"]
        person.also["残疾等级"] = (GRADES[grade],)
        person.also["残疾证号"] = (f"{person.id_number}{kind}{grade + 1}",)


def _care(rng: Random, person: Person, household: Household) -> None:
    person.also["健康状况"] = (rng.choices(words("良好 一般 患慢性病"), (5, 3, 3))[0],)
    younger = [m for m in household.members if 20 <= m.age < 60 and m.phone]
    if younger:
        other = rng.choice(younger)
        person.also["紧急联系人姓名"] = (other.name,)
        person.also["紧急联系人电话"] = (str(other.phone),)


class Register:
    """What one platform knows of the circumstances of people, and how it is typed there."""

    def __init__(self, platform: str, columns: dict[str, str], share: float = 0.9) -> None:
        """`columns`: the platform's column for each item; it knows `share` of what there is."""
        self.platform, self.columns, self.share = platform, columns, share

    def row(self, person: Person) -> Row:
        """The columns for one person; a blank where the platform does not know."""
        rng = Random(f"{self.platform}:circumstances:{person.id}")
        return {
            column: self._typed(rng, item, person.also.get(item, ()))
            for item, column in self.columns.items()
        }

    def _typed(self, rng: Random, item: str, told: tuple[str, ...]) -> str | None:
        share = 1.0 if item in BY_THE_SYSTEM else self.share
        if not told or rng.random() >= share:
            return dirt.blank(rng)
        value = told[0]
        if item.endswith("电话"):
            return dirt.phone(rng, value)
        if item.endswith(("日期", "时间")):
            return dirt.day(rng, date.fromisoformat(value))
        return dirt.name(rng, value, 0.04) if item.endswith("姓名") else value
