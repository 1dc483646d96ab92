"""Making a container image from the directory of an algorithm repository.

The Dockerfile of a repository copies ``wheels/``; the wheels are built and downloaded here, on the host, so that the
build needs no network of its own and gives the same image again.
"""
