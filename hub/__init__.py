"""What every room may use: errors, settings, log. Imports nothing of ours."""
