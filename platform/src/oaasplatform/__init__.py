"""OaaS Platform: a node that deploys algorithm repositories and executes their algorithms."""
