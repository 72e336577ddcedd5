"""What was done and decided: runs, pulls, batches, cursors. No personal value is kept here."""

from ledger.ledger import Batch, Ledger, Pull, open_ledger

__all__ = ["Batch", "Ledger", "Pull", "open_ledger"]
