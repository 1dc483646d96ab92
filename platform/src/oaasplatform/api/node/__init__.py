"""Routes of the node API, one module a noun."""
