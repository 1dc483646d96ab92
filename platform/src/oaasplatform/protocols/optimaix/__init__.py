"""The dialect of OPTIMAIX repositories: a backend, a Celery worker, and Redis between them."""

from oaasplatform.protocols.optimaix.adapter import OptimaixProtocol

__all__ = ["OptimaixProtocol"]
