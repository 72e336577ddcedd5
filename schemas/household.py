"""The household 户: a relation between people, as a register states it."""

import polars as pl

from schemas.checked import pa
from schemas.fields import code, described
from schemas.record import Addressed


class Household(Addressed):
    """One row per household of a platform; never made from a shared address or phone."""

    household_no: str = described("户号", 3, owner="公安", description="户籍登记的户号")
    head_name: str = described("户主姓名", 3, reads="name", mask="张**", owner="公安")
    head_id_number: str = described(
        "户主证件号码",
        4,
        reads="other_id_number",
        owner="公安",
        mask="510***********1234",
        description="只留有效号码",
    )
    household_type_code: str = code("户类型", 2, "household_type")
    address: str = described("地址", 3, reads="address", mask="只到楼栋", description="原文")
    grid_code: str = described("网格", 2, description="网格编码")

    @pa.dataframe_check(error="household_without_identity", n_failure_cases=1)
    def somebody(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 — pandera's class method
        """A household has a number or a head."""
        known = [pl.col(c).is_not_null() for c in ("household_no", "head_name", "head_id_number")]
        return data.lazyframe.select(pl.any_horizontal(known))
