"""The executions of the master, where they are, and what is to be told about them."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
        CREATE TABLE IF NOT EXISTS "callbacks" (
    "execution_id" BIGINT NOT NULL PRIMARY KEY,
    "created_at" TIMESTAMPTZ NOT NULL,
    "modified_at" TIMESTAMPTZ NOT NULL,
    "url" VARCHAR(2000) NOT NULL,
    "host" VARCHAR(2000) NOT NULL,
    "state" VARCHAR(20) NOT NULL,
    "delivered" BIGINT NOT NULL,
    "due_at" TIMESTAMPTZ,
    "failures" INT NOT NULL,
    "failing_since" TIMESTAMPTZ,
    "last_error" TEXT
);
CREATE INDEX IF NOT EXISTS "callbacks_due" ON "callbacks" ("due_at") WHERE state = 'active' AND due_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS "callbacks_dead" ON "callbacks" ("execution_id") WHERE state = 'dead';
COMMENT ON COLUMN "callbacks"."state" IS 'ACTIVE: active\nDEAD: dead';
COMMENT ON TABLE "callbacks" IS 'Changes of an execution that go to a URL, until the last one has arrived; what they are is in the events.';
        CREATE TABLE IF NOT EXISTS "document_parts" (
    "document_id" BIGINT NOT NULL,
    "part" INT NOT NULL,
    "body" BYTEA NOT NULL,
    CONSTRAINT "document_parts_pkey" PRIMARY KEY ("document_id", "part")
);
        ALTER TABLE "document_parts" ALTER COLUMN "body" SET STORAGE EXTERNAL;
COMMENT ON TABLE "document_parts" IS 'Some of the bytes of a large document.';
        CREATE TABLE IF NOT EXISTS "document_uploads" (
    "id" BIGINT NOT NULL PRIMARY KEY,
    "touched_at" TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE "document_uploads" IS 'A large document that is no execution''s yet: if nothing comes of it, its parts are swept away.';
        CREATE TABLE IF NOT EXISTS "execution_batches" (
    "id" BIGINT NOT NULL PRIMARY KEY,
    "user_id" VARCHAR(200),
    "created_at" TIMESTAMPTZ NOT NULL,
    "complete" BOOL NOT NULL,
    "stopped" JSONB,
    "counts" JSONB
);
CREATE INDEX IF NOT EXISTS "execution_batches_open" ON "execution_batches" ("id") WHERE counts IS NULL;
COMMENT ON TABLE "execution_batches" IS 'Executions that were submitted together. Ids come from the sequence ``addresses``.';
        CREATE TABLE IF NOT EXISTS "execution_events" (
    "execution_id" BIGINT NOT NULL,
    "event_id" BIGINT NOT NULL,
    "created_at" TIMESTAMPTZ NOT NULL,
    "snapshot" JSONB NOT NULL,
    CONSTRAINT "execution_events_pkey" PRIMARY KEY ("execution_id", "event_id")
);
COMMENT ON TABLE "execution_events" IS 'What an execution was after a change: the numbers count from 1 in each.';
        CREATE TABLE IF NOT EXISTS "execution_inputs" (
    "execution_id" BIGINT NOT NULL PRIMARY KEY,
    "body" BYTEA,
    "document_id" BIGINT
);
COMMENT ON TABLE "execution_inputs" IS 'Input document as it came: the body of a small one, the id of a large one.';
        CREATE TABLE IF NOT EXISTS "execution_outputs" (
    "execution_id" BIGINT NOT NULL PRIMARY KEY,
    "body" BYTEA,
    "document_id" BIGINT
);
COMMENT ON TABLE "execution_outputs" IS 'Output document as the node had it: the body of a small one, the id of a large one.';
        CREATE TABLE IF NOT EXISTS "executions" (
    "id" BIGINT NOT NULL PRIMARY KEY,
    "created_at" TIMESTAMPTZ NOT NULL,
    "modified_at" TIMESTAMPTZ NOT NULL,
    "algorithm_id" BIGINT NOT NULL,
    "algorithm_name" VARCHAR(200) NOT NULL,
    "algorithm_version" VARCHAR(100) NOT NULL,
    "repository_name" VARCHAR(200) NOT NULL,
    "wish" TEXT NOT NULL,
    "user_id" VARCHAR(200),
    "priority" SMALLINT NOT NULL,
    "rank" DOUBLE PRECISION NOT NULL,
    "max_running_time" DOUBLE PRECISION,
    "max_attempts" SMALLINT NOT NULL,
    "batch_id" BIGINT,
    "callback_url" VARCHAR(2000),
    "input_hash" BYTEA NOT NULL,
    "state" VARCHAR(20) NOT NULL,
    "attempt" INT NOT NULL,
    "losses" SMALLINT NOT NULL,
    "node_id" BIGINT,
    "remote_id" BIGINT,
    "node_unreachable" BOOL NOT NULL,
    "sequence" BIGINT NOT NULL,
    "heard_at" TIMESTAMPTZ,
    "report" JSONB NOT NULL,
    "error" JSONB,
    "output_bytes" BIGINT,
    "waiting_reason" TEXT,
    "not_before" TIMESTAMPTZ,
    "event_id" BIGINT NOT NULL,
    "queued_at" TIMESTAMPTZ,
    "started_at" TIMESTAMPTZ,
    "finished_at" TIMESTAMPTZ
);
CREATE INDEX IF NOT EXISTS "executions_queue" ON "executions" ("wish", "rank", "id") WHERE state = 'queued' AND node_id IS NULL;
CREATE INDEX IF NOT EXISTS "executions_placed" ON "executions" ("node_id", "heard_at") WHERE state IN ('queued', 'starting', 'running');
CREATE INDEX IF NOT EXISTS "executions_of_batch" ON "executions" ("batch_id", "state") WHERE batch_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS "executions_results" ON "executions" ("batch_id", "finished_at", "id") WHERE batch_id IS NOT NULL AND finished_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS "executions_of_user" ON "executions" ("user_id", "id") WHERE user_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS "idx_executions_algorit_96e817" ON "executions" ("algorithm_id", "id");
ALTER TABLE "executions" SET (fillfactor = 70);
COMMENT ON COLUMN "executions"."state" IS 'CREATED: created\nQUEUED: queued\nSTARTING: starting\nRUNNING: running\nSUCCEEDED: succeeded\nFAILED: failed\nCANCELLED: cancelled\nTIMED_OUT: timed_out';
COMMENT ON TABLE "executions" IS 'An execution. Ids come from the sequence ``addresses``, as those of nodes do.';
        CREATE TABLE IF NOT EXISTS "idempotency_keys" (
    "key" VARCHAR(255) NOT NULL PRIMARY KEY,
    "execution_id" BIGINT NOT NULL,
    "request_hash" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ NOT NULL
);
CREATE INDEX IF NOT EXISTS "idx_idempotency_executi_2fdc29" ON "idempotency_keys" ("execution_id");
COMMENT ON TABLE "idempotency_keys" IS 'A submission that may come again.';
        CREATE TABLE IF NOT EXISTS "stray_attempts" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "created_at" TIMESTAMPTZ NOT NULL,
    "modified_at" TIMESTAMPTZ NOT NULL,
    "execution_id" BIGINT NOT NULL,
    "attempt" INT NOT NULL,
    "node_id" BIGINT NOT NULL,
    "remote_id" BIGINT,
    "lost" BOOL NOT NULL,
    "settled_at" TIMESTAMPTZ,
    "late_state" VARCHAR(20),
    "late_at" TIMESTAMPTZ,
    CONSTRAINT "uid_stray_attem_executi_8b5734" UNIQUE ("execution_id", "attempt")
);
CREATE INDEX IF NOT EXISTS "stray_attempts_open" ON "stray_attempts" ("node_id", "id") WHERE settled_at IS NULL;
COMMENT ON COLUMN "stray_attempts"."late_state" IS 'CREATED: created\nQUEUED: queued\nSTARTING: starting\nRUNNING: running\nSUCCEEDED: succeeded\nFAILED: failed\nCANCELLED: cancelled\nTIMED_OUT: timed_out';
COMMENT ON TABLE "stray_attempts" IS 'An attempt that is none of its execution''s any more: what its node may still have of it has to be stopped.';
        ALTER TABLE "masters" ADD "callback_secret" BYTEA;"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
        ALTER TABLE "masters" DROP COLUMN "callback_secret";
        DROP TABLE IF EXISTS "stray_attempts";
        DROP TABLE IF EXISTS "execution_outputs";
        DROP TABLE IF EXISTS "executions";
        DROP TABLE IF EXISTS "execution_events";
        DROP TABLE IF EXISTS "document_parts";
        DROP TABLE IF EXISTS "idempotency_keys";
        DROP TABLE IF EXISTS "document_uploads";
        DROP TABLE IF EXISTS "execution_batches";
        DROP TABLE IF EXISTS "callbacks";
        DROP TABLE IF EXISTS "execution_inputs";"""


MODELS_STATE = (
    "eJztXW1z2zYS/isYfkk6o8vEdpzk3LubkW2lVSPLPVnuyyUdBiYhiWeKUAkwiqbn/34ASI"
    "pvIE3KEkXR+JQI3CXhZwHsYrG7+EubQ0KR++oC2vYdNO61M/CX5sA5Yv/JPOsADS4W0RPe"
    "QOGdLYiNgIoIsjtCXWhQ9mACbYJYk4mI4VoLamGHk1/MoDNFBOAJgA5A35Dh8UeAziAFUw"
    "woBhDcjgYd4DnUslk7Ajb7KsAOAjNIAHRd6ysyvwdLzsEer1gTAhYBliOo0VfkUPKKd8fE"
    "BuuP5Uxr/7LnWH96SKd4itgTl33/0x+s2XJM9mHCf/6lTSxkm+L/msloIdU4Cfq2cBEhrG"
    "ck5ArlsoZaZ/RCCKuFeKAJPoY8/wF+/bE36gFCIUXgn+AFEwfr9gvQHV4C/zugfwOG12Mw"
    "vB0MtIcOSHRlDYxumRU6hKBZukec+IX2wN+0uNfFtxPjL9EFRiQo9PDV59a079APgovL+E"
    "43sO3NHRnnYkVn7EfIajmUt06Rg1zWFzM2TB3PtoMhHTb5MmQN1PXQWnhm1GCiCfRsPtg5"
    "t9+XqE3TdQayftMb67qWmQghR2yEBk0GA5oBx/pKBCpT3oW//f34+OTk3fHrk7fvT9+8e3"
    "f6/vV7Riv6m3307sHvTASc/yoBX/+H/nDMO4TZTPXnMG94EDyQQj0aDJFIDBdxwPggzQjk"
    "kj2h1hzJRZLkTAnEDFhfhf/ZRDxhQySfaO2pQ0DsDzSvHXsVDIwC7Mf9q97NuHv1M//cnJ"
    "A/bYFfd9zjT45F6yrV+vLtd0lhrV8Cfu2PfwT8J/jP9bAn4MWETl3xxYhu/B8+yTXoUaw7"
    "eKlDMzaGw9YQNbEcrBUBNi32d2wi9hSrkntT5B5iFBN80PtI7p5rZ+XN9Kcrl3VAnpIxw+"
    "oQpTqH33QbOVM6Yz+PX79+XSDXX7qjix+7o5ecLCWtYfDsOHj4kAB4xuRVBeGQXkFcGmJh"
    "bcgx7jneXODcZ/2CjoEyeK+Z6wNc8+00rRroWvdi3P+ldwZ87s/OZa97eQZCc6y6MEqJok"
    "AQaTGYyGb9clFFQy7Bth0rrowQXrfAiIth7+8qKmruiGsLSjuwMpqy9Byujs4aZxNo2R5/"
    "X0a+ubMqztKaSXV89Obdm/cnb9+s59K6pWgKZacLR4d9TydWoBKqzJoMs5o8TZ483LGjI9"
    "fFblbQY/QtZ/4kuTayDQ5Ipr3fxglxhmr+5VX3t+8SIh1cD38IyWNmwcXg+pzNMe7nmdzH"
    "3Aq8gbuNltA19cwTfIzzaLOP5sfzdAt04FQAyf/ih07MnUmhjace6tpT7Fp0NtekTs8MVa"
    "fY/RnQ6zBkKOkJ7TpgzdIR/kPCugIwb7aBgxm575vEkwlygUW/B/doQcFyhhz22EHAxIh0"
    "AME+mUUJsEzuZVtJvJ87/5rE4/mJbZHZxLUodle6wLkT+A7Zv8y64z5F7Y+UXzTXK1jVF1"
    "jWAxjMSOUAVA7AZ+UIUg7A5yn3Mg5Aybpd1lUlYW2n16qc06rIZ5X2lVSFWuFbDd/Q5KgA"
    "cYylhSgflUL5qADloyzK8Z5lkM7fW6XYWoF2HburOPSWs/CoTowZmsMs9j/dXA9zTOUUX1"
    "pZWwYF/wO2RXbmI9qPEDgixUJI451StfwFaSFgj24mhQyjEsMTxCDcNBtIIc2nhPAUIXyD"
    "84Ut81EXCCDGo8CvCH4FX1tsxeIuH4mMzgO+Dx9HyIY5mjntN7vmLztc6UStWrAvqsUn6a"
    "NW5I9c41rGFxlJtIQfUnj//AjHmJNQ4kIsIJR6/zi56MPalaqcfQfh7HPRHNOYR7tyHGbO"
    "C+o7c2yJiDIiiXlXNpRJ5g1KKBsLZfMJombG1oTAtUxl/GNMCvpK0GcsTMl0yMriA3aRNX"
    "U+olUm8O4RezJxDntgUsmzKVmzC5drsyezGjA4TGQj6jsnuzcX3cuelhn0W0D5Cs3vkDsM"
    "XtZSdGNzXQ7sfuIRLrHhzZFDf4Yu1SSWf+J5od1vBpT6gpGWtPpvMD/9n4hIgLsVDfKigA"
    "3dKT/q91+Y3QOUZ3s8AyrX+F//PVVX9RSjyv7Z0n5gEQzBkmGGIXmbNOvWogzvsLmSjWoH"
    "uis5nCFHCk4x/Q4Q0KLRGXi21m6wX7qj8/6wO/pdfipyLvGEnf8+7nWbE3UWruK3CxvD5D"
    "Inpyi30nuCuLSHJ7k+BxFcBDg4yoN9QcAK0TNgTVgznTEJAoMt9mKBt2hHBHwJ/SKSXsmS"
    "B4fBJVzJ/ES7/twTdMuuHEtKk5TSJBR7xmyjeKIkpwonako4UV4YWUPW31644JxDasxk62"
    "+KonD9jfLL7zgxKrkArz8RxNguEV/TvLu5RdnwBOE69gr0TSKWQTBx8dyP0kVscLI9HPjy"
    "heHNE/ER+fIlu+ju5hMVyxg8XjEgA6COF0gcKxVVDjCwxyaJKFsgShao1b2Zq7tHkCvdtB"
    "XkDkcsbcinqCGKTUViPxcVmpA65kERsozmc4xtBJ0ckcfY0vtHxrcrGa9bat4/Xl8PEvI8"
    "76ej5m6vznujl0dCkIzIojmnCoTixUKWtZwfuBJjeVLcSsOWtLpjhnxlXwX4iEPhvrNwoV"
    "qM9B6voKUVGek+RUkj3S/IVc5G/5VbzYnCYEse6DJhbwcQGKJ42Jmwlx2PH5oQ3yr1zegj"
    "XgIMQWOWNcy3+N4nuD1USa3GGcticFYXx9dtn2/s22bbS9CAMqLzBdJeI5o4cEFmWCLzAq"
    "suxqPCkQ/cvujzRJdC+8KnKGlfiLyZkvaFeHF0JsJsAIsCg/XCV/78kM8/SydznpGPHeSn"
    "6Vtm/IidNWdNjO2+WlkZh6fY8q2M2o+bD2cXtc3T5kQC5D7DVxoG/x7jEvesaq5FNl+hrg"
    "lISiobPz2wpLbxX53QCWKL6SdwmExBPF3t7OgbSv8c2tRT+kfpn4bC/+z0zwdk+uJZaxmZ"
    "CpJQldNC5WubrVnKhxx0fBWCiQgx9muSmVhay2y7b68Y5rC0iIgTcaEjLseoEPZAdPahCp"
    "c3CGrTv7whiGOPwiBSNzfE4txniA+kx2+UiPVrYUMDlbzDoT8EL8OudcAL1uhSJhv+f9dz"
    "HP7f7zLdEwEfQf/8+srlO4cnfrzIY90Lv1F4w0W8IxPLYcJcu/MqSZKRsLWKbNInIc/Ytw"
    "v7GwuRqNQ/Bhpnfax/wevTXfiUyUrhH1eRN800s5Q/O19A7fVnq/J87ZN7iFFReT6Vd9yA"
    "I8QIyqp1+7Kcrah2VkPsY4TcBrX8pMwtRH4nVf1URdB9jPdwp5mEOr+IYkjfCnyLFPYuqi"
    "eq6PUaRvTCtfgiLPEJ3/DDgfyc4hhfm4yWk+N3b9dmCv9RZJjcXHUHA0ltoMAPlcTzg41h"
    "XimggCEF5IRzHCCUBYhdXt+eD3rg51Hvon/TD6Ja1qa8eCj8UetI8FGvO0jByydF4NbSw7"
    "1QaahlzBvC3rDFogbUIaVovpAFgxcvFmletWCkahAkPKBl945xLnU2tHHkaXBnsl7xks00"
    "XyvtjZ3cBOlXt55BmSlddBCd5FPVN9JWddnz6EO7ibM6+toFU2Dj3uUZCLzpn51/3/ZueY"
    "N/SvbZuRl3R+P+8IczEJ6WfXZGt8OhaAoMBEZ1e3HR611yRuIZBkIm5/3Q7Q94E79jjv++"
    "6A4vegPRZHDQbNHK/YqX+vXtmE1zZmiYPGBI22galpqEFe4ADVRxdgjkuykjDnVPYVqD2J"
    "gfaFe1iSKu1iC6DVNoL9Ujm6aG91nRdsMytgr9p6EvhrDnuDy5UOCSFUJRXrmMXeWXV8kv"
    "D2KUqg3+OFdrlvGaR/46NiqDfPGJeZxPXe7bnNPxbFgEP3CSFazMT/KLOOpP8dP+MfEcQ2"
    "SG33mWzbYG5BX/7L+0+kW9u5t4qkgj74ZlVc6h+jVUaz9FeSWT5lRG1qaqZgktvtPXmZlE"
    "qt2Gl+Vsg7+v7hNdB7NhjCbYlZhZxco+yanUfZPV/SEV0jhq1frmOzc3sKUTjGp2NXl2CX"
    "f1RkJOciopN1nKqTyYKmJOsSo5N03ODclM7JtovsAUOcbqI1ppkqzEFEWnKCPRimj1e7Qq"
    "XQlflEQWqVN+neQ5XPnZg3DKBC4rZl+C4wkp6/dIEgqXHwUQkG/nMHS/eVPJQ8fT0zKnjq"
    "en+ceO/NkjFdcaVh4gu661NXEt7ptjfzvZJBwjzakCMjobBmSoZMH8SXGYSWMNv4ThJ2w5"
    "Y3yPpLUIooeFCv+/jIxpWEZXUtcPECW8qIxfkIazd9hPQ1LIppCygXfNqEuMVUq0WuVUSv"
    "RzkbtkZ5tJiZbbk/kbqRwr8vB3Um/flNhIvX2Tu4/ij1Lnt98WFhPUBjMqydnCCXW4Eyi7"
    "cnqELX13lbwRMZY2HE/uYiI1xAK/8g1qifl9tTa1821vv6lsoWMTOdSiq/Ca4OA7Gau7gE"
    "7Z3MrmbpuqOFDbS9ncz1PuZWxur2KxhCcUSmjYYpswFE6OSxgKJ8e5hgJ/lIpbqlhhRZVV"
    "qVaEIt6zDMz5QXkptvrQ1rQdYV13QB5eOkgSCpw/stcMLQC7jrtBwyRxgphBJdHGRQdsEm"
    "ZVg3vDIza2k5lX24iEHCqt5+Bqbl8hfnHfEJtIk22wo6edok02hpDooix1uX12VxxXbVr/"
    "OqoTDEzM/iIMFpDOAO87o1piRslkTGQBMXV9toFegOZbpsoN0HDr9jC3g8oN8DzlrtwAez"
    "x4U24A5QZQboAEQwvArmFg30GCqtaXi/O0cAE5KYXzSQHOJ5LKcgs92Ono2NVNR5JonQ+4"
    "lLmFyB+fnpQK7T8pCO0/kSAvr/GQv8WLONpUDnR7VcXgHbIlAzi/TEPEoYpmFKvIDco33K"
    "NVTo5EYXJQXnaEMq+z5jVB0GZbTmkGVpGfPMmn0lDSNmCVuqBejsosVxjUa7zO5JWtL38/"
    "A3z3v/rsXI66fb/kp8mhFzU/b4eMho3R80HvDKRKqu2/dqcNCdUJQs4GXp00bwvdOofrxs"
    "n67wwb88O/e7TMCrqgwn2STdW2L1HbfoPLi/ZyZVFNe+DTMqvWaf6qdSq5rYhgzzVkla+K"
    "isDFmFTpsc1tVzbnJR7hgo1EQK+2EVsXhQEptPHUQ7qLvlpVFx05twr1f3Kof8wVOpkEkf"
    "WpDUjA9+HjCNkwx9ccRBhchGK65i87XCsqag0GzMMuozZu2KdW3aDQvCRuI/G8UxS5wTu9"
    "Slw4U+qG9IDBrypiEeDwFGQ8ARYlUZzECwKgswJz7KIzsBSUlPiJyrwQCaGWbYMZ/Bpwsv"
    "8SQDG4Q+wRXiyQKb0+vcZPS6I4PmXqaYT1/v9IBXjk3W/++D3YSZnoeOHnl4czR+tI7jZH"
    "lNrRddziHmyVZ6ICTA5rLT3QQAMVYPI85V4mwKT5dZv2cfJT93XXh3GJzwGduO3l6pmGgq"
    "runnlG6NuYyFJTiu6bCVlqvGNmT4dt27xiJtzPVLWWkpyqomtzbKOsUWwz1PUnXbGYfEOD"
    "vXvqmsVHjmqZHDc5pV2zqZnetJnekAy3LnItY6ZJvKTBk06RfxRGNI/5RfMFu+VssOfiqH"
    "vibiXfBXcoZ9g1xrlurYR1bNfNJlUFhAPyFqJ7VCp++6ggfvtIki6PHYqcSjfFxVjqP64+"
    "8BiBvSqzh/8DXEHZoQ=="
)
