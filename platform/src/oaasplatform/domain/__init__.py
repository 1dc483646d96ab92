"""The words and rules of the platform: pure, no input or output."""
