"""Training runs and other long work in the background: the queue, its threads, and the runs on disk."""
