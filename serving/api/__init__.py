"""The interface for departments' systems, `/api/v1`."""
