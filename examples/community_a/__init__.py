"""Community A: a whole community that is known exactly, and seven platforms that are not."""
