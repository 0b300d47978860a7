"""The Attribution page, one file a view, and what its views share."""
