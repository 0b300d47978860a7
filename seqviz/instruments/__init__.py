"""What looks inside a network and returns frozen results."""
