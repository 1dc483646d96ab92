"""Where to open edge sites, and which customer to serve from where: capacitated facility location."""
