"""Entry point of a worker process; the server starts it."""

from oaas_sdk.worker.main import main

if __name__ == "__main__":  # not when multiprocessing imports it again in a child of the algorithm
    main()
