"""What a page lists, as an Excel file, as far as the role may take rows away."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import polars as pl
from fastapi import Response

from reports.tables import workbook
from security.policy import NotAllowedError
from serving.console.frame import Visit
from serving.console.showing import value

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def sheet(
    visit: Visit, title: str, columns: dict[str, str], rows: Sequence[dict[str, Any]]
) -> Response:
    """One sheet of `rows`, under the Chinese headings of `columns`; the audit notes it.

    Raises:
        NotAllowedError: more rows than the role may export at once.
    """
    refuse_rows(visit, len(rows))
    frame = pl.DataFrame(
        {head: [_text(row.get(name)) for row in rows] for name, head in columns.items()},
        schema=dict.fromkeys(columns.values(), pl.String),
    )
    visit.note("export", entity="work", rows=len(rows), page=title, columns=list(columns))
    return attachment(f"{title}.xlsx", workbook({title[:31]: frame}))


def refuse_rows(visit: Visit, number: int) -> None:
    """Stop who would take more rows away at once than the role may.

    Raises:
        NotAllowedError: so it is.
    """
    most = visit.access.rules.export
    if number > most:
        raise NotAllowedError(
            "more rows than the role may export",
            zh=f"“{visit.account.role}”一次最多导出 {most:,} 行，这里有 {number:,} 行："
            "请缩小范围，或请数据专员导出。",
        )


def attachment(name: str, content: bytes) -> Response:
    """A file to be saved under a Chinese name."""
    said = f"attachment; filename=\"file.xlsx\"; filename*=UTF-8''{quote(name)}"
    return Response(content, media_type=XLSX, headers={"Content-Disposition": said})


def _text(given: object) -> str | None:
    if isinstance(given, list):
        return "、".join(map(str, given))
    return None if given is None else value(given)
