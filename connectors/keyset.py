"""The order in which a table is read, and the place in it where a reading stopped.

A table is read in up to three phases, each a range that a later reading can go on behind:

* rows with a watermark and a key, in the order of (watermark, key);
* rows without a watermark (null, or a text such as `-` that sorts before all digits) but with a
  key, in the order of the key: they can change unseen, so they are read in every pull;
* rows with a null in the key, or streams without a key: in the order of all columns, by count.

A snapshot has no watermark and so no second phase.
"""

import re
from dataclasses import asdict, dataclass, replace
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from connectors.chunk import Cursor
from connectors.column_kinds import kind_of
from connectors.dialects import as_text, bound, orderable, sorted_as_text
from connectors.watermarks import capped, minus, sorts_as_text
from hub.platform_streams import Flag

Column = sa.Column[Any]


@dataclass(frozen=True)
class Place:
    """Where in the phases a reading stands. Becomes the cursor."""

    phase: int = 0
    after: tuple[str, ...] | None = None  # sort values of the last row read
    taken: int = 0  # rows read of a phase that is read by count
    low: str | None = None  # the watermark this pull began at
    high: str | None = None  # the greatest watermark read, never in the future
    done: bool = False
    kinds: str = ""  # of the columns whose values stand here; other ones cannot be compared

    def cursor(self) -> Cursor:
        """Only what says something."""
        kept: Cursor = asdict(self) | {"after": list(self.after) if self.after else None}
        return {name: value for name, value in kept.items() if value}

    @staticmethod
    def of(cursor: Cursor) -> "Place":
        """Read what `cursor` wrote."""
        after = cursor.get("after")
        return Place(**cursor | {"after": tuple(after) if after else None})


@dataclass(frozen=True)
class Phase:
    """One range of rows. `sort` is empty where rows can only be counted."""

    condition: sa.ColumnElement[bool]
    sort: tuple[Column, ...]


@dataclass(frozen=True)
class Reading:
    """How one stream is read: its columns, phases and watermark."""

    table: sa.Table
    columns: tuple[Column, ...]
    phases: tuple[Phase, ...]
    watermark: Column | None
    dialect: str
    timezone: str
    where: str | None = None
    until: str | None = None  # a window: only rows whose watermark is below this
    flag: Flag | None = None  # only rows that wait to be taken
    key: tuple[str, ...] = ()

    def start(self, cursor: Cursor | None, overlap: int, *, resume: bool) -> Place:
        """Where the pull begins.

        One that was cut when all its rows were stored has what came since to read, not nothing.
        """
        known = Place.of(cursor) if cursor else Place()
        if known.kinds not in ("", self.kinds):  # nothing was kept of old
            known = Place()
        if resume and cursor and known.cursor() and (not known.done or self.watermark is None):
            return replace(known, kinds=self.kinds)
        if self.watermark is None or known.high is None:
            return Place(kinds=self.kinds)
        return Place(low=self.before(known.high, overlap), high=known.high, kinds=self.kinds)

    @property
    def kinds(self) -> str:
        """What kind of value the sort columns hold now."""
        sort = [] if self.watermark is None else [self.watermark]
        sort += [self.table.columns[name] for name in self.key]
        return "、".join(kind_of(one.type) for one in sort)

    def before(self, high: str, seconds: int) -> str | None:
        """A watermark so much earlier; None where none is surely before all that came since."""
        by_text = self.watermark is not None and sorted_as_text(self.watermark, self.dialect)
        return None if by_text and not sorts_as_text(high) else minus(high, seconds)

    def is_loose(self, like: str) -> bool:
        """Whether texts such as `2026/9/1` make the order, which is then not that of time."""
        by_text = self.watermark is not None and sorted_as_text(self.watermark, self.dialect)
        return by_text and "/" in like and re.search(r"\b\d\b", like) is not None

    def page(self, place: Place, rows: int) -> sa.Select[Any]:
        """The next rows behind `place`, to be given its columns."""
        phase = self.phases[place.phase]
        page: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(self.table).limit(rows)
        page = page.where(phase.condition)
        if self.where:
            page = page.where(sa.literal_column(f"({self.where})", sa.Boolean))
        if self.flag is not None:
            page = page.where(waits(self.table, self.flag, self.dialect))
        if not phase.sort:
            texts = [as_text(one, self.dialect) for one in self.columns]
            return page.order_by(*texts).offset(place.taken)
        if place.after:
            page = page.where(self._behind(phase.sort, place.after))
        elif place.low is not None and phase.sort[0] is self.watermark:
            page = page.where(self._order(phase.sort[0]) >= self._value(phase.sort[0], place.low))
        if self.until is not None and phase.sort[0] is self.watermark:
            end = self._value(phase.sort[0], self.until)
            page = page.where(self._order(phase.sort[0]) < end)
        return page.order_by(*(self._order(one) for one in phase.sort))

    def behind(self, place: Place, table: pa.Table) -> Place:
        """The place behind the last row of `table`, which was read at `place`."""
        phase = self.phases[place.phase]
        if not phase.sort:
            return replace(place, taken=place.taken + table.num_rows)
        last = {one.name: table[one.name][-1].as_py() for one in phase.sort}
        moved = replace(place, after=tuple(last.values()))
        if self.watermark is None or self.watermark.name not in last:
            return moved
        return replace(moved, high=capped(last[self.watermark.name], self.timezone))

    def next_phase(self, place: Place) -> Place:
        """The start of the phase after `place`, or the end."""
        if place.phase + 1 < len(self.phases):
            return replace(place, phase=place.phase + 1, after=None, taken=0)
        return Place(high=place.high, done=True, kinds=place.kinds)

    def _behind(self, sort: tuple[Column, ...], after: tuple[str, ...]) -> Any:  # noqa: ANN401 - SQLAlchemy's expressions
        """(a, b) > (x, y), in words that every database knows and the index of `a` serves."""
        pairs = [
            (self._order(one), self._value(one, text))
            for one, text in zip(sort, after, strict=True)
        ]
        ways = []
        for depth, (column, value) in enumerate(pairs):
            ways.append(sa.and_(*(c == v for c, v in pairs[:depth]), column > value))
        return sa.and_(pairs[0][0] >= pairs[0][1], sa.or_(*ways))

    def _order(self, column: Column) -> Any:  # noqa: ANN401 - a column's own type
        return orderable(column, self.dialect)

    def _value(self, column: Column, text: str) -> Any:  # noqa: ANN401 - SQLAlchemy's expressions
        return bound(column, text, self.dialect)


def waits(table: sa.Table, flag: Flag, dialect: str) -> sa.ColumnElement[bool]:
    """Whether a row was not taken yet; a blank among the values that wait is a null, too."""
    column = table.columns[flag.column]
    says = as_text(column, dialect).in_(flag.waiting)
    return sa.or_(says, column.is_(None)) if "" in flag.waiting else says


def phases_of(key: tuple[Column, ...], watermark: Column | None, dialect: str) -> tuple[Phase, ...]:
    """The phases that can hold rows, by what may be null, or MySQL's day of zeros."""
    if not key:
        return (Phase(sa.true(), ()),)
    keyed = sa.and_(sa.true(), *(one.is_not(None) for one in key if one.nullable))
    found = []
    if watermark is None:
        found.append(Phase(keyed, key))
    else:
        blanks: list[sa.ColumnElement[bool]] = []
        if watermark.nullable:
            blanks.append(watermark.is_(None))
        if dialect in ("mysql", "mariadb") and isinstance(watermark.type, sa.Date | sa.DateTime):
            blanks.append(watermark == sa.literal_column("0"))
        if sorted_as_text(watermark, dialect) and all(one is not watermark for one in key):
            blanks.append(orderable(watermark, dialect) < bound(watermark, "0", dialect))
        marked = sa.and_(keyed, *(sa.not_(one) for one in blanks))
        found.append(Phase(marked, (watermark, *(one for one in key if one is not watermark))))
        if blanks and all(one is not watermark for one in key):
            found.append(Phase(sa.and_(keyed, sa.or_(*blanks)), key))
    if any(one.nullable for one in key):
        found.append(Phase(sa.or_(*(one.is_(None) for one in key)), ()))
    return tuple(found)
