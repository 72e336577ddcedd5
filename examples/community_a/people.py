"""What the truth is made of: a person, a household, the town; and the published numbers."""

from dataclasses import dataclass, field
from datetime import date

from examples.community_a.families import age_of
from examples.community_a.places import Dwelling

SEED = 20261031
RESIDENTS = 5764
REGISTERED = 2180
HOUSEHOLDS = 1903
LABELS = {
    "党员": 55,
    "流动党员": 43,
    "流出党员": 1,
    "低保": 5,
    "低边": 2,
    "残疾": 29,
    "行动不便": 10,
    "出国": 2,
    "两委": 9,
    "工作人员": 9,
    "专职社工": 6,
    "退役军人": 62,
    "志愿者": 212,
    "独居": 41,
    "空巢": 58,
    "出租户": 87,
}
"""Persons who have the label; from 退役军人 on the numbers are ours."""
PARTY_BRANCHES = tuple(f"甲社区第{n}党支部" for n in "一二三四五")


@dataclass(frozen=True)
class Label:
    """A label a person truly has."""

    label: str
    detail: str | None = None
    since: date | None = None


@dataclass
class Person:
    """One human being."""

    id: str
    name: str
    sex: str
    birth: date
    residence_type: str  # 1 户籍常住 2 人户分离 3 流动 4 港澳台 5 境外
    household: str
    relation: str  # GB/T 4761, to the head
    home: Dwelling
    hukou_address: str
    id_number: str | None
    id_type: str = "111"
    id_status: str = "valid"  # valid, check_failed, missing
    ethnicity: str = "01"
    nationality: str = "CHN"
    phone: str | None = None
    old_phone: str | None = None
    old_home: Dwelling | None = None
    marital: str = "10"
    education: str = "90"
    political: str = "13"
    employment: str = "90"
    died_on: date | None = None
    left_on: date | None = None
    labels: list[Label] = field(default_factory=list)
    also: dict[str, tuple[str, ...]] = field(default_factory=dict)  # item → what is right to say

    @property
    def present(self) -> bool:
        """Alive and not moved out."""
        return self.died_on is None and self.left_on is None

    @property
    def registered(self) -> bool:
        """Part of 户籍人口."""
        return self.present and self.residence_type in "12"

    @property
    def counted(self) -> bool:
        """Part of 常住人口."""
        return self.present and self.residence_type != "2"

    @property
    def age(self) -> int:
        """Full years on the world's day."""
        return age_of(self.birth)

    def has(self, label: str) -> bool:
        """Whether the person has the label."""
        return any(one.label == label for one in self.labels)


@dataclass
class Household:
    """People who live as one household; tenants have no number."""

    id: str
    number: str | None
    home: Dwelling
    members: list[Person] = field(default_factory=list)

    @property
    def head(self) -> Person:
        """The member others are related to."""
        return next(m for m in self.members if m.relation == "02")


@dataclass(frozen=True)
class Town:
    """The whole community."""

    people: list[Person]
    households: list[Household]
