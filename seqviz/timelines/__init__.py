"""Results in, timelines for the player out, one file an instrument. Computes nothing."""
