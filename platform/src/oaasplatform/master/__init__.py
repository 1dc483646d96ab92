"""The OaaS Master: many nodes, one door. Layered as the node is; the node knows nothing of this package."""
