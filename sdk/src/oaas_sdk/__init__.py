"""OaaS SDK: write algorithm repositories for the OaaS Platform, and call them."""
