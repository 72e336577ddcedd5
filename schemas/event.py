"""The event 事项: what happened to somebody or at a place on a day: a visit, a ticket, a repair."""

from typing import Annotated

import polars as pl

from schemas.fields import described
from schemas.record import Addressed


class Event(Addressed):
    """One row per event of a platform. It says nothing of who somebody is, and joins nobody."""

    kind: str = described("事项类别", 2, description="走访、报事报修、诉求等，平台自己的说法")
    summary: str = described("事项内容", 3, mask="隐藏", description="原文，可能提到他人")
    status: str = described("办理状态", 2, description="平台自己的说法")
    happened_at: Annotated[pl.Datetime, "us", "UTC"] = described(
        "发生时间", 2, reads="moment", nullable=False, description="上报或上门的时间，协调世界时"
    )
    closed_at: Annotated[pl.Datetime, "us", "UTC"] = described(
        "办结时间", 2, reads="moment", description="协调世界时"
    )
    person_key: str = described(
        "平台内人员编号", 3, reads="given", mask="隐藏", description="同一平台居民数据流的记录键"
    )
    name: str = described("姓名", 3, reads="name", mask="张**", description="事项是谁的")
    id_number: str = described(
        "证件号码",
        4,
        reads="other_id_number",
        mask="510***********1234",
        description="只留有效号码",
    )
    phone: str = described("电话", 3, reads="phone", mask="138****1234")
    address: str = described("地址", 3, reads="address", mask="只到楼栋", description="原文")
