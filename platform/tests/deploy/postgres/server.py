"""Starts PostgreSQL as its official image does: a cluster in PGDATA, made at the first start."""

import os
import subprocess
import tempfile
from pathlib import Path

data = Path(os.environ["PGDATA"])
user = os.environ["POSTGRES_USER"]
data.mkdir(parents=True, exist_ok=True)
os.chown(data, 999, 999)
os.setgroups([])
os.setgid(999)
os.setuid(999)
if not (data / "PG_VERSION").exists():
    password = Path(os.environ["POSTGRES_PASSWORD_FILE"]).read_text()
    with tempfile.NamedTemporaryFile("w") as secret:
        secret.write(password)
        secret.flush()
        subprocess.run(
            ["initdb", "-D", str(data), "-U", user, "--pwfile", secret.name, "-A", "scram-sha-256", "-E", "UTF8"],
            check=True,
        )
    with (data / "pg_hba.conf").open("a") as rules:
        rules.write("host all all all scram-sha-256\n")
    single = ["postgres", "--single", "-D", str(data), "postgres"]
    subprocess.run(single, input=f"CREATE DATABASE {os.environ['POSTGRES_DB']};\n".encode(), check=True)
os.execvp("postgres", ["postgres", "-D", str(data), "-c", "listen_addresses=*", "-k", "/tmp"])
