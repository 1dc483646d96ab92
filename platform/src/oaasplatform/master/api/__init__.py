"""The API of the master: parse, call one service, render."""
