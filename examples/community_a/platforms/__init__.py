"""The seven platforms, one module each: what it holds, and how it is put there."""
