"""A small real source for each template: the columns that it names, filled with made-up people.

Column to a way of writing of `tests.matching.people`; `_` before a column's way: not mapped.
"""

import csv
import hashlib
import hmac
import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from openpyxl import Workbook

from tests.matching.people import cells

ROWS = 40
SECRET = "sesame"
Columns = Mapping[str, str]

PUBLIC_SECURITY = {
    "RYBH": "uuid", "XM": "name", "ZJLX": "id_type_code", "GMSFHM": "id", "XB": "sex_12",
    "CSRQ": "birth_compact", "MZ": "nation_code", "HYZK": "marital_code", "WHCD": "edu_code",
    "LXDH": "phone", "HJDZ": "hukou", "XZZ": "address_full", "HH": "household_no",
    "YHZGX": "relation_code", "SWRQ": "died", "QCRQ": "died", "ZP": "face", "ZXBZ": "flag_01",
    "GXSJ": "updated",
}  # fmt: skip
RELIEF = {
    "序号": "int_seq", "救助证号": "code_seq", "申请人/姓名": "name", "申请人/身份证号": "id",
    "申请人/性别": "sex_zh", "申请人/年龄": "age", "联系人/姓名": "other_name",
    "联系人/手机": "other_phone", "家庭住址": "address_short", "救助类别": "relief_zh",
    "享受起始时间": "date_recent",
}  # fmt: skip
ALLOWANCE = {
    "序号": "int_seq", "老人姓名": "name", "身份证号码": "id", "出生日期": "birth_zh",
    "现住址": "address_full", "享受起始时间": "date_recent", "月津贴": "amount",
}  # fmt: skip
HEALTH = {
    "archive_no": "code_seq", "patient_name": "name", "id_card": "id", "sex": "sex_zh",
    "birthday": "birth_iso", "nation": "nation_zh", "marriage": "marital_listed",
    "education": "edu_zh", "occupation": "employment_zh", "tel": "phone",
    "register_address": "hukou", "live_address": "address_full", "blood_type": "blood",
    "is_hypertension": "flag_01", "chronic_note": "reason", "live_alone": "flag_01",
    "archive_status": "constant:1", "update_time": "updated",
}  # fmt: skip
HUMAN_RESOURCES = {
    "pch": "batch", "grbh": "code_seq", "xm": "name", "shbzhm": "id", "xb": "sex_12",
    "csrq": "birth_compact", "mz": "nation_code", "jyzt": "employment_code", "lxdh": "phone",
    "hkszd": "hukou", "czdz": "address_full", "dwmc": "org", "czlx": "constant:U",
}  # fmt: skip
HOUSING_FUND = {
    "grzh": "code_seq", "xm": "name", "zjlx": "id_type_zh", "zjhm": "id", "xb": "sex_12",
    "csny": "birth_ym", "hyzk": "marital_zh", "zhiye": "employment_zh", "sjhm": "phone",
    "jtzz": "address_full", "dwmc": "org", "jcjs": "amount",
}  # fmt: skip
MEDICAL = {
    "psn_no": "code_seq", "psn_name": "name", "psn_cert_type": "constant:01", "certno": "id",
    "gend": "sex_12", "naty": "nation_code", "brdy": "birth_iso", "tel": "phone",
    "resd_addr": "hukou", "live_addr": "address_full", "insutype": "insurance",
    "vali_flag": "constant:1", "updt_time": "updated",
}  # fmt: skip
POWER = {
    "用户编号": "code_seq", "用户名称": "name", "证件号码": "id_masked", "移动电话": "phone",
    "固定电话": "landline", "用电地址": "address_full", "用电类别": "house_use",
}  # fmt: skip
GAS = {
    "表号": "code_seq", "户名": "name", "联系方式": "phone", "小区": "compound",
    "楼栋": "building", "单元": "unit", "房号": "room", "用气性质": "house_use",
}  # fmt: skip
CABLE = {
    "智能卡号": "code_seq", "客户姓名": "name", "身份证号码": "id_truncated", "移动电话": "phone",
    "固定电话": "landline", "安装地址": "address_full", "套餐名称": "house_use",
}  # fmt: skip
DISABLED = {
    "序号": "int_seq", "残疾人证号": "disability_card", "姓名": "name", "身份证号码": "id",
    "性别": "sex_zh", "出生日期": "birth_zh", "联系电话": "phone", "监护人/姓名": "other_name",
    "监护人/联系电话": "other_phone", "户籍地址": "hukou", "现住址": "address_full",
    "残疾类别": "disability_zh", "残疾等级": "level_zh", "发证日期": "date_recent",
    "有效期至": "date_recent", "是否低保": "yes_no",
}  # fmt: skip
PROPERTY = {
    "ownerId": "uuid", "ownerName": "name", "certNo": "id_masked", "ownerSex": "sex_01",
    "linkPhone": "phone", "house.estateName": "compound", "house.buildingNo": "building_mark",
    "house.unitNo": "unit_mark", "house.roomNo": "room", "faceImage": "face",
    "modifyTime": "updated",
}  # fmt: skip
DOOR = {
    "卡号": "code_seq", "姓名": "name", "证件号码": "id_masked", "性别": "sex_zh",
    "手机号": "phone", "小区": "compound", "房号": "room_combo", "人脸照片": "face",
}  # fmt: skip
ELDERS = {
    "id": "uuid", "elder.name": "name", "elder.idCard": "id", "elder.gender": "sex_zh",
    "elder.birth": "birth_iso", "elder.phone": "phone", "contact.phone": "other_phone",
    "address.full": "address_full", "care.tags": "tags_dun",
}  # fmt: skip
HOTLINE = {
    "工单编号": "code_seq", "来电人": "name", "来电号码": "phone", "诉求类型": "org",
    "诉求内容": "reason", "事发地址": "address_full", "受理时间": "updated", "办结时间": "updated",
    "办理状态": "constant:已办结",
}  # fmt: skip
USERS = {
    "pch": "batch", "yhid": "code_seq", "xm": "name", "sfzh": "id", "sjh": "phone",
    "dz": "address_full", "bq": "tags_bar", "czlx": "constant:I",
}  # fmt: skip
PARTY = {
    "pch": "batch", "dyid": "code_seq", "xm": "name", "sfzh": "id", "sjh": "phone",
    "dzb": "org", "rdrq": "date_recent", "czlx": "constant:I",
}  # fmt: skip


def rows_of(columns: Columns) -> list[tuple[str | None, ...]]:
    return list(zip(*(cells(kind, ROWS) for kind in columns.values()), strict=True))


def sqlite(path: Path, tables: Mapping[str, Columns], *, batches: bool = False) -> str:
    with sqlite3.connect(path) as made:
        for name, columns in tables.items():
            made.execute(f"CREATE TABLE {name} ({', '.join(columns)})")
            marks = ",".join("?" * len(columns))
            made.executemany(f"INSERT INTO {name} VALUES ({marks})", rows_of(columns))
            if batches:
                made.execute(
                    f"CREATE TABLE {name}_batch AS "
                    f"SELECT pch, count(*) AS sjl, '1' AS zt FROM {name} GROUP BY pch"
                )
        if batches and "exch_sb_person" in tables:
            made.execute("ALTER TABLE exch_sb_person_batch RENAME TO exch_sb_batch")
    made.close()
    return f"sqlite:///{path}"


def text(path: Path, columns: Columns, *, encoding: str, delimiter: str = ",") -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([[*columns], *rows_of(columns)])


def workbook(path: Path, sheets: Mapping[str, Columns]) -> None:
    """A title over the table, and two header rows with merged cells, as people make them."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, columns in sheets.items():
        sheet = book.create_sheet(title)
        sheet.append([f"某社区{title}花名册"])
        sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(columns))
        upper = [name.partition("/")[0] for name in columns]
        sheet.append(upper)
        sheet.append([name.partition("/")[2] or None for name in columns])
        for at, name in enumerate(columns, start=1):
            if "/" not in name:
                sheet.merge_cells(start_row=2, start_column=at, end_row=3, end_column=at)
        for group in {name for name in upper if any(c.startswith(f"{name}/") for c in columns)}:
            places = [at for at, name in enumerate(upper, start=1) if name == group]
            sheet.merge_cells(start_row=2, start_column=places[0], end_row=2, end_column=places[-1])
        for row in rows_of(columns):
            sheet.append(row)
    book.save(path)


def objects(columns: Columns) -> list[dict[str, Any]]:
    made = []
    for row in rows_of(columns):
        one: dict[str, Any] = {}
        for name, value in zip(columns, row, strict=True):
            *outer, inner = name.split(".")
            place = one
            for step in outer:
                place = place.setdefault(step, {})
            place[inner] = value
        made.append(one)
    return made


def lines(path: Path, columns: Columns) -> None:
    path.write_text(
        "\n".join(json.dumps(one, ensure_ascii=False) for one in objects(columns)), "utf-8"
    )


class Vendor(BaseHTTPRequestHandler):
    """Both vendors' interfaces; the signatures are computed here by code of its own."""

    owners: Sequence[dict[str, Any]]
    insured: Sequence[dict[str, Any]]

    def do_GET(self) -> None:
        given = dict(parse_qsl(urlsplit(self.path).query))
        sign = given.pop("sign", "")
        pairs = "&".join(f"{k}={quote(v, safe='')}" for k, v in sorted(given.items()))
        wanted = hashlib.md5(f"{pairs}&app_secret={SECRET}".encode()).hexdigest().upper()
        if sign != wanted:
            return self._answer({"code": "401", "msg": "签名错误"})
        page = _page(self.owners, int(given["pageNo"]), int(given["pageSize"]))
        data = {"records": page, "total": len(self.owners)}
        return self._answer({"code": "0", "msg": "ok", "data": data})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        signed = {k: str(v) for k, v in body.items()}
        stamps = ("x-tif-timestamp", "x-tif-nonce")
        signed |= {name: self.headers[name] for name in stamps}
        joined = "&".join(f"{k}={v}" for k, v in sorted(signed.items()))
        wanted = hmac.new(SECRET.encode(), joined.encode(), "sha256").hexdigest()
        if self.headers["x-tif-signature"] != wanted:
            return self._answer({"code": 401, "message": "签名错误"})
        page = _page(self.insured, body["pageNum"], body["pageSize"])
        data = {"list": page, "recordCounts": len(self.insured)}
        return self._answer({"code": 0, "message": "成功", "data": data})

    def _answer(self, answer: object) -> None:
        content = json.dumps(answer, ensure_ascii=False).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


def _page(rows: Sequence[dict[str, Any]], number: int, size: int) -> Sequence[dict[str, Any]]:
    return rows[(number - 1) * size : number * size]


def _power_and_gas(folder: Path) -> None:
    text(folder / "电力202511.csv", POWER, encoding="gb18030")
    workbook(folder / "燃气202511.xlsx", {"用户": GAS})


FILES: dict[str, Callable[[Path], None]] = {
    "civil_affairs": lambda folder: workbook(
        folder / "11月.xlsx", {"低保低边": RELIEF, "特困": RELIEF, "高龄津贴": ALLOWANCE}
    ),
    "power_and_gas": _power_and_gas,
    "cable": lambda folder: text(folder / "用户.txt", CABLE, encoding="utf-16", delimiter="\t"),
    "disabled_federation": lambda folder: workbook(folder / "持证.xlsx", {"持证": DISABLED}),
    "door_entry": lambda folder: text(folder / "名单.csv", DOOR, encoding="gb18030"),
    "hotline": lambda folder: workbook(folder / "工单.xlsx", {"工单": HOTLINE}),
    "elderly_care": lambda folder: lines(folder / "elders-1.jsonl", ELDERS),
}
TABLES: dict[str, Mapping[str, Columns]] = {
    "public_security": {"T_RK_CZRKJBXX": PUBLIC_SECURITY},
    "health": {"ehr_archive": HEALTH},
    "housing_fund": {"v_gjj_jcr": HOUSING_FUND},
}
BATCHES: dict[str, Mapping[str, Columns]] = {
    "human_resources": {"exch_sb_person": HUMAN_RESOURCES},
    "village_link": {"exch_users": USERS, "exch_party": PARTY},
}
VENDORS = ("property", "medical_insurance")
