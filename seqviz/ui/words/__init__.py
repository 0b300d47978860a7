"""The Words page: a text is read word by word, in both directions."""
