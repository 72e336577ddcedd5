"""Bad inputs: for each what the officer is told, and where every row went."""
