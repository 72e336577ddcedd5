"""The Excel file of what was set aside, read back after its owner has filled in `更正为`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.workbook import CORRECTED, FORMULA, LOCATOR
from hub.errors import ConfigError

if TYPE_CHECKING:
    from pipelines.corrections import Correction, Outcome

EXACT = 10**15
"""A spreadsheet keeps 15 digits of a number; what is longer has lost its end."""


@dataclass
class Given:
    """What the file holds: corrections by (platform, stream), what cannot be used, blank lines."""

    corrections: dict[tuple[str, str], list["Correction"]] = field(default_factory=dict)
    refused: list["Outcome"] = field(default_factory=list)
    blank: int = 0


def read_corrections(path: Path) -> Given:
    """Read every sheet that has both columns; every line is a correction, refused, or blank.

    Raises:
        ConfigError: it is no Excel file, or none that `hub quarantine export` wrote.
    """
    given, sheets = Given(), 0
    for sheet in _workbook(path):
        lines = sheet.iter_rows(values_only=True)
        header = [str(cell or "").strip() for cell in next(lines, ())]
        if CORRECTED not in header or LOCATOR not in header:
            continue
        sheets += 1
        at = header.index(CORRECTED), header.index(LOCATOR)
        for number, line in enumerate(lines, 2):
            _take(given, f"{sheet.title}!{number}", *(_cell(line, one) for one in at))
    if not sheets:
        raise ConfigError(
            "quarantine replay: no sheet has the columns of an export",
            zh=f"{path.name} 里没有“{CORRECTED}”和“{LOCATOR}”两列："
            "请用 hub quarantine export 导出的文件填写。",
        )
    return given


def _workbook(path: Path) -> Any:  # noqa: ANN401 (openpyxl is untyped)
    from zipfile import BadZipFile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        return load_workbook(path, data_only=True).worksheets
    except (OSError, BadZipFile, InvalidFileException, KeyError, ValueError) as error:
        raise ConfigError(
            f"quarantine replay: {path.name} cannot be read ({type(error).__name__})",
            zh=f"{path.name} 打不开：请确认它存在、是 .xlsx 文件，而且没有损坏。",
        ) from None


def _take(given: Given, place: str, value: object, locator: object) -> None:
    from pipelines.corrections import Correction, Outcome

    text = _text(value)
    if text == "":
        given.blank += 1
        return
    if text is None:
        zh = "更正的号码被表格软件改成了数字，末尾已经丢失：请把单元格设为文本后重新填写。"
        given.refused.append(Outcome(place, "refused", zh))
        return
    parts = str(locator or "").split("/")
    if len(parts) != 4 or not re.fullmatch(r"[0-9a-f]{32}", parts[2]):
        zh = "定位码被改动过，不知道是哪一行：请从导出的文件里把它粘贴回来。"
        given.refused.append(Outcome(place, "refused", zh))
        return
    platform, stream, row_hash, name = parts
    if not name:
        zh = "这一行没有主键，或主键与别的行重复，只能在平台更正。"
        given.refused.append(Outcome(place, "refused", zh))
        return
    one = Correction(place, row_hash, name, text)
    given.corrections.setdefault((platform, stream), []).append(one)


def _text(value: object) -> str | None:
    """What the owner wrote; None where the spreadsheet has damaged it."""
    match value:
        case None:
            return ""
        case datetime():
            return (
                value.date().isoformat() if value.time().isoformat() == "00:00:00" else str(value)
            )
        case date():
            return value.isoformat()
        case int() | float() if abs(value) >= EXACT:
            return None
        case float() if value.is_integer():
            return str(int(value))
    text = str(value).strip()
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text


def _cell(line: tuple[object, ...], at: int) -> object:
    return line[at] if at < len(line) else None


def by_platform(given: Given, known: set[str]) -> Iterator[tuple[str, str, list["Correction"]]]:
    """Corrections of streams that exist; those of others are moved to `refused`."""
    from pipelines.corrections import Outcome

    for (platform, stream), ones in given.corrections.items():
        if f"{platform}.{stream}" in known:
            yield platform, stream, ones
        else:
            zh = f"没有平台 {platform} 的数据流 {stream}：它可能改名或停用了。"
            given.refused += [Outcome(one.place, "refused", zh) for one in ones]
