"""YAML by libyaml where PyYAML was built with it, which is ten times as fast as Python's own."""

from typing import Any

import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse(text: str) -> Any:  # noqa: ANN401 (whatever the file holds)
    """Read one document; None where there is none.

    Raises:
        yaml.YAMLError: it is no YAML; `problem_mark` says where.
    """
    try:
        return yaml.load(text, Loader=LOADER)  # noqa: S506 (only safe loaders)
    except yaml.YAMLError:
        return yaml.safe_load(text)  # says more exactly where
