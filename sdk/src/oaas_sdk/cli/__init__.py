"""The command ``oaas-sdk``."""
