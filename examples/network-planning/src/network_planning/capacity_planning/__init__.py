"""How many modules to buy on each link so that all demands fit: modular network loading."""
