"""How fast the doors answer, with masking and audit on."""
