"""The Gradient flow page, one file a view, and the levers that all views share."""
