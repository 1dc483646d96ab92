"""``python -m oaasplatform.cli`` is ``oaas``."""

from oaasplatform.cli.main import app

app()
