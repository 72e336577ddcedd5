"""The grid 网格: every grid belongs to exactly one community, and covers buildings."""

from typing import Annotated

import polars as pl

from schemas.checked import pa
from schemas.fields import code, described
from schemas.record import Record
from schemas.resident import PHONE

Cover = pl.Struct(dict.fromkeys(("road", "door_no", "compound", "building"), pl.String))


class Grid(Record):
    """One row per grid of a platform (GB/T 34300-2017)."""

    grid_code: str = described("网格编码", 2, description="12 位社区代码加 3 位，或平台自己的编码")
    name: str = described("网格名称", 1)
    community_code: str = described(
        "社区代码",
        1,
        reads="division",
        str_matches=r"^[0-9]{12}$",
        description="12 位；没有时取 15 位网格编码的前 12 位",
    )
    grid_type_code: str = code("网格类型", 1, "grid_type")
    worker_name: str = described("网格员", 3, reads="name", mask="张**")
    worker_phone: str = described(
        "网格员电话", 3, reads="phone", mask="138****1234", str_matches=PHONE
    )
    buildings: str = described("覆盖楼栋", 2, reads="covers", description="原文")
    covers: Annotated[pl.List, Cover] = described(
        "覆盖范围", 2, reads="computed", description="由覆盖楼栋解析；1-8栋 展开为八条"
    )
    area_hectare: float = described("面积（公顷）", 1, reads="hectare", in_range=(0, 1_000_000))

    @pa.dataframe_check(error="grid_without_code", n_failure_cases=1)
    def coded(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 — pandera's class method
        """A grid has a code."""
        return data.lazyframe.select(pl.col("grid_code").is_not_null())
