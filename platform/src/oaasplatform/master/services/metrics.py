"""What Prometheus reads of the master."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, generate_latest

from oaasplatform.master.database.database import MasterDatabase

CONTENT_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """Counters of this process, and gauges that are read from the database when somebody asks."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.heartbeats = Counter("oaas_master_heartbeats", "Heartbeats heard.", registry=self._registry)
        self.nodes = Gauge("oaas_master_nodes", "Nodes by status.", ["status"], registry=self._registry)

    def render(self) -> bytes:
        """In the text format of Prometheus."""
        return generate_latest(self._registry)


class MetricsService:
    """Brings the gauges up to date."""

    def __init__(self, database: MasterDatabase, metrics: Metrics) -> None:
        self._nodes = database.nodes
        self._metrics = metrics

    async def read(self) -> bytes:
        """All metrics as of now. Raises ``DatabaseUnavailable``."""
        for status, count in (await self._nodes.count_by_status()).items():
            self._metrics.nodes.labels(status).set(count)
        return self._metrics.render()
