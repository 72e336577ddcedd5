"""Judges many work copies in one process, for the tests: the import takes seconds each time.

One request a line on stdin, one answer a line on stdout, as in `warehouse.gate_process`. The
request `{"missing_column": true}` asks the engine for a column that is not there.
"""

import json
import os
import sys
import traceback
from dataclasses import asdict

os.environ["GX_ANALYTICS_ENABLED"] = "false"


def main() -> None:
    from hub.errors import HubError
    from warehouse.gates import GateRequest
    from warehouse.suites import judge

    for line in sys.stdin:
        try:
            if "missing_column" in line:
                evaluate_missing_column()
            answer: dict[str, object] = asdict(judge(GateRequest.from_json(line)))
        except HubError as error:
            answer = {"error": str(error), "kind": type(error).__name__, "zh": error.zh}
        except Exception as error:
            traceback.print_exc()
            answer = {"error": str(error), "kind": type(error).__name__}
        sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
        sys.stdout.flush()


def evaluate_missing_column() -> None:
    import pandas as pd

    from warehouse.expectations import Check, evaluate, in_set, new_frames

    check = Check("codes", pd.DataFrame({"code": ["1"]}), {"代码": in_set("other", ["1"])})
    evaluate(new_frames(), check)


if __name__ == "__main__":
    main()
