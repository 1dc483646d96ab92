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
            "execution_id" BIGINT NOT NULL, "body" BYTEA NOT NULL,
            CONSTRAINT "execution_inputs_pkey" PRIMARY KEY ("execution_id")
        ) PARTITION BY RANGE ("execution_id");
        CREATE TABLE "execution_outputs" (
            "execution_id" BIGINT NOT NULL, "body" BYTEA NOT NULL,
            CONSTRAINT "execution_outputs_pkey" PRIMARY KEY ("execution_id")
        ) PARTITION BY RANGE ("execution_id");
        CREATE TABLE "execution_logs" (
            "execution_id" BIGINT NOT NULL, "body" BYTEA NOT NULL,
            CONSTRAINT "execution_logs_pkey" PRIMARY KEY ("execution_id")
        ) PARTITION BY RANGE ("execution_id");
        ALTER TABLE "execution_inputs" ALTER COLUMN "body" SET STORAGE EXTERNAL;
        ALTER TABLE "execution_outputs" ALTER COLUMN "body" SET STORAGE EXTERNAL;
        CREATE FUNCTION oaas_partition(number bigint) RETURNS void LANGUAGE plpgsql AS $$
        DECLARE
            size constant bigint := 1000000;
            name text;
        BEGIN
            FOREACH name IN ARRAY ARRAY['execution_history', 'execution_events', 'execution_inputs',
                                        'execution_outputs', 'execution_logs'] LOOP
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
        INSERT INTO "execution_inputs" SELECT execution_id, body FROM "old_inputs";
        INSERT INTO "execution_outputs" SELECT execution_id, body FROM "old_outputs";
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
        INSERT INTO "execution_inputs" SELECT * FROM "old_inputs";
        INSERT INTO "execution_outputs" SELECT * FROM "old_outputs";
        INSERT INTO "execution_logs" SELECT * FROM "old_logs";
        DROP TABLE "old_events", "old_inputs", "old_outputs", "old_logs";
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
    "eJztXW1z2zYS/isYfXEy43piOU5yaa8zss2kujiST1aatkmHgUhI4pgCFBCMounlvx9Ake"
    "IbSJO0XigaX2wJxENSzwILYBe7+Kc1IyaynZOOPSHUYtNZ6zX4p4XhDPEP6YvHoAXn8/CS"
    "KGBwZHu1YVDNK4Yjh1FoMH5lDG0H8SITOQa15swiWNTvYLCG/Azu0JyBJxbmEOsbegoWU8"
    "SvA4rGFDlTgAmwCZ4gCsYWNh1gsWMwQgZ0HQTQd2S44q4OEG/Or52INzCJwV/BwpNdPMzF"
    "1lcX6YxMEJsiyh/56VOLojlxLEboUlTxWP37b/6J35TfxhGVxNf5nT62kG3GuLdMgfHKdb"
    "ace2UX1qSL2RuvrviBI90gtjvDYf35kk0JXgMszETpBGFEIUPiCYy6QhbYtW1fcIF4Vj8h"
    "rLJ6ywjGRGPo2kKiAr16gbCspeu9/lC/1Ya63kpJO0BEZOIXGZxK3lL4qzoeARPxCj/9q9"
    "0+O3vZfnb24tX585cvz189e8Xreu+bvvTyx+plQrZWt/I4677t9obihQhvjquWKgp+eBjI"
    "4ArlCSNk36BI8KVDlpbCFb/CrBmSyyGOTMjD9KEnwYekdAJZ5IknKAjlE3awXQiI/0Czj+"
    "2l3zByuB9232u3w877G/G4meN8tT3+OkNNXGl7pctE6ZMXT+PCWt8EfOwOfwPiK/ir39M8"
    "eonDJtR7Ylhv+FdLvBN0GdExWejQjLThoDRgjdeM6TuL/44qYk9AldzrIveAo4jg/bcP5c"
    "71PqIIGygt9SH6nqFwY6CEvDlvByjhPIlqfwxjwuz93hlc/tYZPHnf+eNpTKDX/d7boHoo"
    "zd7ldf/CU7oh7d7/FOOXU0jljAf1G0F2awa/6zbCEzblX9vPnuWwH3DNayU6SSCG9upanN"
    "9viDrirUpQHIE0kOXTQiyf5rB8mmY5+mYl1EcC1gi2d61ALDx3me4YUzSDae7/c9vvZcyV"
    "E7jkaG0ZDPwP2JaTmj0fthAEI/lCSPKdGGvFDZJCIC6rJoUUUInhAWJAlBJaQQpJnBLCQ4"
    "TwHc7mNnJKCSCCUeQ/gPyVMUdiNSHERhDL2Q9BCe5HHLUt0gN7ym5Jv+j3r2OkX3STY+yH"
    "9xcanwB5EuCVLBYzl0QXTIFhSy9rp0pB7zdZHUBb353VShgMx3dSo1Xc3BgXyRtCkTXB79"
    "DSE0uXvz2Ur119o+8gdrMDE8ePoNUFpWGno3CxtramGyPngf96tGr3l53by86V1vI4H0Hj"
    "bgGpqcfIF1dImyRK1nXTl2btWbIEYjjxKBK/Rby5LwGNc2dqgbm5JTHMJ2oc51nn13Zrfc"
    "qHE1+shYz0ayRgU8iA5QDCl4mvgcUARvwTMKYQT5BzAm4gZZaoiUwwWgLqFQMyBpbpHAOH"
    "rG5AbBPwKg6YEGBh8RHwtyB3SGq13+3TJWb8hMH+U+jn8NsM/8vrfGq5DqKJIsvvZoniiI"
    "34b6FWwwbBF378SliXi23OhzyxJl83mHCykZCozn+HK8Qt5O735pZ3Dy5k8QV8/E0baMB7"
    "BvjlV3DkuIaBEG9ER6tGvlNPRBE9olwRyhXROJO0ckU8TrkXcUUkB5fiajeJVPPqkipYJo"
    "SyLoo0shGG3R04K0LmKrgtpODdMd9q7YT3rbgv1FK+FiqHIv7jHTFbS6wZyogj4xaVxOJP"
    "Uh63VCJLuqKqKAKppIDqxvv2Nf+cWkJ5S4xWtzNo25ntPYrbneZ5tt0GftZ++WLdpMWXvE"
    "Z8+75zfZ1utUJk1MWYP04PZvgJa6BNYAarMnCC3bFAH15TziHyqv/h4loDNwPtsnvb9X0T"
    "62WBdzFuEh9onWsJ65AxNJszif8nvyknsbtrzu36N+eVt34KnalsPMSQLvO8/AEu6d5Zsp"
    "XLrTFt+MJ3k60XuVznXnR7ncGf8i0WFxK32sWfQ62ToH9tkUyPgBp2Zyl3QkwGa3Cdl0Gt"
    "S96dh9rVa+BbzD7j/37QPogC/lhXfOer+sGw23v7WhhPKeMi+owHH3o9r8hXl7zWh8tLTb"
    "sSwLVl9TN+0+lei6IxtGzx/bLTu9SuvSJDkGZ7pcJ2cKX3Pwx5m+Nq19SJy5L28GJDdKER"
    "OmeATq3MVoop3QSyTREhojEDc/v0+cvnr85ePF+rs3VJnk5LqzObOI5sh0D+CBGiGsPoZs"
    "aGiosltUTa0BJpTaRPltRyc78Y4ugGiWNjesO0JsiRaOHspWiIUCvRQivRry5hpTbPrQEP"
    "2rhVM6J3vW/LQXzaVaphh4jmNewXzwu06xfPM5u1uJS0rxBBv6PP+B84KRXkIsM2gfNd71"
    "Rf8zgW222kY2SOTUaKVkaZAkYZCxvubISwRL3khQdEQEqzP3BPehnm1wDFenXWjblb3uwb"
    "BSnNUkCz+NErazti8aVnEtmgxc6O157oG1fSpZf+UdTujCmnjWJ+ZRetsDktBtzA1rSa9Y"
    "PD3YmW3oLoWborCTmOVFKus5THFracaSUxJ6BKznWTcypWaE+BLLkxLCXDV4onl0pHjmDC"
    "wuiRBbSYcyycd/wvoWAKHWCjMQMOmSE25e0CcCivAwIjdcH4lE085f44lFjUSGonHoX4Tv"
    "wvEUXi6N7Y7LF+b/DIv8HRaiQ/av1IRLBEPSvFnx3GYd7/8G4PPDkK/LBHx+DId8AePd3Q"
    "y1BkI+jc+zZ+NX2OsCkaxO5DaFQyLxVB8xgjKVQEzeOUu4qgqbUKVhE02WJQETQqgibFuo"
    "qgURE0zZaKiqBRETSHt61URdCoCJqifKsImqa0YRVBoyJoWiqCpvY74VUEjYqgadASSUXQ"
    "qAiapqxEVQTNPXNMFUGjImgawbmKoKm/IFQEzaFrdhVBsw/WVQSNiqDZ+RxGRdDcQ76KoF"
    "ERNHXeiaYiaB6nlFUEzeOQcxBTUXhGGAAqzgareRxOtuVz2PJsUATKiB0TFEGn3EmaaaSy"
    "r1Q4jJfwCTUaEypZ9eQrsThS6bA667ApxKZdyn4ZIlSvqmC1JLZdYV4Qgan+VOf+ZCJo2h"
    "ZGFWScgCo511nOyVDPlKxzDxmVoHd42ui65GCPG3XEvnx/c1xxK1UUtTsr1U9b3g+6jyNG"
    "95w2QBPmxlZe7oBVjeNi51961suCaQQ+ipj+1QmT5jHgc1wwR2RuI7CYErCAzJj+DL58Ce"
    "yhX74Ag7j85mBMyQycigMmETSmYZKAdAqBjT/hM/6Mh1MExhZ1GPCAgM/hAONlGC0QLxSH"
    "XhoQgxECTJyH6d1LXA+TGVjMQfb4Z17VXvJX4e9oW8jhCLZACIs0B+LISWQWzFaQGRkfiq"
    "W0ETqBVAdObihc/pB8Ag0RhspV0NyY9SK5ChwM586UlNpjEcU8yNlfNznvwttftylOV0Ta"
    "5E5xVjUKTnG8wJ2CUxzvxoCLxZ15UwVHpC0y+Fuk5yr5VdUs4PAGnuxZwIiYknjSvGixAF"
    "ExTuyA1NAmA8XqpomuySRXD4nrBbWQTSZlllliAUJdDBaUMF7nDs25ihkzRIWWQbwRmBmr"
    "p4JApZ+UflL66dD1U9/b+5erovwqBbXUajNhQUW1unWx2dI9dZU6UupIqaMDVUddE83mfL"
    "aBjeU7tJRpo0SNXGVkhXX1O7QsmuIWOO5oZnnZTFfJZ2dwCQwyQwBOuFwk6WqLIB6gl+6Q"
    "pA9kB6H51TeT2GC/OigeWXl+XiSy8vw8O7JSXLvHSluzMSCtfpo6CKRSjlXIrJJEqkGgzC"
    "CgDObFOkWzDOZ1GfqDTD2yQT+SxSdnuPdrFR7nTTS3ydJbRJAxgCBMG3kCOjddvqawbQcs"
    "qMWQZwxx53MkUs3b4+OVcQTxlmFYNi8UX22yQFQ2O9jacx4wp1Cp01XqdKVdt69dVer0Zs"
    "tdss0xlTq9bK7uzWbortMKbhu5caJvliI5ewN+AtaAnNw734TvUt5RKmdgjMBrnYPxVhv8"
    "3r3UXgMH0W+WgT7j4aDbuRb9yIJ2crpXrBsU6gUlMiFaM2n6nGwVswbUmfqKWub0WdF09L"
    "n56NOKZtd5zupN85ZSbhNGjNWm/aIsRzEN5Pm8CM3n2SyfS0bMYD2apjl7Y1wctfutca1f"
    "xi72kkyBkWvZjC/3T8Rjf93DeLqV9Dh7SvJXt9a/a9rF6xiSnpAbehSCVMRRiYgj/nIWRR"
    "nHVtw/ZYzA66zoW5IE3MP+zY2XfpuR+Vyk1e5c3Gq94WsAR46vUvc/jaTomyU/4SjnbJcQ"
    "0picRRtLjSuyzLuSLFzFc9S7skxc9WrtN1rvymvtfhxmRlJ6rXP1J+8RCJpL8S2sw3Xzup"
    "bXT3wk7ygZfSeZuH6gve//7t9rRr75saB16E9lk26oZBsPsUggPCbUkI0vOZkdIxg1qd34"
    "7KpS8vUN5FyvJI1DOamB/yimVxisUzhFrZTakgerhZAmKO0dWHlGImuDS0tZeaKY5tF8Vo"
    "jmsxyazyQnl5qmSM4tSwObPR7GQGpA3PiAKLZyuJSKTaklNHcCpVZaqcOLIG82U30kMjuU"
    "4DUJU8QmiSUu08lYn/GFFZVtxc+zkqWwylhWwljmr4sl2jvHGhNC1NwuTSijywqbb6I4lU"
    "+sPhtt0jusVGboxyBlz4ZYqR+HOCXheks42CFd4bD5BFRlTSq1bTkVDiCTSlokbwhF1gS/"
    "Q8uUTyMhAH9P/yB2swMTx4+g1QWloTqgcLHebp9ujJwH/utRkK77djjoXnLW9xNy0eP/Wp"
    "JwC6/8OC/UAvOionlwTISZxZYi9MHLlcehIvWe62Xdm0F654hsepQ3Es64COWewTvkiAx8"
    "EAOEJxaWpczZ1F1VCEWNddExUCEUj2crvQqheJxyLxJC4ZZ0yTzAHVMzZRt3E7SLeAna2U"
    "6CdtJHsN/YlH13GBWd0tjoFLLg5JRp2WtAA8jeQcP2/YRlGI5AmufBbZ+fFcpOcpaTneQs"
    "FQ5BqGSek7nCCKo36ODOjRn/RZC9WDbrJTlN4RS5tTrOYIAmFv9p0mRR62vHecYMuqplFU"
    "8c4SOWq2RP0LlzvBMGILDJRJ4gqgBCWSKUJUKtSGuxIlWWiMcp9yKWCJXMYZtbFktuCn3I"
    "ftDa9Zntszsl5eLXg/rb4rdpjddBtKx6iGIa2Iy3Ynrg0ybP/QczdMX9kXXxO9SZ99ZN5/"
    "b2Y39w9RrMoeMsCDU/42H/ndbj3YfcIZxcbOwn0s1B0JbFXeUl6wwxKk3nMdhKrmbJ3g1L"
    "Fg5w4aPfvBsgOyvwqsrGjZrZPbL2bfzYroViTZjURhGlM9tKAe0JFx6bzvSkKItbLBBXe8"
    "BL/ZNto0jUUVYJZZVQq9NarE6VVeJxyl1ZJfa94FBO/D058VVewybmNazZokClNVRpDVVa"
    "w4ClfB1eIeDdtKCNZAn28vTLGtI8BbP5hs/JJ/a3cmmPohjV6Dfe6B9F4reB9rZ7O9QGfu"
    "a1lfVIkuwtnq6tHgZrlZpttzN503IMIgKy9AXETOoqyMskIYPvMJlEsJ494FwSY66tZKep"
    "5bEeQanMHaXYXu32qxC8HAM2aKvpviOXw42gcWlUiFsOb3VYkigetBxrhKVDliMxAoHP6o"
    "Eux05wn/pMfh7ucozZuaJH11XnKdp6m0LTNj2zHT5dNaYtiVfWv3Kc65EN69zngc2mYcP+"
    "1cfiXH1gWEi225TPMeVJVbOtFRFInZdrVe2hmzt1OTIw8E5VgmG/egPZPS1q0s+z6Kf2xx"
    "G+RCpnBY1A1GEiJe0+ew2E+vF/HKnfVg=="
)
