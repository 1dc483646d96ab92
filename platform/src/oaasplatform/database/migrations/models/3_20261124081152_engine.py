"""Executions that are over move to a table of their own, which is partitioned like all documents and events."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
        DROP INDEX IF EXISTS "idx_executions_algorit_96e817";
        DROP INDEX IF EXISTS "idx_executions_instanc_2ad320";
        DROP INDEX IF EXISTS "idx_executions_created_fca5c0";
        DROP INDEX IF EXISTS "executions_queue";
        DROP INDEX IF EXISTS "idx_executions_user_id_799c6d";
        DROP INDEX IF EXISTS "executions_secret";
        ALTER TABLE "executions" ADD "rank" DOUBLE PRECISION NOT NULL DEFAULT 0;
        ALTER TABLE "executions" ADD "algorithm_version" VARCHAR(100) NOT NULL DEFAULT '';
        ALTER TABLE "executions" ADD "quota" JSONB;
        ALTER TABLE "executions" ADD "input_hash" BYTEA;
        ALTER TABLE "executions" ADD "digest" VARCHAR(200);
        ALTER TABLE "executions" ALTER COLUMN "rank" DROP DEFAULT;
        ALTER TABLE "executions" ALTER COLUMN "algorithm_version" DROP DEFAULT;
        UPDATE "executions" SET rank = extract(epoch FROM created_at) - 60 * priority WHERE state = 'queued';
        CREATE INDEX "executions_queue" ON "executions" ("repository_id", "rank", "id") WHERE state = 'queued';
        CREATE INDEX "executions_users" ON "executions" ("repository_id", (COALESCE(user_id, '')), "rank", "id")
            WHERE state = 'queued';
        ALTER TABLE "executions" SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0,
            autovacuum_vacuum_threshold = 2000, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 5000);
        ALTER TABLE "instances" ADD "launch_batch" INT NOT NULL DEFAULT 1;
        ALTER TABLE "instances" ALTER COLUMN "launch_batch" DROP DEFAULT;
        CREATE TABLE "execution_history" (
    "id" BIGINT NOT NULL PRIMARY KEY,
    "created_at" TIMESTAMPTZ NOT NULL,
    "modified_at" TIMESTAMPTZ NOT NULL,
    "algorithm_id" BIGINT NOT NULL,
    "algorithm_name" VARCHAR(200) NOT NULL,
    "algorithm_version" VARCHAR(100) NOT NULL,
    "repository_id" BIGINT NOT NULL,
    "requested_instance_id" BIGINT,
    "user_id" VARCHAR(200),
    "priority" SMALLINT NOT NULL,
    "max_running_time" DOUBLE PRECISION,
    "max_attempts" SMALLINT NOT NULL,
    "input_hash" BYTEA,
    "state" VARCHAR(20) NOT NULL,
    "attempt" INT NOT NULL,
    "losses" SMALLINT NOT NULL,
    "instance_id" BIGINT,
    "instance_generation" INT,
    "digest" VARCHAR(200),
    "quota" JSONB,
    "secret" VARCHAR(64),
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
) PARTITION BY RANGE ("id");
CREATE INDEX "idx_execution_h_algorit_bd8ce8" ON "execution_history" ("algorithm_id", "id");
CREATE INDEX "idx_execution_h_user_id_b94473" ON "execution_history" ("user_id", "id");
CREATE INDEX "idx_execution_h_instanc_0ed539" ON "execution_history" ("instance_id", "id");
CREATE INDEX "idx_execution_h_created_87dd4e" ON "execution_history" ("created_at");
CREATE INDEX "execution_history_trouble" ON "execution_history" ("state", "id") WHERE state <> 'succeeded';
COMMENT ON COLUMN "execution_history"."state" IS 'CREATED: created\nQUEUED: queued\nSTARTING: starting\nRUNNING: running\nSUCCEEDED: succeeded\nFAILED: failed\nCANCELLED: cancelled\nTIMED_OUT: timed_out';
COMMENT ON TABLE "execution_history" IS 'An execution that is over: it never changes. Partitioned by ranges of ids, so that old ones go in one stroke.';
        ALTER TABLE "execution_events" RENAME TO "old_events";
        ALTER INDEX "execution_events_pkey" RENAME TO "old_events_pkey";
        ALTER TABLE "execution_inputs" RENAME TO "old_inputs";
        ALTER INDEX "execution_inputs_pkey" RENAME TO "old_inputs_pkey";
        ALTER TABLE "execution_outputs" RENAME TO "old_outputs";
        ALTER INDEX "execution_outputs_pkey" RENAME TO "old_outputs_pkey";
        ALTER TABLE "execution_logs" RENAME TO "old_logs";
        ALTER INDEX "execution_logs_pkey" RENAME TO "old_logs_pkey";
        CREATE TABLE "execution_events" (
            "execution_id" BIGINT NOT NULL,
            "event_id" BIGINT NOT NULL,
            "created_at" TIMESTAMPTZ NOT NULL,
            "snapshot" JSONB NOT NULL,
            CONSTRAINT "execution_events_pkey" PRIMARY KEY ("execution_id", "event_id")
        ) PARTITION BY RANGE ("execution_id");
        CREATE TABLE "execution_inputs" (
            "execution_id" BIGINT NOT NULL, "body" BYTEA, "document_id" BIGINT,
            CONSTRAINT "execution_inputs_pkey" PRIMARY KEY ("execution_id")
        ) PARTITION BY RANGE ("execution_id");
        CREATE TABLE "execution_outputs" (
            "execution_id" BIGINT NOT NULL, "body" BYTEA, "document_id" BIGINT,
            CONSTRAINT "execution_outputs_pkey" PRIMARY KEY ("execution_id")
        ) PARTITION BY RANGE ("execution_id");
        CREATE TABLE "execution_logs" (
            "execution_id" BIGINT NOT NULL, "body" BYTEA NOT NULL,
            CONSTRAINT "execution_logs_pkey" PRIMARY KEY ("execution_id")
        ) PARTITION BY RANGE ("execution_id");
        CREATE TABLE "document_parts" (
            "document_id" BIGINT NOT NULL, "part" INT NOT NULL, "body" BYTEA NOT NULL,
            CONSTRAINT "document_parts_pkey" PRIMARY KEY ("document_id", "part")
        ) PARTITION BY RANGE ("document_id");
        CREATE TABLE "document_uploads" ("id" BIGINT NOT NULL PRIMARY KEY, "touched_at" TIMESTAMPTZ NOT NULL);
        ALTER TABLE "document_parts" ALTER COLUMN "body" SET STORAGE EXTERNAL;
        ALTER TABLE "execution_inputs" ALTER COLUMN "body" SET STORAGE EXTERNAL;
        ALTER TABLE "execution_outputs" ALTER COLUMN "body" SET STORAGE EXTERNAL;
        CREATE FUNCTION oaas_partition(number bigint) RETURNS void LANGUAGE plpgsql AS $$
        DECLARE
            size constant bigint := 1000000;
            name text;
        BEGIN
            FOREACH name IN ARRAY ARRAY['execution_history', 'execution_events', 'execution_inputs',
                                        'execution_outputs', 'execution_logs', 'document_parts'] LOOP
                IF to_regclass(name || '_' || number) IS NULL THEN
                    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', name || '_' || number, name);
                    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)',
                        name, name || '_' || number, number * size, (number + 1) * size);
                END IF;
            END LOOP;
        END $$;
        COMMENT ON FUNCTION oaas_partition IS
            'Makes the partitions for executions with ids from number * 1000000 on; fine to repeat.';
        SELECT oaas_partition(number)
        FROM generate_series(0, (SELECT COALESCE(max(id), 0) / 1000000 + 1 FROM "executions")) AS number;
        INSERT INTO "execution_events" SELECT execution_id, event_id, created_at, snapshot FROM "old_events";
        INSERT INTO "execution_inputs" (execution_id, body) SELECT execution_id, body FROM "old_inputs";
        INSERT INTO "execution_outputs" (execution_id, body) SELECT execution_id, body FROM "old_outputs";
        INSERT INTO "execution_logs" SELECT execution_id, body FROM "old_logs";
        DROP TABLE "old_events", "old_inputs", "old_outputs", "old_logs";
        INSERT INTO "execution_history" ("id", "created_at", "modified_at", "algorithm_id", "algorithm_name", "algorithm_version", "repository_id", "requested_instance_id", "user_id", "priority", "max_running_time", "max_attempts", "input_hash", "state", "attempt", "losses", "instance_id", "instance_generation", "digest", "quota", "secret", "progress_message", "progress_fraction", "incumbent", "error", "cpu_time", "output_bytes", "event_id", "queued_at", "started_at", "finished_at")
        SELECT "id", "created_at", "modified_at", "algorithm_id", "algorithm_name", "algorithm_version", "repository_id", "requested_instance_id", "user_id", "priority", "max_running_time", "max_attempts", "input_hash", "state", "attempt", "losses", "instance_id", "instance_generation", "digest", "quota", "secret", "progress_message", "progress_fraction", "incumbent", "error", "cpu_time", "output_bytes", "event_id", "queued_at", "started_at", "finished_at" FROM "executions"
        WHERE state IN ('succeeded', 'failed', 'cancelled', 'timed_out') AND NOT release_pending;
        DELETE FROM "executions"
        WHERE state IN ('succeeded', 'failed', 'cancelled', 'timed_out') AND NOT release_pending;"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
        INSERT INTO "executions" ("id", "created_at", "modified_at", "algorithm_id", "algorithm_name", "algorithm_version", "repository_id", "requested_instance_id", "user_id", "priority", "max_running_time", "max_attempts", "input_hash", "state", "attempt", "losses", "instance_id", "instance_generation", "digest", "quota", "secret", "progress_message", "progress_fraction", "incumbent", "error", "cpu_time", "output_bytes", "event_id", "queued_at", "started_at", "finished_at", "rank", "release_pending", "sequence")
        SELECT "id", "created_at", "modified_at", "algorithm_id", "algorithm_name", "algorithm_version", "repository_id", "requested_instance_id", "user_id", "priority", "max_running_time", "max_attempts", "input_hash", "state", "attempt", "losses", "instance_id", "instance_generation", "digest", "quota", "secret", "progress_message", "progress_fraction", "incumbent", "error", "cpu_time", "output_bytes", "event_id", "queued_at", "started_at", "finished_at", 0, false, -2 FROM "execution_history";
        DROP TABLE "execution_history";
        DROP FUNCTION oaas_partition(bigint);
        ALTER TABLE "execution_events" RENAME TO "old_events";
        ALTER INDEX "execution_events_pkey" RENAME TO "old_events_pkey";
        ALTER TABLE "execution_inputs" RENAME TO "old_inputs";
        ALTER INDEX "execution_inputs_pkey" RENAME TO "old_inputs_pkey";
        ALTER TABLE "execution_outputs" RENAME TO "old_outputs";
        ALTER INDEX "execution_outputs_pkey" RENAME TO "old_outputs_pkey";
        ALTER TABLE "execution_logs" RENAME TO "old_logs";
        ALTER INDEX "execution_logs_pkey" RENAME TO "old_logs_pkey";
        CREATE TABLE "execution_events" (
            "id" BIGSERIAL NOT NULL PRIMARY KEY,
            "execution_id" BIGINT NOT NULL,
            "event_id" BIGINT NOT NULL,
            "created_at" TIMESTAMPTZ NOT NULL,
            "snapshot" JSONB NOT NULL,
            CONSTRAINT "uid_execution_e_executi_4da3ca" UNIQUE ("execution_id", "event_id")
        );
        CREATE TABLE "execution_inputs" ("execution_id" BIGINT NOT NULL PRIMARY KEY, "body" BYTEA NOT NULL);
        CREATE TABLE "execution_outputs" ("execution_id" BIGINT NOT NULL PRIMARY KEY, "body" BYTEA NOT NULL);
        CREATE TABLE "execution_logs" ("execution_id" BIGINT NOT NULL PRIMARY KEY, "body" BYTEA NOT NULL);
        INSERT INTO "execution_events" (execution_id, event_id, created_at, snapshot)
        SELECT execution_id, event_id, created_at, snapshot FROM "old_events";
        INSERT INTO "execution_inputs" SELECT execution_id, COALESCE(body, (
            SELECT string_agg(p.body, ''::bytea ORDER BY part) FROM "document_parts" p
            WHERE p.document_id = o.document_id)) FROM "old_inputs" o;
        INSERT INTO "execution_outputs" SELECT execution_id, COALESCE(body, (
            SELECT string_agg(p.body, ''::bytea ORDER BY part) FROM "document_parts" p
            WHERE p.document_id = o.document_id)) FROM "old_outputs" o;
        INSERT INTO "execution_logs" SELECT * FROM "old_logs";
        DROP TABLE "old_events", "old_inputs", "old_outputs", "old_logs", "document_parts", "document_uploads";
        DROP INDEX IF EXISTS "executions_queue";
        DROP INDEX IF EXISTS "executions_users";
        ALTER TABLE "executions" RESET (fillfactor, autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold,
            autovacuum_analyze_scale_factor, autovacuum_analyze_threshold);
        ALTER TABLE "instances" DROP COLUMN "launch_batch";
        ALTER TABLE "executions" DROP COLUMN "rank";
        ALTER TABLE "executions" DROP COLUMN "algorithm_version";
        ALTER TABLE "executions" DROP COLUMN "quota";
        ALTER TABLE "executions" DROP COLUMN "input_hash";
        ALTER TABLE "executions" DROP COLUMN "digest";
        CREATE INDEX IF NOT EXISTS "executions_secret" ON "executions" ("secret") WHERE state IN ('starting', 'running');
        CREATE INDEX IF NOT EXISTS "idx_executions_user_id_799c6d" ON "executions" ("user_id", "id");
        CREATE INDEX IF NOT EXISTS "executions_queue" ON "executions" ("repository_id", "priority", "id") WHERE state = 'queued';
        CREATE INDEX IF NOT EXISTS "idx_executions_created_fca5c0" ON "executions" ("created_at");
        CREATE INDEX IF NOT EXISTS "idx_executions_instanc_2ad320" ON "executions" ("instance_id", "id");
        CREATE INDEX IF NOT EXISTS "idx_executions_algorit_96e817" ON "executions" ("algorithm_id", "id");"""


MODELS_STATE = (
    "eJztXW1z2zYS/isYfXEy43piO05ybq8zss20ujiST5abtkmHgUhI4pgkVIC0ounlvx9A8Z"
    "0gTVIvpmh8sSUQS1LPAgtgsc/in46FdWTSo645xcRwZlbnHPzTsaGF2IfsxUPQgfN5dIkX"
    "OHBserVhUM0rhmPqEKg57MoEmhSxIh1RjRhzx8A2r9+1QSjyI7hHcwe8MGwmYjygl2AxQ+"
    "w6IGhCEJ0BGwMT21NEwMSwdQoM5xCMkQZdigD6hjSX35UC/ubs2hF/Ax1r7BUMe7qLh7m2"
    "8beLVAdPkTNDhD3y8+cOQXNMDQeTJa/iofrXX+wTuym7DeWV+Nf5vToxkKknsDd0LuOVq8"
    "5y7pVdGNOe7bz36vIfOFY1bLqWHdWfL50ZtkMBw3Z46RTZiEAH8Sc4xOW6sF3T9BUXqGf1"
    "E6Iqq7eMyehoAl2Ta5RLr14gKuuoan8wUm+Vkap2MtoOJGI68Ys0BiVrKexVqQfAlL/CD/"
    "86OTk9fXvy6vTNu7PXb9+evXv1jtX13jd76e331ctEaK1u5WHW+6XXH/EXwqw5rloqL/ju"
    "yUAHrqQ8ZUToawRxvFToZLVwxa44hoXEekhKpvSh+6JHwYe0dgJdFKknKIj0E3WwXSiI/U"
    "B9YJtLv2EUYD/qfVRuR92PN/xxFqV/mx5+3ZHCr5x4pctU6Ys3L5PKCm8CPvVGvwL+Ffw5"
    "6CsevJg6U+I9Mao3+rPD3wm6DlZtvFChHmvDQWmAGquZsHcG+x111J4SlXpvit4DjGKK99"
    "8+0juz+4ggW0NZrY/QtxyDmxBK6ZvhtocaLtKo8vsoocz+b93h5a/d4YuP3d9fJhR6Pej/"
    "ElSPtNm/vB5ceEY3gt37n0H8cgaJGPGgfivA7ljwm2oie+rM2NeTV68K0A+wZrVSnSRQw8"
    "nqWhLfB0Qof6sKEMdEWojycSmUjwtQPs6iHH+zCuYjJdYKtHdtQAx77joq1WbIglns/3M7"
    "6OfMlVNy6dHa0BzwP2AaNDN73m8lcESKlZDGOzXW8huklYBdp54WMoJSDWuoARGCSQ0tpO"
    "WkEtZRwjdozU1EKykgJiPBXwP8lTNH4DXB2ETQFqMfCaWwHzOpbYEe+FN2C/rFYHCdAP2i"
    "lx5j7z5eKGwC5GmAVTKchLskvmAKHFtqVT9VRvRxl9UetPXdea24w3ByL3RaJd2NSZW8xw"
    "QZU/sDWnpq6bG3h+K1q+/0HSZutmfq+B60uqA06nQELkJva7YxMhzYr0erdn/Zvb3sXikd"
    "D/Mx1O4XkOhqAnx+BZ/gVElYN3vJOrHSJdCGUw8i/lv4m/sauMKaayHbuYHE6Qjc8onrh0"
    "Weed2vqc5Z1ZLe+VtsIYAnwJkhMF46iPIvEJiQTBEIbngEgpegYAYfEK9tEGDoNBCliDUI"
    "1tCC75H7POuj380jBZ76sj75EMeqRi8luBmTJ930nbnf9JOayFVDUL1NQ87J8eu3r9+dvn"
    "kdAh+WFOGdHdPHWBeMGxeGDclSDGcgkZ458a67h4AWtU5/ChpOndh09aLX7w7/ELsvLgRT"
    "1os/RkpXNIA/7ehyNzcxTJo5cY1yI4zrVS67A5yy7cxcQwcYlG/Ahlb7gIIlcs6BMWHFzo"
    "xpEGhsoPDMPd+YNdhA4I1rABJm/Bd8axcu4FKwB7z1x60xtmxrv1eOJKVGEge72qzWzl9S"
    "Um78NWXjL2/DtyH2V2HK1JXA6ojsb6pGof0NzZc6M2iwaCsVghNKhtYQPyDC7J8DbMQ+AW"
    "0G7SmiR4CvMwxeE+lseg6IV+yZRZ0eAopXN8CmDlgVCqYYGDb/CNhb4HskjMnZ7dMfN8+f"
    "oygmf67O/rI6nzsuRSRVZPiL6FRxLALkLz7BihpEh9V3UFSXqW3OGjPfcQsbTORKTGlUZb"
    "/D5ermevfNS8e7B1My/wI+/aoMFeA9A/z0MzigrqYhxBrRwWoJK8ed5o07MtDouYw7MtCo"
    "3XovE2iUHlzKm920ZJtcGDsxwSIlVA1Aykq2ImxjB6FIEXI1gpKEwrtDvtPZCe5bCU6SG3"
    "WNMDmEb0lQPltLrRmqqCPnFrXU4k9SnrdWYku6sqYoJlLLADUN9+1b/jkxuPEWbC3cWtA0"
    "8/dqYnK7szyvttvAT0/evgmbNP9S1IhvP3avr7OtlquMuLbNHqcGM/zUXr+JYQ6qIuEUuh"
    "MuvX9NuQDIq8HdxbUCbobKZe+250cehcsC7yIvigJehkr3WoA6dBxkzR1BdFdxU07L7q45"
    "nzS/Oa9icWeQzqptPiblam5B7k8b3uQOZBz+0COZHQEV27UywUIJHYTCTV4GdS5Zdx4pV+"
    "fA95h9sf97p9zxAvZYl39nq/rhqNf/5Zw7T4nDVPTFHt71+16Rby5ZrbvLS0W54oKhZ/WL"
    "/b7bu+ZFE2iY/Ptlt3+pXHtFGgfN9Eq57+BKHdyNWJtjZldXseuk/eHlhuhSI3TBAJ1Zma"
    "0MU7YJ5LsiIonWDMwbi6IwMaWi+N/iESKSag2imxkbai6W5BJpQ0ukEEgfLKHn5nE1JKVb"
    "pI6N2Q3dmCIqsML5S9FIQq5ES61E/3axU4kaEwqsRctoGNC7ZmVQxKZdlRp2JNG+hv3mdY"
    "l2/eZ1brPml9L+Fczhp6rF/sBpJQq7SLYNmO+ahxriOOHhNsIxssAnI5SWTpkSThnD1lxr"
    "jGyBeSki/8aEpGVfk3FaBflQQKJeH3Vt7lZ3+8aFpGUpYVl8bnroRyy/9ExLtmixs+O1J3"
    "qoQ7WKS+3OmXLcKuRXftEawWkJwQ2EpjWsH+xvJFo2BNHzdNdSclJSarnJWp4YtkHr8VpS"
    "olLPTdNzU4gshRyWivSV8qljs8wRGzsRe2QBDYce8s079hcTMIMUmGjiAIottKL1MVFO5g"
    "uc1CX5KZt4yuM8lARrJBOJR6B9z/9XYJFQ1RubPdQfJY/8GxysRvKDzvcUgyW+s1L+2VGW"
    "lccf3uuDFwfBPuzBITjwN2APXm7oZQgyEaSPvo1fTZ0jW+cNYvcUGpmqVzJoniOTQjJonq"
    "feJYOm0SZYMmjy1SAZNJJBk0FdMmgkg6bdWpEMGsmg2b+wUsmgkQyasnhLBk1b2rBk0EgG"
    "TUcyaBofCS8ZNJJB06IlkmTQSAZNW1aikkHzyBxTMmgkg6YVmEsGTfMVIRk0+27ZJYPmKV"
    "CXDBrJoNn5HEYyaB4BXzJoJIOmyZFokkHzPLUsGTTPQ88Bp6L0jDAQqDkbrLfjcLStPYct"
    "zwY5UYZHTBAEqWhxn+9hyUpK/0p1/4qN2YQaTTARrHqKjVhSUtqwJtuwGbR1s5L/MpKQva"
    "qG1xKbZo15QUxM9qcm9ycdQd00bFRDxylRqecm6zlN9czo+gJjVsPOiyvPSKeD6Zj4tqaE"
    "YcmOo+kGg+uEei96aYN59/FCGb44fpmcHGZ9JcF53dW8VHGp3XmpfthyPOgO3FRNSxugcH"
    "djpyh3wKrGYbnzLz3vZck0Ap84p391wqR+CNgcF8wRnpsILGYYLKCjzX4EX78G/tCvX4GG"
    "XX7u/IRgCxzzAyYR1GZRkoBsCoGNP+GL/cUezRCYGIQ6wBMEbA7nHXRvowVihfzQSw3aYI"
    "yAw8/D9O7Fr0fJDAyHInPyI6tqLtmrsHc0DUSZhLNAyOZpDviRk0hf91DjSC2VndApSXng"
    "5Ibo8vu0J9ASZchcBe3lrJfJVUBtOKczXCnGIi6z1mZ/0/S8i93+pk1xepxpUzjFWdUoOc"
    "XxiDslpzjejQFTi2t5UwXK0xZp7C3OvSnBGOtLfog2BJSH1/O5w6F3wdBXxSYkU8SLs3Ob"
    "zd5azjL2b2DLn2Vw5YtUkc9GCyQkD60mDy3oiJU7QUpQhtvs82r6Gk8LBxp+veQwY+JplX"
    "U0N+3EtcGCYIfVuUdzNiZMHET4sIBYO9BzlsclBeUAsW99o1EDxB7Ngzc5QjTNPg284M5C"
    "E+VXKWmlVtGiJQ3V6tbbmQ5v+N7S3ElzJ+fDcj68Z52gIeNNT0fWnE0nbW35AS1Fw02qRu"
    "FoY0R11Xu0LJukGlB3bBlePuJV+mgLLoGGLQTglKlGkHC6jMQaA8M9EhihfBqpX30zqUme"
    "dhBIcqPPzspwo8/O8rnR/Noj+ywNG4SzFqito3AmaWCN3EhpSbnoqDsMyy2v/E7Rri2vpg"
    "z9Qa4t0aAfy8NVMNz7tUqP8zqam3jprfq8lVyU+PUIdG96bBFomhQsiOEgb8XnzueIHxZh"
    "TlYrQIJYy9AMkxXyryZeICKaHWztOWvMKeThB/LwA2ldt29d5eEH7da7IFA5c/hB1Wz7m8"
    "2x36QV3DayW8XfLANyPoUmJdaCrPo7p9G4hHWU2jlUY+KNzqJ6qwx/610q54Ai8mBo6Is9"
    "Gva617wfGdBMT/fKdYNSvaBCLlPDEibAyjcxoUCToa9pZY5flT1QovBEiayh2XWmwmbDvK"
    "Wk+djB2op2UxbluEwLcT4rA/NZPspnghEzWI9mYc4PbU1K7T64tfPTxLW9NHFg7Bqmw5b7"
    "R/yxPz/BeLqVBFdPlKazaa1/17Dz19EEPaGQPBgJSc5gBc4gezmDoJyDZx6fMsbEm2zoO4"
    "IU+qPBzY2XQN/B8zlPjN+9uFX6o3MAx9Q3qU8/jSTowRCfUVZwOlMk0pqsYxtLbs3PiXAF"
    "efTKnzLhinLpNau13yj9K6+1+0zqnGMllO7VH6xHIKgv+beoDrPNYS2vn/iSrKPk9J300R"
    "ND5ePgN/9eFn7w2dxN6E9V0+bIdDnreCSQPcFEE40vBblZYzJyUrvx2VWt4xM2cGpCLW3s"
    "y1kr7Ec5ao3BOiMnoRVCW/FoxEikDUZ7B16eMc+74pJKXp64TPtgPi0F82kBzKeCs4d1na"
    "fXFyVyzh8PE0JyQNz4gMhDOVxCeFBqBcudkpIrrczxY5A1m5k65rlZKuCaFpPApoHFrqPi"
    "iWqxhRURcSGKvGQZWeksq+As89fFAutd4I2JROTcLguoQ5Y1gm/icjIjYHMCbbIRVjK3+3"
    "PQsudDrNWPIzmp4WZrOIiQrkzDyYjKvGfrMQFFWsmq5D0myJjaH9Ays6eRUoAf0z9M3GzP"
    "1PE9aHVBaWQOCFyE4fbZxshwYL8eBQn3b0fD3iVD/WkoF332ryOgW3jlh0VUC5sVlc1kpS"
    "PbMRyPQ+9lu2SiPHmm6+XNtCC5pzwfJmGNhCHOufcWvEeU59CENkD21BAmsdrUXSWFosG2"
    "6BBICsXzCaWXFIrnqfcyFAq34pbMGtsxDTO2yW2CkzK7BCf5mwQn6T2Cp+WmPHWHkeyU1r"
    "JT8IKBU6VlhwItAHsHDdvfJ6yCcEykfTu4J2enpbKTnBZkJznN0CEwEcxzclcYQfUW5T7a"
    "mPOfk+z5slmtiGlGToLbqJRRQzQ12E8TJosKrx0WOTPIqpZRPnGEL7FcJXuC9J56Z4RAYO"
    "KpOEFUCQnpiZCeCLkibcSKVHoinqfey3giZDKHbYYsVgwKXScetHF9ZvvoznA1/npQf1v4"
    "tq3xUkSqmoe4TAub8VZcD2za5G3/wRxb8TizLnmHJuPeuene3n4aDK/OwRxSusBE/2KPBh"
    "+UPus++B7Z6cXG0zDdKIKmiHdVlKwzkpFpOg/BVs4GEMRuGCI6wIUv/f7DEJl5xKs6gRsN"
    "83vkxW18366HIgRM6KOIw5nvpYDmlCnPmVlqWpXlPRaImT3gpf7J91Gk6kivhPRKyNVpI1"
    "an0ivxPPUuvRJPveCQm/hPtIkv8xq2Ma9hwxYFMq2hTGso0xoGKBXb8BqEd92AJhIl2Cuy"
    "L6FI+wzM5hs+Ax+bD9XSHsVlZKPfeKN/FonfhsovvduRMvQzr628R4Jkb8l0bc1wWMvUbL"
    "udyesG1TAnZKkLaDvCrYKiTBIi8R0mkwjWs3ucS2LCrJXoNLUi1GNSMnNHJbRX0X41yMsJ"
    "wRaFmj41czkKBE1qowZvObrVfmmiPGk50QgrU5ZjHIFgz2rNLcducJ/mTH7W33JM+LniR9"
    "fVxyneetsC0zZ3ZrtsuqrNOoJdWf/KYeGObFTnsR3YfBg2vL/6XDZX16SF5G+bsjmmOKlq"
    "vrciJtLk5Vpdf+jmTl2ODQysU1VA2K/eQnSPy7r0izz6mfg4zJZI1bygMRF5mEhFv8+TEq"
    "G+/x+79N7x"
)
