"""The console: pages for staff, made on the server, readable without any script."""
