"""The table of bad files: how each is made, what must be said, where every row must be."""

import io
import json
import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xlwt
from openpyxl import Workbook
from xlwt.CompoundDoc import XlsDoc

from .judging import Counts

HEADER = ["编号", "姓名", "证件号", "电话"]
ZHANG, WANG = "510108195304071238", "510108198002021239"
GOOD = [["1", "张三丰", ZHANG, "13812341234"], ["2", "王小红", WANG, "13900001111"]]
Files = Mapping[str, bytes]
REFUSED = Counts()
GB = "gb18030"


@dataclass(frozen=True)
class Case:
    """One bad input."""

    name: str
    files: Callable[[], Files]
    says: str
    counts: Counts = REFUSED
    stream: Mapping[str, Any] = field(default_factory=dict)
    before: Callable[[], Files] | None = None  # pulled first, and good

    @property
    def id(self) -> str:
        return self.name


def table(*rows: list[Any], header: list[str] | None = None, end: str = "\n") -> str:
    lines = [HEADER if header is None else header, *rows]
    return "".join(",".join(map(str, row)) + end for row in lines)


def text(content: str, encoding: str = "utf-8", name: str = "a.csv") -> Callable[[], Files]:
    return lambda: {name: content.encode(encoding)}


def raw(content: bytes, name: str = "a.csv") -> Callable[[], Files]:
    return lambda: {name: content}


def sheet(*rows: list[Any], name: str = "a.xlsx") -> Callable[[], Files]:
    def made() -> Files:
        book, file = Workbook(), io.BytesIO()
        page: Any = book.active
        for row in rows:
            page.append(row)
        book.save(file)
        return {name: file.getvalue()}

    return made


def packed(*files: tuple[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return file.getvalue()


def locked() -> Files:
    content = bytearray(packed(("a.csv", table(*GOOD).encode())))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= 1
    return {"a.zip": bytes(content)}


def office(stream: bytes, name: str = "Workbook") -> bytes:
    """An Office file of the old kind that holds one stream."""
    file = io.BytesIO()
    XlsDoc().save(file, stream)
    content, usual = file.getvalue(), "Workbook".encode("utf-16-le")
    place, other = content.index(usual), name.encode("utf-16-le")
    entry = other.ljust(64, b"\0") + struct.pack("<H", len(other) + 2)
    return content[:place] + entry + content[place + len(entry) :]


def locked_xls() -> Files:
    """Excel 97: behind its first record stands FILEPASS, and what follows is encrypted."""
    book = xlwt.Workbook()
    page = book.add_sheet("名单")
    for at, row in enumerate([HEADER, *GOOD]):
        for place, value in enumerate(row):
            page.write(at, place, value)
    content = book.get_biff_data()
    filepass = struct.pack("<HH3H", 0x2F, 54, 1, 1, 1) + bytes(range(48))
    return {"a.xls": office(content[:20] + filepass + bytes(one ^ 90 for one in content[20:]))}


def locked_xlsx() -> Files:
    """Excel of today: the whole workbook, encrypted, is a stream of an Office file."""
    return {"a.xlsx": office(bytes(one ^ 90 for one in range(256)) * 40, "EncryptedPackage")}


def lying() -> Files:
    content = bytearray(packed(("a.csv", table(*GOOD).encode())))
    place = content.index(b"PK\x01\x02") + 24
    content[place : place + 4] = struct.pack("<I", 0xFFFFFFF0)
    return {"a.zip": bytes(content)}


def parquet(*, cut: int | None = None) -> Files:
    file = io.BytesIO()
    columns = list(zip(*GOOD, strict=True))
    pq.write_table(pa.table(dict(zip(HEADER, columns, strict=True))), file)
    return {"a.parquet": file.getvalue()[:cut]}


def named(name: str, number: str = "") -> Callable[[], Files]:
    quoted = '"' + name.replace('"', '""') + '"'
    return text(table([1, quoted, number or ZHANG, ""], GOOD[1]))


def thirty(order: list[int]) -> Callable[[], Files]:
    people = [[n, "张三" + "一二三四五"[n % 5], ZHANG, f"138123412{n:02}"] for n in range(30)]
    rows = [[row[place] for place in order] for row in people]
    return text(table(*rows, header=[HEADER[place] for place in order]))


def shifted() -> Files:
    people = [[n, ZHANG, f"138123412{n:02}", "张三" + "一二三四五"[n % 5]] for n in range(30)]
    return text(table(*people))()


def large(bad: bytes) -> Callable[[], Files]:
    """More rows than one chunk, then something bad."""
    lines = "".join(f"{n},张三丰,,\n" for n in range(120_000))
    return raw(table().encode() + lines.encode() + bad)


XLSX, JSONL, JSON, ZIP, PARQUET = (
    {"files": f"*.{ending}"} for ending in ("xlsx", "jsonl", "json", "zip", "parquet")
)
LINES = "".join(
    json.dumps(dict(zip(HEADER, row, strict=True)), ensure_ascii=False) + "\n" for row in GOOD
)
LIST = json.dumps([dict(zip(HEADER, row, strict=True)) for row in GOOD], ensure_ascii=False)
CLEAN = Counts(clean=2)
ONE_FLAGGED = Counts(clean=1, flagged=1)

CASES = [
    # -- files that are damaged: refused, nothing stored
    Case("cut in a row", text(table(*GOOD)[:-20]), "a.csv 第 3 行有 3 格，表头有 4 格"),
    Case("cut in a character", raw((table() + "1,张").encode()[:-1]), "第 2 行 读不了：不是 utf-8"),
    Case("cut far behind", large("x,李".encode()[:-1]), "第 120002 行 读不了：不是 utf-8"),
    Case("short row far behind", large(b"x,y\n"), "第 120002 行有 2 格"),
    Case("wrong encoding declared", text(table(*GOOD), GB), "第 1 行 读不了：不是 utf-8",
         stream={"encoding": "utf-8"}),
    Case("unknown encoding", text(table(*GOOD)), "encoding「utf8x」不认识",
         stream={"encoding": "utf8x"}),
    Case("UTF-8 pasted into GB18030",
         raw((table(*GOOD) * 3).encode(GB) + "3,青龙街道,,\n".encode()),
         "第 10 行 读不了：不是 gb18030 编码的文字，文件可能混用了两种编码"),
    Case("GB18030 pasted into UTF-8",
         raw(table(*GOOD).encode() + "3,青龙街道,,\n".encode(GB)),
         "第 4 行 读不了：不是 utf-8 编码的文字，文件可能混用了两种编码"),
    Case("quote never closed", text(table(*GOOD) + '3,"李四,,\n4,赵六,,\n'), "第 4 行起 读不了"),
    Case("lone carriage return", text(table(*GOOD) + "3,李\r四,,\n"), "单独的回车符"),
    Case("no bytes", raw(b""), "没有表头，文件可能是空的"),
    Case("no file", dict, "没有找到文件 *.csv"),
    Case("cut workbook", raw(b"PK\x03\x04 cut off", "a.xlsx"), "a.xlsx 读不了", stream=XLSX),
    Case("web page as workbook", raw(b"<html><table>", "a.xls"), "其实是网页",
         stream={"files": "*.xls"}),
    Case("cut JSON line", text(LINES[:-8], name="a.jsonl"), "a.jsonl 第 2 行 读不了",
         stream=JSONL),
    Case("no object in a JSON line", text(LINES + "[]", name="a.jsonl"), "不是一个 JSON 对象",
         stream=JSONL),
    Case("cut JSON", text(LIST[:-8], name="a.json"), "第 2 个对象 读不了", stream=JSON),
    Case("JSON nested too deeply", raw(b"[" * 200_000, "a.json"), "不是完整的 JSON", stream=JSON),
    Case("JSON without its list", text(f'{{"data":{{"rows":{LIST}}}}}', name="a.json"),
         "能找到的列表：data.rows", stream=JSON),
    Case("cut Parquet", lambda: parquet(cut=-30), "a.parquet 读不了", stream=PARQUET),
    # -- zips
    Case("zip bomb", raw(packed(("a.csv", b"\0" * (30 << 20))), "a.zip"), "压缩炸弹", stream=ZIP),
    Case("zip that lies of its size", lying, "压缩炸弹", stream=ZIP),
    Case("workbook bomb", raw(packed(("xl/sheet1.xml", b" " * (30 << 20))), "a.xlsx"), "压缩炸弹",
         stream=XLSX),
    Case("zip in a zip", raw(packed(("b.zip", packed(("a.csv", b"")))), "a.zip"),
         "里还有压缩包 b.zip", stream=ZIP),
    Case("locked zip", locked, "设了密码", stream=ZIP),
    Case("locked workbook", locked_xlsx, "设了打开密码", stream=XLSX),
    Case("locked workbook of 1997", locked_xls, "设了打开密码", stream={"files": "*.xls"}),
    Case("cut zip", raw(packed(("a.csv", b"1"))[:-9], "a.zip"), "压缩包损坏", stream=ZIP),
    Case("zip without a file for us", raw(packed(("a.docx", b"1")), "a.zip"), "没有能读的文件",
         stream=ZIP),
    Case("../ in a zip", raw(packed(("../../../a.csv", table(*GOOD).encode())), "a.zip"), "",
         counts=CLEAN, stream=ZIP),
    # -- templates that changed: refused, the column named
    Case("vanished column", text(table(["1", "张三丰", ZHANG], header=HEADER[:3])),
         "里没有列：电话（现有：编号、姓名、证件号）"),
    Case("renamed column", text(table(*GOOD, header=["编号", "名字", "证件号", "电话"])),
         "里没有列：姓名（现有：编号、名字、证件号、电话）"),
    Case("reordered columns", thirty([0, 2, 1, 3]), "原来「姓名」的位置现在是「证件号」",
         before=thirty([0, 1, 2, 3])),
    Case("shifted cells", shifted, "列「证件号」上次装的是证件号，这次大多不是",
         before=thirty([0, 1, 2, 3])),
    Case("column twice", text(table(["1", "张", "", "", "李"], header=[*HEADER, "姓名"])),
         "里有同名的列：姓名"),
    Case("sheet that is not there", sheet(HEADER, *GOOD), "没有工作表：名册（现有：Sheet）",
         stream={**XLSX, "sheets": ["名册"]}),
    Case("two tables in a sheet",
         sheet(HEADER, *GOOD, [], ["类别", "数量", "金额"], ["低保", 1, 2]),
         "第 5 行像是另一张表的表头", stream=XLSX),
    Case("another table below, with a title and a name of its own",
         sheet(HEADER, *GOOD, [], ["志愿者名册"], ["志愿者", "证件", "电话"], ["李四", "", "x"]),
         "第 6 行像是另一张表的表头", stream=XLSX),
    Case("two tables side by side", sheet([*HEADER, None, *HEADER], [*GOOD[0], None, *GOOD[1]]),
         "同名的列", stream=XLSX),
    Case("everybody gone", text(table()), "疑似来源被清空", before=text(table(*GOOD))),
    # -- read, and something is said of it
    Case("new column", text(table([*GOOD[0], "好"], [*GOOD[1], ""], header=[*HEADER, "备注"])),
         "文件多了列：备注", counts=CLEAN, before=text(table(*GOOD))),
    Case("no rows", text(table()), "", counts=Counts()),
    Case("totals and footers",
         sheet(["低保名册"], HEADER, *GOOD, ["合计", None, 2, None], ["填表人：李四"]),
         "略过合计行 1 行、表尾行 1 行", counts=CLEAN, stream=XLSX),
    Case("formula without a result",
         sheet(HEADER, [*GOOD[0][:3], '="138"&"12341234"'], GOOD[1]),
         "有 1 个公式没有算出结果", counts=CLEAN, stream=XLSX),
    Case("what Windows leaves in a folder",
         lambda: {"a.csv": table(*GOOD).encode(), "Thumbs.db": b"x", "desktop.ini": b"[x]"}, "",
         counts=CLEAN, stream={"files": "*"}),
    Case("ID number in a numeric cell",
         sheet(HEADER, ["1", "张三丰", 510107199003074512, None], GOOD[1]),
         "列「证件号」有 1 格是数字格式", counts=ONE_FLAGGED, stream=XLSX),
    Case("ID number with an exponent", named("张三丰", "5.10107E+17"), "末三位丢失",
         counts=ONE_FLAGGED),
    Case("ID number cut short", named("张三丰", "51010819530407"), "位数、校验码",
         counts=ONE_FLAGGED),
    Case("masked ID number", named("张三丰", "510108********1234"), "", counts=CLEAN),
    Case("masked name", named("张**"), "姓名已被脱敏", counts=ONE_FLAGGED),
    Case("phone that is none", text(table([*GOOD[0][:3], "12345"], GOOD[1])), "不是有效的手机号",
         counts=ONE_FLAGGED),
    Case("10 MB cell", named("张" * 3_500_000), "不像姓名", counts=ONE_FLAGGED),
    Case("NUL bytes", named("张\0三丰\0"), "", counts=CLEAN),
    Case("formula", named("=cmd|' /C calc'!A0"), "不像姓名", counts=ONE_FLAGGED),
    Case("SQL", named("Robert'); DROP TABLE residents;--"), "不像姓名", counts=ONE_FLAGGED),
    Case("path", named("../../etc/passwd"), "不像姓名", counts=ONE_FLAGGED),
    Case("beyond the BMP", named("𠮷野家"), "", counts=CLEAN),
    Case("name with a dot", named("买买提·吐尔逊"), "", counts=CLEAN),
    Case("nobody", text(table(["1", "", "", ""], GOOD[1])), "既没有姓名也没有证件号码",
         counts=Counts(clean=1, aside=1)),
    Case("no key", text(table(["", *GOOD[0][1:]], GOOD[1])), "没有记录键",
         counts=Counts(clean=1, aside=1)),
    Case("same key, other person", text(table(GOOD[0], ["1", *GOOD[1][1:]])), "",
         counts=Counts(clean=1, aside=1)),
    Case("same row twice", text(table(GOOD[0], *GOOD)), "", counts=Counts(clean=2, repeated=1)),
    Case("apostrophe, tab, full width",
         text(table(["1", "张三丰", f"'{ZHANG}", "１３８１２３４１２３４"],
                    ["2", "王小红", f"\t{WANG}", ""])), "", counts=CLEAN),
    Case("UTF-16", text(table(*GOOD), "utf-16"), "", counts=CLEAN),
    Case("UTF-8 with a mark", text(table(*GOOD, end="\r\n"), "utf-8-sig"), "", counts=CLEAN),
    Case("biometrics", text(table([*GOOD[0], "9j4AAQ"], [*GOOD[1], ""], header=[*HEADER, "人脸"])),
         "丢弃 人脸 1", counts=CLEAN, stream={"drop_columns": ["人脸"]}),
]  # fmt: skip
