"""The author's side: what one needs to turn a function into an algorithm."""
