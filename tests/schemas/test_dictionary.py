"""The prose keeps up with the code: the dictionary is current, every reason is explained."""

import re
from pathlib import Path

from pipelines.standardise import ASIDE
from schemas.contract import REASONS
from schemas.dictionary import PATH, dictionary
from schemas.entities import FIELDS
from schemas.reasons import in_chinese, reasons

CODE = Path(PATH.parents[1] / "schemas")
A_REASON = re.compile(r'(?:lit|_instead)\([^"()]*"([a-z0-9]+(?:_[a-z0-9]+)+)"|error="([a-z_]+)"')
NO_REASONS = {"check_failed", "record_key"}  # a status and a field


def said_in_code() -> set[str]:
    """Reasons in calls and constants of the schemas' code."""
    text = "\n".join(p.read_text(encoding="utf-8") for p in CODE.glob("*.py"))
    in_calls = {one or other for one, other in A_REASON.findall(text)}
    constants = {"disagrees_with_id_number", *REASONS.values()}
    refusals = set(re.findall(r'"(no_[a-z_]+)"', text))
    by_the_pull = set(ASIDE.values()) - {"withdrawn"}  # which is of no row that is set aside
    return (in_calls | constants | refusals | by_the_pull) - NO_REASONS


def test_the_dictionary_is_current() -> None:
    assert PATH.read_text(encoding="utf-8") == dictionary(), "run python -m schemas.dictionary"


def test_every_reason_is_explained_and_every_explanation_is_used() -> None:
    assert set(reasons()) == said_in_code()
    for reason in reasons().values():
        assert reason.zh
        assert reason.advice


def test_a_reason_in_chinese() -> None:
    assert in_chinese("no_address").startswith("没有地址")
    assert in_chinese("from_a_later_version") == "from_a_later_version"


def test_every_field_has_a_title_and_sensitive_fields_a_mask() -> None:
    for fields in FIELDS.values():
        for facts in fields.values():
            assert facts.title
            assert facts.mask or facts.level < 4 or facts.reads == "code", facts.name
