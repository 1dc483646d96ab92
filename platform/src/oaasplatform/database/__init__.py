"""PostgreSQL: models, migrations and every query. Tortoise and asyncpg are known in this package alone."""
