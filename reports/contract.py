"""What an extract promises: an ODCS 3.1 data contract and a Frictionless data package."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reports.extract_file import Extract
from reports.items import facts_of_item
from schemas.codes import code_sets
from schemas.entities import STANDARD_VERSION

CLASSES = {1: "公开", 2: "内部", 3: "个人信息", 4: "敏感个人信息"}
MEDIA = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
    "json": "application/x-ndjson",
}
OURS = {
    "resident_id": ("居民编码", 2, "string"),
    "watermark": ("水印：这一份交给了谁", 1, "string"),
    "change": ("变化：added 新增、changed 更改、removed 去除", 1, "string"),
    "redirected_to": ("去除是因为并入了哪个居民编码", 2, "string"),
    "persons": ("人数；空白是因人数太少而隐去", 1, "integer"),
}
"""Columns that are no field of the extract's file."""


@dataclass(frozen=True)
class Promised:
    """One column as it is in the data."""

    name: str
    title: str
    level: int
    kind: str  # string, date, integer
    masked: bool = False
    codes: tuple[str, ...] = ()


def promised(one: Extract, columns: Sequence[str]) -> list[Promised]:
    """Describe each column of the data."""
    fields = {each.column: each for each in one.fields}
    found = []
    for name in columns:
        if name in OURS and name not in fields:
            title, level, kind = OURS[name]
            found.append(Promised(name, title, level, kind))
            continue
        item = fields[name].item if name in fields else name
        facts = facts_of_item(item)
        masked = name in fields and (fields[name].mask or one.public) and bool(facts.mask)
        coded = name in fields and fields[name].codes == "codes" and facts.code_set is not None
        codes = tuple(code_sets()[str(facts.code_set)].codes) if coded else ()
        kind = "integer" if facts.kind == "number" and not masked else "string"
        iso = name in fields and fields[name].date == "YYYY-MM-DD"
        kind = "date" if facts.kind == "date" and iso and not masked else kind
        found.append(Promised(name, facts.title, facts.level, kind, masked, codes))
    return found


def contract(one: Extract, columns: Sequence[Promised], files: Sequence[str]) -> dict[str, Any]:
    """The contract as ODCS 3.1 has it."""
    made: dict[str, Any] = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": f"community-data-hub.{one.extract}",
        "name": one.title,
        "version": f"{STANDARD_VERSION}.0.0",
        "status": "active",
        "domain": "社区治理",
        "dataProduct": one.extract,
        "description": {
            "purpose": one.purpose,
            "usage": f"只供{one.recipient.department}用于：{one.purpose}。"
            f"依据：{one.basis.document}。",
            "limitations": "不得用于其他目的，不得转给他人；每一份有水印，可查到交给了谁。",
        },
        "servers": [
            {"server": name.rpartition(".")[2], "type": "local", "path": name,
             "format": name.rpartition(".")[2]}
            for name in files
        ],
        "schema": [_table(one, columns)],
        "roles": [{"role": one.recipient.department, "access": "read"}],
        "customProperties": [
            {"property": "legalBasis", "value": one.basis.document},
            {"property": "population", "value": one.population},
            {"property": "scope", "value": one.scope or ""},
        ],
    }  # fmt: skip
    if one.schedule:
        made["slaProperties"] = [{"property": "frequency", "value": one.schedule, "unit": "cron"}]
    return made


def _table(one: Extract, columns: Sequence[Promised]) -> dict[str, Any]:
    return {
        "name": one.extract.replace("-", "_"),
        "businessName": one.title,
        "logicalType": "object",
        "physicalType": "file",
        "dataGranularityDescription": "一行一个分组" if one.count_by else "一行一个居民",
        "properties": [_property(each) for each in columns],
    }


def _property(column: Promised) -> dict[str, Any]:
    key = column.name == "resident_id"
    made: dict[str, Any] = {
        "name": column.name,
        "businessName": column.title,
        "logicalType": column.kind,
        "physicalType": {"integer": "bigint", "date": "date"}.get(column.kind, "varchar"),
        "required": key,
        "classification": CLASSES[column.level],
    }
    if key:
        made |= {"primaryKey": True, "primaryKeyPosition": 1, "unique": True}
    if column.masked:
        made["transformDescription"] = "已脱敏"
    if column.codes:
        made["quality"] = [
            {"type": "library", "metric": "invalidValues", "mustBe": 0,
             "arguments": {"validValues": list(column.codes)}}
        ]  # fmt: skip
    return made


def datapackage(
    one: Extract, columns: Sequence[Promised], files: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """The package as Frictionless has it; `files` are the manifest's."""
    fields = [
        {"name": each.name, "type": each.kind, "title": each.title}
        | (
            {"constraints": {"required": True, "unique": True}}
            if each.name == "resident_id"
            else {}
        )
        for each in columns
    ]
    schema = {"fields": fields, "missingValues": [""]}
    if any(each.name == "resident_id" for each in columns):
        schema["primaryKey"] = ["resident_id"]
    return {
        "name": one.extract,
        "title": one.title,
        "description": f"{one.purpose}。依据：{one.basis.document}。",
        "resources": [_resource(one, file, schema) for file in files],
    }


def _resource(one: Extract, file: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    kind = str(file["name"]).rpartition(".")[2]
    made = {
        "name": f"{one.extract}-{kind}",
        "path": file["name"],
        "format": "ndjson" if kind == "json" else kind,
        "mediatype": MEDIA[kind],
        "schema": schema,
    }
    if (
        kind != "parquet"
    ):  # Frictionless does not count a Parquet file's bytes; the manifest has them
        made |= {"bytes": file["bytes"], "hash": f"sha256:{file['sha256']}"}
    return made | ({"encoding": one.encoding} if kind in ("csv", "json") else {})
