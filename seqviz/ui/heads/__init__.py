"""The Heads page, one file a view."""
