"""Pages of a list: where a pull stands among them, and when it ends.

A vendor's pages lie in several ways, and each has its guard: the same page again, fewer rows a page
than asked for, a total that moves, rows that come twice and so push others out of sight. Where rows
moved under way the pages are read once more, and what the first round missed is handed over.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace

import numpy as np
import pyarrow as pa

from connectors.chunk import Cursor
from connectors.envelope import Page
from hub.errors import SourceChangedError
from hub.platform_http import Pager
from hub.platform_streams import Stream
from hub.seen import Numbers, SeenNumbers


@dataclass(frozen=True)
class Place:
    """Where a pull stands: the next page, and what was seen before it."""

    page: int
    size: int
    asked: str  # which pages: another pager, path or parameter makes others
    pages: int = 0  # read so far
    rows: int = 0
    repeated: int = 0  # of them, rows whose key an earlier page had
    total: int | None = None
    first_total: int | None = None
    shrank: bool = False
    done: bool = False
    digest: str = ""  # of the page before
    round: int = 1  # the second looks for what the first missed
    moved: str = ""  # what made the second round necessary, for the officer
    found: int = 0  # rows that only the second round gave

    def cursor(self) -> Cursor:
        """JSON-able."""
        return asdict(self)


def start(cursor: Cursor | None, pager: Pager, stream: Stream, *, resume: bool) -> Place:
    """The first page, or the one behind `cursor` if the same pages are still asked for."""
    asked = hashlib.sha256(repr((pager, stream.path, stream.params)).encode()).hexdigest()[:16]
    names = {field.name for field in fields(Place)}
    if resume and cursor and cursor.get("asked") == asked and cursor.keys() <= names:
        return Place(**cursor)
    return Place(pager.first, pager.rows, asked)


class Walk:
    """Goes from page to page and notices what is wrong with them."""

    def __init__(self, where: str, pager: Pager, key: Sequence[str], place: Place) -> None:
        """`where` names platform and stream in messages."""
        self.where, self.pager, self.key, self.place = where, pager, key, place
        self._digests: dict[str, int] = {place.digest: place.page - 1} if place.digest else {}
        self._keys, self._before = SeenNumbers(), SeenNumbers()

    def take(self, page: Page, rows: pa.Table) -> pa.Table:
        """Count a page in; return its rows, in the second round those that the first did not give.

        Raises:
            SourceChangedError: it cannot be the next page of one list.
        """
        place = self.place
        number = place.page
        mark = digest(rows)
        if mark:
            self._refuse_same(mark, number)
        total = self._total(page)
        shrank = place.shrank or (place.total or 0) > (total or 0)
        hashes = self._hashes(rows)
        missed = rows if place.round == 1 else rows.filter(pa.array(~self._before.known(hashes)))
        self.place = replace(
            place,
            page=number + 1,
            pages=place.pages + 1,
            rows=place.rows + rows.num_rows,
            repeated=place.repeated + (self._keys.take(hashes) if self.key else 0),
            total=total,
            first_total=total if place.first_total is None else place.first_total,
            shrank=shrank,
            digest=mark,
            found=place.found + (missed.num_rows if place.round > 1 else 0),
        )
        self.place = replace(self.place, done=self._ended(rows.num_rows))
        self._refuse_endless(rows.num_rows)
        if not self.key:
            self._keys.take(hashes)
        if self.place.done and self._moved:
            self._again()
        return missed

    @property
    def _moved(self) -> bool:
        """Whether rows changed places while the first round read them."""
        place = self.place
        once = self.pager.stop == "once"
        return place.round == 1 and not once and not self.complete and self._is_unsettled

    @property
    def _is_unsettled(self) -> bool:
        return self.place.shrank or self.place.repeated > 0

    def _again(self) -> None:
        place = self.place
        total = f"，总数从 {place.first_total} 变为 {place.total}"
        what = total if place.total != place.first_total else ""
        what += f"，有 {place.repeated} 行与前面的页重复" if place.repeated else ""
        fresh = Place(self.pager.first, place.size, place.asked, round=2, moved=what)
        self.place, self._digests = fresh, {}
        self._before, self._keys = self._keys, SeenNumbers()

    @property
    def complete(self) -> bool:
        """Whether every row was surely seen, so that what was not seen is gone."""
        place = self.place
        if not place.done or place.shrank:
            return False
        seen = place.rows - place.repeated
        return seen >= place.total if place.total is not None else not place.repeated

    def notes(self) -> tuple[str, ...]:
        """What the officer should know at the end, and why deletions may not be believed."""
        place = self.place
        notes = []
        if place.round > 1:
            notes.append(
                f"读取期间平台的数据有变动{place.moved}，"
                f"已从第一页再核对一遍，补读 {place.found} 行"
            )
        if place.total != place.first_total:
            notes.append(f"读取期间平台的总数从 {place.first_total} 变为 {place.total}")
        if place.repeated:
            notes.append(
                f"有 {place.repeated} 行与前面的页重复（主键相同），"
                "可能平台每次排序不同，或主键 key 不足以区分"
            )
        if place.total is not None and place.rows < place.total:
            notes.append(f"平台说共 {place.total} 行，只给了 {place.rows} 行")
        belief = "。" if self.complete else "：可能有行没有读到，这次不据此删除记录。"
        return tuple(note + belief for note in notes)

    def _refuse_same(self, mark: str, number: int) -> None:
        before = self._digests.setdefault(mark, number)
        if before == number:
            return
        other = "上一页" if before == number - 1 else f"第 {before} 页"
        raise SourceChangedError(
            f"{self.where}: page {number} is the same as page {before}",
            zh=f"「{self.where}」第 {number} 页与{other}完全相同，已停止读取：平台可能不认页码参数 "
            f"{self.pager.page}，请核对；若平台一次给出全部行，请写 stop: once；"
            "若平台给出总数，请写 envelope.total 和 stop: total。",
        )

    def _total(self, page: Page) -> int | None:
        behind_the_end = not page.rows and self.place.rows  # where some say 0
        total = self.place.total if page.total is None or behind_the_end else page.total
        if self.pager.stop == "total" and total is None and page.rows:
            raise SourceChangedError(
                f"{self.where}: no total in the answer",
                zh=f"「{self.where}」的回答里没有总数：请核对 envelope.total，或改用 stop: short。",
            )
        if total is not None and total < len(page.rows):
            raise SourceChangedError(
                f"{self.where}: total {total} on a page of {len(page.rows)} rows",
                zh=f"「{self.where}」给的总数是 {total}，比这一页的 {len(page.rows)} 行还少："
                "请核对 envelope.total 是不是总行数。",
            )
        return total

    def _hashes(self, rows: pa.Table) -> Numbers:
        """Of each row's key; of the whole row where there is no key, or none in this row."""
        if not self.key and self.pager.stop == "once":
            return np.zeros(rows.num_rows, np.uint64)
        columns = [rows[name].to_pylist() for name in self.key or rows.column_names]
        keys = list(zip(*columns, strict=True))
        if not all(map(any, keys)):
            whole = zip(*(column.to_pylist() for column in rows.columns), strict=True)
            keys = [key if any(key) else row for key, row in zip(keys, whole, strict=True)]
        return np.fromiter(map(hash, keys), np.int64, len(keys)).view(np.uint64)

    def _ended(self, rows: int) -> bool:
        place, pager = self.place, self.pager
        if rows == 0 or pager.stop == "once":
            return True
        if pager.stop == "total":
            return place.rows >= (place.total or 0)
        if pager.stop == "short":
            # a short first page without a total may be a vendor's own limit: ask for the second
            return rows < place.size and (place.pages > 1 or place.total is not None)
        return False

    def _refuse_endless(self, rows: int) -> None:
        """Stop where pages hold fewer rows than asked for, or never end."""
        place, pager = self.place, self.pager
        capped = pager.stop == "short" and place.pages > 1 and place.rows - rows < place.size
        if capped and rows:
            self._refuse_capped(place.rows - rows)
        if place.done or place.total is None:
            return
        if place.pages > -(-place.total // place.size):
            self._refuse_capped(rows)

    def _refuse_capped(self, rows: int) -> None:
        place, pager = self.place, self.pager
        raise SourceChangedError(
            f"{self.where}: {place.pages} pages of {place.size} gave {place.rows} rows "
            f"of {place.total}",
            zh=f"「{self.where}」每页要 {place.size} 行，平台只给 {rows} 行，页数对不上："
            f"请核对参数 {pager.size}；若平台限制每页行数，请把 pager.rows 改为 {rows}。",
        )


def digest(rows: pa.Table) -> str:
    """The same for the same rows; empty for none."""
    if not rows.num_rows:
        return ""
    batch = rows.combine_chunks().to_batches()[0]
    return hashlib.sha256(batch.serialize()).hexdigest()[:32]
