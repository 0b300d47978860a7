"""Views of the page Shapes."""
