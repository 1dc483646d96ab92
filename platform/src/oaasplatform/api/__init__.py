"""The node's HTTP API: parse, call one service, render."""
