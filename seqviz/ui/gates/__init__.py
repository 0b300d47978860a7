"""The Gates page, one file a view."""
