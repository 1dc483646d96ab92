"""``python -m oaas_sdk`` is ``oaas-sdk``."""

from oaas_sdk.cli.main import app

if __name__ == "__main__":
    app(prog_name="oaas-sdk")
