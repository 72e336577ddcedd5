"""Every setting of forms and extracts is told of in the document that officers read."""

import re
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from reports import extract_file, form_file
from reports.formats import DATES

TEXT = (Path(__file__).parents[2] / "docs" / "forms.md").read_text(encoding="utf-8")
MODELS: list[type[BaseModel]] = [
    form_file.FormFile, form_file.Sheet, form_file.Column, form_file.Line,
    extract_file.Extract, extract_file.Recipient, extract_file.Basis, extract_file.ExtractField,
]  # fmt: skip


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_setting_is_named(model: type[BaseModel]) -> None:
    missing = [one for one in model.model_fields if not re.search(rf"\b{one}\b", TEXT)]
    assert not missing


def test_every_format_of_dates_that_is_named_exists() -> None:
    (line,) = [line for line in TEXT.splitlines() if line.startswith("`date` 可以写")]
    named = re.findall(r"`(YY[^`]+)`", line)
    assert named
    assert set(named) <= set(DATES)


def test_the_examples_are_right() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", TEXT, re.S)
    form, extract, delivery = (yaml.safe_load(one) for one in blocks)
    assert form_file.FormFile.model_validate(form).sheets[0].columns[2].boxes == 18
    assert extract_file.Extract.model_validate(extract).mode == "changes"
    places = extract_file.Extract.model_validate(extract | delivery).deliver
    assert [one.kind for one in places] == ["files", "files", "database"]
