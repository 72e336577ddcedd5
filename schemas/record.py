"""What every core record carries: where it came from, and what is odd in it."""

from typing import Annotated

import polars as pl

from schemas.checked import pa
from schemas.fields import described

Issue = pl.Struct({"field": pl.String, "raw": pl.String, "reason": pl.String})
ISSUES = pl.List(Issue)


class Record(pa.DataFrameModel):
    """One row of a batch. Grain: one row per record key and batch."""

    record_key: str = described(
        "记录键", 2, reads="computed", nullable=False, str_length=(1, 4000),
        mask="张**|510***********1234",
    )  # fmt: skip
    op: str = described(
        "操作",
        1,
        reads="computed",
        nullable=False,
        isin=["upsert", "delete"],
        description="upsert 新增或更新；delete 平台已删除",
    )
    row_hash: str = described("行指纹", 2, reads="computed", description="原文未变则不变")
    row_no: int = described("行号", 1, reads="computed", description="原始批次文件中的行号")
    updated_at: Annotated[pl.Datetime, "us", "UTC"] = described(
        "更新时间", 1, reads="moment", description="平台自己的更新时间，协调世界时"
    )
    issues: Annotated[pl.List, Issue] = described(
        "问题", 4, reads="computed", mask="隐藏", description="字段、原文、原因；原文可能是敏感信息"
    )

    class Config:
        """No other columns."""

        strict = True


class Addressed(Record):
    """A record with one address, taken apart by the one parser."""

    road: str = described("路街巷", 3, reads="part")
    door_no: str = described("门牌号", 3, reads="part", description="附号写作 10附3")
    compound: str = described("小区", 2, reads="part")
    building: str = described("栋", 3, reads="part")
    unit: str = described("单元", 3, reads="part", mask="隐藏")
    room: str = described("室", 3, reads="part", mask="隐藏", description="三楼六号写作 306")
    floor: str = described("楼层", 3, reads="part", mask="隐藏", description="原文写明才有")
