"""The process that imports the author's module and executes one run at a time."""
