"""A little of Chengdu in every layout in which division codes circulate."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

from openpyxl import Workbook

NAMES = {
    "51": "四川省",
    "5101": "成都市",
    "510104": "锦江区",
    "510108": "成华区",
    "510104020": "春熙路街道",
    "510108019": "青龙街道",
    "510108019006": "甲社区居委会",
    "510108019007": "𠮷祥社区居委会",
    "510104020001": "乙社区居委会",
}
FULL = {f"{code:0<12}": name for code, name in NAMES.items()}
PARENT = {2: 0, 4: 2, 6: 4, 9: 6, 12: 9}
LEVELS = {2: "省", 4: "市", 6: "县", 9: "乡镇", 12: "村居"}


def parent(code: str) -> str:
    return code[: PARENT[len(code)]]


def with_parents() -> list[list[str]]:
    return [[code, name, parent(code)] for code, name in NAMES.items()]


def csv_short(path: Path) -> None:
    lines = ["code,name,parentCode", *(f'{c},"{n}",{p}' for c, n, p in with_parents())]
    path.write_text("\n".join(lines), encoding="utf-8")


def csv_gb18030(path: Path) -> None:
    lines = ["统计用区划代码,城乡分类代码,名称", *(f"{c},111,{n}" for c, n in FULL.items())]
    path.write_bytes("\r\n".join(lines).encode("gb18030"))


def csv_levels(path: Path) -> None:
    """Names of every level in columns of their own, the code last; and a column that is no name."""
    lines = ["省,市,县,乡镇,村居,级别,代码"]
    for code in NAMES:
        cells = [NAMES.get(code[:n], "") if len(code) >= n else "" for n in LEVELS]
        lines.append(",".join([*cells, LEVELS[len(code)], f"{code:0<12}"]))
    path.write_text("\n".join(lines), encoding="utf-8-sig")


def text_blanks(path: Path) -> None:
    path.write_text("\n".join(f"{c}  {n}" for c, n in FULL.items()), encoding="utf-8")


def text_utf16(path: Path) -> None:
    path.write_text("\n".join(f"{n}\t{c}" for c, n in FULL.items()), encoding="utf-16")


def csv_levels_coded(path: Path) -> None:
    """A line for each village, with the codes and names of all that it lies in."""
    titles = [f"{level}代码,{level}名称" for level in LEVELS.values()]
    lines = [",".join(titles)]
    for code in NAMES:
        if len(code) == 12:
            lines.append(",".join(f"{code[:n]},{NAMES[code[:n]]}" for n in LEVELS))
    path.write_text("\n".join(lines), encoding="utf-8")


def csv_parents_named(path: Path) -> None:
    lines = ["行政区划代码,行政区划名称,上级区划代码,上级区划名称"]
    lines += [f"{c},{n},{p},{NAMES.get(p, '')}" for c, n, p in with_parents()]
    path.write_text("\n".join(lines), encoding="utf-8")


def csv_kept_from_excel(path: Path) -> None:
    lines = ["代码,名称", *(f'="{c}",{n}' for c, n in FULL.items())]
    path.write_text("\n".join(lines), encoding="utf-8")


def json_named_by_code(path: Path) -> None:
    def below(code: str) -> dict[str, object]:
        return {
            c: {"name": n, "child": below(c)} for c, n in NAMES.items() if parent(c) == code
        }  # fmt: skip

    path.write_text(json.dumps(below(""), ensure_ascii=False), encoding="utf-8")


def json_lines(path: Path) -> None:
    rows = [{"code": c, "name": n} for c, n in NAMES.items()]
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")


def json_list(path: Path) -> None:
    rows = [{"code": c, "name": n, "provinceCode": c[:2]} for c, n in NAMES.items()]
    path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")


def json_children(path: Path) -> None:
    def below(code: str) -> list[dict[str, object]]:
        return [
            {"code": c, "name": n, "children": below(c)}
            for c, n in NAMES.items()
            if parent(c) == code
        ]

    path.write_text(json.dumps(below(""), ensure_ascii=False), encoding="utf-8")


def json_cascader(path: Path) -> None:
    def below(code: str) -> list[dict[str, object]]:
        return [
            {"value": f"{c:0<12}", "label": n} | ({"children": kids} if (kids := below(c)) else {})
            for c, n in NAMES.items()
            if parent(c) == code
        ]

    path.write_text(json.dumps({"data": below("")}, ensure_ascii=False), encoding="utf-8")


def json_map(path: Path) -> None:
    found: dict[str, dict[str, str]] = {}
    for code, name in NAMES.items():
        found.setdefault(parent(code) or "86", {})[code] = name
    path.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")


def sql_insert(path: Path) -> None:
    rows = ",\n".join(f"('{c}', '{n}', '{p}', NULL, 0)" for c, n, p in with_parents())
    head = "CREATE TABLE `area` (`code` varchar(12), `name` varchar(99));\n"
    path.write_text(
        f"{head}INSERT INTO `area` (`code`, `name`, `parent`, `note`, `n`) VALUES\n{rows};\n",
        encoding="utf-8",
    )


def sql_copy(path: Path) -> None:
    rows = "\n".join(f"{n}\t{p or chr(92) + 'N'}\t{c}" for c, n, p in with_parents())
    head = "COPY public.area (name, parent, code) FROM stdin;"
    path.write_text(f"-- INSERT INTO x VALUES\n{head}\n{rows}\n\\.\n", encoding="utf-8")


def sqlite_tables(path: Path) -> None:
    with sqlite3.connect(path) as database:
        for digits in LEVELS:
            database.execute(f"CREATE TABLE l{digits} (code VARCHAR PRIMARY KEY, name, parentCode)")
            rows = [(c, n, parent(c)) for c, n in NAMES.items() if len(c) == digits]
            database.executemany(f"INSERT INTO l{digits} VALUES (?, ?, ?)", rows)
    database.close()


def excel(path: Path) -> None:
    """A title, a header, codes as numbers (12 digits survive), a total below."""
    book = Workbook()
    book.active.append(["成都市区划代码表"])
    book.active.append(["序号", "区划代码", "名称", "级别"])
    for number, (code, name) in enumerate(FULL.items(), 1):
        book.active.append([number, int(code), name, "县"])
    book.active.append(["合计", None, f"{len(FULL)} 个"])
    book.save(path)


LAYOUTS: dict[str, Callable[[Path], None]] = {
    "short.csv": csv_short,
    "gb18030.csv": csv_gb18030,
    "levels.csv": csv_levels,
    "levels_coded.csv": csv_levels_coded,
    "parents_named.csv": csv_parents_named,
    "kept.csv": csv_kept_from_excel,
    "named_by_code.json": json_named_by_code,
    "lines.json": json_lines,
    "blanks.txt": text_blanks,
    "utf16.txt": text_utf16,
    "list.json": json_list,
    "children.json": json_children,
    "cascader.json": json_cascader,
    "map.json": json_map,
    "insert.sql": sql_insert,
    "copy.sql": sql_copy,
    "tables.sqlite": sqlite_tables,
    "book.xlsx": excel,
}
