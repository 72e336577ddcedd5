"""The doors: API and console. Nothing is shown but through `security.policy.Access`."""
