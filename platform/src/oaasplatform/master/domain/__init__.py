"""Words and rules of the master: pure, no input or output."""
