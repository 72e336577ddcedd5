"""Forms of departments and standardised extracts: asked once, answered from what is held."""
