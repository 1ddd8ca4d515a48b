"""Serves the champion of a registered model over HTTP; see app.py."""
