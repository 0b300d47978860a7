"""Where sequences come from: digits read row by row, drawn by hand or transformed, and texts by character."""
