"""Every query, one module a noun; they return the domain's types."""
