"""What pages show, read from the published snapshot, the ledger's glance and the home's files.

Every function that returns rows takes the `Access` of whoever asks: rows outside its scope are not
there, fields come clear, masked or not at all.
"""
