"""Hub homes to start from, and a community to try the hub on."""
