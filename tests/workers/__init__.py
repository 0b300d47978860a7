"""Computing in other processes."""
