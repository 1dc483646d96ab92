from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
        CREATE SEQUENCE IF NOT EXISTS "addresses";
CREATE TABLE IF NOT EXISTS "catalogue_algorithms" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "created_at" TIMESTAMPTZ NOT NULL,
    "modified_at" TIMESTAMPTZ NOT NULL,
    "repository_name" VARCHAR(200) NOT NULL,
    "name" VARCHAR(200) NOT NULL,
    "version" VARCHAR(100) NOT NULL,
    "description" TEXT NOT NULL,
    "input_schema" JSONB NOT NULL,
    "output_schema" JSONB NOT NULL,
    "error_schema" JSONB NOT NULL,
    "examples" JSONB NOT NULL,
    CONSTRAINT "uid_catalogue_a_reposit_bcea0e" UNIQUE ("repository_name", "name", "version")
);
COMMENT ON TABLE "catalogue_algorithms" IS 'An algorithm, the same on all nodes that offer it; kept when none does, so that its id stays.';
CREATE TABLE IF NOT EXISTS "join_tokens" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "created_at" TIMESTAMPTZ NOT NULL,
    "modified_at" TIMESTAMPTZ NOT NULL,
    "hash" VARCHAR(64) NOT NULL UNIQUE,
    "expires_at" TIMESTAMPTZ NOT NULL,
    "used_by" VARCHAR(64)
);
COMMENT ON TABLE "join_tokens" IS 'Lets one node join, once.';
CREATE TABLE IF NOT EXISTS "masters" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "created_at" TIMESTAMPTZ NOT NULL,
    "modified_at" TIMESTAMPTZ NOT NULL,
    "uid" VARCHAR(32) NOT NULL UNIQUE,
    "name" VARCHAR(200) NOT NULL,
    "description" TEXT NOT NULL,
    "owner" VARCHAR(200) NOT NULL,
    "term" BIGINT NOT NULL
);
COMMENT ON TABLE "masters" IS 'Identity of the master.';
CREATE TABLE IF NOT EXISTS "oaas_nodes" (
    "id" BIGINT NOT NULL PRIMARY KEY DEFAULT nextval('addresses'),
    "created_at" TIMESTAMPTZ NOT NULL,
    "modified_at" TIMESTAMPTZ NOT NULL,
    "uid" VARCHAR(64) NOT NULL UNIQUE,
    "name" VARCHAR(200) NOT NULL,
    "description" TEXT NOT NULL,
    "owner" VARCHAR(200) NOT NULL,
    "base_url" VARCHAR(300) NOT NULL,
    "ip_address_or_dns" VARCHAR(253) NOT NULL,
    "ip_port" INT NOT NULL,
    "labels" JSONB NOT NULL,
    "key_hash" VARCHAR(64) NOT NULL UNIQUE,
    "sealed_key" BYTEA NOT NULL,
    "status" VARCHAR(20) NOT NULL,
    "last_seen_at" TIMESTAMPTZ NOT NULL,
    "clock_skew" DOUBLE PRECISION,
    "version" VARCHAR(50) NOT NULL,
    "resources" JSONB,
    "load" JSONB NOT NULL,
    "catalogue_revision" VARCHAR(64)
);
COMMENT ON COLUMN "oaas_nodes"."status" IS 'READY: ready\nDRAINING: draining\nUNREACHABLE: unreachable';
COMMENT ON TABLE "oaas_nodes" IS 'A node. Ids come from the sequence ``addresses``, as those of executions do: no path names two things.';
CREATE TABLE IF NOT EXISTS "catalogue_offers" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "remote_algorithm_id" BIGINT NOT NULL,
    "remote_repository_id" BIGINT NOT NULL,
    "algorithm_id" BIGINT NOT NULL REFERENCES "catalogue_algorithms" ("id") ON DELETE CASCADE,
    "node_id" BIGINT NOT NULL REFERENCES "oaas_nodes" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_catalogue_o_node_id_7a6eee" UNIQUE ("node_id", "algorithm_id")
);
COMMENT ON TABLE "catalogue_offers" IS 'A node has an algorithm.';
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
    "eJztXGtT2zgU/Ssaf2pnWAYSAiy7szMB0jYtJB1Id/sco9hK4o0tpZJcyHT57yv5Eb9dO5"
    "AQB3+CSPfa8jl6nHsl+6diQcYR3T2DHJpkbKO2OSbU4BNLOQE/FQwtJP7JsdoBCpzNAhtZ"
    "wOHQdNw0316FvgNzPIaMU6hxYTOCJkOiSEdMo8aMGwRLzzYGC5cdwCcIMNEUQGSxCTAR5q"
    "IUckBGI0SBwf8AUzTj4HaCsKjGCOgEsR3AiGtmcAYMHTAO52xXNkEnmmiDgcdruZuNje8C"
    "BU7GSFydint++aJQNCPM4ITOVQdnYef//YEok0h8+yZ+GFhHd4hJJ/lzNlVHBjL1CEGGLt"
    "2ccpXPZ07ZqTHuYv7KsZVPPFQ1YtoWDuxncz4heOFgYC5LxwgjCjmSd+DUluxg2zQ9Un3C"
    "3EcKTNxWhnx0NIK2KTmW3m4DgjJFVXv9gXrdGaiqkuDf9wiR5BVpBMu+I5rKHADGsgm//d"
    "5oNJtHjb3m4XHr4Oiodbx3LGyd9iarju7dxgRouZdyMOu+7vYGskFEdFC3F8uCe8dHdGfX"
    "yyEjQF+jSOKlQp5k4VzUcMNC6TxEPWN86J7rrv9PnB2fizx6/IKAn2DIrYMg8YB6H5tzr2"
    "PkYD/oXnauB+3L9/J2FmPfTQe/9qAjaxpO6TxW+uLwZZSsxUXAP93BGyB/gs/9XseBlzA+"
    "ps4dA7vBZ0W2CdqcqJjcqlAP9WG/1EdNWIYmRaIb4jmWoT3mWvO+Kbz7GIWI91of8J4yb0"
    "e5P5tAms57imuMe4FhFdm24J1qIjzmE/GzsbeXQ/ff7auzN+2rF8IqxmHPq2q4dfcR1MtC"
    "XeNbDl9fcpSAOOSyhSjvF0J5Pwfl/STK4ZYlkB6guwy5FnPbCrTzVoTOx0FkMfAxfXHZ/v"
    "gysiBc9HuvffMQB2cX/dMY9Aae2Vxl2gRZMIn92+t+L0Mqx/zii7WhcfAfMA2WEM/VJkEi"
    "kk9CHO/YUisvECeB2Hw5FhKONQ0PoAFRSugSLMT9ahIeQsIdtGYmYqUICPnU4JcEX2ZPRt"
    "NQBC8LhlCb3kKqq5Ga0IwlUz4pHJ16fq/eXSETZqzM8bxZX16suuwEpYoXF0kESYNkYZqs"
    "shpWvARiOHYeSd77ficLtbx85ALXIrnIgNECeUgn+wcmkAEYShKmpBBzDFOzf9LcacMilV"
    "on+yqR7KPIIjyU0VbL0pFxgV/zU4GJYp0UJSgJZVeW5CRxhZqUpUlZfoDUI+PRSJCrTGn8"
    "Q0419KWgTyjMlOGQ5OIVocgY43do7vDRFY2HWEvLXubuw1aMlSxNKYopvF3InsRsIODQkY"
    "m4m5xsX5+1zztKotM/AsqXyBoi2vMutqXohsZ6OrDZMdIqtf9bYuABmSKspMj+oDJX8f8r"
    "zIToFnYFxf4F4gzI3XxHykv3HfFTQ0m1n2uZIvdrZb8pM3Sesq+38bMJquZ2br2N/zx5L7"
    "KNP4FsUma307d/nM23p51uIxudhwcF9jkPDzK3OWVVPLM9MwRRS4yoqOcWDqjqDqDkzGkz"
    "MfUN52UGUchlqXHkjZJNYXMVA6nELsUqFfilK6hT5PflQmpna2+3qKDu7uoIc4PPARk5h2"
    "+9+yRUd45drblrzb1tS0VFtVetuZ8n70U0t5022eaohdS5tvqKu9koIBSajUyhIKvq07Hr"
    "PB1btXObirIirNd9apPcYldaFu3ZC4ctAHsNHVsI6JQdqTz963usb2twr/IKeFNiumBHKy"
    "2ui+x3Zcd2BEKmOi9FFgvv3KNRu6CrM6ARC4ERJZb7liUSnQBrCNzcCA0hZAZD7OZmB0D5"
    "uiVhSAZ6oldotrwUAzoRT0TADPIJkG0XVrfyjUvBcdpLnWu77QYGn5sviOroc8NFVTWjkD"
    "r6fJ6819HnE+731NFnHX3W0WfEYQvAXkPHHkKGVJuaZSAO+2zhBNIshHMzB+dmEmdjpnqR"
    "jkqoquOU95myAU913kLkG61mkR7eamb3cFmXQH5GaIrOzA7xAo9tOn3d2D84OjhuHh4sAr"
    "xFSV5clzzSLp4TmaVemgw81v/KpPLnyMaaxAwMbcPkBma78rZ/PcESuZK3WKdorpY9ShX2"
    "qeX1L+U1Q9AUIadALS1ZhCGdp8Mc9YsBPZxzN4FXsekkLwfkddlF/xaYnnZ77atP6RrwNK"
    "WLn34adNpx/DnkdsaS2cG2lXifIMrCwnuT10zlqtM+/3QCZPQ//4rPr9rdXrf3+gToEnpB"
    "yFf8oSdsRB89veicABsLS23iNHIpNVlITOZoyfggMSHjKkMIL5HViftuYVqnummcZP5OM4"
    "k2VdkU3SaJfmUSmCGsom4xjkfSrwCvG3YAMYfW8/4HMVLB+6vOWfe66638Cx6dSlkkCgz3"
    "lR8xui8q+lGoNcXArSKzVit71molZi0xKohNtXIfAYk4PUjSVqc3r0S7ijGfkhHOCSQ8+z"
    "qMeHQqgs9zUPTDKDvppHvXJ8wffMK8/g7O038Hp42ooU2UlBMbXs1O3mkNGNj86qRGNgyP"
    "fMLhuZytf2DOK/vcQlV02Rpzt61CudtWTu62FRdnclCVQNgz30J0V/IpVHFHjnBKrJ6tv0"
    "Iu9cfvVvfxu8dfzO7/ByWeW7s="
)
