"""From platforms to a published snapshot: the steps, and Dagster around them."""
