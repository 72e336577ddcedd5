"""What the API takes and gives, for its OpenAPI document. The fields are those of the standard."""

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from hub.platform_streams import Entity
from schemas.entities import FIELDS

TEXT = r"^[^\x00-\x1f\x7f]*$"
ID = r"^[A-Za-z0-9_\-]{1,40}$"
SKIPPED = ("record_key", "op", "row_hash", "row_no", "issues", "updated_at", "labels", "extras",
           "covers")  # fmt: skip
OURS: dict[Entity, dict[str, tuple[Any, str]]] = {
    "resident": {
        "resident_id": (str, "居民编码"), "household_id": (str | None, "户编码"),
        "dwelling_id": (str | None, "房屋编码"), "lives_here": (bool | None, "在此居住"),
        "place": (str | None, "小区或门牌"), "room_key": (str | None, "住房"),
        "stated_grid": (str | None, "平台所说的网格"), "records": (int, "记录数"),
        "platforms": (int, "平台数"), "valid_from": (str | None, "自何时起如此"),
    },
    "household": {
        "household_id": (str, "户编码"), "household_key": (str | None, "户的依据"),
        "head_resident_id": (str | None, "户主"), "dwelling_id": (str | None, "房屋编码"),
        "member_count": (int, "人数"),
    },
    "dwelling": {
        "dwelling_id": (str, "房屋编码"), "place": (str | None, "小区或门牌"),
        "room_key": (str | None, "住房"),
    },
    "grid": {},
    "event": {},
}  # fmt: skip


def _model(entity: Entity, name: str) -> type[BaseModel]:
    """Fields that the actor may not see are left out; masked ones are text."""
    parts: dict[str, Any] = {}
    for field, facts in FIELDS[entity].items():
        if field not in SKIPPED:
            kind = str | int | float | None
            parts[field] = (kind, Field(default=None, title=facts.title))
    for field, (kind, title) in OURS[entity].items():
        parts[field] = (kind | None, Field(default=None, title=title))
    return create_model(name, __config__=ConfigDict(extra="forbid"), **parts)


ResidentRow = _model("resident", "ResidentRow")
HouseholdRow = _model("household", "HouseholdRow")
DwellingRow = _model("dwelling", "DwellingRow")
GridRow = _model("grid", "GridRow")


class Given(BaseModel):
    """A request's body: an unknown key is a mistake."""

    model_config = ConfigDict(extra="forbid", str_max_length=200)


class Label(BaseModel):
    """One label of a resident."""

    label: str
    detail: str | None
    since: str | None
    until: str | None
    platform: str


class Extra(BaseModel):
    """附加项目: the newest word on an item besides the fields, clear or masked."""

    item: str = Field(description="项目名，见数据字典“附加项目”")
    value: str
    platform: str
    stream: str
    said_at: str


class Source(BaseModel):
    """One record behind a resident."""

    platform: str
    stream: str
    said_at: str | None


class ResidentView(BaseModel):
    """One resident. `resident_id` differs from the id asked for if that one was merged."""

    snapshot: int
    resident: ResidentRow  # type: ignore[valid-type]  # a model made at run time
    labels: list[Label]
    extras: list[Extra] = Field(description="看不到值的项目不在里面")
    members: list[ResidentRow]  # type: ignore[valid-type]  # a model made at run time
    sources: list[Source]


class ResidentPage(BaseModel):
    """Some residents; `next` is the cursor of the page behind, if there is one."""

    snapshot: int
    rows: list[ResidentRow]  # type: ignore[valid-type]  # a model made at run time
    next: str | None = None


class HouseholdView(BaseModel):
    """One household and its members in the scope."""

    snapshot: int
    household: HouseholdRow  # type: ignore[valid-type]  # a model made at run time
    members: list[ResidentRow]  # type: ignore[valid-type]  # a model made at run time
    outside: int = Field(description="不在管辖范围内的成员数")


class DwellingView(BaseModel):
    """One dwelling and who of the scope lives there."""

    snapshot: int
    dwelling: DwellingRow  # type: ignore[valid-type]  # a model made at run time
    residents: list[ResidentRow]  # type: ignore[valid-type]  # a model made at run time
    outside: int = Field(description="不在管辖范围内的居住人数")


class GridView(BaseModel):
    """One grid."""

    snapshot: int
    grid: GridRow  # type: ignore[valid-type]  # a model made at run time


class GridPage(BaseModel):
    """The grids of the scope."""

    snapshot: int
    rows: list[GridRow]  # type: ignore[valid-type]  # a model made at run time


class Search(Given):
    """Who is looked for: all that is given must fit; at least one of the first five."""

    resident_id: str | None = Field(default=None, pattern=ID)
    id_number: str | None = Field(default=None, min_length=6, max_length=40, pattern=TEXT)
    phone: str | None = Field(default=None, min_length=6, max_length=20, pattern=TEXT)
    name: str | None = Field(default=None, min_length=1, max_length=60, pattern=TEXT)
    residence_address: str | None = Field(default=None, min_length=2, max_length=200, pattern=TEXT)
    birth_date: date | None = None
    grid_code: str | None = Field(default=None, pattern=ID)
    limit: int = Field(default=20, ge=1, le=50)


class Claim(Given):
    """What is to be confirmed of one person."""

    field: Literal[
        "name", "sex_code", "birth_date", "birth_year", "phone", "residence_type_code", "grid_code",
        "marital_code", "employment_code", "lives_here", "label",
    ]  # fmt: skip
    value: str = Field(min_length=1, max_length=100, pattern=TEXT)


class Verify(Given):
    """One person, by number, or by name with phone or day of birth; and what is claimed of them."""

    id_number: str | None = Field(default=None, min_length=6, max_length=40, pattern=TEXT)
    name: str | None = Field(default=None, min_length=1, max_length=60, pattern=TEXT)
    phone: str | None = Field(default=None, min_length=6, max_length=20, pattern=TEXT)
    birth_date: date | None = None
    claims: list[Claim] = Field(min_length=1, max_length=10)


class Verified(BaseModel):
    """Each claim in its order: holds, does not, or nothing is held about it (null)."""

    snapshot: int
    resident_id: str
    holds: list[bool | None]


class Count(BaseModel):
    """One number."""

    name: str
    title: str
    value: int


class GridCount(BaseModel):
    """One grid's numbers."""

    grid_code: str
    name: str
    residents: int
    households: int


class Statistics(BaseModel):
    """The numbers of the caller's scope."""

    snapshot: int
    counts: list[Count]
    grids: list[GridCount]


class Token(BaseModel):
    """An access token (RFC 6749)."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  # no password: OAuth's word
    expires_in: int


class PlatformRow(BaseModel):
    """One platform: how fresh it is."""

    platform: str
    title: str
    department: str
    state: str
    last_sync: str | None
    records: int


class Platforms(BaseModel):
    """Every platform."""

    snapshot: int
    rows: list[PlatformRow]


class ExtractRow(BaseModel):
    """One extract that the caller's department may have."""

    extract: str
    title: str
    purpose: str
    basis: str
    mode: str
    formats: list[str]


class Extracts(BaseModel):
    """The caller's extracts."""

    rows: list[ExtractRow]


class File(BaseModel):
    """One file of a run."""

    name: str
    rows: int
    bytes: int
    sha256: str


class RunRow(BaseModel):
    """One run. `run` is its watermark once it is done."""

    run: str
    status: Literal["running", "done", "failed"]
    made_at: str | None = None
    mode: str | None = None
    rows: int | None = None
    detail: str | None = None
    files: list[File] = []


class Runs(BaseModel):
    """Runs, the oldest first."""

    rows: list[RunRow]


class FormRow(BaseModel):
    """One registered form of the caller's department."""

    form: str
    title: str
    period: str
    version: int
    items: list[str]


class Forms(BaseModel):
    """The caller's forms."""

    rows: list[FormRow]


class Feedback(Given):
    """校核纠错: a field of a resident is said to be wrong."""

    resident_id: str = Field(pattern=ID)
    field: str = Field(
        pattern=r"^(?:[a-z_]{1,40}|other:[^\x00-\x1f\x7f]{1,40})$",
        description="居民的字段名；附加项目写 other:项目名",
    )
    kind: Literal["wrong", "outdated", "died", "moved", "unknown"]
    proposed: str | None = Field(default=None, max_length=200, pattern=TEXT)


class FeedbackRow(BaseModel):
    """What became of it."""

    feedback: int
    status: str


class Health(BaseModel):
    """That the process answers, and from which snapshot."""

    status: Literal["ok", "no_data"]
    snapshot: int | None
