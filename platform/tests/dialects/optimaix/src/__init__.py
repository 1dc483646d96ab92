"""An OPTIMAIX repository: a FastAPI backend and a Celery worker that share a directory."""
