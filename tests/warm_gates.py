"""One judge for many syncs: its imports take five seconds, and hundreds of syncs are tested."""

from collections.abc import Mapping

from warehouse.gates import GateProcess, GateReport


class WarmGates(GateProcess):
    """The real judge, but it stays for the next sync, where a run of its own would end it."""

    def judge(self, request: Mapping[str, object]) -> GateReport:
        """Judge; a judge that broke down is not used again."""
        try:
            return super().judge(request)
        except BaseException:
            super().close()
            raise

    def close(self) -> None:
        """Stay."""

    def end(self) -> None:
        """End the process."""
        super().close()
