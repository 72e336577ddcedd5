"""Keys and masks: pure, no database, no clock."""
