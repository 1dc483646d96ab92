from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
        CREATE TABLE IF NOT EXISTS "registries" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "created_at" TIMESTAMPTZ NOT NULL,
    "modified_at" TIMESTAMPTZ NOT NULL,
    "name" VARCHAR(300) NOT NULL UNIQUE,
    "url" VARCHAR(300) NOT NULL,
    "host" VARCHAR(300) NOT NULL,
    "username" VARCHAR(200) NOT NULL,
    "credential" VARCHAR(20) NOT NULL,
    "sealed" BYTEA NOT NULL
);
CREATE INDEX IF NOT EXISTS "idx_registries_host_d1c1fa" ON "registries" ("host");
COMMENT ON COLUMN "registries"."credential" IS 'PASSWORD: password\nTOKEN: token';
COMMENT ON TABLE "registries" IS 'A registry that asks for a login.';
        ALTER TABLE "algorithm_repositories" ADD "registry_id" BIGINT;
        ALTER TABLE "algorithm_repositories" ADD CONSTRAINT "fk_algorith_registri_1c890be0" FOREIGN KEY ("registry_id") REFERENCES "registries" ("id") ON DELETE RESTRICT;"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
        ALTER TABLE "algorithm_repositories" DROP CONSTRAINT IF EXISTS "fk_algorith_registri_1c890be0";
        ALTER TABLE "algorithm_repositories" DROP COLUMN "registry_id";
        DROP TABLE IF EXISTS "registries";"""


MODELS_STATE = (
    "eJztXf9z2jgW/1c0/NJ2JttpSNP2unc3Q4jb5ZpCDsh2d9sdVxgBntgWK8uhzF7+95OEjb"
    "/Jjg0BjKNf2iDr2fLnSU9PH+k9/92w8RhZ7suWNcXEpDO78R783XCgjdgf6YsnoAHn8/AS"
    "L6BwZInaMKgmiuHIpQQalF2ZQMtFrGiMXIOYc2pih9dvOWAt8jO4RXMKnpsOEzHv0AuwmC"
    "F2HRA0IcidAQcDCztTRMDEdMYuMOkJGCEDei4C6AcyPH5XF/CWs2sveQvG2GBNMJ3pPh7m"
    "OeZfHtIpniI6Q4Q98uvXBkFz7JoUkyWvIlD980/2F7spu43LK/Gf81t9YiJrHMPeHHMZUa"
    "7T5VyUXZjTjkM/iLr8BUe6gS3PdsL68yWdYWctYDqUl06RgwikiD+BEo/rwvEsy1dcoJ7V"
    "K4RVVq2MyIzRBHoW1yiXXjUgLGvoerc31AfaUNcbKW0HEhGd+EUGg5L1FNZUVwAw5U346R"
    "/N5tnZ2+arszfvzl+/fXv+7tU7Vle0N33p7f2qMSFaq1sJzDofO90hbxBm3XHVU3nBvZCB"
    "FK6khDJC9A2COF46pGktXLIr1LSRXA9xyYQ+xr7oy+CPpHYCXeSpJygI9RMOsH0oiL3guO"
    "dYS79j5GA/7HzWBsPW52v+ONt1/7IEfq2hxq80RekyUfr8zYu4stY3AV86w18A/wn+6HU1"
    "AS926ZSIJ4b1hn80eJugR7Hu4IUOx5E+HJQGqLGaMXtnsvfYRO0JUaX3qug9wCiieL/1od"
    "6Z3UcEOQZKa709g0Su8ZhQQt8Mt2PUsA1/6BZypnTGfjZfvcpR8a+tfvuXVv85q5XQW9e/"
    "1Fxdu48hLf4vAXJQX+FbDN87RFzeqhIQR0RqiPJpIZRPc1A+TaMcbVkK6SH6keGiJcRqgX"
    "beLKD9NoxNAAGmzz+3fnsRmwSuet2PQfWIDtpXvYsE9KYz96juGjNkwzT2/xn0uhnucUIu"
    "OUGbBgX/A5bpphzm41YCRyRfCUm8E9Mrv0FSCdijm2khJajUsIUaECGYbKCFpJxSwjZK+A"
    "HtuYXcUgqIyCjwtwB/xd9IiBKMLQQdOfqhUAL7EZPaFegBhbJf0C96vasY6Bed5Bx78/lC"
    "Yw6Q0ACrZNIYQxJdIwVcll6WmkqJPsxSHUFf3x9RxTnCya2Up4ozjHGVfMAEmVPnE1oKtX"
    "RY66F8uerzvP3YzY5MHfdBrwtKw0FH4GJNsKY7I8OBvT1a9ft2a9BuXWoNgfkIGrcLSMZ6"
    "DHx+BTdxomRdN33JbtrJEujAqYCIvwtvua8BLSCXGxIaPrx4kkfDhwR1MRq+5yBAPAfgCY"
    "ARkjxNoedVlNDfCaL770aIgcQiEJPfTXQ8VsJl0Y85s/yueBH/duGcG7yizp7qiS4d9OWG"
    "EGXvzH+AL79ofQ2wjk8R+Bd4JmqPnzWEZYu0x/THhl7q2eFE8vDDO13w/Bn7k1CG5rMT8I"
    "wh6fA/XzxSYwjrw9B9sDV+NX2OnDHXK3v413DnxtfG6sFfG56LSKIo2rhIcYT1/lNtaagt"
    "jeOaO46U2lZbGk9T70W2NJImvbjVTUoqZ72kCZYpoey+R1qyFmzxHnZA1Dq1El2fIPbyLv"
    "caEh5jGXVk3GIjtfiT5dPWSsShL2qJIiIbmaCq4b57CxRdy8ZRHtjQsjL7e1Ruf5bn1W47"
    "+Fnz7Zt1l+Y/8jrx4HPr6irda7nK/OWyHniaCarLwjADVZlwAt0Jlz6+rpwD5GXv5uJKA9"
    "d9rd0ZdHzife2eiotxvrevta4kqENKkT2nks2N/K6clN1fd25WvzsLQkhugjXHs1NkbQzZ"
    "tXCV/cFGm/WnoXb5HvjUwTfnvzfaDS9YMXDfHLa86Q873Y/vQUCKfXP6N92uKPLHK6t102"
    "5r2iUXdD3DQGjMZT+0Ole8aAJNi/9ut7pt7UoUGRw0S5TyRdSl3rsZsoHLxv1Yxx5NcprF"
    "5ohCU0TODJGcIBbQ5C+sM2zccidI0pJ1mJP3fYbEwVQfoQkmklGYT4nEJR+BETkiTVSbAE"
    "kzX/78k1ZxNvMRStTG/2qevn77+t3Zm9frWWtdkjd1pWctC7uu7JRDviMQStUG0cdwATZe"
    "E6uV8COthNdA+mBJj3I+rIa4dI3U8Wh2w0XMB5RY4WzGIZSog3MTdybfvC7gTL55nelM8k"
    "sJtgFb1gabOxEx5cZU2Y0ZIzi2TAdtoOOEqNJzlfWcPJiRdgvyzjRKpPd4uHFdcrSnG12+"
    "1yANAMvzxqJS+/Nvf9oxx7VnT2xOMB9Hrm6zf+BUooJsPkQmWwenYd+MyBrHCT8rKPWFcy"
    "h2qbTi2Atw7KZjePYIOZKpPS+UKSK0VfjA8YC9u/iZMsivBRTqm6NuzL3yu3hRIWVZClgW"
    "P9JutKQy0i7PqUlK1ojU2LNng+6YkS5N8UWl9udUntYK+dUu4wZL5pigWjBXecEs9o03Un"
    "JcUmm5ylqemI7pzjZSc0JU6blqek7FNR446E7jM28jL/JuVeOkUPidLibygkF4X2aQAmMG"
    "HdbCEzDBBMwRnlsILGYYLCA1Zj+D798D1+D7d2Bgj90cTAi2wSkwHYCgMQuT06Wj93byBG"
    "nWuxCBlROzdmhU7rsKOUvZgWJJ/ZVwXROS6vz8k1g71A58FSqZrZDjDJkrEirpOnDuznAp"
    "LjYqozK5lGQFq+b/dXiOsFz/b1WjoP8nUo4V9P/EjQFTi2czCw4gzzkMDNaKtCOXX/XhRA"
    "yZXlfV5n3lijVGeCwJI7owHUiWclUEEsnd/4DNrY8ZuvAty9oMMSt00em2+r/Ld0IvJJbo"
    "4veh1qqgJbrC01w7xK8XtEIWnpZZgzKjIZK8LAimrI5IlA4nFBFuZRDrBOOMpWVBQWWflH"
    "1S9unY7VNP7BHmmii/SkErtdp0LJqxSlQu5i09UFeZI2WOlDk6UnPUGSN7zrwNx1h+QkuZ"
    "NUrUyDVGZlhXv0XLoh+xAa43sk2Rno35QMwRsuESGNhGAE6ZXiRfoikisYVdukWSMZAdbe"
    "FXf5xw4sPaoHjY7vl5kbjd8/PswF1+7dip8rpOAqlMM/oMurNyxj8pqSaBMpOAIsyLDYp6"
    "EeZVmfqD/BiyST+SOyNnuvdrFZ7nx2hu4aVYRPAMuCDMFvYStK47bE1hWS5YEJMiQYZ48z"
    "kiYAatycmKHEGsZximxQr5TwsvEJF5Bzt7zhY+hdqQV5lblXXdvXVVmVvrrXfJUbhU5tbD"
    "fiKtSiu4XSTnO7ZPdzUa+18l7CbE0CNsoGyc9ywiXunMZwOt/2unrb0HLiJ3poG+OcN+p3"
    "XFx5EJraS7V2wYFBoFJfKPmbY0zDbbxKwFqgz9hlbm9FXRLwTmfiIwbWjMKXJL5T0JJWoI"
    "844yrWKKjVVeg6IoR2VqiPN5EZjPs1E+T4H8l4dpqc/LrQXUgbgtwmR5cwyJ/chNAxIKqe"
    "wfJbJ/sMaZBGWkxX7YN4mIV9miNCT5VYe962uRXZXi+ZxnTW1dDLTu8D2AI9cPdTm8v0LQ"
    "nSn/qnFO7vhQpDZBtI+Xk41C6knCwounIPZkoeHV6u3XWvdS9HY/J1JGzmGtdfk7GxEIjp"
    "f8V1iH2eZ1LTFOfEk2UDLGTjIvcV/73PvVv5eN7/y8TFUYT2XzDqt8w9ssfZEzwcSQzS85"
    "qUYiMvv3oxr/nHiOSOUDRp5psUHgvuSP/fcB2IideFcbZf18hGSfG2njWFIEs5ei+gaTdU"
    "pOQSuFtuSHW0KROhjtPdAJI55B0SOl6ISoTP1gPisE81kOzGdpmPn2tEcIP2hXwkgkpJRT"
    "nzQR2KM6nug2czVlX4PO5Q1Ssoo+KPVpdLFSkCyoctanoYia7dKAUrLcYN87KqfSvVRnjz"
    "t9uEElb3oKWhasykbjOJRTGq62htXXVg90YjB1ElemlbRKPmCCzKnzCS1TLG9CAf5x2n7s"
    "Zkemjvug1wWloTkgcLE+6ZrujAwH9vYoyK86GPY7bYb6YU47d9l/DclJZ1F+knfK2WFFRV"
    "NQjJFDTbrkp475wWEuylOCeSIbmA3JrQvQHSKskzDEeRSlDW+RyzODQQewFaPpyLJVPNZd"
    "1enlCtuiE6BOLz+dU6zq9PLT1HuR08teSZJ6C4K6YsY2Tpw2i/CmzWzatJlkTQ97LPzQA0"
    "YdDK/twXC8YOCU6dlrgRqAvYeOzWw3/zhPGYQjIvXb02qenxVKDHCWkxjgLP0VRlLmS8NB"
    "9Rp9W+PRyH8e38qXzXpJTFNyCtwMougwJEYfTU32atI8LetrJ3lkBlnVMovHbPsSy1WeFe"
    "jeuiLzOQQWnspzsxSQUEyEYiLUirQSK1LFRDxNvRdhIlQc9S4PcZU8JrfNCbnKjZndozvD"
    "5UJHg/q7wrdunddFpKx5iMrUsBvvhHpgbpPY/oMZtuLhWKP4HaqMe+O6NRh86fUv34M5dN"
    "0FJuNvzrD3Seuy4YNvkZNcbBwm9sdF0JJFouTlyQtlVIa8E7CTNKmSsxum9MOtvvSHT31k"
    "ZYWibHJwo2K8R9a5jfvdMhRrwKQcRRTObJYCWlOmPDqz9aQqizMWiJk9ILJuZHMUiTqKlV"
    "CshFqdVmJ1qliJp6l3xUocesGhNvEPtImvUorVMaVYxRYFKqNYPTKKPYn0M33tY2cw1Pp+"
    "/pfVik2SciaeNKYaJJFKELPf2XNsugbmQRD6AjpUSs/lRW/LxPcYwB34kEccvz1hDr7s4y"
    "F5qEekVLR8KbRXJ2w2CBiMCdboeNehowXDw1dbxwqGtzouTRQPFIx1wtJhgpFzuQFPvCXN"
    "3wruUx3nZ3uaP7a2jH6pZXOcor23LjDtcjekxdxVY9aQ7IT4V05yd0HCOg/temTD8Mh7Gk"
    "9lQ2PLo9jZWxXMx5SndsteHEdEqrxc2ziW4NE+MhiZGNigKoGwX72G6J4WpdHyWDRJ9jHq"
    "ZzaOI5ydizMiolKal0y6edDgg/v/AyuyWHA="
)
