"""Join nodes best edge first, where no rule forbids it. Pure Python over plain values.

Never together: two valid numbers, two sexes, births more than a year apart (unless both show one
passport or permit: then one birth is mistyped), two roles in one household, a record and the
number of the head it is not, names that no slip explains, more nodes
than a person can have, and whom a steward told apart. A record that fits two persons who cannot
be one is asked, not joined; so is one that by itself would join either of two who were told
apart, however much nearer it is to one of them. A record that nothing else speaks for, under a name
that only one person has, needs less. The result depends on the nodes and edges only, not on their
order.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from identity.model import Model

CALENDARS = 62  # days between a birthday in the lunar and in the solar calendar
LARGEST = 80  # records of one person
SLIGHT = "slight"
"""Reason of an edge that is too light to ask about."""
ROLE = """
    CASE WHEN {0} = '01' THEN '02' WHEN {0} IN ('11', '12') THEN '10'
         WHEN {0} IN ('21', '22', '23') THEN '20' WHEN {0} IN ('31', '32', '33') THEN '30'
         ELSE {0} END"""
"""SQL of `SAME_ROLES`."""
SAME_ROLES = {"01": "02", "11": "10", "12": "10", "21": "20", "22": "20", "23": "20",
              "31": "30", "32": "30", "33": "30"}  # fmt: skip


class Node(NamedTuple):
    """A record without a number of its own, or all records under one number."""

    number: str | None
    sex: str | None
    high_sex: str | None
    first_year: int | None
    last_year: int | None
    records: int
    names: list[str] | None
    roles: list[str] | None  # household_no:relation_code
    not_numbers: list[str] | None
    dates: list[date] | None = None  # of birth
    sources: list[int] | None = None
    tally: dict[str, int] | None = None  # records by name
    shown: list[str] | None = None  # of masked numbers: the area, and the last four
    documents: list[str] | None = None  # numbers of passports and the like


class Edge(NamedTuple):
    """Two nodes, and the heaviest pair of their records."""

    weight: float
    a: int
    b: int
    rule: str
    record_a: int
    record_b: int
    one_source: bool = False  # of these two records


class Person:
    """Nodes joined so far."""

    __slots__ = (
        "dates", "documents", "first_year", "last_year", "names", "nodes", "not_numbers",
        "numbers", "records", "roles", "sexes", "shown", "sources", "tally",
    )  # fmt: skip

    def __init__(self, name: int, node: Node) -> None:
        self.nodes = [name]
        self.numbers = {node.number} if node.number else set()
        self.sexes = {one for one in (node.sex, node.high_sex) if one}
        self.first_year, self.last_year = node.first_year, node.last_year
        self.dates = set(node.dates or ())
        self.documents = set(node.documents or ())
        self.records = node.records
        self.names = set(node.names or ())
        self.roles = dict(_role(one) for one in node.roles or ())
        self.not_numbers = set(node.not_numbers or ())
        self.sources = set(node.sources or ())
        self.tally = Counter(node.tally or {})
        self.shown = {*(node.shown or ()), *(_ends(one) for one in self.numbers if len(one) == 18)}

    def absorb(self, other: "Person") -> None:
        """Take the other's nodes in."""
        self.nodes += other.nodes
        self.numbers |= other.numbers
        self.sexes |= other.sexes
        years = [y for y in (self.first_year, other.first_year) if y is not None]
        self.first_year = min(years, default=None)
        years = [y for y in (self.last_year, other.last_year) if y is not None]
        self.last_year = max(years, default=None)
        self.dates |= other.dates
        self.documents |= other.documents
        self.records += other.records
        self.names |= other.names
        self.roles.update(other.roles)
        self.not_numbers |= other.not_numbers
        self.sources |= other.sources
        self.tally += other.tally
        self.shown |= other.shown

    def chiefly(self, name: str) -> bool:
        """Whether no other name is on more records."""
        most = max(self.tally.values(), default=0)
        return name in self.names and self.tally[name] >= most


def _ends(number: str) -> str:
    return number[:6] + number[-4:]


def _other_ends(one: str, other: str) -> bool:
    """More than one of the ten digits that a masked number shows is another."""
    return sum(a != b for a, b in zip(one, other, strict=True)) > 1


def _role(text: str) -> tuple[str, str]:
    household, _, role = text.rpartition(":")
    return household, SAME_ROLES.get(role, role)


@dataclass
class Outcome:
    """`root` of each node, the `rule` by which a node joined, and the pairs not joined."""

    root: dict[int, int] = field(default_factory=dict)
    rule: dict[int, str] = field(default_factory=dict)
    refused: list[tuple[int, int, float, str]] = field(default_factory=list)


def obstacle(one: Person, other: Person) -> str | None:
    """Why these can never be one person; None if they can."""
    if _two_numbers(one, other):
        return "two_numbers"
    if one.sexes and other.sexes and one.sexes != other.sexes:
        return "two_sexes"
    if _years_apart(one, other) and not _one_document(one, other):
        return "two_births"
    if one.not_numbers & other.numbers or other.not_numbers & one.numbers:
        return "not_the_head"
    if any(other.roles.get(household, role) != role for household, role in one.roles.items()):
        return "two_roles"
    return "too_many" if one.records + other.records > LARGEST else None


def _two_numbers(one: Person, other: Person) -> bool:
    if one.numbers and other.numbers and one.numbers != other.numbers:
        return True
    return any(_other_ends(a, b) for a in one.shown for b in other.shown)


def _years_apart(one: Person, other: Person) -> bool:
    if _at_odds(one) or _at_odds(other):  # whoever shows a birth that the person has, too, fits
        both = [(a, b) for a in one.dates for b in other.dates]
        return bool(both) and all(abs(a.year - b.year) > 1 or _other_day(a, b) for a, b in both)
    firsts = [y for y in (one.first_year, other.first_year) if y is not None]
    lasts = [y for y in (one.last_year, other.last_year) if y is not None]
    if firsts and max(lasts) - min(firsts) > 1:
        both = [(a, b) for a in one.dates for b in other.dates]
        return not both or not all(a == b or _one_slip(a, b) for a, b in both)
    return any(_other_day(a, b) for a in one.dates for b in other.dates)


def _at_odds(person: Person) -> bool:
    first, last = person.first_year, person.last_year
    return first is not None and last is not None and last - first > 1


def _one_document(one: Person, other: Person) -> bool:
    return any(a == b or _slipped(a, b) for a in one.documents for b in other.documents)


def _one_slip(a: date, b: date) -> bool:
    """One slip in the year; the day is the same."""
    return (a.month, a.day) == (b.month, b.day) and _slipped(f"{a.year:04}", f"{b.year:04}")


def _slipped(one: str, other: str) -> bool:
    """One character another, or two neighbours swapped."""
    if len(one) != len(other):
        return False
    unlike = [nth for nth in range(len(one)) if one[nth] != other[nth]]
    if len(unlike) == 1:
        return True
    return len(unlike) == 2 and unlike[1] == unlike[0] + 1 and sorted(one) == sorted(other)


def _other_day(a: date, b: date) -> bool:
    """Another year and another day, and not one day in two calendars."""
    return (
        a.year != b.year and (a.month, a.day) != (b.month, b.day) and abs((a - b).days) > CALENDARS
    )


class _Joining:
    def __init__(self, nodes: dict[int, Node], model: Model) -> None:
        self.model, self.nodes = model, nodes
        self.of = {name: Person(name, node) for name, node in nodes.items()}
        self.apart: dict[int, set[int]] = defaultdict(set)
        self.near: dict[int, list[tuple[float, int]]] = defaultdict(list)
        self.outcome = Outcome()

    def told_apart(self, one: Person, other: Person) -> bool:
        if not self.apart:
            return False
        few, many = sorted((one, other), key=lambda p: len(p.nodes))
        inside = set(many.nodes)
        return any(self.apart.get(node, set()) & inside for node in few.nodes)

    def rival(self, person: Person, chosen: Person, weight: float) -> str | None:
        """Whether a third person fits `person` nearly as well and cannot be `chosen`."""
        least = weight - self.model.margin
        for node in person.nodes:
            for other_weight, name in self.near.get(node, ()):
                third = self.of[name]
                if third is person or third is chosen:
                    continue
                matches = other_weight >= min(least, self.model.join)
                if matches and self.told_apart(third, chosen):
                    return "told_apart"
                fits = other_weight >= least and obstacle(person, third) is None
                if fits and self.other_person(person, third, chosen):
                    return "two_persons"
        return None

    def other_person(self, person: Person, third: Person, chosen: Person) -> bool:
        """Two persons for certain; or two names, of which a mere title cannot choose."""
        reason = obstacle(third, chosen)
        if reason == "two_births":  # unless a passport says that one of the births is mistyped
            return not _one_document(person, third) and not _one_document(person, chosen)
        if reason is not None:
            return True
        return not person.names and bool(third.names) and not third.names & chosen.names

    def judge(self, edge: Edge) -> str | None:
        """Why this edge does not join; None if it does."""
        one, other = self.of[edge.a], self.of[edge.b]
        reason = obstacle(one, other)
        if reason is None and self.told_apart(one, other):
            reason = "decided"
        if reason is None and self.weight(edge) < self.model.join:
            reason = self.too_light(edge)
        if reason is None:
            for person, chosen in ((one, other), (other, one)):
                if not person.numbers and reason is None:
                    reason = self.rival(person, chosen, edge.weight)
        if reason is None and self.by_title(edge):
            reason = "two_persons"
        return reason

    def by_title(self, edge: Edge) -> bool:
        """Whether a record without a name would bring persons of two names together."""
        one, other = self.of[edge.a].names, self.of[edge.b].names
        named = self.nodes[edge.a].names and self.nodes[edge.b].names
        return not named and bool(one and other) and not one & other

    def too_light(self, edge: Edge) -> str:
        """Why an edge weighs too little; `twice`: for that the platform has them already."""
        if edge.weight >= self.model.join:
            return "twice"
        return "doubtful" if edge.weight >= self.model.ask else SLIGHT

    def weight(self, edge: Edge) -> float:
        """What the edge weighs, less if a platform would then have the person twice.

        Under two names, less for each platform: so are twins listed, by every list.
        """
        one, other = self.of[edge.a], self.of[edge.b]
        twice = len(one.sources & other.sources)
        if one.names & other.names or not one.names or not other.names:
            twice = min(twice, 1)
        return edge.weight - self.model.twice * max(twice - edge.one_source, 0)

    def alone(self, person: Person, chosen: Person) -> bool:
        """Whether `person` is one record that fits only `chosen`, and nothing speaks against it.

        It has the name that most records of `chosen` have, or a passport of theirs, and is of a
        platform that has no other record of theirs; every node of `chosen` with a number or the
        same name must fit.
        """
        if person.records != 1 or person.numbers or person.sources & chosen.sources:
            return False
        shown = person.documents & chosen.documents
        if not shown and not all(map(chosen.chiefly, person.names)):
            return False
        near = {name for _, name in self.near[person.nodes[0]]}
        if not all(self.of[name] in {person, chosen} for name in near):
            return False
        fitting = all(
            name in near
            for name in chosen.nodes
            if self.nodes[name].number or person.names.intersection(self.nodes[name].names or ())
        )
        return fitting and obstacle(person, chosen) is None and not self.told_apart(person, chosen)

    def take_in(self, edge: Edge, reason: str) -> bool:
        """Join a record that stands alone, though its edge by itself is not heavy enough."""
        one, other = self.of[edge.a], self.of[edge.b]
        enough = edge.weight + self.model.lone >= self.model.join
        if one is other or not enough or reason not in {"doubtful", "twice", SLIGHT}:
            return False
        if self.alone(one, other) or self.alone(other, one):
            self.unite(edge.a, edge.b, edge.rule)
            return True
        return False

    def unite(self, a: int, b: int, rule: str) -> None:
        one, other = self.of[a], self.of[b]
        if len(one.nodes) < len(other.nodes):
            one, other = other, one
        for node in (*one.nodes, *other.nodes):
            self.outcome.rule.setdefault(node, rule)
        one.absorb(other)
        for node in other.nodes:
            self.of[node] = one


def join_nodes(
    nodes: dict[int, Node],
    edges: list[Edge],
    told: Iterable[tuple[int, int, str]],
    model: Model,
) -> Outcome:
    """Join by decisions first, then by edges, which come heaviest first."""
    work = _Joining(nodes, model)
    for a, b, verdict in told:
        if verdict == "same" and work.of[a] is not work.of[b]:
            work.unite(a, b, "decided")
        elif verdict == "different" and a != b:
            work.apart[a].add(b)
            work.apart[b].add(a)
    for edge in edges:
        work.near[edge.a].append((edge.weight, edge.b))
        work.near[edge.b].append((edge.weight, edge.a))
    late = []
    for edge in edges:
        if work.of[edge.a] is work.of[edge.b]:
            continue
        reason = work.judge(edge)
        if reason is None:
            work.unite(edge.a, edge.b, edge.rule)
        else:
            late.append((edge, reason))
    late = [(edge, reason) for edge, reason in late if not work.take_in(edge, reason)]
    for edge, reason in late:
        if reason != SLIGHT and work.of[edge.a] is not work.of[edge.b]:
            work.outcome.refused.append((edge.record_a, edge.record_b, edge.weight, reason))
    for name, person in work.of.items():
        work.outcome.root[name] = min(person.nodes)
    return work.outcome
