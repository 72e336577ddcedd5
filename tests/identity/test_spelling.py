"""The forms of a name do without a dictionary of phrases; who needs phrases still has them."""

import subprocess
import sys
from pathlib import Path

ORDERS = {
    "names first": "from identity.spelling import READINGS; '长'.translate(READINGS)\n",
    "names last": "",
}
ASK = """
import schemas.matching.lexicon
from pypinyin import lazy_pinyin
from identity.spelling import name_forms
print(lazy_pinyin("银行长期"), name_forms(["曾长江", "买买提·吐尔逊"])["sound"].to_pylist())
"""


def test_readings_do_not_depend_on_who_asks_first() -> None:
    said = {
        name: subprocess.run(
            [sys.executable, "-c", first + ASK],
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for name, first in ORDERS.items()
    }
    assert said["names first"] == said["names last"]
    assert "'yin', 'hang', 'chang', 'qi'" in said["names first"]
