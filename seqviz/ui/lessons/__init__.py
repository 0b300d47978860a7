"""Views of the page Lessons."""
