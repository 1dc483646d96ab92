"""The tables of the master: models, migrations and every query."""
