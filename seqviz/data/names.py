"""The data that ships or can be fetched, by name: what everybody has."""

DATASETS = ("digits", "mnist")
TEXTS = ("python", "shakespeare")
REVIEWS = ("planted", "reviews", "imdb")
TASKS = ("numbers", "dates", "captions", "captions-two", "tags")
SERIES = ("co2", "sunspots", "nile", "macro", "sine", "sines", "chirp", "mackey-glass", "random-walk", "prices")
