"""A stream's files as they were last time, so that a shifted template is refused and not loaded.

Columns are found by their names. Two things still go wrong: somebody moved columns (or only their
names), and somebody moved the cells below the names. The first shows in the order of the columns,
the second in what the cells look like: a column of ID numbers that now holds names.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from connectors.chunk import Cursor
from connectors.tabular import Part
from hub.errors import SourceChangedError

KINDS = {
    "证件号": re.compile(r"[\d*＊]{17}[\dXx*＊]|[\d*＊]{15}"),
    "手机号": re.compile(r"1[3-9*][\d*＊]{9}"),
    "日期": re.compile(r"(?:19|20)\d\d(?:[-./年]\d{1,2}.{0,12}|\d{4})"),
    "汉字": re.compile(r"[\u4e00-\u9fff·]{2,}"),
}
NUMBERS = ("证件号", "手机号", "日期")
SAMPLE = 200  # cells of a file are enough to see what a column holds
ENOUGH = 20  # fewer say nothing
MOST, FEW = 0.9, 0.1


@dataclass
class Template:
    """What is known of a stream's files: orders of the wanted columns, and what each holds."""

    orders: list[list[str]] = field(default_factory=list)
    kinds: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, cursor: Cursor) -> "Template":
        """As the last pull left it."""
        kept: dict[str, Any] = cursor.get("template", {})
        return cls(kept.get("orders", []), kept.get("kinds", {}))

    def cursor(self) -> Cursor:
        """JSON-able."""
        return {"orders": self.orders, "kinds": self.kinds}


class TemplateWatch:
    """Compares each file with the files of the last pull, and remembers it for the next."""

    def __init__(
        self, title: str, wanted: Iterable[str], before: Template, *, strict: bool
    ) -> None:
        self.title, self.wanted = title, tuple(wanted)
        self.before, self.strict = before, strict
        self.now = Template()
        self._seen: set[str] = set()

    def look(self, part: Part) -> None:
        """Look at the first rows of a file or sheet.

        Raises:
            SourceChangedError: a column was moved, or holds something else; it is named.
        """
        if part.where in self._seen or not part.placed:
            return
        if part.rows.num_rows:  # a header alone comes first
            self._seen.add(part.where)
        order = [name for name in part.names if name in self.wanted]
        kinds = self._kinds(part)
        if self.strict:
            self._refuse_moved(part.where, order)
            self._refuse_other(part.where, kinds)
        if order not in self.now.orders:
            self.now.orders.append(order)
        for name, counts in kinds.items():
            kind, share = _main(counts)
            if share >= MOST:
                self.now.kinds[name] = kind

    def remembered(self) -> Cursor:
        """For the next pull; a column that was blank this time is still known from before."""
        orders = self.now.orders or self.before.orders
        return Template(orders, self.before.kinds | self.now.kinds).cursor()

    def _kinds(self, part: Part) -> dict[str, Counter[str]]:
        found = {}
        for name in self.wanted:
            cells = part.rows.column(name).slice(0, SAMPLE).to_pylist()
            texts = [text for cell in cells if (text := (cell or "").strip(" \t'’"))]
            if len(texts) >= ENOUGH:
                found[name] = Counter(_kind(text) for text in texts)
        return found

    def _refuse_moved(self, where: str, order: list[str]) -> None:
        orders = self.before.orders
        if not orders or order in orders or {*order} != {*orders[0]}:
            return
        pairs = zip(orders[0], order, strict=True)
        moved = next((one, other) for one, other in pairs if one != other)
        raise SourceChangedError(
            f"{where}: columns are in another order than last time",
            zh=f"「{self.title}」{where}：列的次序和上次不一样，原来「{moved[0]}」的位置现在是"
            f"「{moved[1]}」，表格可能串列，没有读入。{ACCEPT}",
        )

    def _refuse_other(self, where: str, kinds: dict[str, Counter[str]]) -> None:
        for name, counts in kinds.items():
            was = self.before.kinds.get(name)
            now, share = _main(counts)
            if was is None or counts[was] > FEW * counts.total():
                continue
            if was in NUMBERS or (now in NUMBERS and share >= MOST):
                raise SourceChangedError(
                    f"{where}: column {name} held {was}, now {now}",
                    zh=f"「{self.title}」{where}：列「{name}」上次装的是{was}，这次大多不是"
                    f"（多为{now}），表格可能串列，没有读入。{ACCEPT}",
                )


ACCEPT = (
    "请打开文件核对：是错的就请对方改好重新提供；确认列名和内容相符，"
    "就在平台文件的这个数据流下写 same_template: false。"
)


def _kind(text: str) -> str:
    return next((kind for kind, shape in KINDS.items() if shape.fullmatch(text)), "别的内容")


def _main(counts: Counter[str]) -> tuple[str, float]:
    kind, count = counts.most_common(1)[0]
    return kind, count / counts.total()
