"""The dwelling 房屋: one row per address that a platform lists as a place to live."""

import polars as pl

from schemas.checked import pa
from schemas.fields import described
from schemas.record import Addressed


class Dwelling(Addressed):
    """A place, and the division and grid that a platform puts it in."""

    division_code: str = described(
        "区划代码",
        1,
        reads="division",
        str_matches=r"^[0-9]{12}$",
        description="12 位，由运营单位提供",
    )
    address: str = described("地址", 3, reads="address", mask="只到楼栋", description="原文")
    grid_code: str = described("网格", 2, description="网格编码")

    @pa.dataframe_check(error="dwelling_without_address", n_failure_cases=1)
    def somewhere(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 — pandera's class method
        """A dwelling has an address, or at least a part of one."""
        known = [pl.col(c).is_not_null() for c in ("address", "building", "road", "compound")]
        return data.lazyframe.select(pl.any_horizontal(known))
