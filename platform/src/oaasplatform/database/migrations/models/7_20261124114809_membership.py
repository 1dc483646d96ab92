from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
        CREATE TABLE IF NOT EXISTS "memberships" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "created_at" TIMESTAMPTZ NOT NULL,
    "modified_at" TIMESTAMPTZ NOT NULL,
    "state" VARCHAR(20) NOT NULL,
    "master_url" VARCHAR(300) NOT NULL,
    "master_uid" VARCHAR(32),
    "node_id" BIGINT,
    "sealed_key" BYTEA,
    "key_hash" VARCHAR(64),
    "offered_hash" VARCHAR(64),
    "heard_at" TIMESTAMPTZ,
    "trouble" TEXT
);
COMMENT ON COLUMN "memberships"."state" IS 'JOINING: joining\nJOINED: joined\nLEAVING: leaving';
COMMENT ON TABLE "memberships" IS 'Which master the node has joined, or is joining. What is offered becomes valid when the master has agreed.';
        ALTER TABLE "nodes" ADD "uuid" UUID NOT NULL DEFAULT gen_random_uuid();"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
        ALTER TABLE "nodes" DROP COLUMN "uuid";
        DROP TABLE IF EXISTS "memberships";"""


MODELS_STATE = (
    "eJztXVtz4zay/isovXimyusa32aykz1bJducRBmPNEeWk83GKQUiIYlrklAA0opqz/z3A/"
    "Ai3kCapCSKovBiSyCapL4GuhuN7sZ/OybWkEHPusYME92em52P4L8dC5qIfUhfPAUduFiE"
    "l3iDDSeG2xsG3dxmOKE2garNrkyhQRFr0hBVib6wdWzx/l0LrEm+B89oYYM3usVI9Bf0Fi"
    "zniF0HBE0JonNgYWBga4YImOqWRoFun4IJUqFDEUB/IdXhd6WAvzm7dsbfQMMqewXdmtXx"
    "MMfS/3TQ2MYzZM8RYY/87bcOQQtMdRuTFe/iovr77+wTuym7DeWd+NfF83iqI0OLYa9rnM"
    "ZtH9urhdt2o896lv3J7ct/4GSsYsMxrbD/YmXPsbUm0C2bt86QhQi0EX+CTRzOC8sxDJ9x"
    "AXu8nxB28d4yQqOhKXQMzlFO7b1A2NYZj/uD0fhBGY3HnRS3A4oIT/wmlUHJRgp7VeoCMO"
    "Ov8Le/X1xcXn64eHf5/rvrqw8frr979x3r675v+tKHb97LhGh5t3Ix6/3Q64/4C2E2HL2R"
    "yhu+uTTQhh6Vy4wQfZUgjtcY2mku3LErtm4iMR/ilAl+aD7pWfAhyZ2AF3nsCRpC/oQTrA"
    "4GsR+oDSxj5Q+MHOxHvS/Kw6j75St/nEnpn4aLX3ek8CsXbusq0frm/ds4s9Y3Ab/0Rj8C"
    "/hX8e9BXXHgxtWfEfWLYb/TvDn8n6Nh4bOHlGGqRMRy0BqixnjF5p7PfUYXtCVLJ96bwPc"
    "Aownj/7UO+M7mPCLJUlOb6CP2VIXBjRAl+M9wOkMN5HFX+NYoxs/9zd3j7Y3f45kv3X29j"
    "DL0f9H8Iuofc7N/eD25coRvC7v5PIX47h0SMeNC/FWB3TPjX2EDWzJ6zrxfv3uWgH2DNei"
    "UmScCGC+9aHN8XRCh/qxIQR0haiPJ5IZTPc1A+T6McfbMS4iNB1gq06xYgurVw7DFV58iE"
    "aex/ehj0M2zlBF1SW+uqDf4PGDpNWc+HzQSOSD4TkngndC2/QZIJ2LGrcSFFKNmwARsQIZ"
    "hU4EKSTjJhEyb8Bc2FgWgpBkRoJPgbgO85cwReE4wNBC0x+iFRAvsJo9oV6IE/pV7QbwaD"
    "+xjoN72kjn38cqMwA8jlAOuk2zF3SXTBFDi2xmX9VCnS111WBzDW6/NacYfh9FnotIq7G+"
    "Ms+YQJ0mfWZ7Ry2dJjbw/Fa1ff6TuM3ezA2PEtGHVBazjpCFyuva3pwchwYL8eeeP+tvtw"
    "271TOi7mE6g+LyHRxjHw+RV8gRMt677pS+aFmWyBFpy5EPHfwt/c58AdVh0TWfZXSOyOwC"
    "0fu36a55nX/J7jBeta0Dv/gE0E8BTYcwQmKxtR/gUCA5IZAsENz0DwEhTM4QvivXUCdI0G"
    "pBSxAcEGWvA9dJ+nffT1PFLgqS/qk1/jWFboJQi3I/Kkm76z8Id+nBOZbAi6t0nlXJxffb"
    "j67vL91Rr4dUse3mmdPsGaQG/c6BYkKzGcAUXScuJT9wABzRudvgm6Np2YuXrT63eHv4rd"
    "FzcCk/Xm15HSFSnw/WqXx4WBYVzMiXsU0zCO27noDnBCtjNxDW2gU74Bu5baJxSskP0R6F"
    "PWbM8ZB4HKFIUr7vnGrM4UgavXACRM+C/51i5cwpVgD3jnj9tAt+xqv1dqkkKaxMaOOq+0"
    "8xenlBt/Tdn4y9rwbYj8VRgzNSWQOiL5m+iRK3/X4ms812mwaCsUgrOmXEtD/IIIk382sB"
    "D7BNQ5tGaIngG+ztB5T6Qx8xwQt9kVixo9BRR7N8CGBlgXCmYY6Bb/CNhb4GckjMmp9+mv"
    "i+ffwigm31Znf1mf3zoORSTRpPuL6ERzJALkd25ghQOiw/rbKOzL2LZgg5nvuK0HTOhKTH"
    "B0zH6Hw9nN+e6Ll457D8Zk/gX88qMyVID7DPCPf4IT6qgqQmwQnXhLWKl3mqd3ZKDRsegd"
    "GWjUbr4XCTRKKpfiYjdJ2SYXRi0iWMSEsgFIacpWhG3UEIoUIlchKElIXB/ynU4tuO8kOE"
    "lu1DVC5BC+JUG5tZZYM5RhR8YtKrHFN1KOmyuRJV1RURQhqSSAmob77iX/guhceAu2Fh5M"
    "aBjZezURuvokz7vdDvDLiw/v10Oaf8kbxA9fuvf36VHLWUYcy2KPGwcWfmKv38AwA1URcQ"
    "LdKac+vKGcA+Td4PHmXgFfh8pt76HnRx6tlwXuRd4UBrwMle69AHVo28hc2ILorvyhnKSt"
    "bzhfNH84e7G4c0jn5TYf43QVtyAPZwxvcwcyCv/aI5nWgIrlmKlgoRgP1sRNXgZ1btl0Hi"
    "l3H4HvMXuy/vdReeQN7LEO/85W9cNRr//DR+48JTZj0ZM1fOz33SZfXLJej7e3inLHCdee"
    "1SfrU7d3z5umUDf499tu/1a5d5tUDprhtnLfwd148DhiY46JXW2MHTvpDy+mogtp6BwFnV"
    "qZeYIpPQSyXREhRWsU89aiKAxMqSj+N19DhFStQXQ7uqHiYkkukba0RFoD6YMl9Ny8zoY4"
    "dYvYsTW5oekzRAVSOHspGlLIlWihleifDrZLpcasCTZKy2gY0HVnZVDEzK5SAzukaN/Afn"
    "9VYFy/v8oc1vxS0r+COfx0bLI/cFYqhV1E2wbM685DXeM45eE2Qh2Z45MRUkunTAGnjG6p"
    "jjlBlkC85CX/RoikZN8w47QM8msCiXp11NWFU97tGyWSkqWAZPFz09d+xOJLzyRlixY7Na"
    "890UuVVKsoVX3OlPNWIe/5RSsEp8UItxCa1rB5cLiRaOkQRNfTXYnJcUrJ5SZzeapbOq2W"
    "15IglXxuGp+bksiSm8NSMn2leOnYdOaIhe0we2QJdZue8s079hcTMIcUGGhqA4pN5KX1MV"
    "KezBc4qQvmp2zjKa/nocSyRlKReARaz/x/iSwSOnZ1s4v6q8kj/wNOPE1+0vmWyGCJ7qwU"
    "f3ZYZeX1h/f64M1JsA97cgpO/A3Yk7dbehmCDATpq2/jdxsvkKXxAVF/Co0s1SszaI4xk0"
    "Jm0Bwn32UGTaNFsMygyWaDzKCRGTQp1GUGjcygaTdXZAaNzKA5vLBSmUEjM2iK4i0zaNoy"
    "hmUGjcyg6cgMmsZHwssMGplB06IlksygkRk0bVmJygyaV2xMmUEjM2hagbnMoGk+I2QGza"
    "FLdplBsw/UZQaNzKCp3YaRGTSvgC8zaGQGTZMj0WQGzXFyWWbQHAefg5yKwhZhQFDRGqy2"
    "43C2qz2HHVuDPFGGR0wQBKlocZ/tYUlTSv9Kef+KhZlBjaaYCFY9+UIsTillWJNl2Bxaml"
    "HKfxlSyFlVwWuJDaOCXRAhk/OpyfNJQ1AzdAtV4HGCVPK5yXxOpnqmeH2DMethZcWVp6iT"
    "wXSMfFcm4bql5mi6weA+xt6bXlJgPn65UYZvzt/GjcO0ryQ4r7uclypKVZ+X6m87jgetwU"
    "3VtLIBCnc3dvJqB3g9Toudf+l6LwuWEfiF5/R7J0xqp4DZuGCB8MJAYDnHYAltdf49+OOP"
    "wB/6xx9AxQ4/d35KsAnO+QGTCKrzsEhAuoTA1p/wZD1ZozkCU51QG7iEgNlw7kH3Floi1s"
    "gPvVShBSYI2Pw8TPde/HpYzEC3KTKm37Ouxoq9CntHQ0eUUdhLhCxe5oAfOYm0TQ81DtlS"
    "2gmdoJQHTm4pXf6Q9gRawgxZq6C9OetFahVQCy7oHJeKsYjSbLTZ3zQ+17Hb3zQTp8czbX"
    "JNHK9HQRPHTdwpaOK4NwaMLY7pmgqUly1S2Vt8dE2CCdZW/BBtCCgPr+e2w6l7Qde8ZgOS"
    "GeLNadtmu7eWVsbhKbZsK4MzX8SK7Gy0gELmoVXMQwsmYulJkCCU4TaHvJq+x7NcRcOvF1"
    "QzBp6VWUdz0U4cCywJtlmfZ7RgOmFqI8LVAmLjQMtYHhcklAri0OZGoxTEAdnB29QQTZNP"
    "Aze4M1dE+V0KSikvWrSgoPJuvRtzeMv3luJOijtpD0t7+MAmQUP0TU9D5oKZk5a6+oxWIn"
    "WT6JGrbfSw7/gZrYoWqQbUmZi6W4/YKx9twhVQsYkAnDHWCApOF6HYQDE8I4EQyk4j9btv"
    "pzTJfpVAPDf6+rpIbvT1dXZuNL/2yj5Lw5RwWgK1VQunigZWqI2UpJSLjqpqWG55ZU+Kdm"
    "15NUX1B7W2REo/UocrR937vQrreQ0tDLxyV33uSi4s/HoGul97bBFoGBQsiW4jd8XnLBaI"
    "HxZhTL0VIEFsZKi6wRr5VwMvERFZBzt7zgY2hTz8QB5+IKXr7qWrPPyg3XwXBCqnDj8oW2"
    "1/uzX2m7SC20V1q+ibpUDOTqFJkLWgqn7taTQOYROlcg3VCHmjq6g+KMOfe7fKR0ARedFV"
    "9GSNhr3uPZ9HOjSS5l6xaVBoFpSoZaqbwgJY2SJmTdBk6CtKmfN3RQ+UyD1RIi1o6q5U2G"
    "yYd1Q0H9tY9dJuiqIcpWkhztdFYL7ORvlaoDGD9Wga5uzQ1jhV/cGtnX9MHcstEwcmjm7Y"
    "bLl/xh/7zz3o050UuNpTmc6mjf66YeevowpmQm7yYEgkcwZL5Ayyl9MJyjh45nWTMULeZE"
    "HfEZTQHw2+fnUL6Nt4seCF8bs3D0p/9BHACfVF6v7NSIJedPEZZTmnM4Ukrak6trXi1vyc"
    "CEdQR6/4KROOqJZes0b7V6V/5452P5M641gJpXv3K5sRCGor/i3sw2Tzupc7T3xKNlEy5k"
    "7y6Imh8mXws38vE7/42dxNmE9ly+bIcjmbeCSQNcVEFemXnNqsERpp1G7duqp0fMIWTk2o"
    "xI1DOWuF/Sh7XEFZp+gktEJoSx6NGJK0QWjX4OWZ8LorDinl5YnStA/my0IwX+bAfCk4e1"
    "jTeHl9USHnbH0YI5IKcesKkYdyOITwoNQSkjtBJVdaqePHIBs28/GE12YpgWuSTAKbBBY7"
    "9hhPxyZbWBFRLkSelyxFK51lJZxl/rpYIL1zvDEhibTt0oDaZFUh+CZKJysCNifQJh1hJW"
    "u7HwOXXR9ipXkc0kkON5vDQYR06TScFKmse7ZZJqCIK2mWfMIE6TPrM1ql9jQSDPBj+oex"
    "mx0YO74Foy5oDcUBgct1uH16MDIc2K9HQcH9h9Gwd8tQ30/KxRdkThChc33RESRdRK6e5q"
    "VdmOt+hcuO6OocmJDafkKDxW4K5pCC/2Dd4gU3MeG1LPk3xoQz4JYbYQ14OkUEaWCCeG4l"
    "BS/Q0DWwnCPLvY1/R34jyISRuHBJnY+W6RkNlnOnQKZnHE+YvkzPOE6+F0nP4GEWlaPY18"
    "SNDtH4adDzApJ8xfZk8RYeQuHpvSfrXul6ERQGgs0JoPD0atmtojhVkxnTpN2iALVym59x"
    "qhZuzF0UQfoiG+iLJM7c5Cy9qo0QycI25cy86IkV0GA6WlhOJa+qRJxOVnaqWFKC4ZdR0i"
    "O3lk1WMY8WCJf3VwWEy/urTOHCLyV267x1ammck3QS69exniPugSm/WIjSSTd0cxYG6RWh"
    "TbDDQU4xODuAN0LShjlURwRvQwrQ9Nm/jsAP6raf5nlAuXFWtK6/hixbt92KooH/kR8l5L"
    "inCJmQPFN+OhBhQ4exhVciNeEzovxEIWgBJst0YUn/bd1VeiwbbcpKj+XxeK6kx/I4+V7E"
    "Y1nSR7OJc6ZhwnbHvhlHiOzjY+8uA1kxtLz5jFPtatpEoqTdZ/E/V/sIkfYg9qZCdJC7Pz"
    "7h99prFaR9CyNZByk1hvcwXHeSdYiXDJxSzpaAoAVg1zCw/YyUMghHSNqwCk/Wwb4sAvL1"
    "ZU4d7MtU4R1MBDZk5uot6N6izYithZnzcq7cJTEuiWmKToKbBtdGxCznaAgoWpMPcTzHQQ"
    "zRTGcACA+CWF87zXPNEa+XXrwotE+x8g5ygPSZuud/Q2DgmfjwhwIU0q/W4MF+Kv1qR+Rf"
    "kX614+R7Eb+aLNS8ywCzklF8MnyvFLpzXK42bdB/V/i2bfBSRMqKhyhNC4fxTpw9zGxyN7"
    "Nhhqx4PSI7focm49752n14+GUwvPsIFpDSJSbakzUafFb6bPrgZ2QlFxv7CcL2wh9Fq5DX"
    "QiYFDJBHcG3r3F9BXqYuKvVz41N/+jxERlZRtSpJmQ3zNGXlZH7brYdiDZjQRxGFM9tLAY"
    "0ZY549N8dJVhb3WLjpiW5Z/2wfRaKP9EpIr4RcnTZidSq9EsfJd+mV2PeCQ4ZN7ClsQp5Z"
    "1MYzixq2KJBHFu0DZ3lk0ZEUs9V0aCDR4Tl58mVN0j4Bs/2Bz8DHxku5Iw2iNHLQb33QH8"
    "WhLkPlh97DSBn6p6p43iPBQS7xo1ia4bCWx67Ua8lrOlUxTy8cL6FlC7cK8qpEi8hrLBQd"
    "rGcPuE70lEkrQbp/LuoRKlmVuxTaXrRfhcKkMcIWBffuuyppGAga50aFmqThrQ6LE1mbX6"
    "epgqSxQVi6HGkkKyPYs9pwy7Eb3Kc5xs/mW44xP5c/7DbEKTp62wLTLndmu8xcVecdwa6s"
    "f+U0d0c27PPaDmw2DFveXz2WzdUNc0Wyt02ZjSk+MC3bWxEhafJyrao/9Pq6UCbZdU4m2X"
    "UqXW+xKIOw372F6J4XdennefRT8XGYLZHKeUEjJPKg8JJ+n70mQn37f8DmdT4="
)
