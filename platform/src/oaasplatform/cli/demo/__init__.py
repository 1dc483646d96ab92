"""``oaas demo``: a node, a repository, an instance and a run, from nothing and back to nothing."""
