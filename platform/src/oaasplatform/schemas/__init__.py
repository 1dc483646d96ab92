"""Wire shapes of the node API: camelCase JSON, unknown fields refused.

Two libraries, on purpose: pydantic for everything people write by hand (it reports every mistake with its place),
msgspec for executions (documents pass through unparsed, see ``docs/decisions``).
"""
