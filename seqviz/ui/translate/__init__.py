"""Views of the page Translation and other shapes."""
