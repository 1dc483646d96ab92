from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
        CREATE TABLE IF NOT EXISTS "executions" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "created_at" TIMESTAMPTZ NOT NULL,
    "modified_at" TIMESTAMPTZ NOT NULL,
    "algorithm_id" BIGINT NOT NULL,
    "algorithm_name" VARCHAR(200) NOT NULL,
    "repository_id" BIGINT NOT NULL,
    "requested_instance_id" BIGINT,
    "user_id" VARCHAR(200),
    "priority" SMALLINT NOT NULL,
    "max_running_time" DOUBLE PRECISION,
    "max_attempts" SMALLINT NOT NULL,
    "state" VARCHAR(20) NOT NULL,
    "waiting_reason" TEXT,
    "not_before" TIMESTAMPTZ,
    "attempt" INT NOT NULL,
    "losses" SMALLINT NOT NULL,
    "instance_id" BIGINT,
    "instance_generation" INT,
    "secret" VARCHAR(64),
    "poll_at" TIMESTAMPTZ,
    "deadline_at" TIMESTAMPTZ,
    "release_pending" BOOL NOT NULL,
    "sequence" BIGINT NOT NULL,
    "progress_message" TEXT,
    "progress_fraction" DOUBLE PRECISION,
    "incumbent" JSONB,
    "error" JSONB,
    "cpu_time" DOUBLE PRECISION,
    "output_bytes" BIGINT,
    "event_id" BIGINT NOT NULL,
    "queued_at" TIMESTAMPTZ,
    "started_at" TIMESTAMPTZ,
    "finished_at" TIMESTAMPTZ
);
CREATE INDEX IF NOT EXISTS "executions_queue" ON "executions" ("repository_id", "priority", "id") WHERE state = 'queued';
CREATE INDEX IF NOT EXISTS "executions_active" ON "executions" ("instance_id") WHERE state IN ('starting', 'running');
CREATE INDEX IF NOT EXISTS "executions_release" ON "executions" ("instance_id") WHERE release_pending;
CREATE INDEX IF NOT EXISTS "idx_executions_algorit_96e817" ON "executions" ("algorithm_id", "id");
CREATE INDEX IF NOT EXISTS "idx_executions_user_id_799c6d" ON "executions" ("user_id", "id");
CREATE INDEX IF NOT EXISTS "idx_executions_instanc_2ad320" ON "executions" ("instance_id", "id");
CREATE INDEX IF NOT EXISTS "idx_executions_created_fca5c0" ON "executions" ("created_at");
COMMENT ON COLUMN "executions"."state" IS 'CREATED: created\nQUEUED: queued\nSTARTING: starting\nRUNNING: running\nSUCCEEDED: succeeded\nFAILED: failed\nCANCELLED: cancelled\nTIMED_OUT: timed_out';
COMMENT ON TABLE "executions" IS 'One run of an algorithm.';
CREATE TABLE IF NOT EXISTS "execution_events" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "execution_id" BIGINT NOT NULL,
    "event_id" BIGINT NOT NULL,
    "created_at" TIMESTAMPTZ NOT NULL,
    "snapshot" JSONB NOT NULL,
    CONSTRAINT "uid_execution_e_executi_4da3ca" UNIQUE ("execution_id", "event_id")
);
COMMENT ON TABLE "execution_events" IS 'What changed, for people who watch; ``event_id`` counts from 1 in each execution.';
CREATE TABLE IF NOT EXISTS "execution_inputs" (
    "execution_id" BIGINT NOT NULL PRIMARY KEY,
    "body" BYTEA NOT NULL
);
COMMENT ON TABLE "execution_inputs" IS 'Input document as it came.';
CREATE TABLE IF NOT EXISTS "execution_logs" (
    "execution_id" BIGINT NOT NULL PRIMARY KEY,
    "body" BYTEA NOT NULL
);
COMMENT ON TABLE "execution_logs" IS 'What the run wrote, kept after it ended.';
CREATE TABLE IF NOT EXISTS "execution_outputs" (
    "execution_id" BIGINT NOT NULL PRIMARY KEY,
    "body" BYTEA NOT NULL
);
COMMENT ON TABLE "execution_outputs" IS 'Output document as it came.';
CREATE TABLE IF NOT EXISTS "idempotency_keys" (
    "key" VARCHAR(255) NOT NULL PRIMARY KEY,
    "execution_id" BIGINT NOT NULL,
    "request_hash" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ NOT NULL
);
CREATE INDEX IF NOT EXISTS "idx_idempotency_executi_2fdc29" ON "idempotency_keys" ("execution_id");
COMMENT ON TABLE "idempotency_keys" IS 'A submission that may come again.';
CREATE TABLE IF NOT EXISTS "nodes" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "created_at" TIMESTAMPTZ NOT NULL,
    "modified_at" TIMESTAMPTZ NOT NULL,
    "uid" VARCHAR(32) NOT NULL UNIQUE,
    "name" VARCHAR(200) NOT NULL,
    "description" TEXT NOT NULL,
    "owner" VARCHAR(200) NOT NULL,
    "address" VARCHAR(253),
    "port" INT,
    "callback_port" INT
);
COMMENT ON TABLE "nodes" IS 'Identity of the node; ``uid`` marks everything it makes in an engine.';
CREATE TABLE IF NOT EXISTS "algorithm_repositories" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "created_at" TIMESTAMPTZ NOT NULL,
    "modified_at" TIMESTAMPTZ NOT NULL,
    "name" VARCHAR(200) NOT NULL UNIQUE,
    "description" TEXT NOT NULL,
    "image" VARCHAR(1000) NOT NULL,
    "digest" VARCHAR(200),
    "protocol" VARCHAR(50) NOT NULL,
    "status" VARCHAR(20) NOT NULL,
    "reason" TEXT,
    "discovery_wanted" BOOL NOT NULL,
    "refresh" BOOL NOT NULL
);
COMMENT ON COLUMN "algorithm_repositories"."status" IS 'REGISTERING: registering\nREADY: ready\nFAILED: failed';
COMMENT ON TABLE "algorithm_repositories" IS 'A registered image.';
CREATE TABLE IF NOT EXISTS "algorithms" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "created_at" TIMESTAMPTZ NOT NULL,
    "modified_at" TIMESTAMPTZ NOT NULL,
    "reference" VARCHAR(200) NOT NULL,
    "name" VARCHAR(200) NOT NULL,
    "version" VARCHAR(100) NOT NULL,
    "description" TEXT NOT NULL,
    "input_schema" JSONB NOT NULL,
    "output_schema" JSONB NOT NULL,
    "error_schema" JSONB NOT NULL,
    "examples" JSONB NOT NULL,
    "active" BOOL NOT NULL,
    "repository_id" BIGINT NOT NULL REFERENCES "algorithm_repositories" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_algorithms_reposit_dc2a19" UNIQUE ("repository_id", "name")
);
COMMENT ON TABLE "algorithms" IS 'An algorithm; kept (inactive) when a refresh no longer finds it, because executions name it.';
CREATE TABLE IF NOT EXISTS "instances" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "created_at" TIMESTAMPTZ NOT NULL,
    "modified_at" TIMESTAMPTZ NOT NULL,
    "name" VARCHAR(200) NOT NULL UNIQUE,
    "description" TEXT NOT NULL,
    "purpose" VARCHAR(20) NOT NULL,
    "image" VARCHAR(1000) NOT NULL,
    "digest" VARCHAR(200) NOT NULL,
    "protocol" VARCHAR(50) NOT NULL,
    "quota" JSONB NOT NULL,
    "strict" BOOL NOT NULL,
    "desired" VARCHAR(20) NOT NULL,
    "revision" INT NOT NULL,
    "status" VARCHAR(20) NOT NULL,
    "reason" TEXT,
    "enforced" JSONB NOT NULL,
    "generation" INT NOT NULL,
    "unit_revision" INT NOT NULL,
    "unit_id" VARCHAR(200),
    "base_url" VARCHAR(300),
    "concurrency" INT NOT NULL,
    "out_of_memory" BOOL NOT NULL,
    "restarts" INT NOT NULL,
    "retry_at" TIMESTAMPTZ,
    "started_at" TIMESTAMPTZ,
    "ready_at" TIMESTAMPTZ,
    "repository_id" BIGINT NOT NULL REFERENCES "algorithm_repositories" ("id") ON DELETE RESTRICT
);
COMMENT ON COLUMN "instances"."purpose" IS 'SERVICE: service\nTRIAL: trial';
COMMENT ON COLUMN "instances"."desired" IS 'RUNNING: running\nSTOPPED: stopped\nABSENT: absent';
COMMENT ON COLUMN "instances"."status" IS 'PENDING: pending\nSTARTING: starting\nREADY: ready\nRESTARTING: restarting\nSTOPPING: stopping\nSTOPPED: stopped\nFAILED: failed\nREMOVING: removing';
COMMENT ON TABLE "instances" IS 'A deployment of a repository. API calls write the upper half, the reconciler the lower.';
CREATE TABLE IF NOT EXISTS "aerich" (
    "id" SERIAL NOT NULL PRIMARY KEY,
    "version" VARCHAR(255) NOT NULL,
    "app" VARCHAR(100) NOT NULL,
    "content" JSONB NOT NULL
);"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
        """


MODELS_STATE = (
    "eJztXW1z2joW/isavrSdye00pGm7vbs7Q4jbyzaFLiH3rb3jCiPAE1uishzK3O1/X0nY+E"
    "12bBKIcfSlDbKOLT9HOjp6pHP8d8slE+R4zzvOjFCbzd3WW/B3C0MX8T+yF49ACy4W0SVR"
    "wODYkbVhWE0Ww7HHKLQYvzKFjod40QR5FrUXzCZY1O9gsBH5GVyjBQNPbcxF7Bv0DCzniF"
    "8HFE0p8uYAE+AQPEMUTG088YDNjsAYWdD3EEDfkeWLu3pAtJxfey5aMCEWb4KNZ/t4mI/t"
    "bz4yGZkhNkeUP/Lz5xZFC+LZjNCVqCJR/esv/he/Kb+NJyqJn4trc2ojZ5LA3p4IGVlust"
    "VClp3Zsx5m72Rd8YJj0yKO7+Ko/mLF5gRvBGzMROkMYUQhQ+IJjPpCF9h3nEBxoXrWrxBV"
    "WbcyJjNBU+g7QqNCet2AqKxlmv3ByLw0RqbZymg7lIjpJCiyOJS8p/CmehKAmWjCT/9ot0"
    "9OXrdfnLx6c/ry9evTNy/e8LqyvdlLr3+sGxOhtb6VxKz3vtcfiQYR3h3XPVUU/JAykMG1"
    "lFRGhL5FkcDLhCyrhXN+hdkuUushKZnSxyQQfR7+kdZOqIsi9YQFkX6iAbYPBfEXnAywsw"
    "o6RgH2o95H43LU+fhJPM71vG+OxK8zMsSVtixdpUqfvnqWVNbmJuC33ugXIH6CPwd9Q8JL"
    "PDaj8olRvdGfLdEm6DNiYrI04STWh8PSEDVeM2HvbP4e26g9Jar1Xhe9hxjFFB+0PtI7t/"
    "uIImyhrNa7c0jVGk8IpfTNcTtEDbvwu+kgPGNz/rP94kWBin/tDLu/dIZPea2U3vrBpfb6"
    "2o8E0vL/CiCH9TW+5fC9QdQTraoAcUykgSgfl0L5uADl4yzK8ZZlkB6h7zkuWkqsEWgXzQ"
    "LG76PEBBBi+vRj5/dniUngYtB/H1aP6aB7MThLQW/jhc9Mz5ojF2ax/8/loJ/jHqfk0hO0"
    "bTHwP+DYXsZhPmwlCESKlZDGOzW9ihuklUB8tp0WMoJaDXdQA6KU0C20kJbTSriLEr5Dd+"
    "Egr5ICYjIa/DuAv+ZvFEQJIQ6CWI1+JJTCfsyldgV6SKHsF/SzweAiAfpZLz3HXn08M7gD"
    "JDXAK9kswZDE10ghl2VWpaYyorezVAfQ1/dHVAmOcHqt5KmSDGNSJe8IRfYMf0ArqZYebz"
    "1UL1cDnneYuNmBqeNH2OvC0mjQUbjcEKzZzshx4G+P1v2+27nsds6NlsR8DK3rJaQTMwG+"
    "uELaJFWyqZu95LbddAnEcCYhEu8iWh5owAjJ5ZaCho8uHhXR8BFBXY6GH2AEqI8BmQIYI8"
    "mzFHpRRQX9nSK6/25FGCgsArXF3WTH4yVCFn1fcMvvyRcJbhfNueErmvypvuzSYV9uSVH+"
    "zuIH+O0XY2gA3vEZAv8CT2TtyZOWtGyx9tjB2DArPTuaSG5/eK8Pnj7hf1LG0XxyBJ5wJL"
    "H489k9NYbyPgy9W1sTVDMXCE+EXvnDP0c7N4E21g/+3PI9RFNF8cbFimOs9196S0NvaRzW"
    "3HGg1Lbe0nicei+zpZE26eWtblpSO+sVTbBKCVX3PbKSjWCL97ADoteptej6FPGX94TXkP"
    "IYq6gj5xZbqSWYLB+3VmIOfVlLFBPZygTVDffdW6D4WjaJ8qULHSe3v8fl9md5Xuy2g5+0"
    "X7/adGnxo6gTX37sXFxke61QWbBcNkNPM0V1OQTmoKoSTqE7FdKH15ULgDwfXJ1dGODT0O"
    "j2LnsB8b5xT+XFJN87NDoXCtQhY8hdMMXmRnFXTsvurzu369+dJSGkNsEG9t0MWZtAdiNc"
    "Z3+w1eX9aWScvwUBdfAF//fKuBIFawbuC+bLm+Go13//FoSk2Bc8vOr3ZVEwXnmtq27XMM"
    "6FoOdbFkITIfuu07sQRVNoO+J3t9PvGheyyBKgObJULKLOzcHViA9cPu4nJvFZmtMsN0eU"
    "miIKZoj0BLGEtnhhk2PjVTtBkpVswpy87zMkmDBzjKaEKkZhMSWSlLwHRuSANFFvAiTLfA"
    "XzT1bF+cxHJNEY/6t9/PL1yzcnr15uZq1NSdHUlZ21HOJ5qlMOxY5AJNUYRO/DBdh6TaxX"
    "wve0Et4AGYClPMp5uxqS0g1Sx73ZDQ9xH1BhhfMZh0iiCc5N0pl89bKEM/nqZa4zKS6l2A"
    "biOFts7sTEtBtTZzdmguDEsTHaQscpUa3nOus5fTAj6xYUnWlUSO/xcOOm5GBPN3pir0EZ"
    "AFbkjcWl9uff/rRjjmvPntiCEjGOPNPl/8CZQgX5fIhKtglOw74ZkQ2OU3FWUOkLF1DsSm"
    "nNsZfg2G1s+e4YYcXUXhTKFBO6U/jA4YC9u/iZKshvBDTq26NuLfzqu3hxIW1ZSliWINJu"
    "vGIq0q7IqUlLNojU2LNng264ka5M8cWl9udUHjcK+fUu4xZL5oSgXjDXecEs9423UnJSUm"
    "u5zlqe2tj25lupOSWq9Vw3PWfiGh846M4QM2+rKPJuXeOoVPidKSfykkF4v80hA9YcYt7C"
    "IzAlFCwQWTgILOcELCGz5j+Dr19D1+DrV2ARn98cTClxwTGwMUDQmkfJ6bLRezt5gjLrXY"
    "TA2onZODQ6912NnKX8QLG0/iq4rilJfX7+UawdGge+DpXMV8hhhsyVCZX0MFx4c1KJi43L"
    "6EwuFVnBuvl/PZEjrND/W9co6f/JlGMl/T95Y8DV4rvcggMocg4Di7ci68gVV709EUOu11"
    "W3eV+7Yq0xmSjCiM5sDOlKrYpQIr37H7K5zTFDZ4Fl2ZghboXOev3O8A/1TuiZwhKd/TEy"
    "OjW0RBdkVmiHxPWSVsghsyprUG40ZJKXJSWM15GJ0uGUISqsDOKdYJKztCwpqO2Ttk/aPh"
    "26fRrIPcJCExVUKWml1puOZTNWycrlvKVb6mpzpM2RNkcHao56E+QuuLeBrdUHtFJZo1SN"
    "QmNkR3XNa7Qq+xEb4Plj15bp2bgPxB0hF66ARVwE4IzrRfElmjISd7BL10gxBvKjLYLq9x"
    "NO/LA2KBm2e3paJm739DQ/cFdcO3SqvKmTQCbTjDmH3rya8U9L6kmgyiSgCfNyg6JZhHld"
    "pv4wP4Zq0o/lziiY7oNapef5CVo4ZCUXESIDLoiyhT0HnU89vqZwHA8sqc2QJEP8xQJRMI"
    "fO9GhNjiDeMyzb4YXip0OWiKq8g5095w4+hd6Q15lbtXXdvXXVmVubrXfFUbhM5taH/URa"
    "nVZwu0jOd2if7mq19r9K2E2IoU/5QNk671lMvNaZzy6N4a+9rvEWeIje2Bb6gkfDXudCjC"
    "MbOml3r9wwKDUKKuQfs11lmG2+idkI1Bn6La3M8YuyXwgs/ERg1tDYM+RVynsSSTQQ5h1l"
    "WiWMWOu8BmVRjss0EOfTMjCf5qN8mgH5m09Ypc/LbQT0gbg7hMmK5lgK+1GYBiQS0tk/Km"
    "T/4I2zKcpJi327bxITr7NFaSnyq44Gnz7J7KqMLBYia2rn7NLoj94COPaCUJeH91courHV"
    "XzUuyB0fiTQmiPb+crIxyHxFWHj5FMS+KjS8Xr39k9E/l709yImUk3PY6Jz/wUcEgpOV+B"
    "XV4bZ5U0uOk0CSD5ScsZPOSzw0Pg5+De7lkpsgL1MdxlPVvMM63/Bdlr4ITwm1VPNLQaqR"
    "mMz+/ajWP6c+lql8wNi3HT4IvOfisf9+ADZiJ97VVlk/7yHZ51baOJQUwfylmLnFZJ2R09"
    "Aqoa344ZZIpAlGew90wlhkUPRpJTohLtM8mE9KwXxSAPNJFmaxPe1TKg7aVTASKSnt1KdN"
    "BPGZSaamy11N1degC3mDjKymDyp9Gl2uFBQLqoL1aSSiZ7ssoIyuttj3jsvpdC/12ePOHm"
    "7QyZseg5Ylq7LVOI7ktIbrrWH9tdUHOjGYOYmr0kpWJe8IRfYMf0CrDMubUkBwnHaYuNmB"
    "qeNH2OvC0sgcULjcnHTNdkaOA397FOZXvRwNe12O+sOcdu7z/1qKk86y/KjolDPmRWVTUE"
    "wQZjZbiVPH4uCwEBUpwXyZDcyF9NoD6AZR3kk44iKK0oXXyBOZwSAGfMVoY1W2ivu6qz69"
    "XGNbdAT06eXHc4pVn15+nHovc3rZr0hS34GgrpmxTRKn7TK8aTufNm2nWdOHPRb+0ANGHw"
    "xv7MFwsuTgVOnZG4EGgL2Hjs1tt/g4TxWEYyLN29Nqn56USgxwUpAY4CT7FUZa5UvDYfUG"
    "fVvj3sh/Ed8qls1mRUwzchrcHKLoYUiMGI+koDKSLFM+oQGdGaE2m7vmhrKxy8dwUzSzPY"
    "YomgAZ06KKv1bW0eyDZh/0KrQWq1DNPjxOvZdhH3TstF4iN3CJrAN2mxiwW7elho7XbUS8"
    "7qMI7hoa73uXI2MYRFetV2yKgK5kSFZ6tafDr+p2/mkXs+fE9iwijhiYS4iZKgyr8Gy0Sn"
    "yPx6NDH/KAT0dPuYOvSs1ZhHpMSp9FvwXtCgRfbFsgJNJUn4cOZN99GCInL+AtIO464X3q"
    "Mzvc+XRY0vmOJ4rcHqf4jNsUmHZJF3f4fG7NWwqqOLhyVEgTR3Vuo4XzYbhn0vexML533A"
    "nK53L5JKyOLM1fPcRE6uzPbr2VeW85zmMTAx9UFRAOqjcQ3eOyPEMRzaAIfmRBYpUkwvmp"
    "AGIiOqPSIX1i8Mf/AVmeHPA="
)
