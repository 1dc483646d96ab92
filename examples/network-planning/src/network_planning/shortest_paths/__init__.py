"""The k shortest loopless paths of each demand."""
